/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether, where and how a device may join an array that lacks one. (pure) */
#ifndef BRAIDCTL_JOIN_H
#define BRAIDCTL_JOIN_H

#include "braidctl/live.h"

#define JOIN_ANY_SLOT (-1)

enum join_how {
	JOIN_REFUSED, /* join.why says why, behind the device's name */
	JOIN_SMALL, /* it lacks sectors */
	JOIN_BLANK, /* if nothing is found on it that might be needed */
	JOIN_OWN, /* what it holds is the array's own, and of no use any more */
	JOIN_READD, /* it was a member: only what changed need be copied */
};

struct join {
	enum join_how how;
	unsigned int slot;
	const char *why;
};

/*
 * The slot that a new device gets: the lowest that is missing, else the lowest
 * whose device is dead. Return: -1 if there is neither.
 */
int join_slot(const struct dm_raid_status *status);

/**
 * join_judge() - may this device become a member?
 * @live: the array; its superblocks were read
 * @found: what is on the device
 * @slot: the slot that it is to get, or JOIN_ANY_SLOT
 * @force: content that may be needed is given up
 */
struct join join_judge(const struct live *live, const struct super_found *found,
		       int slot, bool force);

#endif
