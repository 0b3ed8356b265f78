// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layout of stripes against a reference that deals sectors to members one
 * by one, as cards are dealt, and knows no formula.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "raid-layout.h"

#define MEMBERS_MAX	64
#define ROUNDS		200

static u32 below(struct rnd_state *rnd, u32 limit)
{
	return prandom_u32_state(rnd) % limit;
}

/* The dealer: where the next sector goes. */
struct dealer {
	unsigned int members;
	unsigned int chunk;
	unsigned int member;
	unsigned int dealt;
	sector_t next[MEMBERS_MAX];
};

static struct raid_place deal(struct dealer *dealer)
{
	struct raid_place place = {
		.member = dealer->member,
		.sector = dealer->next[dealer->member]++,
	};

	if (++dealer->dealt == dealer->chunk) {
		dealer->dealt = 0;
		if (++dealer->member == dealer->members)
			dealer->member = 0;
	}
	return place;
}

static struct raid_layout random_layout(struct rnd_state *rnd)
{
	return (struct raid_layout){
		.members = 1 + below(rnd, MEMBERS_MAX),
		.chunk_shift = 3 + below(rnd, 9),
	};
}

/* Every sector from the start of an array is where the dealer puts it. */
static void places_are_dealt(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, 1);
	for (round = 0; round < ROUNDS; round++) {
		struct raid_layout layout = random_layout(&rnd);
		struct dealer dealer = {
			.members = layout.members,
			.chunk = 1 << layout.chunk_shift,
		};
		sector_t sector;

		for (sector = 0; sector < 20000; sector++) {
			struct raid_place want = deal(&dealer);
			struct raid_place got;

			got = raid_layout_place(&layout, sector);
			KUNIT_ASSERT_EQ(test, got.member, want.member);
			KUNIT_ASSERT_EQ(test, got.sector, want.sector);
		}
	}
}

/* There and back again, from both sides, anywhere in a large array. */
static void places_are_a_bijection(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, 2);
	for (round = 0; round < 100 * ROUNDS; round++) {
		struct raid_layout layout = random_layout(&rnd);
		struct raid_place place, back;
		sector_t sector;

		sector = prandom_u32_state(&rnd);
		sector = sector << 16 ^ prandom_u32_state(&rnd);
		place = raid_layout_place(&layout, sector);
		KUNIT_ASSERT_LT(test, place.member, layout.members);
		KUNIT_ASSERT_EQ(test, raid_layout_sector(&layout, place),
				sector);

		place.member = below(&rnd, layout.members);
		place.sector = prandom_u32_state(&rnd);
		sector = raid_layout_sector(&layout, place);
		back = raid_layout_place(&layout, sector);
		KUNIT_ASSERT_EQ(test, back.member, place.member);
		KUNIT_ASSERT_EQ(test, back.sector, place.sector);
	}
}

/* Neighbours in a chunk are neighbours on a member: a bio can be mapped whole. */
static void chunks_are_whole(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, 3);
	for (round = 0; round < 100 * ROUNDS; round++) {
		struct raid_layout layout = random_layout(&rnd);
		sector_t first = (sector_t)prandom_u32_state(&rnd)
				 << layout.chunk_shift;
		u32 at = below(&rnd, 1 << layout.chunk_shift);
		struct raid_place a = raid_layout_place(&layout, first);
		struct raid_place b = raid_layout_place(&layout, first + at);

		KUNIT_ASSERT_EQ(test, a.member, b.member);
		KUNIT_ASSERT_EQ(test, a.sector + at, b.sector);
	}
}

/* A member's share of a range is exactly the sectors that are dealt to it. */
static void ranges_are_counted(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, 4);
	for (round = 0; round < ROUNDS; round++) {
		struct raid_layout layout = random_layout(&rnd);
		sector_t begin = below(&rnd, 100000);
		sector_t end = begin + below(&rnd, 30000);
		sector_t count[MEMBERS_MAX] = {};
		struct raid_range range;
		struct raid_place place;
		unsigned int member;
		sector_t sector;

		for (sector = begin; sector < end; sector++) {
			place = raid_layout_place(&layout, sector);
			range = raid_layout_range(&layout, begin, end,
						  place.member);
			KUNIT_ASSERT_LE(test, range.begin, place.sector);
			KUNIT_ASSERT_GT(test, range.end, place.sector);
			count[place.member]++;
		}
		for (member = 0; member < layout.members; member++) {
			range = raid_layout_range(&layout, begin, end, member);
			KUNIT_ASSERT_EQ(test, range.end - range.begin,
					count[member]);
		}
	}
}

static struct kunit_case raid_layout_cases[] = {
	KUNIT_CASE(places_are_dealt),
	KUNIT_CASE(places_are_a_bijection),
	KUNIT_CASE(chunks_are_whole),
	KUNIT_CASE(ranges_are_counted),
	{}
};

static struct kunit_suite raid_layout_suite = {
	.name = "braid-raid-layout",
	.test_cases = raid_layout_cases,
};

kunit_test_suite(raid_layout_suite);

MODULE_LICENSE("GPL");
