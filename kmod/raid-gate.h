/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Keeps writers out of a window of sectors while the mirror's legs are made
 * equal there: whoever copies from leg to leg must not put an old block over
 * a new one.
 *
 * Every write enters before its first leg is sent and leaves when it is done
 * on all of them. raid_gate_close() sets the window and waits until the writes
 * that entered before are done, those outside the window as well. Writes that
 * come afterwards and touch the window are parked, never made to wait: a
 * submitter that slept here could hold bios that the gate waits for.
 * raid_gate_open() hands the parked ones to their owner again.
 *
 * One window at a time: closing is serialised by the caller. Entering costs
 * two atomic operations and takes no lock unless the gate is closed.
 *
 * Why the wait is complete: a writer counts itself in the current epoch and
 * then looks whether the epoch is still the same. If so, every closer that
 * turns the epoch later sees the count and waits for it, and the one closer
 * that may have turned it earlier had set its window before that, so the
 * writer sees the window. If not, the writer starts again.
 */
#ifndef BRAID_RAID_GATE_H
#define BRAID_RAID_GATE_H

#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

/**
 * struct raid_gate - a gate
 * @epoch: the counter that writers use now, 0 or 1
 * @closed: there is a window
 * @inside: writers under way, by epoch
 * @lock: protects the fields below and changes of @closed
 * @begin: first sector of the window
 * @end: sector after its last
 * @parked: writes that wait for the gate to open
 * @drained: where the closer waits
 */
struct raid_gate {
	unsigned int epoch;
	bool closed;
	atomic_t inside[2];

	spinlock_t lock; /* see above */
	sector_t begin;
	sector_t end;
	struct bio_list parked;
	wait_queue_head_t drained;
};

void raid_gate_init(struct raid_gate *gate);
int raid_gate_enter(struct raid_gate *gate, struct bio *bio);
void raid_gate_leave(struct raid_gate *gate, unsigned int epoch);
void raid_gate_close(struct raid_gate *gate, sector_t begin, sector_t end);
struct bio *raid_gate_open(struct raid_gate *gate);

#endif
