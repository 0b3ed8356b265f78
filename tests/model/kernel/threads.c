// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Coroutines, and what stands on them: locks, RCU, work. Which one goes on is
 * drawn by lot, among them and the disks' requests. Time passes only when nobody
 * can go on.
 */
#include <ucontext.h>

#include "sim.h"

#define STACK		(256U << 10)
#define THREADS_MAX	4096U
#define IDLE_STEPS	4000U

struct thread {
	ucontext_t context;
	void *stack;
	void (*run)(void *arg);
	void *arg;
	struct work_struct *work;
	struct workqueue_struct *wq;
	work_func_t func;
	unsigned long due;
	u64 stalled;			/* before this step */
	bool begun, waits;
	unsigned int rcu, rcu_ends;
};

static struct thread *threads[THREADS_MAX];	/* the first "alive" are */
static unsigned int alive, made;
static struct thread *self;
static ucontext_t scheduler;
static u64 state;
static unsigned int idle;
static u64 steps;

unsigned long jiffies;
int sim_patience;
bool sim_verbose;
struct workqueue_struct sim_system_wq;

void sim_say(const char *format, ...)
{
	va_list args;

	if (!sim_verbose)
		return;
	va_start(args, format);
	fputs("kernel: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

void sim_fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fflush(stdout);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	_Exit(1);
}

/* ---- chance: splitmix64 */

void sim_seed(u64 seed)
{
	state = seed;
}

u64 sim_random64(void)
{
	u64 x = state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

u32 sim_random(u32 below)
{
	return (sim_random64() >> 32) * below >> 32;
}

/* ---- memory */

struct piece {
	struct piece *next, **pprev;
	u64 pad[2];
};

static struct piece *pieces, *later;
static unsigned int nr_pieces;

static void piece_link(struct piece **list, struct piece *p)
{
	p->next = *list;
	p->pprev = list;
	if (p->next)
		p->next->pprev = &p->next;
	*list = p;
}

static void piece_unlink(struct piece *p)
{
	*p->pprev = p->next;
	if (p->next)
		p->next->pprev = p->pprev;
}

void *sim_alloc(size_t size)
{
	struct piece *p = calloc(1, sizeof(*p) + size);

	if (!p)
		sim_fail("no memory");
	piece_link(&pieces, p);
	nr_pieces++;
	return p + 1;
}

void sim_free(const void *pointer)
{
	struct piece *p = (struct piece *)pointer - 1;

	if (!pointer)
		return;
	piece_unlink(p);
	nr_pieces--;
	free(p);
}

/* At the end of the world: later than any grace period. */
void sim_free_later(const void *pointer)
{
	struct piece *p = (struct piece *)pointer - 1;

	if (!pointer)
		return;
	piece_unlink(p);
	nr_pieces--;
	piece_link(&later, p);
}

unsigned int sim_memory(void)
{
	return nr_pieces;
}

static void free_all(struct piece **list)
{
	struct piece *p = *list, *next;

	for (; p; p = next) {
		next = p->next;
		free(p);
	}
	*list = NULL;
}

/* ---- threads */

static void be_patient(void)
{
	/* who only looks whether to go on waiting takes a few looks at the most */
	sim_patience = 8 + sim_random(200);
	if (self && !self->waits && !sim_random(3))
		sim_patience = sim_random(16);
}

void *sim_self(void)
{
	return self ? (void *)self : (void *)&scheduler;
}

void sim_yield(void)
{
	be_patient();
	if (!self)
		return;
	if (!self->waits)
		idle = 0;
	/* now and then others do a lot before it goes on */
	if (!sim_random(12))
		self->stalled = steps + sim_random(400);
	if (swapcontext(&self->context, &scheduler))
		sim_fail("swapcontext");
}

/* What it waits for has not come. */
void sim_wait(void)
{
	if (!self)
		sim_fail("something waits that must not");
	self->waits = true;
	sim_yield();
	self->waits = false;
}

static void thread_main(void)
{
	struct thread *t = self;

	t->run(t->arg);
	if (t->rcu)
		sim_fail("a thread ended in an RCU read-side section");
	t->run = NULL;
	idle = 0;
	setcontext(&scheduler);
}

static struct thread *thread_new(void)
{
	struct thread *t;
	void *stack;

	if (alive == THREADS_MAX)
		sim_fail("too many threads");
	if (alive == made) {
		threads[made] = calloc(1, sizeof(*t));
		threads[made]->stack = malloc(STACK);
		made++;
	}
	t = threads[alive++];
	stack = t->stack;
	memset(&t->run, 0, sizeof(*t) - offsetof(struct thread, run));
	t->stack = stack;
	return t;
}

static void thread_free(unsigned int index)
{
	struct thread *t = threads[index];

	threads[index] = threads[--alive];
	threads[alive] = t;
}

void sim_thread(void (*run)(void *arg), void *arg)
{
	struct thread *t = thread_new();

	t->run = run;
	t->arg = arg;
}

static void work_main(void *arg)
{
	struct thread *t = arg;

	t->work->pending = NULL;
	t->func(t->work);
}

/* The same work is not run twice at a time. */
static bool thread_must_wait(const struct thread *t)
{
	if (t->begun)
		return false;
	if (time_before(jiffies, t->due))
		return true;
	for (unsigned int i = 0; t->work && i < alive; i++)
		if (threads[i]->begun && threads[i]->work == t->work &&
		    threads[i]->func == t->func)
			return true;
	return false;
}

static void thread_go_on(unsigned int index)
{
	struct thread *t = threads[index];

	if (steps < t->stalled || thread_must_wait(t))
		return;
	if (!t->begun) {
		t->begun = true;
		getcontext(&t->context);
		t->context.uc_stack.ss_sp = t->stack;
		t->context.uc_stack.ss_size = STACK;
		t->context.uc_link = NULL;
		makecontext(&t->context, thread_main, 0);
	}
	self = t;
	be_patient();
	/* it comes back here, or to where it ends, by the same context */
	swapcontext(&scheduler, &t->context);
	self = NULL;
	if (t->run)
		return;
	/* others may have gone meanwhile */
	for (index = 0; threads[index] != t; index++)
		;
	thread_free(index);
}

unsigned int sim_busy(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < alive; i++)
		n += !time_before(jiffies, threads[i]->due);
	return n;
}

/* Nobody can go on: time passes. Return: false if nobody waits for that. */
static bool sleep_on(void)
{
	unsigned long next = 0;

	for (unsigned int i = 0; i < alive; i++)
		if (time_before(jiffies, threads[i]->due) &&
		    (!next || time_before(threads[i]->due, next)))
			next = threads[i]->due;
	if (!next)
		return false;
	jiffies = next;
	idle = 0;
	return true;
}

/* Something goes on somewhere. Return: false if there is nothing. */
bool sim_step(void)
{
	unsigned int flights = sim_flights(), n;

	if (!alive && !flights)
		return false;
	steps++;
	if (++idle > IDLE_STEPS + 50 * alive && !flights && !sleep_on())
		sim_fail("%u threads wait for something that doesn't come",
			 alive);
	n = sim_random(alive + flights);
	if (n < alive) {
		thread_go_on(n);
	} else {
		idle = 0;
		sim_land(n - alive);
	}
	return true;
}

void sim_drain(void)
{
	while ((sim_busy() || sim_flights()) && sim_step())
		;
}

void sim_reset(void)
{
	alive = 0;
	self = NULL;
	idle = 0;
	jiffies = 1000;
	sim_flights_forget();
	free_all(&pieces);
	free_all(&later);
	nr_pieces = 0;
	be_patient();
}

/* ---- locks */

void sim_lock(void **owner, const char *where)
{
	void *me = sim_self();

	sim_point();
	if (*owner == me)
		sim_fail("%s: the lock is held already, by itself", where);
	while (*owner)
		sim_wait();
	*owner = me;
}

void sim_unlock(void **owner, const char *where)
{
	if (*owner != sim_self())
		sim_fail("%s: the lock is not its own to give back", where);
	*owner = NULL;
	sim_point();
}

/* ---- RCU */

void rcu_read_lock(void)
{
	if (self)
		self->rcu++;
}

void rcu_read_unlock(void)
{
	if (!self)
		return;
	if (!self->rcu)
		sim_fail("an RCU read-side section ends that has not begun");
	if (!--self->rcu)
		self->rcu_ends++;
	sim_point();
}

void synchronize_rcu(void)
{
	struct {
		struct thread *thread;
		unsigned int ends;
	} *readers = calloc(alive + 1, sizeof(*readers));
	unsigned int n = 0;

	if (self && self->rcu)
		sim_fail("a grace period is waited for in a section");
	for (unsigned int i = 0; i < alive; i++) {
		if (!threads[i]->rcu)
			continue;
		readers[n].thread = threads[i];
		readers[n++].ends = threads[i]->rcu_ends;
	}
	while (n) {
		struct thread *t = readers[n - 1].thread;

		if (t->rcu && t->rcu_ends == readers[n - 1].ends)
			sim_wait();
		else
			n--;
	}
	free(readers);
	sim_point();
}

/* ---- work */

bool sim_queue(struct workqueue_struct *wq, struct work_struct *work,
	       unsigned long delay)
{
	struct thread *t;

	sim_point();
	if (work->pending)
		return false;
	t = thread_new();
	t->run = work_main;
	t->arg = t;
	t->work = work;
	t->func = work->func;
	t->wq = wq;
	t->due = jiffies + delay;
	work->pending = t;
	return true;
}

static bool work_runs(const struct work_struct *work)
{
	for (unsigned int i = 0; i < alive; i++)
		if (threads[i]->begun && threads[i]->work == work &&
		    threads[i] != self)
			return true;
	return false;
}

static bool cancel_pending(struct work_struct *work)
{
	struct thread *t = work->pending;
	unsigned int i = 0;

	if (!t)
		return false;
	while (threads[i] != t)
		i++;
	thread_free(i);
	work->pending = NULL;
	return true;
}

/* A work that queues itself is stopped as well. */
bool sim_cancel(struct work_struct *work, bool sync)
{
	bool was = cancel_pending(work);

	while (sync && work_runs(work)) {
		sim_wait();
		cancel_pending(work);
	}
	return was;
}

bool flush_work(struct work_struct *work)
{
	while (work->pending || work_runs(work))
		sim_wait();
	return true;
}

static bool wq_is_busy(const struct workqueue_struct *wq)
{
	for (unsigned int i = 0; i < alive; i++)
		if (threads[i]->wq == wq && threads[i] != self)
			return true;
	return false;
}

void flush_workqueue(struct workqueue_struct *wq)
{
	while (wq_is_busy(wq))
		sim_wait();
}

void destroy_workqueue(struct workqueue_struct *wq)
{
	flush_workqueue(wq);
	sim_free(wq);
}

/* ---- odds and ends */

unsigned long sim_find_bit(const unsigned long *map, unsigned long size,
			   unsigned long from, bool value)
{
	while (from < size && (map[from / 64] >> (from % 64) & 1) != value)
		from++;
	return from;
}

int kstrtou32(const char *s, unsigned int base, u32 *result)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(s, &end, base);
	if (errno || end == s || *end || *s == '-' || n > U32_MAX)
		return -EINVAL;
	*result = n;
	return 0;
}

/* The kernel's %*phN prints bytes in hexadecimal; here they are text. */
int scnprintf(char *buffer, size_t size, const char *format, ...)
{
	char plain[256];
	const char *bytes = strstr(format, "%*phN");
	va_list args;
	int n;

	snprintf(plain, sizeof(plain), "%.*s%s%s",
		 bytes ? (int)(bytes - format) : (int)strlen(format), format,
		 bytes ? "%.*s" : "", bytes ? bytes + 5 : "");
	va_start(args, format);
	n = vsnprintf(buffer, size, plain, args);
	va_end(args);
	return size && n >= (int)size ? (int)size - 1 : n;
}
