// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Up to three operations are in flight: a recv, a send and a timer. A
 * connection ends in two steps. conn_end() queues the last frame and lets the
 * queue drain for CONN_LINGER_MS, conn_die() shuts the socket, which brings
 * the operations home; when the last one is back, the owner is told.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "conn/conn.h"

#define RECV_BYTES (128U << 10)
#define SEND_BYTES (256U << 10)
#define TICK_MS 500
#define HANDSHAKE_MS 10000

enum conn_phase {
	CONN_HANDSHAKE,
	CONN_UP,
	CONN_LINGER, /* the last frame is queued */
	CONN_DEAD /* waiting for the operations */
};

struct conn {
	struct ring *ring;
	int fd;
	struct tls *tls;
	const struct conn_user *user;
	void *arg;
	enum conn_phase phase;
	bool held, parsing;
	bool done_writing;
	struct ring_op recv, send, tick;
	uint64_t seq_in, seq_out;
	uint64_t bytes_in, bytes_out;
	uint64_t opened_ms, heard_ms, said_ms, linger_ms;
	unsigned int code;
	char why[ERR_TEXT_MAX];
	char peer[80];
	/* the frame that comes in */
	struct wire_header header;
	size_t have, need;
	uint8_t *frame;
	uint8_t *recv_buf;
	/* what goes out, a circle of encrypted bytes */
	uint8_t *out;
	size_t out_head, out_len;
};

static void conn_check(struct conn *c);
static void conn_recv_more(struct conn *c);

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* The first reason is the one that counts. */
static void conn_why(struct conn *c, const char *why)
{
	if (c->why[0] == '\0')
		snprintf(c->why, sizeof(c->why), "%s", why);
}

static void conn_die(struct conn *c, const char *why)
{
	conn_why(c, why);
	if (c->phase == CONN_DEAD)
		return;
	c->phase = CONN_DEAD;
	shutdown(c->fd, SHUT_RDWR);
	ring_cancel(&c->tick);
}

static void out_put(struct conn *c, const uint8_t *buf, size_t len)
{
	size_t at = (c->out_head + c->out_len) % CONN_QUEUE_BYTES;
	size_t first = CONN_QUEUE_BYTES - at;

	if (first > len)
		first = len;
	memcpy(c->out + at, buf, first);
	memcpy(c->out, buf + first, len - first);
	c->out_len += len;
}

static void conn_send_more(struct conn *c)
{
	size_t len = CONN_QUEUE_BYTES - c->out_head;

	if (c->send.busy || c->out_len == 0 || c->phase == CONN_DEAD)
		return;
	if (len > c->out_len)
		len = c->out_len;
	if (len > SEND_BYTES)
		len = SEND_BYTES;
	ring_send(c->ring, &c->send, c->fd, c->out + c->out_head,
		  (unsigned int)len);
}

/* Move what TLS wants to say into the queue. */
static void conn_take(struct conn *c)
{
	const uint8_t *buf;
	size_t len = tls_output(c->tls, &buf);

	if (len == 0)
		return;
	if (len > CONN_QUEUE_BYTES - c->out_len) {
		conn_die(c, "more was to be sent than the queue holds");
		return;
	}
	out_put(c, buf, len);
	tls_sent(c->tls);
	conn_send_more(c);
}

static void conn_encrypt(struct conn *c, const uint8_t *buf, size_t len)
{
	struct err e;
	size_t part;

	while (len > 0 && c->phase != CONN_DEAD) {
		part = len < TLS_WRITE_MAX ? len : TLS_WRITE_MAX;
		if (tls_write(c->tls, buf, part, &e) < 0)
			conn_die(c, e.text);
		else
			conn_take(c);
		buf += part;
		len -= part;
	}
	c->said_ms = now_ms();
}

size_t conn_room(const struct conn *c)
{
	/* Room for records' overhead, and for one last error frame. */
	size_t reserve = CONN_QUEUE_BYTES / 64 + 4096;
	size_t left = CONN_QUEUE_BYTES - c->out_len;

	if (c->phase != CONN_UP || left < reserve)
		return 0;
	return left - reserve;
}

