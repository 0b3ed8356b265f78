// SPDX-License-Identifier: GPL-2.0-only
/*
 * Closing eras; opening, releasing and ending views.
 */
#define DM_MSG_PREFIX "braid-track"

#include "track.h"
#include "view-store.h"

static struct view_set *track_views(struct track *t)
{
	return rcu_dereference_protected(t->views,
					 lockdep_is_held(&t->view_lock));
}

/*
 * Wait for the writes of the closed era, and until it is durable that it is closed.
 * Those that wait for the former look again.
 */
static int track_drain(struct track *t)
{
	int r = drain_wait(&t->drain);

	view_park_kick(&t->park);
	return r ? r : map_disk_closed(t);
}

/* Take the view out and free what it alone kept. Under the view lock. */
static void track_remove_view(struct track *t, struct view *view)
{
	struct view_set *old = track_views(t);
	struct view_set *new = view_set_without(old, view);

	if (!new->nr) {
		kfree(new);
		new = NULL;
	}
	xchg(&view->state, VIEW_DROPPED);
	rcu_assign_pointer(t->views, new);
	synchronize_rcu_expedited();
	view_store_sweep(t->store, new);
	kfree(old);
	view_put(view);
}

/* Say that it can't be told what changed since an era. */
void track_too_old(struct track *t, u32 since)
{
	DMERR("%s: what changed since era %u isn't known any more, only since era %u",
	      t->name, since, track_oldest(t));
}

/* Since which era it can be told at the least what changed. */
u32 track_oldest(struct track *t)
{
	u32 oldest;

	rcu_read_lock();
	oldest = READ_ONCE(rcu_dereference(t->map)->oldest);
	rcu_read_unlock();
	return oldest;
}

/*
 * Stamps of eras below @floor are about to become ones of @floor, which a view must
 * not take for later than its own era, or its "since".
 */
static void track_expire_views(struct track *t, u32 floor)
{
	const struct view_set *set;
	bool expired = false;
	unsigned int i;

	rcu_read_lock();
	set = rcu_dereference(t->views);
	for (i = 0; set && i < set->nr; i++) {
		struct view *view = set->views[i];

		if (floor <= (view->whole ? view->era : view->since) ||
		    !view_invalidate(view))
			continue;
		DMWARN("%s: the view of era %u is invalid: eras below %u are being forgotten",
		       t->name, view->era, floor);
		queue_work(system_wq, &t->event_work);
		expired = true;
	}
	rcu_read_unlock();
	if (expired)
		view_park_kick_all(&t->park);
}

/*
 * Every ERA_SPAN / 8 eras: see era-map.h. No write of a closed era is in flight. The
 * floor isn't above what the superblock says is closed, so a map that is loaded again
 * knows no more than this one.
 */
static void track_forget(struct track *t)
{
	u32 era = READ_ONCE(t->drain.drained);
	struct era_map *map;
	bool due;

	rcu_read_lock();
	due = era_map_is_due(rcu_dereference(t->map), era);
	rcu_read_unlock();
	if (!due)
		return;

	mutex_lock(&t->map_lock);
	map = rcu_dereference_protected(t->map, true);
	track_expire_views(t, era_floor(era));
	era_map_forget(map, era_floor(era));
	mutex_unlock(&t->map_lock);
}

/*
 * Publish a view of the current era: it has no effect before the next begins.
 * The close keeps a reference of its own until track_end_close().
 */
static int track_add_view(struct track *t, const struct track_close *how,
			  struct view **view)
{
	struct view_set *old, *new;
	u32 era = drain_era(&t->drain);

	/* one of all blocks can be had without asking what changed */
	if (!how->whole && how->since < track_oldest(t)) {
		track_too_old(t, how->since);
		return -ERANGE;
	}
	if (how->since >= era) {
		DMERR("%s: a view of era %u can't tell what changed since era %u",
		      t->name, era, how->since);
		return -EINVAL;
	}
	mutex_lock(&t->map_lock);
	*view = view_create(era, how->since, how->whole,
			    rcu_dereference_protected(t->map, true)->nr_blocks,
			    t->len);
	mutex_unlock(&t->map_lock);
	if (!*view)
		return -ENOMEM;

