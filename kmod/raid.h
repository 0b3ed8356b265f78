/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of an array that all levels share.
 *
 * Life: raid-target.c makes a struct raid when a table line is loaded, opens
 * the members (raid-members.c), and hands it to the level (raid0.c, raid1.c,
 * raid5.c), which hangs its own state on raid->private. The struct lives as
 * long as the table does.
 *
 * Context: ->map and ->end_io are called as device-mapper says; ->map in the
 * submitter's context, which may sleep but holds bios that only run once it
 * returns, so it must not wait for other I/O of the array; ->end_io in any
 * context, interrupts included. What must sleep goes to a workqueue.
 *
 * Health: the bits of raid->dead only ever get set. They say which members
 * were given up; what that means for I/O is the level's business. With the
 * feature "superblock" the other members remember it (raid-record.h). Without,
 * it is forgotten with the table, unless that is loaded again with the words
 * that STATUSTYPE_TABLE gives. A table that was loaded before the death, and
 * replaces the live one after it, could not know: it is told when it is resumed
 * (raid_members_inherit()).
 *
 * A member that is being rebuilt is in use, too, but it isn't read: raid-sync.h.
 *
 * A member that is to be replaced may have a twin, the device to which it is
 * copied while it serves. The twin gets all writes that the member gets, and is never
 * read. It has the place behind the last slot, in raid->member and in all sets of
 * members, and counts as being rebuilt for as long as the table lives; another table, with
 * it in the slot, makes it the member (raid-record.h).
 *
 * Locks: raid->change is held by whoever takes a member out of use, from the
 * decision until it is in effect; it may be held while the members' superblocks
 * are written. The list of arrays has a lock of its own, which is taken first.
 */
#ifndef BRAID_RAID_H
#define BRAID_RAID_H

#include <linux/bitmap.h>
#include <linux/blkdev.h>
#include <linux/mutex.h>
#include <linux/uuid.h>
#include <linux/workqueue.h>

#include "compat.h"
#include "dm-braid.h"
#include "raid-args.h"
#include "raid-layout.h"
#include "raid-sync.h"

#define RAID_NO_SLOT	(~0U)

struct raid;
struct raid_record;
struct raid_sync;
struct raid_log;

/**
 * struct raid_level - what the levels do differently
 * @start: make the level's state; sets ti->error if it fails
 * @stop: unmake it; no I/O is in flight
 * @map: as the target's map
 * @end_io: as the target's end_io
 * @suspended: I/O has drained: be quiet on the members, too
 * @resumed: the table is live, I/O is about to come
 * @io_hints: what the level asks of whoever submits
 * @fail: give a member up as if it had failed, for a reason; may sleep
 * @sync_piece: do one piece of the work that raid-sync.h describes, while no
 *	write of that range is under way; adds to @mismatches how many sectors
 *	differed. Not before ->resumed, nor after ->suspended; one at a time.
 *	Sleeps. What can't be read or written is the level's to deal with as
 *	ever; an error means that the piece could not be done, 1 that nothing
 *	had to be done. NULL: there is no redundancy
 * @refresh: raid->rebuilding is another; called under raid->change, before
 *	->resumed and whenever a member was rebuilt
 * @parity: redundancy can be established only with all members there
 * @log: it calls raid_log_begin() before it writes
 * @replay: the array was not stopped: make use of what its log says; members in
 *	@lost are not to be used. Returns 0, or 1 if not all could be made use of,
 *	or -errno, after a message, if the array can't be started. May sleep
 * @superblocks: it adds raid->data_offset to where it goes on a member, and
 *	takes none out of use before raid_record_lost() said so
 */
struct raid_level {
	int (*start)(struct raid *raid);
	void (*stop)(struct raid *raid);
	int (*map)(struct raid *raid, struct bio *bio);
	int (*end_io)(struct raid *raid, struct bio *bio, blk_status_t *error);
	void (*suspended)(struct raid *raid);
	void (*resumed)(struct raid *raid);
	void (*io_hints)(struct raid *raid, struct queue_limits *limits);
	int (*fail)(struct raid *raid, unsigned int slot, const char *why);
	int (*sync_piece)(struct raid *raid, const struct raid_piece *piece,
			  enum raid_sync_action action, u64 *mismatches);
	void (*refresh)(struct raid *raid);
	bool parity;
	bool log;
	int (*replay)(struct raid *raid, const unsigned long *lost);
	bool superblocks;
};

