/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_INPUT_H
#define DELTA_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * typedef delta_read_fn - where bytes come from.
 *
 * Returns how many were read, 0 at the end, or -errno.
 */
typedef ssize_t (*delta_read_fn)(void *ctx, void *buf, size_t size);

/**
 * struct delta_input - a signature or delta being read.
 * @why: what is wrong with it, after a function returned -EBADMSG
 *
 * Buffers, decompresses, and keeps the checksum of the bytes gone by. It takes
 * as much memory as its buffers and a window of 16 MiB, whatever comes in.
 */
struct delta_input {
	const char *why;
	delta_read_fn read;
	void *ctx;
	uint8_t *raw;
	size_t raw_pos, raw_len, summed;
	void *sum;
	void *zstd;
	bool compressed, frame_ended;
	uint8_t *plain;
	size_t plain_pos, plain_len;
};

/** delta_input_init - begin to read; returns 0 or -ENOMEM */
int delta_input_init(struct delta_input *in, delta_read_fn read, void *ctx);
void delta_input_free(struct delta_input *in);

/*
 * All of these return 0, -EBADMSG with @why set, or what the read function
 * returned.
 */

/** delta_input_bytes - the next @size bytes, all of them */
int delta_input_bytes(struct delta_input *in, void *buf, size_t size);
int delta_input_varint(struct delta_input *in, uint64_t *value);
int delta_input_le64(struct delta_input *in, uint64_t *value);

/** delta_input_decompress - what follows is a zstd frame */
int delta_input_decompress(struct delta_input *in);

/** delta_input_frame_end - the zstd frame must end here, if one was begun */
int delta_input_frame_end(struct delta_input *in);

/** delta_input_end - the checksum of all bytes so far, and the end, must follow */
int delta_input_end(struct delta_input *in);

/** delta_bad - say what is wrong; returns -EBADMSG */
int delta_bad(struct delta_input *in, const char *why);

#endif
