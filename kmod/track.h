/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The state behind a braid-track device: era map, eras in flight, views, store.
 *
 * It belongs to the mapped device and not to a table: a table that is reloaded
 * finds it by the device's number and goes on with it, so map, eras and views
 * survive a suspend, a reload and growth. It ends with the last table, and the
 * views with it, for then writes are made that nobody notes. A braid-view table
 * pins the device, and holds a reference to what is left if its table is replaced
 * by one of another kind. Such a table lets writes in before the old one is
 * destroyed: so reads of views wait from a suspend until either a table of ours
 * is resumed or the views have ended.
 *
 * Locking order: close_lock (of several tracks by the devices' numbers), that of
 * the registry, map_lock, view_lock, those of the durable map (map-disk.h) that may
 * sleep, the lock of a bucket (view-store.h), those of the park and of the activity
 * log. Writers take none of the mutexes. The map and the set of views are read
 * under RCU.
 *
 * The order in which a close makes things seen: the set with the new view, then
 * the next era. So whoever writes in an era above that of a view sees the view.
 *
 * Without a durable map (map-disk.h) a crash leaves nothing: the map is in memory
 * only, and a new one has a new map_id, which tells the consumers that their eras
 * mean nothing to it.
 */
#ifndef BRAID_TRACK_H
#define BRAID_TRACK_H

#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/device-mapper.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include "dm-braid.h"
#include "drain.h"
#include "era-map.h"
#include "map-disk.h"
#include "view.h"
#include "view-copy.h"
#include "view-park.h"

struct view_store;

/* What a table line says; what must be the same in every table of a device. */
struct track_args {
	struct dm_dev *metadata;	/* NULL: none */
	struct dm_dev *origin;
	u32 block_sectors;
	bool durable;			/* the map is, on the metadata device */
	sector_t len;
	u32 nr_blocks;
};

/* Writes that must not enter an era at the moment (track-group.c). */
struct track_gate {
	spinlock_t lock;
	struct bio_list bios;
	struct work_struct work;	/* lets them in */
	wait_queue_head_t wait;		/* of marks */
};

struct track {
	struct kref ref;
	struct list_head node;		/* in the registry, under its lock */
	unsigned int tables;		/* likewise */

	dev_t dev;
	struct block_device *origin;
	struct block_device *metadata;	/* or NULL */
	dev_t origin_dev;		/* valid when the table has gone, too */
	dev_t metadata_dev;
	unsigned int block_shift;	/* of sectors */
	sector_t len;			/* under map_lock */
	char name[16];			/* major:minor, for messages */
	u8 map_id[BRAID_MAP_ID_BYTES];

	struct drain drain;
	struct track_gate gate;
	struct mutex close_lock;
	struct lock_class_key close_key;
	struct era_map __rcu *map;
	struct mutex map_lock;		/* marking and growing */
	struct map_disk *disk;		/* the durable map, or NULL */

	struct view_set __rcu *views;
	struct mutex view_lock;
	struct view_store *store;
	atomic_t view_reads;		/* of views in the old place, in flight */
	wait_queue_head_t view_idle;
	bool frozen;			/* suspended; under held_lock */
	spinlock_t held_lock;
	struct bio_list held;		/* reads of views, while frozen */

	struct view_park park;		/* copies that wait */

	struct workqueue_struct *wq;
	struct work_struct event_work;
	struct mutex live_lock;
	struct dm_target *live;		/* whose table is live, or NULL */
	bool broken;			/* a table of another kind was live */
};

/* What one write carries with it. */
struct track_bio {
	u32 era;			/* 0: not counted */
	enum era_kind kind;
	struct list_head node;		/* among those that wait for a copy */
	unsigned long since;		/* jiffies: the wait began */
	struct bio *bio;		/* NULL: a mark */
	u32 block;			/* the first one, if it waits, */
	u32 end;			/* and where it ends */
	bool shared;			/* map_log_share() */
	bool pinned;			/* its extent, in the activity log */
	struct completion *done;	/* of a mark */
	struct view_copy copy;		/* used if it is the first to wait */
};

/* track.c */
struct track *track_attach(struct dm_target *ti, const struct track_args *args);
void track_detach(struct track *t, struct dm_target *ti);
struct track *track_find(dev_t dev);
void track_event(struct track *t);
void track_put(struct track *t);
int track_may_resume(struct track *t, struct dm_target *ti);
void track_resumed(struct track *t, struct dm_target *ti);
void track_freeze(struct track *t);
void track_thaw(struct track *t);
bool track_hold_read(struct track *t, struct bio *bio);
int track_grow(struct track *t, sector_t len, struct era_map *longer);
void track_view_failed(struct track *t, u32 block, u32 from, u32 era,
		       const char *why);

/* track-write.c */
bool track_stamp_block(struct track *t, struct era_map *map, u32 block,
		       u32 want);
int track_write(struct track *t, struct bio *bio, struct track_bio *tb);
void track_write_hot(struct track *t, struct track_bio *tb);
void track_mark_block(struct track *t, u32 block, enum era_kind kind,
		      struct track_bio *tb);
int track_mark(struct track *t, u32 block, u32 count, enum era_kind kind);

/* track-close.c */
struct track_close {
	bool view;			/* keep one of the closed era */
	bool whole;
	u32 since;
};

u32 track_oldest(struct track *t);
void track_too_old(struct track *t, u32 since);
int track_close(struct track *t, const struct track_close *how, u32 *era);
int track_begin_close(struct track *t, const struct track_close *how,
		      struct view **view);
int track_drain_closed(struct track *t, struct view *view);
void track_end_close(struct track *t, struct view *view, bool keep);
int track_drop(struct track *t, u32 era);
int track_release(struct track *t, u32 era, u32 block, u32 count);
struct view *track_get_view(struct track *t, u32 era);
struct view *track_hold_view(struct track *t, u32 era);
void track_unhold_view(struct track *t, struct view *view);
void track_end_views(struct track *t);

/* track-group.c */
void track_gate_init(struct track *t);
bool track_gate_hold(struct track *t, struct bio *bio);
u32 track_gate_enter(struct track *t);
int track_close_group(struct track *t, unsigned int argc, char **argv,
		      char *result, unsigned int maxlen);

/* view-target.c */
void view_read_again(struct bio *bio);

/* track-args.c, track-msg.c */
int track_parse(struct dm_target *ti, unsigned int argc, char **argv,
		struct track_args *args);
int track_parse_dev(const char *path, dev_t *dev);
int track_reply_too_small(char *result, unsigned int maxlen);
int track_message(struct track *t, unsigned int argc, char **argv, char *result,
		  unsigned int maxlen);

#endif
