// SPDX-License-Identifier: GPL-2.0-only
/*
 * The layouts of RAID 5 against a dealer who puts sector after sector into a
 * table of slots, stripe by stripe, and steps from slot to slot as a person
 * reading the drawing in raid5-layout.h would.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "raid5-layout.h"

#define MEMBERS_MAX	16
#define ALGORITHMS	4
#define PARITY		(~0U)

static u32 below(struct rnd_state *rnd, u32 limit)
{
	return prandom_u32_state(rnd) % limit;
}

/* One stripe of the drawing: which data disk a slot has, or PARITY. */
struct row {
	unsigned int parity;
	unsigned int disk[MEMBERS_MAX];
};

static void draw(struct row *row, unsigned int members, unsigned int parity,
		 bool symmetric)
{
	unsigned int slot = symmetric ? parity : 0;
	unsigned int dealt = 0, step;

	row->parity = parity;
	for (step = 0; step < members; step++) {
		row->disk[slot] = slot == parity ? PARITY : dealt++;
		if (++slot == members)
			slot = 0;
	}
}

/* The parity of the first stripe, and of the one after a stripe. */
static unsigned int first_parity(unsigned int members, bool left)
{
	return left ? members - 1 : 0;
}

static unsigned int next_parity(unsigned int parity, unsigned int members,
				bool left)
{
	if (left)
		return parity ? parity - 1 : members - 1;
	return parity + 1 < members ? parity + 1 : 0;
}

static bool is_left(enum raid5_algorithm algorithm)
{
	return algorithm == RAID5_LEFT_SYMMETRIC ||
	       algorithm == RAID5_LEFT_ASYMMETRIC;
}

static bool is_symmetric(enum raid5_algorithm algorithm)
{
	return algorithm == RAID5_LEFT_SYMMETRIC ||
	       algorithm == RAID5_RIGHT_SYMMETRIC;
}

static void check_stripe(struct kunit *test, const struct raid5_layout *layout,
			 const struct row *row, u64 stripe)
{
	unsigned int slot, chunk = 1U << layout->chunk_shift, offset;
	unsigned int step = chunk > 64 ? chunk / 16 - 1 : 1;

	KUNIT_ASSERT_EQ(test, raid5_layout_parity(layout, stripe),
			row->parity);
	for (slot = 0; slot < layout->members; slot++) {
		unsigned int disk = row->disk[slot];
		sector_t first = (stripe * (layout->members - 1) + disk) *
				 chunk;

		if (disk == PARITY)
			continue;
		KUNIT_ASSERT_EQ(test, slot,
				raid5_layout_slot(layout, row->parity, disk));
		KUNIT_ASSERT_EQ(test, disk,
				raid5_layout_disk(layout, row->parity, slot));
		for (offset = 0; offset < chunk; offset += step) {
			struct raid5_place place;

			place = raid5_layout_place(layout, first + offset);
			KUNIT_ASSERT_EQ(test, place.stripe, stripe);
			KUNIT_ASSERT_EQ(test, place.disk, disk);
			KUNIT_ASSERT_EQ(test, place.offset, offset);
			KUNIT_ASSERT_EQ(test, first + offset,
					raid5_layout_sector(layout, place));
		}
	}
}

static void check_layout(struct kunit *test, const struct raid5_layout *layout)
{
	bool left = is_left(layout->algorithm);
	unsigned int parity = first_parity(layout->members, left);
	struct row row;
	u64 stripe;

	for (stripe = 0; stripe < 3 * layout->members; stripe++) {
		draw(&row, layout->members, parity,
		     is_symmetric(layout->algorithm));
		check_stripe(test, layout, &row, stripe);
		parity = next_parity(parity, layout->members, left);
	}
}

