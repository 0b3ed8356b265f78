// SPDX-License-Identifier: GPL-2.0-or-later
#include "truth.h"

struct truth truth;

void truth_make(u32 room, u32 nr_blocks)
{
	truth_free();
	truth.nr_blocks = nr_blocks;
	truth.least = calloc(room, sizeof(u32));
	truth.most = calloc(room, sizeof(u32));
	truth.begun = calloc(room, sizeof(u64));
	truth.unclear = calloc(room, sizeof(bool));
	truth.reported = calloc(room, sizeof(u32));
	truth.must = calloc(room, sizeof(bool));
	truth.busy = calloc(room, sizeof(bool));
}

void truth_put(struct snapshot *snapshot)
{
	if (snapshot && !--snapshot->refs)
		free(snapshot);
}

void truth_free(void)
{
	u64 checks = truth.checks;

	free(truth.least);
	free(truth.most);
	free(truth.begun);
	free(truth.unclear);
	free(truth.reported);
	free(truth.must);
	free(truth.busy);
	truth_put(truth.closing);
	for (unsigned int i = 0; i < TRUTH_ERAS; i++)
		truth_put(truth.closed[i]);
	memset(&truth, 0, sizeof(truth));
	truth.checks = checks;
}

/* What is added is news in this era. */
void truth_grow(u32 nr_blocks, u32 era)
{
	for (u32 b = truth.nr_blocks; b < nr_blocks; b++) {
		truth.least[b] = era;
		truth.most[b] = era;
	}
	truth.nr_blocks = nr_blocks;
}

/* ---- changes */

void truth_begin(struct change *change, u32 block, u32 last, u32 era,
		 bool discard)
{
	change->block = block;
	change->last = last;
	change->submitted = era;
	change->discard = discard;
	change->shared = false;
	truth.clock++;
	for (u32 b = block; b <= last; b++)
		truth.begun[b] = truth.clock;
	for (struct change *c = truth.changes; c; c = c->next) {
		if (last < c->block || block > c->last)
			continue;
		c->shared = true;
		change->shared = true;
	}
	change->next = truth.changes;
	change->pprev = &truth.changes;
	if (change->next)
		change->next->pprev = &change->next;
	truth.changes = change;
	truth.nr_changes++;
}

static void unlink_change(struct change *change)
{
	*change->pprev = change->next;
	if (change->next)
		change->next->pprev = change->pprev;
	truth.nr_changes--;
}

/* It has landed. @written_in: the era that the tracker took it for. */
void truth_end(struct change *change, u64 tag, u32 written_in, u32 era)
{
	if (written_in < change->submitted || written_in > era)
		sim_fail("a change of era %u to %u is taken for one of era %u",
			 change->submitted, era, written_in);
	unlink_change(change);
	truth_mark(change->block, change->last - change->block + 1,
		   change->submitted, era);
	for (u32 b = change->block; b <= change->last; b++) {
		truth.unclear[b] = change->shared;
		if (truth.closing && written_in <= truth.closing->era &&
		    b < truth.closing->nr_blocks)
			truth.closing->content[b] = tag;
	}
}

/* It was noted as a change, or, if not @sure, some of its blocks may be. */
void truth_end_mark(struct change *change, bool sure, u32 era)
{
	unlink_change(change);
	truth_mark(change->block, change->last - change->block + 1,
		   sure ? change->submitted : 0, era);
}

void truth_mark(u32 block, u32 count, u32 least, u32 most)
{
	for (; count--; block++) {
		truth.least[block] = max(truth.least[block], least);
		truth.most[block] = max(truth.most[block], most);
	}
}

/* ---- eras */

void truth_close(u32 era)
{
	struct snapshot *s = malloc(sizeof(*s) + truth.nr_blocks * sizeof(u64));

	s->era = era;
	s->refs = 1;
	s->nr_blocks = truth.nr_blocks;
	memcpy(s->content, sim_disks.origin, truth.nr_blocks * sizeof(u64));
	truth.closing = s;
}

/* Return: what a view of it must show, with a reference; NULL if it failed. */
struct snapshot *truth_closed(bool ok)
{
	struct snapshot *s = truth.closing;

	truth.closing = NULL;
	if (!ok) {
		truth_put(s);
		return NULL;
	}
	truth_put(truth.closed[s->era % TRUTH_ERAS]);
	truth.closed[s->era % TRUTH_ERAS] = s;
	truth.newest = s->era;
	truth.known[truth.nr_known++ % TRUTH_KNOWN] = s->era;
	s->refs++;
	return s;
}

/* ---- crashes */

