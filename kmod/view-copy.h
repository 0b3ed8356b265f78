/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copy before write: a write that finds its block kept by a view waits here
 * until the old content is in the store.
 *
 * The copies of a block, one after another:
 *
 *   QUEUED   the first write to come embeds the copy and is on its list of
 *            waiters; later ones queue behind it. A worker looks whether the
 *            block is (still) kept. If writes of an era that a view shows may
 *            still be in flight to it, the copy is deferred until the drain.
 *   COPYING  kcopyd is at work. What the block held when its stamp was "from"
 *            becomes the record [from, era - 1].
 *   COPIED   the record is in the table, new reads of views use it.
 *   READ     but reads of views in the old place are in flight; the last one
 *            to end makes it COPIED again.
 *
 * and in the end, under the lock of the bucket, the stamp rises to "era", the
 * copy leaves the table, and the waiters of that era are submitted in the order
 * of their coming. Waiters of a later era (a view may have been opened after
 * the former ones came) go on with a copy of their own, embedded in the first
 * of them, which finds the stamp that the former ones left.
 *
 * No memory is needed to wait. A copy that can't be made, because the store is
 * full or a device fails, makes the views invalid that wanted it, and the waiters
 * go on (P9). So does one that takes too long (view-park.h), whatever it waits
 * for. Waiters are always released, whatever the state of the device: a suspend
 * that waits for them need not be told of.
 *
 * What kcopyd does can't be called back. A copy that is overdue while kcopyd is at
 * it is abandoned: the waiters go on, and with them the memory of the copy; the
 * job and its record stay until kcopyd is done with them. What it reads may be
 * torn by then, but no view wants it: those that did are invalid, and later ones
 * are of an era above the record's. The same goes for a view's read in the old
 * place that is overtaken: it fails when it ends. Until the last job that was
 * abandoned has ended no other copy is begun: views that need one are invalid
 * at once, rather than make one write after another wait for a device that hangs.
 *
 * Why a copy never holds a torn write: it is begun only when the grace period
 * of the close is over ("settled", so the stamp says all) and the era of the
 * stamp is drained; later eras than that wait behind the copy.
 */
#ifndef BRAID_VIEW_COPY_H
#define BRAID_VIEW_COPY_H

#include <linux/list.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "view-park.h"

struct track;
struct track_bio;
struct view_bucket;
struct view_job;

enum view_copy_state {
	COPY_QUEUED,
	COPY_COPYING,
	COPY_COPIED,
	COPY_READ,
};

struct view_copy {
	struct hlist_node node;		/* in the bucket */
	struct list_head parked;	/* in track->park */
	struct list_head waiters;	/* track_bio, in the order of coming */
	struct work_struct work;
	struct track *track;
	struct view_job *job;		/* while COPYING */
	unsigned long since;		/* jiffies: the first waiter came */
	enum view_copy_state state;
	u32 block;
	u32 era;			/* the earliest of the waiters */
};

/* A read of a view in the block's old place. */
struct view_read {
	struct hlist_node node;		/* in the bucket */
	u32 block;
};

bool view_copy_wait(struct track *t, struct track_bio *tb, u32 block);
void view_read_end(struct track *t, struct view_read *read);

#endif
