/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a connection share. */
#ifndef CONN_INTERNAL_H
#define CONN_INTERNAL_H

#include "conn/conn.h"

#define CONN_RECV_BYTES (128U << 10)

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
	/* in.c: the frame that comes in */
	struct wire_header header;
	size_t have, need;
	uint8_t *frame;
	uint8_t *recv_buf;
	/* out.c: what goes out, a circle of encrypted bytes */
	uint8_t *out;
	size_t out_head, out_len;
};

/* conn.c */
uint64_t conn_now_ms(void);
/** conn_die - the end, at once; the first reason is the one that counts */
void conn_die(struct conn *c, const char *why);
/**
 * conn_check - whether it is over
 * Called last by every completion, as it may free @c, and by conn_end(), where
 * an operation in flight keeps it alive.
 */
void conn_check(struct conn *c);

/* in.c */
/**
 * conn_parse - read frames out of what TLS holds
 * Return: whether it is empty, so that the socket is to be asked for more.
 */
bool conn_parse(struct conn *c);
void conn_recv_more(struct conn *c);

/* out.c */
/** conn_take - move what TLS wants to say into the queue */
void conn_take(struct conn *c);
/** conn_send_error - queue the last frame: an error, or bye if @code is 0 */
void conn_send_error(struct conn *c, unsigned int code, const char *why);
/** conn_sent - completion of conn->send */
void conn_sent(struct ring_op *op, int res);

#endif
