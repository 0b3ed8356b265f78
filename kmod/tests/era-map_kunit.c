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
	KUNIT_EXPECT_EQ(test, era_map_first_open(map, 0, BLOCKS,
						 era_stamp(1, ERA_WRITTEN)),
			0);
	KUNIT_EXPECT_FALSE(test, era_map_next(map, NULL, 0, ERA_NOW, BLOCKS,
					      BLOCKS, &extent));
	era_map_destroy(map);
}

static void era_map_intervals(struct kunit *test)
{
	struct era_map *map = era_map_create(BLOCKS);
	unsigned long lost[BITS_TO_LONGS(BLOCKS)] = { 0 };
	u32 stamp = era_stamp(5, ERA_DISCARDED);
	enum era_kind kind;

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_EXPECT_TRUE(test, era_map_raise(map, 7, 0, stamp));
	KUNIT_EXPECT_FALSE(test, era_map_raise(map, 7, 0, stamp + 4));
	KUNIT_EXPECT_EQ(test, era_map_stamp(map, 7), stamp);
	KUNIT_EXPECT_EQ(test, era_map_era(map, 7), 5);

	/* since is outside of the interval, upto is inside */
	KUNIT_EXPECT_TRUE(test, era_map_changed(map, NULL, 7, 4, 5, &kind));
	KUNIT_EXPECT_EQ(test, kind, ERA_DISCARDED);
	KUNIT_EXPECT_FALSE(test, era_map_changed(map, NULL, 7, 5, 6, &kind));
	KUNIT_EXPECT_FALSE(test, era_map_changed(map, NULL, 7, 3, 4, &kind));
	KUNIT_EXPECT_TRUE(test, era_map_changed(map, NULL, 7, 0, ERA_NOW,
						&kind));

	/* how it had changed before is not known any more */
	__set_bit(7, lost);
	KUNIT_EXPECT_TRUE(test, era_map_changed(map, lost, 7, 3, 4, &kind));
	KUNIT_EXPECT_EQ(test, kind, ERA_WRITTEN);
	KUNIT_EXPECT_FALSE(test, era_map_changed(map, lost, 8, 3, 4, &kind));

	/* a kind that this version doesn't know */
	era_map_set(map, 9, era_stamp(5, ERA_RESERVED));
	KUNIT_EXPECT_TRUE(test, era_map_changed(map, NULL, 9, 4, 5, &kind));
	KUNIT_EXPECT_EQ(test, kind, ERA_SUSPECT);
	era_map_destroy(map);
}

/* In whatever order two changes come, the block's stamp is the same. */
static void era_map_kinds(struct kunit *test)
{
	static const enum era_kind want[][3] = {
		[ERA_WRITTEN] = { ERA_WRITTEN, ERA_WRITTEN, ERA_WRITTEN },
		[ERA_DISCARDED] = { ERA_WRITTEN, ERA_DISCARDED, ERA_SUSPECT },
		[ERA_SUSPECT] = { ERA_WRITTEN, ERA_SUSPECT, ERA_SUSPECT },
	};
	u32 a, b, stamp;

	for (a = 0; a < 3; a++) {
		for (b = 0; b < 3; b++) {
			u32 now = era_stamp(6, a), then = era_stamp(6, b);

			KUNIT_EXPECT_EQ(test, era_stamp_covers(now, then),
					want[a][b] == a);
			stamp = era_stamp_covers(now, then) ?
				now : era_stamp_merge(now, then);
			KUNIT_EXPECT_EQ(test, stamp, era_stamp(6, want[a][b]));

			/* a later era is news, whatever its kind */
			then = era_stamp(7, b);
			KUNIT_EXPECT_FALSE(test, era_stamp_covers(now, then));
			KUNIT_EXPECT_EQ(test, era_stamp_merge(now, then), then);

			/* an earlier one is on its way still: see the top */
			then = era_stamp(5, b);
			KUNIT_EXPECT_EQ(test, era_stamp_covers(now, then),
					want[a][b] == a);
			if (!era_stamp_covers(now, then))
				KUNIT_EXPECT_EQ(test,
						era_stamp_merge(now, then),
						era_stamp(6, want[a][b]));
		}
	}
	KUNIT_EXPECT_EQ(test, era_of(era_stamp(ERA_LAST, ERA_RESERVED)),
			ERA_LAST);
}

static void era_map_growth(struct kunit *test)
{
	struct era_map *map = era_map_create(10);
	struct era_map *longer = era_map_create(14);
	u32 block;

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_ASSERT_NOT_NULL(test, longer);
	for (block = 0; block < 10; block++)
		era_map_raise(map, block, 0, era_stamp(block + 1, block % 3));
	era_map_copy(longer, map, 99);
	for (block = 0; block < 10; block++)
		KUNIT_EXPECT_EQ(test, era_map_stamp(longer, block),
				era_stamp(block + 1, block % 3));
	for (; block < 14; block++)
		KUNIT_EXPECT_EQ(test, era_map_stamp(longer, block),
				era_stamp(99, ERA_WRITTEN));
	era_map_destroy(map);
	era_map_destroy(longer);
}

