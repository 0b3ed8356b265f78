/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How fast resync and rebuild may go: with a maximum while nobody else uses the
 * array, with a minimum while somebody does; slower only if the members are. Pure:
 * the caller says what time it is.
 *
 * What was done is compared with what the rate allows since the beginning of a
 * window. A window ends after RAID_PACE_WINDOW_MS, or when the rate changes, so
 * that time lost long ago isn't made up for.
 */
#ifndef BRAID_RAID_PACE_H
#define BRAID_RAID_PACE_H

#include <linux/types.h>

#define RAID_PACE_MIN		1000U	/* KiB/s, as md's */
#define RAID_PACE_MAX		200000U
#define RAID_PACE_WINDOW_MS	3000U

/**
 * struct raid_pace - the pace of one array's work
 * @min: KiB/s while the array is in use
 * @max: KiB/s while it isn't
 * @rate: which of them holds in this window
 * @begin: when it began, in milliseconds
 * @sectors: what was done in it
 */
struct raid_pace {
	u32 min;
	u32 max;
	u32 rate;
	u64 begin;
	u64 sectors;
};

void raid_pace_start(struct raid_pace *pace, u64 now);
u32 raid_pace_delay(struct raid_pace *pace, u64 now, u32 sectors, bool busy);

#endif
