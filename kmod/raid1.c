// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 1: the I/O of a mirror; raid1.h describes how it goes.
 *
 * What a failure means:
 *
 *	write, flush	the leg is dropped, if another holds the write;
 *			see raid_legs_judge() for when none does
 *	discard		nothing: what a discarded block reads as is undefined
 *	write zeroes	not offered: a disk may find out late that it doesn't
 *			know the operation. Whoever zeroes writes zeroes
 *	secure erase	returned: somebody counts on every copy being erased
 *	read		the leg is dropped only if its device is gone;
 *			otherwise repair finds out what is wrong with it
 */
#include "raid-log.h"
#include "raid-record.h"
#include "raid1.h"

#define DM_MSG_PREFIX "braid-raid"

/* The read was given up: its error is final. */
#define NO_SLOT	RAID_LEGS_MAX

/*
 * Kept with each bio. Reads use one half of the fields, writes the other; the
 * sector of a bio that was mapped is relative to the target.
 */
struct raid1_io {
	struct raid1 *r1;

	/* reads */
	struct bvec_iter iter;
	bio_end_io_t *end_io;
	unsigned long tried;
	unsigned int slot;

	/* writes */
	struct raid_log_entry log;
	unsigned int epoch;
	atomic_t pending;
	unsigned long sent;
	unsigned long failed;
};

/* What a leg gets of a write; one for each slot follows a raid1_io. */
struct raid1_clone {
	struct bio bio;
	struct raid1_io *io;
};

static struct raid1_io *io_of(struct raid1 *r1, struct bio *bio)
{
	return dm_per_bio_data(bio, r1->raid->ti->per_io_data_size);
}

static struct bio *bio_of(struct raid1_io *io)
{
	return dm_bio_from_per_bio_data(io,
					io->r1->raid->ti->per_io_data_size);
}

static struct raid1_clone *clone_of(struct raid1_io *io, unsigned int slot)
{
	return (struct raid1_clone *)(io + 1) + slot;
}

static blk_status_t leg_status(struct raid1_io *io, unsigned int slot)
{
	return clone_of(io, slot)->bio.bi_status;
}

static struct block_device *leg_bdev(struct raid1 *r1, unsigned int slot)
{
	return r1->raid->member[slot]->bdev;
}

/**
 * raid1_live() - the legs that are live now
 * @r1: the mirror
 *
 * Return: a set that is never empty.
 */
unsigned long raid1_live(struct raid1 *r1)
{
	return READ_ONCE(r1->live);
}

/*
 * Take legs, not all of them, out of use, once it is durable on the others that
 * they are lost. A crash before that leaves them in use, and nothing promised
 * that they lack. The caller holds raid->change.
 */
static int bury(struct raid1 *r1, unsigned long dropped, const char *why)
{
	static const char unwritten[] =
		"its superblock can't be written; the device is not used any more";
	DECLARE_BITMAP(lost, BRAID_RAID0_MEMBERS_MAX) = { dropped };
	unsigned int slot;
	int r;

	r = raid_record_lost(r1->raid, lost);
	if (r)
		return r;
	WRITE_ONCE(r1->live, r1->live & ~lost[0]);
	WRITE_ONCE(r1->fed, r1->fed & ~lost[0]);
	for_each_set_bit(slot, &dropped, RAID_LEGS_MAX)
		raid_member_died(r1->raid, slot, why);
	for_each_set_bit(slot, lost, RAID_LEGS_MAX)
		raid_member_died(r1->raid, slot, unwritten);
	return 0;
}

/**
 * raid1_drop() - take a leg out of use, unless it is the last
 * @r1: the mirror
 * @slot: the leg
 * @why: for the log
 *
 * Sleeps, for as long as the other legs take to record it.
 *
 * Return: 0, -EBUSY if it is the last, -EIO if it could not be recorded; then
 * it is still in use.
 */
int raid1_drop(struct raid1 *r1, unsigned int slot, const char *why)
{
	int r = 0;

	mutex_lock(&r1->raid->change);
	if (r1->live == BIT(slot))
		r = -EBUSY;
	else if (test_bit(slot, &r1->fed))
		r = bury(r1, BIT(slot), why);
	mutex_unlock(&r1->raid->change);
	return r;
}

