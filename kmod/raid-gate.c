// SPDX-License-Identifier: GPL-2.0-only
/*
 * Keeps writers out of a window of sectors; see the header.
 */
#include "raid-gate.h"

/**
 * raid_gate_init() - make an open gate
 * @gate: the gate
 */
void raid_gate_init(struct raid_gate *gate)
{
	gate->epoch = 0;
	gate->closed = false;
	atomic_set(&gate->inside[0], 0);
	atomic_set(&gate->inside[1], 0);
	spin_lock_init(&gate->lock);
	bio_list_init(&gate->parked);
	init_waitqueue_head(&gate->drained);
}

static unsigned int count_in(struct raid_gate *gate)
{
	unsigned int epoch;

	for (;;) {
		epoch = READ_ONCE(gate->epoch);
		atomic_inc(&gate->inside[epoch]);
		smp_mb__after_atomic(); /* count, then look: see the header */
		if (READ_ONCE(gate->epoch) == epoch)
			return epoch;
		raid_gate_leave(gate, epoch);
	}
}

static bool park(struct raid_gate *gate, struct bio *bio)
{
	unsigned long flags;
	bool hit;

	spin_lock_irqsave(&gate->lock, flags);
	hit = gate->closed && bio->bi_iter.bi_sector < gate->end &&
	      bio_end_sector(bio) > gate->begin;
	if (hit)
		bio_list_add(&gate->parked, bio);
	spin_unlock_irqrestore(&gate->lock, flags);
	return hit;
}

/**
 * raid_gate_enter() - begin a write
 * @gate: the gate
 * @bio: the write, in the array's sectors; an empty flush never waits
 *
 * Doesn't sleep.
 *
 * Return: the epoch to give to raid_gate_leave(), or -EAGAIN if the write was
 * parked and belongs to the gate until raid_gate_open() gives it back.
 */
int raid_gate_enter(struct raid_gate *gate, struct bio *bio)
{
	unsigned int epoch = count_in(gate);

	if (likely(!READ_ONCE(gate->closed)) || !bio_sectors(bio) ||
	    !park(gate, bio))
		return epoch;
	raid_gate_leave(gate, epoch);
	return -EAGAIN;
}

/**
 * raid_gate_leave() - a write is done on all legs
 * @gate: the gate
 * @epoch: what raid_gate_enter() returned
 *
 * Any context.
 */
void raid_gate_leave(struct raid_gate *gate, unsigned int epoch)
{
	if (atomic_dec_and_test(&gate->inside[epoch]) &&
	    READ_ONCE(gate->closed))
		wake_up(&gate->drained);
}

/**
 * raid_gate_close() - keep writers out of a window
 * @gate: the gate; open
 * @begin: first sector of the window
 * @end: sector after its last
 *
 * Sleeps until no write that overlaps the window is under way.
 */
void raid_gate_close(struct raid_gate *gate, sector_t begin, sector_t end)
{
	unsigned int old = gate->epoch;

	spin_lock_irq(&gate->lock);
	gate->begin = begin;
	gate->end = end;
	WRITE_ONCE(gate->closed, true);
	spin_unlock_irq(&gate->lock);

	smp_mb(); /* the window is to be seen by whoever sees the new epoch */
	WRITE_ONCE(gate->epoch, !old);
	smp_mb(); /* turn, then look at the count: see the header */
	wait_event(gate->drained, !atomic_read(&gate->inside[old]));
}

/**
 * raid_gate_open() - let writers in again
 * @gate: the gate; closed
 *
 * Return: the writes that were parked, linked by bi_next, oldest first; the
 * caller sends them on their way, through raid_gate_enter() again.
 */
struct bio *raid_gate_open(struct raid_gate *gate)
{
	struct bio *parked;

	spin_lock_irq(&gate->lock);
	WRITE_ONCE(gate->closed, false);
	parked = bio_list_get(&gate->parked);
	spin_unlock_irq(&gate->lock);
	return parked;
}
