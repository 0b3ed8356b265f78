// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Segments are searched independently, each from its own start. A single search
 * of the whole file would often enter a segment further on, behind a match that
 * reached into it. The two take the same way from the first place on that both
 * look at with the same credit; usually that is the first one. Up to there the
 * segment is searched again here; in the worst case (periodic content) all of
 * it is, which at most doubles the work.
 */
#include "delta/join.h"

#include <string.h>

/* What the segment's own search did up to some place. */
struct replay {
	const struct delta_found *found;
	size_t match, failure;
	struct delta_credit credit;
};

void delta_join_init(struct delta_join *join, const struct delta_table *table,
		     struct delta_terms terms, const struct delta_sink *sink)
{
	memset(join, 0, sizeof(*join));
	join->table = table;
	join->terms = terms;
	join->sink = *sink;
}

static bool same_class(struct delta_join *j, uint32_t block, uint32_t entry)
{
	if (block >= j->table->blocks)
		return false;
	j->hint = delta_table_entry_of(j->table, block, j->hint);
	return j->table->class_of[j->hint] == entry;
}

/*
 * Of several blocks with the wanted content take the one that goes on where the
 * last reference ended; else the one that moved as far as the last reference;
 * else one in the longest run. Whichever joins with what follows is cheapest.
 */
static uint32_t choose_block(struct delta_join *j, uint64_t at, uint32_t entry)
{
	uint32_t block = j->table->params.block;
	int64_t old = (int64_t)at - j->shift;

	if (same_class(j, j->next, entry))
		return j->next;
	if (old >= 0 && old % block == 0 && old / block < j->table->blocks &&
	    same_class(j, (uint32_t)(old / block), entry))
		return (uint32_t)(old / block);
	return j->table->start[entry];
}

static int refer(struct delta_join *j, const struct delta_match *m, uint64_t at)
{
	uint32_t blocks = j->table->blocks, block = j->table->params.block;
	uint32_t first = blocks, count = 1;

	if (m->length > block) {
		first = blocks - 1;
		count = 2;
	} else if (m->entry != DELTA_NO_ENTRY) {
		first = choose_block(j, at, m->entry);
	}
	j->next = first + count;
	j->shift = (int64_t)at - (int64_t)first * block;
	j->length += m->length;
	return j->sink.reference(j->sink.ctx, first, count);
}

static int literal(struct delta_join *j, const struct delta_segment *segment,
		   size_t end)
{
	const uint8_t *data = segment->data + j->at;
	size_t size = end - j->at;

	if (!size)
		return 0;
	j->at = end;
	j->length += size;
	return j->sink.data(j->sink.ctx, data, size);
}

static int emit(struct delta_join *j, const struct delta_segment *segment,
		const struct delta_match *match)
{
	int ret = literal(j, segment, match->at);

	j->at = match->at + match->length;
	return ret ? ret : refer(j, match, segment->start + match->at);
}

/* Bring the replay to a place; returns the credit that its search had there. */
static uint64_t replay_to(struct replay *r, struct delta_terms terms, size_t at)
{
	const struct delta_found *f = r->found;

	while (r->match < f->matches &&
	       f->match[r->match].at + f->match[r->match].length <= at)
		r->match++;
	for (; r->failure < f->failures && f->failed[r->failure] < at;
	     r->failure++) {
		size_t where = f->failed[r->failure];

		r->credit.value =
			delta_credit_at(terms, r->credit, where) - terms.cost;
		r->credit.at = where;
	}
	return delta_credit_at(terms, r->credit, at);
}

/*
 * Compare this search with the segment's own. Returns 0 if they are at one, else
 * the next place where they may be.
 */
static size_t next_meeting(struct replay *r, const struct delta_scan *scan)
{
	uint64_t theirs = replay_to(r, scan->terms, scan->at), least;
	uint64_t ours = delta_credit_at(scan->terms, scan->credit, scan->at);
	const struct delta_match *m = r->found->match;

	if (r->match < r->found->matches && m[r->match].at < scan->at)
		return m[r->match].at + m[r->match].length;
	if (theirs == ours)
		return 0;
	least = theirs < ours ? theirs : ours;
	return scan->at + 1 + (scan->terms.cap - least) / scan->terms.gain;
}

/* Search again from where the last segment's end led to. */
static int catch_up(struct delta_join *j, const struct delta_segment *segment,
		    struct replay *replay)
{
	struct delta_match match;
	struct delta_scan scan;
	size_t meeting;
	int ret = 0;

	delta_scan_init(&scan, j->table, segment, j->terms);
	scan.at = j->at;
	while (!ret && scan.at < segment->length) {
		meeting = next_meeting(replay, &scan);
		if (!meeting)
			break;
		if (meeting > segment->length)
			meeting = segment->length;
		if (delta_scan_next(&scan, meeting, &match) == DELTA_MATCH)
			ret = emit(j, segment, &match);
	}
	if (scan.at >= segment->length)
		replay->match = replay->found->matches;
	return ret;
}

int delta_join_segment(struct delta_join *j,
		       const struct delta_segment *segment,
		       const struct delta_found *found)
{
	struct replay replay = { .found = found,
				 .credit = { j->terms.cap, 0 } };
	int ret = 0;

	if (j->at)
		ret = catch_up(j, segment, &replay);
	for (; !ret && replay.match < found->matches; replay.match++)
		ret = emit(j, segment, &found->match[replay.match]);
	if (!ret && j->at < segment->length)
		ret = literal(j, segment, segment->length);
	j->at -= segment->length;
	return ret;
}
