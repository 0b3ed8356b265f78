/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which era it is, and which writes of which era are in flight.
 *
 * Every write enters the current era and leaves it when it has landed. Closing
 * an era lets new writes enter the next one at once and waits until the last of
 * the closed one has left. One era at a time is drained, so two counters, used
 * by turns, are enough: by the parity of the era. They are per CPU and a write
 * may leave on another CPU than it entered on, so only their sum means anything.
 *
 * A writer reads the era and counts itself within one RCU read-side section.
 * So after the era was advanced and a grace period has passed, nobody counts
 * himself for the old era any more, and a sum of zero is final. A writer that
 * leaves tests "waited" in such a section too: whoever was not seen by the sum
 * sees the flag. The fast path has neither a lock nor a barrier.
 *
 * Several drains can be advanced at one instant: all are held, a grace period
 * passes, each is resumed. From the grace period on nobody enters a held one;
 * so whoever enters a new era has begun after the last old one was left alone.
 *
 * Locking: all but entering and leaving under one mutex of the caller.
 */
#ifndef BRAID_DRAIN_H
#define BRAID_DRAIN_H

#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/wait.h>

/* In "era", while nobody may enter. Eras are smaller, see ERA_LAST. */
#define DRAIN_HELD	0x80000000U

struct drain_count {
	long of[2];
};

struct drain {
	u32 era;		/* that new writes enter, from 1; DRAIN_HELD */
	u32 drained;		/* no write of this era or before is in flight */
	bool waited;
	struct drain_count __percpu *in_flight;
	wait_queue_head_t wait;
};

int drain_init(struct drain *d);
void drain_begin(struct drain *d, u32 era);
void drain_exit(struct drain *d);
u32 drain_advance(struct drain *d);
void drain_hold(struct drain *d);
u32 drain_resume(struct drain *d);
int drain_wait(struct drain *d);

static inline u32 drain_era(const struct drain *d)
{
	return READ_ONCE(d->era) & ~DRAIN_HELD;
}

static inline bool drain_is_held(const struct drain *d)
{
	/* as drain_enter() */
	return smp_load_acquire(&d->era) & DRAIN_HELD;
}

/*
 * Enter the current era. Return: 0 if nobody may at the moment. Context: RCU
 * read-side section.
 */
static inline u32 drain_enter(struct drain *d)
{
	/* what drain_advance() was called after is seen by the new era */
	u32 era = smp_load_acquire(&d->era);

	if (unlikely(era & DRAIN_HELD))
		return 0;
	this_cpu_inc(d->in_flight->of[era & 1]);
	return era;
}

/* Leave an era. Context: any. */
static inline void drain_leave(struct drain *d, u32 era)
{
	rcu_read_lock();
	this_cpu_dec(d->in_flight->of[era & 1]);
	if (unlikely(READ_ONCE(d->waited)))
		wake_up(&d->wait);
	rcu_read_unlock();
}

#endif