static void hand_to_settle(struct raid1 *r1, struct bio *bio)
{
	unsigned long flags;

	spin_lock_irqsave(&r1->lock, flags);
	bio_list_add(&r1->failed, bio);
	/* within the lock: once the bio is dealt with, the mirror may go */
	queue_work(r1->wq, &r1->settle);
	spin_unlock_irqrestore(&r1->lock, flags);
}

/* Writes, and everything else that goes to all legs. */

static void end_write(struct raid1_io *io, blk_status_t status)
{
	struct bio *bio = bio_of(io);

	raid_gate_leave(&io->r1->gate, io->epoch);
	if (bio_sectors(bio))
		raid_log_end(io->r1->raid, &io->log);
	bio->bi_status = status;
	bio_endio(bio);
}

/*
 * With no failure there is a live leg among those that were written: it was
 * sent to all that are live now.
 */
static void leg_end_io(struct bio *bio)
{
	struct raid1_clone *clone = container_of(bio, struct raid1_clone, bio);
	struct raid1_io *io = clone->io;

	if (unlikely(bio->bi_status))
		set_bit(clone - clone_of(io, 0), &io->failed);
	if (!atomic_dec_and_test(&io->pending))
		return;
	if (likely(!READ_ONCE(io->failed)))
		end_write(io, BLK_STS_OK);
	else
		hand_to_settle(io->r1, bio_of(io));
}

/*
 * The clone shares the bio's pages. Writes must not be refused for want of a
 * tag on one leg only, so they may wait for one even if the submitter asked not
 * to (md does the same); and nobody polls for a leg.
 */
static void send_leg(struct raid1_io *io, struct bio *bio, unsigned int slot)
{
	struct raid1_clone *clone = clone_of(io, slot);
	struct bio *leg = &clone->bio;

	clone->io = io;
	if (bio_init_clone(leg_bdev(io->r1, slot), leg, bio, GFP_NOIO)) {
		leg->bi_status = BLK_STS_RESOURCE;
		leg_end_io(leg);
		return;
	}
	leg->bi_iter.bi_sector += io->r1->raid->data_offset;
	leg->bi_opf &= ~(REQ_NOWAIT | REQ_POLLED);
	leg->bi_end_io = leg_end_io;
	submit_bio_noacct(leg);
}

/**
 * raid1_send() - send a write to all legs, as soon as the gate lets it
 * @r1: the mirror
 * @bio: the write; its sector is relative to the target
 *
 * The bio may be complete, and gone, when this returns. Doesn't sleep for
 * anything but the members' queues.
 */
void raid1_send(struct raid1 *r1, struct bio *bio)
{
	struct raid1_io *io = io_of(r1, bio);
	unsigned long sent;
	unsigned int slot;
	int epoch;

	epoch = raid_gate_enter(&r1->gate, bio);
	if (epoch < 0)
		return;
	sent = READ_ONCE(r1->fed);
	io->epoch = epoch;
	io->sent = sent;
	io->failed = 0;
	atomic_set(&io->pending, hweight_long(sent));
	for_each_set_bit(slot, &sent, RAID_LEGS_MAX)
		send_leg(io, bio, slot);
}

/**
 * raid1_close() - keep writes out of a range
 * @r1: the mirror
 * @begin: first sector
 * @end: sector after the last
 *
 * Sleeps until none is under way there, and until the range that another has
 * closed is open again.
 */
void raid1_close(struct raid1 *r1, sector_t begin, sector_t end)
{
	mutex_lock(&r1->window);
	raid_gate_close(&r1->gate, begin, end);
}

/**
 * raid1_open() - send the writes that came since raid1_close() on their way
 * @r1: the mirror
 */
void raid1_open(struct raid1 *r1)
{
	struct bio *bio, *next;

	bio = raid_gate_open(&r1->gate);
	mutex_unlock(&r1->window);
	for (; bio; bio = next) {
		next = bio->bi_next;
		bio->bi_next = NULL;
		raid1_send(r1, bio);
	}
}

/* What a dropped leg fails is no news. */
static void log_failures(struct raid1_io *io, struct bio *bio)
{
	unsigned long failed = io->failed & READ_ONCE(io->r1->fed);
	struct raid *raid = io->r1->raid;
	unsigned int slot;

	for_each_set_bit(slot, &failed, RAID_LEGS_MAX)
		DMERR_LIMIT("%s: slot %u (%s): operation %u at sector %llu failed with %d",
			    dm_table_device_name(raid->ti->table), slot,
			    raid->member[slot]->name,
			    (__force unsigned int)bio_op(bio),
			    (unsigned long long)bio->bi_iter.bi_sector,
			    blk_status_to_errno(leg_status(io, slot)));
}

