// SPDX-License-Identifier: GPL-2.0-only
/*
 * How fast resync and rebuild may go; see the header.
 */
#include <linux/kernel.h>
#include <linux/math64.h>

#include "raid-pace.h"

/**
 * raid_pace_start() - begin to work
 * @pace: the pace; @min and @max are set
 * @now: the time in milliseconds
 */
void raid_pace_start(struct raid_pace *pace, u64 now)
{
	pace->rate = pace->max;
	pace->begin = now;
	pace->sectors = 0;
}

/**
 * raid_pace_delay() - some was done: for how long is there to be a rest?
 * @pace: the pace
 * @now: the time in milliseconds
 * @sectors: what was done since the last call
 * @busy: somebody else uses the array
 *
 * Return: milliseconds.
 */
u32 raid_pace_delay(struct raid_pace *pace, u64 now, u32 sectors, bool busy)
{
	u32 rate = busy ? min(pace->min, pace->max) : pace->max;
	u64 due, spent;

	if (rate != pace->rate) {
		pace->rate = rate;
		pace->begin = now;
		pace->sectors = 0;
	}
	pace->sectors += sectors;
	due = div_u64(pace->sectors * 500, max(rate, 1U));
	spent = now - pace->begin;
	if (spent < due)
		return min_t(u64, due - spent, U32_MAX);
	if (spent >= RAID_PACE_WINDOW_MS) {
		pace->begin = now;
		pace->sectors = 0;
	}
	return 0;
}
