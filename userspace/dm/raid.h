/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braid-raid from userspace: its table line and its status line. */
#ifndef DM_RAID_H
#define DM_RAID_H

#include <stddef.h>
#include <stdint.h>

#include "dm-braid.h"
#include "dm/device.h"
#include "err/err.h"

#define DM_RAID_MEMBERS_MAX BRAID_RAID0_MEMBERS_MAX
#define DM_RAID_UUID_SIZE 37
#define DM_RAID_LINE_SIZE (128 + DM_RAID_MEMBERS_MAX * (DM_DEV_PATH_SIZE + 12))

enum dm_raid_level {
	DM_RAID0,
	DM_RAID1,
	DM_RAID5_LS, /* how data and parity are dealt, as dm-raid says it */
	DM_RAID5_LA,
	DM_RAID5_RS,
	DM_RAID5_RA,
};

struct dm_raid_table {
	enum dm_raid_level level;
	uint32_t chunk_sectors; /* 0: a mirror without chunks */
	unsigned int nr_members;
	char members[DM_RAID_MEMBERS_MAX][DM_DEV_PATH_SIZE]; /* "-": missing */
	bool failed[DM_RAID_MEMBERS_MAX]; /* there, but not to be trusted */
	char uuid[DM_RAID_UUID_SIZE]; /* "": no superblocks */
};

struct dm_raid_status {
	char level[16];
	unsigned int nr_members;
	/* of each member: A in sync, a not yet, D dead, - missing */
	char health[DM_RAID_MEMBERS_MAX + 1];
	uint64_t synced, total; /* sectors */
	char action[16];
	uint64_t mismatches;
	int twin_of; /* the slot whose member is being replaced; -1: none */
	char twin_health; /* of the new one: a, D */
	uint64_t twin_done; /* sectors that were copied to it */
};

const char *dm_raid_level_name(enum dm_raid_level level);
/* "raid5" is DM_RAID5_LS, too. */
bool dm_raid_level_of(const char *name, enum dm_raid_level *level);
bool dm_raid_is_raid5(enum dm_raid_level level);

/* How superblocks say it: a number, and for RAID 5 one of BRAID_LAYOUT_... */
uint32_t dm_raid_layout(enum dm_raid_level level);
bool dm_raid_level_of_number(uint32_t number, uint32_t layout,
			     enum dm_raid_level *level);

/* How many members an array may have, and how many of them may be missing. */
unsigned int dm_raid_members_min(enum dm_raid_level level);
unsigned int dm_raid_members_max(enum dm_raid_level level);
unsigned int dm_raid_missing_max(const struct dm_raid_table *table);

/* How many members are gone and how many more may go before data is lost. */
unsigned int dm_raid_lost(const struct dm_raid_status *status);
int dm_raid_spare(const struct dm_raid_status *status);

/*
 * The largest array that members of @smallest sectors each make; 0 if none.
 */
uint64_t dm_raid_sectors(const struct dm_raid_table *table, uint64_t smallest);

/* The parameters of a table line. Return: 0, -EINVAL or -ENAMETOOLONG. */
int dm_raid_table_format(const struct dm_raid_table *table, char *line,
			 size_t size);
int dm_raid_table_parse(const char *line, struct dm_raid_table *table);

/* Return: 0 or -EPROTO. */
int dm_raid_status_parse(const char *line, struct dm_raid_status *status);

int dm_raid_create(const char *name, const struct dm_raid_table *table,
		   uint64_t sectors, struct err *error);
/* @sectors receives the array's size, if it isn't NULL. */
int dm_raid_status(const char *name, struct dm_raid_status *status,
		   uint64_t *sectors, struct err *error);
int dm_raid_table(const char *name, struct dm_raid_table *table,
		  struct err *error);

#endif
