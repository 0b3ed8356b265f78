// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where a sector of a RAID 5 array is; see the header.
 */
#include <linux/kernel.h>
#include <linux/math64.h>

#include "raid5-layout.h"

#define RIGHT		1
#define ASYMMETRIC	2

/**
 * raid5_layout_place() - find an array's sector in its stripe
 * @layout: the array's shape
 * @sector: sector of the array
 *
 * Return: the place; it is at sector (stripe << chunk_shift) + offset of the
 * member that raid5_layout_slot() names.
 */
struct raid5_place raid5_layout_place(const struct raid5_layout *layout,
				      sector_t sector)
{
	struct raid5_place place;
	u32 disk;

	place.stripe = div_u64_rem(sector >> layout->chunk_shift,
				   layout->members - 1, &disk);
	place.disk = disk;
	place.offset = sector & ((1U << layout->chunk_shift) - 1);
	return place;
}

/**
 * raid5_layout_sector() - the inverse of raid5_layout_place()
 * @layout: the array's shape
 * @place: a place of data
 *
 * Return: the array's sector that is kept there.
 */
sector_t raid5_layout_sector(const struct raid5_layout *layout,
			     struct raid5_place place)
{
	u64 chunk = place.stripe * (layout->members - 1) + place.disk;

	return (chunk << layout->chunk_shift) + place.offset;
}

/**
 * raid5_layout_parity() - where a stripe's parity is
 * @layout: the array's shape
 * @stripe: the stripe
 *
 * Return: the member's slot.
 */
unsigned int raid5_layout_parity(const struct raid5_layout *layout, u64 stripe)
{
	u32 turn;

	div_u64_rem(stripe, layout->members, &turn);
	return layout->algorithm & RIGHT ? turn : layout->members - 1 - turn;
}

/**
 * raid5_layout_slot() - where a data disk of a stripe is
 * @layout: the array's shape
 * @parity: the slot of the stripe's parity
 * @disk: the data disk
 *
 * Return: the member's slot.
 */
unsigned int raid5_layout_slot(const struct raid5_layout *layout,
			       unsigned int parity, unsigned int disk)
{
	unsigned int slot;

	if (layout->algorithm & ASYMMETRIC)
		return disk < parity ? disk : disk + 1;
	slot = parity + 1 + disk;
	return slot < layout->members ? slot : slot - layout->members;
}

/**
 * raid5_layout_disk() - the inverse of raid5_layout_slot()
 * @layout: the array's shape
 * @parity: the slot of the stripe's parity
 * @slot: another member's slot
 *
 * Return: the data disk that is there.
 */
unsigned int raid5_layout_disk(const struct raid5_layout *layout,
			       unsigned int parity, unsigned int slot)
{
	if (layout->algorithm & ASYMMETRIC)
		return slot < parity ? slot : slot - 1;
	return slot > parity ? slot - parity - 1 :
			       slot + layout->members - parity - 1;
}
