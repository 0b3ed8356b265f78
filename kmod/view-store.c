// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dm-kcopyd.h>
#include <linux/hash.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "budget.h"
#include "view-store.h"
#include "view.h"

#define VIEW_STORE_BUCKETS_MIN	64U
#define VIEW_STORE_BUCKETS_MAX	65536U

static u32 view_store_nr_slots(struct block_device *bdev,
			       unsigned int block_shift, sector_t offset)
{
	sector_t sectors = bdev ? bdev_nr_sectors(bdev) : 0;

	if (sectors <= offset)
		return 0;
	return min_t(sector_t, (sectors - offset) >> block_shift, U32_MAX - 1);
}

static int view_store_init_buckets(struct view_store *store)
{
	u32 nr = clamp(store->slots.total / 4, VIEW_STORE_BUCKETS_MIN,
		       VIEW_STORE_BUCKETS_MAX);
	u32 i;

	nr = roundup_pow_of_two(nr);
	store->buckets = kvcalloc(nr, sizeof(*store->buckets), GFP_KERNEL);
	if (!store->buckets)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		spin_lock_init(&store->buckets[i].lock);
	store->bucket_mask = nr - 1;
	return 0;
}

/**
 * view_store_create() - make an empty copy store
 * @bdev: the metadata device, or NULL: then nothing can be kept
 * @block_shift: the size of a block, as a power of two of sectors
 * @offset: where on the device it begins, in sectors
 *
 * Context: may sleep.
 * Return: the store, or NULL without memory.
 */
struct view_store *view_store_create(struct block_device *bdev,
				     unsigned int block_shift, sector_t offset)
{
	struct view_store *store = kzalloc(sizeof(*store), GFP_KERNEL);

	if (!store)
		return NULL;

	store->bdev = bdev;
	store->block_shift = block_shift;
	store->offset = offset;
	spin_lock_init(&store->slot_lock);
	if (view_slots_init(&store->slots,
			    view_store_nr_slots(bdev, block_shift, offset)))
		goto out_free;
	if (view_store_init_buckets(store))
		goto out_slots;
	if (!bdev)
		return store;
	store->kcopyd = dm_kcopyd_client_create(NULL);
	if (IS_ERR(store->kcopyd))
		goto out_buckets;
	return store;

out_buckets:
	kvfree(store->buckets);
out_slots:
	view_slots_exit(&store->slots);
out_free:
	kfree(store);
	return NULL;
}

/* All views have been dropped and swept. */
void view_store_destroy(struct view_store *store)
{
	if (store->kcopyd)
		dm_kcopyd_client_destroy(store->kcopyd);
	WARN_ON_ONCE(store->slots.used);
	kvfree(store->buckets);
	view_slots_exit(&store->slots);
	kfree(store);
}

struct view_bucket *view_store_bucket(const struct view_store *store, u32 block)
{
	return &store->buckets[hash_32(block, 32) & store->bucket_mask];
}

/* As kmalloc rounds it. */
static size_t view_record_size(void)
{
	return roundup_pow_of_two(sizeof(struct view_record));
}

static struct view_record *view_record_create(void)
{
	const gfp_t gfp = GFP_NOIO | __GFP_NORETRY | __GFP_NOWARN;
	struct view_record *rec;

	if (!budget_take(view_record_size()))
		return NULL;
	rec = kzalloc(sizeof(*rec), gfp);
	if (!rec)
		budget_give_back(view_record_size());
	return rec;
}

static void view_record_destroy(struct view_record *rec)
{
	kfree(rec);
	budget_give_back(view_record_size());
}

/**
 * view_store_reserve() - take a slot, and a record to describe it
 * @store: the store
 *
 * Nothing here waits for memory: that might wait for the write that waits for
 * this copy. A view is worth less than the foreground (P9).
 *
 * Return: the record, in no table yet; NULL if the store, or memory, is full.
 */
struct view_record *view_store_reserve(struct view_store *store)
{
	struct view_record *rec = view_record_create();
	unsigned long flags;
	int r;

	if (!rec)
		return NULL;

	spin_lock_irqsave(&store->slot_lock, flags);
	r = view_slots_take(&store->slots, &rec->slot);
	spin_unlock_irqrestore(&store->slot_lock, flags);
	if (!r)
		return rec;
	view_record_destroy(rec);
	return NULL;
}

/* Give back a record that is in no table (any more), and its slot. */
void view_store_cancel(struct view_store *store, struct view_record *rec)
{
	unsigned long flags;

	spin_lock_irqsave(&store->slot_lock, flags);
	view_slots_put(&store->slots, rec->slot);
	spin_unlock_irqrestore(&store->slot_lock, flags);
	view_record_destroy(rec);
}

static void view_store_cancel_all(struct view_store *store,
				  struct hlist_head *head)
{
	struct view_record *rec;
	struct hlist_node *next;

	hlist_for_each_entry_safe(rec, next, head, node) {
		hlist_del(&rec->node);
		view_store_cancel(store, rec);
	}
}

static void view_record_unused(struct view_record *rec,
			       const struct view_set *set,
			       struct hlist_head *unused)
{
	if (view_set_uses(set, rec->block, rec->from, rec->to))
		return;
	hlist_del(&rec->node);
	hlist_add_head(&rec->node, unused);
}

/* A view was just told to do without this record. */
static void view_record_released(struct view_record *rec,
				 const struct view_set *set, struct view *view,
				 struct hlist_head *unused)
{
	atomic_dec(&view->kept);
	view_record_unused(rec, set, unused);
}

/**
 * view_store_release() - release blocks of a view
 * @store: the store
 * @set: the views that are open
 * @view: the view, one of them
 * @block: the first block
 * @count: how many, in range
 *
 * A copy that completes meanwhile looks at the views under the lock of the
 * bucket: either it is found here, or it finds the block released.
 *
 * Context: under the view lock; may sleep.
 */
void view_store_release(struct view_store *store, const struct view_set *set,
			struct view *view, u32 block, u32 count)
{
	u32 end = block + count;
	HLIST_HEAD(unused);

	for (; block < end; block++) {
		struct view_bucket *bucket = view_store_bucket(store, block);
		struct view_record *rec;

		spin_lock_irq(&bucket->lock);
		rec = view_record_find(&bucket->records, block, view->era);
		if (rec && !view_keeps(view, block, rec->from))
			rec = NULL;
		view_release_block(view, block);
		if (rec)
			view_record_released(rec, set, view, &unused);
		spin_unlock_irq(&bucket->lock);
		view_store_cancel_all(store, &unused);
		cond_resched();
	}
}

/**
 * view_store_sweep() - free the copies that no view reads any more
 * @store: the store
 * @set: the views that are open, or NULL
 *
 * For when a view was dropped or has become invalid; a grace period has passed
 * since.
 *
 * Context: under the view lock; may sleep.
 */
void view_store_sweep(struct view_store *store, const struct view_set *set)
{
	struct view_record *rec;
	struct hlist_node *next;
	HLIST_HEAD(unused);
	u32 i;

	for (i = 0; i <= store->bucket_mask; i++) {
		struct view_bucket *bucket = &store->buckets[i];

		if (hlist_empty(&bucket->records))
			continue;
		spin_lock_irq(&bucket->lock);
		hlist_for_each_entry_safe(rec, next, &bucket->records, node)
			view_record_unused(rec, set, &unused);
		spin_unlock_irq(&bucket->lock);
		view_store_cancel_all(store, &unused);
		cond_resched();
	}
}
