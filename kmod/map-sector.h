/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The durable map's superblock and the sectors of its activity log and map: made,
 * checked, judged. Pure: no I/O and no state. The same file is compiled into the
 * programs, so that the kernel and braidctl judge alike.
 */
#ifndef BRAID_MAP_SECTOR_H
#define BRAID_MAP_SECTOR_H

#include "dm-braid-map.h"

#ifndef __KERNEL__
#include <stdbool.h>
#endif

/**
 * enum map_fault - what is wrong with a metadata device
 * @MAP_GOOD: nothing
 * @MAP_NONE: there is no superblock
 * @MAP_TORN: no copy of it is whole
 * @MAP_VERSION: it is of another version
 * @MAP_INCOMPAT: it has a feature that is not known
 * @MAP_SHAPE: block, extent or counts can't be
 * @MAP_PLACE: areas overlap, are nowhere, or have no room for what they hold
 * @MAP_ERA: its era can't be
 * @MAP_SHORT: the device is too small
 */
enum map_fault {
	MAP_GOOD,
	MAP_NONE,
	MAP_TORN,
	MAP_VERSION,
	MAP_INCOMPAT,
	MAP_SHAPE,
	MAP_PLACE,
	MAP_ERA,
	MAP_SHORT,
};

__u32 map_super_sum(const struct braid_map_super *super);
bool map_super_whole(const struct braid_map_super *super);
int map_super_newest(const struct braid_map_super *odd,
		     const struct braid_map_super *even);
enum map_fault map_super_check(const struct braid_map_super *super,
			       __u64 sectors);
const char *map_fault_text(enum map_fault fault);

__u32 map_sector_sum(const struct braid_map_sector *sector, const __u8 *map_id,
		     __u64 number);
void map_sector_seal(struct braid_map_sector *sector, const __u8 *map_id,
		     __u64 number);
bool map_sector_whole(const struct braid_map_sector *sector, const __u8 *map_id,
		      __u64 number);

/* Where the copy with this sequence is. */
static inline __u64 map_super_sector(__u64 sequence)
{
	return sequence & 1 ? BRAID_MAP_ODD_SECTOR : BRAID_MAP_EVEN_SECTOR;
}

/* The first of the origin's sectors that are summed as its end. */
static inline __u64 map_sum_tail(__u64 origin_sectors)
{
	return origin_sectors > BRAID_MAP_SUM_TAIL ?
		       origin_sectors - BRAID_MAP_SUM_TAIL :
		       0;
}

/* How many are summed as its beginning. */
static inline __u64 map_sum_head(__u64 origin_sectors)
{
	return origin_sectors < BRAID_MAP_SUM_HEAD ? origin_sectors :
						     BRAID_MAP_SUM_HEAD;
}

#endif
