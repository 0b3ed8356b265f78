/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_JOIN_H
#define DELTA_JOIN_H

#include "delta/scan.h"

/**
 * struct delta_sink - who takes the instructions, in order.
 * @data: bytes of the new file as they are
 * @reference: @count blocks of the old one from block @first on; block
 *	table->blocks is the tail
 *
 * Both return 0 or -errno.
 */
struct delta_sink {
	int (*data)(void *ctx, const uint8_t *data, size_t size);
	int (*reference)(void *ctx, uint32_t first, uint32_t count);
	void *ctx;
};

/**
 * struct delta_join - makes one sequence of what was found in segments.
 * @at: bytes of the next segment that a match has covered already
 * @next: the block after the last reference
 * @shift: how far the last reference's data have moved
 * @hint: entry of the block last looked up
 * @length: bytes of the new file so far
 */
struct delta_join {
	const struct delta_table *table;
	struct delta_terms terms;
	struct delta_sink sink;
	size_t at;
	uint32_t next;
	int64_t shift;
	uint32_t hint;
	uint64_t length;
};

void delta_join_init(struct delta_join *join, const struct delta_table *table,
		     struct delta_terms terms, const struct delta_sink *sink);

/**
 * delta_join_segment - take the next segment.
 * @segment: the one after the last one given
 * @found: what delta_scan_segment() found there
 *
 * The instructions are those that one search from the file's start to its end
 * would give. Returns 0 or -errno.
 */
int delta_join_segment(struct delta_join *join,
		       const struct delta_segment *segment,
		       const struct delta_found *found);

#endif
