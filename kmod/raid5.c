// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 5: device-mapper's side; raid5.h describes how I/O goes.
 *
 * What a failure means:
 *
 *	write		the member is dropped
 *	flush		the member is dropped
 *	read		the cell is read again, and mended: raid5-mend.c
 *	device gone	the member is dropped
 *
 * Discards are not offered: the parity must stay the sum of the data, and what
 * a discarded sector reads as is the device's business. Neither is the writing
 * of zeroes: who zeroes writes zeroes, which keeps the parity right.
 */
#include <linux/slab.h>

#include "raid-record.h"
#include "raid5.h"

#define DM_MSG_PREFIX "braid-raid"

/**
 * raid5_out() - the members that can't be used
 * @r5: the array
 *
 * Return: a set that only grows.
 */
unsigned long raid5_out(const struct raid5 *r5)
{
	return READ_ONCE(r5->out);
}

/**
 * raid5_out_at() - the members that have nothing up to a place
 * @r5: the array
 * @end: a sector of the members' data
 *
 * Return: a set; who has the band knows that it doesn't shrink.
 */
unsigned long raid5_out_at(const struct raid5 *r5, sector_t end)
{
	unsigned long filling = READ_ONCE(r5->filling);

	if (likely(!filling) || end <= READ_ONCE(r5->filled))
		filling = 0;
	return raid5_out(r5) | filling;
}

/**
 * raid5_has_failed() - is more than one member out, even if only in part?
 * @r5: the array
 *
 * Return: whether nothing can be written any more.
 */
bool raid5_has_failed(const struct raid5 *r5)
{
	return hweight_long(raid5_out(r5) | READ_ONCE(r5->filling)) > 1;
}

/**
 * raid5_is_replaced() - is a member being copied to a twin?
 * @r5: the array
 * @slot: the member
 *
 * Return: whether it is.
 */
bool raid5_is_replaced(const struct raid5 *r5, unsigned int slot)
{
	return READ_ONCE(r5->twin) && slot == r5->raid->twin_of;
}

/*
 * Take the first member out of use, or a twin, or both, once it is durable on the
 * others that it is lost. A crash before that leaves it in use, and nothing promised
 * that it and the others lack. The caller holds raid->change.
 */
static int bury(struct raid5 *r5, unsigned long slots, const char *why)
{
	DECLARE_BITMAP(lost, BRAID_RAID0_MEMBERS_MAX) = { slots };
	unsigned long twin;
	unsigned int slot;
	int r;

	if (raid5_is_replaced(r5, __ffs(slots)))
		lost[0] |= r5->twin;
	r = raid_record_lost(r5->raid, lost);
	if (r)
		return r;
	twin = r5->twin & lost[0];
	WRITE_ONCE(r5->out, r5->out | (slots & ~twin));
	WRITE_ONCE(r5->twin, r5->twin & ~twin);
	for_each_set_bit(slot, &slots, RAID5_SLOTS_MAX + 1)
		raid_member_died(r5->raid, slot, why);
	if (twin)
		raid_member_died(r5->raid, r5->layout.members,
				 "the copy of a member that is to be replaced has come to an end");
	return 0;
}

/*
 * More are out than the array can do without. This is not recorded: from now on
 * nothing is acknowledged that the members lack, and if they come back, all is
 * there again.
 */
static void fail_array(struct raid5 *r5, unsigned long slots, const char *why)
{
	unsigned int slot;

	WRITE_ONCE(r5->out, r5->out | slots);
	for_each_set_bit(slot, &slots, RAID5_SLOTS_MAX)
		raid_member_died(r5->raid, slot, why);
	DMERR("%s: %u devices are out: the array has failed, nothing is written any more",
	      dm_table_device_name(r5->raid->ti->table),
	      (unsigned int)hweight_long(r5->out));
}

/**
 * raid5_drop() - take members out of use
 * @r5: the array
 * @slots: the members, at least one
 * @why: for the log
 *
 * Even if the array can't do without them: then it has failed. Who failed together
 * has to be given together: if one of two were recorded as lost, what it holds
 * would have to be computed from the other. Sleeps, for as long as the other
 * members take to record it.
 *
 * Return: 0, or -EIO if it could not be recorded: it is still in use, and what
 * is not on it must not be acknowledged.
 */