void conn_send(struct conn *c, uint8_t *frames, size_t len)
{
	size_t frame;

	if (c->phase != CONN_UP)
		return;
	if (len > conn_room(c)) {
		conn_die(c, "more was to be sent than the queue holds");
		return;
	}
	for (frame = 0; frame < len; frame += wire_frame_bytes(frames + frame))
		wire_seal(frames + frame, c->seq_out++);
	conn_encrypt(c, frames, len);
}

static void conn_send_error(struct conn *c, unsigned int code, const char *why)
{
	uint8_t buf[WIRE_HEADER_BYTES + 2 + WIRE_SENTENCE_MAX];
	struct wire_error_msg m = { .code = (uint16_t)code };
	size_t len;

	snprintf(m.sentence, sizeof(m.sentence), "%s", why);
	len = code != 0 ? wire_put_error(buf, &m) : wire_put_bye(buf);
	wire_seal(buf, c->seq_out++);
	conn_encrypt(c, buf, len);
}

void conn_end(struct conn *c, unsigned int code, const char *why)
{
	if (c->phase == CONN_LINGER || c->phase == CONN_DEAD)
		return;
	conn_why(c, why);
	if (c->phase == CONN_HANDSHAKE) {
		conn_die(c, why);
		return;
	}
	conn_send_error(c, code, why);
	if (c->phase == CONN_DEAD)
		return;
	tls_shutdown(c->tls);
	conn_take(c);
	if (c->phase == CONN_DEAD)
		return;
	c->phase = CONN_LINGER;
	c->linger_ms = now_ms();
	conn_recv_more(c); /* unread bytes would reset the connection */
	conn_check(c);
}

/* An error or a bye from the peer is the end, and tells why. */
static void conn_peer_ended(struct conn *c, const uint8_t *payload)
{
	struct wire_error_msg m = { .code = 0 };
	struct err e;

	if (c->header.type == WIRE_BYE) {
		conn_die(c, "the peer said goodbye");
		return;
	}
	if (wire_get_error(payload, c->header.length, &m, &e) < 0) {
		conn_die(c, e.text);
		return;
	}
	c->code = m.code;
	conn_die(c, m.sentence);
}

static int conn_deliver(struct conn *c, struct err *e)
{
	const uint8_t *payload = c->frame + WIRE_HEADER_BYTES;

	if (!wire_payload_check(&c->header, payload))
		return err_set(e, EBADMSG, "a frame of type %s is damaged",
			       wire_type_name(c->header.type));
	if (c->header.sequence != c->seq_in)
		return err_set(
			e, EBADMSG,
			"a frame has sequence number %llu where %llu was due",
			(unsigned long long)c->header.sequence,
			(unsigned long long)c->seq_in);
	c->seq_in++;
	switch (c->header.type) {
	case WIRE_KEEPALIVE:
		return wire_get_empty(payload, c->header.length, e);
	case WIRE_ERROR:
	case WIRE_BYE:
		conn_peer_ended(c, payload);
		return 0;
	default:
		return c->user->frame(c, c->arg, &c->header, c->frame, e);
	}
}

/* The header, or the whole frame, is there. */
static int conn_complete(struct conn *c, struct err *e)
{
	int ret;

	if (c->need == WIRE_HEADER_BYTES) {
		ret = wire_header_get(c->frame, &c->header, e);
		if (ret < 0)
			return ret;
		c->need += c->header.length;
		if (c->need > WIRE_HEADER_BYTES)
			return 0;
	}
	c->have = 0;
	c->need = WIRE_HEADER_BYTES;
	return conn_deliver(c, e);
}

static void conn_got(struct conn *c, size_t len)
{
	unsigned int code = WIRE_E_PROTOCOL;
	struct err e;
	int ret;

	c->have += len;
	if (c->have < c->need)
		return;
	ret = conn_complete(c, &e);
	if (ret == -EPROTONOSUPPORT)
		code = WIRE_E_VERSION;
	if (ret < 0)
		conn_end(c, code, e.text);
}

