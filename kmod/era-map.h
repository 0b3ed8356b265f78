/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The era map: for each block a "stamp", the era in which it last changed and
 * how, 0 if it never did since the map was made. Nothing else, so that it can be
 * shared by any number of consumers: each asks for the blocks whose stamp is of an
 * era above one of its own.
 *
 * A stamp is era << 2 | kind. The era of a stamp never falls. Within one era a
 * stronger kind replaces a weaker one, so that the answer doesn't depend on who
 * came first: written over suspect over discarded. Whoever writes a block that
 * is stamped with a later era already (both are on their way) leaves the era
 * as it is, but not a weaker kind: a discard never hides a write that may land
 * after it.
 *
 * Three stamps are packed into 8 bytes: of the era the lowest ERA_BITS are kept.
 * They tell ERA_SPAN eras apart, from the map's "floor" on, so that no stamp may
 * be of an era below it, nor of one that is ERA_SPAN above. Long before an era
 * comes that is too high (era_map_is_due()) the floor is raised: stamps below the
 * new one are lifted to it. What changed since an era from the new floor on is
 * known as exactly as before; since an earlier one it isn't known any more, which
 * "oldest" tells before the first stamp is lifted.
 *
 * Context: all but making, setting, raising the floor and growing can be called
 * from anywhere, in an RCU read-side section or where nobody raises the floor: no
 * two eras may be closed between a look at the floor and one at a stamp. A stamp is
 * changed by compare and exchange; there is no lock. Readers that must not miss
 * a stamp which is replaced under them look at the stamp first and then at the
 * bitmap of lost stamps (view.h); a writer sets the bit first.
 *
 * Pure: no bios and no I/O, see tests/era-map_kunit.c.
 */
#ifndef BRAID_ERA_MAP_H
#define BRAID_ERA_MAP_H

#include <linux/atomic.h>
#include <linux/build_bug.h>
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/types.h>

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

/* Of an era, in a stamp that is packed. Tests take fewer. */
#ifndef ERA_BITS
#define ERA_BITS	19
#endif
#define ERA_SPAN	((u32)BIT(ERA_BITS))
#define ERA_KEPT	(ERA_SPAN / 4 * 3)	/* below the newest, at least */
#define ERA_AHEAD	(ERA_SPAN / 8)	/* of what a loaded map knows, at most */

#define ERA_PACKED_BITS	(ERA_BITS + ERA_KIND_BITS)
#define ERA_PER_WORD	3U
static_assert(ERA_PACKED_BITS * ERA_PER_WORD <= 64);

struct era_map {
	u32 nr_blocks;
	u32 floor;		/* no stamp is of an era below */
	u32 oldest;		/* since which it is known what changed */
	atomic64_t words[];
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

/*
 * A stamp as it is packed: 0 if the block never changed, else the kind and 1, so
 * that no era looks like that.
 */
static inline u32 era_pack(u32 stamp)
{
	u32 kind = era_kind(stamp);

	if (!stamp)
		return 0;
	if (kind > ERA_SUSPECT)
		kind = ERA_SUSPECT;
	return (era_of(stamp) & (ERA_SPAN - 1)) << ERA_KIND_BITS | (kind + 1);
}

static inline u32 era_unpack(u32 packed, u32 floor)
{
	u32 above = ((packed >> ERA_KIND_BITS) - floor) & (ERA_SPAN - 1);

	return packed ? era_stamp(floor + above, era_kind(packed) - 1) : 0;
}

static inline unsigned int era_shift(u32 block)
{
	return block % ERA_PER_WORD * ERA_PACKED_BITS;
}

/* The packed stamp of a block. */
static inline u32 era_map_packed(const struct era_map *map, u32 block)
{
	u64 word = atomic64_read(&map->words[block / ERA_PER_WORD]);

	return word >> era_shift(block) & ((1U << ERA_PACKED_BITS) - 1);
}

struct era_map *era_map_create(u32 nr_blocks);
void era_map_destroy(struct era_map *map);
void era_map_copy(struct era_map *to, const struct era_map *from, u32 era);
void era_map_begin(struct era_map *map, u32 era);
void era_map_set(struct era_map *map, u32 block, u32 stamp);
bool era_map_raise(struct era_map *map, u32 block, u32 stamp, u32 want);
void era_map_forget(struct era_map *map, u32 floor);

u32 era_map_first_open(const struct era_map *map, u32 block, u32 end, u32 want);
bool era_map_changed(const struct era_map *map, const unsigned long *lost,
		     u32 block, u32 since, u32 upto, enum era_kind *kind);
bool era_map_next(const struct era_map *map, const unsigned long *lost,
		  u32 since, u32 upto, u32 from, u32 end,
		  struct era_extent *extent);

static inline u32 era_map_stamp(const struct era_map *map, u32 block)
{
	/* whoever sees a new floor sees all that was lifted to it */
	u32 floor = smp_load_acquire(&map->floor);

	return era_unpack(era_map_packed(map, block), floor);
}

/* The era in which a block last changed. */
static inline u32 era_map_era(const struct era_map *map, u32 block)
{
	return era_of(era_map_stamp(map, block));
}

/* How high the floor may be when this era is the newest that was closed. */
static inline u32 era_floor(u32 era)
{
	return era > ERA_KEPT ? era - ERA_KEPT : 0;
}

/* Must the floor be raised to that before the next era is closed? */
static inline bool era_map_is_due(const struct era_map *map, u32 era)
{
	return era - READ_ONCE(map->floor) >= ERA_KEPT + ERA_SPAN / 8;
}

#endif
