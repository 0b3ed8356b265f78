// SPDX-License-Identifier: GPL-2.0-only
#define DM_MSG_PREFIX "braid-track"

#include <linux/random.h>
#include <linux/slab.h>

#include "track.h"
#include "view-store.h"

/* All tracks that have a table. */
static LIST_HEAD(tracks);
static DEFINE_MUTEX(tracks_lock);

/* Tell who waits for the device's events. */
void track_event(struct track *t)
{
	mutex_lock(&t->live_lock);
	if (t->live)
		dm_table_event(t->live->table);
	mutex_unlock(&t->live_lock);
}

/* After a view has become invalid: free what it kept, tell who waits. */
static void track_event_work(struct work_struct *work)
{
	struct track *t = container_of(work, struct track, event_work);

	mutex_lock(&t->view_lock);
	synchronize_rcu();
	view_store_sweep(t->store,
			 rcu_dereference_protected(t->views, true));
	mutex_unlock(&t->view_lock);

	track_event(t);
}

/**
 * track_view_failed() - a block could not be kept
 * @t: the track
 * @block: the block
 * @from: the era of its stamp
 * @era: the era of the write that would not wait for ever
 * @why: for the log
 *
 * The views that need the block become invalid, and the writes that waited for
 * them go on.
 *
 * Context: process.
 */
void track_view_failed(struct track *t, u32 block, u32 from, u32 era,
		       const char *why)
{
	const struct view_set *set;
	bool failed = false;
	unsigned int i;

	rcu_read_lock();
	set = rcu_dereference(t->views);
	for (i = 0; set && i < set->nr; i++) {
		struct view *view = set->views[i];

		if (view->era >= era || !view_keeps(view, block, from) ||
		    !view_invalidate(view))
			continue;
		DMWARN("%s: the view of era %u is invalid: block %u: %s",
		       t->name, view->era, block, why);
		queue_work(system_wq, &t->event_work);
		failed = true;
	}
	rcu_read_unlock();
	if (failed)
		view_park_kick_all(&t->park);
}

static void track_free(struct kref *ref)
{
	struct track *t = container_of(ref, struct track, ref);

	map_disk_free(t->disk);
	if (t->store)
		view_store_destroy(t->store);
	view_park_exit(&t->park);
	if (t->wq)
		destroy_workqueue(t->wq);
	era_map_destroy(rcu_dereference_protected(t->map, true));
	drain_exit(&t->drain);
	lockdep_unregister_key(&t->close_key);
	kfree(t);
}

void track_put(struct track *t)
{
	kref_put(&t->ref, track_free);
}

static void track_init(struct track *t, dev_t dev,
		       const struct track_args *args)
{
	kref_init(&t->ref);
	mutex_init(&t->close_lock);
	/* a class of its own: a group takes those of several tracks */
	lockdep_register_key(&t->close_key);
	lockdep_set_class(&t->close_lock, &t->close_key);
	track_gate_init(t);
	mutex_init(&t->map_lock);
	mutex_init(&t->view_lock);
	mutex_init(&t->live_lock);
	view_park_init(&t->park);
	INIT_WORK(&t->event_work, track_event_work);
	init_waitqueue_head(&t->view_idle);
	spin_lock_init(&t->held_lock);
	bio_list_init(&t->held);

	t->dev = dev;
	t->origin = args->origin->bdev;
	t->metadata = args->metadata ? args->metadata->bdev : NULL;
	t->origin_dev = t->origin->bd_dev;
	t->metadata_dev = t->metadata ? t->metadata->bd_dev : 0;
	t->block_shift = ilog2(args->block_sectors);
	t->len = args->len;
	format_dev_t(t->name, dev);
	get_random_bytes(t->map_id, sizeof(t->map_id));
}

/* Read the durable map, or see that none is going to be overwritten. */
static int track_load(struct track *t, const struct track_args *args,
		      char **error)
{
	if (args->durable)
		return map_disk_load(t, args, error);
	if (!t->metadata || !map_disk_found(t->metadata))
		return 0;
	DMERR("%s: metadata device %s", t->name, args->metadata->name);
	*error = "The metadata device carries a durable map: load the table with the feature durable, or erase it";
	return -EEXIST;
}

static sector_t track_store_offset(const struct track *t)
{
	return t->disk ? le64_to_cpu(t->disk->super->store_offset) :
			 VIEW_STORE_RESERVED;
}

