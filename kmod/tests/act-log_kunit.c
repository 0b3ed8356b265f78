// SPDX-License-Identifier: GPL-2.0-only
/*
 * The activity log against a slow and obvious disk: whatever is done in whatever
 * order, an extent whose map differs from the disk's is named in the log there.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "act-log.h"
#include "dm-braid-map.h"

#define EXTENTS 50

/* What is on the disk, and what differs from it. */
struct bench {
	struct act_log log;
	u32 disk[BRAID_MAP_SLOTS];
	bool writing;
	u32 leaving[ACT_LOG_BATCH];
	u32 nr_leaving;
	bool dirty[EXTENTS];
	u32 pins[EXTENTS];
	struct rnd_state rnd;
};

static struct bench *bench_make(struct kunit *test, u32 slots)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, b);
	KUNIT_ASSERT_EQ(test, act_log_init(&b->log, slots, EXTENTS), 0);
	prandom_seed_state(&b->rnd, 20261121 + slots);
	return b;
}

static u32 pick(struct bench *b, u32 below)
{
	return prandom_u32_state(&b->rnd) % below;
}

static bool disk_names(const struct bench *b, u32 extent)
{
	u32 slot;

	for (slot = 0; slot < b->log.nr_slots; slot++)
		if (b->disk[slot] == extent + 1)
			return true;
	return false;
}

static void write_log(struct bench *b)
{
	u32 slot;

	if (!act_log_begin(&b->log))
		return;
	for (slot = 0; slot < b->log.nr_slots; slot++)
		b->disk[slot] = act_log_value(&b->log, slot);
	act_log_end(&b->log);
}

static void enters_and_waits(struct kunit *test)
{
	struct bench *b = bench_make(test, 2);
	struct act_log *log = &b->log;

	KUNIT_EXPECT_FALSE(test, act_log_touch(log, 7));
	KUNIT_EXPECT_EQ(test, act_log_enter(log, 7), ACT_ENTRY_WAIT);
	KUNIT_EXPECT_EQ(test, act_log_enter(log, 7), ACT_ENTRY_WAIT);
	KUNIT_EXPECT_EQ(test, act_log_begin(log), 1);
	KUNIT_EXPECT_EQ(test, act_log_value(log, 0), 8);
	/* too late for this write */
	KUNIT_EXPECT_EQ(test, act_log_enter(log, 9), ACT_ENTRY_WAIT);
	act_log_end(log);
	KUNIT_EXPECT_TRUE(test, act_log_touch(log, 7));
	KUNIT_EXPECT_FALSE(test, act_log_touch(log, 9));
	KUNIT_EXPECT_EQ(test, act_log_enter(log, 11), ACT_ENTRY_FULL);
	KUNIT_EXPECT_EQ(test, act_log_used(log), 2);
	KUNIT_EXPECT_EQ(test, act_log_begin(log), 1);
	act_log_end(log);
	KUNIT_EXPECT_EQ(test, act_log_enter(log, 9), ACT_ENTRY_HOT);
	KUNIT_EXPECT_EQ(test, act_log_begin(log), 0);
	act_log_exit(log);
}

static void pins_hold(struct kunit *test)
{
	struct bench *b = bench_make(test, 2);
	struct act_log *log = &b->log;
	u32 slots[4], extent;

	act_log_enter(log, 3);
	act_log_enter(log, 4);
	act_log_begin(log);
	act_log_end(log);
	KUNIT_EXPECT_TRUE(test, act_log_is_tight(log));
	KUNIT_EXPECT_EQ(test, act_log_choose(log, slots, 4), 0);
	KUNIT_EXPECT_TRUE(test, act_log_unpin(log, 4));
	/* it is used, so it gets a second chance, but there is no other */
	KUNIT_EXPECT_TRUE(test, act_log_touch(log, 4));
	KUNIT_ASSERT_EQ(test, act_log_choose(log, slots, 4), 1);
	KUNIT_EXPECT_FALSE(test, act_log_touch(log, 4));
	KUNIT_EXPECT_TRUE(test, act_log_holds(log, slots[0], &extent));
	KUNIT_EXPECT_EQ(test, extent, 4);
	/* one that comes back before it has left keeps its slot */
	KUNIT_EXPECT_EQ(test, act_log_enter(log, 4), ACT_ENTRY_HOT);
	act_log_left(log, slots[0]);
	KUNIT_EXPECT_TRUE(test, act_log_touch(log, 4));
	KUNIT_EXPECT_EQ(test, act_log_used(log), 2);
	/* and so does one that finds its name on the disk afterwards */
	act_log_unpin(log, 4);
	KUNIT_ASSERT_EQ(test, act_log_choose(log, slots, 4), 1);
	act_log_left(log, slots[0]);
	KUNIT_EXPECT_FALSE(test, act_log_is_tight(log));
	KUNIT_EXPECT_EQ(test, act_log_enter(log, 4), ACT_ENTRY_HOT);
	KUNIT_EXPECT_EQ(test, act_log_used(log), 2);
	act_log_exit(log);
}

