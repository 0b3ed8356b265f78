// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The source over a braid-track device. An era is closed together with a
 * view; what changed since the replica's cursor is read from the view, which
 * is dropped when the era is committed or given up. Of what the kernel says of
 * how a block changed only "discarded" makes a difference, and the view has the
 * last word: what it shows as zero is discarded on the replica as well. Written
 * or to be compared, a block is compared with what the replica has.
 *
 * A cursor of another map, or one that is too old, means that all of the
 * device is compared. That takes long, and a view of everything would need a
 * copy store as large as what is written meanwhile. So the device itself is
 * read, which gives no instant, and then an era is closed: what changed since
 * before the first read is shipped once more, from a view of that era. What
 * the replica has there is not asked, as it has not applied the first part.
 *
 * The device that shows the view is called braid-VOLUME-ERA. How a view is known
 * as ours after a crash: see leftover.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "control/json.h"
#include "dm/track.h"
#include "dm/view.h"
#include "failpoint/failpoint.h"
#include "log/log.h"
#include "source/leftover.h"
#include "source/origin.h"
#include "wire/hex.h"

#define EXTENTS_MAX 512 /* of a page; more are asked for again */

struct track {
	struct origin o;
	const struct config *config;
	char name[DM_DEV_NAME_SIZE];
	struct leftover leftover;
	struct leftover_view note; /* of the view that is open */
	uint64_t era_now; /* as of the last look */
	bool unclean; /* a view could not be ended: to be tried again */
	uint32_t block_bytes;
	uint64_t nr_blocks;
	/* The era under way. */
	bool open, whole_view, waited;
	enum {
		LIVE,
		BARRIER,
		CHANGED
	} part;
	bool blind;
	struct wire_state peer;
	int live_fd; /* the device itself */
	uint64_t era, since;
	char view[DM_DEV_NAME_SIZE];
	int fd;
	uint64_t from; /* the next page, or DM_TRACK_END */
	struct dm_track_extent page[EXTENTS_MAX];
	unsigned int page_len, page_next;
	/* For the status, which another thread asks for. */
	pthread_mutex_t lock;
	char map_id[BRAID_MAP_ID_HEX + 1];
	unsigned int nr_views;
};

static int track_look(struct track *t, struct dm_track_status *st,
		      struct err *e)
{
	int ret = dm_track_status(t->name, st, e);

	if (ret < 0)
		return ret;
	t->block_bytes = st->block_sectors * 512;
	t->nr_blocks = st->nr_blocks;
	t->era_now = st->era;
	pthread_mutex_lock(&t->lock);
	memcpy(t->map_id, st->map_id, sizeof(t->map_id));
	t->nr_views = st->nr_views;
	pthread_mutex_unlock(&t->lock);
	return 0;
}

static void track_end(struct origin *o)
{
	struct track *t = (struct track *)o;
	struct dm_view_status st;
	struct err error;
	int ret = 0;

	if (t->fd >= 0)
		close(t->fd);
	if (t->live_fd >= 0)
		close(t->live_fd);
	t->fd = t->live_fd = -1;
	if (!t->open)
		return;
	t->open = false;
	if (t->view[0] != '\0') {
		if (dm_view_status(t->view, &st, &error) == 0 && !st.valid)
			log_warn("the view of era %" PRIu64
				 " of %s was lost: its copy store was full",
				 t->era, t->name);
		ret = dm_view_remove(t->view, &error);
	}
	if (ret == 0)
		ret = dm_track_drop(t->name, t->era, &error);
	if (ret == 0) {
		leftover_forget(&t->leftover);
	} else {
		log_warn("%s", error.text);
		t->unclean = true;
	}
}

/* Whether the map knows what changed since the replica's era. */
static bool track_can_tell(const struct dm_track_status *st,
			   const struct wire_state *peer)
{
	uint8_t map_id[BRAID_MAP_ID_BYTES];

	return peer->status == WIRE_COMMITTED &&
	       hex_bytes(map_id, sizeof(map_id), st->map_id) == 0 &&
	       memcmp(map_id, peer->cursor.map_id, sizeof(map_id)) == 0 &&
	       peer->cursor.map_era >= st->oldest &&
	       peer->cursor.map_era < st->era;
}

static int track_show(struct track *t, struct err *e)
{
	char path[DM_DEV_PATH_SIZE], uuid[DM_DEV_UUID_SIZE];
	struct origin view;
	int ret;

	snprintf(t->view, sizeof(t->view), "braid-%s-%" PRIu64, t->config->name,
		 t->era);
	leftover_uuid(&t->leftover, &t->note, uuid);
	ret = dm_view_create(t->view, uuid, t->name, t->era, e);
	if (ret < 0) {
		t->view[0] = '\0';
		return ret;
	}
	dm_dev_path(t->view, path);
	t->fd = origin_device_open(&view, path, e);
	if (t->fd < 0)
		return t->fd;
	if (view.bytes != t->o.bytes)
		return err_set(e, ESTALE,
			       "the size of %s changed from %llu to %llu bytes",
			       t->name, (unsigned long long)t->o.bytes,
			       (unsigned long long)view.bytes);
	return 0;
}

