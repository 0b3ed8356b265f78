/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A second thread for what would hold up the loop: hashing, compressing,
 * writing to the store, resolving names. It does one job at a time, in the
 * order they came, so what only jobs touch needs no lock.
 */
#ifndef RING_WORKER_H
#define RING_WORKER_H

#include "ring/ring.h"

struct worker;

/* Embedded by its owner, who keeps it until ->done. */
struct work {
	void (*run)(struct work *work); /* in the worker's thread */
	void (*done)(struct work *work); /* afterwards, in the loop */
	struct work *next;
};

int worker_open(struct worker **out, struct ring *ring);

/** worker_submit - queue a job; never fails */
void worker_submit(struct worker *worker, struct work *work);

/**
 * worker_close - finish the job in hand and end the thread
 * Jobs that wait are dropped: neither ->run nor ->done is called for them.
 */
void worker_close(struct worker *worker);

#endif
