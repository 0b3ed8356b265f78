/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A track's durable map on its metadata device (dm-braid-map.h), for tables with
 * the feature "durable". Without it a track has none.
 *
 * map-disk.c	superblock, loading, starting, stopping, closing an era
 * map-load.c	what the device says when a table is loaded, and what isn't trusted
 * map-log.c	the activity log (act-log.h): who waits for it, and its I/O
 *
 * The rules, from which Documentation/braid-track.md derives what a crash leaves:
 *
 * - A stamp is raised in memory only while its extent's number is durable in the
 *   log; an extent leaves the log only when its part of the map is durable.
 * - Before the first write is let in, both copies of the superblock say that the
 *   map is in use. That it is clean is written last, when no write is in flight.
 * - Before a close is answered, the origin's volatile cache is flushed, so that
 *   no block goes back to what it was before the era without being reported; and
 *   the number of the era is durable, so that it is never used again.
 *
 * When the metadata device fails or doesn't answer for view_wait_ms, the map goes
 * on in memory: nobody waits for it any more (P9). It is tried for ever after to
 * write into the superblock that no stamp is to be trusted.
 *
 * Locking: disk->lock (the superblock), then a map_io's, then log_lock, which is
 * taken with interrupts off, inside of a bucket's (view-store.h). The dirty bits
 * are under io.lock.
 */
#ifndef BRAID_MAP_DISK_H
#define BRAID_MAP_DISK_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

#include "act-log.h"
#include "map-io.h"

/* As many units are read or written together. */
#define MAP_DISK_UNITS 64U

struct dm_target;
struct era_map;
struct track;
struct track_args;
struct track_bio;

struct map_disk {
	struct track *track;
	struct block_device *bdev;
	unsigned int extent_shift;	/* of blocks */
	bool failed;			/* under log_lock */
	bool live;			/* the superblock says: in use */
	bool both;			/* copies of the superblock were whole */
	bool log_old;			/* the log on the disk isn't act's */
	u32 suspects;			/* blocks, when it was loaded */
	u32 log_writes;			/* units */
	u32 map_writes;

	struct mutex lock;
	struct braid_map_super *super; /* as it was read or written last */
	struct map_io super_io;
	struct delayed_work stale_work;
	bool stale_done;

	struct map_io io;		/* the map's, and reads of the origin */
	unsigned long *dirty; /* units of the map that must be written */
	u32 nr_units;

	struct act_log act;
	spinlock_t log_lock;
	struct list_head waiting;	/* track_bio: their extent is entering */
	struct list_head crowded;	/* there is no slot for theirs */
	bool single;			/* a view is about to be opened */
	atomic_t shared;		/* writes of several blocks that wait */
	wait_queue_head_t idle;
	struct map_io log_io;
	struct workqueue_struct *wq;
	struct work_struct log_work;
	struct work_struct evict_work;
};

/* map-load.c */
bool map_disk_found(struct block_device *bdev);
int map_disk_load(struct track *t, const struct track_args *args, char **error);
u32 map_disk_distrust(struct track *t);
const char *map_disk_changed(struct map_disk *disk);

/* map-disk.c */
void map_disk_free(struct map_disk *disk);
void map_disk_leave(struct map_disk *disk);
int map_disk_start(struct track *t);
void map_disk_stop(struct track *t);
int map_disk_closed(struct track *t);
bool map_disk_rests(struct map_disk *disk);
void map_disk_grown(struct map_disk *disk, u32 from, u32 to);
void map_disk_dirty(struct map_disk *disk, u32 block, u32 count);
int map_disk_write(struct map_disk *disk, unsigned long since);
int map_disk_sum(struct map_disk *disk, sector_t sectors, u32 *sum);
void map_disk_fail(struct map_disk *disk, const char *what, int error);
void map_disk_stale(struct work_struct *work);

/* map-log.c */
bool map_log_wait(struct track *t, struct track_bio *tb);
bool map_log_share(struct track *t, struct track_bio *tb);
void map_log_unshare(struct track *t, struct track_bio *tb);
int map_log_single(struct map_disk *disk);
void map_log_many(struct map_disk *disk);
void map_log_unpin(struct track *t, struct track_bio *tb);
void map_log_release_all(struct map_disk *disk);
int map_log_clear(struct map_disk *disk, unsigned long since);
void map_log_init(struct map_disk *disk);

static inline sector_t map_disk_unit_sector(const struct map_disk *disk,
					    u32 unit)
{
	return le64_to_cpu(disk->super->map_offset) +
	       (sector_t)unit * BRAID_MAP_UNIT;
}

/* How many blocks there are from this one to the end of its extent. */
static inline u32 map_disk_extent_rest(const struct map_disk *disk, u32 block)
{
	u32 size = 1U << disk->extent_shift;

	return size - (block & (size - 1));
}

/* How long the device may become, in blocks. */
static inline u32 map_disk_capacity(const struct map_disk *disk)
{
	return le32_to_cpu(disk->super->capacity_blocks);
}

#endif