/**
 * struct raid - an array
 * @ti: the target
 * @level: what its level does
 * @level_id: which level that is
 * @private: the level's state
 * @algorithm: how raid5 deals data and parity to the members
 * @chunk: chunk size in sectors; 0 where the level has no chunks
 * @layout: shape, for raid0
 * @member_sectors: how much of each member is used
 * @data_offset: where that begins on each member
 * @ppl: it keeps a partial parity log
 * @ppl_offset: where that is on each member; 0 if there is no room for one
 * @ppl_sectors: its size
 * @ppl_run: what entries of it have that count
 * @uuid: the array's, if it has superblocks
 * @record: its superblocks; NULL if it has none
 * @sync: what makes its members agree; NULL if there is no redundancy
 * @log: its write-intent log; NULL if it has none
 * @used_at: when the last I/O came, in jiffies
 * @no_log: the table wants none
 * @rate_min: the table's min_recovery_rate, or 0
 * @rate_max: its max_recovery_rate, or 0
 * @stable_pages: the table promises that what is written doesn't change meanwhile
 * @active: between start and stop of the record
 * @torn: a write failed half done, on members that are in use: they are not alike
 * @change: see above
 * @dead: slots whose member was given up
 * @rebuilding: slots whose member is being rebuilt; changes under @change
 * @recovered: for each of these, the sector of its data up to which it is
 * @event: tells userspace that the health has changed
 * @node: among all arrays that are, or were, live
 * @loaded: how many deaths of members there had been, of any array, when the
 *	table was loaded
 * @stale: all that the table has is stale: it must never become live
 * @died: for each slot, which of these its member's was; 0 if the table said it
 * @twin_of: the slot whose member is to be replaced; RAID_NO_SLOT if none is
 * @members: number of slots
 * @member: the members by slot; NULL where one is missing. Behind them the twin
 */
struct raid {
	struct dm_target *ti;
	const struct raid_level *level;
	enum raid_level_id level_id;
	void *private;

	enum raid5_algorithm algorithm;
	unsigned int chunk;
	struct raid_layout layout;
	sector_t member_sectors;
	sector_t data_offset;

	bool ppl;
	sector_t ppl_offset;
	sector_t ppl_sectors;
	u64 ppl_run;

	uuid_t uuid;
	struct raid_record *record;
	struct raid_sync *sync;
	struct raid_log *log;
	unsigned long used_at;
	bool no_log;
	u32 rate_min;
	u32 rate_max;
	bool stable_pages;
	bool active;
	bool torn;
	struct mutex change; /* see above */

	DECLARE_BITMAP(dead, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(rebuilding, BRAID_RAID0_MEMBERS_MAX);
	sector_t recovered[BRAID_RAID0_MEMBERS_MAX];
	struct work_struct event;
	struct list_head node;
	u64 loaded;
	bool stale;
	u64 died[BRAID_RAID0_MEMBERS_MAX];

	unsigned int twin_of;
	unsigned int members;
	struct dm_dev *member[];
};

extern const struct raid_level raid0_level;
extern const struct raid_level raid1_level;
extern const struct raid_level raid5_level;

/* raid-members.c */
int raid_members_open(struct raid *raid, const struct raid_args *args);
void raid_members_close(struct raid *raid);
int raid_member_io(const struct raid *raid, unsigned int slot, sector_t sector,
		   struct page *page, unsigned int bytes, blk_opf_t opf);
bool raid_member_gone(const struct raid *raid, unsigned int slot);
void raid_member_died(struct raid *raid, unsigned int slot, const char *why);
void raid_members_torn(struct raid *raid);
int raid_members_inherit(struct raid *raid);
void raid_members_register(struct raid *raid);
int raid_members_claim(struct raid *raid);
void raid_members_unclaim(struct raid *raid);

/* I/O has come. Not more than one write of the field in a jiffy. */
static inline void raid_sync_used(struct raid *raid)
{
	unsigned long now = jiffies;

	if (time_before(READ_ONCE(raid->used_at), now))
		WRITE_ONCE(raid->used_at, now);
}

/* The slots, and the place of the twin if there is one. */
static inline unsigned int raid_places(const struct raid *raid)
{
	return raid->members + (raid->twin_of != RAID_NO_SLOT);
}

/* A member that takes part in I/O: it is written. */
static inline bool raid_member_used(const struct raid *raid, unsigned int slot)
{
	return raid->member[slot] && !test_bit(slot, raid->dead);
}

/* A member that holds all that it should. */
static inline bool raid_member_whole(const struct raid *raid, unsigned int slot)
{
	return raid_member_used(raid, slot) &&
	       !test_bit(slot, raid->rebuilding);
}

/* Is there a twin that gets all writes? */
static inline bool raid_twin_used(const struct raid *raid)
{
	return raid->twin_of != RAID_NO_SLOT &&
	       raid_member_used(raid, raid->members);
}

/* May its data before @end be read? */
static inline bool raid_member_readable(const struct raid *raid,
					unsigned int slot, sector_t end)
{
	return raid_member_used(raid, slot) &&
	       (!test_bit(slot, raid->rebuilding) ||
		end <= READ_ONCE(raid->recovered[slot]));
}

#endif
