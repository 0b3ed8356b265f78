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

#include "conn/internal.h"

#define TICK_MS 500
#define HANDSHAKE_MS 10000

uint64_t conn_now_ms(void)
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

void conn_die(struct conn *c, const char *why)
{
	conn_why(c, why);
	if (c->phase == CONN_DEAD)
		return;
	c->phase = CONN_DEAD;
	shutdown(c->fd, SHUT_RDWR);
	ring_cancel(&c->tick);
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
	c->linger_ms = conn_now_ms();
	conn_recv_more(c); /* unread bytes would reset the connection */
	conn_check(c);
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
		c->linger_ms = conn_now_ms();
	} else if (ret > 0) {
		c->phase = CONN_UP;
		c->user->ready(c, c->arg);
	}
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
		c->heard_ms = conn_now_ms();
		c->bytes_in += (uint64_t)res;
		if (tls_feed(c->tls, c->recv_buf, (size_t)res, &e) < 0)
			conn_die(c, e.text);
	}
	conn_pump(c);
}

static void conn_ticked(struct ring_op *op, int res)
{
	struct conn *c = ring_container(op, struct conn, tick);
	uint8_t keepalive[WIRE_HEADER_BYTES];
	uint64_t now = conn_now_ms();

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

void conn_check(struct conn *c)
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

uint64_t conn_silence_ms(const struct conn *c)
{
	return c->held ? 0 : conn_now_ms() - c->heard_ms;
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
	c->opened_ms = c->heard_ms = c->said_ms = conn_now_ms();
	c->frame = malloc(WIRE_FRAME_MAX);
	c->recv_buf = malloc(CONN_RECV_BYTES);
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
