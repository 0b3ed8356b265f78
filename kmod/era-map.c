// SPDX-License-Identifier: GPL-2.0-only
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "budget.h"
#include "era-map.h"

/* As many blocks are lifted before others get the CPU. */
#define ERA_MAP_STRIDE	65536U

static u32 era_map_words(u32 nr_blocks)
{
	return nr_blocks / ERA_PER_WORD + 1;
}

static size_t era_map_size(const struct era_map *map, u32 nr_blocks)
{
	return struct_size(map, words, era_map_words(nr_blocks));
}

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

	map = budget_zalloc(era_map_size(map, nr_blocks));
	if (map)
		map->nr_blocks = nr_blocks;
	return map;
}

void era_map_destroy(struct era_map *map)
{
	if (map)
		budget_free(map, era_map_size(map, map->nr_blocks));
}

/**
 * era_map_copy() - carry the stamps of a map over to a longer one
 * @to: the longer map
 * @from: the map so far; nobody raises stamps or the floor meanwhile
 * @era: the blocks that @from lacks count as written in it: what they hold is
 *	news to every consumer
 */
void era_map_copy(struct era_map *to, const struct era_map *from, u32 era)
{
	u32 block = from->nr_blocks;

	to->floor = from->floor;
	to->oldest = from->oldest;
	memcpy(to->words, from->words,
	       flex_array_size(to, words, era_map_words(block)));
	for (; block < to->nr_blocks; block++)
		era_map_set(to, block, era_stamp(era, ERA_WRITTEN));
}

/**
 * era_map_begin() - let the eras of a new map be others than the first
 * @map: the map, in which nothing is set
 * @era: the newest that was closed; stamps may be ERA_AHEAD above it
 */
void era_map_begin(struct era_map *map, u32 era)
{
	map->floor = era_floor(era);
	map->oldest = map->floor;
}

/**
 * era_map_set() - give a block any stamp
 * @map: the map, which nobody else uses
 * @block: the block, in range
 * @stamp: the stamp; below the floor it is lifted to that
 */
void era_map_set(struct era_map *map, u32 block, u32 stamp)
{
	atomic64_t *word = &map->words[block / ERA_PER_WORD];
	u32 was = era_map_packed(map, block);

	if (stamp && era_of(stamp) < map->floor)
		stamp = era_stamp(map->floor, era_kind(stamp));
	atomic64_set(word, atomic64_read(word) ^ (u64)(was ^ era_pack(stamp))
							 << era_shift(block));
}

/* Exchange a packed stamp. Return: whether it was still @was. A full barrier if so. */
static bool era_map_exchange(struct era_map *map, u32 block, u32 was, u32 is)
{
	atomic64_t *word = &map->words[block / ERA_PER_WORD];
	u64 change = (u64)(was ^ is) << era_shift(block);
	s64 old = atomic64_read(word);

	do {
		/* a neighbour may have changed, which means nothing */
		if (((u64)old >> era_shift(block) &
		     ((1U << ERA_PACKED_BITS) - 1)) != was)
			return false;
	} while (!atomic64_try_cmpxchg(word, &old, old ^ change));
	return true;
}

/**
 * era_map_raise() - replace a stamp
 * @map: the map
 * @block: the block, in range
 * @stamp: the stamp that was seen
 * @want: the stamp of the change, which @stamp doesn't cover
 *
 * A full barrier: what was stored before is seen by whoever sees the new stamp.
 *
 * Return: whether the stamp was still @stamp; if not, look again.
 */
bool era_map_raise(struct era_map *map, u32 block, u32 stamp, u32 want)
{
	return era_map_exchange(map, block, era_pack(stamp),
				era_pack(era_stamp_merge(stamp, want)));
}

/* Lift a block's stamp to the floor that is going to be, if it is below. */
static void era_map_lift(struct era_map *map, u32 block, u32 floor)
{
	u32 stamp;

	do {
		stamp = era_map_stamp(map, block);
		if (!stamp || era_of(stamp) >= floor)
			return;
	} while (!era_map_exchange(map, block, era_pack(stamp),
				   era_pack(era_stamp(floor,
						      era_kind(stamp)))));
}

/**
 * era_map_forget() - raise the floor
 * @map: the map; stamps are raised meanwhile
 * @floor: the new one: an era of which no stamp will be raised any more
 *
 * Nobody needs to know any longer what changed since an era below, nor will any
 * consumer be told.
 *
 * Context: one at a time, and nobody grows the map; may sleep.
 */
void era_map_forget(struct era_map *map, u32 floor)
{
	u32 block;

	/* whoever sees a stamp that was lifted sees that it may have been */
	WRITE_ONCE(map->oldest, floor);
	smp_mb();
	for (block = 0; block < map->nr_blocks; block++) {
		era_map_lift(map, block, floor);
		if (!(block % ERA_MAP_STRIDE))
			cond_resched();
	}
	/* pairs with era_map_stamp() */
	smp_store_release(&map->floor, floor);
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
	u32 packed = era_pack(want);

	while (block < end &&
	       (likely(era_map_packed(map, block) == packed) ||
		era_stamp_covers(era_map_stamp(map, block), want)))
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
	u32 stamp = era_map_stamp(map, block);

	/* the stamp first: pairs with the full barrier of era_map_raise() */
	smp_rmb();
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
