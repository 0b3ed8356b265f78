// SPDX-License-Identifier: GPL-2.0-or-later
/* A connection that is held: frames wait, and nobody counts as silent. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "conn/conn.h"

static const uint8_t key[TLS_KEY_BYTES] = "a key";
static struct ring *ring;
static struct err e;

struct side {
	struct tls_ctx *ctx;
	struct conn *conn;
	bool ready, closed;
	unsigned int frames, code;
	char why[ERR_TEXT_MAX];
};

static void side_ready(struct conn *conn, void *arg)
{
	((struct side *)arg)->ready = true;
}

static int side_frame(struct conn *conn, void *arg, const struct wire_header *h,
		      const uint8_t *frame, struct err *why)
{
	((struct side *)arg)->frames++;
	return 0;
}

static void side_room(struct conn *conn, void *arg)
{
}

static void side_closed(struct conn *conn, void *arg, unsigned int code,
			const char *why)
{
	struct side *s = arg;

	s->closed = true;
	s->code = code;
	strcpy(s->why, why);
}

static const struct conn_user user = {
	.ready = side_ready,
	.frame = side_frame,
	.room = side_room,
	.closed = side_closed,
};

static void turn(void)
{
	assert_int_equal(ring_turn(ring), 0);
}

static void meet(struct side *a, struct side *b)
{
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(tls_ctx_open(&a->ctx, key, false, &e), 0);
	assert_int_equal(tls_ctx_open(&b->ctx, key, true, &e), 0);
	assert_int_equal(conn_open(&a->conn, ring, fd[0], a->ctx, &user, a, &e),
			 0);
	assert_int_equal(conn_open(&b->conn, ring, fd[1], b->ctx, &user, b, &e),
			 0);
	while (!a->ready || !b->ready)
		turn();
}

static void part(struct side *a, struct side *b)
{
	conn_end(a->conn, WIRE_E_BUSY, "a sentence");
	while (!a->closed || !b->closed)
		turn();
	assert_int_equal(b->code, WIRE_E_BUSY);
	assert_string_equal(b->why, "a sentence");
	tls_ctx_close(a->ctx);
	tls_ctx_close(b->ctx);
}

static void send_ack(struct side *s)
{
	uint8_t frame[WIRE_HEADER_BYTES + 8];
	struct wire_ack m = { .era = 1 };

	conn_send(s->conn, frame, wire_put_ack(frame, &m));
}

static void held_frames_wait(void **state)
{
	struct side a = { .ctx = NULL }, b = { .ctx = NULL };
	uint64_t out;

	meet(&a, &b);
	send_ack(&a);
	while (b.frames < 1)
		turn();
	conn_hold(b.conn, true);
	out = conn_bytes_out(a.conn);
	send_ack(&a);
	send_ack(&a);
	while (conn_bytes_out(a.conn) == out)
		turn();
	assert_int_equal(b.frames, 1);
	conn_hold(b.conn, false);
	while (b.frames < 3)
		turn();
	part(&a, &b);
}

/* Whoever isn't listened to may have spoken. */
static void held_is_not_silent(void **state)
{
	struct side a = { .ctx = NULL }, b = { .ctx = NULL };

	meet(&a, &b);
	usleep(30000);
	assert_true(conn_silence_ms(b.conn) >= 30);
	conn_hold(b.conn, true);
	assert_int_equal(conn_silence_ms(b.conn), 0);
	usleep(30000);
	assert_int_equal(conn_silence_ms(b.conn), 0);
	conn_hold(b.conn, false);
	part(&a, &b);
}

static int setup(void **state)
{
	return ring_open(&ring, 64);
}

static int teardown(void **state)
{
	ring_close(ring);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(held_frames_wait),
		cmocka_unit_test(held_is_not_silent),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
