// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a change to the device does: enter the current era, stamp the blocks,
 * wait for copies that views need.
 *
 * A write to blocks that are stamped already costs a load for each. A bio is
 * not split for stamping, only where a block must be copied first. Discards
 * and zeroes change blocks as writes do; a block that a discard covers as a whole
 * is stamped as discarded.
 */
#include <linux/bio.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include "track.h"

/* A huge discard is taken in parts, so as not to stay in one section for long. */
#define TRACK_BLOCKS_PER_BIO	4096U

/**
 * track_stamp_block() - stamp a block, unless a view has to keep it first
 * @t: the track
 * @map: its map
 * @block: the block
 * @want: the stamp of the change
 *
 * Context: RCU read-side section.
 * Return: false if the block must be copied first.
 */
bool track_stamp_block(struct track *t, struct era_map *map, u32 block,
		       u32 want)
{
	const struct view_set *set = rcu_dereference(t->views);
	u32 stamp;

	do {
		stamp = era_map_stamp(map, block);
		if (era_stamp_covers(stamp, want))
			return true;
		if (view_set_needs(set, block, era_of(stamp), era_of(want)))
			return false;
		view_set_note_lost(set, block, era_of(stamp), era_of(want));
	} while (!era_map_raise(map, block, stamp, want));
	return true;
}

/* Must the block wait until the activity log has its extent? */
static bool track_is_cold(struct track *t, u32 block)
{
	struct map_disk *disk = t->disk;

	return disk && !act_log_touch(&disk->act, block >> disk->extent_shift);
}

/* Stamp the blocks from @block on. Return: the first that must wait. */
static u32 track_stamp(struct track *t, u32 block, u32 end, u32 want)
{
	struct era_map *map = rcu_dereference(t->map);

	for (;;) {
		block = era_map_first_open(map, block, end, want);
		if (block == end || track_is_cold(t, block) ||
		    !track_stamp_block(t, map, block, want))
			return block;
		block++;
	}
}

/* The blocks that a bio covers as a whole: from @from on, before @to. */
static void track_covered(const struct track *t, const struct bio *bio,
			  u32 *from, u32 *to)
{
	sector_t end = bio_end_sector(bio);
	u32 mask = (1U << t->block_shift) - 1;

	*from = (bio->bi_iter.bi_sector + mask) >> t->block_shift;
	/* the last block of the device may be short */
	*to = (end == t->len ? end + mask : end) >> t->block_shift;
}

/*
 * Stamp the blocks of a bio from @block on. Return: the first that must be
 * copied; the bio's kind is what it does to that one.
 */
static u32 track_stamp_bio(struct track *t, const struct bio *bio,
			   struct track_bio *tb, u32 block, u32 end)
{
	u32 from = end, to = end;
	u32 part;

	if (unlikely(bio_op(bio) == REQ_OP_DISCARD))
		track_covered(t, bio, &from, &to);
	do {
		tb->kind = ERA_WRITTEN;
		part = end;
		if (block < from) {
			part = min(from, end);
		} else if (block < to) {
			tb->kind = ERA_DISCARDED;
			part = min(to, end);
		}
		block = track_stamp(t, block, part,
				    era_stamp(tb->era, tb->kind));
	} while (block == part && block < end);
	return block;
}

/*
 * Stamp what a write that waits is about, once the activity log has its extent.
 * Only where no view is open can that be several blocks. Return: whether the write
 * must wait for a copy.
 */
static bool track_stamp_waiting(struct track *t, struct track_bio *tb)
{
	if (!tb->shared)
		return view_copy_wait(t, tb, tb->block);
	WARN_ON_ONCE(track_stamp_bio(t, tb->bio, tb, tb->block, tb->end) !=
		     tb->end);
	map_log_unshare(t, tb);
	return false;
}

/*
 * Let a write wait: first for the activity log, then for a copy. Return: whether it
 * does. If not, its blocks are stamped.
 */
static bool track_wait(struct track *t, struct track_bio *tb)
{
	if (t->disk && map_log_wait(t, tb))
		return true;
	if (track_stamp_waiting(t, tb))
		return true;
	map_log_unpin(t, tb);
	return false;
}

/**
 * track_write_hot() - go on with a write that waited for the activity log
 * @t: the track
 * @tb: the write, or mark; of one extent, which is pinned
 *
 * It enters the era that there is now: it hasn't stamped anything.
 *
 * Context: process.
 */
void track_write_hot(struct track *t, struct track_bio *tb)
{
	bool wait;

	rcu_read_lock();
	tb->era = track_gate_enter(t);
	wait = track_stamp_waiting(t, tb);
	rcu_read_unlock();
	if (wait)
		return;

	map_log_unpin(t, tb);
	if (tb->bio)
		submit_bio_noacct(tb->bio);
	else
		complete(tb->done);
}

