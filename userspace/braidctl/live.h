/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A running array: what the kernel and its members' superblocks say of it. */
#ifndef BRAIDCTL_LIVE_H
#define BRAIDCTL_LIVE_H

#include "dm/raid-line.h"
#include "dm/raid.h"
#include "member/super.h"

struct live {
	char name[DM_DEV_NAME_SIZE];
	uint64_t sectors;
	struct dm_raid_status status;
	struct raid_line line;
	char uuid[DM_RAID_UUID_SIZE]; /* "": no superblocks */
	bool known; /* the next is of a member in use */
	struct braid_super truth;
};

/* Ask the kernel. 0 or a negative errno. */
int live_get(const char *name, struct live *live, struct err *error);

/*
 * Read the superblocks of the members that are in use, too; the newest counts.
 * Nothing is known if the array has none or if none can be read.
 */
void live_read(struct live *live);

/* What each member has to have at least, in sectors. */
uint64_t live_member_sectors(const struct live *live);

/**
 * live_slot() - the slot that a person means
 * @operand: a slot's number, or the path of a device
 * @slot: receives it
 *
 * Return: 0, or EXIT_FAILED after a complaint.
 */
int live_slot(const struct live *live, const char *operand, unsigned int *slot);

#endif
