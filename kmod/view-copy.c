// SPDX-License-Identifier: GPL-2.0-only
#include <linux/dm-kcopyd.h>
#include <linux/slab.h>

#include "track.h"
#include "view-store.h"

/* As many sectors are copied at a time at most (one block at the least). */
#define VIEW_COPY_SECTORS	65536U

/* What kcopyd does. It may outlive the copy, see view-copy.h. */
struct view_job {
	struct track *track;
	struct view_copy *copy;		/* NULL: abandoned; under the bucket's lock */
	struct view_record *rec;
};

static void view_copy_work(struct work_struct *work);

/* Begin anew with @first as the only waiter. */
static void view_copy_init(struct view_copy *copy, struct track *t, u32 block,
			   const struct track_bio *first)
{
	INIT_HLIST_NODE(&copy->node);
	INIT_LIST_HEAD(&copy->parked);
	INIT_LIST_HEAD(&copy->waiters);
	INIT_WORK(&copy->work, view_copy_work);
	copy->track = t;
	copy->job = NULL;
	copy->since = first->since;
	copy->state = COPY_QUEUED;
	copy->block = block;
	copy->era = first->era;
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

	tb->since = jiffies;
	if (!copy) {
		copy = &tb->copy;
		view_copy_init(copy, t, block, tb);
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
	wait = !track_stamp_block(t, rcu_dereference(t->map), block,
				  era_stamp(tb->era, tb->kind));
	if (wait)
		view_copy_join(t, bucket, tb, block);
	spin_unlock_irqrestore(&bucket->lock, flags);
	return wait;
}

static bool view_copy_crowded(const struct track *t)
{
	return t->park.copying << t->block_shift >= VIEW_COPY_SECTORS;
}

/* What is to be done about a copy. */
enum view_copy_verdict {
	COPY_DONE,		/* or there is no need for it (any more) */
	COPY_LATER,
	COPY_NOW,
	COPY_GIVE_UP,
};

/* What a copy has to wait for, that is needed: NULL for nothing. */
static struct list_head *view_copy_obstacle(struct view_copy *copy,
					    const struct view_bucket *bucket,
					    bool settled, u32 from)
{
	struct track *t = copy->track;

	switch (copy->state) {
	case COPY_COPYING:
		return &t->park.busy;
	case COPY_COPIED:
	case COPY_READ:
		return view_read_find(bucket, copy->block) ? &t->park.busy :
							     NULL;
	case COPY_QUEUED:
		break;
	}
	if (!settled || from > READ_ONCE(t->drain.drained))
		return &t->park.draining;
	return view_copy_crowded(t) ? &t->park.crowded : NULL;
}

/* It needn't, or needn't wait any longer. */
static enum view_copy_verdict view_copy_proceed(struct view_copy *copy)
{
	if (copy->state != COPY_QUEUED)
		return COPY_DONE;
	copy->track->park.copying++;
	copy->state = COPY_COPYING;
	return COPY_NOW;
}

/*
 * May it go on? If not it is parked until that may have changed, unless it has
 * waited long enough. Not more than a few are copied at a time, for each takes
 * a block of memory. Under the bucket's lock and that of the park.
 */
static enum view_copy_verdict view_copy_judge(struct view_copy *copy,
					      const struct view_bucket *bucket,
					      const struct view_set *set,
					      u32 *from)
{
	struct track *t = copy->track;
	struct list_head *obstacle;
	bool settled = view_set_settled(set, copy->era);
	bool hopeless = copy->state == COPY_QUEUED && t->park.abandoned;

	/*
	 * Once it's settled the stamp says all, but only one that is read
	 * after that. Pairs with the grace period in drain_advance().
	 */
	smp_rmb();
	*from = era_map_era(rcu_dereference(t->map), copy->block);
	if (!view_set_needs(set, copy->block, *from, copy->era))
		return COPY_DONE;

	obstacle = view_copy_obstacle(copy, bucket, settled, *from);
	if (!obstacle && !hopeless)
		return view_copy_proceed(copy);
	if (settled && (hopeless || view_park_overdue(copy)))
		return COPY_GIVE_UP;
	if (copy->state == COPY_COPIED)
		copy->state = COPY_READ;
	view_park_enter(&t->park, copy, obstacle);
	return COPY_LATER;
}

/*
 * While there is room and one that waits for it, one is on its way: whoever
 * ends, or looks and doesn't begin, sends the next.
 */
static void view_copy_send_next(struct track *t, unsigned int ended,
				unsigned int abandoned)
{
	struct view_park *park = &t->park;
	struct view_copy *copy;

	spin_lock_irq(&park->lock);
	park->copying -= ended;
	park->abandoned -= abandoned;
	copy = list_first_entry_or_null(&park->crowded, struct view_copy,
					parked);
	if (copy && !view_copy_crowded(t))
		view_park_send(park, copy);
	spin_unlock_irq(&park->lock);
}

/*
 * kcopyd is done. Views that needed a copy that was abandoned are invalid, so
 * nothing uses it. Context: process, kcopyd's own thread.
 */
static void view_copy_done(int read_err, unsigned long write_err, void *context)
{
	struct view_job *job = context;
	struct track *t = job->track;
	struct view_record *rec = job->rec;
	struct view_bucket *bucket = view_store_bucket(t->store, rec->block);
	const struct view_set *set;
	bool used, abandoned;

	if (read_err || write_err)
		track_view_failed(t, rec->block, rec->from, rec->to + 1,
				  read_err ? "its old content can't be read" :
					     "the copy store can't be written");

	rcu_read_lock();
	spin_lock_irq(&bucket->lock);
	set = rcu_dereference(t->views);
	abandoned = !job->copy;
	used = !abandoned &&
	       view_set_uses(set, rec->block, rec->from, rec->to);
	if (used) {
		view_set_count_kept(set, rec->block, rec->from, rec->to);
		hlist_add_head(&rec->node, &bucket->records);
	}
	if (!abandoned) {
		job->copy->state = COPY_COPIED;
		view_park_leave(&t->park, job->copy);
	}
	spin_unlock_irq(&bucket->lock);
	rcu_read_unlock();

	/* from here on the copy may be gone */
	kfree(job);
	view_copy_send_next(t, 1, abandoned);
	if (!used)
		view_store_cancel(t->store, rec);
}

static struct view_job *view_job_create(struct view_copy *copy, u32 from)
{
	/* as view_store_reserve(): nothing here waits for memory */
	struct view_job *job = kmalloc(sizeof(*job), GFP_NOIO | __GFP_NORETRY |
						     __GFP_NOWARN);

	if (!job)
		return NULL;
	job->track = copy->track;
	job->copy = copy;
	job->rec = view_store_reserve(copy->track->store);
	if (!job->rec) {
		kfree(job);
		return NULL;
	}
	job->rec->block = copy->block;
	job->rec->from = from;
	job->rec->to = copy->era - 1;
	return job;
}

/* Blocks are in their old place at the same offset; the last may be short. */
static void view_job_send(struct view_job *job)
{
	struct track *t = job->track;
	struct dm_io_region from, to;

	from.bdev = t->origin;
	from.sector = (sector_t)job->rec->block << t->block_shift;
	from.count = min_t(sector_t, t->len - from.sector,
			   1U << t->block_shift);
	to.bdev = t->store->bdev;
	to.sector = view_store_sector(t->store, job->rec->slot);
	to.count = from.count;
	dm_kcopyd_copy(t->store->kcopyd, &from, 1, &to, 0, view_copy_done, job);
}

/* Return: false if it can't be made; then no view wants it any more. */
static bool view_copy_begin(struct view_copy *copy, u32 from)
{
	struct track *t = copy->track;
	struct view_job *job = view_job_create(copy, from);

	if (!job) {
		copy->state = COPY_QUEUED;
		track_view_failed(t, copy->block, from, copy->era,
				  "the copy store, or the memory for it, is full");
		view_copy_send_next(t, 1, 0);
		return false;
	}

	copy->job = job;
	spin_lock_irq(&t->park.lock);
	view_park_enter(&t->park, copy, &t->park.busy);
	spin_unlock_irq(&t->park.lock);
	/* from here on it is others who see to the copy */
	view_job_send(job);
	return true;
}

/* What those of its era, who go on together, do to the block. */
static u32 view_copy_want(const struct view_copy *copy)
{
	enum era_kind kind = ERA_DISCARDED;
	const struct track_bio *tb;

	list_for_each_entry(tb, &copy->waiters, node)
		if (tb->era == copy->era && era_kind_covers(tb->kind, kind))
			kind = tb->kind;
	return era_stamp(copy->era, kind);
}

/* The block is provided for: the stamp rises. Under the lock of the bucket. */
static void view_copy_stamp(struct view_copy *copy, const struct view_set *set)
{
	struct era_map *map = rcu_dereference(copy->track->map);
	u32 want = view_copy_want(copy);
	u32 stamp;

	do {
		stamp = era_map_stamp(map, copy->block);
		if (era_stamp_covers(stamp, want))
			return;
		view_set_note_lost(set, copy->block, era_of(stamp), copy->era);
	} while (!era_map_raise(map, copy->block, stamp, want));
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
			view_copy_init(heir, t, block, tb);
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
static void view_copy_submit(struct track *t, struct list_head *ready)
{
	struct track_bio *tb, *next;

	list_for_each_entry_safe(tb, next, ready, node) {
		map_log_unpin(t, tb);
		if (tb->bio)
			submit_bio_noacct(tb->bio);
		else
			complete(tb->done);
	}
}

/* kcopyd is left alone with what it does. Under the bucket's lock. */
static void view_copy_abandon(struct view_copy *copy)
{
	struct view_park *park = &copy->track->park;

	copy->job->copy = NULL;
	copy->job = NULL;
	spin_lock(&park->lock);
	park->abandoned++;
	spin_unlock(&park->lock);
}

/* One step of a copy of a block whose stamp was of *from. */
static enum view_copy_verdict
view_copy_step(struct view_copy *copy, struct list_head *ready, u32 *from)
{
	struct track *t = copy->track;
	struct view_bucket *bucket = view_store_bucket(t->store, copy->block);
	enum view_copy_verdict verdict;
	const struct view_set *set;

	rcu_read_lock();
	spin_lock_irq(&bucket->lock);
	set = rcu_dereference(t->views);
	spin_lock(&t->park.lock);
	verdict = view_copy_judge(copy, bucket, set, from);
	spin_unlock(&t->park.lock);
	if (verdict == COPY_DONE) {
		if (copy->state == COPY_COPYING)
			view_copy_abandon(copy);
		view_copy_stamp(copy, set);
		view_copy_retire(copy, bucket, ready);
	}
	spin_unlock_irq(&bucket->lock);
	rcu_read_unlock();
	return verdict;
}

/* Its first write has waited for too long, or would in vain. */
static void view_copy_give_up(struct view_copy *copy, u32 from)
{
	struct track *t = copy->track;
	const char *why = "a write waited too long for it to be copied";

	if (READ_ONCE(t->park.abandoned))
		why = "a copy that was given up still hangs";
	else if (from > READ_ONCE(t->drain.drained))
		why = "a write waited too long for those of the closed era";
	track_view_failed(t, copy->block, from, copy->era, why);
}

static void view_copy_work(struct work_struct *work)
{
	struct view_copy *copy = container_of(work, struct view_copy, work);
	struct track *t = copy->track;
	enum view_copy_verdict verdict;
	LIST_HEAD(ready);
	u32 from;

	do {
		verdict = view_copy_step(copy, &ready, &from);
		if (verdict == COPY_NOW && view_copy_begin(copy, from))
			return;
		if (verdict == COPY_GIVE_UP)
			view_copy_give_up(copy, from);
	} while (verdict == COPY_NOW || verdict == COPY_GIVE_UP);
	view_copy_send_next(t, 0, 0);
	view_copy_submit(t, &ready);
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
		view_park_leave(&t->park, copy);
	}
	spin_unlock_irqrestore(&bucket->lock, flags);
}
