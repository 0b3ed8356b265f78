/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * TLS 1.3 with an external pre-shared key, and nothing else: no certificate,
 * no older version, no session ticket, no early data. Bytes go in and come
 * out through memory; the sockets are somebody else's.
 */
#ifndef TLS_TLS_H
#define TLS_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err/err.h"

#define TLS_KEY_BYTES 32

struct tls_ctx;
struct tls;

/**
 * tls_keygen - write a new key into a file of its own
 * @path: must not exist; made with mode 0600 and synced
 */
int tls_keygen(const char *path, struct err *e);

/**
 * tls_key_load - read a key file: 64 hex digits and a newline
 * A file that others than its owner can read or write is refused.
 */
int tls_key_load(const char *path, uint8_t key[TLS_KEY_BYTES], struct err *e);

int tls_ctx_open(struct tls_ctx **out, const uint8_t key[TLS_KEY_BYTES],
		 bool server, struct err *e);
void tls_ctx_close(struct tls_ctx *ctx);

int tls_open(struct tls **out, struct tls_ctx *ctx, struct err *e);
void tls_close(struct tls *tls);

/** tls_feed - hand in @len bytes that came from the peer */
int tls_feed(struct tls *tls, const void *buf, size_t len, struct err *e);

/**
 * tls_handshake - go on with the handshake
 * Return: 1 when it is done, 0 when it needs bytes from the peer, -errno.
 * In all three cases there may be bytes to send.
 */
int tls_handshake(struct tls *tls, struct err *e);

/**
 * tls_read - plain bytes out of what was fed
 * Return: a count, 0 when more must be fed, -EPIPE at the peer's proper end
 * of the stream, -errno.
 */
int tls_read(struct tls *tls, void *buf, size_t len, struct err *e);

/** tls_write - encrypt @len bytes, at most TLS_WRITE_MAX */
#define TLS_WRITE_MAX 16384
int tls_write(struct tls *tls, const void *buf, size_t len, struct err *e);

/* A record adds no more than this to TLS_WRITE_MAX bytes. */
#define TLS_OVERHEAD 64

/** tls_output - what has to be sent; tls_sent() when it was taken */
size_t tls_output(struct tls *tls, const uint8_t **buf);
void tls_sent(struct tls *tls);

/** tls_shutdown - queue the proper end of the stream */
void tls_shutdown(struct tls *tls);

#endif
