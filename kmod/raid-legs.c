// SPDX-License-Identifier: GPL-2.0-only
/*
 * The rules of a mirror; see the header.
 */
#include <linux/bitmap.h>
#include <linux/kernel.h>

#include "raid-legs.h"

static sector_t distance(sector_t a, sector_t b)
{
	return a < b ? b - a : a - b;
}

/* Fewest reads waiting; among equals the one whose head is nearest. */
static unsigned int idlest(const struct raid_legs_load *load, sector_t sector)
{
	unsigned int best = __ffs(load->live);
	unsigned int slot;

	for_each_set_bit(slot, &load->live, RAID_LEGS_MAX) {
		if (load->pending[slot] > load->pending[best])
			continue;
		if (load->pending[slot] < load->pending[best] ||
		    distance(load->next[slot], sector) <
			    distance(load->next[best], sector))
			best = slot;
	}
	return best;
}

/**
 * raid_legs_choose() - choose the leg that serves a read
 * @load: the legs; @load->live is not empty
 * @sector: where the read starts
 *
 * A read that goes on where a leg's last one ended stays on that leg, so that
 * the disk's head and its read-ahead stay useful; solid-state legs give the
 * stream away when they fall behind. Any other read goes to the leg with the
 * fewest reads waiting.
 *
 * Return: a slot of @load->live.
 */
unsigned int raid_legs_choose(const struct raid_legs_load *load,
			      sector_t sector)
{
	unsigned int best = idlest(load, sector);
	unsigned int slot;

	for_each_set_bit(slot, &load->live, RAID_LEGS_MAX) {
		if (load->next[slot] != sector)
			continue;
		if (load->rotational ||
		    load->pending[slot] < load->pending[best] + RAID_LEGS_LEAD)
			return slot;
	}
	return best;
}

/**
 * raid_legs_judge() - decide about a write that failed on some legs
 * @write: the facts; @write->live is not empty
 *
 * Legs that failed a write which another live leg holds are stale: they go.
 * Success on a leg that was dropped meanwhile counts for nothing: whoever
 * acknowledged on its strength would lose the write.
 *
 * If no live leg holds the write, it has failed. Legs that refused it are as
 * they were before and stay. Otherwise each leg may hold any part of it, so
 * they may differ from one another: one stays, if possible one whose device is
 * still there, and is from now on the truth.
 *
 * A leg that is being rebuilt must not come to differ from those that are live:
 * it goes if it failed what they hold, or holds what they may not.
 *
 * Return: the verdict; at least one live leg is never in its drop set.
 */
struct raid_legs_verdict raid_legs_judge(const struct raid_legs_write *write)
{
	unsigned long failed = write->failed & write->live;
	unsigned long good = write->sent & write->live & ~write->failed;
	unsigned long rebuilt = write->rebuilt & write->sent;
	unsigned long stays;

	if (good)
		return (struct raid_legs_verdict){
			failed | (rebuilt & write->failed), true };
	rebuilt &= ~(write->failed & write->refused);
	if (!(failed & ~write->refused))
		return (struct raid_legs_verdict){ rebuilt, false };
	stays = failed & ~write->gone;
	if (!stays)
		stays = failed;
	return (struct raid_legs_verdict){
		(failed & ~BIT(__ffs(stays))) | rebuilt, false };
}
