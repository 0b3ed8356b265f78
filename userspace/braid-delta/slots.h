/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BRAID_DELTA_SLOTS_H
#define BRAID_DELTA_SLOTS_H

#include "braid-delta/pool.h"

#include <stddef.h>

/**
 * struct slot_kind - how to make the slots of a pool.
 * @size: of the struct
 * @memory: bytes that one takes, about
 * @init: make one; it is zeroed; complains, returns -1
 * @free: also one that @init failed on
 */
struct slot_kind {
	size_t size, memory;
	int (*init)(void *ctx, void *slot);
	void (*free)(void *slot);
};

/**
 * bd_slots_run - make slots, run a pool on them, free them.
 *
 * As many slots as keep the threads busy, but not more than a bound of memory
 * allows. Returns 0 or -1.
 */
int bd_slots_run(const struct slot_kind *kind, const struct pool_work *work,
		 unsigned int threads);

#endif
