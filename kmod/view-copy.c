// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dm-kcopyd.h>

#include "track.h"
#include "view-store.h"

/* As many sectors are copied at a time at most (one block at the least). */
#define VIEW_COPY_SECTORS	65536U

static void view_copy_work(struct work_struct *work);

static void view_copy_init(struct view_copy *copy, struct track *t, u32 block,
			   u32 era)
{
	INIT_HLIST_NODE(&copy->node);
	INIT_LIST_HEAD(&copy->deferred);
	INIT_LIST_HEAD(&copy->waiters);
	INIT_WORK(&copy->work, view_copy_work);
	copy->track = t;
	copy->rec = NULL;
	copy->state = COPY_QUEUED;
	copy->block = block;
	copy->era = era;
}

static struct view_copy *view_copy_find(const struct view_bucket *bucket,
					u32 block)
{
	struct view_copy *copy;

	hlist_for_each_entry(copy, &bucket->copies, node)
		if (copy->block == block)
			return copy;
	return NULL;
}

static bool view_read_find(const struct view_bucket *bucket, u32 block)
{
	struct view_read *read;

	hlist_for_each_entry(read, &bucket->reads, node)
		if (read->block == block)
			return true;
	return false;
}

/*
 * Join the copy of a block, or begin one. Nobody of an earlier era comes once
 * the copying has begun (it is settled then), only before.
 */
static void view_copy_join(struct track *t, struct view_bucket *bucket,
			   struct track_bio *tb, u32 block)
{
	struct view_copy *copy = view_copy_find(bucket, block);

	if (!copy) {
		copy = &tb->copy;
		view_copy_init(copy, t, block, tb->era);
		hlist_add_head(&copy->node, &bucket->copies);
		queue_work(t->wq, &copy->work);
	} else if (tb->era < copy->era && copy->state == COPY_QUEUED) {
		copy->era = tb->era;
	}
	list_add_tail(&tb->node, &copy->waiters);
}

/**
 * view_copy_wait() - let a write wait for the copy of its block
 * @t: the track
 * @tb: the write, of that block alone
 * @block: the block
 *
 * Context: RCU read-side section, the one in which the write entered its era.
 * Return: whether it must wait. If not, the block is stamped.
 */
bool view_copy_wait(struct track *t, struct track_bio *tb, u32 block)
{
	struct view_bucket *bucket = view_store_bucket(t->store, block);
	unsigned long flags;
	bool wait;

	spin_lock_irqsave(&bucket->lock, flags);
	wait = !track_stamp_block(t, rcu_dereference(t->map), block, tb->era);
	if (wait)
		view_copy_join(t, bucket, tb, block);
	spin_unlock_irqrestore(&bucket->lock, flags);
	return wait;
}

/**
 * view_copy_kick() - a view has settled or an era is drained
 * @t: the track
 *
 * The deferred copies look again. The caller made the news visible before.
 */
void view_copy_kick(struct track *t)
{
	struct view_copy *copy, *next;

	spin_lock_irq(&t->defer_lock);
	list_for_each_entry_safe(copy, next, &t->deferred, deferred) {
		list_del_init(&copy->deferred);
		queue_work(t->wq, &copy->work);
	}
	spin_unlock_irq(&t->defer_lock);
}

static bool view_copy_crowded(const struct track *t)
{
	return t->copying << t->block_shift >= VIEW_COPY_SECTORS;
}

/* What is to be done about a copy that is queued. */
enum view_copy_verdict {
	COPY_NEEDLESS,
	COPY_LATER,
	COPY_NOW,
};

/*
 * May it begin? If not it is queued again when that may have changed. Not more
 * than a few are copied at a time, for each takes a block of memory. Under the
 * bucket's lock.
 */
