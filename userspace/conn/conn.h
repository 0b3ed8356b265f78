/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A connection: frames over TLS over a socket, driven by the ring. Memory is
 * fixed: one frame that comes in, one queue that goes out. Silence is filled
 * with keepalives, and a peer that is silent for too long is given up.
 */
#ifndef CONN_CONN_H
#define CONN_CONN_H

#include "ring/ring.h"
#include "tls/tls.h"
#include "wire/wire.h"

#define CONN_QUEUE_BYTES (4U << 20)
#define CONN_KEEPALIVE_MS 2000
#define CONN_SILENCE_MS 15000
#define CONN_LINGER_MS 2000

struct conn;

struct conn_user {
	/* TLS is up: the peer has the key. */
	void (*ready)(struct conn *conn, void *arg);
	/*
	 * A frame came, its checksums and sequence are right. Keepalives and
	 * errors don't get here. Non-zero with a sentence ends the connection
	 * and tells the peer.
	 */
	int (*frame)(struct conn *conn, void *arg, const struct wire_header *h,
		     const uint8_t *frame, struct err *e);
	/* Something left the queue. */
	void (*room)(struct conn *conn, void *arg);
	/*
	 * The end: the conn is freed when this returns. @code is that of the
	 * peer's error frame, or 0.
	 */
	void (*closed)(struct conn *conn, void *arg, unsigned int code,
		       const char *why);
};

/**
 * conn_open - take over a connected socket
 * @fd:		closed by the connection, also if this fails
 */
int conn_open(struct conn **out, struct ring *ring, int fd, struct tls_ctx *ctx,
	      const struct conn_user *user, void *arg, struct err *e);

/** conn_room - how many bytes of frames can be sent now */
size_t conn_room(const struct conn *conn);

/**
 * conn_send - queue frames made by wire_put_*, one after the other
 * Seals them. The caller has asked conn_room() before; too much ends the
 * connection.
 */
void conn_send(struct conn *conn, uint8_t *frames, size_t len);

/** conn_hold - stop, or go on, delivering frames */
void conn_hold(struct conn *conn, bool hold);

/**
 * conn_end - send what is queued, then an error (or bye if @code is 0), close
 * ->closed is called later, from the loop; no other callback is.
 */
void conn_end(struct conn *conn, unsigned int code, const char *why);

/** conn_silence_ms - how long ago the peer was last heard; 0 while it is held */
uint64_t conn_silence_ms(const struct conn *conn);

uint64_t conn_bytes_in(const struct conn *conn);
uint64_t conn_bytes_out(const struct conn *conn);
/** conn_peer - the peer's address as text */
const char *conn_peer(const struct conn *conn);

#endif
