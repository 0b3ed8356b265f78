// SPDX-License-Identifier: GPL-2.0-only
/*
 * Superblock and sectors of the durable map: what is taken, what is refused and
 * why, which of two copies counts, every bit that rots, and random garbage, which
 * must do no harm.
 */
#include <kunit/test.h>
#include <linux/crc32c.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "map-sector.h"

#define SIZE 4096 /* sectors of the device */

struct bench {
	struct braid_map_super super, other;
	struct braid_map_sector sector;
	u8 id[16];
};

static void seal(struct braid_map_super *super)
{
	super->checksum = cpu_to_le32(map_super_sum(super));
}

static void fill(struct braid_map_super *super)
{
	memset(super, 0, sizeof(*super));
	memcpy(super->magic, BRAID_MAP_MAGIC, sizeof(super->magic));
	super->version = cpu_to_le32(BRAID_MAP_VERSION);
	super->sequence = cpu_to_le64(1);
	super->origin_sectors = cpu_to_le64(1000 * 128 - 5);
	super->log_offset = cpu_to_le64(24);
	super->log_sectors = cpu_to_le64(8);
	super->map_offset = cpu_to_le64(32);
	super->map_sectors = cpu_to_le64(16);
	super->store_offset = cpu_to_le64(2048);
	super->block_sectors = cpu_to_le32(128);
	super->nr_blocks = cpu_to_le32(1000);
	super->capacity_blocks = cpu_to_le32(2016);
	super->extent_blocks = cpu_to_le32(64);
	super->log_slots = cpu_to_le32(1008);
	super->era = cpu_to_le32(7);
	seal(super);
}

static int map_init(struct kunit *test)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);

	if (!b)
		return -ENOMEM;
	fill(&b->super);
	memset(b->id, 0x42, sizeof(b->id));
	test->priv = b;
	return 0;
}

static void sums_are_crc32c(struct kunit *test)
{
	struct bench *b = test->priv;
	__le64 place = cpu_to_le64(0x123456789aULL);
	u32 crc, sum;

	b->super.checksum = 0;
	KUNIT_EXPECT_EQ(test, map_super_sum(&b->super),
			~crc32c(~0, &b->super, sizeof(b->super)));
	memset(&b->sector, 0x17, sizeof(b->sector));
	crc = crc32c(~0, b->id, sizeof(b->id));
	crc = crc32c(crc, &place, sizeof(place));
	crc = ~crc32c(crc, &b->sector.reserved, 508);
	sum = map_sector_sum(&b->sector, b->id, 0x123456789aULL);
	KUNIT_EXPECT_EQ(test, sum, crc);
}

static void every_bit_counts(struct kunit *test)
{
	struct bench *b = test->priv;
	u8 *bytes = (u8 *)&b->sector;
	u32 bit;

	map_sector_seal(&b->sector, b->id, 77);
	KUNIT_EXPECT_TRUE(test, map_sector_whole(&b->sector, b->id, 77));
	KUNIT_EXPECT_FALSE(test, map_sector_whole(&b->sector, b->id, 78));
	for (bit = 0; bit < 8 * sizeof(b->sector); bit++) {
		bytes[bit / 8] ^= 1 << (bit % 8);
		KUNIT_ASSERT_FALSE(test,
				   map_sector_whole(&b->sector, b->id, 77));
		bytes[bit / 8] ^= 1 << (bit % 8);
	}
	b->id[3] ^= 1;
	KUNIT_EXPECT_FALSE(test, map_sector_whole(&b->sector, b->id, 77));
	/* what was never written is not a sector of any map */
	memset(&b->sector, 0, sizeof(b->sector));
	KUNIT_EXPECT_FALSE(test, map_sector_whole(&b->sector, b->id, 77));
}

static void newest_counts(struct kunit *test)
{
	struct bench *b = test->priv;
	struct braid_map_super *odd = &b->super, *even = &b->other;

	KUNIT_EXPECT_EQ(test, map_super_newest(odd, even), 1);
	*even = *odd;
	/* a copy in the other's place is none */
	KUNIT_EXPECT_EQ(test, map_super_newest(odd, even), 1);
	even->sequence = cpu_to_le64(2);
	seal(even);
	KUNIT_EXPECT_EQ(test, map_super_newest(odd, even), 0);
	odd->sequence = cpu_to_le64(3);
	seal(odd);
	KUNIT_EXPECT_EQ(test, map_super_newest(odd, even), 1);
	odd->reserved[9] ^= 1;
	KUNIT_EXPECT_EQ(test, map_super_newest(odd, even), 0);
	even->reserved[9] ^= 1;
	KUNIT_EXPECT_EQ(test, map_super_newest(odd, even), -EBADMSG);
	odd->magic[0] ^= 1;
	even->magic[0] ^= 1;
	KUNIT_EXPECT_EQ(test, map_super_newest(odd, even), -ENOENT);
}

/* A good superblock in which one thing is changed. */
static struct braid_map_super *good(struct kunit *test)
{
	struct bench *b = test->priv;

	fill(&b->super);
	return &b->super;
}

static void fault_32(struct kunit *test, enum map_fault fault, __le32 *field,
		     u32 value)
{
	struct bench *b = test->priv;

	*field = cpu_to_le32(value);
	KUNIT_EXPECT_EQ(test, map_super_check(&b->super, SIZE), fault);
}