static enum view_copy_verdict view_copy_judge(struct view_copy *copy,
					      const struct view_set *set,
					      u32 *stamp)
{
	struct track *t = copy->track;
	const struct era_map *map = rcu_dereference(t->map);
	enum view_copy_verdict verdict = COPY_LATER;
	bool settled;

	spin_lock(&t->defer_lock);
	settled = view_set_settled(set, copy->era);
	/*
	 * Once it's settled the stamp says all, but only one that is read
	 * after that. Pairs with the grace period in drain_advance().
	 */
	smp_rmb();
	*stamp = era_map_stamp(map, copy->block);
	if (!view_set_needs(set, copy->block, *stamp, copy->era)) {
		verdict = COPY_NEEDLESS;
	} else if (!settled || *stamp > READ_ONCE(t->drain.drained)) {
		list_add_tail(&copy->deferred, &t->deferred);
	} else if (view_copy_crowded(t)) {
		list_add_tail(&copy->deferred, &t->crowded);
	} else {
		t->copying++;
		verdict = COPY_NOW;
	}
	spin_unlock(&t->defer_lock);
	return verdict;
}

/*
 * While there is room and one that waits for it, one is on its way: whoever
 * ends, or looks and doesn't begin, sends the next.
 */
static void view_copy_send_next(struct track *t, unsigned int ended)
{
	struct view_copy *copy;

	spin_lock_irq(&t->defer_lock);
	t->copying -= ended;
	copy = list_first_entry_or_null(&t->crowded, struct view_copy,
					deferred);
	if (copy && !view_copy_crowded(t)) {
		list_del_init(&copy->deferred);
		queue_work(t->wq, &copy->work);
	}
	spin_unlock_irq(&t->defer_lock);
}

/* kcopyd is done. Context: process, kcopyd's own thread. */
static void view_copy_done(int read_err, unsigned long write_err, void *context)
{
	struct view_copy *copy = context;
	struct track *t = copy->track;
	struct view_bucket *bucket = view_store_bucket(t->store, copy->block);
	struct view_record *rec = copy->rec;
	const struct view_set *set;

	copy->rec = NULL;
	if (read_err || write_err)
		track_view_failed(t, rec->block, rec->from, copy->era,
				  read_err ? "its old content can't be read" :
					     "the copy store can't be written");

	rcu_read_lock();
	spin_lock_irq(&bucket->lock);
	set = rcu_dereference(t->views);
	if (view_set_uses(set, rec->block, rec->from, rec->to)) {
		view_set_count_kept(set, rec->block, rec->from, rec->to);
		hlist_add_head(&rec->node, &bucket->records);
		rec = NULL;
	}
	copy->state = COPY_COPIED;
	queue_work(t->wq, &copy->work);
	spin_unlock_irq(&bucket->lock);
	rcu_read_unlock();

	/* from here on the copy may be gone */
	view_copy_send_next(t, 1);
	if (rec)
		view_store_cancel(t->store, rec);
}

/*
 * Blocks are in their old place at the same offset; the last may be short.
 * Return: false if it can't be made; then no view wants it any more.
 */
static bool view_copy_begin(struct view_copy *copy, u32 stamp)
{
	struct track *t = copy->track;
	struct view_record *rec = view_store_reserve(t->store);
	struct dm_io_region from, to;

	if (!rec) {
		track_view_failed(t, copy->block, stamp, copy->era,
				  "the copy store is full");
		view_copy_send_next(t, 1);
		return false;
	}
	rec->block = copy->block;
	rec->from = stamp;
	rec->to = copy->era - 1;
	copy->rec = rec;

	from.bdev = t->origin;
	from.sector = (sector_t)copy->block << t->block_shift;
	from.count = min_t(sector_t, t->len - from.sector,
			   1U << t->block_shift);
	to.bdev = t->store->bdev;
	to.sector = view_store_sector(t->store, rec->slot);
	to.count = from.count;
	dm_kcopyd_copy(t->store->kcopyd, &from, 1, &to, 0, view_copy_done,
		       copy);
	return true;
}

/* The block is provided for: the stamp rises. Under the lock of the bucket. */
static void view_copy_stamp(struct view_copy *copy, const struct view_set *set)
{
	struct era_map *map = rcu_dereference(copy->track->map);
	u32 stamp;

	do {
		stamp = era_map_stamp(map, copy->block);
		if (stamp >= copy->era)
			return;
		view_set_note_lost(set, copy->block, stamp, copy->era);
	} while (!era_map_raise(map, copy->block, stamp, copy->era));
}