static bool conn_reading(const struct conn *c)
{
	return c->phase == CONN_UP && !c->held;
}

/*
 * Read frames out of what TLS holds. Return: whether it is empty, so that
 * the socket is to be asked for more.
 */
static bool conn_parse(struct conn *c)
{
	bool empty = false;
	struct err e;
	int ret;

	c->parsing = true;
	while (conn_reading(c) && !empty) {
		ret = tls_read(c->tls, c->frame + c->have, c->need - c->have,
			       &e);
		if (ret == -EPIPE && c->have > 0)
			conn_die(c, "the peer cut the stream in a frame");
		else if (ret < 0)
			conn_die(c, e.text);
		else if (ret == 0)
			empty = true;
		else
			conn_got(c, (size_t)ret);
	}
	c->parsing = false;
	return empty && conn_reading(c);
}

static void conn_handshake(struct conn *c)
{
	struct err e;
	int ret = tls_handshake(c->tls, &e);

	conn_take(c);
	if (c->phase == CONN_DEAD)
		return;
	if (ret < 0) {
		/* The alert is in the queue: let it go out. */
		conn_why(c, e.text);
		c->phase = CONN_LINGER;
		c->linger_ms = now_ms();
	} else if (ret > 0) {
		c->phase = CONN_UP;
		c->user->ready(c, c->arg);
	}
}

static void conn_recv_more(struct conn *c)
{
	if (!c->recv.busy && c->phase != CONN_DEAD)
		ring_recv(c->ring, &c->recv, c->fd, c->recv_buf, RECV_BYTES);
}

static void conn_pump(struct conn *c)
{
	if (c->phase == CONN_HANDSHAKE)
		conn_handshake(c);
	if (c->phase == CONN_HANDSHAKE || c->phase == CONN_LINGER)
		conn_recv_more(c);
	else if (c->phase == CONN_UP && conn_parse(c))
		conn_recv_more(c);
	conn_check(c);
}

static void conn_received(struct ring_op *op, int res)
{
	struct conn *c = ring_container(op, struct conn, recv);
	struct err e;

	if (res <= 0 && res != -EINTR && res != -EAGAIN) {
		snprintf(e.text, sizeof(e.text), "%s",
			 c->phase == CONN_HANDSHAKE && res == 0 ?
				 "the peer hung up in the TLS handshake" :
			 res == 0 ? "the connection was cut" :
				    strerror(-res));
		conn_die(c, e.text);
	} else if (res > 0 && c->phase < CONN_LINGER) {
		c->heard_ms = now_ms();
		c->bytes_in += (uint64_t)res;
		if (tls_feed(c->tls, c->recv_buf, (size_t)res, &e) < 0)
			conn_die(c, e.text);
	}
	conn_pump(c);
}

static void conn_sent(struct ring_op *op, int res)
{
	struct conn *c = ring_container(op, struct conn, send);

	if (res < 0 && res != -EINTR && res != -EAGAIN) {
		/* What the peer said last may still wait to be read. */
		if (c->phase != CONN_UP || !c->recv.busy)
			conn_die(c, strerror(-res));
		conn_check(c);
		return;
	}
	if (res > 0) {
		c->bytes_out += (uint64_t)res;
		c->out_head = (c->out_head + (size_t)res) % CONN_QUEUE_BYTES;
		c->out_len -= (size_t)res;
	}
	conn_send_more(c);
	if (c->phase == CONN_UP)
		c->user->room(c, c->arg);
	conn_check(c);
}