static void fault_64(struct kunit *test, enum map_fault fault, __le64 *field,
		     u64 value)
{
	struct bench *b = test->priv;

	*field = cpu_to_le64(value);
	KUNIT_EXPECT_EQ(test, map_super_check(&b->super, SIZE), fault);
}

static void faults_are_found(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, map_super_check(good(test), SIZE), MAP_GOOD);
	fault_32(test, MAP_VERSION, &good(test)->version, 2);
	fault_32(test, MAP_INCOMPAT, &good(test)->incompat, 1);
	fault_32(test, MAP_INCOMPAT, &good(test)->ro_compat, 4);
	fault_32(test, MAP_GOOD, &good(test)->compat, 4);
	fault_32(test, MAP_SHAPE, &good(test)->block_sectors, 96);
	fault_32(test, MAP_SHAPE, &good(test)->block_sectors, 0);
	fault_32(test, MAP_SHAPE, &good(test)->extent_blocks, 3);
	fault_32(test, MAP_SHAPE, &good(test)->extent_blocks, 0);
	fault_32(test, MAP_SHAPE, &good(test)->log_slots, 0);
	fault_32(test, MAP_SHAPE, &good(test)->log_slots, 64513);
	fault_32(test, MAP_SHAPE, &good(test)->nr_blocks, 999);
	fault_32(test, MAP_SHAPE, &good(test)->capacity_blocks, 999);
	fault_64(test, MAP_SHAPE, &good(test)->origin_sectors, 0);
	fault_64(test, MAP_SHAPE, &good(test)->origin_sectors, -1);
	fault_32(test, MAP_ERA, &good(test)->era, BRAID_MAP_ERA_LAST);
	fault_64(test, MAP_SHORT, &good(test)->store_offset, 4104);
}

static void places_are_checked(struct kunit *test)
{
	fault_64(test, MAP_PLACE, &good(test)->log_offset, 16);
	fault_64(test, MAP_PLACE, &good(test)->log_offset, 25);
	fault_64(test, MAP_PLACE, &good(test)->log_offset, 40);
	fault_64(test, MAP_PLACE, &good(test)->log_sectors, 16);
	fault_64(test, MAP_PLACE, &good(test)->log_sectors, 0);
	fault_32(test, MAP_PLACE, &good(test)->log_slots, 1009);
	fault_64(test, MAP_PLACE, &good(test)->map_offset, 24);
	fault_64(test, MAP_PLACE, &good(test)->map_offset, -8);
	fault_64(test, MAP_PLACE, &good(test)->map_sectors, -8);
	fault_64(test, MAP_PLACE, &good(test)->map_sectors, 2024);
	fault_64(test, MAP_PLACE, &good(test)->map_sectors, 8);
	fault_64(test, MAP_PLACE, &good(test)->store_offset, 40);
	fault_64(test, MAP_PLACE, &good(test)->store_offset, -8);
	fault_64(test, MAP_GOOD, &good(test)->store_offset, 48);
}

/* Whatever is found good is within the device, whatever the rest says. */
static void garbage_is_harmless(struct kunit *test)
{
	struct bench *b = test->priv;
	struct braid_map_super *super = &b->super;
	struct rnd_state rnd;
	u32 i, good = 0;

	prandom_seed_state(&rnd, 4);
	for (i = 0; i < 200000; i++) {
		u32 at = 72 + prandom_u32_state(&rnd) % 72;

		if (!(i % 4))
			fill(super);
		((u8 *)super)[at] = prandom_u32_state(&rnd);
		if (map_super_check(super, SIZE) != MAP_GOOD)
			continue;
		good++;
		KUNIT_ASSERT_GE(test, le64_to_cpu(super->log_offset), 24);
		KUNIT_ASSERT_LE(test,
				le64_to_cpu(super->log_offset) +
					le64_to_cpu(super->log_sectors),
				le64_to_cpu(super->map_offset));
		KUNIT_ASSERT_LE(test,
				le64_to_cpu(super->map_offset) +
					le64_to_cpu(super->map_sectors),
				le64_to_cpu(super->store_offset));
		KUNIT_ASSERT_LE(test, le64_to_cpu(super->store_offset), SIZE);
		KUNIT_ASSERT_LE(test, le32_to_cpu(super->nr_blocks),
				le64_to_cpu(super->map_sectors) *
					BRAID_MAP_VALUES);
	}
	KUNIT_EXPECT_GT(test, good, 0);
}

static void sum_places(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, map_sum_head(8), 8);
	KUNIT_EXPECT_EQ(test, map_sum_tail(8), 0);
	KUNIT_EXPECT_EQ(test, map_sum_head(10000), 256);
	KUNIT_EXPECT_EQ(test, map_sum_tail(10000), 10000 - 128);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(sums_are_crc32c),	KUNIT_CASE(every_bit_counts),
	KUNIT_CASE(newest_counts),	KUNIT_CASE(faults_are_found),
	KUNIT_CASE(places_are_checked), KUNIT_CASE(garbage_is_harmless),
	KUNIT_CASE(sum_places),		{}
};

static struct kunit_suite map_suite = {
	.name = "braid-map-sector",
	.init = map_init,
	.test_cases = map_cases,
};

kunit_test_suite(map_suite);