static void second_chance(struct kunit *test)
{
	struct bench *b = bench_make(test, 8);
	struct act_log *log = &b->log;
	u32 slots[8], extent;

	for (extent = 0; extent < 8; extent++)
		act_log_enter(log, extent);
	act_log_begin(log);
	act_log_end(log);
	for (extent = 0; extent < 8; extent++)
		act_log_unpin(log, extent);
	/* all are used: the hand comes round to the first */
	KUNIT_ASSERT_EQ(test, act_log_choose(log, slots, 1), 1);
	KUNIT_EXPECT_EQ(test, slots[0], 0);
	act_log_touch(log, 1);
	KUNIT_ASSERT_EQ(test, act_log_choose(log, slots, 1), 1);
	KUNIT_EXPECT_EQ(test, slots[0], 2);
	act_log_exit(log);
}

static void fails_open(struct kunit *test)
{
	struct bench *b = bench_make(test, 1);
	struct act_log *log = &b->log;

	act_log_enter(log, 3);
	act_log_fail(log);
	KUNIT_EXPECT_TRUE(test, act_log_touch(log, 3));
	KUNIT_EXPECT_TRUE(test, act_log_touch(log, EXTENTS - 1));
	KUNIT_EXPECT_EQ(test, act_log_enter(log, 5), ACT_ENTRY_HOT);
	KUNIT_EXPECT_FALSE(test, act_log_unpin(log, 5));
	KUNIT_EXPECT_FALSE(test, act_log_is_tight(log));
	act_log_exit(log);
}

/* One that was hot when the log failed stays so: whoever stamps must not wait. */
static void fails_for_good(struct kunit *test)
{
	struct bench *b = bench_make(test, 1);
	struct act_log *log = &b->log;
	u32 slots[2];

	act_log_enter(log, 3);
	act_log_begin(log);
	act_log_end(log);
	act_log_unpin(log, 3);
	act_log_fail(log);
	KUNIT_EXPECT_EQ(test, act_log_choose(log, slots, 2), 0);
	KUNIT_EXPECT_TRUE(test, act_log_touch(log, 3));
	act_log_exit(log);
}

static void several_units(struct kunit *test)
{
	struct act_log log;
	u32 extent, slots = 2 * BRAID_MAP_UNIT_VALUES + 1;

	KUNIT_ASSERT_EQ(test, act_log_init(&log, slots, slots), 0);
	for (extent = 0; extent <= BRAID_MAP_UNIT_VALUES; extent++)
		act_log_enter(&log, extent);
	KUNIT_EXPECT_EQ(test, act_log_begin(&log), 3);
	act_log_end(&log);
	for (; extent < slots; extent++)
		act_log_enter(&log, extent);
	KUNIT_EXPECT_EQ(test, act_log_begin(&log), 6);
	KUNIT_EXPECT_EQ(test, act_log_value(&log, slots - 1), slots);
	KUNIT_EXPECT_EQ(test, act_log_value(&log, slots), 0);
	act_log_exit(&log);
}

/* A write: it may have to wait, and then holds the pin for some time. */
static void step_write(struct bench *b)
{
	u32 extent = pick(b, EXTENTS);

	if (act_log_touch(&b->log, extent)) {
		b->dirty[extent] = true;
		return;
	}
	if (b->pins[extent] < 2 &&
	    act_log_enter(&b->log, extent) != ACT_ENTRY_FULL)
		b->pins[extent]++;
}