static int page_add(void *arg, const struct dm_track_extent *extent)
{
	struct track *t = arg;

	if (t->page_len == EXTENTS_MAX)
		return 1; /* the rest is asked for again */
	t->page[t->page_len++] = *extent;
	return 0;
}

static int track_page(struct track *t, struct err *e)
{
	const struct dm_track_extent *last;
	uint64_t next;
	int ret;

	t->page_len = t->page_next = 0;
	ret = dm_track_changed_page(t->name, t->since, t->era, t->from,
				    t->nr_blocks, &next, page_add, t, e);
	if (ret < 0)
		return ret;
	last = &t->page[EXTENTS_MAX - 1];
	t->from = ret > 0 ? last->block + last->count : next;
	return 0;
}

static int extent_count(void *arg, const struct dm_track_extent *extent)
{
	*(uint64_t *)arg += extent->count;
	return 0;
}

static int track_measure(struct track *t, struct origin_era *era, struct err *e)
{
	uint64_t blocks = 0;
	int ret;

	ret = dm_track_changed(t->name, t->since, t->era, extent_count, &blocks,
			       e);
	if (ret < 0)
		return ret;
	era->total_bytes += blocks * t->block_bytes;
	return 0;
}

/*
 * The number of an era is told without its map's id: whether the map is still
 * the one that was there before, or somebody has loaded another one meanwhile.
 */
static int track_same_map(struct track *t, const struct origin_era *era,
			  struct err *e)
{
	uint8_t map_id[BRAID_MAP_ID_BYTES];
	struct dm_track_status st;
	int ret = dm_track_status(t->name, &st, e);

	if (ret < 0)
		return ret;
	if (hex_bytes(map_id, sizeof(map_id), st.map_id) == 0 &&
	    memcmp(map_id, era->cursor.map_id, sizeof(map_id)) == 0)
		return 0;
	return err_set(e, ESTALE, "%s got another map while its era was closed",
		       t->name);
}

/*
 * Close an era with a view, which is ours from before it exists.
 * Crash: a view is left behind, which the next start drops.
 */
static int track_close_view(struct track *t, struct err *e)
{
	struct leftover_view *note = &t->note;
	int ret;

	*note = (struct leftover_view){
		.era = t->era_now,
		.since = t->since,
		.mode = t->whole_view ? DM_TRACK_WHOLE : DM_TRACK_SHIPPED,
	};
	memcpy(note->map_id, t->map_id, sizeof(note->map_id));
	ret = leftover_note(&t->leftover, note);
	if (ret < 0)
		return err_sys(e, -ret, "cannot write %s/view",
			       t->config->state);
	FAILPOINT("source.noted");
	ret = dm_track_close(t->name, note->mode, t->since, &t->era, e);
	if (ret < 0) {
		leftover_forget(&t->leftover);
		return ret;
	}
	FAILPOINT("source.closed");
	note->closed = true;
	note->era = t->era;
	leftover_note(&t->leftover, note);
	t->open = true;
	t->view[0] = '\0';
	return 0;
}

/* As of the view of what changed since t->since. */
static int track_freeze(struct track *t, struct origin_era *era, struct err *e)
{
	int ret;

	t->whole_view = t->config->view == VIEW_WHOLE;
	era->closed_at_ms = origin_now_ms();
	ret = track_close_view(t, e);
	if (ret < 0)
		return ret;
	t->from = 0;
	t->page_len = t->page_next = 0;
	t->part = CHANGED;
	ret = track_same_map(t, era, e);
	if (ret == 0)
		ret = track_show(t, e);
	if (ret == 0)
		ret = track_measure(t, era, e);
	era->number = t->era > t->peer.era ? t->era : t->peer.era + 1;
	era->cursor.map_era = t->era;
	era->fd = t->fd;
	return ret;
}

/* From here on the map knows what the first part may have missed. */
static int track_begin_live(struct track *t, struct origin_era *era,
			    struct err *e)
{
	struct origin live;
	int ret;

	ret = dm_track_close(t->name, DM_TRACK_NO_VIEW, 0, &t->since, e);
	if (ret < 0)
		return ret;
	ret = track_same_map(t, era, e);
	if (ret < 0)
		return ret;
	t->live_fd = origin_device_open(&live, t->config->device, e);
	if (t->live_fd < 0)
		return t->live_fd;
	era->number = t->peer.era + 1;
	era->total_bytes = t->o.bytes;
	t->part = LIVE;
	t->waited = false;
	return 0;
}

static int track_close(struct origin *o, const struct wire_state *peer,
		       struct origin_era *era, struct err *e)
{
	struct track *t = (struct track *)o;
	struct dm_track_status st;
	int ret = track_look(t, &st, e);

