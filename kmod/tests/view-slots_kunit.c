// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/prandom.h>

#include "view-slots.h"

#define TOTAL	200

static void view_slots_none(struct kunit *test)
{
	struct view_slots slots;
	u32 slot;

	KUNIT_ASSERT_EQ(test, view_slots_init(&slots, 0), 0);
	KUNIT_EXPECT_EQ(test, view_slots_take(&slots, &slot), -ENOSPC);
	view_slots_exit(&slots);
}

static void view_slots_fill(struct kunit *test)
{
	struct view_slots slots;
	u32 slot, i;

	KUNIT_ASSERT_EQ(test, view_slots_init(&slots, TOTAL), 0);
	for (i = 0; i < TOTAL; i++) {
		KUNIT_ASSERT_EQ(test, view_slots_take(&slots, &slot), 0);
		KUNIT_ASSERT_EQ(test, slot, i);
	}
	KUNIT_EXPECT_EQ(test, view_slots_take(&slots, &slot), -ENOSPC);
	KUNIT_EXPECT_EQ(test, slots.used, TOTAL);

	/* the only one that is free is found, wherever the search begins */
	view_slots_put(&slots, 3);
	KUNIT_ASSERT_EQ(test, view_slots_take(&slots, &slot), 0);
	KUNIT_EXPECT_EQ(test, slot, 3);
	view_slots_put(&slots, TOTAL - 1);
	KUNIT_ASSERT_EQ(test, view_slots_take(&slots, &slot), 0);
	KUNIT_EXPECT_EQ(test, slot, TOTAL - 1);
	view_slots_exit(&slots);
}

static void view_slots_random(struct kunit *test)
{
	bool taken[TOTAL] = { false };
	struct view_slots slots;
	struct rnd_state rnd;
	u32 round, slot, used = 0;

	KUNIT_ASSERT_EQ(test, view_slots_init(&slots, TOTAL), 0);
	prandom_seed_state(&rnd, 20261121);
	for (round = 0; round < 100000; round++) {
		slot = prandom_u32_state(&rnd) % TOTAL;
		if (taken[slot]) {
			view_slots_put(&slots, slot);
			taken[slot] = false;
			used--;
		} else if (!view_slots_take(&slots, &slot)) {
			KUNIT_ASSERT_LT(test, slot, TOTAL);
			KUNIT_ASSERT_FALSE(test, taken[slot]);
			taken[slot] = true;
			used++;
		} else {
			KUNIT_ASSERT_EQ(test, used, TOTAL);
		}
		KUNIT_ASSERT_EQ(test, slots.used, used);
	}
	view_slots_exit(&slots);
}

static struct kunit_case view_slots_cases[] = {
	KUNIT_CASE(view_slots_none),
	KUNIT_CASE(view_slots_fill),
	KUNIT_CASE(view_slots_random),
	{}
};

static struct kunit_suite view_slots_suite = {
	.name = "braid-view-slots",
	.test_cases = view_slots_cases,
};

kunit_test_suite(view_slots_suite);