/* Leave the rest of a bio, from @block on, to be mapped by itself. */
static void track_cut(const struct track *t, struct bio *bio, u32 block)
{
	sector_t sectors =
		((sector_t)block << t->block_shift) - bio->bi_iter.bi_sector;

	if (sectors < bio_sectors(bio))
		dm_accept_partial_bio(bio, sectors);
}

/*
 * A group is being closed. Of what is put off only a part can be cut off here, so
 * it is a single block, which won't have to be cut again.
 */
static int track_write_later(struct track *t, struct bio *bio,
			     struct track_bio *tb, u32 block)
{
	track_cut(t, bio, block + 1);
	if (track_gate_hold(t, bio))
		return DM_MAPIO_SUBMITTED;
	return track_write(t, bio, tb);
}

/*
 * A write that must wait does so for one block, as copies are made of one. While
 * there is no view it waits for all of an extent, for it may be a huge discard.
 */
static void track_cut_waiting(struct track *t, struct track_bio *tb, u32 block,
			      u32 end)
{
	tb->block = block;
	tb->end = block + 1;
	if (track_is_cold(t, block) && end > tb->end && map_log_share(t, tb))
		tb->end = block + min(end - block,
				      map_disk_extent_rest(t->disk, block));
	track_cut(t, tb->bio, tb->end);
}

/**
 * track_write() - let a change to the device in
 * @t: the track
 * @bio: a bio with data, or a range to discard or zero; sectors are the
 *	device's
 * @tb: what it carries
 *
 * Context: map. Doesn't sleep.
 * Return: DM_MAPIO_REMAPPED, or DM_MAPIO_SUBMITTED if it waits for the activity
 * log or a copy.
 */
int track_write(struct track *t, struct bio *bio, struct track_bio *tb)
{
	u32 block = bio->bi_iter.bi_sector >> t->block_shift;
	u32 last = (bio_end_sector(bio) - 1) >> t->block_shift;
	u32 end = block + min(last - block + 1, TRACK_BLOCKS_PER_BIO);
	bool wait = false;
	u32 stop;

	/* one that nobody polls to its end would never be drained */
	bio_clear_polled(bio);

	rcu_read_lock();
	tb->bio = bio;
	tb->era = drain_enter(&t->drain);
	if (unlikely(!tb->era)) {
		rcu_read_unlock();
		return track_write_later(t, bio, tb, block);
	}
	stop = track_stamp_bio(t, bio, tb, block, end);
	if (stop > block) {
		track_cut(t, bio, stop);
	} else {
		track_cut_waiting(t, tb, block, end);
		wait = track_wait(t, tb);
	}
	rcu_read_unlock();

	return wait ? DM_MAPIO_SUBMITTED : DM_MAPIO_REMAPPED;
}

/* Stamp one block as a write would, and wait as one would. */
void track_mark_block(struct track *t, u32 block, enum era_kind kind,
		      struct track_bio *tb)
{
	DECLARE_COMPLETION_ONSTACK(done);
	bool wait;

	rcu_read_lock();
	tb->done = &done;
	tb->block = block;
	tb->kind = kind;
	tb->era = track_gate_enter(t);
	wait = track_is_cold(t, block) ||
	       !track_stamp_block(t, rcu_dereference(t->map), block,
				  era_stamp(tb->era, kind));
	if (wait)
		wait = track_wait(t, tb);
	rcu_read_unlock();

	if (wait)
		wait_for_completion(&done);
	drain_leave(&t->drain, tb->era);
}

/**
 * track_mark() - note blocks as changed
 * @t: the track
 * @block: the first one
 * @count: how many
 * @kind: ERA_WRITTEN, or ERA_SUSPECT if they may have changed
 *
 * Context: under map_lock; may sleep.
 * Return: 0, -ERANGE, -ENOMEM, -EINTR.
 */
int track_mark(struct track *t, u32 block, u32 count, enum era_kind kind)
{
	u32 nr = rcu_dereference_protected(t->map, true)->nr_blocks;
	struct track_bio *tb;
	u32 end = block + count;
	int r = 0;

	lockdep_assert_held(&t->map_lock);
	if (block > nr || count > nr - block)
		return -ERANGE;

	tb = kzalloc(sizeof(*tb), GFP_KERNEL);
	if (!tb)
		return -ENOMEM;
	while (block < end && !r) {
		track_mark_block(t, block++, kind, tb);
		cond_resched();
		if (block < end && signal_pending(current))
			r = -EINTR;
	}
	kfree(tb);
	return r;
}
