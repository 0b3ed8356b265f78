// SPDX-License-Identifier: GPL-2.0-only
/*
 * The messages of braid-track, see dm-braid.h.
 *
 * The buffer for the reply and the arguments may be the same memory (dm-ioctl
 * uses one): an argument must not be looked at once a reply is begun.
 */
#define DM_MSG_PREFIX "braid-track"

#include <linux/sched/mm.h>
#include <linux/sched/signal.h>

#include "track.h"

/* As many blocks are looked at before others get the CPU. */
#define CHANGED_STRIDE		16384U
/* And before the reply: a message keeps the table from being replaced. */
#define CHANGED_MAX		(256U * CHANGED_STRIDE)
/* Longest first line, longest line, and what dm wants to stay free. */
#define CHANGED_HEAD		12U
#define CHANGED_LINE		26U
#define REPLY_MIN		(CHANGED_HEAD + 2 * CHANGED_LINE)

/* dm takes a full buffer as a request for a larger one. */
int track_reply_too_small(char *result, unsigned int maxlen)
{
	if (maxlen) {
		memset(result, ' ', maxlen - 1);
		result[maxlen - 1] = '\0';
	}
	return 1;
}

static int track_msg_numbers(struct track *t, unsigned int argc, char **argv,
			     u32 *numbers)
{
	unsigned int i;

	for (i = 1; i < argc; i++) {
		if (!kstrtou32(argv[i], 10, &numbers[i - 1]))
			continue;
		DMERR("%s: %s: \"%s\" is not a number", t->name, argv[0],
		      argv[i]);
		return -EINVAL;
	}
	return 0;
}

static int track_msg_close(struct track *t, unsigned int argc, char **argv,
			   char *result, unsigned int maxlen)
{
	struct track_close how = { .view = argc == 3 };
	u32 era;
	int r;

	if (argc == 2)
		goto out_usage;
	if (how.view) {
		how.whole = !strcasecmp(argv[1], "whole");
		if (!how.whole && strcasecmp(argv[1], "shipped"))
			goto out_usage;
		if (kstrtou32(argv[2], 10, &how.since))
			goto out_usage;
	}
	if (maxlen < REPLY_MIN)
		return track_reply_too_small(result, maxlen);

	r = track_close(t, &how, &era);
	if (r)
		return r;
	scnprintf(result, maxlen, "%u", era);
	return 1;

out_usage:
	DMERR("%s: expected close [<whole|shipped> <since>]", t->name);
	return -EINVAL;
}

/* What "changed" was asked. */
struct changed {
	struct track *track;
	struct view *view;	/* NULL: the live map */
	u32 since;
	u32 upto;
	u32 from;
};

static int changed_parse_view(struct changed *c, const char *arg)
{
	u32 era;

	if (!strcasecmp(arg, "now")) {
		c->upto = ERA_NOW;
		return 0;
	}
	if (kstrtou32(arg, 10, &era)) {
		DMERR("%s: changed: \"%s\" is neither an era nor \"now\"",
		      c->track->name, arg);
		return -EINVAL;
	}
	c->view = track_get_view(c->track, era);
	if (!c->view)
		return -ENOENT;
	c->upto = era;
	if (c->view->since == c->since)
		return 0;
	DMERR("%s: the view of era %u knows what changed since era %u, not %u",
	      c->track->name, era, c->view->since, c->since);
	return -EINVAL;
}

static int changed_parse(struct changed *c, char **argv)
{
	u32 era = drain_era(&c->track->drain);

	if (kstrtou32(argv[1], 10, &c->since) ||
	    kstrtou32(argv[3], 10, &c->from)) {
		DMERR("%s: expected changed <since> <era|now> <from_block>",
		      c->track->name);
		return -EINVAL;
	}
	if (c->since >= era) {
		DMERR("%s: era %u was not closed yet, era %u is being written",
		      c->track->name, c->since, era);
		return -EINVAL;
	}
	if (c->since < track_oldest(c->track)) {
		track_too_old(c->track, c->since);
		return -ERANGE;
	}
	return changed_parse_view(c, argv[2]);
}

/*
 * The next run of blocks that changed in one way, from c->from on, which moves behind it. At
 * most a stride of blocks is looked at. Return: false at the end of the device.
 */
