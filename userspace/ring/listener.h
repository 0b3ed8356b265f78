/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A listening socket: one connection for each time it is asked. A failure to
 * accept, as when there are no more file descriptors, is followed by a pause,
 * as the connection waits on and would fail again at once.
 */
#ifndef RING_LISTENER_H
#define RING_LISTENER_H

#include "ring/ring.h"

/* Embedded; all zero but for the first three before it is used. */
struct listener {
	struct ring *ring;
	int fd; /* its owner's to close */
	void (*accepted)(struct listener *listener, int fd);
	struct ring_op accept, pause;
	bool stopped;
};

/** listener_next - accept one more; nothing happens if one is being accepted */
void listener_next(struct listener *listener);

/** listener_stop - no more; ->accepted may still be called until it is idle */
void listener_stop(struct listener *listener);
bool listener_busy(const struct listener *listener);

#endif