/*
 * Drops what has to be dropped. Return: whether the write is on a leg that stays
 * live, and that is known to whoever starts the array next.
 */
static bool judge(struct raid1_io *io)
{
	struct raid1 *r1 = io->r1;
	struct raid_legs_write facts = {
		.sent = io->sent,
		.failed = io->failed,
	};
	struct raid_legs_verdict verdict;
	unsigned int slot;

	for_each_set_bit(slot, &io->failed, RAID_LEGS_MAX) {
		if (leg_status(io, slot) == BLK_STS_NOTSUPP)
			__set_bit(slot, &facts.refused);
		if (raid_member_gone(r1->raid, slot))
			__set_bit(slot, &facts.gone);
	}
	mutex_lock(&r1->raid->change);
	facts.live = r1->live;
	facts.rebuilt = r1->fed & ~r1->live;
	verdict = raid_legs_judge(&facts);
	if (verdict.drop &&
	    bury(r1, verdict.drop,
		 "a write failed; the device is not used any more")) {
		raid_members_torn(r1->raid);
		verdict.good = false;
	}
	mutex_unlock(&r1->raid->change);
	return verdict.good;
}

static void settle_write(struct raid1 *r1, struct raid1_io *io,
			 struct bio *bio)
{
	blk_status_t status = BLK_STS_OK;
	bool good = true;

	if (io->failed) {
		if (bio_op(bio) != REQ_OP_DISCARD)
			log_failures(io, bio);
		status = leg_status(io, __ffs(io->failed));
		if (bio_op(bio) == REQ_OP_SECURE_ERASE)
			good = false;
		else if (bio_op(bio) == REQ_OP_DISCARD)
			good = io->failed != io->sent;
		else
			good = judge(io);
	}
	end_write(io, good ? BLK_STS_OK : status);
}

/* Reads. */

static unsigned int choose_leg(struct raid1 *r1, unsigned long legs,
			       sector_t sector)
{
	struct raid_legs_load load = {
		.live = legs,
		.rotational = r1->rotational,
	};
	unsigned int slot;

	for_each_set_bit(slot, &legs, RAID_LEGS_MAX) {
		load.next[slot] = READ_ONCE(r1->leg[slot].next);
		load.pending[slot] = atomic_read(&r1->leg[slot].pending);
	}
	return raid_legs_choose(&load, sector);
}

static void aim_read(struct raid1 *r1, struct raid1_io *io, struct bio *bio,
		     unsigned long legs)
{
	unsigned int slot = choose_leg(r1, legs, bio->bi_iter.bi_sector);

	io->slot = slot;
	io->tried |= BIT(slot);
	atomic_inc(&r1->leg[slot].pending);
	WRITE_ONCE(r1->leg[slot].next, bio_end_sector(bio));
	bio->bi_iter.bi_sector += r1->raid->data_offset;
	bio_set_dev(bio, leg_bdev(r1, slot));
}

static int map_read(struct raid1 *r1, struct raid1_io *io, struct bio *bio)
{
	unsigned long live = raid1_live(r1);

	io->iter = bio->bi_iter;
	io->end_io = bio->bi_end_io;
	io->tried = 0;
	/* where legs may differ, all reads are of one and the same */
	if (unlikely(raid_sync_unsynced(r1->raid, bio->bi_iter.bi_sector,
					bio_end_sector(bio))))
		live = BIT(__ffs(live));
	aim_read(r1, io, bio, live);
	return DM_MAPIO_REMAPPED;
}

/* BLK_STS_AGAIN is the submitter's own wish (REQ_NOWAIT), not a failure. */
static int end_read(struct raid1 *r1, struct raid1_io *io, struct bio *bio,
		    blk_status_t status)
{
	if (io->slot == NO_SLOT)
		return DM_ENDIO_DONE;
	atomic_dec(&r1->leg[io->slot].pending);
	if (likely(!status) || status == BLK_STS_AGAIN ||
	    status == BLK_STS_NOTSUPP)
		return DM_ENDIO_DONE;
	hand_to_settle(r1, bio);
	return DM_ENDIO_INCOMPLETE;
}

