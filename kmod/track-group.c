// SPDX-License-Identifier: GPL-2.0-only
/*
 * Closing the eras of several devices at one instant.
 *
 * All that may fail or take long comes before or after: the devices are locked
 * against other closes, the eras before are drained, views are published. Then
 * the drains are held (drain.h), one grace period passes, and the next eras
 * begin. Nothing is waited for in between but the grace period. A write that
 * comes meanwhile is put off: it has entered no era yet. So if a write was begun
 * after another one was complete, and that one is of a new era, then so is this
 * one, whatever devices they were to: the views together are an instant.
 *
 * In the end all devices are drained. If that fails on one, no view is kept; the
 * eras are closed all the same, as after track_close().
 */
#define DM_MSG_PREFIX "braid-track"

#include <linux/slab.h>
#include <linux/sort.h>

#include "track.h"

/* Longest line of the reply. */
#define GROUP_LINE	36U

struct group_member {
	struct track *track;
	struct track_close how;
	struct view *view;
	u32 era;
};

struct group {
	unsigned int nr;
	unsigned int locked;		/* of "order" */
	unsigned int begun;
	struct group_member members[BRAID_GROUP_MAX];	/* as they were given */
	struct group_member *order[BRAID_GROUP_MAX];	/* by device */
};

/* Map a write again that was put off. Its era is the new one, or a later one. */
static void track_gate_work(struct work_struct *work)
{
	struct track_gate *gate = container_of(work, struct track_gate, work);
	struct track *t = container_of(gate, struct track, gate);
	struct bio_list bios;
	struct bio *bio;

	spin_lock_irq(&gate->lock);
	bios = gate->bios;
	bio_list_init(&gate->bios);
	spin_unlock_irq(&gate->lock);

	while ((bio = bio_list_pop(&bios))) {
		struct track_bio *tb = dm_per_bio_data(bio, sizeof(*tb));

		if (track_write(t, bio, tb) == DM_MAPIO_REMAPPED)
			submit_bio_noacct(bio);
	}
}

void track_gate_init(struct track *t)
{
	spin_lock_init(&t->gate.lock);
	bio_list_init(&t->gate.bios);
	INIT_WORK(&t->gate.work, track_gate_work);
	init_waitqueue_head(&t->gate.wait);
}

/**
 * track_gate_hold() - put a write off until the group is closed
 * @t: the track
 * @bio: the write, of a single block; it has not entered an era
 *
 * Context: map. Doesn't sleep.
 * Return: whether it was. If not it may enter now.
 */
bool track_gate_hold(struct track *t, struct bio *bio)
{
	struct track_gate *gate = &t->gate;
	unsigned long flags;
	bool hold;

	/* whoever lets writes in looks at the list after it has begun the era */
	spin_lock_irqsave(&gate->lock, flags);
	hold = drain_is_held(&t->drain);
	if (hold)
		bio_list_add(&gate->bios, bio);
	spin_unlock_irqrestore(&gate->lock, flags);
	return hold;
}

/**
 * track_gate_enter() - enter the current era, and wait if that must be
 * @t: the track
 *
 * Context: process, in an RCU read-side section, which is left while it waits.
 * Return: the era.
 */
u32 track_gate_enter(struct track *t) __releases(RCU) __acquires(RCU)
{
	u32 era;

	while (unlikely(!(era = drain_enter(&t->drain)))) {
		rcu_read_unlock();
		wait_event(t->gate.wait, !drain_is_held(&t->drain));
		rcu_read_lock();
	}
	return era;
}

/* What was put off goes on. */
static void track_gate_open(struct track *t)
{
	wake_up_all(&t->gate.wait);
	queue_work(t->wq, &t->gate.work);
}

static int group_add(struct group *group, const struct track *asked,
		     const char *path, const struct track_close *how)
{
	struct group_member *member = &group->members[group->nr];
	unsigned int i;
	dev_t dev;
	int r = track_parse_dev(path, &dev);

	if (!r) {
		member->track = track_find(dev);
		r = member->track ? 0 : -ENXIO;
	}
	if (r) {
		DMERR("%s: close-group: %s is not a braid-track device",
		      asked->name, path);
		return r;
	}
	member->how = *how;
	for (i = 0; i < group->nr; i++) {
		if (group->members[i].track != member->track)
			continue;
		DMERR("%s: close-group: %s is named twice", asked->name, path);
		r = -EINVAL;
	}
	group->order[group->nr++] = member;
	return r;
}

static int group_has(const struct group *group, const struct track *asked)
{
	unsigned int i;

	for (i = 0; i < group->nr; i++)
		if (group->members[i].track == asked)
			return 0;
	DMERR("%s: close-group: the device that is asked must be one of the group",
	      asked->name);
	return -EINVAL;
}

/* <none> <dev>..., or <whole|shipped> and pairs of <dev> <since> */
static int group_parse(struct group *group, const struct track *asked,
		       unsigned int argc, char **argv)
{
	struct track_close how = { .view = strcasecmp(argv[1], "none") };
	unsigned int i, step = how.view ? 2 : 1;
	int r = 0;

	how.whole = !strcasecmp(argv[1], "whole");
	if (how.view && !how.whole && strcasecmp(argv[1], "shipped"))
		goto out_usage;
	if ((argc - 2) % step)
		goto out_usage;
	if ((argc - 2) / step > BRAID_GROUP_MAX) {
		DMERR("%s: close-group: a group has %u devices at most",
		      asked->name, BRAID_GROUP_MAX);
		return -E2BIG;
	}
	for (i = 2; i < argc && !r; i += step) {
		if (how.view && kstrtou32(argv[i + 1], 10, &how.since))
			goto out_usage;
		r = group_add(group, asked, argv[i], &how);
	}
	return r ? r : group_has(group, asked);

out_usage:
	DMERR("%s: expected close-group none <dev>... or <whole|shipped> [<dev> <since>]...",
	      asked->name);
	return -EINVAL;
}

