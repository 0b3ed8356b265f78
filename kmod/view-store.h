/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The copy store: where the old content of overwritten blocks is kept on the
 * metadata device, and the table of all that is going on with a block: records
 * of copies, copies on their way, reads of a view in the block's old place.
 *
 * What comes first on the metadata device is left alone: it is the durable map's
 * (dm-braid-map.h), or 1 MiB if there is none. Behind it lie the slots, one block
 * each. Nothing in them outlives the target: after a crash, a view is gone, and its
 * era is merged into the next one.
 *
 * Locking: a lock a bucket, taken with interrupts off (reads end in interrupt
 * context), and inside of it the lock of the slots.
 */
#ifndef BRAID_VIEW_STORE_H
#define BRAID_VIEW_STORE_H

#include <linux/blkdev.h>
#include <linux/list.h>
#include <linux/spinlock.h>

#include "view-records.h"
#include "view-slots.h"

#define VIEW_STORE_RESERVED	2048U	/* sectors, without a durable map */

struct dm_kcopyd_client;
struct view;
struct view_set;

struct view_bucket {
	spinlock_t lock;
	struct hlist_head records;
	struct hlist_head copies;	/* struct view_copy */
	struct hlist_head reads;	/* struct view_read */
};

struct view_store {
	struct block_device *bdev;	/* NULL: no store */
	unsigned int block_shift;	/* of sectors */
	sector_t offset;		/* where the first slot is */
	struct dm_kcopyd_client *kcopyd;
	spinlock_t slot_lock;
	struct view_slots slots;
	u32 bucket_mask;
	struct view_bucket *buckets;
};

struct view_store *view_store_create(struct block_device *bdev,
				     unsigned int block_shift, sector_t offset);
void view_store_destroy(struct view_store *store);
struct view_record *view_store_reserve(struct view_store *store);
void view_store_cancel(struct view_store *store, struct view_record *rec);
void view_store_release(struct view_store *store, const struct view_set *set,
			struct view *view, u32 block, u32 count);
void view_store_sweep(struct view_store *store, const struct view_set *set);

struct view_bucket *view_store_bucket(const struct view_store *store,
				      u32 block);

static inline sector_t view_store_sector(const struct view_store *store,
					 u32 slot)
{
	return store->offset + ((sector_t)slot << store->block_shift);
}

#endif
