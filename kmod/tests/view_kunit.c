// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device of a few blocks, each holding the number of its last write, with
 * views that are opened, released and dropped at random. Writes do, in the same
 * order, what the targets do; then each view must read as an image that was
 * taken at its close, and report what a history of all writes says.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "era-map.h"
#include "view-records.h"
#include "view.h"

#define BLOCKS		40
#define STEPS		60000
#define ERAS		2000	/* no era beyond */
#define NOTHING		U32_MAX

struct model_view {
	struct view *view;
	u32 image[BLOCKS];
	bool released[BLOCKS];
};

struct model {
	struct kunit *test;
	struct rnd_state rnd;
	struct era_map *map;
	struct view_set *set;
	u32 era;
	u32 writes;
	u32 content[BLOCKS];
	/* changes[e][b]: of block b in era e, a bit for each kind */
	u8 changes[ERAS][BLOCKS];
	struct hlist_head records;
	u32 copies[1 << 16];		/* by slot: what was copied */
	u32 nr_copies;
	struct model_view views[VIEWS_MAX];
};

static u32 model_random(struct model *m, u32 below)
{
	return prandom_u32_state(&m->rnd) % below;
}

static void model_copy(struct model *m, u32 block, u32 from)
{
	struct view_record *rec = kunit_kzalloc(m->test, sizeof(*rec),
						GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(m->test, rec);
	KUNIT_ASSERT_LT(m->test, m->nr_copies, ARRAY_SIZE(m->copies));
	rec->block = block;
	rec->from = from;
	rec->to = m->era - 1;
	rec->slot = m->nr_copies;
	m->copies[m->nr_copies++] = m->content[block];
	hlist_add_head(&rec->node, &m->records);
}

/* The stamp to come covers what is done; the kind may get stronger later. */
static void model_write(struct model *m, u32 block)
{
	enum era_kind kind = model_random(m, 3);
	u32 want = era_stamp(m->era, kind);
	u32 stamp = era_map_stamp(m->map, block);

	if (era_of(stamp) == m->era)
		KUNIT_ASSERT_FALSE(m->test, view_set_needs(m->set, block,
							   m->era, m->era));
	if (!era_stamp_covers(stamp, want)) {
		if (view_set_needs(m->set, block, era_of(stamp), m->era))
			model_copy(m, block, era_of(stamp));
		view_set_note_lost(m->set, block, era_of(stamp), m->era);
		KUNIT_ASSERT_TRUE(m->test, era_map_raise(m->map, block, stamp,
							 want));
	}
	m->content[block] = ++m->writes;
	m->changes[m->era][block] |= 1 << kind;
}

static void model_close(struct model *m)
{
	struct model_view *mv = &m->views[model_random(m, VIEWS_MAX)];
	struct view_set *set;

	if (!mv->view && model_random(m, 2)) {
		mv->view = view_create(m->era, model_random(m, m->era),
				       model_random(m, 2), BLOCKS, BLOCKS);
		KUNIT_ASSERT_NOT_NULL(m->test, mv->view);
		memcpy(mv->image, m->content, sizeof(mv->image));
		memset(mv->released, 0, sizeof(mv->released));
		view_opened(mv->view);
		set = view_set_with(m->set, mv->view);
		KUNIT_ASSERT_NOT_NULL(m->test, set);
		kfree(m->set);
		m->set = set;
	}
	m->era++;
}

static void model_drop(struct model *m, struct model_view *mv)
{
	struct view_set *set = view_set_without(m->set, mv->view);

	kfree(m->set);
	m->set = set;
	view_put(mv->view);
	mv->view = NULL;
}

/* How a block changed in the last era in which it did: a bit each, or 0. */
static u8 model_changed(const struct model *m, u32 block, u32 since, u32 upto)
{
	u32 era;

	for (era = upto; era > since; era--)
		if (m->changes[era][block])
			return m->changes[era][block];
	return 0;
}

static enum era_kind model_kind(u8 changes)
{
	if (changes & 1 << ERA_WRITTEN)
		return ERA_WRITTEN;
	return changes & 1 << ERA_SUSPECT ? ERA_SUSPECT : ERA_DISCARDED;
}

/* As braid-view finds it. */
static u32 model_read(const struct model *m, const struct view *view, u32 block)
{
	const struct view_record *rec = view_record_find(&m->records, block,
							 view->era);
	u32 from = rec ? rec->from : era_map_era(m->map, block);

	if (!view_keeps(view, block, from))
		return NOTHING;
	return rec ? m->copies[rec->slot] : m->content[block];
}

static void model_check_block(struct model *m, const struct model_view *mv,
			      u32 block)
{
	const struct view *view = mv->view;
	u8 changed = model_changed(m, block, view->since, view->era);
	bool kept = !mv->released[block] && (view->whole || changed);
	enum era_kind kind;

	KUNIT_ASSERT_EQ(m->test, model_read(m, view, block),
			kept ? mv->image[block] : NOTHING);
	KUNIT_ASSERT_EQ(m->test,
			era_map_changed(m->map, view->lost, block, view->since,
					view->era, &kind),
			!!changed);
	/* a stamp that is lost counts as written */
	if (changed && era_map_era(m->map, block) <= view->era)
		KUNIT_ASSERT_EQ(m->test, kind, model_kind(changed));
	else
		KUNIT_ASSERT_EQ(m->test, kind, ERA_WRITTEN);
}

static void model_check(struct model *m, const struct model_view *mv)
{
	u32 block;

	for (block = 0; block < BLOCKS; block++)
		model_check_block(m, mv, block);
}

static void model_view_step(struct model *m)
{
	struct model_view *mv = &m->views[model_random(m, VIEWS_MAX)];
	u32 block = model_random(m, BLOCKS);

	if (!mv->view)
		return;
	if (model_random(m, 4)) {
		view_release_block(mv->view, block);
		mv->released[block] = true;
	} else {
		model_drop(m, mv);
	}
}

static void model_step(struct model *m)
{
	u32 n = model_random(m, 100);
	u32 i;

	if (n < 2 && m->era < ERAS - 1)
		model_close(m);
	else if (n < 5)
		model_view_step(m);
	else
		model_write(m, model_random(m, BLOCKS));

	if (n == 99)
		for (i = 0; i < VIEWS_MAX; i++)
			if (m->views[i].view)
				model_check(m, &m->views[i]);
}

static void view_model(struct kunit *test)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	m->test = test;
	prandom_seed_state(&m->rnd, 20261121);
	m->era = 1;
	m->map = era_map_create(BLOCKS);
	KUNIT_ASSERT_NOT_NULL(test, m->map);

	for (i = 0; i < STEPS; i++)
		model_step(m);
	KUNIT_EXPECT_GT(test, m->nr_copies, 1000);

	for (i = 0; i < VIEWS_MAX; i++)
		if (m->views[i].view)
			model_drop(m, &m->views[i]);
	KUNIT_EXPECT_EQ(test, m->set->nr, 0);
	kfree(m->set);
	era_map_destroy(m->map);
}