/* From the start of the array, every number of members, every layout. */
static void stripes_are_as_drawn(struct kunit *test)
{
	struct raid5_layout layout;
	struct rnd_state rnd;
	int algorithm;

	prandom_seed_state(&rnd, 1);
	for (algorithm = 0; algorithm < ALGORITHMS; algorithm++) {
		layout.algorithm = algorithm;
		for (layout.members = 3; layout.members <= MEMBERS_MAX;
		     layout.members++) {
			layout.chunk_shift = 3 + below(&rnd, 9);
			check_layout(test, &layout);
		}
	}
}

/* The pictures of the header, which are md's, word for word. */
static void pictures(struct kunit *test)
{
	static const int drawn[ALGORITHMS][4][4] = {
		[RAID5_LEFT_SYMMETRIC] = {
			{ 0, 1, 2, -1 }, { 4, 5, -1, 3 },
			{ 8, -1, 6, 7 }, { -1, 9, 10, 11 } },
		[RAID5_LEFT_ASYMMETRIC] = {
			{ 0, 1, 2, -1 }, { 3, 4, -1, 5 },
			{ 6, -1, 7, 8 }, { -1, 9, 10, 11 } },
		[RAID5_RIGHT_SYMMETRIC] = {
			{ -1, 0, 1, 2 }, { 5, -1, 3, 4 },
			{ 7, 8, -1, 6 }, { 9, 10, 11, -1 } },
		[RAID5_RIGHT_ASYMMETRIC] = {
			{ -1, 0, 1, 2 }, { 3, -1, 4, 5 },
			{ 6, 7, -1, 8 }, { 9, 10, 11, -1 } },
	};
	struct raid5_layout layout = { .members = 4, .chunk_shift = 3 };
	unsigned int chunk, stripe, slot;

	for (chunk = 0; chunk < ALGORITHMS * 12; chunk++) {
		struct raid5_place place;

		layout.algorithm = chunk / 12;
		place = raid5_layout_place(&layout, chunk % 12 * 8 + 5);
		stripe = place.stripe;
		slot = raid5_layout_slot(&layout,
					 raid5_layout_parity(&layout, stripe),
					 place.disk);
		KUNIT_ASSERT_LT(test, stripe, 4U);
		KUNIT_EXPECT_EQ(test, (int)(chunk % 12),
				drawn[layout.algorithm][stripe][slot]);
	}
}

/* There and back again, anywhere in a large array. */
static void far_places_come_back(struct kunit *test)
{
	struct rnd_state rnd;
	int round;

	prandom_seed_state(&rnd, 2);
	for (round = 0; round < 20000; round++) {
		struct raid5_layout layout = {
			.members = 3 + below(&rnd, MEMBERS_MAX - 2),
			.chunk_shift = 3 + below(&rnd, 9),
			.algorithm = below(&rnd, ALGORITHMS),
		};
		unsigned int parity, slot;
		struct raid5_place place;
		sector_t sector;

		sector = prandom_u32_state(&rnd);
		sector = sector << 16 ^ prandom_u32_state(&rnd);
		place = raid5_layout_place(&layout, sector);
		KUNIT_ASSERT_LT(test, place.disk, layout.members - 1);
		KUNIT_ASSERT_EQ(test, sector,
				raid5_layout_sector(&layout, place));
		parity = raid5_layout_parity(&layout, place.stripe);
		slot = raid5_layout_slot(&layout, parity, place.disk);
		KUNIT_ASSERT_LT(test, parity, layout.members);
		KUNIT_ASSERT_LT(test, slot, layout.members);
		KUNIT_ASSERT_NE(test, slot, parity);
		KUNIT_ASSERT_EQ(test, place.disk,
				raid5_layout_disk(&layout, parity, slot));
	}
}

static struct kunit_case raid5_layout_cases[] = {
	KUNIT_CASE(stripes_are_as_drawn),
	KUNIT_CASE(pictures),
	KUNIT_CASE(far_places_come_back),
	{}
};

static struct kunit_suite raid5_layout_suite = {
	.name = "braid-raid5-layout",
	.test_cases = raid5_layout_cases,
};

kunit_test_suite(raid5_layout_suite);

MODULE_LICENSE("GPL");
