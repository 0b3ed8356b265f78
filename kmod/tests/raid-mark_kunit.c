// SPDX-License-Identifier: GPL-2.0-only
/*
 * The write-intent log on the disk: what is written is read again; whatever is
 * damaged, no mark is lost.
 */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/crc32c.h>
#include <linux/prandom.h>

#include "raid-mark.h"

struct bench {
	struct raid_regions regions;
	struct braid_log_header header;
	struct braid_log_block blocks[BRAID_LOG_BLOCKS];
	DECLARE_BITMAP(marks, BRAID_LOG_REGIONS_MAX);
	DECLARE_BITMAP(read, BRAID_LOG_REGIONS_MAX);
	u8 uuid[16];
	struct rnd_state rnd;
};

static int mark_init(struct kunit *test)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	prandom_seed_state(&b->rnd, 160);
	memset(b->uuid, 0x42, sizeof(b->uuid));
	test->priv = b;
	return 0;
}

/* As few regions as fit, of one size, and each sector in one of them. */
static void check_regions(struct kunit *test, u64 sectors)
{
	struct raid_regions r;

	raid_regions_init(&r, sectors);
	KUNIT_ASSERT_GE(test, r.shift, BRAID_LOG_SHIFT_MIN);
	KUNIT_ASSERT_GE(test, r.count, 1U);
	KUNIT_ASSERT_LE(test, r.count, BRAID_LOG_REGIONS_MAX);
	if (r.shift > BRAID_LOG_SHIFT_MIN)
		KUNIT_ASSERT_GE(test, (sectors - 1) >> (r.shift - 1),
				(u64)BRAID_LOG_REGIONS_MAX);
	KUNIT_ASSERT_EQ(test, raid_region_of(&r, sectors - 1), r.count - 1);
	KUNIT_ASSERT_EQ(test, raid_region_end(&r, r.count - 1), sectors);
	KUNIT_ASSERT_LT(test, raid_region_begin(&r, r.count - 1), sectors);
}

static void regions_fit(struct kunit *test)
{
	struct bench *b = test->priv;
	u64 edge = (u64)BRAID_LOG_REGIONS_MAX << BRAID_LOG_SHIFT_MIN;
	int i;

	check_regions(test, 1);
	check_regions(test, 256);
	check_regions(test, 257);
	check_regions(test, edge);
	check_regions(test, edge + 1);
	check_regions(test, 1ULL << 54);
	for (i = 0; i < 10000; i++)
		check_regions(test, 1 + (((u64)prandom_u32_state(&b->rnd) << 22) >>
					 prandom_u32_state(&b->rnd) % 54));
}

static void scatter(struct bench *b, u32 count)
{
	u32 i, some = prandom_u32_state(&b->rnd) % 200;

	bitmap_zero(b->marks, BRAID_LOG_REGIONS_MAX);
	for (i = 0; i < some; i++)
		__set_bit(prandom_u32_state(&b->rnd) % count, b->marks);
}

static void what_is_written_is_read(struct kunit *test)
{
	struct bench *b = test->priv;
	u32 count;
	int i;

	for (i = 0; i < 200; i++) {
		count = 1 + prandom_u32_state(&b->rnd) % BRAID_LOG_REGIONS_MAX;
		scatter(b, count);
		raid_mark_encode(b->blocks, b->marks, count);
		bitmap_zero(b->read, BRAID_LOG_REGIONS_MAX);
		raid_mark_decode(b->blocks, b->read, count);
		KUNIT_ASSERT_TRUE(test, bitmap_equal(b->marks, b->read,
						     BRAID_LOG_REGIONS_MAX));
	}
}

/* One byte of the page is another: no mark is lost, no other block is touched. */
static void damage_marks_more(struct kunit *test)
{
	struct bench *b = test->priv;
	u32 count = BRAID_LOG_REGIONS_MAX - 5;
	u32 at, block, found, region;
	int i;

	for (i = 0; i < 500; i++) {
		scatter(b, count);
		raid_mark_encode(b->blocks, b->marks, count);
		at = prandom_u32_state(&b->rnd) % sizeof(b->blocks);
		((u8 *)b->blocks)[at] ^= 1 + prandom_u32_state(&b->rnd) % 255;
		bitmap_zero(b->read, BRAID_LOG_REGIONS_MAX);
		raid_mark_decode(b->blocks, b->read, count);
		KUNIT_ASSERT_TRUE(test, bitmap_subset(b->marks, b->read, count));
		block = at / sizeof(b->blocks[0]);
		for_each_set_bit(region, b->read, BRAID_LOG_REGIONS_MAX) {
			found = region / BRAID_LOG_BLOCK_REGIONS;
			KUNIT_ASSERT_LT(test, region, count);
			KUNIT_ASSERT_TRUE(test, found == block ||
					  test_bit(region, b->marks));
		}
		found = min(count, (block + 1) * BRAID_LOG_BLOCK_REGIONS);
		KUNIT_ASSERT_GE(test, find_next_zero_bit(b->read, count, block *
				BRAID_LOG_BLOCK_REGIONS), (unsigned long)found);
	}
}

static void headers(struct kunit *test)
{
	struct bench *b = test->priv;
	struct raid_regions other;
	u8 uuid[16] = { 1 };
	u32 sum;
	int i;

	raid_regions_init(&b->regions, 123456);
	raid_mark_header(&b->header, b->uuid, 77, &b->regions);
	KUNIT_EXPECT_TRUE(test, raid_mark_check(&b->header, b->uuid, &b->regions));
	KUNIT_EXPECT_EQ(test, le64_to_cpu(b->header.events), 77ULL);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(b->header.region_sectors), 256ULL);
	KUNIT_EXPECT_FALSE(test, raid_mark_check(&b->header, uuid, &b->regions));
	raid_regions_init(&other, 123457);
	KUNIT_EXPECT_FALSE(test, raid_mark_check(&b->header, b->uuid, &other));
	for (i = 0; i < sizeof(b->header); i++) {
		((u8 *)&b->header)[i] ^= 0x10;
		KUNIT_ASSERT_FALSE(test, raid_mark_check(&b->header, b->uuid,
							 &b->regions));
		((u8 *)&b->header)[i] ^= 0x10;
	}
	/* the kernel's own CRC-32C says the same */
	sum = le32_to_cpu(b->header.checksum);
	b->header.checksum = 0;
	KUNIT_EXPECT_EQ(test, sum, ~crc32c(~0U, &b->header, sizeof(b->header)));
}

static struct kunit_case mark_cases[] = {
	KUNIT_CASE(regions_fit),
	KUNIT_CASE(what_is_written_is_read),
	KUNIT_CASE(damage_marks_more),
	KUNIT_CASE(headers),
	{}
};

static struct kunit_suite mark_suite = {
	.name = "braid-raid-mark",
	.init = mark_init,
	.test_cases = mark_cases,
};

kunit_test_suite(mark_suite);

MODULE_LICENSE("GPL");
