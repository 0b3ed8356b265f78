/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The places of the copy store, one block each: which are free. They live as
 * long as the views; nothing of it is on disk. The caller locks.
 *
 * Pure: no I/O, see tests/view-slots_kunit.c.
 */
#ifndef BRAID_VIEW_SLOTS_H
#define BRAID_VIEW_SLOTS_H

#include <linux/types.h>

struct view_slots {
	u32 total;
	u32 used;
	u32 hint;		/* where to look first */
	unsigned long *taken;
};

int view_slots_init(struct view_slots *slots, u32 total);
void view_slots_exit(struct view_slots *slots);
int view_slots_take(struct view_slots *slots, u32 *slot);
void view_slots_put(struct view_slots *slots, u32 slot);

#endif
