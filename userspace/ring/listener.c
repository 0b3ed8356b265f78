// SPDX-License-Identifier: GPL-2.0-or-later
#include "ring/listener.h"

#define PAUSE_MS 200

static void listener_accepted(struct ring_op *op, int res)
{
	struct listener *l = ring_container(op, struct listener, accept);

	if (res >= 0)
		l->accepted(l, res);
	else if (!l->stopped)
		ring_timeout(l->ring, &l->pause, PAUSE_MS);
}

static void listener_paused(struct ring_op *op, int res)
{
	listener_next(ring_container(op, struct listener, pause));
}

void listener_next(struct listener *l)
{
	if (l->stopped || listener_busy(l))
		return;
	l->accept.done = listener_accepted;
	l->pause.done = listener_paused;
	ring_accept(l->ring, &l->accept, l->fd);
}

void listener_stop(struct listener *l)
{
	l->stopped = true;
	ring_cancel(&l->accept);
	ring_cancel(&l->pause);
}

bool listener_busy(const struct listener *l)
{
	return l->accept.busy || l->pause.busy;
}