	(*view)->closing = true;
	kref_get(&(*view)->ref);
	mutex_lock(&t->view_lock);
	old = track_views(t);
	new = view_set_with(old, *view);
	if (new) {
		rcu_assign_pointer(t->views, new);
		if (old)
			kfree_rcu(old, rcu);
	}
	mutex_unlock(&t->view_lock);
	if (new)
		return 0;

	DMERR("%s: no more than %u views can be open", t->name, VIEWS_MAX);
	view_put(*view);
	view_put(*view);
	return -ENOSPC;
}

/* The same, when no write waits for more than one block, for which see map-log.c. */
static int track_open_view(struct track *t, const struct track_close *how,
			   struct view **view)
{
	int r = map_log_single(t->disk);

	if (!r)
		r = track_add_view(t, how, view);
	map_log_many(t->disk);
	return r;
}

/*
 * The close is done with its view. Until then nobody else may drop it, not even
 * if it has become invalid; but the last table may have gone and taken it along.
 */
void track_end_close(struct track *t, struct view *view, bool keep)
{
	mutex_lock(&t->view_lock);
	view->closing = false;
	if (keep)
		view_opened(view);
	else if (view_state(view) != VIEW_DROPPED)
		track_remove_view(t, view);
	mutex_unlock(&t->view_lock);
	if (!keep)
		view_park_kick(&t->park);
	view_put(view);
}

/**
 * track_begin_close() - all that may fail before the next era begins
 * @t: the track
 * @how: whether a view of the era is to be kept
 * @view: it, or NULL; the caller's to give to track_end_close()
 *
 * Context: under close_lock; may sleep.
 * Return: 0 or an error; it was said. Then nothing has changed.
 */
int track_begin_close(struct track *t, const struct track_close *how,
		      struct view **view)
{
	int r;

	lockdep_assert_held(&t->close_lock);
	*view = NULL;
	/* of an era whose close was interrupted */
	r = track_drain(t);
	if (r)
		return r;
	if (drain_era(&t->drain) >= ERA_LAST) {
		DMERR("%s: era %u can't be closed, it is the last", t->name,
		      drain_era(&t->drain));
		return -EOVERFLOW;
	}
	track_forget(t);
	return how->view ? track_open_view(t, how, view) : 0;
}

/**
 * track_drain_closed() - the next era has begun: wait for the writes of the old
 * @t: the track
 * @view: of the old one, or NULL
 *
 * Return: 0 or an error.
 */
int track_drain_closed(struct track *t, struct view *view)
{
	if (view)
		WRITE_ONCE(view->settled, true);
	view_park_kick(&t->park);
	return track_drain(t);
}

static int track_close_locked(struct track *t, const struct track_close *how,
			      u32 *era)
{
	struct view *view;
	int r = track_begin_close(t, how, &view);

	if (r)
		return r;
	*era = drain_advance(&t->drain);
	r = track_drain_closed(t, view);
	if (view)
		track_end_close(t, view, !r);
	return r;
}

/**
 * track_close() - close the current era
 * @t: the track
 * @how: whether a view of it is to be kept
 * @era: the era that was closed
 *
 * Writes go on: they are of the next era from some moment in here on. If this
 * fails because the wait was cut short, the era is closed nevertheless, without
 * a view, and the next close waits for its writes as well: what consumers see is
 * one longer era.
 *
 * Context: process; may sleep.
 * Return: 0 or an error; it was said.
 */
int track_close(struct track *t, const struct track_close *how, u32 *era)
{
	int r = mutex_lock_interruptible(&t->close_lock);

	if (r)
		return r;
	r = track_close_locked(t, how, era);
	mutex_unlock(&t->close_lock);
	if (r == -ETIMEDOUT)
		DMERR("%s: a write of the closed era doesn't end", t->name);
	return r;
}