/* What the leg below did to the bio is undone, as dm-bio-record.h does. */
static void retry_read(struct raid1 *r1, struct raid1_io *io, struct bio *bio,
		       unsigned long legs)
{
	bio->bi_iter = io->iter;
	bio->bi_end_io = io->end_io;
	bio->bi_status = BLK_STS_OK;
	bio->bi_cookie = BLK_QC_T_NONE;
	bio->bi_opf &= ~(REQ_NOWAIT | REQ_POLLED);
	atomic_set(&bio->__bi_remaining, 1);
	aim_read(r1, io, bio, legs);
	submit_bio_noacct(bio);
}

static void settle_read(struct raid1 *r1, struct raid1_io *io,
			struct bio *bio)
{
	struct raid1_note note = {
		.slot = io->slot,
		.sector = io->iter.bi_sector,
		.sectors = io->iter.bi_size >> SECTOR_SHIFT,
	};
	unsigned long legs;

	if (raid_member_gone(r1->raid, io->slot))
		raid1_drop(r1, io->slot, "the device is gone");
	else
		raid1_note(r1, &note);
	legs = raid1_live(r1) & ~io->tried;
	if (legs) {
		retry_read(r1, io, bio, legs);
		return;
	}
	io->slot = NO_SLOT;
	bio_endio(bio);
}

/* Both. */

static void settle(struct work_struct *work)
{
	struct raid1 *r1 = container_of(work, struct raid1, settle);
	struct bio *bio, *next;

	spin_lock_irq(&r1->lock);
	bio = bio_list_get(&r1->failed);
	spin_unlock_irq(&r1->lock);
	for (; bio; bio = next) {
		next = bio->bi_next;
		bio->bi_next = NULL;
		if (bio_op(bio) == REQ_OP_READ)
			settle_read(r1, io_of(r1, bio), bio);
		else
			settle_write(r1, io_of(r1, bio), bio);
	}
}

/* The range of a write is marked in the log, or can't be. */
static void marked(struct raid_log_entry *entry, blk_status_t status)
{
	struct raid1_io *io = container_of(entry, struct raid1_io, log);
	struct bio *bio = bio_of(io);

	if (!status) {
		raid1_send(io->r1, bio);
		return;
	}
	bio->bi_status = status;
	bio_endio(bio);
}

/* Return: whether a write may be sent; else it will be, once it is marked. */
static bool mark(struct raid1 *r1, struct raid1_io *io, struct bio *bio)
{
	if (!bio_sectors(bio))
		return true;
	io->log.ready = marked;
	return raid_log_begin(r1->raid, &io->log, bio->bi_iter.bi_sector,
			      bio_end_sector(bio));
}

static int raid1_map(struct raid *raid, struct bio *bio)
{
	struct raid1 *r1 = raid->private;
	struct raid1_io *io = io_of(r1, bio);

	io->r1 = r1;
	if (bio_sectors(bio))
		bio->bi_iter.bi_sector =
			dm_target_offset(raid->ti, bio->bi_iter.bi_sector);
	if (bio_op(bio) == REQ_OP_READ)
		return map_read(r1, io, bio);
	if (mark(r1, io, bio))
		raid1_send(r1, bio);
	return DM_MAPIO_SUBMITTED;
}

static int raid1_end_io(struct raid *raid, struct bio *bio,
			blk_status_t *error)
{
	struct raid1 *r1 = raid->private;

	if (bio_op(bio) != REQ_OP_READ)
		return DM_ENDIO_DONE;
	return end_read(r1, io_of(r1, bio), bio, *error);
}

static int raid1_fail(struct raid *raid, unsigned int slot, const char *why)
{
	struct raid1 *r1 = raid->private;
	int r;

	r = raid1_drop(r1, slot, why);
	if (r == -EBUSY)
		DMERR("%s: slot %u can't be failed: it is the last good one",
		      dm_table_device_name(raid->ti->table), slot);
	else if (r)
		DMERR("%s: slot %u can't be failed: no other member could record it",
		      dm_table_device_name(raid->ti->table), slot);
	return r;
}

/* Setting up and taking down. */

