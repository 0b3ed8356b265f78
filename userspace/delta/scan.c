// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The search of rsync: Tridgell and Mackerras, "The rsync algorithm", 1996.
 *
 * A window of one block's length moves over the new file. Where its content is
 * a block of the old file, there is a match, and the window jumps behind it;
 * elsewhere it moves on by a byte. The weak sum rolls with it, and only where
 * the table holds that sum is the strong hash computed.
 *
 * Whoever makes the files can make weak sums that are right at every byte where
 * the strong hash is wrong, and each costs the hash of a block. So there is a
 * credit: it grows with every byte of progress, up to a cap, a failed
 * comparison costs some of it, and places that are reached without enough of it
 * are passed over. Ordinary files never use it up; for crafted ones the time
 * stays linear, at the price of matches not found. At the start of each segment
 * the credit is whole, which lets segments be searched independently.
 *
 * A short last block of the old file is matched at the end of the new one, and
 * behind the block before it.
 */
#include "delta/scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A hash has a fixed cost too, that of about as many bytes. */
#define HASH_OVERHEAD 128

/*
 * Credit is counted in half bytes of hashing: half a byte of it for each byte
 * of progress, and three times what ordinary files need. Theirs are sums right
 * by chance: for n blocks of random bytes n in 2^32 places, if the sums were
 * evenly spread; but s1, a sum of that many bytes, keeps near its mean, with a
 * deviation of 74 times the block's root, so that two agree 250 / root times as
 * often. A segment begins with enough for runs of bad luck.
 */
struct delta_terms delta_terms(const struct delta_table *table,
			       size_t segment_length)
{
	uint64_t block = table->params.block, by_chance;
	struct delta_terms terms;

	by_chance = table->count * (block + HASH_OVERHEAD) /
		    delta_square_root(block);
	terms.cost = 2 * (block + HASH_OVERHEAD);
	terms.gain = 1 + (by_chance * (2 * 3 * 250) >> 32);
	terms.cap = segment_length;
	if (terms.cap < terms.cost)
		terms.cap = terms.cost;
	return terms;
}

uint64_t delta_credit_at(struct delta_terms terms, struct delta_credit credit,
			 size_t at)
{
	uint64_t value = credit.value + (at - credit.at) * terms.gain;

	return value < terms.cap ? value : terms.cap;
}

void delta_scan_init(struct delta_scan *scan, const struct delta_table *table,
		     const struct delta_segment *segment,
		     struct delta_terms terms)
{
	memset(scan, 0, sizeof(*scan));
	scan->table = table;
	scan->segment = segment;
	scan->terms = terms;
	scan->credit.value = terms.cap;
	scan->lanes = table->params.kind == DELTA_BLAKE2B ? blake2b_lanes() : 1;
}

/*
 * Where one block was found, more follow. Compute the sums of the next ones,
 * and while they are in the table, the strong hashes too, all at once.
 */
static void look_ahead(struct delta_scan *s)
{
	const uint8_t *in[BLAKE2B_MAX_LANES], *data = s->segment->data;
	uint32_t block = s->table->params.block;
	struct delta_ahead *ahead = s->ahead;
	unsigned int n;
	size_t at = s->at;

	for (n = 0; n < s->lanes; n++, ahead++, at += block) {
		if (at + block > s->segment->avail ||
		    (n && at >= s->segment->length))
			break;
		ahead->sum = delta_weak_sum(data + at, block);
		if (!n)
			s->sum = ahead->sum;
		if (!delta_table_may_hold(s->table,
					  delta_weak_value(ahead->sum)))
			break;
		ahead->count = delta_table_find_weak(
			s->table, delta_weak_value(ahead->sum), &ahead->first);
		if (!ahead->count)
			break;
		in[n] = data + at;
	}
	s->sum_known = true;
	s->ahead_next = 0;
	s->ahead_count = n;
	if (n)
		delta_strong_many(&s->table->strong, in, block, n,
				  s->ahead_strong);
}

/* Move to another place where the sum isn't known. */
static void jump(struct delta_scan *s, size_t at)
{
	s->at = at;
	s->sum_known = false;
	s->ahead_count = 0;
}

/* Roll on to @limit or to a sum that the table may hold. */
static void roll(struct delta_scan *s, size_t limit)
{
	const struct delta_table *t = s->table;
	const uint8_t *out = s->segment->data + s->at;
	const uint8_t *end = s->segment->data + limit;
	const uint32_t block = t->params.block;
	struct delta_weak sum = s->sum;

	while (!delta_table_may_hold(t, delta_weak_value(sum))) {
		/* The byte behind the last window may not exist. */
		if (out + 1 >= end) {
			jump(s, limit);
			return;
		}
		sum = delta_weak_roll(sum, block, *out, out[block]);
		out++;
	}
	s->sum = sum;
	s->at = (size_t)(out - s->segment->data);
}

/* The class of the block at this place, which has a right weak sum. */
static uint32_t verify(struct delta_scan *s, uint32_t first, uint32_t count)
{
	uint8_t strong[DELTA_STRONG_MAX];

	delta_strong_hash(&s->table->strong, s->segment->data + s->at,
			  s->table->params.block, strong);
	return delta_table_find_strong(s->table, first, count, strong);
}

static enum delta_event failed(struct delta_scan *s)
{
	s->credit.value =
		delta_credit_at(s->terms, s->credit, s->at) - s->terms.cost;
	s->credit.at = s->at;
	return DELTA_FAILURE;
}

static enum delta_event matched(struct delta_scan *s, uint32_t entry,
				struct delta_match *match)
{
	const struct delta_table *t = s->table;
	const struct delta_segment *g = s->segment;
	size_t end = s->at + t->params.block;