#define UNSEEN	U32_MAX

/* Walk the map in windows, and mark what is reported. */
static void era_map_walk(struct kunit *test, const struct era_map *map,
			 const unsigned long *lost, u32 since, u32 upto,
			 u32 stride, u32 *seen)
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
			seen[extent.block++] = extent.kind;
	}
}

/* What "changed" has to say of a block. */
static u32 era_map_expected(u32 stamp, bool lost, u32 since, u32 upto)
{
	if (stamp / 4 > since && stamp / 4 <= upto)
		return min(stamp % 4, 2U);
	return lost ? 0 : UNSEEN;
}

/* The first block that a change has something to say of, the slow way. */
static u32 era_map_slow_open(const struct era_map *map, u32 want)
{
	static const u32 strength[] = { 3, 1, 2, 2 };
	u32 block;

	for (block = 0; block < BLOCKS; block++)
		if (era_map_stamp(map, block) / 4 < want / 4 ||
		    strength[era_map_stamp(map, block) % 4] <
			    strength[want % 4])
			break;
	return block;
}

static void era_map_random(struct kunit *test)
{
	struct era_map *map = era_map_create(BLOCKS);
	unsigned long lost[BITS_TO_LONGS(BLOCKS)];
	u32 *seen = kunit_kcalloc(test, BLOCKS, sizeof(*seen), GFP_KERNEL);
	struct rnd_state rnd;
	u32 round, block;

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_ASSERT_NOT_NULL(test, seen);
	prandom_seed_state(&rnd, 20261121);
	for (round = 0; round < 2000; round++) {
		u32 since = prandom_u32_state(&rnd) % 20;
		u32 upto = since + prandom_u32_state(&rnd) % 20;
		u32 want = era_stamp(prandom_u32_state(&rnd) % 6,
				     prandom_u32_state(&rnd) % 3);

		memset(lost, 0, sizeof(lost));
		memset(seen, 0xff, BLOCKS * sizeof(*seen));
		for (block = 0; block < BLOCKS; block++) {
			u32 stamp = prandom_u32_state(&rnd) % 160;

			/* none is of era 0, but those that never changed */
			era_map_set(map, block, stamp < 4 ? 0 : stamp);
			if (!(prandom_u32_state(&rnd) % 8))
				__set_bit(block, lost);
		}
		era_map_walk(test, map, lost, since, upto,
			     1 + prandom_u32_state(&rnd) % BLOCKS, seen);
		for (block = 0; block < BLOCKS; block++)
			KUNIT_ASSERT_EQ(test, seen[block],
					era_map_expected(era_map_stamp(map,
								       block),
							 test_bit(block, lost),
							 since, upto));
		KUNIT_ASSERT_EQ(test, era_map_first_open(map, 0, BLOCKS, want),
				era_map_slow_open(map, want));
	}
	era_map_destroy(map);
}

/* What is packed is read again, wherever in its span a stamp is. */
static void era_map_packing(struct kunit *test)
{
	static const u32 floors[] = { 0, 1, ERA_SPAN - 1, ERA_SPAN, 123456789,
				      ERA_LAST - ERA_SPAN };
	static const u32 above[] = { 0, 1, 2, ERA_SPAN / 2, ERA_KEPT,
				     ERA_SPAN - 1 };
	u32 i, j, kind;

	for (i = 0; i < ARRAY_SIZE(floors); i++) {
		KUNIT_EXPECT_EQ(test, era_unpack(era_pack(0), floors[i]), 0);
		for (j = 0; j < ARRAY_SIZE(above); j++) {
			for (kind = 0; kind <= ERA_SUSPECT; kind++) {
				u32 era = floors[i] + above[j];
				u32 stamp = era_stamp(era, kind);

				/* the others never changed, then */
				if (!era)
					continue;
				KUNIT_EXPECT_NE(test, era_pack(stamp), 0);
				KUNIT_EXPECT_EQ(test,
						era_unpack(era_pack(stamp),
							   floors[i]),
						stamp);
			}
		}
	}
}

/* A stamp is changed, those beside it aren't; the last block has room, too. */
static void era_map_neighbours(struct kunit *test)
{
	u32 nr, block, other;

	for (nr = 1; nr <= 7; nr++) {
		struct era_map *map = era_map_create(nr);

		KUNIT_ASSERT_NOT_NULL(test, map);
		for (block = 0; block < nr; block++)
			era_map_set(map, block, era_stamp(10 + block, 1));
		for (block = 0; block < nr; block++) {
			u32 was = era_map_stamp(map, block);

			KUNIT_EXPECT_TRUE(test,
					  era_map_raise(map, block, was,
							era_stamp(50, 0)));
			for (other = 0; other < nr; other++)
				KUNIT_EXPECT_EQ(test, era_map_stamp(map, other),
						other <= block ?
						era_stamp(50, 0) :
						era_stamp(10 + other, 1));
		}
		era_map_destroy(map);
	}
}

