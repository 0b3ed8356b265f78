/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_MEMORY_H
#define DELTA_MEMORY_H

#include "delta/table.h"

/** struct delta_buffer - bytes that grow; begin with zeroes, free @data */
struct delta_buffer {
	uint8_t *data;
	size_t len, room;
};

/** delta_buffer_write - a delta_write_fn; @buffer is a struct delta_buffer */
int delta_buffer_write(void *buffer, const void *data, size_t size);

/** struct delta_cursor - bytes in memory to be read from @pos on */
struct delta_cursor {
	const uint8_t *data;
	size_t len, pos;
};

/** delta_cursor_read - a delta_read_fn; @cursor is a struct delta_cursor */
ssize_t delta_cursor_read(void *cursor, void *buf, size_t size);

/*
 * Signature, delta and patch of what is in memory as a whole. All return 0 or
 * -errno.
 */

int delta_memory_signature(const struct delta_params *params,
			   const uint8_t *old, size_t len,
			   struct delta_buffer *signature);

/** delta_memory_table - free @table even if this fails */
int delta_memory_table(const uint8_t *signature, size_t len,
		       struct delta_table *table);

/**
 * delta_memory_delta - the delta that leads to @new.
 * @segment_length: a multiple of the block, delta_segment_length() usually
 * @level: of zstd; 0 is without compression
 */
int delta_memory_delta(const struct delta_table *table, const uint8_t *new,
		       size_t len, size_t segment_length, int level,
		       struct delta_buffer *delta);

/**
 * delta_memory_patch - make the new file.
 * @limit: how large it may be
 *
 * -EBADMSG: the delta is damaged; -ESTALE: @old isn't the file it was made
 * for; -EFBIG: the result is larger than @limit.
 */
int delta_memory_patch(const uint8_t *old, size_t old_len, const uint8_t *delta,
		       size_t len, size_t limit, struct delta_buffer *result);

#endif
