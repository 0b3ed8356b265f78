// SPDX-License-Identifier: GPL-2.0-only
/*
 * braid-view, the target: shows a view of a braid-track device, read-only.
 *
 * A block that was overwritten since is read from the copy store, any other one
 * in its old place on the origin. A read in the old place is in the table of the
 * block's bucket while it is in flight: a write to the block waits for it. Copies
 * need no such care: they are only overwritten after the view was invalidated,
 * or the block released, and then the read is failed when it ends.
 *
 * The braid-track device is opened so that it can't be removed, but not claimed:
 * it may be mounted, and a filesystem claims it for itself.
 */
#define DM_MSG_PREFIX "braid-view"

#include <linux/module.h>
#include <linux/slab.h>

#include "compat.h"
#include "targets.h"
#include "track.h"
#include "view-store.h"

struct view_target {
	void *dev;			/* the braid-track device: pinned */
	struct dm_dev *origin;		/* what is under it: read */
	struct dm_dev *metadata;	/* likewise, or NULL */
	struct track *track;
	struct view *view;
};

struct view_bio {
	struct view_target *vt;
	u32 block;
	bool sent;
	bool in_place;			/* and counted in the track's view_reads */
	struct view_read read;
};

/* Tolerates a target that is half built. */
static void view_dtr(struct dm_target *ti)
{
	struct view_target *vt = ti->private;

	if (vt->view)
		track_unhold_view(vt->track, vt->view);
	if (vt->track)
		track_put(vt->track);
	if (vt->metadata)
		dm_put_device(ti, vt->metadata);
	if (vt->origin)
		dm_put_device(ti, vt->origin);
	if (vt->dev)
		braid_close_shared(vt->dev);
	kfree(vt);
}

static int view_find_track(struct dm_target *ti, const char *path,
			   struct view_target *vt)
{
	dev_t dev;
	int r = track_parse_dev(path, &dev);

	if (!r && dev == disk_devt(dm_disk(dm_table_get_md(ti->table)))) {
		DMERR("%s", path);
		ti->error = "The device can't show a view of itself";
		return -EINVAL;
	}
	if (!r) {
		vt->dev = braid_open_shared(dev);
		r = PTR_ERR_OR_ZERO(vt->dev);
	}
	if (r) {
		vt->dev = NULL;
		DMERR("%s: error %d", path, r);
		ti->error = "The braid-track device can't be opened";
		return r;
	}
	vt->track = track_find(dev);
	if (vt->track)
		return 0;
	DMERR("%s", path);
	ti->error = "The device is not a braid-track device";
	return -ENXIO;
}

static int view_find_view(struct dm_target *ti, const char *arg,
			  struct view_target *vt)
{
	struct view *view;
	u32 era;

	if (kstrtou32(arg, 10, &era)) {
		ti->error = "The era is not a number";
		return -EINVAL;
	}
	view = track_hold_view(vt->track, era);
	if (IS_ERR(view)) {
		DMERR("%s: era %u", vt->track->name, era);
		ti->error = PTR_ERR(view) == -EBUSY ?
			"The view is not open yet: its era is being drained" :
			"The braid-track device has no view of this era";
		return PTR_ERR(view);
	}
	vt->view = view;
	if (ti->begin || ti->len > view->len) {
		DMERR("%s: era %u has %llu sectors", vt->track->name, era,
		      (unsigned long long)view->len);
		ti->error = "The table must begin at 0 and be no longer than the view";
		return -EINVAL;
	}
	return 0;
}

/* Device-mapper's own claims on these are shared among its devices. */
static int view_get_device(struct dm_target *ti, dev_t number,
			   struct dm_dev **dev)
{
	char name[16];
	int r;

	format_dev_t(name, number);
	r = dm_get_device(ti, name, BRAID_MODE_READ, dev);
	if (r)
		ti->error = "A device under the braid-track device can't be opened";
	return r;
}

static int view_get_devices(struct dm_target *ti, struct view_target *vt)
{
	const struct track *t = vt->track;
	int r = view_get_device(ti, t->origin_dev, &vt->origin);

	if (!r && t->metadata)
		r = view_get_device(ti, t->metadata_dev, &vt->metadata);
	if (r)
		return r;
	/*
	 * Until now it was the tracked device's table that kept these open. If
	 * the view is not dropped, that table is still there, and these are its.
	 */
	if (view_state(vt->view) == VIEW_DROPPED ||
	    vt->origin->bdev != t->origin ||
	    (t->metadata && vt->metadata->bdev != t->metadata)) {
		DMERR("%s: era %u", t->name, vt->view->era);
		ti->error = "The view has ended: the braid-track device has another table";
		return -ENXIO;
	}
	return 0;
}

static int view_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct view_target *vt;
	int r;

	if (argc != 2) {
		ti->error = "Expected <track_dev> <era>";
		return -EINVAL;
	}
	vt = kzalloc(sizeof(*vt), GFP_KERNEL);
	if (!vt) {
		ti->error = "Not enough memory";
		return -ENOMEM;
	}
	ti->private = vt;
	r = view_find_track(ti, argv[0], vt);
	if (!r)
		r = view_find_view(ti, argv[1], vt);
	if (!r)
		r = view_get_devices(ti, vt);
	if (!r) {
		ti->error = "The block size is not one that device-mapper takes";
		r = dm_set_target_max_io_len(ti, 1U << vt->track->block_shift);
	}
	if (r) {
		view_dtr(ti);
		return r;
	}
	ti->num_flush_bios = 0;
	ti->per_io_data_size = sizeof(struct view_bio);
	return 0;
}

