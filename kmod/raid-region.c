// SPDX-License-Identifier: GPL-2.0-only
/*
 * The regions in which an array keeps account of redundancy; see the header.
 */
#include "raid-region.h"

/**
 * raid_regions_init() - divide members
 * @regions: filled in
 * @sectors: what each member holds, at least 1
 */
void raid_regions_init(struct raid_regions *regions, u64 sectors)
{
	regions->sectors = sectors;
	regions->shift = BRAID_LOG_SHIFT_MIN;
	while (((sectors - 1) >> regions->shift) >= BRAID_LOG_REGIONS_MAX)
		regions->shift++;
	regions->count = ((sectors - 1) >> regions->shift) + 1;
}
