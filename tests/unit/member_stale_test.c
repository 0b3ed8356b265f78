// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * P3 as a game: a mirror writes, loses legs, can't write superblocks, crashes in
 * the middle of anything, and is started again from whatever devices are there,
 * sometimes by force. Whatever set_judge() lets it be started from must agree on
 * every write that was ever acknowledged. If nobody ever uses force, it must hold
 * all of them, and no members part. (By force, a person can have two arrays of
 * one; then each side rightly lacks what the other one acknowledged.)
 *
 * The array's side of the protocol is that of kmod/raid-record.c, reduced to
 * what goes to the disks and in which order.
 */
#include <asm/byteorder.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "member/set.h"

#define MEMBERS_MAX 4
#define WRITES_MAX 64
#define GAMES 60000
#define STEPS 40

struct game {
	unsigned int members;
	/* the disks: a superblock, and which writes are there */
	struct braid_super disk[MEMBERS_MAX];
	uint64_t holds[MEMBERS_MAX];
	/* the array, while it runs */
	bool running;
	unsigned int live, behind;
	struct braid_super known;
	/* the truth */
	unsigned int writes;
	uint64_t acknowledged;
	bool strict; /* nobody uses force */
	/* what became of it */
	unsigned int starts, forced, degraded, parted;
	uint64_t random;
};

static unsigned int roll(struct game *g, unsigned int sides)
{
	g->random ^= g->random << 13;
	g->random ^= g->random >> 7;
	g->random ^= g->random << 17;
	return (g->random >> 20) % sides;
}

static bool chance(struct game *g, unsigned int percent)
{
	return roll(g, 100) < percent;
}

static void set_up(struct game *g, unsigned int members)
{
	struct super_shape shape = { .name = "a",
				     .level = 1,
				     .members = members,
				     .smallest = 8192 };
	struct braid_super plan;
	unsigned int i;

	assert_int_equal(super_plan(&plan, &shape), 0);
	plan.events = __cpu_to_le64(1);
	g->members = members;
	for (i = 0; i < members; i++) {
		g->disk[i] = plan;
		g->disk[i].slot = __cpu_to_le16(i);
		memcpy(g->disk[i].member_uuid, plan.table[i].uuid, 16);
	}
}

enum outcome {
	DONE,
	FAILED,
	CRASHED
};

/* One superblock: a crash before it, a torn one (the old counts), an error. */
static enum outcome put(struct game *g, unsigned int i)
{
	struct braid_super *disk = &g->disk[i];

	if (chance(g, 4))
		return CRASHED;
	if (chance(g, 8))
		return FAILED;
	disk->events = g->known.events;
	disk->flags = g->known.flags;
	memcpy(disk->table, g->known.table, sizeof(disk->table));
	return DONE;
}

/* Superblocks to these, in any order. @bad receives those that failed. */
static enum outcome put_all(struct game *g, unsigned int to, unsigned int *bad)
{
	unsigned int i;
	enum outcome outcome;

	*bad = 0;
	while (to) {
		i = roll(g, g->members);
		if (!(to & 1U << i))
			continue;
		to &= ~(1U << i);
		outcome = put(g, i);
		if (outcome == CRASHED)
			return CRASHED;
		if (outcome == FAILED)
			*bad |= 1U << i;
	}
	return DONE;
}

static void mark_lost(struct game *g, unsigned int rest)
{
	unsigned int i;

	for (i = 0; i < g->members; i++) {
		struct braid_super_slot *line = &g->known.table[i];

		if (rest & 1U << i || line->state == BRAID_SLOT_LOST)
			continue;
		line->state = BRAID_SLOT_LOST;
		line->since = g->known.events;
	}
}

/* What is left as it was if it can't be told to anybody. */
static enum outcome put_next(struct game *g, unsigned int rest,
			     unsigned int *bad)
{
	struct braid_super before = g->known;

	g->known.events = __cpu_to_le64(__le64_to_cpu(g->known.events) + 1);
	mark_lost(g, rest);
	if (put_all(g, rest, bad) == CRASHED)
		return CRASHED;
	if (*bad == rest)
		g->known = before;
	else
		g->behind = *bad;
	return DONE;
}

static void forgive(struct game *g, unsigned int *lost)
{
	unsigned int i;

	for (i = 0; i < g->members; i++)
		if (g->known.table[i].state != BRAID_SLOT_LOST)
			*lost &= ~(1U << i);
}

static enum outcome commit(struct game *g, unsigned int *lost)
{
	unsigned int rest, todo, bad;
	bool told = false;

	for (;;) {
		rest = g->live & ~*lost;
		todo = g->behind & rest;
		if (put_all(g, todo, &bad) == CRASHED)
			return CRASHED;
		g->behind = (g->behind & ~todo) | bad;
		if (!bad) {
			if (put_next(g, rest, &bad) == CRASHED)
				return CRASHED;
			told |= bad != rest;
		}
		if (!bad || bad == rest)
			break;
		*lost |= bad;
	}
	forgive(g, lost);
	return told ? DONE : FAILED;
}

