// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ring/worker.h"

struct queue {
	struct work *head, **tail;
};

struct worker {
	struct ring *ring;
	struct ring_op wake;
	uint64_t wakes;
	int event_fd;
	pthread_t thread;
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t more;
	struct queue todo, ended;
	bool stop;
};

static void queue_init(struct queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
}

static void queue_put(struct queue *q, struct work *work)
{
	work->next = NULL;
	*q->tail = work;
	q->tail = &work->next;
}

static struct work *queue_get(struct queue *q)
{
	struct work *work = q->head;

	if (work != NULL) {
		q->head = work->next;
		if (q->head == NULL)
			q->tail = &q->head;
	}
	return work;
}

static struct work *worker_next(struct worker *w)
{
	struct work *work = NULL;

	pthread_mutex_lock(&w->lock);
	while (!w->stop && w->todo.head == NULL)
		pthread_cond_wait(&w->more, &w->lock);
	if (!w->stop)
		work = queue_get(&w->todo);
	pthread_mutex_unlock(&w->lock);
	return work;
}

static void *worker_thread(void *arg)
{
	const uint64_t one = 1;
	struct worker *w = arg;
	struct work *work;

	while ((work = worker_next(w)) != NULL) {
		work->run(work);
		pthread_mutex_lock(&w->lock);
		queue_put(&w->ended, work);
		pthread_mutex_unlock(&w->lock);
		/* Can't fail: the counter would need 2^64 unread wakes. */
		if (write(w->event_fd, &one, sizeof(one)) < 0)
			abort();
	}
	return NULL;
}

static void worker_woken(struct ring_op *op, int res)
{
	struct worker *w = ring_container(op, struct worker, wake);
	struct work *work;

	if (w->stop || (res < 0 && res != -EINTR && res != -EAGAIN))
		return;
	ring_read(w->ring, &w->wake, w->event_fd, &w->wakes, sizeof(w->wakes));
	for (;;) {
		pthread_mutex_lock(&w->lock);
		work = queue_get(&w->ended);
		pthread_mutex_unlock(&w->lock);
		if (work == NULL)
			return;
		work->done(work);
	}
}

/* Signals are the loop's business. */
static int worker_start(struct worker *w)
{
	sigset_t all, old;
	int ret;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	ret = pthread_create(&w->thread, NULL, worker_thread, w);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return -ret;
}

int worker_open(struct worker **out, struct ring *ring)
{
	struct worker *w = calloc(1, sizeof(*w));
	int ret;

	if (w == NULL)
		return -ENOMEM;
	w->ring = ring;
	w->wake.done = worker_woken;
	queue_init(&w->todo);
	queue_init(&w->ended);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->more, NULL);
	w->event_fd = eventfd(0, EFD_CLOEXEC);
	if (w->event_fd < 0) {
		ret = -errno;
		goto out_free;
	}
	ret = worker_start(w);
	if (ret < 0)
		goto out_fd;
	ring_read(ring, &w->wake, w->event_fd, &w->wakes, sizeof(w->wakes));
	*out = w;
	return 0;
out_fd:
	close(w->event_fd);
out_free:
	free(w);
	return ret;
}

void worker_submit(struct worker *worker, struct work *work)
{
	pthread_mutex_lock(&worker->lock);
	queue_put(&worker->todo, work);
	pthread_cond_signal(&worker->more);
	pthread_mutex_unlock(&worker->lock);
}

void worker_close(struct worker *worker)
{
	if (worker == NULL)
		return;
	pthread_mutex_lock(&worker->lock);
	worker->stop = true;
	pthread_cond_signal(&worker->more);
	pthread_mutex_unlock(&worker->lock);
	pthread_join(worker->thread, NULL);
	ring_cancel(&worker->wake);
	while (worker->wake.busy)
		ring_turn_on(worker->ring);
	close(worker->event_fd);
	pthread_cond_destroy(&worker->more);
	pthread_mutex_destroy(&worker->lock);
	free(worker);
}
