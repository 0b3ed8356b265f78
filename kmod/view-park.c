// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/moduleparam.h>

#include "view-copy.h"
#include "view-park.h"

static unsigned int view_wait_ms = 5000;
module_param(view_wait_ms, uint, 0644);
MODULE_PARM_DESC(view_wait_ms, "Milliseconds that a write waits for what a view needs, before the view is given up");

/* How long a write waits at most for anything but the origin, in jiffies. */
unsigned long view_park_limit(void)
{
	return msecs_to_jiffies(READ_ONCE(view_wait_ms));
}

/* Has its first write waited for so long that the views have to give way? */
bool view_park_overdue(const struct view_copy *copy)
{
	return time_after_eq(jiffies, copy->since + view_park_limit());
}

/* Take it off its list, and send it to have a look. Under the lock. */
void view_park_send(struct view_park *park, struct view_copy *copy)
{
	list_del_init(&copy->parked);
	queue_work(park->wq, &copy->work);
}

static void view_park_arm(struct view_park *park)
{
	/* the limit may be lowered meanwhile, so look once a second */
	queue_delayed_work(park->wq, &park->tick,
			   clamp(view_park_limit() / 4, 1UL, (unsigned long)HZ));
}

static bool view_park_send_overdue(struct view_park *park,
				   struct list_head *list)
{
	struct view_copy *copy, *next;

	list_for_each_entry_safe(copy, next, list, parked)
		if (view_park_overdue(copy))
			view_park_send(park, copy);
	return !list_empty(list);
}

static void view_park_tick(struct work_struct *work)
{
	struct view_park *park = container_of(to_delayed_work(work),
					      struct view_park, tick);
	bool more;

	spin_lock_irq(&park->lock);
	more = view_park_send_overdue(park, &park->draining);
	more |= view_park_send_overdue(park, &park->crowded);
	more |= view_park_send_overdue(park, &park->busy);
	if (more)
		view_park_arm(park);
	spin_unlock_irq(&park->lock);
}

/* The workqueue is the caller's to set, before there are copies. */
void view_park_init(struct view_park *park)
{
	spin_lock_init(&park->lock);
	INIT_LIST_HEAD(&park->draining);
	INIT_LIST_HEAD(&park->crowded);
	INIT_LIST_HEAD(&park->busy);
	INIT_DELAYED_WORK(&park->tick, view_park_tick);
}

/* All copies have ended. Context: may sleep. */
void view_park_exit(struct view_park *park)
{
	cancel_delayed_work_sync(&park->tick);
}

/**
 * view_park_enter() - a copy has to wait
 * @park: the lists
 * @copy: the copy, parked nowhere; from now on it may be sent at any time
 * @list: the one of them that says what it waits for
 *
 * Context: under the lock.
 */
void view_park_enter(struct view_park *park, struct view_copy *copy,
		     struct list_head *list)
{
	lockdep_assert_held(&park->lock);
	list_add_tail(&copy->parked, list);
	view_park_arm(park);
}

/**
 * view_park_leave() - what a copy waits for has come
 * @park: the lists
 * @copy: the copy; if it is overdue it may be on its way already
 */
void view_park_leave(struct view_park *park, struct view_copy *copy)
{
	unsigned long flags;

	spin_lock_irqsave(&park->lock, flags);
	if (!list_empty(&copy->parked))
		view_park_send(park, copy);
	spin_unlock_irqrestore(&park->lock, flags);
}

static void view_park_send_all(struct view_park *park, struct list_head *list)
{
	struct view_copy *copy, *next;

	spin_lock_irq(&park->lock);
	list_for_each_entry_safe(copy, next, list, parked)
		view_park_send(park, copy);
	spin_unlock_irq(&park->lock);
}

/**
 * view_park_kick() - a view has settled or been dropped, or an era is drained
 * @park: the lists
 *
 * The copies that wait for that look again. The caller made the news visible
 * before.
 *
 * Context: process.
 */
void view_park_kick(struct view_park *park)
{
	view_park_send_all(park, &park->draining);
}

/* A view is invalid: all that have not begun look again. Context: process. */
void view_park_kick_all(struct view_park *park)
{
	view_park_send_all(park, &park->draining);
	view_park_send_all(park, &park->crowded);
}
