/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_TABLE_H
#define DELTA_TABLE_H

#include "delta/signature.h"

#define DELTA_NO_ENTRY UINT32_MAX

/**
 * struct delta_table - a signature, ready to be searched.
 * @params: how the signature was made
 * @strong: its hash
 * @size: bytes of the file it was made of
 * @blocks: whole blocks of that file
 * @tail: bytes of its short last block, 0 if there is none
 * @count: entries; a run of blocks that are alike is one entry
 * @start: each entry's first block; start[count] is @blocks
 * @weak: each entry's weak sum
 * @strongs: each entry's strong hash
 * @class_of: of the entries that are equal, the one with the longest run (the
 *	first of several): references to what occurs often stay whole
 * @order: one entry of each class, sorted by scrambled weak sum, then strong
 * @key: their scrambled weak sums
 * @classes: how many classes there are
 * @bucket: where in @order each value of the sum's first bits begins
 * @filter: words of a Bloom filter; each sum sets two bits of one word
 * @multiplier: scrambles weak sums; random, so that nobody can craft a file
 *	whose sums crowd into one bucket. It has no influence on results.
 * @filter_multiplier: the same for the filter
 */
struct delta_table {
	struct delta_params params;
	struct delta_strong strong;
	uint64_t size;
	uint32_t blocks, tail, count, room, classes;
	uint32_t *start, *weak, *class_of, *order, *key, *bucket;
	uint8_t *strongs;
	uint64_t *filter;
	uint64_t filter_multiplier;
	uint32_t multiplier;
	uint8_t bucket_shift, filter_shift;
	uint32_t tail_weak;
	uint8_t tail_strong[DELTA_STRONG_MAX];
};

/**
 * delta_table_load - read a signature to its end.
 * @table: is made; free it even if this fails
 * @reader: just opened
 *
 * Returns 0 or -errno, as the reader does; -ENOMEM.
 */
int delta_table_load(struct delta_table *table,
		     struct delta_signature_reader *reader);
void delta_table_free(struct delta_table *table);

/* The two bits that a sum has in its word of the filter, by a hash of it. */
#define DELTA_FILTER_BIT1(hash) ((hash) >> 40 & 63)
#define DELTA_FILTER_BIT2(hash) ((hash) >> 34 & 63)

/** delta_table_may_hold - quick: false if no block has this weak sum */
static inline bool delta_table_may_hold(const struct delta_table *table,
					uint32_t weak)
{
	uint64_t hash = weak * table->filter_multiplier;
	uint64_t word = table->filter[hash >> table->filter_shift];

	return word >> DELTA_FILTER_BIT1(hash) &
	       word >> DELTA_FILTER_BIT2(hash) & 1;
}

/**
 * delta_table_find_weak - the classes that have a weak sum.
 * @first: the first one's place in @order
 *
 * Returns how many there are.
 */
uint32_t delta_table_find_weak(const struct delta_table *table, uint32_t weak,
			       uint32_t *first);

/**
 * delta_table_find_strong - the class with a strong hash.
 * @first: what delta_table_find_weak() found
 * @count: and how many
 *
 * Returns an entry or DELTA_NO_ENTRY.
 */
uint32_t delta_table_find_strong(const struct delta_table *table,
				 uint32_t first, uint32_t count,
				 const uint8_t *strong);

/** delta_table_is_tail - whether bytes of the tail's length are the tail */
bool delta_table_is_tail(const struct delta_table *table, const uint8_t *data);

/** delta_table_entry_of - the entry of a whole block; @hint is a likely one */
uint32_t delta_table_entry_of(const struct delta_table *table, uint32_t block,
			      uint32_t hint);

static inline const uint8_t *delta_table_strong(const struct delta_table *table,
						uint32_t entry)
{
	return table->strongs + (size_t)entry * table->params.strong_length;
}

#endif
