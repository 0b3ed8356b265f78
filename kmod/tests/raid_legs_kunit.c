// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a mirror: what must hold whatever happened to a write, tried
 * over every case that four legs can be in; and where reads go.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/prandom.h>

#include "raid-legs.h"

#define ALL	16UL	/* sets of four legs */

/* What a user of the mirror may rely on after a failed write was judged. */
static void check_verdict(struct kunit *test,
			  const struct raid_legs_write *write)
{
	struct raid_legs_verdict verdict = raid_legs_judge(write);
	unsigned long drop = verdict.drop & ~write->rebuilt;
	unsigned long stay = write->live & ~verdict.drop;
	unsigned long hold = write->sent & ~write->failed;
	unsigned long tore = write->failed & ~write->refused & stay;

	/* There always is a leg, and only failed ones go. */
	KUNIT_ASSERT_NE(test, stay, 0UL);
	KUNIT_ASSERT_EQ(test, drop & ~(write->live & write->failed), 0UL);
	/* One that is rebuilt stays only if it is as those are that are live. */
	KUNIT_ASSERT_EQ(test, write->rebuilt & ~verdict.drop &
			~(verdict.good ? hold : write->refused), 0UL);
	/* Acknowledged: every leg that will be read holds it. */
	if (verdict.good)
		KUNIT_ASSERT_EQ(test, stay & ~hold, 0UL);
	/* Refused to the submitter: no leg that will be read holds it. */
	else
		KUNIT_ASSERT_EQ(test, stay & hold, 0UL);
	/* Two legs that may differ are never both kept. */
	if (tore)
		KUNIT_ASSERT_EQ(test, stay & (stay - 1), 0UL);
	/* Nothing is dropped for what every leg refused. */
	if (!verdict.good && write->failed == write->refused)
		KUNIT_ASSERT_EQ(test, drop, 0UL);
	/* A device that is there is kept rather than one that is gone. */
	if (!verdict.good && drop && (stay & write->gone))
		KUNIT_ASSERT_EQ(test, drop & ~write->gone, 0UL);
}

/* Legs are only ever dropped, so a write was sent to all that are live now. */
static void every_verdict(struct kunit *test)
{
	unsigned long number;

	for (number = 0; number < ALL * ALL * ALL * ALL * ALL; number++) {
		struct raid_legs_write write = {
			.live = number % ALL,
			.sent = number / ALL % ALL,
			.failed = number / (ALL * ALL) % ALL,
			.refused = number / (ALL * ALL * ALL) % ALL,
			.gone = number / (ALL * ALL * ALL * ALL),
		};

		if (write.live && write.failed &&
		    !(write.live & ~write.sent) &&
		    !(write.failed & ~write.sent) &&
		    !(write.refused & ~write.failed) &&
		    !(write.gone & ~write.failed)) {
			check_verdict(test, &write);
			write.rebuilt = write.sent & ~write.live;
			check_verdict(test, &write);
		}
	}
}

/* The cases that a person would think of. */
static void known_verdicts(struct kunit *test)
{
	static const struct {
		struct raid_legs_write write;
		unsigned long drop;
		bool good;
	} known[] = {
		/* live sent failed refused gone */
		{ { 3, 3, 2, 0, 0 }, 2, true },	/* one of two fails */
		{ { 3, 3, 3, 0, 0 }, 2, false },	/* both fail */
		{ { 3, 3, 3, 0, 1 }, 1, false },	/* slot 0 is gone */
		{ { 3, 3, 3, 3, 0 }, 0, false },	/* both refuse */
		{ { 3, 3, 1, 1, 0 }, 1, true },	/* one refuses: stale */
		{ { 1, 1, 1, 0, 0 }, 0, false },	/* the last one */
		{ { 2, 3, 2, 0, 0 }, 0, false },	/* only a dropped leg has it */
		{ { 2, 3, 1, 0, 0 }, 0, true },	/* it failed on a dropped leg */
		{ { 1, 3, 2, 0, 0, 2 }, 2, true },	/* on one that is rebuilt */
		{ { 1, 3, 1, 0, 0, 2 }, 2, false },	/* only that one has it */
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(known); i++) {
		struct raid_legs_verdict verdict;

		verdict = raid_legs_judge(&known[i].write);
		KUNIT_EXPECT_EQ_MSG(test, verdict.drop, known[i].drop,
				    "case %d", i);
		KUNIT_EXPECT_EQ_MSG(test, verdict.good, known[i].good,
				    "case %d", i);
	}
}

static void random_load(struct rnd_state *rnd, struct raid_legs_load *load,
			sector_t sector)
{
	unsigned int slot;

	do {
		load->live = prandom_u32_state(rnd) & 0xff;
	} while (!load->live);
	load->rotational = prandom_u32_state(rnd) & 1;
	for (slot = 0; slot < RAID_LEGS_MAX; slot++) {
		load->pending[slot] = prandom_u32_state(rnd) % 10;
		load->next[slot] = prandom_u32_state(rnd) % 4 ?
				   prandom_u32_state(rnd) % 1000 : sector;
	}
}

static void check_choice(struct kunit *test,
			 const struct raid_legs_load *load, sector_t sector)
{
	unsigned int chosen = raid_legs_choose(load, sector);
	unsigned int slot, least = UINT_MAX;
	bool sequential = false;

	KUNIT_ASSERT_LT(test, chosen, RAID_LEGS_MAX);
	KUNIT_ASSERT_TRUE(test, load->live & BIT(chosen));
	for_each_set_bit(slot, &load->live, RAID_LEGS_MAX) {
		least = min(least, load->pending[slot]);
		sequential |= load->next[slot] == sector;
	}
	/* A head that is there already is used, on disks whatever the queue. */
	if (sequential && load->rotational)
		KUNIT_ASSERT_EQ(test, load->next[chosen], sector);
	if (!sequential)
		KUNIT_ASSERT_EQ(test, load->pending[chosen], least);
	if (!load->rotational)
		KUNIT_ASSERT_LT(test, load->pending[chosen],
				least + RAID_LEGS_LEAD);
}

static void every_choice(struct kunit *test)
{
	struct raid_legs_load load;
	struct rnd_state rnd;
	sector_t sector;
	int round;

	prandom_seed_state(&rnd, 5);
	for (round = 0; round < 100000; round++) {
		sector = prandom_u32_state(&rnd) % 1000;
		random_load(&rnd, &load, sector);
		check_choice(test, &load, sector);
	}
}

/* Two streams on two idle legs end up on one leg each, and stay. */
static void streams_part(struct kunit *test)
{
	struct raid_legs_load load = { .live = 3 };
	sector_t first = 1000, second = 900000;
	unsigned int one = 9, two = 9;
	int i;

	for (i = 0; i < 10; i++) {
		one = raid_legs_choose(&load, first);
		load.pending[one]++;
		load.next[one] = first += 8;
		two = raid_legs_choose(&load, second);
		load.next[two] = second += 8;
		load.pending[one]--;
		KUNIT_EXPECT_NE(test, one, two);
	}
}

static struct kunit_case raid_legs_cases[] = {
	KUNIT_CASE(every_verdict),
	KUNIT_CASE(known_verdicts),
	KUNIT_CASE(every_choice),
	KUNIT_CASE(streams_part),
	{}
};

static struct kunit_suite raid_legs_suite = {
	.name = "braid-raid-legs",
	.test_cases = raid_legs_cases,
};

kunit_test_suite(raid_legs_suite);

MODULE_LICENSE("GPL");
