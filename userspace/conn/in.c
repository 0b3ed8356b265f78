// SPDX-License-Identifier: GPL-2.0-or-later
/* What a connection hears: bytes become frames, which are checked and told. */
#include <errno.h>

#include "conn/internal.h"

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

bool conn_parse(struct conn *c)
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

void conn_recv_more(struct conn *c)
{
	if (!c->recv.busy && c->phase != CONN_DEAD)
		ring_recv(c->ring, &c->recv, c->fd, c->recv_buf,
			  CONN_RECV_BYTES);
}

void conn_hold(struct conn *c, bool hold)
{
	if (c->held == hold)
		return;
	c->held = hold;
	if (hold)
		return;
	c->heard_ms = conn_now_ms();
	if (!c->parsing && !c->recv.busy && conn_parse(c))
		conn_recv_more(c);
}
