// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/jiffies.h>

#include "drain.h"

/* A device that holds a write back for longer is in no state to be closed. */
#define DRAIN_TIMEOUT	(120 * HZ)

int drain_init(struct drain *d)
{
	d->era = 1;
	d->drained = 0;
	d->waited = false;
	init_waitqueue_head(&d->wait);
	d->in_flight = alloc_percpu(struct drain_count);
	return d->in_flight ? 0 : -ENOMEM;
}

/* Let it be another era than the first. Nothing has entered any. */
void drain_begin(struct drain *d, u32 era)
{
	d->era = era;
	d->drained = era - 1;
}

void drain_exit(struct drain *d)
{
	free_percpu(d->in_flight);
}

/*
 * Only exact, and only ever falling to zero, once nobody enters the era any
 * more: then each write is counted until some moment, and not after it.
 */
static bool drain_is_empty(const struct drain *d, u32 era)
{
	long sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += READ_ONCE(per_cpu_ptr(d->in_flight, cpu)->of[era & 1]);
	return !sum;
}

/**
 * drain_advance() - begin the next era
 * @d: the drain; the era before the current one is drained
 *
 * When it returns, whoever entered the closed era has done all that he does in
 * the same read-side section, such as stamping.
 *
 * Context: may sleep.
 * Return: the era that was closed.
 */
u32 drain_advance(struct drain *d)
{
	u32 era = d->era;

	WARN_ON_ONCE(d->drained != era - 1);
	WRITE_ONCE(d->waited, true);
	/* pairs with drain_enter() */
	smp_store_release(&d->era, era + 1);
	synchronize_rcu_expedited();
	return era;
}

/**
 * drain_hold() - let nobody enter any more
 * @d: the drain; the era before the current one is drained
 *
 * Works from the next grace period on, which is the caller's to wait for. Until
 * drain_resume() the caller doesn't sleep for anything else.
 */
void drain_hold(struct drain *d)
{
	WARN_ON_ONCE(d->drained != d->era - 1);
	WRITE_ONCE(d->waited, true);
	WRITE_ONCE(d->era, d->era | DRAIN_HELD);
}

/**
 * drain_resume() - begin the next era of a drain that is held
 * @d: the drain; the grace period has passed, so for the closed era all is
 *	done as after drain_advance()
 *
 * Return: the era that was closed.
 */
u32 drain_resume(struct drain *d)
{
	u32 era = drain_era(d);

	/* pairs with drain_enter() */
	smp_store_release(&d->era, era + 1);
	return era;
}

/**
 * drain_wait() - wait until no write of a closed era is in flight
 * @d: the drain
 *
 * Can be called again after it failed.
 *
 * Context: may sleep.
 * Return: 0, -EINTR if there was a signal, -ETIMEDOUT.
 */
int drain_wait(struct drain *d)
{
	u32 era = d->era - 1;
	long r;

	if (d->drained == era)
		return 0;

	r = wait_event_interruptible_timeout(d->wait, drain_is_empty(d, era),
					     DRAIN_TIMEOUT);
	if (r < 0)
		return -EINTR;
	if (!r)
		return -ETIMEDOUT;

	WRITE_ONCE(d->waited, false);
	WRITE_ONCE(d->drained, era);
	return 0;
}
