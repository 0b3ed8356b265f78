// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A pipeline whose result doesn't depend on the number of threads: what each
 * slot holds is decided in order, and what came of it is taken out in order.
 *
 * Slot n % count is filled for piece n when piece n - count is finished. Every
 * thread does whatever step is due: finishing first, for it frees slots.
 */
#include "braid-delta/pool.h"
#include "braid-delta/complain.h"

#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define MAX_THREADS 256

struct pool {
	const struct pool_work *work;
	void **slots;
	bool *worked;
	unsigned int count;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t filled, finished;
	bool filling, finishing, ended, failed;
};

unsigned int bd_pool_cpus(void)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 1;
	return (unsigned int)CPU_COUNT(&set);
}

static bool finish_due(const struct pool *p)
{
	return !p->finishing && p->finished < p->filled &&
	       p->worked[p->finished % p->count];
}

static bool fill_due(const struct pool *p)
{
	return !p->ended && !p->filling && p->filled - p->finished < p->count;
}

/* Called and left with the lock held, as fill_one(). */
static void finish_one(struct pool *p)
{
	unsigned int i = (unsigned int)(p->finished % p->count);
	int ret;

	p->finishing = true;
	pthread_mutex_unlock(&p->lock);
	ret = p->work->finish(p->work->ctx, p->slots[i]);
	pthread_mutex_lock(&p->lock);
	p->finishing = false;
	p->worked[i] = false;
	p->finished++;
	p->failed |= ret < 0;
	pthread_cond_broadcast(&p->changed);
}

static void fill_one(struct pool *p)
{
	unsigned int i = (unsigned int)(p->filled % p->count);
	int ret;

	p->filling = true;
	pthread_mutex_unlock(&p->lock);
	ret = p->work->fill(p->work->ctx, p->slots[i]);
	pthread_mutex_lock(&p->lock);
	p->filling = false;
	p->failed |= ret < 0;
	p->ended |= ret <= 0;
	p->filled += ret > 0;
	pthread_cond_broadcast(&p->changed);
	if (ret <= 0)
		return;
	pthread_mutex_unlock(&p->lock);
	ret = p->work->work(p->work->ctx, p->slots[i]);
	pthread_mutex_lock(&p->lock);
	p->worked[i] = true;
	p->failed |= ret < 0;
	pthread_cond_broadcast(&p->changed);
}

static void *run(void *pool)
{
	struct pool *p = pool;

	pthread_mutex_lock(&p->lock);
	while (!p->failed && !(p->ended && p->finished == p->filled)) {
		if (finish_due(p))
			finish_one(p);
		else if (fill_due(p))
			fill_one(p);
		else
			pthread_cond_wait(&p->changed, &p->lock);
	}
	pthread_cond_broadcast(&p->changed);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Fewer threads than wanted only take longer. */
static void run_threads(struct pool *p, unsigned int threads)
{
	pthread_t id[MAX_THREADS];
	unsigned int started = 0;

	if (threads > MAX_THREADS)
		threads = MAX_THREADS;
	while (started + 1 < threads &&
	       !pthread_create(&id[started], NULL, run, p))
		started++;
	run(p);
	while (started)
		pthread_join(id[--started], NULL);
}

int bd_pool_run(const struct pool_work *work, void **slots, unsigned int count,
		unsigned int threads)
{
	struct pool p = { .work = work, .slots = slots, .count = count };

	p.worked = calloc(count, sizeof(*p.worked));
	if (!p.worked)
		return bd_complain("there is not enough memory");
	pthread_mutex_init(&p.lock, NULL);
	pthread_cond_init(&p.changed, NULL);
	run_threads(&p, threads);
	pthread_cond_destroy(&p.changed);
	pthread_mutex_destroy(&p.lock);
	free(p.worked);
	return p.failed ? -1 : 0;
}
