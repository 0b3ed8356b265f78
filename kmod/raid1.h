/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RAID 1: state of a mirror, shared by raid1.c (I/O), raid1-repair.c and
 * raid1-sync.c.
 *
 * A leg is live while it holds every acknowledged write. The set of live legs
 * changes under raid->change, and never to nothing. It shrinks; it grows only by
 * a leg that has been rebuilt. Legs that are being rebuilt get every write, but
 * nobody reads them, and nothing depends on whether they hold it: r1->fed is the
 * set of all legs that are written. A leg is taken out of
 * the set before the write that it failed is acknowledged, so that no later
 * read finds the old data on it. Before that, it is made durable that the leg is
 * lost (raid-record.h): while that goes on, writes are still sent to it, and
 * those that it fails wait behind.
 *
 * Life of a write: raid1_map() -> its range is marked in the log, which may need
 * a write of the log first -> the gate -> a clone to every live leg, in
 * memory that device-mapper allocated together with the bio (no allocation can
 * fail or deadlock here) -> the last leg to complete ends it, or, if any
 * failed, hands it to r1->settle, a work item, which judges, drops legs and
 * then ends it. Whatever must be durable before a failed write may be
 * acknowledged belongs there.
 *
 * Life of a read: one leg, the bio itself. If it fails, r1->settle sends it to
 * another leg, until one serves it or all have failed; the range that failed
 * is noted for r1->repair. The note is best effort: a full list forgets it,
 * and the next read of the place notes it again.
 *
 * Workqueues: r1->wq runs settle and never waits for other I/O of the array;
 * r1->repair_wq runs repair, which waits for writes to leave the gate and so
 * for settle. They must not share a rescuer.
 */
#ifndef BRAID_RAID1_H
#define BRAID_RAID1_H

#include "raid.h"
#include "raid-gate.h"
#include "raid-legs.h"

struct raid1_sync;

#define RAID1_NOTES_MAX	32

/**
 * struct raid1_leg - what reads need to know of a leg
 * @pending: reads in flight
 * @next: the sector after the last one that was read; a hint, not locked
 */
struct raid1_leg {
	atomic_t pending;
	sector_t next;
} ____cacheline_aligned_in_smp;

/**
 * struct raid1_note - a range that could not be read from a leg
 * @slot: the leg
 * @sector: first sector
 * @sectors: how many
 */
struct raid1_note {
	unsigned int slot;
	sector_t sector;
	unsigned int sectors;
};

/**
 * struct raid1 - a mirror
 * @raid: the array
 * @live: the live legs
 * @fed: those, and the ones that are being rebuilt
 * @rotational: some leg is a spinning disk
 * @gate: excludes writes from what is repaired or synchronised
 * @window: held by whoever has the gate closed
 * @lock: protects the fields below
 * @failed: bios that settle has to look at
 * @notes: ranges to repair, a ring
 * @notes_first: the oldest
 * @notes_count: how many
 * @quiet: no repair may start: suspended
 * @wq: where @settle runs
 * @settle: deals with failed I/O
 * @repair_wq: where @repair runs
 * @repair: mends what could not be read
 * @page: repair's buffer
 * @sync: memory for raid1-sync.c
 * @leg: the legs
 */
struct raid1 {
	struct raid *raid;
	unsigned long live;
	unsigned long fed;
	bool rotational;
	struct raid_gate gate;
	struct mutex window; /* see above */

	spinlock_t lock; /* see above */
	struct bio_list failed;
	struct raid1_note notes[RAID1_NOTES_MAX];
	unsigned int notes_first;
	unsigned int notes_count;
	bool quiet;

	struct workqueue_struct *wq;
	struct work_struct settle;
	struct workqueue_struct *repair_wq;
	struct work_struct repair;
	struct page *page;
	struct raid1_sync *sync;

	struct raid1_leg leg[];
};

/* raid1.c */
unsigned long raid1_live(struct raid1 *r1);
int raid1_drop(struct raid1 *r1, unsigned int slot, const char *why);
void raid1_send(struct raid1 *r1, struct bio *bio);
void raid1_close(struct raid1 *r1, sector_t begin, sector_t end);
void raid1_open(struct raid1 *r1);

/* raid1-repair.c */
void raid1_note(struct raid1 *r1, const struct raid1_note *note);
void raid1_repair_work(struct work_struct *work);

/* raid1-sync.c */
int raid1_sync_piece(struct raid *raid, const struct raid_piece *piece,
		     enum raid_sync_action action, u64 *mismatches);
bool raid1_sync_make(struct raid1 *r1);
void raid1_sync_free(struct raid1 *r1);

#endif
