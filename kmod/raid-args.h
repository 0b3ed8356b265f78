/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table line of braid-raid, as words. Parsing opens no device and
 * allocates nothing, so every rule about the words can be tested by itself;
 * what is to be said about the devices is raid-members.c's.
 */
#ifndef BRAID_RAID_ARGS_H
#define BRAID_RAID_ARGS_H

#include <linux/bitmap.h>
#include <linux/types.h>
#include <linux/uuid.h>

#include "dm-braid.h"
#include "raid5-layout.h"

enum raid_level_id {
	RAID_LEVEL_0,
	RAID_LEVEL_1,
	RAID_LEVEL_5,
};

/**
 * struct raid_args - a table line that is well formed
 * @level: the RAID level
 * @algorithm: how raid5 deals data and parity to the members
 * @chunk: chunk size in sectors; 0 where the level has no chunks
 * @members: number of slots
 * @failed: slots whose member must not be used ("failed <slot>")
 * @readd: slots whose member lacks only what the log marks ("readd <slot>")
 * @replaced: slots whose device was the twin of the one before ("replaced <slot>")
 * @twin: the word that names the device that a member is copied to, or NULL
 * @twin_of: the slot of that member ("replace <slot> <dev>")
 * @superblock: the members have superblocks ("superblock <uuid>")
 * @uuid: those of the array with this UUID
 * @rebuild: slots whose member is to be filled ("rebuild <slot>")
 * @grow: the members' superblocks may say that less of them is used ("grow")
 * @no_log: without the write-intent log ("no_log")
 * @rate_min: KiB/s ("min_recovery_rate <rate>"); 0: as usual
 * @rate_max: KiB/s ("max_recovery_rate <rate>"); 0: as usual
 * @stable_pages: what is written doesn't change meanwhile ("stable_pages")
 * @no_ppl: don't keep a partial parity log ("no_ppl")
 * @path: the words that name the devices; NULL for "-"
 */
struct raid_args {
	enum raid_level_id level;
	enum raid5_algorithm algorithm;
	unsigned int chunk;
	unsigned int members;
	DECLARE_BITMAP(failed, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(rebuild, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(readd, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(replaced, BRAID_RAID0_MEMBERS_MAX);
	const char *twin;
	unsigned int twin_of;
	bool superblock;
	uuid_t uuid;
	bool grow;
	bool no_log;
	u32 rate_min;
	u32 rate_max;
	bool stable_pages;
	bool no_ppl;
	const char *path[BRAID_RAID0_MEMBERS_MAX];
};

/**
 * struct raid_complaint - why a table line was refused
 * @error: a sentence with static lifetime, fit for ti->error
 * @word: the word at fault, or "" if one is lacking
 * @position: its position among the target's words, from 1
 */
struct raid_complaint {
	const char *error;
	const char *word;
	unsigned int position;
};

int raid_args_parse(struct raid_args *args, unsigned int argc, char **argv,
		    sector_t len, struct raid_complaint *complaint);
const char *raid_args_type_name(enum raid_level_id level,
				enum raid5_algorithm algorithm);

#endif