/* What a block's stamp becomes by a change, the slow way; see the top. */
static u32 era_map_slow_change(u32 stamp, u32 want)
{
	static const u32 strength[] = { 3, 1, 2 };

	if (stamp / 4 < want / 4)
		return want;
	return strength[stamp % 4] < strength[want % 4] ?
		stamp / 4 * 4 + want % 4 : stamp;
}

static void era_map_change(struct era_map *map, u32 block, u32 want)
{
	u32 stamp;

	do {
		stamp = era_map_stamp(map, block);
	} while (!era_stamp_covers(stamp, want) &&
		 !era_map_raise(map, block, stamp, want));
}

/*
 * A map through many spans of eras against an array of whole stamps: since the
 * oldest era that it knows, it tells the same.
 */
static void era_map_ages(struct kunit *test)
{
	struct era_map *map = era_map_create(BLOCKS);
	u32 *stamps = kunit_kcalloc(test, BLOCKS, sizeof(*stamps), GFP_KERNEL);
	struct rnd_state rnd;
	u32 era = 0, round, block;
	enum era_kind kind;

	KUNIT_ASSERT_NOT_NULL(test, map);
	KUNIT_ASSERT_NOT_NULL(test, stamps);
	prandom_seed_state(&rnd, 20261122);
	for (round = 0; round < 3000; round++) {
		u32 changes = prandom_u32_state(&rnd) % 20;
		u32 since;

		era += 1 + prandom_u32_state(&rnd) % (ERA_SPAN / 8);
		if (era_map_is_due(map, era - 1)) {
			u32 floor = era_floor(era - 1);

			KUNIT_ASSERT_GT(test, floor, map->floor);
			era_map_forget(map, floor);
			KUNIT_ASSERT_EQ(test, map->floor, floor);
			KUNIT_ASSERT_EQ(test, map->oldest, floor);
		}
		KUNIT_ASSERT_LT(test, era - map->floor, ERA_SPAN);
		while (changes--) {
			u32 want = era_stamp(era - prandom_u32_state(&rnd) % 2,
					     prandom_u32_state(&rnd) % 3);

			block = prandom_u32_state(&rnd) % BLOCKS;
			/* the era before the first isn't one */
			if (want < 4)
				continue;
			era_map_change(map, block, want);
			stamps[block] = era_map_slow_change(stamps[block],
							    want);
		}
		since = map->oldest +
			prandom_u32_state(&rnd) % (era - map->oldest + 1);
		if (!(round % 3))
			since = map->oldest;
		for (block = 0; block < BLOCKS; block++) {
			u32 now = stamps[block];
			bool changed = era_map_changed(map, NULL, block, since,
						       ERA_NOW, &kind);

			KUNIT_ASSERT_EQ(test, changed, now / 4 > since);
			if (changed)
				KUNIT_ASSERT_EQ(test, (u32)kind, now % 4);
			if (!now)
				KUNIT_ASSERT_EQ(test, era_map_stamp(map, block),
						0);
		}
	}
	KUNIT_EXPECT_GT(test, era, 50 * ERA_SPAN);
	era_map_destroy(map);
}

/* A map that begins late takes what is older for the oldest that it knows. */
static void era_map_late(struct kunit *test)
{
	struct era_map *map = era_map_create(BLOCKS);
	u32 newest = 7 * ERA_SPAN + 5;

	KUNIT_ASSERT_NOT_NULL(test, map);
	era_map_begin(map, newest);
	KUNIT_EXPECT_EQ(test, map->oldest, newest - ERA_KEPT);
	era_map_set(map, 1, era_stamp(3, ERA_DISCARDED));
	era_map_set(map, 2, era_stamp(newest + ERA_AHEAD, ERA_SUSPECT));
	KUNIT_EXPECT_EQ(test, era_map_stamp(map, 0), 0);
	KUNIT_EXPECT_EQ(test, era_map_stamp(map, 1),
			era_stamp(newest - ERA_KEPT, ERA_DISCARDED));
	KUNIT_EXPECT_EQ(test, era_map_stamp(map, 2),
			era_stamp(newest + ERA_AHEAD, ERA_SUSPECT));
	era_map_destroy(map);
}

static struct kunit_case era_map_cases[] = {
	KUNIT_CASE(era_map_packing),
	KUNIT_CASE(era_map_neighbours),
	KUNIT_CASE(era_map_ages),
	KUNIT_CASE(era_map_late),
	KUNIT_CASE(era_map_empty),
	KUNIT_CASE(era_map_intervals),
	KUNIT_CASE(era_map_kinds),
	KUNIT_CASE(era_map_growth),
	KUNIT_CASE(era_map_random),
	{}
};

static struct kunit_suite era_map_suite = {
	.name = "braid-era-map",
	.test_cases = era_map_cases,
};

kunit_test_suite(era_map_suite);