static int group_compare(const void *a, const void *b)
{
	const struct group_member *const *first = a, *const *second = b;

	if ((*first)->track->dev == (*second)->track->dev)
		return 0;
	return (*first)->track->dev < (*second)->track->dev ? -1 : 1;
}

/* In the order of the devices' numbers, so that two groups can't lock crosswise. */
static int group_lock(struct group *group)
{
	int r = 0;

	sort(group->order, group->nr, sizeof(*group->order), group_compare,
	     NULL);
	while (group->locked < group->nr && !r) {
		struct track *t = group->order[group->locked]->track;

		r = mutex_lock_interruptible(&t->close_lock);
		group->locked += !r;
	}
	return r;
}

static void group_unlock(struct group *group)
{
	while (group->locked)
		mutex_unlock(&group->order[--group->locked]->track->close_lock);
}

/*
 * The device that is asked can't lose its table meanwhile, another one can: but
 * while its close_lock is held a table that goes waits, see track_detach().
 */
static int group_is_live(struct track *t)
{
	bool live;

	mutex_lock(&t->live_lock);
	live = t->live;
	mutex_unlock(&t->live_lock);
	if (live)
		return 0;
	DMERR("%s: close-group: the device has no live table: resume it first",
	      t->name);
	return -ENXIO;
}

static int group_begin(struct group *group)
{
	struct group_member *member;
	int r = 0;

	while (group->begun < group->nr && !r) {
		member = &group->members[group->begun];
		r = group_is_live(member->track);
		if (!r)
			r = track_begin_close(member->track, &member->how,
					      &member->view);
		group->begun += !r;
	}
	return r;
}

/* The instant. Nothing but the grace period is waited for. */
static void group_advance(struct group *group)
{
	unsigned int i;

	for (i = 0; i < group->nr; i++)
		drain_hold(&group->members[i].track->drain);
	synchronize_rcu_expedited();
	for (i = 0; i < group->nr; i++) {
		struct group_member *member = &group->members[i];

		member->era = drain_resume(&member->track->drain);
	}
	for (i = 0; i < group->nr; i++)
		track_gate_open(group->members[i].track);
}

static int group_drain(struct group *group)
{
	unsigned int i;
	int r = 0;

	/* all, so that copies which wait for the close learn of it */
	for (i = 0; i < group->nr; i++) {
		struct group_member *member = &group->members[i];
		int err = track_drain_closed(member->track, member->view);

		if (err == -ETIMEDOUT)
			DMERR("%s: a write of the closed era doesn't end",
			      member->track->name);
		r = r ? r : err;
	}
	return r;
}

/* A view that has become invalid meanwhile is no part of an instant. */
static int group_check(const struct group *group)
{
	unsigned int i;

	for (i = 0; i < group->nr; i++) {
		const struct group_member *member = &group->members[i];

		if (!member->view || view_state(member->view) <= VIEW_OPEN)
			continue;
		DMERR("%s: close-group: the view of era %u could not be kept",
		      member->track->name, member->era);
		return -EIO;
	}
	return 0;
}

/* Of those that have begun. */
static void group_end(struct group *group, bool keep)
{
	unsigned int i;

	for (i = 0; i < group->begun; i++) {
		struct group_member *member = &group->members[i];

		if (member->view)
			track_end_close(member->track, member->view, keep);
	}
}

static int group_close(struct group *group)
{
	int r = group_lock(group);

	if (!r)
		r = group_begin(group);
	if (!r) {
		group_advance(group);
		r = group_drain(group);
	}
	if (!r)
		r = group_check(group);
	group_end(group, !r);
	group_unlock(group);
	return r;
}

static void group_reply(const struct group *group, char *result,
			unsigned int maxlen)
{
	unsigned int i, len = 0;

	for (i = 0; i < group->nr; i++)
		len += scnprintf(result + len, maxlen - len, "%s%s %u",
				 i ? "\n" : "", group->members[i].track->name,
				 group->members[i].era);
}

/* The references may be the last ones. */
static void group_put(struct group *group, bool closed)
{
	unsigned int i;

	for (i = 0; i < group->nr; i++) {
		if (closed)
			track_event(group->members[i].track);
		track_put(group->members[i].track);
	}
	kfree(group);
}

/**
 * track_close_group() - the message "close-group", see dm-braid.h
 * @t: the track that is asked
 * @argc: how many words
 * @argv: the words, the first is the message's name
 * @result: room for the reply
 * @maxlen: how much
 *
 * Locks are taken one after another, each of which another close holds for a
 * few minutes at most; a signal ends the waiting.
 *
 * Context: process; may sleep.
 * Return: 1 with a reply, or an error; it was said.
 */
int track_close_group(struct track *t, unsigned int argc, char **argv,
		      char *result, unsigned int maxlen)
{
	struct group *group;
	int r;

	if (maxlen < BRAID_GROUP_MAX * GROUP_LINE)
		return track_reply_too_small(result, maxlen);
	group = kzalloc(sizeof(*group), GFP_KERNEL);
	if (!group)
		return -ENOMEM;
	r = group_parse(group, t, argc, argv);
	if (!r)
		r = group_close(group);
	if (!r)
		group_reply(group, result, maxlen);
	group_put(group, !r);
	return r ? r : 1;
}