static struct view *track_look_up(struct track *t, u32 era)
{
	struct view *view = view_set_find(track_views(t), era);

	if (!view)
		DMERR("%s: there is no view of era %u", t->name, era);
	return view;
}

/**
 * track_drop() - end a view
 * @t: the track
 * @era: the era of the view
 *
 * Return: 0, -ENOENT, or -EBUSY if a device shows it; it was said.
 */
int track_drop(struct track *t, u32 era)
{
	struct view *view;
	int r = 0;

	mutex_lock(&t->view_lock);
	view = track_look_up(t, era);
	if (!view) {
		r = -ENOENT;
	} else if (view->holders || view->closing) {
		DMERR("%s: the view of era %u is in use by %s", t->name, era,
		      view->holders ? "a braid-view device" : "a close");
		r = -EBUSY;
	} else {
		track_remove_view(t, view);
	}
	mutex_unlock(&t->view_lock);
	return r;
}

/**
 * track_release() - a view needn't keep these blocks any longer
 * @t: the track
 * @era: the era of the view
 * @block: the first block
 * @count: how many
 *
 * Return: 0, -ENOENT, -ERANGE; it was said.
 */
int track_release(struct track *t, u32 era, u32 block, u32 count)
{
	struct view *view;
	int r = 0;

	mutex_lock(&t->view_lock);
	view = track_look_up(t, era);
	if (!view) {
		r = -ENOENT;
	} else if (block > view->nr_blocks || count > view->nr_blocks - block) {
		DMERR("%s: the view of era %u ends at block %u", t->name, era,
		      view->nr_blocks);
		r = -ERANGE;
	} else {
		view_store_release(t->store, track_views(t), view, block,
				   count);
	}
	mutex_unlock(&t->view_lock);
	return r;
}

/* Get a reference to the view of an era, or NULL. */
struct view *track_get_view(struct track *t, u32 era)
{
	struct view *view;

	mutex_lock(&t->view_lock);
	view = track_look_up(t, era);
	if (view)
		kref_get(&view->ref);
	mutex_unlock(&t->view_lock);
	return view;
}

/**
 * track_hold_view() - a device is going to show a view: it can't be dropped
 * @t: the track
 * @era: the era of the view
 *
 * Return: the view, or an ERR_PTR: -ENOENT, -EBUSY while its close is not done.
 */
struct view *track_hold_view(struct track *t, u32 era)
{
	struct view *view;

	mutex_lock(&t->view_lock);
	view = view_set_find(track_views(t), era);
	if (!view) {
		view = ERR_PTR(-ENOENT);
	} else if (view->closing) {
		view = ERR_PTR(-EBUSY);
	} else {
		kref_get(&view->ref);
		view->holders++;
	}
	mutex_unlock(&t->view_lock);
	return view;
}

void track_unhold_view(struct track *t, struct view *view)
{
	mutex_lock(&t->view_lock);
	view->holders--;
	mutex_unlock(&t->view_lock);
	view_put(view);
}

/**
 * track_end_views() - the last table has gone, the views go with it
 * @t: the track
 *
 * Devices that show one get errors from now on. When this returns no read of
 * theirs in the old place is in flight.
 */
void track_end_views(struct track *t)
{
	struct view_set *set;
	unsigned int i;

	mutex_lock(&t->view_lock);
	set = track_views(t);
	for (i = 0; set && i < set->nr; i++)
		xchg(&set->views[i]->state, VIEW_DROPPED);
	rcu_assign_pointer(t->views, NULL);
	synchronize_rcu_expedited();
	view_store_sweep(t->store, NULL);
	mutex_unlock(&t->view_lock);

	/* those that waited fail now: the grace period has let in the last */
	track_thaw(t);
	wait_event(t->view_idle, !atomic_read(&t->view_reads));
	for (i = 0; set && i < set->nr; i++)
		view_put(set->views[i]);
	kfree(set);
}
