/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A piece of the device, and the fingerprints of what the replica has there,
 * become the frames that make the replica's like it. No I/O.
 */
#ifndef SOURCE_ENCODE_H
#define SOURCE_ENCODE_H

#include <zstd.h>

#include "wire/wire.h"

#define ENCODE_PIECE_BYTES WIRE_DATA_MAX
#define ENCODE_BLOCKS (ENCODE_PIECE_BYTES / WIRE_BLOCK_BYTES)
/* Every second block its own frame of incompressible data: */
#define ENCODE_OUT_BYTES (ENCODE_PIECE_BYTES + 64 * ENCODE_BLOCKS)

struct encoder {
	ZSTD_CCtx *zstd;
	struct wire_key key;
	/* Of the era so far. */
	uint64_t frames, digest;
	uint64_t data_bytes; /* of data, before compression */
};

int encoder_open(struct encoder *enc);
void encoder_close(struct encoder *enc);
/** encoder_begin - start an era */
void encoder_begin(struct encoder *enc, const uint8_t key[WIRE_KEY_BYTES]);

/**
 * encode - frames for a piece
 * @buf:	its @len bytes, ENCODE_PIECE_BYTES at most
 * @offset:	where they are on the device, whole blocks
 * @prints:	what the replica has, one fingerprint a block
 * @discarded:	it was discarded: what of it is zero may be discarded there, too
 * @out:	ENCODE_OUT_BYTES
 * Return: bytes in @out, 0 if nothing differs.
 */
size_t encode(struct encoder *enc, const uint8_t *buf, uint32_t len,
	      uint64_t offset, const uint8_t *prints, bool discarded,
	      uint8_t *out);

#endif
