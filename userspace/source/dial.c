// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

#include "source/dial.h"

#define CONNECT_MS 5000

static void resolve_run(struct work *work)
{
	struct dial *d = ring_container(work, struct dial, resolve);
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *list;
	int ret = getaddrinfo(d->to->host, d->to->port, &hints, &list);

	d->ret = 0;
	if (ret != 0) {
		d->ret = err_set(&d->err, EHOSTUNREACH, "cannot find %s: %s",
				 d->to->host, gai_strerror(ret));
		return;
	}
	memcpy(&d->addr, list->ai_addr, list->ai_addrlen);
	d->addr_len = list->ai_addrlen;
	freeaddrinfo(list);
}

/* Both operations are home. */
static void dial_end(struct dial *d)
{
	int fd = d->fd;

	if (d->connect.busy || d->timeout.busy)
		return;
	if (d->ret < 0) {
		err_sys(&d->err, -d->ret, "cannot connect to %s:%s",
			d->to->host, d->to->port);
		close(fd);
		fd = d->ret;
	}
	d->fd = -1;
	d->done(d, fd, &d->err);
}

static void dial_connected(struct ring_op *op, int res)
{
	struct dial *d = ring_container(op, struct dial, connect);

	d->ret = res == -ECANCELED ? -ETIMEDOUT : res;
	ring_cancel(&d->timeout);
	dial_end(d);
}

static void dial_timeout(struct ring_op *op, int res)
{
	struct dial *d = ring_container(op, struct dial, timeout);

	ring_cancel(&d->connect);
	dial_end(d);
}

static void resolve_done(struct work *work)
{
	struct dial *d = ring_container(work, struct dial, resolve);

	d->resolving = false;
	if (d->ret == 0) {
		d->fd = socket(d->addr.ss_family, SOCK_STREAM | SOCK_CLOEXEC,
			       0);
		if (d->fd < 0)
			d->ret =
				err_sys(&d->err, errno, "cannot make a socket");
	}
	if (d->ret < 0) {
		d->done(d, d->ret, &d->err);
		return;
	}
	ring_connect(d->ring, &d->connect, d->fd,
		     (const struct sockaddr *)&d->addr, d->addr_len);
	ring_timeout(d->ring, &d->timeout, CONNECT_MS);
}

void dial_start(struct dial *dial)
{
	dial->resolve.run = resolve_run;
	dial->resolve.done = resolve_done;
	dial->connect.done = dial_connected;
	dial->timeout.done = dial_timeout;
	dial->resolving = true;
	worker_submit(dial->worker, &dial->resolve);
}

void dial_cancel(struct dial *dial)
{
	ring_cancel(&dial->connect);
}

bool dial_busy(const struct dial *dial)
{
	return dial->resolving || dial->connect.busy || dial->timeout.busy;
}
