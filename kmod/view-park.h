/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where copies (view-copy.h) wait, and for how long: a write waits for its copy,
 * and must not do so for ever because of a view (P9).
 *
 * A copy that has to wait is parked on a list that says what for. Whoever takes it
 * off the list, and nobody else, queues its work; so the work of a copy that is
 * not parked is queued or running, or never will be again. When a copy has
 * waited for view_wait_ms, counted from the coming of its first write, it is
 * taken off whatever it waits for. It finds out by itself that it is overdue.
 *
 * Context: any. The lock is taken with interrupts off, inside of a bucket's.
 */
#ifndef BRAID_VIEW_PARK_H
#define BRAID_VIEW_PARK_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct view_copy;

struct view_park {
	spinlock_t lock;
	struct list_head draining;	/* wait for a close or a drain */
	struct list_head crowded;	/* wait for others to end */
	struct list_head busy;		/* wait for their own copying, or reads */
	unsigned int copying;		/* how many are at it */
	unsigned int abandoned;		/* of these: with nobody to wait for it */
	struct workqueue_struct *wq;
	struct delayed_work tick;
};

unsigned long view_park_limit(void);
void view_park_init(struct view_park *park);
void view_park_exit(struct view_park *park);
void view_park_enter(struct view_park *park, struct view_copy *copy,
		     struct list_head *list);
void view_park_send(struct view_park *park, struct view_copy *copy);
void view_park_leave(struct view_park *park, struct view_copy *copy);
void view_park_kick(struct view_park *park);
void view_park_kick_all(struct view_park *park);
bool view_park_overdue(const struct view_copy *copy);

#endif
