/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIGTERM and SIGINT as events of the loop; SIGPIPE and SIGHUP ignored. */
#ifndef RING_SIGNALS_H
#define RING_SIGNALS_H

#include "ring/ring.h"

struct ring_signals {
	struct ring_op op;
	int fd;
	void (*stop)(struct ring_signals *signals);
};

/** ring_signals_open - call @signals->stop at the first signal */
int ring_signals_open(struct ring_signals *signals, struct ring *ring);

#endif
