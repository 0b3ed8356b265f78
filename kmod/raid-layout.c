// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a sector of a striped array is; see the header.
 */
#include <linux/kernel.h>
#include <linux/math64.h>

#include "raid-layout.h"

static sector_t chunk_offset(const struct raid_layout *layout, sector_t sector)
{
	return sector & ((1ULL << layout->chunk_shift) - 1);
}

/**
 * raid_layout_place() - find an array's sector on its member
 * @layout: the array's shape
 * @sector: sector of the array
 *
 * Return: the member and the sector in its data.
 */
struct raid_place raid_layout_place(const struct raid_layout *layout,
				    sector_t sector)
{
	struct raid_place place;
	u64 row;
	u32 slot;

	row = div_u64_rem(sector >> layout->chunk_shift, layout->members,
			  &slot);
	place.member = slot;
	place.sector = (row << layout->chunk_shift) +
		       chunk_offset(layout, sector);
	return place;
}

/**
 * raid_layout_sector() - the inverse of raid_layout_place()
 * @layout: the array's shape
 * @place: a sector of a member
 *
 * Return: the array's sector that is kept there.
 */
sector_t raid_layout_sector(const struct raid_layout *layout,
			    struct raid_place place)
{
	u64 row = place.sector >> layout->chunk_shift;
	u64 chunk = row * layout->members + place.member;

	return (chunk << layout->chunk_shift) +
	       chunk_offset(layout, place.sector);
}

/* How many of the array's first @sector sectors are on @member. */
static sector_t sectors_before(const struct raid_layout *layout,
			       sector_t sector, unsigned int member)
{
	struct raid_place place = raid_layout_place(layout, sector);
	sector_t row = place.sector - chunk_offset(layout, place.sector);

	if (member < place.member)
		return row + (1ULL << layout->chunk_shift);
	if (member > place.member)
		return row;
	return place.sector;
}

/**
 * raid_layout_range() - one member's share of a run of sectors
 * @layout: the array's shape
 * @begin: first sector of the array's run
 * @end: sector after the last
 * @member: the member's slot
 *
 * Return: the run on @member; empty if none of the sectors is there.
 */
struct raid_range raid_layout_range(const struct raid_layout *layout,
				    sector_t begin, sector_t end,
				    unsigned int member)
{
	return (struct raid_range){
		.begin = sectors_before(layout, begin, member),
		.end = sectors_before(layout, end, member),
	};
}