/* What was on its way may have got anywhere, in any era up to @era. */
void truth_crash(u32 era)
{
	for (struct change *c = truth.changes; c; c = c->next)
		for (u32 b = c->block; b <= c->last; b++) {
			truth.most[b] = max(truth.most[b], era);
			truth.unclear[b] = true;
		}
	truth.changes = NULL;
	truth.nr_changes = 0;
	truth_put(truth.closing);
	truth.closing = NULL;
}

/*
 * It goes on with this era. Others may have begun before a crash, but none above
 * the newest that was closed is known to anybody.
 */
void truth_go_on(u32 era)
{
	for (u32 b = 0; b < truth.nr_blocks; b++) {
		truth.least[b] = min(truth.least[b], truth.newest + 1);
		truth.most[b] = min(truth.most[b], era);
	}
}

/* One of the last eras of which it was said that they were closed, or 0. */
u32 truth_some_era(u32 back)
{
	const struct snapshot *s;

	if (truth.newest < back)
		return 0;
	s = truth.closed[(truth.newest - back) % TRUTH_ERAS];
	return s && s->era == truth.newest - back ? s->era : truth.newest;
}

/* One of all those, or 0. */
u32 truth_any_era(void)
{
	unsigned int count = min(truth.nr_known, TRUTH_KNOWN);
	unsigned int at = sim_random(count + 1);

	return at < count ? truth.known[at] : 0;
}

/* The map was lost for good: it begins anew. */
void truth_forget(void)
{
	u32 nr_blocks = truth.nr_blocks;

	memset(truth.least, 0, nr_blocks * sizeof(u32));
	memset(truth.most, 0, nr_blocks * sizeof(u32));
	for (unsigned int i = 0; i < TRUTH_ERAS; i++) {
		truth_put(truth.closed[i]);
		truth.closed[i] = NULL;
	}
	truth.newest = 0;
	truth.nr_known = 0;
}

/* Blocks that were reported since @since in vain; from now on it isn't. */
u32 truth_suspects(u32 since, u32 era)
{
	u32 count = 0;

	for (u32 b = 0; b < truth.nr_blocks; b++) {
		if (!truth.reported[b])
			continue;
		count += truth.most[b] <= since;
		if (truth.most[b] > since && truth.reported[b] != 'c')
			continue;
		truth.most[b] = max(truth.most[b], era);
		truth.unclear[b] = true;
	}
	return count;
}

/* ---- what is asked of the map */

static bool on_its_way(u32 block)
{
	for (struct change *c = truth.changes; c; c = c->next)
		if (block >= c->block && block <= c->last)
			return true;
	return false;
}

/*
 * Before it is asked: note what it must say, for blocks whose content differs from
 * what it was at the close of era @since, or that were changed after that.
 */
void truth_must(u32 since, u32 upto, u32 nr_blocks)
{
	const struct snapshot *s = truth.closed[since % TRUTH_ERAS];

	if (s && s->era != since)
		s = NULL;
	truth.asked = truth.clock;
	memset(truth.reported, 0, nr_blocks * sizeof(u32));
	for (u32 b = 0; b < nr_blocks; b++) {
		truth.busy[b] = on_its_way(b);
		truth.must[b] = truth.least[b] > since && truth.most[b] <= upto;
		if (s && upto == ERA_ANY && b < s->nr_blocks &&
		    s->content[b] != sim_disks.origin[b])
			truth.must[b] = true;
	}
}

void truth_report(char kind, u32 block, u32 count)
{
	if (!count || block + count > truth.nr_blocks)
		sim_fail("changed: %c %u %u of %u blocks", kind, block, count,
			 truth.nr_blocks);
	for (; count--; block++) {
		if (truth.reported[block])
			sim_fail("changed: block %u was reported twice", block);
		truth.reported[block] = kind;
	}
}

/* After it was asked. @now: the era by then. */
void truth_judge(u32 since, u32 now, u32 nr_blocks, const char *what)
{
	for (u32 b = 0; b < nr_blocks; b++) {
		char kind = truth.reported[b];

		if (truth.must[b] && !kind)
			sim_fail("%s: since era %u, block %u has changed (era %u to %u), and is not reported",
				 what, since, b, truth.least[b], truth.most[b]);
		if (kind && truth.most[b] <= since &&
		    !(now > since && on_its_way(b)))
			sim_fail("%s: since era %u, block %u is reported and has not changed (era %u to %u)",
				 what, since, b, truth.least[b], truth.most[b]);
		if (kind == 'd' && !truth.unclear[b] && !truth.busy[b] &&
		    truth.begun[b] <= truth.asked &&
		    !(sim_disks.origin[b] & TRUTH_WILD))
			sim_fail("%s: since era %u, block %u is reported as discarded and holds data",
				 what, since, b);
	}
	truth.checks++;
}
