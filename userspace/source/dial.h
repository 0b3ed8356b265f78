/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Resolve a name and connect, without holding up the loop. All addresses of
 * the name are tried, in the resolver's order.
 */
#ifndef SOURCE_DIAL_H
#define SOURCE_DIAL_H

#include <netdb.h>

#include "config/config.h"
#include "ring/worker.h"

struct dial {
	struct ring *ring;
	struct worker *worker;
	const struct config_address *to;
	/* A socket, or -errno with a sentence. */
	void (*done)(struct dial *dial, int fd, struct err *e);
	struct work resolve;
	struct ring_op connect, timeout;
	bool resolving, cancelled;
	struct addrinfo *list, *next; /* all; those to be tried */
	int fd, ret;
	struct err err;
};

void dial_start(struct dial *dial);
/** dial_cancel - ->done comes soon */
void dial_cancel(struct dial *dial);
bool dial_busy(const struct dial *dial);

#endif