static bool changed_step(struct changed *c, struct era_extent *extent)
{
	const struct era_map *map;
	const unsigned long *lost = c->view ? c->view->lost : NULL;
	u32 nr, end;

	rcu_read_lock();
	map = rcu_dereference(c->track->map);
	nr = c->view ? c->view->nr_blocks : map->nr_blocks;
	extent->count = 0;
	if (c->from < nr) {
		end = c->from + min(nr - c->from, CHANGED_STRIDE);
		if (era_map_next(map, lost, c->since, c->upto, c->from, end,
				 extent))
			c->from = extent->block + extent->count;
		else
			c->from = end;
	}
	rcu_read_unlock();
	return c->from < nr || extent->count;
}

static const char changed_kinds[] = {
	[ERA_WRITTEN] = BRAID_EXTENT_WRITTEN,
	[ERA_DISCARDED] = BRAID_EXTENT_DISCARDED,
	[ERA_SUSPECT] = BRAID_EXTENT_COMPARE,
};

/* Append an extent. Return: false if there is no room. */
static bool changed_emit(char *body, unsigned int size, unsigned int *len,
			 const struct era_extent *extent)
{
	if (size - *len < CHANGED_LINE)
		return false;
	*len += scnprintf(body + *len, size - *len, "\n%c %u %u",
			  changed_kinds[extent->kind], extent->block,
			  extent->count);
	return true;
}

/*
 * Fill the body of the reply. Return: where to go on, or -1 at the end of the
 * device, or an error below that. The reply of one message looks at CHANGED_MAX
 * blocks at most.
 */
static s64 changed_fill(struct changed *c, char *body, unsigned int size,
			unsigned int *len)
{
	struct era_extent extent, run = { .count = 0 };
	bool more;
	u32 from = c->from;

	while ((more = changed_step(c, &extent))) {
		cond_resched();
		if (fatal_signal_pending(current))
			return -EINTR;
		if (!extent.count) {
			/* nothing to add */
		} else if (run.count && run.kind == extent.kind &&
			   run.block + run.count == extent.block) {
			run.count += extent.count;
		} else {
			if (run.count && !changed_emit(body, size, len, &run))
				return run.block;
			run = extent;
		}
		if (c->from - from >= CHANGED_MAX)
			break;
	}
	if (run.count && !changed_emit(body, size, len, &run))
		return run.block;
	return more ? (s64)c->from : -1;
}

/*
 * Lost stamps are noted for a view that is open; one that was dropped meanwhile
 * may have missed some. And stamps may have been lifted above "since" meanwhile. A
 * stamp that was replaced after that is seen before the one and the other: pairs
 * with era_map_raise() and era_map_forget().
 */
static int changed_check(const struct changed *c)
{
	smp_rmb();
	if (c->since < track_oldest(c->track)) {
		track_too_old(c->track, c->since);
		return -ERANGE;
	}
	if (!c->view || view_state(c->view) != VIEW_DROPPED)
		return 1;
	DMERR("%s: changed: the view of era %u was dropped meanwhile",
	      c->track->name, c->upto);
	return -ENOENT;
}

/*
 * The first line is known last: extents are written where the longest first
 * line would end, and moved up.
 */
static int changed_reply(struct changed *c, char *result, unsigned int maxlen)
{
	char *body = result + CHANGED_HEAD;
	unsigned int head, len = 0;
	s64 next;

	body[0] = '\0';
	next = changed_fill(c, body, maxlen - CHANGED_HEAD - 2, &len);
	if (next < -1)
		return next;
	if (next == -1)
		head = scnprintf(result, CHANGED_HEAD, "end");
	else
		head = scnprintf(result, CHANGED_HEAD, "%llu", next);
	memmove(result + head, body, len + 1);
	return 1;
}

static int track_msg_changed(struct track *t, unsigned int argc, char **argv,
			     char *result, unsigned int maxlen)
{
	struct changed c = { .track = t };
	int r;

	if (maxlen < REPLY_MIN)
		return track_reply_too_small(result, maxlen);
	r = changed_parse(&c, argv);
	if (!r)
		r = changed_reply(&c, result, maxlen);
	if (r == 1)
		r = changed_check(&c);
	if (c.view)
		view_put(c.view);
	return r;
}

