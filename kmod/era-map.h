/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The era map: for each block a "stamp", the era in which it last changed and
 * how, 0 if it never did since the map was made. 4 bytes a block and nothing
 * else, so that it can be shared by any number of consumers: each asks for the
 * blocks whose stamp is of an era above one of its own.
 *
 * A stamp is era << 2 | kind. The era of a stamp never falls. Within one era a
 * stronger kind replaces a weaker one, so that the answer doesn't depend on who
 * came first: written over suspect over discarded. Whoever writes a block that
 * is stamped with a later era already (both are on their way) leaves the era
 * as it is, but not a weaker kind: a discard never hides a write that may land
 * after it.
 *
 * Context: all but making and growing can be called from anywhere. A stamp is
 * changed by compare and exchange; there is no lock. Readers that must not miss
 * a stamp which is replaced under them look at the stamp first and then at the
 * bitmap of lost stamps (view.h); a writer sets the bit first.
 *
 * Pure: no bios and no I/O, see tests/era-map_kunit.c.
 */
#ifndef BRAID_ERA_MAP_H
#define BRAID_ERA_MAP_H

#include <linux/types.h>
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/compiler.h>

/* How a block changed; what a stamp says on disk as well. */
enum era_kind {
	ERA_WRITTEN,
	ERA_DISCARDED,		/* all of it, and nothing else in that era */
	ERA_SUSPECT,		/* it may have changed: compare */
	ERA_RESERVED,		/* to be taken for suspect */
};

#define ERA_KIND_BITS	2

/* Above every era: "up to now". The last era that can be closed is below it. */
#define ERA_NOW		U32_MAX
#define ERA_LAST	((U32_MAX >> ERA_KIND_BITS) - 2)

struct era_map {
	u32 nr_blocks;
	u32 stamps[];
};

/* Blocks @block to @block + @count - 1, all of one kind. */
struct era_extent {
	u32 block;
	u32 count;
	enum era_kind kind;
};

static inline u32 era_stamp(u32 era, enum era_kind kind)
{
	return era << ERA_KIND_BITS | kind;
}

static inline u32 era_of(u32 stamp)
{
	return stamp >> ERA_KIND_BITS;
}

static inline enum era_kind era_kind(u32 stamp)
{
	return stamp & ((1U << ERA_KIND_BITS) - 1);
}

/* Is @kind as strong as @other, or stronger? */
static inline bool era_kind_covers(enum era_kind kind, enum era_kind other)
{
	return kind == ERA_WRITTEN || (other != ERA_WRITTEN && kind >= other);
}

/* Does a block's stamp say all that a change with stamp @want has to say? */
static inline bool era_stamp_covers(u32 stamp, u32 want)
{
	return likely(stamp == want) ||
	       (era_of(stamp) >= era_of(want) &&
		era_kind_covers(era_kind(stamp), era_kind(want)));
}

/**
 * era_stamp_merge() - what a stamp becomes by a change
 * @stamp: the block's stamp, which doesn't cover @want
 * @want: the stamp of the change alone
 */
static inline u32 era_stamp_merge(u32 stamp, u32 want)
{
	if (era_of(stamp) < era_of(want))
		return want;
	return era_stamp(era_of(stamp), era_kind(want));
}

struct era_map *era_map_create(u32 nr_blocks);
void era_map_destroy(struct era_map *map);
void era_map_copy(struct era_map *to, const struct era_map *from, u32 era);

u32 era_map_first_open(const struct era_map *map, u32 block, u32 end, u32 want);
bool era_map_changed(const struct era_map *map, const unsigned long *lost,
		     u32 block, u32 since, u32 upto, enum era_kind *kind);
bool era_map_next(const struct era_map *map, const unsigned long *lost,
		  u32 since, u32 upto, u32 from, u32 end,
		  struct era_extent *extent);

static inline u32 era_map_stamp(const struct era_map *map, u32 block)
{
	return READ_ONCE(map->stamps[block]);
}

/* The era in which a block last changed. */
static inline u32 era_map_era(const struct era_map *map, u32 block)
{
	return era_of(era_map_stamp(map, block));
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
static inline bool era_map_raise(struct era_map *map, u32 block, u32 stamp,
				 u32 want)
{
	return cmpxchg(&map->stamps[block], stamp,
		       era_stamp_merge(stamp, want)) == stamp;
}

#endif
