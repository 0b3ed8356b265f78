/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_APPLY_H
#define DELTA_APPLY_H

#include "delta/reader.h"

/**
 * struct delta_piece - a part of the old file that belongs into a buffer.
 * @at: where in the buffer
 * @length: bytes
 * @offset: where in the old file
 */
struct delta_piece {
	size_t at, length;
	uint64_t offset;
};

/**
 * struct delta_apply - makes the new file of a delta, a buffer at a time.
 * @reader: the delta, just opened
 * @op: the instruction it is at; @op.length is what is left of it
 * @ended: all of the file was made, and the delta was found sound
 */
struct delta_apply {
	struct delta_reader *reader;
	struct delta_op op;
	bool ended;
};

/**
 * delta_apply_fill - put the delta's own data into a buffer.
 * @buf: a buffer for the next part of the new file
 * @used: bytes filled before; is moved on
 * @size: bytes of @buf
 * @pieces: what is to be read from the old file: the caller does
 * @room: of @pieces
 * @count: how many there are; is set
 *
 * Stops when the buffer or the pieces are full, or at the end. Returns 0 or
 * -errno.
 */
int delta_apply_fill(struct delta_apply *apply, uint8_t *buf, size_t *used,
		     size_t size, struct delta_piece *pieces, size_t room,
		     size_t *count);

#endif
