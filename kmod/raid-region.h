/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The regions in which an array keeps account of redundancy. All have the same
 * size, a power of two of sectors of the members' data, but for the last. The
 * size is the smallest for which the log needs no more than one page. Pure.
 */
#ifndef BRAID_RAID_REGION_H
#define BRAID_RAID_REGION_H

#include <linux/types.h>

#include "dm-braid-disk.h"

/**
 * struct raid_regions - how members are divided
 * @sectors: what each member holds
 * @shift: log2 of a region's size in sectors
 * @count: how many there are
 */
struct raid_regions {
	u64 sectors;
	u32 shift;
	u32 count;
};

void raid_regions_init(struct raid_regions *regions, u64 sectors);

static inline u32 raid_region_of(const struct raid_regions *regions,
				 u64 sector)
{
	return sector >> regions->shift;
}

static inline u64 raid_region_begin(const struct raid_regions *regions,
				    u32 region)
{
	return (u64)region << regions->shift;
}

/* The sector after its last. */
static inline u64 raid_region_end(const struct raid_regions *regions,
				  u32 region)
{
	u64 end = (u64)(region + 1) << regions->shift;

	return end < regions->sectors ? end : regions->sectors;
}

#endif
