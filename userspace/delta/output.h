/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_OUTPUT_H
#define DELTA_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

/** typedef delta_write_fn - where bytes go; returns 0 or -errno */
typedef int (*delta_write_fn)(void *ctx, const void *data, size_t size);

/**
 * struct delta_output - a signature or delta being written.
 *
 * Buffers, compresses, and keeps the checksum of what was written. Each
 * function returns 0, -ENOMEM, or what the write function returned.
 */
struct delta_output {
	delta_write_fn write;
	void *ctx;
	uint8_t *buf;
	size_t len;
	void *sum;
	void *zstd;
	uint8_t *packed;
};

int delta_output_init(struct delta_output *out, delta_write_fn write,
		      void *ctx);
void delta_output_free(struct delta_output *out);
int delta_output_bytes(struct delta_output *out, const void *data, size_t size);
int delta_output_varint(struct delta_output *out, uint64_t value);
int delta_output_le64(struct delta_output *out, uint64_t value);

/** delta_output_compress - what follows goes into a zstd frame */
int delta_output_compress(struct delta_output *out, int level);

/** delta_output_block_end - what follows is of another kind: for zstd a block */
int delta_output_block_end(struct delta_output *out);

/** delta_output_frame_end - end the zstd frame, if one was begun */
int delta_output_frame_end(struct delta_output *out);

/** delta_output_end - write the checksum of all bytes so far */
int delta_output_end(struct delta_output *out);

#endif
