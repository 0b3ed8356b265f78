// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/prandom.h>

#include "era-map.h"

#define BLOCKS	300

static void era_map_empty(struct kunit *test)
{
	struct era_map *map = era_map_create(BLOCKS);
	struct era_extent extent;

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_EQ(test, map->nr_blocks, BLOCKS);
	KUNIT_EXPECT_FALSE(test, era_map_next(map, NULL, 0, ERA_NOW, 0, BLOCKS,
					      &extent));
	KUNIT_EXPECT_EQ(test, era_map_first_below(map, 0, BLOCKS, 1), 0);
	KUNIT_EXPECT_FALSE(test, era_map_next(map, NULL, 0, ERA_NOW, BLOCKS,
					      BLOCKS, &extent));
	era_map_destroy(map);
}

static void era_map_intervals(struct kunit *test)
{
	struct era_map *map = era_map_create(BLOCKS);
	unsigned long lost[BITS_TO_LONGS(BLOCKS)] = { 0 };

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_TRUE(test, era_map_raise(map, 7, 0, 5));
	KUNIT_EXPECT_FALSE(test, era_map_raise(map, 7, 0, 6));
	KUNIT_EXPECT_EQ(test, era_map_stamp(map, 7), 5);

	/* since is outside of the interval, upto is inside */
	KUNIT_EXPECT_TRUE(test, era_map_changed(map, NULL, 7, 4, 5));
	KUNIT_EXPECT_FALSE(test, era_map_changed(map, NULL, 7, 5, 6));
	KUNIT_EXPECT_FALSE(test, era_map_changed(map, NULL, 7, 3, 4));
	KUNIT_EXPECT_TRUE(test, era_map_changed(map, NULL, 7, 0, ERA_NOW));

	__set_bit(7, lost);
	KUNIT_EXPECT_TRUE(test, era_map_changed(map, lost, 7, 3, 4));
	KUNIT_EXPECT_FALSE(test, era_map_changed(map, lost, 8, 3, 4));
	era_map_destroy(map);
}

static void era_map_growth(struct kunit *test)
{
	struct era_map *map = era_map_create(10);
	struct era_map *longer = era_map_create(14);
	u32 block;

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_ASSERT_NOT_NULL(test, longer);
	for (block = 0; block < 10; block++)
		era_map_raise(map, block, 0, block + 1);
	era_map_copy(longer, map, 99);
	for (block = 0; block < 10; block++)
		KUNIT_EXPECT_EQ(test, era_map_stamp(longer, block), block + 1);
	for (; block < 14; block++)
		KUNIT_EXPECT_EQ(test, era_map_stamp(longer, block), 99);
	era_map_destroy(map);
	era_map_destroy(longer);
}

/* Walk the map in windows, and mark what is reported. */
static void era_map_walk(struct kunit *test, const struct era_map *map,
			 const unsigned long *lost, u32 since, u32 upto,
			 u32 stride, bool *seen)
{
	struct era_extent extent;
	u32 from = 0;

	while (from < BLOCKS) {
		u32 end = min_t(u32, from + stride, BLOCKS);

		if (!era_map_next(map, lost, since, upto, from, end, &extent)) {
			from = end;
			continue;
		}
		KUNIT_ASSERT_GE(test, extent.block, from);
		KUNIT_ASSERT_GT(test, extent.count, 0);
		KUNIT_ASSERT_LE(test, extent.block + extent.count, end);
		from = extent.block + extent.count;
		while (extent.count--)
			seen[extent.block++] = true;
	}
}

static void era_map_random(struct kunit *test)
{
	struct era_map *map = era_map_create(BLOCKS);
	unsigned long lost[BITS_TO_LONGS(BLOCKS)];
	struct rnd_state rnd;
	u32 round, block;
	bool seen[BLOCKS];

	KUNIT_ASSERT_NOT_NULL(test, map);
	prandom_seed_state(&rnd, 20261121);
	for (round = 0; round < 2000; round++) {
		u32 since = prandom_u32_state(&rnd) % 20;
		u32 upto = since + prandom_u32_state(&rnd) % 20;

		memset(lost, 0, sizeof(lost));
		memset(seen, 0, sizeof(seen));
		for (block = 0; block < BLOCKS; block++) {
			map->stamps[block] = prandom_u32_state(&rnd) % 40;
			if (!(prandom_u32_state(&rnd) % 8))
				__set_bit(block, lost);
		}
		era_map_walk(test, map, lost, since, upto,
			     1 + prandom_u32_state(&rnd) % BLOCKS, seen);
		for (block = 0; block < BLOCKS; block++) {
			u32 stamp = map->stamps[block];
			bool want = test_bit(block, lost) ||
				    (stamp > since && stamp <= upto);

			KUNIT_ASSERT_EQ(test, seen[block], want);
		}
		block = era_map_first_below(map, 0, BLOCKS, 20);
		if (block < BLOCKS)
			KUNIT_ASSERT_LT(test, map->stamps[block], 20);
		while (block--)
			KUNIT_ASSERT_GE(test, map->stamps[block], 20);
	}
	era_map_destroy(map);
}

static struct kunit_case era_map_cases[] = {
	KUNIT_CASE(era_map_empty),
	KUNIT_CASE(era_map_intervals),
	KUNIT_CASE(era_map_growth),
	KUNIT_CASE(era_map_random),
	{}
};

static struct kunit_suite era_map_suite = {
	.name = "braid-era-map",
	.test_cases = era_map_cases,
};

kunit_test_suite(era_map_suite);
