/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The side that receives: listens, takes one source at a time. */
#ifndef REPLICA_REPLICA_H
#define REPLICA_REPLICA_H

#include "config/config.h"
#include "err/err.h"
#include "ring/ring.h"

/**
 * replica_start - bring the image to a committed era and listen
 * The volume's life from then on is the ring's business.
 */
struct replica;
int replica_start(struct replica **out, const struct config *config,
		  struct ring *ring, struct err *e);

/** replica_stop - end the session and the jobs, and free it */
void replica_stop(struct replica *replica);

#endif