static void view_states(struct kunit *test)
{
	struct view *view = view_create(3, 1, true, BLOCKS, BLOCKS);
	struct view_set *set;

	KUNIT_ASSERT_NOT_NULL(test, view);
	set = view_set_with(NULL, view);
	KUNIT_ASSERT_NOT_NULL(test, set);
	KUNIT_EXPECT_STREQ(test, view_state_name(view), "draining");
	KUNIT_EXPECT_TRUE(test, view_set_needs(set, 0, 3, 4));
	KUNIT_EXPECT_FALSE(test, view_set_needs(set, 0, 3, 3));
	KUNIT_EXPECT_FALSE(test, view_set_needs(set, BLOCKS, 3, 4));
	KUNIT_EXPECT_FALSE(test, view_set_settled(set, 4));
	KUNIT_EXPECT_TRUE(test, view_set_settled(set, 3));
	view_opened(view);
	KUNIT_EXPECT_STREQ(test, view_state_name(view), "open");
	KUNIT_EXPECT_TRUE(test, view_invalidate(view));
	KUNIT_EXPECT_FALSE(test, view_invalidate(view));
	KUNIT_EXPECT_STREQ(test, view_state_name(view), "invalid");
	KUNIT_EXPECT_FALSE(test, view_set_needs(set, 0, 3, 4));
	view_opened(view);
	KUNIT_EXPECT_STREQ(test, view_state_name(view), "invalid");
	KUNIT_EXPECT_PTR_EQ(test, view_set_find(set, 3), view);
	KUNIT_EXPECT_NULL(test, view_set_find(set, 4));
	kfree(set);
	view_put(view);
}

static void view_limit(struct kunit *test)
{
	struct view *view = view_create(1, 0, true, 1, 1);
	struct view_set *set = NULL, *more;
	u32 i;

	KUNIT_ASSERT_NOT_NULL(test, view);
	for (i = 0; i < VIEWS_MAX; i++) {
		more = view_set_with(set, view);
		KUNIT_ASSERT_NOT_NULL(test, more);
		kfree(set);
		set = more;
	}
	KUNIT_EXPECT_NULL(test, view_set_with(set, view));
	kfree(set);
	view_put(view);
}

static struct kunit_case view_cases[] = {
	KUNIT_CASE(view_states),
	KUNIT_CASE(view_limit),
	KUNIT_CASE(view_model),
	{}
};

static struct kunit_suite view_suite = {
	.name = "braid-view",
	.test_cases = view_cases,
};

kunit_test_suite(view_suite);
