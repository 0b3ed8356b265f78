/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The members of one array that were found, and whether it can be started from
 * them. Pure: no device is looked at.
 */
#ifndef MEMBER_SET_H
#define MEMBER_SET_H

#include "member/super.h"

#define SET_MAX 256 /* devices of one array that are looked at */

/**
 * struct set - the members of one array
 * @count: how many were found
 * @super: their superblocks, each without a fault; not the set's own
 * @verdict: what each is to the array
 * @fresh: the one that knows most
 * @chosen: by slot, the one to use; -1 if there is none
 * @rebuilt: how many of these are being rebuilt: they hold no data yet
 * @lost: slots without one that holds data, of which the array knew before
 * @missing: slots without one that the newest superblock calls used
 * @clean: the array was stopped as it should be
 * @synced: redundancy was established everywhere
 * @logged: if it was not stopped, its partial parity log puts that right
 */
struct set {
	unsigned int count;
	const struct braid_super *super[SET_MAX];
	enum raid_super_verdict verdict[SET_MAX];
	unsigned int fresh;
	int chosen[BRAID_SUPER_SLOTS];
	unsigned int rebuilt, lost, missing;
	bool clean;
	bool synced;
	bool logged;
};

/* Fill in everything behind @super. At least one must be there. */
void set_judge(struct set *set);

/* Of how many members the array can do without. */
unsigned int set_spare(const struct set *set);

#endif