/*
 * Take the copy out of the table and hand over the waiters of its era. Those
 * of later eras begin again with a copy of their own. Under the bucket's lock.
 */
static void view_copy_retire(struct view_copy *copy, struct view_bucket *bucket,
			     struct list_head *ready)
{
	struct track *t = copy->track;
	struct track_bio *tb, *next;
	struct view_copy *heir = NULL;
	u32 block = copy->block;
	u32 era = copy->era;
	LIST_HEAD(waiters);

	/* the heir may be the copy itself, if an earlier era joined it */
	hlist_del(&copy->node);
	list_splice_init(&copy->waiters, &waiters);
	list_for_each_entry_safe(tb, next, &waiters, node) {
		if (tb->era <= era) {
			list_move_tail(&tb->node, ready);
			continue;
		}
		if (!heir) {
			heir = &tb->copy;
			view_copy_init(heir, t, block, tb->era);
		}
		heir->era = min(heir->era, tb->era);
		list_move_tail(&tb->node, &heir->waiters);
	}
	if (heir) {
		hlist_add_head(&heir->node, &bucket->copies);
		queue_work(t->wq, &heir->work);
	}
}

/*
 * The waiters own the memory that the copy was in: it must not be touched once
 * the first one has gone.
 */
static void view_copy_submit(struct list_head *ready)
{
	struct track_bio *tb, *next;

	list_for_each_entry_safe(tb, next, ready, node) {
		if (tb->bio)
			submit_bio_noacct(tb->bio);
		else
			complete(tb->done);
	}
}

/* One step of a copy. Return: whether it is to begin, with *stamp. */
static bool view_copy_step(struct view_copy *copy, struct list_head *ready,
			   u32 *stamp)
{
	struct track *t = copy->track;
	struct view_bucket *bucket = view_store_bucket(t->store, copy->block);
	enum view_copy_verdict verdict = COPY_NEEDLESS;
	const struct view_set *set;

	rcu_read_lock();
	spin_lock_irq(&bucket->lock);
	set = rcu_dereference(t->views);
	if (copy->state != COPY_COPIED) {
		verdict = view_copy_judge(copy, set, stamp);
		if (verdict == COPY_NOW)
			copy->state = COPY_COPYING;
	} else if (view_read_find(bucket, copy->block)) {
		copy->state = COPY_READ;
		verdict = COPY_LATER;
	}
	if (verdict == COPY_NEEDLESS) {
		view_copy_stamp(copy, set);
		view_copy_retire(copy, bucket, ready);
	}
	spin_unlock_irq(&bucket->lock);
	rcu_read_unlock();
	return verdict == COPY_NOW;
}

static void view_copy_work(struct work_struct *work)
{
	struct view_copy *copy = container_of(work, struct view_copy, work);
	struct track *t = copy->track;
	LIST_HEAD(ready);
	u32 stamp;

	while (view_copy_step(copy, &ready, &stamp))
		if (view_copy_begin(copy, stamp))
			return;
	view_copy_send_next(t, 0);
	view_copy_submit(&ready);
}

/**
 * view_read_end() - a view's read in the block's old place is done
 * @t: the track
 * @read: the read, in the table
 *
 * Context: any.
 */
void view_read_end(struct track *t, struct view_read *read)
{
	struct view_bucket *bucket = view_store_bucket(t->store, read->block);
	struct view_copy *copy;
	unsigned long flags;

	spin_lock_irqsave(&bucket->lock, flags);
	hlist_del(&read->node);
	copy = view_copy_find(bucket, read->block);
	if (copy && copy->state == COPY_READ &&
	    !view_read_find(bucket, read->block)) {
		copy->state = COPY_COPIED;
		queue_work(t->wq, &copy->work);
	}
	spin_unlock_irqrestore(&bucket->lock, flags);
}
