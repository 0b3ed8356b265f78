// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitmap.h>
#include <linux/slab.h>

#include "budget.h"
#include "view.h"

static size_t view_bitmap_size(u32 nr_blocks)
{
	return BITS_TO_LONGS((size_t)nr_blocks) * sizeof(long);
}

static void view_free(struct kref *ref)
{
	struct view *view = container_of(ref, struct view, ref);

	budget_free(view->lost, view_bitmap_size(view->nr_blocks));
	budget_free(view->gone, view_bitmap_size(view->nr_blocks));
	kfree(view);
}

/**
 * view_create() - make a view, in no set yet
 * @era: the era whose close it shows
 * @since: a shipped view keeps what changed after this era
 * @whole: whether it keeps every block
 * @nr_blocks: blocks of the device
 * @len: its length in sectors
 *
 * Context: may sleep.
 * Return: the view with one reference, or NULL.
 */
struct view *view_create(u32 era, u32 since, bool whole, u32 nr_blocks,
			 sector_t len)
{
	struct view *view = kzalloc(sizeof(*view), GFP_KERNEL);

	if (!view)
		return NULL;

	kref_init(&view->ref);
	view->era = era;
	view->since = since;
	view->whole = whole;
	view->nr_blocks = nr_blocks;
	view->len = len;
	view->gone = budget_zalloc(view_bitmap_size(nr_blocks));
	view->lost = budget_zalloc(view_bitmap_size(nr_blocks));
	if (!view->gone || !view->lost) {
		view_put(view);
		return NULL;
	}
	return view;
}

void view_put(struct view *view)
{
	kref_put(&view->ref, view_free);
}

/* The last write of its era has landed. It may have become invalid before. */
void view_opened(struct view *view)
{
	cmpxchg(&view->state, VIEW_DRAINING, VIEW_OPEN);
}

/**
 * view_invalidate() - the view can't be kept up
 * @view: the view
 *
 * Reads that are in flight see it when they are done, before they are
 * believed; so the caller may let writes through as soon as this returns.
 *
 * Return: whether it was live until now.
 */
bool view_invalidate(struct view *view)
{
	return cmpxchg(&view->state, VIEW_DRAINING, VIEW_INVALID) ==
		       VIEW_DRAINING ||
	       cmpxchg(&view->state, VIEW_OPEN, VIEW_INVALID) == VIEW_OPEN;
}

/**
 * view_release_block() - the view needn't keep this block any longer
 * @view: the view
 * @block: the block, in range
 *
 * Context: under the view lock of the track and the lock of the bucket.
 */
void view_release_block(struct view *view, u32 block)
{
	if (!test_and_set_bit(block, view->gone))
		WRITE_ONCE(view->released, view->released + 1);
}

const char *view_state_name(const struct view *view)
{
	switch (view_state(view)) {
	case VIEW_DRAINING:
		return "draining";
	case VIEW_OPEN:
		return "open";
	default:
		return "invalid";
	}
}

/* A copy of a set, with one view more. Return: NULL without memory or room. */
struct view_set *view_set_with(const struct view_set *set, struct view *view)
{
	struct view_set *new;

	if (set && set->nr == VIEWS_MAX)
		return NULL;
	new = kzalloc(sizeof(*new), GFP_KERNEL);
	if (!new)
		return NULL;
	if (set) {
		new->nr = set->nr;
		memcpy(new->views, set->views, sizeof(set->views));
	}
	new->views[new->nr++] = view;
	return new;
}

/* A copy of a set without a view. It can't be done without, so it doesn't fail. */
struct view_set *view_set_without(const struct view_set *set,
				  const struct view *view)
{
	struct view_set *new = kzalloc(sizeof(*new), GFP_KERNEL | __GFP_NOFAIL);
	unsigned int i;

	for (i = 0; i < set->nr; i++)
		if (set->views[i] != view)
			new->views[new->nr++] = set->views[i];
	return new;
}

struct view *view_set_find(const struct view_set *set, u32 era)
{
	unsigned int i;

	for (i = 0; set && i < set->nr; i++)
		if (set->views[i]->era == era)
			return set->views[i];
	return NULL;
}

/**
 * view_set_needs() - must a block be copied before it is written?
 * @set: the views, or NULL
 * @block: the block
 * @from: the era of its stamp
 * @era: the era of the write
 */
bool view_set_needs(const struct view_set *set, u32 block, u32 from, u32 era)
{
	unsigned int i;

	for (i = 0; set && i < set->nr; i++)
		if (set->views[i]->era < era &&
		    view_keeps(set->views[i], block, from))
			return true;
	return false;
}

/*
 * Have all writes of the eras of views before @era set their stamps? Until
 * then a stamp may still rise to an era that a view has to show.
 */
bool view_set_settled(const struct view_set *set, u32 era)
{
	unsigned int i;

	for (i = 0; set && i < set->nr; i++)
		if (set->views[i]->era < era &&
		    !READ_ONCE(set->views[i]->settled))
			return false;
	return true;
}

/* Does any view read the copy of a block that serves the eras [from, to]? */
bool view_set_uses(const struct view_set *set, u32 block, u32 from, u32 to)
{
	unsigned int i;

	for (i = 0; set && i < set->nr; i++)
		if (set->views[i]->era <= to &&
		    view_keeps(set->views[i], block, from))
			return true;
	return false;
}

/* Count a new copy for each view that reads it. */
void view_set_count_kept(const struct view_set *set, u32 block, u32 from,
			 u32 to)
{
	unsigned int i;

	for (i = 0; set && i < set->nr; i++)
		if (set->views[i]->era <= to &&
		    view_keeps(set->views[i], block, from))
			atomic_inc(&set->views[i]->kept);
}

/**
 * view_set_note_lost() - a stamp is about to be replaced
 * @set: the views, or NULL
 * @block: the block
 * @from: its era
 * @era: that of the stamp that comes
 *
 * Invalid views are noted for as well: what changed is still known exactly.
 */
void view_set_note_lost(const struct view_set *set, u32 block, u32 from,
			u32 era)
{
	unsigned int i;

	for (i = 0; set && i < set->nr; i++) {
		const struct view *view = set->views[i];

		if (view->since < from && from <= view->era &&
		    view->era < era && block < view->nr_blocks)
			set_bit(block, view->lost);
	}
}
