/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules of a mirror: which leg serves a read, and what the failure of some
 * legs means for a write and for the legs. Pure: the caller holds whatever
 * keeps its arguments still.
 *
 * Sets of legs are bit masks, bit n is slot n. A leg is live when it holds
 * every write that was acknowledged. The set of live legs is never empty:
 * there is always a last leg, and its errors are the array's errors.
 */
#ifndef BRAID_RAID_LEGS_H
#define BRAID_RAID_LEGS_H

#include <linux/types.h>

/* Those of the largest mirror, and a twin (raid.h). */
#define RAID_LEGS_MAX	9U

/*
 * With no leg on spinning disks, a sequential stream leaves its leg once that
 * has this many more reads waiting than the idlest one.
 */
#define RAID_LEGS_LEAD	4U

/**
 * struct raid_legs_load - what is known of the legs when a read is placed
 * @live: the legs that may be read
 * @rotational: some live leg is a spinning disk
 * @next: for each leg, the sector after the last one that was read
 * @pending: for each leg, reads in flight
 */
struct raid_legs_load {
	unsigned long live;
	bool rotational;
	sector_t next[RAID_LEGS_MAX];
	unsigned int pending[RAID_LEGS_MAX];
};

/**
 * struct raid_legs_write - a write that is done on all legs, not all well
 * @live: the legs that are live now
 * @sent: the legs that it was sent to
 * @failed: those that failed it
 * @refused: those of @failed that did not even try (an operation that the
 *	device doesn't know): their content is as before
 * @gone: those of @failed whose device is no longer there
 * @rebuilt: legs that are being rebuilt, none of them live
 */
struct raid_legs_write {
	unsigned long live;
	unsigned long sent;
	unsigned long failed;
	unsigned long refused;
	unsigned long gone;
	unsigned long rebuilt;
};

/**
 * struct raid_legs_verdict - what to do about such a write
 * @drop: legs to drop before the write is acknowledged
 * @good: the write is on at least one leg that stays live
 */
struct raid_legs_verdict {
	unsigned long drop;
	bool good;
};

unsigned int raid_legs_choose(const struct raid_legs_load *load,
			      sector_t sector);
struct raid_legs_verdict raid_legs_judge(const struct raid_legs_write *write);

#endif
