// SPDX-License-Identifier: GPL-2.0-only
/*
 * The durable map's superblock and sectors; see the header. Compiled into the
 * programs, too: nothing here is the kernel's alone.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "disk-sum.h"
#include "dm-braid.h"
#include "map-sector.h"

/* What can be a size in sectors at all: 8 EiB in bytes. */
#define SECTORS_MAX 0x40000000000000ULL

static const char *const fault_texts[] = {
	[MAP_GOOD] = "its map is good",
	[MAP_NONE] = "it has no durable map",
	[MAP_TORN] = "both copies of its map's superblock are damaged",
	[MAP_VERSION] = "its map is of a version that is not known",
	[MAP_INCOMPAT] =
		"its map has features that are not known: a newer Braid made it",
	[MAP_SHAPE] =
		"the block size, extent size or counts of its map can't be",
	[MAP_PLACE] = "the places and sizes in its map's superblock can't be",
	[MAP_ERA] = "the era in its map's superblock can't be",
	[MAP_SHORT] =
		"the device is too small for what its map's superblock says",
};

/**
 * map_fault_text() - a fault as a sentence about the device
 * @fault: the fault
 *
 * Return: a text with static lifetime.
 */
const char *map_fault_text(enum map_fault fault)
{
	return fault_texts[fault];
}

/**
 * map_super_sum() - the checksum that a superblock should have
 * @super: the superblock; what stands in its checksum doesn't matter
 *
 * Return: the CRC-32C.
 */
__u32 map_super_sum(const struct braid_map_super *super)
{
	static const __le32 zero;
	__u32 before = __builtin_offsetof(struct braid_map_super, checksum);
	const __u8 *bytes = (const __u8 *)super;
	__u32 sum = DISK_SUM_INIT;

	sum = disk_sum_add(sum, bytes, before);
	sum = disk_sum_add(sum, &zero, sizeof(zero));
	before += sizeof(zero);
	return ~disk_sum_add(sum, bytes + before, sizeof(*super) - before);
}

/**
 * map_super_whole() - was this copy written to its end?
 * @super: 4 KiB of anything
 *
 * Return: whether magic and checksum are right; what it says may be unknown.
 */
bool map_super_whole(const struct braid_map_super *super)
{
	return !memcmp(super->magic, BRAID_MAP_MAGIC, sizeof(super->magic)) &&
	       __le32_to_cpu(super->checksum) == map_super_sum(super);
}

/* Is a whole copy where it belongs? One that was moved is none. */
static bool in_place(const struct braid_map_super *super, __u64 parity)
{
	return map_super_whole(super) &&
	       (__le64_to_cpu(super->sequence) & 1) == parity;
}

/**
 * map_super_newest() - choose between the two copies
 * @odd: what stands at 4 KiB
 * @even: what stands at 8 KiB
 *
 * A newer copy that isn't understood is not passed over for an older one.
 *
 * Return: 1 for @odd, 0 for @even, -ENOENT if there is no superblock, -EBADMSG
 * if there is one but no copy is whole.
 */
int map_super_newest(const struct braid_map_super *odd,
		     const struct braid_map_super *even)
{
	bool odd_good = in_place(odd, 1), even_good = in_place(even, 0);
	__u32 size = sizeof(odd->magic);

	if (odd_good && even_good)
		return __le64_to_cpu(odd->sequence) >
		       __le64_to_cpu(even->sequence);
	if (odd_good || even_good)
		return odd_good;
	if (memcmp(odd->magic, BRAID_MAP_MAGIC, size) &&
	    memcmp(even->magic, BRAID_MAP_MAGIC, size))
		return -ENOENT;
	return -EBADMSG;
}

static bool power_of_two(__u32 value, __u32 min, __u32 max)
{
	return value >= min && value <= max && !(value & (value - 1));
}

static bool shape_ok(const struct braid_map_super *super)
{
	__u32 block = __le32_to_cpu(super->block_sectors);
	__u32 nr_blocks = __le32_to_cpu(super->nr_blocks);
	__u32 capacity = __le32_to_cpu(super->capacity_blocks);
	__u32 slots = __le32_to_cpu(super->log_slots);
	__u64 origin = __le64_to_cpu(super->origin_sectors);

	return power_of_two(block, BRAID_BLOCK_SECTORS_MIN,
			    BRAID_BLOCK_SECTORS_MAX) &&
	       power_of_two(__le32_to_cpu(super->extent_blocks), 1,
			    BRAID_MAP_EXTENT_MAX) &&
	       slots && slots <= BRAID_MAP_SLOTS_MAX && nr_blocks &&
	       nr_blocks <= capacity && capacity < ~0U && origin &&
	       origin <= SECTORS_MAX &&
	       (origin + block - 1) / block == nr_blocks;
}