static int track_msg_range(struct track *t, const char *what, u32 count)
{
	if (count <= BRAID_RANGE_MAX)
		return 0;
	DMERR("%s: %s: %u blocks are too many for one message, %u is the most",
	      t->name, what, count, BRAID_RANGE_MAX);
	return -E2BIG;
}

static int track_msg_release(struct track *t, unsigned int argc, char **argv,
			     char *result, unsigned int maxlen)
{
	u32 n[3];
	int r = track_msg_numbers(t, argc, argv, n);

	if (!r)
		r = track_msg_range(t, "release", n[2]);
	return r ? r : track_release(t, n[0], n[1], n[2]);
}

static int track_msg_drop(struct track *t, unsigned int argc, char **argv,
			  char *result, unsigned int maxlen)
{
	u32 era;
	int r = track_msg_numbers(t, argc, argv, &era);

	return r ? r : track_drop(t, era);
}

static int track_msg_mark(struct track *t, unsigned int argc, char **argv,
			  char *result, unsigned int maxlen)
{
	enum era_kind kind = argc == 4 ? ERA_SUSPECT : ERA_WRITTEN;
	u32 n[2];
	int r;

	if (argc == 4 && strcasecmp(argv[3], "compare")) {
		DMERR("%s: expected mark <block> <count> [compare]", t->name);
		return -EINVAL;
	}
	r = track_msg_numbers(t, 3, argv, n);
	if (!r)
		r = track_msg_range(t, "mark", n[1]);
	if (r)
		return r;
	mutex_lock(&t->map_lock);
	if (t->disk && map_disk_rests(t->disk))
		r = -EBUSY;
	else
		r = track_mark(t, n[0], n[1], kind);
	mutex_unlock(&t->map_lock);
	if (r == -EBUSY)
		DMERR("%s: mark: the device is suspended", t->name);
	if (r == -ERANGE)
		DMERR("%s: mark: blocks %u+%u are beyond the end", t->name,
		      n[0], n[1]);
	return r;
}

static const struct {
	const char *name;
	const char *usage;
	unsigned int min, max;		/* arguments, the name included */
	int (*handle)(struct track *t, unsigned int argc, char **argv,
		      char *result, unsigned int maxlen);
} messages[] = {
	{ "close", "[<whole|shipped> <since>]", 1, 3, track_msg_close },
	{ "close-group", "<none|whole|shipped> <dev> [<since>]...", 3,
	  2 + 2 * BRAID_GROUP_MAX, track_close_group },
	{ "changed", "<since> <era|now> <from_block>", 4, 4,
	  track_msg_changed },
	{ "release", "<era> <block> <count>", 4, 4, track_msg_release },
	{ "drop", "<era>", 2, 2, track_msg_drop },
	{ "mark", "<block> <count> [compare]", 3, 4, track_msg_mark },
};

static int track_dispatch(struct track *t, unsigned int argc, char **argv,
			  char *result, unsigned int maxlen)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(messages); i++) {
		if (strcasecmp(argv[0], messages[i].name))
			continue;
		if (argc >= messages[i].min && argc <= messages[i].max)
			return messages[i].handle(t, argc, argv, result,
						  maxlen);
		DMERR("%s: expected %s %s", t->name, messages[i].name,
		      messages[i].usage);
		return -EINVAL;
	}
	DMERR("%s: the message \"%s\" is unknown", t->name, argv[0]);
	return -EINVAL;
}

/**
 * track_message() - handle a message
 * @t: the track
 * @argc: how many words
 * @argv: the words
 * @result: room for a reply
 * @maxlen: how much
 *
 * The device may be suspended: memory must not be waited for that only I/O to
 * it would set free.
 *
 * Return: 1 with a reply, 0 without one, or an error; it was said.
 */
int track_message(struct track *t, unsigned int argc, char **argv, char *result,
		  unsigned int maxlen)
{
	unsigned int noio = memalloc_noio_save();
	int r = track_dispatch(t, argc, argv, result, maxlen);

	memalloc_noio_restore(noio);
	return r;
}
