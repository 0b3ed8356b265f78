// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the write-intent log is on the disk; see the header.
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "disk-sum.h"
#include "raid-mark.h"

/* Of 512 bytes, with the four at @at taken for 0. */
static u32 sum_of(const void *data, u32 at)
{
	static const __le32 zero;
	u32 after = at + sizeof(zero);
	u32 sum;

	sum = disk_sum_add(DISK_SUM_INIT, data, at);
	sum = disk_sum_add(sum, &zero, sizeof(zero));
	return ~disk_sum_add(sum, (const u8 *)data + after, 512 - after);
}

static u32 header_sum(const struct braid_log_header *header)
{
	return sum_of(header, offsetof(struct braid_log_header, checksum));
}

static u32 block_sum(const struct braid_log_block *block)
{
	return sum_of(block, offsetof(struct braid_log_block, checksum));
}

/**
 * raid_mark_header() - make a header
 * @header: filled in
 * @uuid: the array's
 * @events: the array's when the log is begun
 * @regions: what it is about
 */
void raid_mark_header(struct braid_log_header *header, const u8 *uuid,
		      u64 events, const struct raid_regions *regions)
{
	memset(header, 0, sizeof(*header));
	memcpy(header->magic, BRAID_LOG_MAGIC, sizeof(header->magic));
	memcpy(header->array_uuid, uuid, sizeof(header->array_uuid));
	header->version = cpu_to_le32(BRAID_LOG_VERSION);
	header->events = cpu_to_le64(events);
	header->member_sectors = cpu_to_le64(regions->sectors);
	header->region_sectors = cpu_to_le64(1ULL << regions->shift);
	header->checksum = cpu_to_le32(header_sum(header));
}

/**
 * raid_mark_check() - is this the header of an array's log?
 * @header: 512 bytes of anything
 * @uuid: the array's
 * @regions: how its members are divided
 *
 * Return: whether the marks behind it can be believed.
 */
bool raid_mark_check(const struct braid_log_header *header, const u8 *uuid,
		     const struct raid_regions *regions)
{
	return !memcmp(header->magic, BRAID_LOG_MAGIC,
		       sizeof(header->magic)) &&
	       le32_to_cpu(header->checksum) == header_sum(header) &&
	       le32_to_cpu(header->version) == BRAID_LOG_VERSION &&
	       !memcmp(header->array_uuid, uuid, sizeof(header->array_uuid)) &&
	       le64_to_cpu(header->member_sectors) == regions->sectors &&
	       le64_to_cpu(header->region_sectors) == 1ULL << regions->shift;
}

/**
 * raid_mark_encode() - what is written for a set of marks
 * @blocks: BRAID_LOG_BLOCKS blocks; filled in
 * @marks: a bit for each region
 * @count: how many regions
 */
void raid_mark_encode(struct braid_log_block *blocks,
		      const unsigned long *marks, u32 count)
{
	u32 number, region, at;

	memset(blocks, 0, BRAID_LOG_BLOCKS * sizeof(*blocks));
	for_each_set_bit(region, marks, count) {
		at = region % BRAID_LOG_BLOCK_REGIONS;
		blocks[region / BRAID_LOG_BLOCK_REGIONS].marks[at / 8] |=
			1U << at % 8;
	}
	for (number = 0; number < BRAID_LOG_BLOCKS; number++) {
		blocks[number].number = cpu_to_le32(number);
		blocks[number].checksum = cpu_to_le32(block_sum(&blocks[number]));
	}
}

/**
 * raid_mark_decode() - the marks that are written
 * @blocks: BRAID_LOG_BLOCKS blocks of anything
 * @marks: a bit for each region; those that are marked are added
 * @count: how many regions
 */
void raid_mark_decode(const struct braid_log_block *blocks,
		      unsigned long *marks, u32 count)
{
	const struct braid_log_block *block;
	u32 region, number, at;

	for (region = 0; region < count; region++) {
		number = region / BRAID_LOG_BLOCK_REGIONS;
		at = region % BRAID_LOG_BLOCK_REGIONS;
		block = &blocks[number];
		if (!at && (le32_to_cpu(block->checksum) != block_sum(block) ||
			    le32_to_cpu(block->number) != number))
			bitmap_set(marks, region,
				   min(count - region,
				       BRAID_LOG_BLOCK_REGIONS));
		if (block->marks[at / 8] & 1U << at % 8)
			__set_bit(region, marks);
	}
}
