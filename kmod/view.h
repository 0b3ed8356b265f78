/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A view: the device as it was when an era was closed, and the set of views
 * that are open at a time.
 *
 * What a view keeps. A view of era N keeps block b while it is live, b is not
 * released and the era S of b's stamp is at most N; of a shipped view S must be
 * above its "since" X too. So a write of a later era e copies b first exactly if
 * a view with N < e keeps it, and raises the stamp to e only when the copy is
 * made and nobody reads b in its old place any more. From then on S > N: no later
 * write needs to look. That is why a block that is stamped with the current era
 * costs one load even while views are open, and why nothing else than a stamp
 * says whether a view was provided for. The kind of a stamp means nothing to a
 * view: what is here called "from" is the era of a block's stamp.
 *
 * Lost stamps. "changed X N" of a view must not miss a block while stamps are
 * replaced. Whoever replaces one with X < S <= N sets b's bit in "lost" first.
 * How the block had changed is lost as well: it counts as written.
 *
 * Context: a set is immutable, published by RCU, read in read-side sections.
 * A view lives until the last reference is put, and at least a grace period
 * after the set that held it was replaced. "gone" is changed under the view
 * lock of the track alone; a writer that does not see a bit yet makes a copy
 * that is given back at once.
 */
#ifndef BRAID_VIEW_H
#define BRAID_VIEW_H

#include <linux/bitops.h>
#include <linux/kref.h>
#include <linux/rcupdate.h>
#include <linux/types.h>

#include "dm-braid.h"

#define VIEWS_MAX	BRAID_VIEWS_MAX

enum view_state {
	VIEW_DRAINING,		/* writes of its era are in flight */
	VIEW_OPEN,
	VIEW_INVALID,		/* a block could not be kept */
	VIEW_DROPPED,
};

struct view {
	struct kref ref;
	u32 era;
	u32 since;
	bool whole;
	bool settled;		/* all stamps of its era are set */
	int state;
	u32 nr_blocks;
	sector_t len;
	unsigned int holders;	/* braid-view tables; under the view lock */
	bool closing;		/* its close isn't done; under the view lock */
	atomic_t kept;		/* blocks that are in the store */
	u32 released;		/* bits in "gone" */
	unsigned long *gone;	/* released blocks */
	unsigned long *lost;	/* blocks whose stamp in (since, era] is lost */
};

struct view_set {
	struct rcu_head rcu;
	unsigned int nr;
	struct view *views[VIEWS_MAX];
};

struct view *view_create(u32 era, u32 since, bool whole, u32 nr_blocks,
			 sector_t len);
void view_put(struct view *view);
void view_opened(struct view *view);
bool view_invalidate(struct view *view);
void view_release_block(struct view *view, u32 block);
const char *view_state_name(const struct view *view);

struct view_set *view_set_with(const struct view_set *set, struct view *view);
struct view_set *view_set_without(const struct view_set *set,
				  const struct view *view);
struct view *view_set_find(const struct view_set *set, u32 era);
bool view_set_needs(const struct view_set *set, u32 block, u32 from, u32 era);
bool view_set_settled(const struct view_set *set, u32 era);
bool view_set_uses(const struct view_set *set, u32 block, u32 from, u32 to);
void view_set_count_kept(const struct view_set *set, u32 block, u32 from,
			 u32 to);
void view_set_note_lost(const struct view_set *set, u32 block, u32 from,
			u32 era);

static inline enum view_state view_state(const struct view *view)
{
	return READ_ONCE(view->state);
}

/* Does the view keep a block whose stamp is, or was when it was copied, of @from? */
static inline bool view_keeps(const struct view *view, u32 block, u32 from)
{
	return view_state(view) <= VIEW_OPEN && block < view->nr_blocks &&
	       from <= view->era && (view->whole || from > view->since) &&
	       !test_bit(block, view->gone);
}

#endif