static void conn_ticked(struct ring_op *op, int res)
{
	struct conn *c = ring_container(op, struct conn, tick);
	uint8_t keepalive[WIRE_HEADER_BYTES];
	uint64_t now = now_ms();

	if (c->phase == CONN_HANDSHAKE && now - c->opened_ms > HANDSHAKE_MS)
		conn_die(c, "the TLS handshake took too long");
	else if (c->phase == CONN_UP && !c->held &&
		 now - c->heard_ms > CONN_SILENCE_MS)
		conn_die(c, "the peer has been silent for too long");
	else if (c->phase == CONN_LINGER && now - c->linger_ms > CONN_LINGER_MS)
		conn_die(c, "closed");
	else if (c->phase == CONN_UP && now - c->said_ms >= CONN_KEEPALIVE_MS &&
		 conn_room(c) > sizeof(keepalive))
		conn_send(c, keepalive, wire_put_keepalive(keepalive));
	if (c->phase != CONN_DEAD)
		ring_timeout(c->ring, &c->tick, TICK_MS);
	conn_check(c);
}

static void conn_free(struct conn *c)
{
	close(c->fd);
	tls_close(c->tls);
	free(c->frame);
	free(c->recv_buf);
	free(c->out);
	free(c);
}

/*
 * Whether it is over. Called last by every completion, as it may free @c, and
 * by conn_end(), where an operation in flight keeps it alive.
 */
static void conn_check(struct conn *c)
{
	if (c->phase == CONN_LINGER && c->out_len == 0 && !c->done_writing) {
		c->done_writing = true;
		shutdown(c->fd, SHUT_WR);
	}
	if (c->phase != CONN_DEAD || c->recv.busy || c->send.busy ||
	    c->tick.busy)
		return;
	c->user->closed(c, c->arg, c->code, c->why);
	conn_free(c);
}

void conn_hold(struct conn *c, bool hold)
{
	if (c->held == hold)
		return;
	c->held = hold;
	if (hold)
		return;
	c->heard_ms = now_ms();
	if (!c->parsing && !c->recv.busy && conn_parse(c))
		conn_recv_more(c);
}

uint64_t conn_silence_ms(const struct conn *c)
{
	return now_ms() - c->heard_ms;
}

uint64_t conn_bytes_in(const struct conn *c)
{
	return c->bytes_in;
}

uint64_t conn_bytes_out(const struct conn *c)
{
	return c->bytes_out;
}

const char *conn_peer(const struct conn *c)
{
	return c->peer;
}

static void conn_name_peer(struct conn *c)
{
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	char host[INET6_ADDRSTRLEN + 16], port[8];

	if (getpeername(c->fd, (struct sockaddr *)&addr, &len) < 0 ||
	    getnameinfo((struct sockaddr *)&addr, len, host, sizeof(host), port,
			sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV))
		strcpy(c->peer, "unknown");
	else
		snprintf(c->peer, sizeof(c->peer),
			 addr.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
			 port);
}

/*
 * Best effort: a socket that isn't TCP works too. No TCP_USER_TIMEOUT: it would
 * end a connection to a replica whose disk is slow and whose window is shut.
 */
static void conn_tune(int fd)
{
	const int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

int conn_open(struct conn **out, struct ring *ring, int fd, struct tls_ctx *ctx,
	      const struct conn_user *user, void *arg, struct err *e)
{
	struct conn *c = calloc(1, sizeof(*c));
	int ret;

	if (c == NULL) {
		close(fd);
		return err_set(e, ENOMEM, "no memory for a connection");
	}
	c->ring = ring;
	c->fd = fd;
	c->user = user;
	c->arg = arg;
	c->need = WIRE_HEADER_BYTES;
	c->recv.done = conn_received;
	c->send.done = conn_sent;
	c->tick.done = conn_ticked;
	c->opened_ms = c->heard_ms = c->said_ms = now_ms();
	c->frame = malloc(WIRE_FRAME_MAX);
	c->recv_buf = malloc(RECV_BYTES);
	c->out = malloc(CONN_QUEUE_BYTES);
	ret = tls_open(&c->tls, ctx, e);
	if (ret == 0 && (!c->frame || !c->recv_buf || !c->out))
		ret = err_set(e, ENOMEM, "no memory for a connection");
	if (ret < 0) {
		conn_free(c);
		return ret;
	}
	conn_tune(fd);
	conn_name_peer(c);
	ring_timeout(ring, &c->tick, TICK_MS);
	*out = c;
	conn_handshake(c); /* a client speaks first */
	conn_recv_more(c);
	return 0;
}
