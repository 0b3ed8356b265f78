// SPDX-License-Identifier: GPL-2.0-only
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "budget.h"
#include "era-map.h"

/**
 * era_map_create() - make a map in which no block was ever written
 * @nr_blocks: how many blocks
 *
 * Context: may sleep.
 * Return: the map, or NULL if there is no memory for it (budget.h).
 */
struct era_map *era_map_create(u32 nr_blocks)
{
	struct era_map *map = NULL;

	map = budget_zalloc(struct_size(map, stamps, nr_blocks));
	if (map)
		map->nr_blocks = nr_blocks;
	return map;
}

void era_map_destroy(struct era_map *map)
{
	if (map)
		budget_free(map, struct_size(map, stamps, map->nr_blocks));
}

/**
 * era_map_copy() - carry the stamps of a map over to a longer one
 * @to: the longer map
 * @from: the map so far; nobody raises stamps meanwhile
 * @era: the blocks that @from lacks count as written in it: what they hold is
 *	news to every consumer
 */
void era_map_copy(struct era_map *to, const struct era_map *from, u32 era)
{
	u32 block = from->nr_blocks;

	memcpy(to->stamps, from->stamps, flex_array_size(to, stamps, block));
	for (; block < to->nr_blocks; block++)
		to->stamps[block] = era_stamp(era, ERA_WRITTEN);
}

/**
 * era_map_first_open() - the first block that a change has something to say of
 * @map: the map
 * @block: where to begin
 * @end: where to stop
 * @want: the stamp of the change
 *
 * Return: the block, @end if there is none.
 */
u32 era_map_first_open(const struct era_map *map, u32 block, u32 end, u32 want)
{
	while (block < end && era_stamp_covers(era_map_stamp(map, block), want))
		block++;
	return block;
}

/**
 * era_map_changed() - did a block change in (since, upto]?
 * @map: the map
 * @lost: blocks whose stamp was in that interval and was replaced since, or NULL
 * @block: the block, in range
 * @since: the era before the interval
 * @upto: the last era of the interval
 * @kind: how, if it did; a lost stamp counts as written
 */
bool era_map_changed(const struct era_map *map, const unsigned long *lost,
		     u32 block, u32 since, u32 upto, enum era_kind *kind)
{
	/* the stamp first: pairs with the full barrier of era_map_raise() */
	u32 stamp = smp_load_acquire(&map->stamps[block]);

	if (since < era_of(stamp) && era_of(stamp) <= upto) {
		*kind = min(era_kind(stamp), ERA_SUSPECT);
		return true;
	}
	*kind = ERA_WRITTEN;
	return lost && test_bit(block, lost);
}

/**
 * era_map_next() - the next run of blocks that changed in the same way
 * @map: the map
 * @lost: as era_map_changed()
 * @since: as era_map_changed()
 * @upto: as era_map_changed()
 * @from: where to begin to look
 * @end: where to stop, at most the number of blocks of the map
 * @extent: the run; it may go on behind @end
 *
 * Return: whether there was one.
 */
bool era_map_next(const struct era_map *map, const unsigned long *lost,
		  u32 since, u32 upto, u32 from, u32 end,
		  struct era_extent *extent)
{
	enum era_kind kind;
	u32 block = from;

	while (block < end &&
	       !era_map_changed(map, lost, block, since, upto, &kind))
		block++;
	if (block == end)
		return false;

	extent->block = block++;
	extent->kind = kind;
	while (block < end &&
	       era_map_changed(map, lost, block, since, upto, &kind) &&
	       kind == extent->kind)
		block++;
	extent->count = block - extent->block;
	return true;
}
