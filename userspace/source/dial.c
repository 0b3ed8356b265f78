// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <unistd.h>

#include "source/dial.h"

#define CONNECT_MS 5000

static void resolve_run(struct work *work)
{
	struct dial *d = ring_container(work, struct dial, resolve);
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	int ret;

	d->list = NULL;
	ret = getaddrinfo(d->to->host, d->to->port, &hints, &d->list);
	d->ret = 0;
	if (ret != 0)
		d->ret = err_set(&d->err, EHOSTUNREACH, "cannot find %s: %s",
				 d->to->host, gai_strerror(ret));
}

static void dial_end(struct dial *d, int fd)
{
	if (d->list != NULL)
		freeaddrinfo(d->list);
	d->list = d->next = NULL;
	d->done(d, fd, &d->err);
}

/* The next address. The last one's error is the one that is told. */
static void dial_next(struct dial *d)
{
	struct addrinfo *to = d->next;

	if (to == NULL || d->cancelled) {
		if (d->ret == 0)
			d->ret = err_set(&d->err, ECANCELED, "stopped");
		dial_end(d, d->ret);
		return;
	}
	d->next = to->ai_next;
	d->fd = socket(to->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (d->fd < 0) {
		d->ret = err_sys(&d->err, errno, "cannot make a socket");
		dial_next(d);
		return;
	}
	ring_connect(d->ring, &d->connect, d->fd, to->ai_addr, to->ai_addrlen);
	ring_timeout(d->ring, &d->timeout, CONNECT_MS);
}

/* Both operations are home. */
static void dial_tried(struct dial *d)
{
	int fd = d->fd;

	if (d->connect.busy || d->timeout.busy)
		return;
	d->fd = -1;
	if (d->ret == 0) {
		dial_end(d, fd);
		return;
	}
	close(fd);
	err_sys(&d->err, -d->ret, "cannot connect to %s:%s", d->to->host,
		d->to->port);
	dial_next(d);
}

static void dial_connected(struct ring_op *op, int res)
{
	struct dial *d = ring_container(op, struct dial, connect);

	d->ret = res == -ECANCELED ? -ETIMEDOUT : res;
	ring_cancel(&d->timeout);
	dial_tried(d);
}

static void dial_timeout(struct ring_op *op, int res)
{
	struct dial *d = ring_container(op, struct dial, timeout);

	ring_cancel(&d->connect);
	dial_tried(d);
}

static void resolve_done(struct work *work)
{
	struct dial *d = ring_container(work, struct dial, resolve);

	d->resolving = false;
	d->next = d->list;
	dial_next(d);
}

void dial_start(struct dial *dial)
{
	dial->resolve.run = resolve_run;
	dial->resolve.done = resolve_done;
	dial->connect.done = dial_connected;
	dial->timeout.done = dial_timeout;
	dial->resolving = true;
	dial->cancelled = false;
	worker_submit(dial->worker, &dial->resolve);
}

void dial_cancel(struct dial *dial)
{
	dial->cancelled = true;
	ring_cancel(&dial->connect);
}

bool dial_busy(const struct dial *dial)
{
	return dial->resolving || dial->connect.busy || dial->timeout.busy;
}