static struct track *track_create(dev_t dev, const struct track_args *args,
				  char **error)
{
	struct track *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int r = -ENOMEM;

	*error = "Not enough memory for the era map: 8 bytes for three blocks";
	if (!t)
		return ERR_PTR(r);

	track_init(t, dev, args);
	RCU_INIT_POINTER(t->map, era_map_create(args->nr_blocks));
	t->wq = alloc_workqueue("braid-track", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	t->park.wq = t->wq;
	if (drain_init(&t->drain) || !rcu_access_pointer(t->map) || !t->wq)
		goto out_put;
	r = track_load(t, args, error);
	if (r)
		goto out_put;
	r = -ENOMEM;
	*error = "Not enough memory for the copy store";
	t->store = view_store_create(t->metadata, t->block_shift,
				     track_store_offset(t));
	if (!t->store)
		goto out_put;
	*error = NULL;
		return t;

out_put:
	track_put(t);
	return ERR_PTR(r);
}

static dev_t track_bdev(const struct block_device *bdev)
{
	return bdev ? bdev->bd_dev : 0;
}

/* May this table go on with the track that the device has? */
static const char *track_differs(const struct track *t,
				 const struct track_args *args)
{
	const struct block_device *metadata =
		args->metadata ? args->metadata->bdev : NULL;

	if (t->origin->bd_dev != args->origin->bdev->bd_dev)
		return "The origin differs from that of the live table: remove the device first";
	if (track_bdev(t->metadata) != track_bdev(metadata))
		return "The metadata device differs from that of the live table: remove the device first";
	if (1U << t->block_shift != args->block_sectors)
		return "The block size differs from that of the live table: remove the device first";
	if (args->durable != !!t->disk)
		return "The feature durable differs from that of the live table: remove the device first";
	if (t->disk && args->nr_blocks > map_disk_capacity(t->disk))
		return "The durable map has no room for so long a device: resize it first";
	if (args->len < t->len)
		return "The table is shorter than the live one: remove the device first";
	return NULL;
}

/* Is one of the devices taken by another track? */
static const char *track_collides(const struct track *t,
				  const struct track_args *args)
{
	dev_t origin = args->origin->bdev->bd_dev;
	dev_t metadata = args->metadata ? args->metadata->bdev->bd_dev : 0;

	if (t->origin->bd_dev == origin)
		return "The origin is tracked by another device already";
	if (track_bdev(t->metadata) == origin)
		return "The origin is the metadata device of another track";
	if (metadata && (t->origin->bd_dev == metadata ||
			 track_bdev(t->metadata) == metadata))
		return "The metadata device is in use by another track";
	return NULL;
}

/*
 * The device's track, with @fresh put in as that if there is none yet. NULL if
 * there is neither. Under tracks_lock.
 */
static struct track *track_attach_locked(struct dm_target *ti, dev_t dev,
					 const struct track_args *args,
					 struct track *fresh)
{
	struct track *t;

	list_for_each_entry(t, &tracks, node) {
		if (t->dev == dev)
			ti->error = (char *)track_differs(t, args);
		else
			ti->error = (char *)track_collides(t, args);
		if (ti->error)
			return ERR_PTR(-EBUSY);
		if (t->dev != dev)
			continue;
		kref_get(&t->ref);
		t->tables++;
		return t;
	}

	if (fresh) {
		fresh->tables = 1;
		list_add(&fresh->node, &tracks);
	}
	return fresh;
}

static struct track *track_try_attach(struct dm_target *ti, dev_t dev,
				      const struct track_args *args,
				      struct track *fresh)
{
	struct track *t;

	mutex_lock(&tracks_lock);
	t = track_attach_locked(ti, dev, args, fresh);
	mutex_unlock(&tracks_lock);
	return t;
}

/**
 * track_attach() - find the track of a device, or make one
 * @ti: the target that is constructed; its error is set
 * @args: what its line says
 *
 * The lock is not held while a map is made, which can take long and wait for
 * I/O.
 *
 * Return: the track, with a reference and a table counted, or an ERR_PTR.
 */
struct track *track_attach(struct dm_target *ti, const struct track_args *args)
{
	dev_t dev = disk_devt(dm_disk(dm_table_get_md(ti->table)));
	struct track *t = track_try_attach(ti, dev, args, NULL);
	struct track *fresh;

	if (t)
		return t;
	fresh = track_create(dev, args, &ti->error);
	if (IS_ERR(fresh))
		return fresh;
	t = track_try_attach(ti, dev, args, fresh);
	if (t != fresh)
		track_put(fresh);
	return t;
}

/**
 * track_detach() - a table goes
 * @t: its track
 * @ti: its target
 *
 * If it is still the one that was live last, a table of another kind, or none,
 * has taken its place: what is written now is not noted, so the map is worth
 * nothing to a table that waits to be resumed.
 *
 * It waits for a close: one of a group doesn't hold the tables of all members, and
 * their devices are about to be closed.
 */
void track_detach(struct track *t, struct dm_target *ti)
{
	bool last;

	mutex_lock(&t->close_lock);
	mutex_lock(&tracks_lock);
	mutex_lock(&t->live_lock);
	if (t->live == ti) {
		t->live = NULL;
		t->broken = true;
	}
	last = !--t->tables;
	if (last || t->broken)
		list_del_init(&t->node);
	mutex_unlock(&t->live_lock);
	mutex_unlock(&tracks_lock);

	if (last || t->broken) {
		track_end_views(t);
		/* the devices are about to be closed */
		if (t->disk)
			map_disk_leave(t->disk);
		flush_work(&t->event_work);
	}
	mutex_unlock(&t->close_lock);
	track_put(t);
}

/* Get a reference to the track of a device, or NULL. */
struct track *track_find(dev_t dev)
{
	struct track *t, *found = NULL;

	mutex_lock(&tracks_lock);
	list_for_each_entry(t, &tracks, node) {
		if (t->dev != dev)
			continue;
		kref_get(&t->ref);
		found = t;
		break;
	}
	mutex_unlock(&tracks_lock);
	return found;
}

/* Before a table becomes live. */
int track_may_resume(struct track *t, struct dm_target *ti)
{
	int r = 0;

	mutex_lock(&t->live_lock);
	if (t->broken) {
		DMERR("%s: writes went by while another table was live: load the table again",
		      t->name);
		r = -ESTALE;
	}
	mutex_unlock(&t->live_lock);
	return r;
}

/* A table is live now. */
void track_resumed(struct track *t, struct dm_target *ti)
{
	mutex_lock(&t->live_lock);
	t->live = ti;
	mutex_unlock(&t->live_lock);
	track_thaw(t);
}

/**
 * track_freeze() - the device is suspended: who writes next may not be of ours
 * @t: the track
 *
 * When this returns no read of a view in the old place is in flight; later ones
 * wait. Those from the copy store are not waited for: no write overtakes them,
 * and their device may be one that hangs.
 *
 * Context: process; may sleep.
 */
void track_freeze(struct track *t)
{
	spin_lock_irq(&t->held_lock);
	WRITE_ONCE(t->frozen, true);
	spin_unlock_irq(&t->held_lock);
	synchronize_rcu_expedited();
	wait_event(t->view_idle, !atomic_read(&t->view_reads));
}

/* It is ours again, or the views have ended: the reads go on, or fail. */
void track_thaw(struct track *t)
{
	struct bio_list held;
	struct bio *bio;

	spin_lock_irq(&t->held_lock);
	WRITE_ONCE(t->frozen, false);
	held = t->held;
	bio_list_init(&t->held);
	spin_unlock_irq(&t->held_lock);

	while ((bio = bio_list_pop(&held)))
		view_read_again(bio);
}

/**
 * track_hold_read() - let a read of a view wait if it has to
 * @t: the track
 * @bio: the read
 *
 * Context: RCU read-side section, the one in which the read is counted else.
 * Return: whether it waits.
 */
bool track_hold_read(struct track *t, struct bio *bio)
{
	unsigned long flags;
	bool hold;

	if (likely(!READ_ONCE(t->frozen)))
		return false;
	spin_lock_irqsave(&t->held_lock, flags);
	hold = t->frozen;
	if (hold)
		bio_list_add(&t->held, bio);
	spin_unlock_irqrestore(&t->held_lock, flags);
	return hold;
}

/**
 * track_grow() - the device has become longer
 * @t: the track
 * @len: its length in sectors
 * @longer: a map of that length; the caller's still if this fails, otherwise
 *	the track's, or freed if it has one already
 *
 * What the new blocks hold is news to every consumer; so is the rest of a
 * last block that was cut short. If this fails nothing has changed.
 *
 * Context: the device is suspended, and memory not to be got by I/O; may sleep.
 * Return: 0 or -ENOMEM.
 */
int track_grow(struct track *t, sector_t len, struct era_map *longer)
{
	struct track_bio *tb = kzalloc(sizeof(*tb), GFP_NOIO);
	struct era_map *map;
	u32 last;

	if (!tb)
		return -ENOMEM;
	mutex_lock(&t->map_lock);
	map = rcu_dereference_protected(t->map, true);
	last = map->nr_blocks - 1;
	if (len <= t->len) {
		era_map_destroy(longer);
		goto out_unlock;
	}

	era_map_copy(longer, map, drain_era(&t->drain));
	rcu_assign_pointer(t->map, longer);
	synchronize_rcu();
	/* not before: whoever writes the map would write the old one */
	if (t->disk)
		map_disk_grown(t->disk, map->nr_blocks, longer->nr_blocks);
	era_map_destroy(map);
	if (t->len & ((1U << t->block_shift) - 1))
		track_mark_block(t, last, ERA_WRITTEN, tb);
	t->len = len;
out_unlock:
	mutex_unlock(&t->map_lock);
	kfree(tb);
	return 0;
}
