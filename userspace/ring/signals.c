// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ring/signals.h"

static void signals_set(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
}

/* The first one asks for an orderly end. Another one is the end. */
static void signals_ready(struct ring_op *op, int res)
{
	struct ring_signals *s = ring_container(op, struct ring_signals, op);
	struct signalfd_siginfo info;
	sigset_t set;

	if (res <= 0)
		return;
	while (read(s->fd, &info, sizeof(info)) > 0)
		;
	signals_set(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	s->stop(s);
}

int ring_signals_open(struct ring_signals *signals, struct ring *ring)
{
	sigset_t set;

	signals_set(&set);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -errno;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signals->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals->fd < 0)
		return -errno;
	signals->op.done = signals_ready;
	ring_poll(ring, &signals->op, signals->fd, POLLIN);
	return 0;
}
