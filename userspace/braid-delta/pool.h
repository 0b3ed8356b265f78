/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BRAID_DELTA_POOL_H
#define BRAID_DELTA_POOL_H

/**
 * struct pool_work - work in three steps on slots.
 * @fill: put the next piece of work into a slot. One call at a time, in order.
 *	Returns 1, 0 if there is no more, or -1.
 * @work: the greater part; on as many threads as there are.
 * @finish: take the result out. One call at a time, in the order of @fill.
 * @ctx: the first argument of all
 *
 * @work and @finish return 0 or -1; whoever returns -1 has complained, and ends
 * everything.
 */
struct pool_work {
	int (*fill)(void *ctx, void *slot);
	int (*work)(void *ctx, void *slot);
	int (*finish)(void *ctx, void *slot);
	void *ctx;
};

/**
 * bd_pool_run - do work until there is no more.
 * @slots: @count of them; more than threads lets these run ahead
 * @threads: how many, this one among them
 *
 * Returns 0, or -1 if any step did.
 */
int bd_pool_run(const struct pool_work *work, void **slots, unsigned int count,
		unsigned int threads);

/** bd_pool_cpus - how many processors this program may use */
unsigned int bd_pool_cpus(void);

#endif
