// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/test.h>
#include <linux/mm.h>
#include <linux/string.h>

#include "budget.h"

static void budget_returns(struct kunit *test)
{
	size_t before = budget_used();
	u8 *p = budget_zalloc(100000);

	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_PTR_EQ(test, memchr_inv(p, 0, 100000), NULL);
	KUNIT_EXPECT_EQ(test, budget_used(), before + 100000);
	budget_free(p, 100000);
	budget_free(NULL, 100000);
	KUNIT_EXPECT_EQ(test, budget_used(), before);
}

/* Refused, one by one and in all, and nothing is counted for it. */
static void budget_bounds(struct kunit *test)
{
	size_t before = budget_used();
	size_t half = (totalram_pages() / 7) << PAGE_SHIFT;
	void *p;

	KUNIT_EXPECT_NULL(test, budget_zalloc(SIZE_MAX));
	KUNIT_EXPECT_NULL(test, budget_zalloc(2 * half));
	KUNIT_EXPECT_EQ(test, budget_used(), before);

	p = budget_zalloc(half);
	KUNIT_ASSERT_NOT_NULL(test, p);
	KUNIT_EXPECT_NULL(test, budget_zalloc(half));
	budget_free(p, half);
	KUNIT_EXPECT_EQ(test, budget_used(), before);
}

/* Memory of others counts as well. */
static void budget_takes(struct kunit *test)
{
	size_t before = budget_used();
	size_t most = (totalram_pages() / 4) << PAGE_SHIFT;

	KUNIT_EXPECT_FALSE(test, budget_take(SIZE_MAX));
	KUNIT_ASSERT_TRUE(test, budget_take(most - before));
	KUNIT_EXPECT_FALSE(test, budget_take(1));
	KUNIT_EXPECT_NULL(test, budget_zalloc(1));
	budget_give_back(most - before);
	KUNIT_EXPECT_EQ(test, budget_used(), before);
}

static struct kunit_case budget_cases[] = {
	KUNIT_CASE(budget_returns),
	KUNIT_CASE(budget_bounds),
	KUNIT_CASE(budget_takes),
	{}
};

static struct kunit_suite budget_suite = {
	.name = "braid-budget",
	.test_cases = budget_cases,
};

kunit_test_suite(budget_suite);