/* Whoever holds a pin stamps as soon as it is hot, and lets go. */
static void step_unpin(struct bench *b)
{
	u32 extent = pick(b, EXTENTS);

	if (!b->pins[extent] || !act_log_touch(&b->log, extent))
		return;
	b->dirty[extent] = true;
	act_log_unpin(&b->log, extent);
	b->pins[extent]--;
}

static void step_log(struct bench *b)
{
	u32 slot;

	if (!b->writing) {
		b->writing = act_log_begin(&b->log);
		return;
	}
	for (slot = 0; slot < b->log.nr_slots; slot++)
		b->disk[slot] = act_log_value(&b->log, slot);
	act_log_end(&b->log);
	b->writing = false;
}

/* The map of an extent is written some time after it was chosen. */
static void step_evict(struct kunit *test, struct bench *b)
{
	u32 i, extent;

	if (!b->nr_leaving) {
		if (act_log_is_tight(&b->log))
			b->nr_leaving = act_log_choose(&b->log, b->leaving,
						       1 + pick(b, 8));
		for (i = 0; i < b->nr_leaving; i++) {
			act_log_holds(&b->log, b->leaving[i], &extent);
			KUNIT_ASSERT_EQ(test, b->pins[extent], 0);
		}
		return;
	}
	for (i = 0; i < b->nr_leaving; i++) {
		act_log_holds(&b->log, b->leaving[i], &extent);
		/* one that was entered anew may be stamped while it's written */
		if (!act_log_touch(&b->log, extent))
			b->dirty[extent] = false;
		act_log_left(&b->log, b->leaving[i]);
	}
	b->nr_leaving = 0;
}

static void check(struct kunit *test, struct bench *b)
{
	u32 extent, used = 0, slot;

	for (extent = 0; extent < EXTENTS; extent++)
		if (b->dirty[extent])
			KUNIT_ASSERT_TRUE(test, disk_names(b, extent));
	for (slot = 0; slot < b->log.nr_slots; slot++)
		used += b->log.slots[slot].state != ACT_FREE;
	KUNIT_ASSERT_EQ(test, act_log_used(&b->log), used);
}

static void any_order(struct kunit *test)
{
	static const u32 sizes[] = { 1, 2, 7, 16, 49, 64 };
	u32 i, step;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct bench *b = bench_make(test, sizes[i]);

		for (step = 0; step < 20000; step++) {
			switch (pick(b, 8)) {
			case 0 ... 2:
				step_write(b);
				break;
			case 3 ... 4:
				step_unpin(b);
				break;
			case 5 ... 6:
				step_log(b);
				break;
			case 7:
				step_evict(test, b);
				break;
			}
			check(test, b);
		}
		act_log_exit(&b->log);
	}
}

/* As long as all fit, nothing is written any more. */
static void steady_state_is_silent(struct kunit *test)
{
	struct bench *b = bench_make(test, 16);
	u32 step, extent;

	for (extent = 0; extent < 14; extent++) {
		act_log_enter(&b->log, extent);
		write_log(b);
		act_log_unpin(&b->log, extent);
	}
	for (step = 0; step < 1000; step++) {
		KUNIT_ASSERT_TRUE(test, act_log_touch(&b->log, pick(b, 14)));
		KUNIT_ASSERT_FALSE(test, act_log_is_tight(&b->log));
	}
	act_log_exit(&b->log);
}

static struct kunit_case act_log_cases[] = {
	KUNIT_CASE(enters_and_waits),	    KUNIT_CASE(pins_hold),
	KUNIT_CASE(second_chance),	    KUNIT_CASE(fails_open),
	KUNIT_CASE(fails_for_good),
	KUNIT_CASE(several_units),	    KUNIT_CASE(any_order),
	KUNIT_CASE(steady_state_is_silent), {}
};

static struct kunit_suite act_log_suite = {
	.name = "braid-act-log",
	.test_cases = act_log_cases,
};

kunit_test_suite(act_log_suite);
