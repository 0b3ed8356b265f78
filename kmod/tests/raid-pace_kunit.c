// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pace of resync: whatever the members do, and however the array is used, no
 * more is done in any time than the rate allows.
 */
#include <kunit/test.h>
#include <linux/prandom.h>

#include "raid-pace.h"

#define PIECE	256U

/* A member that needs 1 ms for a piece, for a minute. Return: sectors done. */
static u64 a_minute(struct raid_pace *pace, u64 from, bool busy)
{
	u64 now = from, done = 0;

	while (now < from + 60000) {
		now += 1;
		done += PIECE;
		now += raid_pace_delay(pace, now, PIECE, busy);
	}
	return done;
}

static void keeps_to_the_rate(struct kunit *test)
{
	struct raid_pace pace = { .min = 1000, .max = 20000 };
	u64 done;

	raid_pace_start(&pace, 5000);
	done = a_minute(&pace, 5000, false);
	KUNIT_EXPECT_LE(test, done, 60 * 20000 * 2 + PIECE);
	KUNIT_EXPECT_GE(test, done, 60 * 20000 * 2 * 95 / 100);
	done = a_minute(&pace, 70000, true);
	KUNIT_EXPECT_LE(test, done, 60 * 1000 * 2 + PIECE);
	KUNIT_EXPECT_GE(test, done, 60 * 1000 * 2 * 95 / 100);
}

static void is_not_held_up(struct kunit *test)
{
	struct raid_pace pace = { .min = 1000, .max = 10000000 };
	u64 now = 7;
	int i;

	raid_pace_start(&pace, now);
	for (i = 0; i < 1000; i++, now++)
		KUNIT_ASSERT_EQ(test, raid_pace_delay(&pace, now, 1, false), 0);
}

/* An hour without progress doesn't allow an hour at full speed. */
static void makes_up_for_nothing(struct kunit *test)
{
	struct raid_pace pace = { .min = 1000, .max = 1000 };
	u64 now = 0, done = 0;

	raid_pace_start(&pace, now);
	now += 3600 * 1000;
	raid_pace_delay(&pace, now, PIECE, false);
	while (now < 3610 * 1000) {
		done += PIECE;
		now += 1 + raid_pace_delay(&pace, now, PIECE, false);
	}
	KUNIT_EXPECT_LE(test, done, 10 * 1000 * 2 + PIECE);
}

static void a_minimum_above_the_maximum(struct kunit *test)
{
	struct raid_pace pace = { .min = 9000, .max = 500 };

	raid_pace_start(&pace, 0);
	KUNIT_EXPECT_EQ(test, raid_pace_delay(&pace, 0, 1000, true), 1000);
}

static struct kunit_case pace_cases[] = {
	KUNIT_CASE(keeps_to_the_rate),
	KUNIT_CASE(is_not_held_up),
	KUNIT_CASE(makes_up_for_nothing),
	KUNIT_CASE(a_minimum_above_the_maximum),
	{}
};

static struct kunit_suite pace_suite = {
	.name = "braid-raid-pace",
	.test_cases = pace_cases,
};

kunit_test_suite(pace_suite);

MODULE_LICENSE("GPL");
