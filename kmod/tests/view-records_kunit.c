// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>

#include "view-records.h"

/* Copies of one block serve disjoint intervals; those of others are skipped. */
static void view_records_intervals(struct kunit *test)
{
	struct view_record recs[] = {
		{ .block = 5, .from = 0, .to = 2, .slot = 0 },
		{ .block = 5, .from = 3, .to = 3, .slot = 1 },
		{ .block = 5, .from = 6, .to = 9, .slot = 2 },
		{ .block = 6, .from = 0, .to = 9, .slot = 3 },
	};
	static const int slots[] = { 0, 0, 0, 1, -1, -1, 2, 2, 2, 2, -1 };
	struct view_record *rec;
	HLIST_HEAD(head);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(recs); i++)
		hlist_add_head(&recs[i].node, &head);
	for (i = 0; i < ARRAY_SIZE(slots); i++) {
		rec = view_record_find(&head, 5, i);
		KUNIT_EXPECT_EQ(test, rec ? (int)rec->slot : -1, slots[i]);
	}
	KUNIT_EXPECT_NULL(test, view_record_find(&head, 4, 1));
	KUNIT_EXPECT_NULL(test, view_record_find(&head, 6, 10));
}

static struct kunit_case view_records_cases[] = {
	KUNIT_CASE(view_records_intervals),
	{}
};

static struct kunit_suite view_records_suite = {
	.name = "braid-view-records",
	.test_cases = view_records_cases,
};

kunit_test_suite(view_records_suite);