	match->at = (uint32_t)s->at;
	match->length = t->params.block;
	match->entry = entry;
	s->at = end;
	if (entry == t->class_of[t->count - 1] && t->tail &&
	    end + t->tail <= g->avail &&
	    delta_table_is_tail(t, g->data + end)) {
		match->length += t->tail;
		jump(s, end + t->tail);
	}
	return DELTA_MATCH;
}

/* Whether the block at this place, the sum of which is known, is a match. */
static enum delta_event try_here(struct delta_scan *s,
				 struct delta_match *match)
{
	uint32_t first, count, entry;

	count = delta_table_find_weak(s->table, delta_weak_value(s->sum),
				      &first);
	if (!count)
		return DELTA_NOTHING;
	entry = verify(s, first, count);
	if (entry == DELTA_NO_ENTRY)
		return failed(s);
	s->sum_known = false;
	return matched(s, entry, match);
}

/* The same for a block that was looked at ahead. */
static enum delta_event try_ahead(struct delta_scan *s,
				  struct delta_match *match)
{
	unsigned int i = s->ahead_next++;
	struct delta_ahead *ahead = &s->ahead[i];
	uint32_t entry = delta_table_find_strong(
		s->table, ahead->first, ahead->count, s->ahead_strong[i]);

	if (entry != DELTA_NO_ENTRY) {
		s->sum_known = false;
		return matched(s, entry, match);
	}
	s->sum = ahead->sum;
	s->sum_known = true;
	s->ahead_count = 0;
	return failed(s);
}

/* No whole block fits in what is left: only the tail may. */
static enum delta_event search_tail(struct delta_scan *s, size_t stop,
				    struct delta_match *match)
{
	const struct delta_segment *g = s->segment;
	uint32_t tail = s->table->tail;
	size_t at = s->at;

	jump(s, stop);
	if (!g->eof || !tail || tail > g->avail || g->avail - tail < at ||
	    g->avail - tail >= stop)
		return DELTA_NOTHING;
	at = g->avail - tail;
	if (!delta_table_is_tail(s->table, g->data + at))
		return DELTA_NOTHING;
	*match = (struct delta_match){ (uint32_t)at, tail, DELTA_NO_ENTRY };
	jump(s, at + tail);
	return DELTA_MATCH;
}

/* Step over a place that is no match; the window must be able to roll. */
static void step(struct delta_scan *s)
{
	const struct delta_segment *g = s->segment;
	uint32_t block = s->table->params.block;

	if (s->at + block < g->avail) {
		s->sum = delta_weak_roll(s->sum, block, g->data[s->at],
					 g->data[s->at + block]);
		s->at++;
	} else {
		jump(s, s->at + 1);
	}
}

/* Where places end at which a whole block fits and may be looked at. */
static size_t block_limit(const struct delta_scan *s, size_t stop)
{
	uint32_t block = s->table->params.block;
	size_t avail = s->segment->avail;

	if (!s->table->count || avail < block)
		return 0;
	return stop <= avail - block ? stop : avail - block + 1;
}

/* Pass over places until there is credit; true if there was enough here. */
static bool afford(struct delta_scan *s, size_t limit)
{
	uint64_t credit = delta_credit_at(s->terms, s->credit, s->at);
	uint64_t wait;

	if (credit >= s->terms.cost)
		return true;
	wait = (s->terms.cost - credit + s->terms.gain - 1) / s->terms.gain;
	jump(s, wait < limit - s->at ? s->at + wait : limit);
	return false;
}

/* Search one place at which the credit suffices, and those like it. */
static enum delta_event search_block(struct delta_scan *s, size_t limit,
				     struct delta_match *match)
{
	enum delta_event event;

	if (s->ahead_next >= s->ahead_count && !s->sum_known)
		look_ahead(s);
	if (s->ahead_next < s->ahead_count) {
		event = try_ahead(s, match);
	} else {
		roll(s, limit);
		if (s->at >= limit)
			return DELTA_NOTHING;
		event = try_here(s, match);
	}
	if (event != DELTA_MATCH)
		step(s);
	return event;
}

enum delta_event delta_scan_next(struct delta_scan *s, size_t stop,
				 struct delta_match *match)
{
	size_t limit = block_limit(s, stop);
	enum delta_event event;

	while (s->at < limit) {
		if (!afford(s, limit))
			continue;
		event = search_block(s, limit, match);
		if (event != DELTA_NOTHING)
			return event;
	}
	return s->at < stop ? search_tail(s, stop, match) : DELTA_NOTHING;
}

static int note(void *array, size_t *room, size_t count, size_t size)
{
	void **where = array;
	void *bigger;

	if (count < *room)
		return 0;
	bigger = reallocarray(*where, *room * 2 + 64, size);
	if (!bigger)
		return -ENOMEM;
	*where = bigger;
	*room = *room * 2 + 64;
	return 0;
}

int delta_scan_segment(const struct delta_table *table,
		       const struct delta_segment *segment,
		       struct delta_terms terms, struct delta_found *found)
{
	struct delta_match match;
	struct delta_scan scan;
	enum delta_event event;

	found->matches = 0;
	found->failures = 0;
	delta_scan_init(&scan, table, segment, terms);
	while ((event = delta_scan_next(&scan, segment->length, &match))) {
		if (note(&found->match, &found->match_room, found->matches,
			 sizeof(match)) ||
		    note(&found->failed, &found->failed_room, found->failures,
			 sizeof(*found->failed)))
			return -ENOMEM;
		if (event == DELTA_MATCH)
			found->match[found->matches++] = match;
		else
			found->failed[found->failures++] =
				(uint32_t)scan.credit.at;
	}
	found->end = scan.at;
	return 0;
}

void delta_found_free(struct delta_found *found)
{
	free(found->match);
	free(found->failed);
	memset(found, 0, sizeof(*found));
}
