// SPDX-License-Identifier: GPL-2.0-only
/*
 * braid-track, the target: a table's part of a track (track.h).
 */
#define DM_MSG_PREFIX "braid-track"

#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>

#include "compat.h"
#include "targets.h"
#include "track.h"
#include "view-store.h"

struct track_target {
	struct track_args args;
	struct track *track;
	struct era_map *longer;		/* to grow to at resume, or NULL */
};

/* Tolerates a target that is half built. */
static void track_dtr(struct dm_target *ti)
{
	struct track_target *tt = ti->private;

	if (tt->track)
		track_detach(tt->track, ti);
	era_map_destroy(tt->longer);
	if (tt->args.metadata)
		dm_put_device(ti, tt->args.metadata);
	if (tt->args.origin)
		dm_put_device(ti, tt->args.origin);
	kfree(tt);
}

static int track_attach_target(struct dm_target *ti, struct track_target *tt)
{
	struct track *t = track_attach(ti, &tt->args);

	if (IS_ERR(t))
		return PTR_ERR(t);
	tt->track = t;
	if (tt->args.len == t->len)
		return 0;

	tt->longer = era_map_create(tt->args.nr_blocks);
	if (tt->longer)
		return 0;
	ti->error = "Not enough memory to grow the era map: 8 bytes for three blocks";
	return -ENOMEM;
}

static int track_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct track_target *tt = kzalloc(sizeof(*tt), GFP_KERNEL);
	int r;

	if (!tt) {
		ti->error = "Not enough memory";
		return -ENOMEM;
	}
	ti->private = tt;
	r = track_parse(ti, argc, argv, &tt->args);
	if (!r)
		r = track_attach_target(ti, tt);
	if (r) {
		track_dtr(ti);
		return r;
	}

	ti->num_flush_bios = 1;
	ti->num_discard_bios = 1;
	ti->num_secure_erase_bios = 1;
	ti->num_write_zeroes_bios = 1;
	ti->per_io_data_size = sizeof(struct track_bio);
	return 0;
}

static int track_map(struct dm_target *ti, struct bio *bio)
{
	struct track_target *tt = ti->private;
	struct track_bio *tb = dm_per_bio_data(bio, sizeof(*tb));

	bio_set_dev(bio, tt->args.origin->bdev);
	tb->era = 0;
	tb->pinned = false;
	tb->shared = false;
	if (!op_is_write(bio_op(bio)) || !bio_sectors(bio))
		return DM_MAPIO_REMAPPED;
	return track_write(tt->track, bio, tb);
}

static int track_end_io(struct dm_target *ti, struct bio *bio,
			blk_status_t *error)
{
	struct track_target *tt = ti->private;
	struct track_bio *tb = dm_per_bio_data(bio, sizeof(*tb));

	if (tb->era)
		drain_leave(&tt->track->drain, tb->era);
	return DM_ENDIO_DONE;
}

/* No write is in flight. A table that was never live has nothing to freeze. */
static void track_postsuspend(struct dm_target *ti)
{
	struct track_target *tt = ti->private;

	track_freeze(tt->track);
	map_disk_stop(tt->track);
}

static int track_preresume(struct dm_target *ti)
{
	struct track_target *tt = ti->private;
	unsigned int noio;
	int r = track_may_resume(tt->track, ti);

	if (r)
		return r;
	/* the device is suspended: its I/O would not set any memory free */
	noio = memalloc_noio_save();
	if (tt->longer)
		r = track_grow(tt->track, tt->args.len, tt->longer);
	if (!r)
		tt->longer = NULL;
	if (!r)
		r = map_disk_start(tt->track);
	memalloc_noio_restore(noio);
	return r;
}

static void track_resume(struct dm_target *ti)
{
	struct track_target *tt = ti->private;

	track_resumed(tt->track, ti);
}

static void track_status_map(const struct track *t, char *result,
			     unsigned int maxlen)
{
	const struct map_disk *disk = t->disk;
	unsigned int sz = strlen(result);

	if (!disk) {
		DMEMIT(" memory 0/0 0 0 0 0");
		return;
	}
	DMEMIT(" %s %u/%u %u %u %u %u",
	       READ_ONCE(disk->failed) ? "failed" : "durable",
	       act_log_used(&disk->act), disk->act.nr_slots,
	       1U << disk->extent_shift, READ_ONCE(disk->suspects),
	       READ_ONCE(disk->log_writes), READ_ONCE(disk->map_writes));
}

static void track_status_info(struct track *t, char *result,
			      unsigned int maxlen)
{
	const struct view_store *store = t->store;
	const struct view_set *set;
	unsigned int sz = 0;
	unsigned int i;

	rcu_read_lock();
	set = rcu_dereference(t->views);
	DMEMIT("%u %u %*phN %u %u %u/%u %u", 1U << t->block_shift,
	       rcu_dereference(t->map)->nr_blocks, BRAID_MAP_ID_BYTES,
	       t->map_id, drain_era(&t->drain), track_oldest(t),
	       READ_ONCE(store->slots.used),
	       store->slots.total, set ? set->nr : 0);
	for (i = 0; set && i < set->nr; i++) {
		const struct view *view = set->views[i];

		DMEMIT(" %u %s %s %u", view->era,
		       view->whole ? "whole" : "shipped",
		       view_state_name(view), view->since);
	}
	rcu_read_unlock();
	track_status_map(t, result, maxlen);
}

static void track_status(struct dm_target *ti, status_type_t type,
			 unsigned int status_flags, char *result,
			 unsigned int maxlen)
{
	struct track_target *tt = ti->private;
	const struct track_args *args = &tt->args;
	unsigned int sz = 0;

	switch (type) {
	case STATUSTYPE_INFO:
		track_status_info(tt->track, result, maxlen);
		break;
	case STATUSTYPE_TABLE:
		DMEMIT("%s %s %u%s",
		       args->metadata ? args->metadata->name : "-",
		       args->origin->name, args->block_sectors,
		       args->durable ? " 1 durable" : "");
		break;
	case STATUSTYPE_IMA:
		DMEMIT_TARGET_NAME_VERSION(ti->type);
		DMEMIT(",metadata_device=%s,origin_device=%s,block_sectors=%u,durable=%c;",
		       args->metadata ? args->metadata->name : "-",
		       args->origin->name, args->block_sectors,
		       args->durable ? 'y' : 'n');
		break;
	}
}

static int track_target_message(struct dm_target *ti, unsigned int argc,
				char **argv, char *result, unsigned int maxlen)
{
	struct track_target *tt = ti->private;
	/* a reply may overwrite the arguments */
	bool close = !strcasecmp(argv[0], "close");
	int r = track_message(tt->track, argc, argv, result, maxlen);

	if (r == 1 && close)
		dm_table_event(ti->table);
	return r;
}

static int track_iterate_devices(struct dm_target *ti,
				 iterate_devices_callout_fn fn, void *data)
{
	struct track_target *tt = ti->private;

	/* the metadata device takes none of the device's I/O */
	return fn(ti, tt->args.origin, 0, ti->len, data);
}

struct target_type braid_track_target = {
	.name = BRAID_TRACK_TARGET,
	.version = { 1, 0, 0 },
	.features = DM_TARGET_SINGLETON | DM_TARGET_NOWAIT,
	.module = THIS_MODULE,
	.ctr = track_ctr,
	.dtr = track_dtr,
	.map = track_map,
	.end_io = track_end_io,
	.postsuspend = track_postsuspend,
	.preresume = track_preresume,
	.resume = track_resume,
	.status = track_status,
	.message = track_target_message,
	.iterate_devices = track_iterate_devices,
};