static void raid1_refresh(struct raid *raid)
{
	struct raid1 *r1 = raid->private;
	unsigned long live = 0, fed = 0;
	unsigned int slot;

	for (slot = 0; slot < raid_places(raid); slot++) {
		if (raid_member_used(raid, slot))
			__set_bit(slot, &fed);
		if (raid_member_whole(raid, slot))
			__set_bit(slot, &live);
	}
	/* whoever is live gets all writes */
	WRITE_ONCE(r1->fed, fed);
	WRITE_ONCE(r1->live, live);
}

static void raid1_suspended(struct raid *raid)
{
	struct raid1 *r1 = raid->private;

	spin_lock_irq(&r1->lock);
	r1->quiet = true;
	spin_unlock_irq(&r1->lock);
	flush_work(&r1->repair);
}

static void raid1_resumed(struct raid *raid)
{
	struct raid1 *r1 = raid->private;

	braid_queue_stable_writes(raid->ti);
	spin_lock_irq(&r1->lock);
	r1->quiet = false;
	spin_unlock_irq(&r1->lock);
	queue_work(r1->repair_wq, &r1->repair);
}

/*
 * A page that changes while it is written would leave the legs different from
 * one another for good, so writers through the page cache wait until a page is
 * written before they change it. Direct writers have nobody who makes them.
 */
static void raid1_io_hints(struct raid *raid, struct queue_limits *limits)
{
	braid_limits_stable_writes(limits);
}

static struct raid1 *make_raid1(struct raid *raid)
{
	struct raid1 *r1;
	unsigned int slot;

	r1 = kzalloc(struct_size(r1, leg, raid_places(raid)), GFP_KERNEL);
	if (!r1)
		return NULL;
	r1->raid = raid;
	for (slot = 0; slot < raid->members; slot++) {
		if (raid_member_used(raid, slot))
			r1->rotational |= !bdev_nonrot(leg_bdev(r1, slot));
	}
	mutex_init(&r1->window);
	raid_gate_init(&r1->gate);
	spin_lock_init(&r1->lock);
	bio_list_init(&r1->failed);
	INIT_WORK(&r1->settle, settle);
	INIT_WORK(&r1->repair, raid1_repair_work);
	r1->quiet = true;
	return r1;
}

/* Copes with a mirror that is half made. */
static void free_raid1(struct raid1 *r1)
{
	if (r1->repair_wq)
		destroy_workqueue(r1->repair_wq);
	if (r1->wq)
		destroy_workqueue(r1->wq);
	if (r1->page)
		__free_page(r1->page);
	raid1_sync_free(r1);
	kfree(r1);
}

static bool fill_raid1(struct raid1 *r1)
{
	const char *name = dm_table_device_name(r1->raid->ti->table);

	r1->page = alloc_page(GFP_KERNEL);
	r1->wq = alloc_workqueue("braid-raid/%s",
				 WQ_UNBOUND | WQ_MEM_RECLAIM, 0, name);
	r1->repair_wq = alloc_workqueue("braid-repair/%s",
					WQ_UNBOUND | WQ_MEM_RECLAIM, 0, name);
	return r1->page && r1->wq && r1->repair_wq && raid1_sync_make(r1);
}

static int raid1_start(struct raid *raid)
{
	struct dm_target *ti = raid->ti;
	struct raid1 *r1;

	r1 = make_raid1(raid);
	if (!r1 || !fill_raid1(r1)) {
		if (r1)
			free_raid1(r1);
		ti->error = "not enough memory for the mirror";
		return -ENOMEM;
	}
	ti->per_io_data_size = sizeof(struct raid1_io) +
			       raid_places(raid) * sizeof(struct raid1_clone);
	ti->num_flush_bios = 1;
	ti->num_discard_bios = 1;
	ti->num_secure_erase_bios = 1;
	raid->private = r1;
	raid1_refresh(raid);
	return 0;
}

static void raid1_stop(struct raid *raid)
{
	struct raid1 *r1 = raid->private;

	raid1_suspended(raid);
	free_raid1(r1);
}

const struct raid_level raid1_level = {
	.start = raid1_start,
	.stop = raid1_stop,
	.map = raid1_map,
	.end_io = raid1_end_io,
	.suspended = raid1_suspended,
	.resumed = raid1_resumed,
	.io_hints = raid1_io_hints,
	.fail = raid1_fail,
	.sync_piece = raid1_sync_piece,
	.refresh = raid1_refresh,
	.log = true,
	.superblocks = true,
};