int raid5_drop(struct raid5 *r5, unsigned long slots, const char *why)
{
	unsigned long twin;
	int r = 0;

	mutex_lock(&r5->raid->change);
	twin = slots & r5->twin;
	slots &= GENMASK(r5->layout.members - 1, 0) & ~r5->out;
	if (slots && hweight_long(r5->out | r5->filling | slots) > 1)
		fail_array(r5, slots, why);
	else if (slots | twin)
		r = bury(r5, slots | twin, why);
	mutex_unlock(&r5->raid->change);
	return r;
}

/* Reads that go straight to a member. */

static void record(struct raid5_io *io, struct bio *bio)
{
	io->bdev = bio->bi_bdev;
	io->iter = bio->bi_iter;
	io->end_io = bio->bi_end_io;
	io->flags = bio->bi_flags;
}

/* What the member below did to the bio is undone, as dm-bio-record.h does. */
static void restore(struct raid5_io *io, struct bio *bio)
{
	bio->bi_bdev = io->bdev;
	bio->bi_iter = io->iter;
	bio->bi_end_io = io->end_io;
	bio->bi_flags = io->flags;
	bio->bi_status = BLK_STS_OK;
	bio->bi_cookie = BLK_QC_T_NONE;
	bio->bi_opf &= ~(REQ_NOWAIT | REQ_POLLED);
	atomic_set(&bio->__bi_remaining, 1);
}

static void send_to(struct raid5 *r5, struct raid5_io *io, struct bio *bio,
		    unsigned int slot)
{
	io->slot = slot;
	bio_set_dev(bio, r5->raid->member[slot]->bdev);
}

/* As much as is left of a part of a chunk, the rest is another bio's. */
static void cut(struct bio *bio, struct raid5_place place, unsigned int part)
{
	unsigned int left = part - (place.offset & (part - 1));

	if (bio_sectors(bio) > left)
		dm_accept_partial_bio(bio, left);
}

static int map_read(struct raid5 *r5, struct raid5_io *io, struct bio *bio,
		    struct raid5_place place)
{
	unsigned int parity = raid5_layout_parity(&r5->layout, place.stripe);
	unsigned int slot = raid5_layout_slot(&r5->layout, parity, place.disk);
	sector_t sector;

	/* within a band even if it goes to the member: if it fails, it joins */
	cut(bio, place, raid5_band_sectors(r5));
	sector = (place.stripe << r5->layout.chunk_shift) + place.offset;
	if (unlikely(raid5_out_at(r5, sector + bio_sectors(bio)) & BIT(slot))) {
		raid5_band_join(r5, bio);
		return DM_MAPIO_SUBMITTED;
	}
	record(io, bio);
	send_to(r5, io, bio, slot);
	bio->bi_iter.bi_sector = r5->raid->data_offset + sector;
	return DM_MAPIO_REMAPPED;
}