	if (ret < 0)
		return ret;
	if (t->unclean)
		t->unclean = !leftover_drop(&t->leftover, &st);
	t->peer = *peer;
	memset(era, 0, sizeof(*era));
	hex_bytes(era->cursor.map_id, sizeof(era->cursor.map_id), st.map_id);
	t->blind = !track_can_tell(&st, peer);
	t->since = peer->cursor.map_era;
	if (t->blind)
		ret = track_begin_live(t, era, e);
	else
		ret = track_freeze(t, era, e);
	if (ret < 0)
		track_end(o);
	return ret;
}

static int track_next_changed(struct track *t, struct origin_range *range,
			      struct err *e)
{
	const struct dm_track_extent *x;
	int ret;

	while (t->page_next == t->page_len) {
		if (t->from == DM_TRACK_END)
			return 0;
		ret = track_page(t, e);
		if (ret < 0)
			return ret;
	}
	x = &t->page[t->page_next++];
	range->at.offset = x->block * t->block_bytes;
	range->at.length = x->count * t->block_bytes;
	if (range->at.length > t->o.bytes - range->at.offset)
		range->at.length = t->o.bytes - range->at.offset;
	range->fd = t->fd;
	range->blind = t->blind;
	range->discarded = x->kind == BRAID_EXTENT_DISCARDED;
	return 1;
}

static int track_next(struct origin *o, struct origin_era *era,
		      struct origin_range *range, struct err *e)
{
	struct track *t = (struct track *)o;
	int ret;

	switch (t->part) {
	case LIVE:
		*range = (struct origin_range){ .at = { 0, o->bytes },
						.fd = t->live_fd };
		t->part = BARRIER;
		return 1;
	case BARRIER:
		/* To be asked again once, when all of that was read. */
		if (!t->waited) {
			t->waited = true;
			return ORIGIN_BARRIER;
		}
		t->waited = false;
		ret = track_freeze(t, era, e);
		if (ret < 0)
			return ret;
		break;
	case CHANGED:
		break;
	}
	return track_next_changed(t, range, e);
}

/* Ranges come in order and in whole blocks; pieces of them may be smaller. */
static void track_release(struct origin *o, const struct wire_range *range)
{
	struct track *t = (struct track *)o;
	uint64_t end = range->offset + range->length;
	uint64_t first = range->offset / t->block_bytes;
	uint64_t last = end == o->bytes ? t->nr_blocks : end / t->block_bytes;
	struct err error;

	if (!t->open || t->whole_view || last <= first)
		return;
	if (dm_track_release(t->name, t->era, first, last - first, &error) < 0)
		log_warn("%s", error.text);
}

static int track_check(struct origin *o, struct err *e)
{
	struct track *t = (struct track *)o;
	struct dm_view_status st;
	struct err error;

	if (!t->open || dm_view_status(t->view, &st, &error) < 0 || st.valid)
		return 0;
	return err_set(
		e, EIO,
		"the view of era %llu of %s was lost: its copy store was full",
		(unsigned long long)t->era, t->name);
}

static void track_status(struct origin *o, struct json_object *status)
{
	struct track *t = (struct track *)o;

	pthread_mutex_lock(&t->lock);
	json_add_text(status, "map_id", t->map_id);
	json_add_number(status, "views", t->nr_views);
	pthread_mutex_unlock(&t->lock);
}

static void track_free(struct origin *o)
{
	struct track *t = (struct track *)o;

	track_end(o);
	pthread_mutex_destroy(&t->lock);
	free(t);
}

static const struct origin_ops track_ops = {
	.close = track_close,
	.next = track_next,
	.check = track_check,
	.release = track_release,
	.end = track_end,
	.status = track_status,
	.free = track_free,
};

static int track_open(struct track *t, struct err *e)
{
	struct dm_track_status st;
	int fd, ret;

	ret = dm_dev_name_of(t->config->device, t->name, e);
	if (ret < 0)
		return ret;
	ret = track_look(t, &st, e);
	if (ret < 0)
		return ret;
	fd = origin_device_open(&t->o, t->config->device, e);
	if (fd < 0)
		return fd;
	close(fd);
	t->unclean = !leftover_drop(&t->leftover, &st);
	return 0;
}

int origin_track_open(struct origin **out, const struct config *config,
		      const struct lineage *lineage, struct err *e)
{
	struct track *t = calloc(1, sizeof(*t));
	int ret;

	if (t == NULL)
		return err_set(e, ENOMEM, "no memory for a source");
	t->o.ops = &track_ops;
	t->config = config;
	t->fd = t->live_fd = -1;
	t->leftover.track = t->name;
	t->leftover.dir_fd = lineage->sd.fd;
	hex_text(t->leftover.lineage, lineage->id, sizeof(lineage->id));
	pthread_mutex_init(&t->lock, NULL);
	ret = track_open(t, e);
	if (ret < 0)
		track_free(&t->o);
	else
		*out = &t->o;
	return ret;
}
