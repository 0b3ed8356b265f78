/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a member's superblock says, and whether it is to be believed. Pure: no
 * I/O and no state. The same file is compiled into the programs, so that the
 * kernel and braidctl judge alike.
 *
 * How stale members are recognised (P3). Each change of the array's state
 * raises events by one and is written to all members that are used, before
 * anything that depends on it is acknowledged. So
 *
 * - a member that the superblock with the most events calls lost is stale;
 * - a member that it calls used, but whose own events are one less, was left
 *   behind by a crash in the middle of such a change. Nothing was acknowledged
 *   that it doesn't hold;
 * - members that call one another lost each went on without the other. Their
 *   content has parted, and none of them is the right one. This is seen from
 *   "since": a stale member's events are less than those at which it was lost,
 *   unless it was used after that.
 *
 * A twin, the device to which a member is copied while that is in use, has a
 * superblock that says so, and whatever all others say, but in its own hand: it
 * is never the truth. It becomes the member with the superblock of another that
 * has its UUID in the slot; those are written before its own.
 */
#ifndef BRAID_RAID_SUPER_H
#define BRAID_RAID_SUPER_H

#include <asm/byteorder.h>

#include "dm-braid-disk.h"

#ifndef __KERNEL__
#include <stdbool.h>
#endif

/**
 * enum raid_super_fault - what is wrong with one member's superblock
 * @RAID_SUPER_GOOD: nothing
 * @RAID_SUPER_NONE: there is no superblock
 * @RAID_SUPER_TORN: no copy of it is whole
 * @RAID_SUPER_VERSION: it is of another version
 * @RAID_SUPER_INCOMPAT: it has an incompat feature that is not known
 * @RAID_SUPER_SHAPE: level, layout, chunk or counts can't be
 * @RAID_SUPER_PLACE: data and areas overlap or are nowhere
 * @RAID_SUPER_TABLE: the table of members can't be
 * @RAID_SUPER_NAME: the name can't be
 * @RAID_SUPER_HALF: "create" did not come to its end
 * @RAID_SUPER_SHORT: the device is too small
 * @RAID_SUPER_SPARE: good, but that of a spare: there is no data
 */
enum raid_super_fault {
	RAID_SUPER_GOOD,
	RAID_SUPER_NONE,
	RAID_SUPER_TORN,
	RAID_SUPER_VERSION,
	RAID_SUPER_INCOMPAT,
	RAID_SUPER_SHAPE,
	RAID_SUPER_PLACE,
	RAID_SUPER_TABLE,
	RAID_SUPER_NAME,
	RAID_SUPER_HALF,
	RAID_SUPER_SHORT,
	RAID_SUPER_SPARE,
};

/**
 * enum raid_super_verdict - what a member is to its array
 * @RAID_MEMBER_CURRENT: it holds all that was acknowledged
 * @RAID_MEMBER_STALE: the array went on without it
 * @RAID_MEMBER_PARTED: it went on without the others, and they without it
 * @RAID_MEMBER_REPLACED: its slot belongs to another member now
 * @RAID_MEMBER_TWICE: another device says the same of itself
 * @RAID_MEMBER_REBUILT: not all of it is rebuilt
 * @RAID_MEMBER_TWIN: a member that is to be replaced is being copied to it
 * @RAID_MEMBER_MISFIT: level, layout, chunk, sizes or offsets are others
 * @RAID_MEMBER_FOREIGN: it is a member of another array
 */
enum raid_super_verdict {
	RAID_MEMBER_CURRENT,
	RAID_MEMBER_STALE,
	RAID_MEMBER_PARTED,
	RAID_MEMBER_REPLACED,
	RAID_MEMBER_TWICE,
	RAID_MEMBER_REBUILT,
	RAID_MEMBER_TWIN,
	RAID_MEMBER_MISFIT,
	RAID_MEMBER_FOREIGN,
};

__u32 raid_super_sum(const struct braid_super *super);
bool raid_super_whole(const struct braid_super *super);
int raid_super_newest(const struct braid_super *odd,
		      const struct braid_super *even);
enum raid_super_fault raid_super_check(const struct braid_super *super,
				       __u64 sectors);
int raid_super_judge(const struct braid_super *const *supers,
		     unsigned int count, enum raid_super_verdict *verdicts);
const char *raid_super_fault_text(enum raid_super_fault fault);
const char *raid_super_verdict_text(enum raid_super_verdict verdict);

/* Is it of a device to which a member is copied? */
static inline bool raid_super_is_twin(const struct braid_super *super)
{
	return super->flags & __cpu_to_le32(BRAID_SUPER_TWIN);
}

/* Where the copy with this sequence is. */
static inline __u64 raid_super_sector(__u64 sequence)
{
	return sequence & 1 ? BRAID_SUPER_ODD_SECTOR : BRAID_SUPER_EVEN_SECTOR;
}

#endif