static int map_flush(struct raid5 *r5, struct raid5_io *io, struct bio *bio)
{
	unsigned int slot = dm_bio_get_target_bio_nr(bio);
	unsigned long out = raid5_out(r5);

	/* who is out of a failed array may still have what was acknowledged */
	if (raid5_has_failed(r5))
		return DM_MAPIO_KILL;
	if (out & BIT(slot)) {
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	record(io, bio);
	send_to(r5, io, bio, slot);
	return DM_MAPIO_REMAPPED;
}

static int raid5_map(struct raid *raid, struct bio *bio)
{
	struct raid5 *r5 = raid->private;
	struct raid5_io *io = raid5_io_of(bio);
	struct raid5_place place;

	io->slot = RAID5_NO_SLOT;
	if (bio->bi_opf & REQ_PREFLUSH)
		return map_flush(r5, io, bio);
	bio->bi_iter.bi_sector = dm_target_offset(raid->ti,
						  bio->bi_iter.bi_sector);
	place = raid5_layout_place(&r5->layout, bio->bi_iter.bi_sector);
	switch (bio_op(bio)) {
	case REQ_OP_READ:
		return map_read(r5, io, bio, place);
	case REQ_OP_WRITE:
		if (r5->bands > 1)
			cut(bio, place, raid5_band_sectors(r5));
		raid5_band_join(r5, bio);
		return DM_MAPIO_SUBMITTED;
	default:
		return DM_MAPIO_KILL;
	}
}

/* BLK_STS_AGAIN is the submitter's own wish (REQ_NOWAIT), not a failure. */
static int raid5_end_io(struct raid *raid, struct bio *bio,
			blk_status_t *error)
{
	struct raid5 *r5 = raid->private;
	unsigned long flags;

	if (likely(!*error) || raid5_io_of(bio)->slot == RAID5_NO_SLOT ||
	    *error == BLK_STS_AGAIN || *error == BLK_STS_NOTSUPP)
		return DM_ENDIO_DONE;
	spin_lock_irqsave(&r5->lock, flags);
	bio_list_add(&r5->failed, bio);
	/* within the lock: once the bio is dealt with, the array may go */
	queue_work(r5->wq, &r5->settle);
	spin_unlock_irqrestore(&r5->lock, flags);
	return DM_ENDIO_INCOMPLETE;
}

/* What the member has in its cache is lost: it is as if it had failed writes. */
static void settle_flush(struct raid5 *r5, struct bio *bio, unsigned int slot)
{
	int r;

	r = raid5_drop(r5, BIT(slot),
		       "a flush failed; the device is not used any more");
	if (r || raid5_has_failed(r5))
		bio->bi_status = BLK_STS_IOERR;
	bio_endio(bio);
}

static void settle_bio(struct raid5 *r5, struct bio *bio)
{
	struct raid5_io *io = raid5_io_of(bio);
	unsigned int slot = io->slot;

	restore(io, bio);
	io->slot = RAID5_NO_SLOT;
	if (bio_sectors(bio))
		raid5_band_join(r5, bio);
	else
		settle_flush(r5, bio, slot);
}

static void settle(struct work_struct *work)
{
	struct raid5 *r5 = container_of(work, struct raid5, settle);
	struct bio *bio, *next;

	spin_lock_irq(&r5->lock);
	bio = bio_list_get(&r5->failed);
	spin_unlock_irq(&r5->lock);
	for (; bio; bio = next) {
		next = bio->bi_next;
		bio->bi_next = NULL;
		settle_bio(r5, bio);
	}
}

static int raid5_fail(struct raid *raid, unsigned int slot, const char *why)
{
	struct raid5 *r5 = raid->private;
	int r = 0;

	mutex_lock(&raid->change);
	if (slot == r5->layout.members)
		r = r5->twin ? bury(r5, r5->twin, why) : 0;
	else if (!(r5->out & BIT(slot)))
		r = (r5->out | r5->filling) & ~BIT(slot) ?
			    -EBUSY : bury(r5, BIT(slot), why);
	mutex_unlock(&raid->change);
	if (r == -EBUSY)
		DMERR("%s: slot %u can't be failed: another is out already",
		      dm_table_device_name(raid->ti->table), slot);
	else if (r)
		DMERR("%s: slot %u can't be failed: no other member could record it",
		      dm_table_device_name(raid->ti->table), slot);
	return r;
}

/* There is one at most, or the array could not have been started. */
static void raid5_refresh(struct raid *raid)
{
	struct raid5 *r5 = raid->private;
	unsigned long filling = 0;
	unsigned int slot;

	for_each_set_bit(slot, raid->rebuilding, raid->members) {
		if (r5->out & BIT(slot))
			continue;
		filling |= BIT(slot);
		WRITE_ONCE(r5->filled, raid->recovered[slot]);
	}
	WRITE_ONCE(r5->filling, filling);
	WRITE_ONCE(r5->twin,
		   raid_twin_used(raid) ? BIT(r5->layout.members) : 0);
}

/* Less than a row is read before it is written. */
static void raid5_io_hints(struct raid *raid, struct queue_limits *limits)
{
	unsigned int chunk = raid->chunk << SECTOR_SHIFT;

	limits->physical_block_size = max(limits->physical_block_size,
					  RAID5_CELL_BYTES);
	limits->io_min = max(limits->io_min, chunk);
	limits->io_opt = chunk * (raid->members - 1);
	if (raid->stable_pages)
		braid_limits_stable_writes(limits);
}

static void raid5_resumed(struct raid *raid)
{
	if (raid->stable_pages)
		braid_queue_stable_writes(raid->ti);
}

/* Setting up and taking down. */

static struct raid5 *make_raid5(struct raid *raid)
{
	unsigned int slot, rows = raid->chunk / RAID5_CELL_SECTORS;
	struct raid5 *r5;

	r5 = kzalloc(sizeof(*r5), GFP_KERNEL);
	if (!r5)
		return NULL;
	r5->raid = raid;
	r5->layout.members = raid->members;
	r5->layout.chunk_shift = ilog2(raid->chunk);
	r5->layout.algorithm = raid->algorithm;
	r5->band_rows = rows;
	while (r5->band_rows * raid->members > RAID5_BAND_CELLS)
		r5->band_rows /= 2;
	for (slot = 0; slot < raid->members; slot++) {
		if (!raid_member_used(raid, slot))
			__set_bit(slot, &r5->out);
	}
	spin_lock_init(&r5->lock);
	bio_list_init(&r5->failed);
	INIT_WORK(&r5->settle, settle);
	raid5_band_init(r5);
	raid5_plug_init(r5);
	spin_lock_init(&r5->pool.lock);
	INIT_LIST_HEAD(&r5->pool.rounds);
	INIT_LIST_HEAD(&r5->pool.rows);
	INIT_LIST_HEAD(&r5->pool.hungry);
	return r5;
}

/* Copes with an array that is half made. */
static void free_raid5(struct raid5 *r5)
{
	cancel_delayed_work_sync(&r5->plug.patience);
	if (r5->wq)
		destroy_workqueue(r5->wq);
	raid5_sync_free(r5);
	raid5_pool_empty(r5);
	raid5_log_free(r5);
	kfree(r5);
}

static int fill_raid5(struct raid5 *r5)
{
	const char *name = dm_table_device_name(r5->raid->ti->table);
	int r;

	r = raid5_log_make(r5);
	if (r)
		return r;
	r5->bands = r5->raid->chunk / raid5_band_sectors(r5);
	r5->wq = alloc_workqueue("braid-raid/%s", WQ_UNBOUND | WQ_MEM_RECLAIM,
				 0, name);
	if (!r5->wq)
		return -ENOMEM;
	r = raid5_pool_fill(r5);
	return r ? r : raid5_sync_make(r5);
}

static int raid5_start(struct raid *raid)
{
	struct dm_target *ti = raid->ti;
	struct raid5 *r5;
	int r;

	r = dm_set_target_max_io_len(ti, raid->chunk * (raid->members - 1));
	if (r)
		return r;
	ti->error = "not enough memory for the array";
	r5 = make_raid5(raid);
	if (!r5)
		return -ENOMEM;
	r = fill_raid5(r5);
	if (r) {
		free_raid5(r5);
		return r;
	}
	ti->per_io_data_size = sizeof(struct raid5_io);
	ti->num_flush_bios = raid->members;
	raid->private = r5;
	raid5_refresh(raid);
	return 0;
}

static void raid5_stop(struct raid *raid)
{
	free_raid5(raid->private);
}

const struct raid_level raid5_level = {
	.start = raid5_start,
	.stop = raid5_stop,
	.map = raid5_map,
	.end_io = raid5_end_io,
	.io_hints = raid5_io_hints,
	.resumed = raid5_resumed,
	.fail = raid5_fail,
	.sync_piece = raid5_sync_piece,
	.refresh = raid5_refresh,
	.parity = true,
	.log = true,
	.replay = raid5_replay,
	.superblocks = true,
};
