/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What makes the members of an array agree, or says whether they do:
 *
 *	resync	redundancy is established again where the array can't vouch
 *		for it: after it was made, and after it was not stopped as it
 *		should be. The member that reads are served from is the truth
 *	recover	the members of raid->rebuilding are filled from the others
 *	replace	a member that is to be replaced is copied to its twin (raid.h)
 *	check	redundancy is compared with the data; what differs is counted
 *	repair	the same, and it is made right
 *
 * The array's members are walked in pieces. What a piece is made of is the
 * level's business: ->sync_piece. Everything else is here and for all levels.
 *
 * A member in raid->rebuilding is written like the others and not read, except
 * before raid->recovered[slot], where it holds what it should: see
 * raid_member_readable(). It becomes one of the others only once all of it has
 * been written and flushed, and its superblock and theirs say so; then the
 * level is told by ->refresh.
 *
 * Suspended, nothing is done; what was, is recorded, and it goes on from there.
 * It is recorded every few seconds, too, for what a crash would leave undone.
 * A run that can't go on, as something can't be read or written, ends, and isn't
 * tried again by itself before the array is resumed, or told to.
 *
 * Where raid_sync_unsynced(), nothing may be concluded from redundancy: reads
 * that could be served from several members are served from one and the same,
 * and parity that isn't recomputed from all of its data is not believed.
 */
#ifndef BRAID_RAID_SYNC_H
#define BRAID_RAID_SYNC_H

#include <linux/types.h>

struct raid;
struct raid_args;

/* In sectors. A piece begins at a multiple of this and ends at the next. */
#define RAID_PIECE_SECTORS	256U

enum raid_sync_action {
	RAID_SYNC_IDLE,
	RAID_SYNC_FROZEN,
	RAID_SYNC_RESYNC,
	RAID_SYNC_RECOVER,
	RAID_SYNC_REPLACE,
	RAID_SYNC_CHECK,
	RAID_SYNC_REPAIR,
};

/**
 * struct raid_piece - a piece of the work
 * @begin: first sector, in the members' data
 * @end: sector after its last; the last piece ends where the members' data does
 */
struct raid_piece {
	sector_t begin;
	sector_t end;
};

/**
 * struct raid_sync_status - what is going on
 * @action: what is done now
 * @done: how far it has come, in sectors of the members' data
 * @mismatches: sectors that differed, as the last check or repair found
 */
struct raid_sync_status {
	enum raid_sync_action action;
	sector_t done;
	u64 mismatches;
};

int raid_sync_make(struct raid *raid, const struct raid_args *args);
void raid_sync_free(struct raid *raid);
void raid_sync_begin(struct raid *raid, u64 resynced,
		     const unsigned long *marks);
bool raid_sync_by_marks(const struct raid *raid);
void raid_sync_resume(struct raid *raid);
void raid_sync_suspend(struct raid *raid);
int raid_sync_message(struct raid *raid, const char *word);
void raid_sync_status(const struct raid *raid,
		      struct raid_sync_status *status);
const char *raid_sync_word(enum raid_sync_action action);
u64 raid_sync_resynced(const struct raid *raid);
bool raid_sync_unsynced(const struct raid *raid, sector_t begin, sector_t end);

#endif
