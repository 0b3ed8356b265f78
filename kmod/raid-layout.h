/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a sector of a striped array is. Pure arithmetic: no state, no locks,
 * callable from any context. All sectors are relative to the start of the
 * target or of the member's data.
 *
 *	chunk		0   1   2   3   4   5 ...	of the array
 *	member		0   1   2   0   1   2		chunk % members
 *	row		0   0   0   1   1   1		chunk / members
 *
 * A chunk of row r starts at sector r * chunk_sectors of its member. A run of
 * the array's sectors therefore covers one run on each member, which is what
 * raid_layout_range() gives: discards of any length are one bio a member.
 */
#ifndef BRAID_RAID_LAYOUT_H
#define BRAID_RAID_LAYOUT_H

#include <linux/types.h>

/**
 * struct raid_layout - the shape of a striped array
 * @members: number of members, at least 1
 * @chunk_shift: log2 of the chunk size in sectors
 */
struct raid_layout {
	unsigned int members;
	unsigned int chunk_shift;
};

/**
 * struct raid_place - a sector on a member
 * @member: the member's slot
 * @sector: sector in the member's data
 */
struct raid_place {
	unsigned int member;
	sector_t sector;
};

/**
 * struct raid_range - a run of sectors on one member
 * @begin: first sector
 * @end: sector after the last; equal to @begin if the run is empty
 */
struct raid_range {
	sector_t begin;
	sector_t end;
};

struct raid_place raid_layout_place(const struct raid_layout *layout,
				    sector_t sector);
sector_t raid_layout_sector(const struct raid_layout *layout,
			    struct raid_place place);
struct raid_range raid_layout_range(const struct raid_layout *layout,
				    sector_t begin, sector_t end,
				    unsigned int member);

#endif
