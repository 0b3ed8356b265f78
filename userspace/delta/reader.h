/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_READER_H
#define DELTA_READER_H

#include "delta/input.h"
#include "delta/strong.h"

enum delta_op_kind {
	DELTA_DATA, /* take the bytes from the delta */
	DELTA_REFERENCE, /* take them from the old file */
	DELTA_ZEROES,
};

/**
 * struct delta_op - an instruction.
 * @offset: where in the old file, of a reference
 * @length: how many bytes, never 0
 */
struct delta_op {
	enum delta_op_kind kind;
	uint64_t offset, length;
};

/**
 * struct delta_reader - reads a delta, instruction by instruction.
 * @kind: strong hash of the digest
 * @old_size: bytes of the old file
 * @new_size: of the new one, as far as it has been read
 * @digest: of the new file; known at the end
 */
struct delta_reader {
	struct delta_input in;
	enum delta_strong_kind kind;
	uint32_t block;
	uint64_t old_size, new_size;
	uint8_t key[DELTA_KEY_SIZE];
	uint8_t digest[DELTA_STRONG_MAX];
	uint64_t next, data_left;
};

/** delta_reader_open - read the header; returns 0 or -errno */
int delta_reader_open(struct delta_reader *reader, delta_read_fn read,
		      void *ctx);

/**
 * delta_reader_next - read an instruction, after the last one's data.
 *
 * A reference lies within the old file. Returns 1, or 0 at the end, when
 * the delta's checksum was found right, or -errno.
 */
int delta_reader_next(struct delta_reader *reader, struct delta_op *op);

/** delta_reader_data - the next bytes of an instruction that has some */
int delta_reader_data(struct delta_reader *reader, void *buf, size_t size);
void delta_reader_close(struct delta_reader *reader);

#endif