/* Send a read to where its block's content is. Under the bucket's lock. */
static int view_locate(struct view_target *vt, struct view_bucket *bucket,
		       struct bio *bio, struct view_bio *vb)
{
	struct track *t = vt->track;
	u32 block = bio->bi_iter.bi_sector >> t->block_shift;
	struct view_record *rec;
	u32 from;

	rec = view_record_find(&bucket->records, block, vt->view->era);
	from = rec ? rec->from :
		     era_map_era(rcu_dereference(t->map), block);
	if (!view_keeps(vt->view, block, from))
		return DM_MAPIO_KILL;

	vb->block = block;
	vb->in_place = !rec;
	if (rec) {
		bio_set_dev(bio, t->store->bdev);
		bio->bi_iter.bi_sector &= (1U << t->block_shift) - 1;
		bio->bi_iter.bi_sector +=
			view_store_sector(t->store, rec->slot);
	} else {
		bio_set_dev(bio, t->origin);
		vb->read.block = block;
		hlist_add_head(&vb->read.node, &bucket->reads);
		atomic_inc(&t->view_reads);
	}
	vb->sent = true;
	return DM_MAPIO_REMAPPED;
}

/* A read goes on its way, or waits for the tracked device to be resumed. */
static int view_map_read(struct view_target *vt, struct bio *bio,
			 struct view_bio *vb)
{
	struct track *t = vt->track;
	u32 block = bio->bi_iter.bi_sector >> t->block_shift;
	struct view_bucket *bucket = view_store_bucket(t->store, block);
	unsigned long flags;
	int r;

	rcu_read_lock();
	if (view_state(vt->view) != VIEW_OPEN) {
		r = DM_MAPIO_KILL;
	} else if (track_hold_read(t, bio)) {
		r = DM_MAPIO_SUBMITTED;
	} else {
		spin_lock_irqsave(&bucket->lock, flags);
		r = view_locate(vt, bucket, bio, vb);
		spin_unlock_irqrestore(&bucket->lock, flags);
	}
	rcu_read_unlock();
	return r;
}

/**
 * view_read_again() - a read has waited long enough
 * @bio: the read
 *
 * Context: process.
 */
void view_read_again(struct bio *bio)
{
	struct view_bio *vb = dm_per_bio_data(bio, sizeof(*vb));

	switch (view_map_read(vb->vt, bio, vb)) {
	case DM_MAPIO_REMAPPED:
		submit_bio_noacct(bio);
		break;
	case DM_MAPIO_KILL:
		bio_io_error(bio);
		break;
	}
}

static int view_map(struct dm_target *ti, struct bio *bio)
{
	struct view_target *vt = ti->private;
	struct view_bio *vb = dm_per_bio_data(bio, sizeof(*vb));

	if (bio_op(bio) != REQ_OP_READ)
		return DM_MAPIO_KILL;

	/* writes wait for it: it must not wait for somebody to poll */
	bio_clear_polled(bio);
	vb->vt = vt;
	vb->sent = false;
	return view_map_read(vt, bio, vb);
}

/* What was read is only the view's if it was still kept when the read ended. */
static int view_end_io(struct dm_target *ti, struct bio *bio,
		       blk_status_t *error)
{
	struct view_target *vt = ti->private;
	struct view_bio *vb = dm_per_bio_data(bio, sizeof(*vb));
	struct track *t = vt->track;
	u32 block = vb->block;

	if (!vb->sent)
		return DM_ENDIO_DONE;
	if (vb->in_place)
		view_read_end(t, &vb->read);
	smp_rmb();
	if (view_state(vt->view) != VIEW_OPEN ||
	    test_bit(block, vt->view->gone))
		*error = BLK_STS_IOERR;
	if (vb->in_place && atomic_dec_and_test(&t->view_reads))
		wake_up(&t->view_idle);
	return DM_ENDIO_DONE;
}

static void view_status(struct dm_target *ti, status_type_t type,
			unsigned int status_flags, char *result,
			unsigned int maxlen)
{
	struct view_target *vt = ti->private;
	const struct view *view = vt->view;
	unsigned int sz = 0;

	switch (type) {
	case STATUSTYPE_INFO:
		DMEMIT("%s %s %d %u", view->whole ? "whole" : "shipped",
		       view_state_name(view), atomic_read(&view->kept),
		       READ_ONCE(view->released));
		break;
	case STATUSTYPE_TABLE:
		DMEMIT("%s %u", vt->track->name, view->era);
		break;
	case STATUSTYPE_IMA:
		DMEMIT_TARGET_NAME_VERSION(ti->type);
		DMEMIT(",track_device=%s,era=%u;", vt->track->name, view->era);
		break;
	}
}

static int view_iterate_devices(struct dm_target *ti,
				iterate_devices_callout_fn fn, void *data)
{
	struct view_target *vt = ti->private;
	int r = fn(ti, vt->origin, 0, ti->len, data);

	/* for its limits: a block that was copied is read from there */
	if (!r && vt->metadata)
		r = fn(ti, vt->metadata, 0, VIEW_STORE_RESERVED, data);
	return r;
}

struct target_type braid_view_target = {
	.name = BRAID_VIEW_TARGET,
	.version = { 1, 0, 0 },
	.features = DM_TARGET_SINGLETON | DM_TARGET_NOWAIT,
	.module = THIS_MODULE,
	.ctr = view_ctr,
	.dtr = view_dtr,
	.map = view_map,
	.end_io = view_end_io,
	.status = view_status,
	.iterate_devices = view_iterate_devices,
};