/* An area is not empty, and lies between two places. */
static bool area_ok(__u64 offset, __u64 sectors, __u64 from, __u64 to)
{
	return !(offset % BRAID_MAP_UNIT) && !(sectors % BRAID_MAP_UNIT) &&
	       sectors && offset >= from && offset <= to &&
	       sectors <= to - offset;
}

static bool place_ok(const struct braid_map_super *super)
{
	__u64 log = __le64_to_cpu(super->log_offset);
	__u64 log_sectors = __le64_to_cpu(super->log_sectors);
	__u64 map = __le64_to_cpu(super->map_offset);
	__u64 map_sectors = __le64_to_cpu(super->map_sectors);
	__u64 store = __le64_to_cpu(super->store_offset);

	return store <= SECTORS_MAX && !(store % BRAID_MAP_UNIT) &&
	       area_ok(log, log_sectors, BRAID_MAP_AREA, map) &&
	       area_ok(map, map_sectors, log, store) &&
	       log_sectors * BRAID_MAP_VALUES >=
		       __le32_to_cpu(super->log_slots) &&
	       map_sectors * BRAID_MAP_VALUES >=
		       __le32_to_cpu(super->capacity_blocks);
}

/**
 * map_super_check() - can this be the superblock of a map?
 * @super: a whole copy
 * @sectors: the size of the device that it is on
 *
 * Return: the first fault that was found.
 */
enum map_fault map_super_check(const struct braid_map_super *super,
			       __u64 sectors)
{
	if (__le32_to_cpu(super->version) != BRAID_MAP_VERSION)
		return MAP_VERSION;
	if ((__le32_to_cpu(super->incompat) & ~BRAID_MAP_INCOMPAT) ||
	    (__le32_to_cpu(super->ro_compat) & ~BRAID_MAP_RO_COMPAT))
		return MAP_INCOMPAT;
	if (!shape_ok(super))
		return MAP_SHAPE;
	if (!place_ok(super))
		return MAP_PLACE;
	if (__le32_to_cpu(super->era) >= BRAID_MAP_ERA_LAST)
		return MAP_ERA;
	if (__le64_to_cpu(super->store_offset) > sectors)
		return MAP_SHORT;
	return MAP_GOOD;
}

/**
 * map_sector_sum() - the checksum that a sector should have
 * @sector: the sector; what stands in its checksum doesn't matter
 * @map_id: that of the map, 16 bytes
 * @number: the sector's on the device: what was written elsewhere is not taken
 *	for what belongs here
 *
 * Return: the CRC-32C.
 */
__u32 map_sector_sum(const struct braid_map_sector *sector, const __u8 *map_id,
		     __u64 number)
{
	__le64 place = __cpu_to_le64(number);
	__u32 sum = DISK_SUM_INIT;

	sum = disk_sum_add(sum, map_id, 16);
	sum = disk_sum_add(sum, &place, sizeof(place));
	return ~disk_sum_add(sum, &sector->reserved,
			     sizeof(*sector) - sizeof(sector->checksum));
}

/**
 * map_sector_seal() - make a sector what can be written
 * @sector: its values are filled in
 * @map_id: that of the map
 * @number: the sector's on the device
 */
void map_sector_seal(struct braid_map_sector *sector, const __u8 *map_id,
		     __u64 number)
{
	sector->reserved = 0;
	sector->checksum =
		__cpu_to_le32(map_sector_sum(sector, map_id, number));
}

/**
 * map_sector_whole() - is a sector what was written last in this place?
 * @sector: 512 bytes of anything
 * @map_id: that of the map
 * @number: the sector's on the device
 */
bool map_sector_whole(const struct braid_map_sector *sector, const __u8 *map_id,
		      __u64 number)
{
	return __le32_to_cpu(sector->checksum) ==
	       map_sector_sum(sector, map_id, number);
}