static void crash(struct game *g)
{
	g->running = false;
}

static void write_one(struct game *g)
{
	uint64_t bit;
	unsigned int i, failed = 0, lost;

	if (g->writes == WRITES_MAX)
		return;
	bit = 1ULL << g->writes++;
	for (i = 0; i < g->members; i++) {
		if (!(g->live & 1U << i))
			continue;
		if (chance(g, 12))
			failed |= 1U << i;
		else
			g->holds[i] |= bit;
	}
	if (chance(g, 3)) {
		crash(g);
		return;
	}
	if (failed == g->live)
		return; /* an error, and nobody is the worse */
	lost = failed;
	if (failed) {
		switch (commit(g, &lost)) {
		case CRASHED:
			crash(g);
			return;
		case FAILED:
			return;
		case DONE:
			g->live &= ~lost;
		}
	}
	g->acknowledged |= bit;
}

static void stop(struct game *g)
{
	unsigned int lost = 0;

	g->known.flags = __cpu_to_le32(BRAID_SUPER_CLEAN);
	commit(g, &lost);
	crash(g);
}

/* Who may be used of those that are here; 0 if nobody, by the rules. */
static unsigned int choose(struct game *g, unsigned int here, struct set *set,
			   bool *force)
{
	unsigned int i, index[MEMBERS_MAX], chosen = 0, parted = 0;

	memset(set, 0, sizeof(*set));
	for (i = 0; i < g->members; i++) {
		if (!(here & 1U << i))
			continue;
		assert_int_equal(raid_super_check(&g->disk[i], ~0ULL >> 9),
				 RAID_SUPER_GOOD);
		index[set->count] = i;
		set->super[set->count++] = &g->disk[i];
	}
	if (!set->count)
		return 0;
	set_judge(set);
	for (i = 0; i < set->count; i++) {
		if (set->verdict[i] == RAID_MEMBER_CURRENT)
			chosen |= 1U << index[i];
		if (set->verdict[i] == RAID_MEMBER_PARTED)
			parted |= 1U << index[i];
	}
	if (parted) {
		/* a person names one side */
		assert_false(g->strict);
		g->parted++;
		*force = true;
		return choose(g,
			      chance(g, 50) ? here & ~parted : parted & -parted,
			      set, force);
	}
	return chosen;
}

static void check(struct game *g, unsigned int chosen, bool force)
{
	uint64_t all = ~0ULL, any = 0;
	unsigned int i;

	for (i = 0; i < g->members; i++) {
		if (!(chosen & 1U << i))
			continue;
		all &= g->holds[i];
		any |= g->holds[i];
	}
	/* those that were lost one after the other are not known to differ */
	if (force)
		g->acknowledged &= ~(any & ~all);
	assert_int_equal((any & ~all) & g->acknowledged, 0);
	if (g->strict)
		assert_int_equal(g->acknowledged & ~all, 0);
}

static void start(struct game *g)
{
	unsigned int i, here = 0, chosen, lost = 0;
	bool force = false;
	struct set set;

	for (i = 0; i < g->members; i++)
		here |= chance(g, 80) << i;
	chosen = choose(g, here, &set, &force);
	if (!chosen)
		return;
	if (set.missing && !force) {
		if (g->strict || !chance(g, 30))
			return;
		force = true;
	}
	check(g, chosen, force);
	g->starts++;
	g->forced += force;
	g->degraded += !!set.lost;
	g->known = *set.super[set.fresh];
	g->known.flags = 0;
	g->live = chosen;
	g->behind = 0;
	for (i = 0; i < g->members; i++)
		if (chosen & 1U << i && g->disk[i].events != g->known.events)
			g->behind |= 1U << i;
	if (commit(g, &lost) != DONE)
		return;
	g->live &= ~lost;
	g->running = true;
}

static void play(struct game *g)
{
	unsigned int step;

	for (step = 0; step < STEPS; step++) {
		if (!g->running)
			start(g);
		else if (chance(g, 10))
			stop(g);
		else if (chance(g, 8))
			crash(g);
		else
			write_one(g);
	}
}

static void no_game_serves_stale_data(void **state)
{
	unsigned int i, starts = 0, forced = 0, degraded = 0, parted = 0;
	static struct game g;

	for (i = 0; i < GAMES; i++) {
		memset(&g, 0, sizeof(g));
		g.strict = i % 2;
		g.random = 0x9e3779b97f4a7c15ULL * (i + 1);
		set_up(&g, 2 + i % (MEMBERS_MAX - 1));
		play(&g);
		starts += g.starts;
		forced += g.forced;
		degraded += g.degraded;
		parted += g.parted;
	}
	/* all of it happened, and not by force alone */
	assert_true(starts > GAMES);
	assert_true(forced > GAMES / 10 && forced < starts / 2);
	assert_true(degraded > GAMES / 10);
	assert_true(parted > GAMES / 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_game_serves_stale_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
