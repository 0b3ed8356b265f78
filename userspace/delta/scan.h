/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_SCAN_H
#define DELTA_SCAN_H

#include "delta/blake2b.h"
#include "delta/table.h"
#include "delta/weak.h"

/**
 * struct delta_segment - a piece of the new file.
 * @start: where in the file it begins
 * @length: bytes that belong to it
 * @data: the bytes, and beyond them what matches may reach into
 * @avail: bytes at @data: at least @length + delta_overlap(), or up to the
 *	file's end
 * @eof: the file ends at @avail
 */
struct delta_segment {
	uint64_t start;
	size_t length;
	const uint8_t *data;
	size_t avail;
	bool eof;
};

/** delta_overlap - bytes wanted beyond a segment's end: a block and a tail */
static inline size_t delta_overlap(uint32_t block)
{
	return 2 * (size_t)block;
}

/**
 * struct delta_match - where the old file's content was found.
 * @at: where, from the segment's start
 * @length: bytes
 * @entry: the class of the block, DELTA_NO_ENTRY if it is the tail alone
 */
struct delta_match {
	uint32_t at, length;
	uint32_t entry;
};

/**
 * struct delta_found - what the search of one segment found.
 * @match: where blocks begin
 * @failed: where the weak sum was right and the strong hash wrong
 * @end: where the search stopped: at the segment's end or behind it
 */
struct delta_found {
	struct delta_match *match;
	uint32_t *failed;
	size_t matches, match_room, failures, failed_room;
	size_t end;
};

/**
 * struct delta_credit - what a search may spend on failed comparisons.
 * @value: what is left at
 * @at: this place in the segment
 */
struct delta_credit {
	uint64_t value;
	size_t at;
};

/* The terms of that credit; they follow from the table and the segments. */
struct delta_terms {
	uint64_t cap, cost, gain;
};

struct delta_terms delta_terms(const struct delta_table *table,
			       size_t segment_length);
uint64_t delta_credit_at(struct delta_terms terms, struct delta_credit credit,
			 size_t at);

/* A block whose hashes were computed ahead of the search. */
struct delta_ahead {
	struct delta_weak sum;
	uint32_t first, count;
};

/**
 * struct delta_scan - a search in one segment.
 * @at: the place it has come to
 */
struct delta_scan {
	const struct delta_table *table;
	const struct delta_segment *segment;
	struct delta_terms terms;
	struct delta_credit credit;
	size_t at;
	struct delta_weak sum;
	bool sum_known;
	unsigned int lanes, ahead_count, ahead_next;
	struct delta_ahead ahead[BLAKE2B_MAX_LANES];
	uint8_t ahead_strong[BLAKE2B_MAX_LANES][DELTA_STRONG_MAX];
};

enum delta_event {
	DELTA_NOTHING, /* the search came to where it was to stop */
	DELTA_MATCH,
	DELTA_FAILURE, /* a comparison failed: it cost credit */
};

void delta_scan_init(struct delta_scan *scan, const struct delta_table *table,
		     const struct delta_segment *segment,
		     struct delta_terms terms);

/**
 * delta_scan_next - search on, up to the next event.
 * @stop: look at no place from here on
 * @match: what was found
 *
 * What follows depends on @at and @credit alone, so a search begun elsewhere
 * that comes to the same place with the same credit goes on alike.
 */
enum delta_event delta_scan_next(struct delta_scan *scan, size_t stop,
				 struct delta_match *match);

/**
 * delta_scan_segment - search a segment from its start to its end.
 * @found: what there is; its arrays grow and are used again
 *
 * Returns 0 or -ENOMEM.
 */
int delta_scan_segment(const struct delta_table *table,
		       const struct delta_segment *segment,
		       struct delta_terms terms, struct delta_found *found);
void delta_found_free(struct delta_found *found);

#endif
