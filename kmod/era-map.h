/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The era map: for each block, the era in which it was last written ("stamp"),
 * 0 if it never was since the map was made. 4 bytes a block and nothing else,
 * so that it can be shared by any number of consumers: each asks for the
 * blocks whose stamp is above an era of its own.
 *
 * Context: all but making and growing can be called from anywhere. A stamp only
 * ever rises, by compare and exchange; there is no lock. Readers that must not
 * miss a stamp which is replaced under them look at the stamp first and then at
 * the bitmap of lost stamps (view.h); a writer sets the bit first.
 *
 * Pure: no bios and no I/O, see tests/era-map_kunit.c.
 */
#ifndef BRAID_ERA_MAP_H
#define BRAID_ERA_MAP_H

#include <linux/types.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>

/* Above every era: "up to now". The last era that can be closed is below it. */
#define ERA_NOW		U32_MAX
#define ERA_LAST	(U32_MAX - 2)

struct era_map {
	u32 nr_blocks;
	u32 stamps[];
};

/* Blocks @block to @block + @count - 1. */
struct era_extent {
	u32 block;
	u32 count;
};

struct era_map *era_map_create(u32 nr_blocks);
void era_map_destroy(struct era_map *map);
void era_map_copy(struct era_map *to, const struct era_map *from, u32 era);

u32 era_map_first_below(const struct era_map *map, u32 block, u32 end, u32 era);
bool era_map_changed(const struct era_map *map, const unsigned long *lost,
		     u32 block, u32 since, u32 upto);
bool era_map_next(const struct era_map *map, const unsigned long *lost,
		  u32 since, u32 upto, u32 from, u32 end,
		  struct era_extent *extent);

static inline u32 era_map_stamp(const struct era_map *map, u32 block)
{
	return READ_ONCE(map->stamps[block]);
}

/**
 * era_map_raise() - replace a stamp by a higher one
 * @map: the map
 * @block: the block, in range
 * @stamp: the stamp that was seen
 * @era: the stamp to come
 *
 * A full barrier: what was stored before is seen by whoever sees the new stamp.
 *
 * Return: whether the stamp was still @stamp; if not, look again.
 */
static inline bool era_map_raise(struct era_map *map, u32 block, u32 stamp,
				 u32 era)
{
	return cmpxchg(&map->stamps[block], stamp, era) == stamp;
}

#endif
