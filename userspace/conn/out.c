// SPDX-License-Identifier: GPL-2.0-or-later
/* What a connection says: frames are sealed, encrypted and queued. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "conn/internal.h"

#define SEND_BYTES (256U << 10)

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

void conn_take(struct conn *c)
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
	c->said_ms = conn_now_ms();
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

void conn_send_error(struct conn *c, unsigned int code, const char *why)
{
	uint8_t buf[WIRE_HEADER_BYTES + 2 + WIRE_SENTENCE_MAX];
	struct wire_error_msg m = { .code = (uint16_t)code };
	size_t len;

	snprintf(m.sentence, sizeof(m.sentence), "%s", why);
	len = code != 0 ? wire_put_error(buf, &m) : wire_put_bye(buf);
	wire_seal(buf, c->seq_out++);
	conn_encrypt(c, buf, len);
}

void conn_sent(struct ring_op *op, int res)
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
