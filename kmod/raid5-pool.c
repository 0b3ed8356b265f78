// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 5: the memory of rounds.
 *
 * A fixed number of rounds and rows, made when the table is loaded. Rows have
 * the pages, one for every member, whether they need them or not: so a row
 * whose cells can't be read can be mended without asking for more.
 *
 * The pool holds at least two bands' rows, and no band needs more than one's.
 * A band gets a round and all its rows at once. If there are not enough, or
 * another band waits already, it queues; whoever gives back serves the queue
 * from its head on, as far as it goes. Those at work give back without taking,
 * so the head is served in the end.
 */
#include <linux/slab.h>

#include "raid5.h"

/* Under pool->lock; there is a round, and as many rows. */
static struct raid5_round *grab(struct raid5_pool *pool, unsigned int rows)
{
	struct raid5_round *round;

	round = list_first_entry(&pool->rounds, struct raid5_round, node);
	list_del_init(&round->node);
	round->rows_count = rows;
	pool->rows_count -= rows;
	while (rows--)
		list_move(pool->rows.next, &round->rows_spare);
	return round;
}

static bool has(const struct raid5_pool *pool, unsigned int rows)
{
	return !list_empty(&pool->rounds) && pool->rows_count >= rows;
}

/**
 * raid5_pool_take() - get the memory for a round
 * @band: the band that it is for
 * @rows: how many rows it needs
 *
 * Return: a round, or NULL: then the band is queued, and its work is going to
 * run with band->round set. Don't touch the band after that.
 */
struct raid5_round *raid5_pool_take(struct raid5_band *band, unsigned int rows)
{
	struct raid5_pool *pool = &band->r5->pool;
	struct raid5_round *round = NULL;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	if (list_empty(&pool->hungry) && has(pool, rows)) {
		round = grab(pool, rows);
	} else {
		band->needs = rows;
		list_add_tail(&band->hungry, &pool->hungry);
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	return round;
}

/* Under pool->lock. A band is queued on the workqueue once, as it leaves. */
static void feed(struct raid5 *r5)
{
	struct raid5_pool *pool = &r5->pool;
	struct raid5_band *band;

	while (!list_empty(&pool->hungry)) {
		band = list_first_entry(&pool->hungry, struct raid5_band,
					hungry);
		if (!has(pool, band->needs))
			return;
		list_del_init(&band->hungry);
		band->round = grab(pool, band->needs);
		queue_work(r5->wq, &band->work);
	}
}

/**
 * raid5_pool_give() - give back the memory of a round
 * @round: the round; all its rows are spare
 *
 * Any context.
 */
void raid5_pool_give(struct raid5_round *round)
{
	struct raid5_pool *pool = &round->r5->pool;
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	list_splice_init(&round->rows_spare, &pool->rows);
	pool->rows_count += round->rows_count;
	list_add(&round->node, &pool->rounds);
	feed(round->r5);
	spin_unlock_irqrestore(&pool->lock, flags);
}

static struct raid5_round *make_round(struct raid5 *r5)
{
	size_t cells = r5->band_rows * raid_places(r5->raid);
	struct raid5_round *round;

	round = kzalloc(struct_size(round, row, r5->band_rows), GFP_KERNEL);
	if (!round)
		return NULL;
	round->vec = kvcalloc(cells, sizeof(*round->vec), GFP_KERNEL);
	if (!round->vec) {
		kfree(round);
		return NULL;
	}
	round->r5 = r5;
	INIT_LIST_HEAD(&round->rows_spare);
	raid5_round_init(round);
	return round;
}

static void free_round(struct raid5_round *round)
{
	kvfree(round->vec);
	kfree(round);
}

static void free_row(struct raid5_row *row, unsigned int places)
{
	unsigned int slot;

	for (slot = 0; row->cell && slot < places; slot++) {
		if (row->cell[slot].page)
			__free_page(row->cell[slot].page);
	}
	if (row->partial)
		__free_page(row->partial);
	kfree(row->cell);
	kfree(row);
}

static bool fill_row(struct raid5_row *row, const struct raid5 *r5, bool log)
{
	unsigned int slot, places = raid_places(r5->raid);

	if (log)
		row->partial = alloc_page(GFP_KERNEL);
	if (log && !row->partial)
		return false;
	row->cell = kcalloc(places, sizeof(*row->cell), GFP_KERNEL);
	if (!row->cell)
		return false;
	for (slot = 0; slot < places; slot++) {
		row->cell[slot].row = row;
		row->cell[slot].slot = slot;
		if (slot == r5->layout.members)
			break;
		row->cell[slot].page = alloc_page(GFP_KERNEL);
		if (!row->cell[slot].page)
			return false;
	}
	return true;
}

static struct raid5_row *make_row(const struct raid5 *r5, bool log)
{
	struct raid5_row *row = kzalloc(sizeof(*row), GFP_KERNEL);

	if (!row || fill_row(row, r5, log))
		return row;
	free_row(row, raid_places(r5->raid));
	return NULL;
}

/**
 * raid5_pool_disown() - free a round that isn't of the pool
 * @round: the round, or NULL; it has its rows to spare
 */
void raid5_pool_disown(struct raid5_round *round)
{
	struct raid5_row *row, *next;

	if (!round)
		return;
	list_for_each_entry_safe(row, next, &round->rows_spare, node)
		free_row(row, raid_places(round->r5->raid));
	free_round(round);
}

/**
 * raid5_pool_own() - make a round that isn't of the pool
 * @r5: the array; its shape is set
 * @rows: how many rows it has
 *
 * Sleeps.
 *
 * Return: the round, or NULL.
 */
struct raid5_round *raid5_pool_own(struct raid5 *r5, unsigned int rows)
{
	struct raid5_round *round = make_round(r5);
	struct raid5_row *row;

	if (!round)
		return NULL;
	round->rows_count = rows;
	while (rows--) {
		row = make_row(r5, false);
		if (!row) {
			raid5_pool_disown(round);
			return NULL;
		}
		list_add(&row->node, &round->rows_spare);
	}
	return round;
}

/**
 * raid5_pool_fill() - make the memory of rounds
 * @r5: the array; its shape is set
 *
 * Sleeps. On failure raid5_pool_empty() undoes what was done.
 *
 * Return: 0 or -ENOMEM.
 */
int raid5_pool_fill(struct raid5 *r5)
{
	unsigned int rows = max(RAID5_POOL_ROWS, 2 * r5->band_rows);
	struct raid5_pool *pool = &r5->pool;
	struct raid5_round *round;
	struct raid5_row *row;
	unsigned int i;

	for (i = 0; i < RAID5_POOL_ROUNDS; i++) {
		round = make_round(r5);
		if (!round)
			return -ENOMEM;
		list_add(&round->node, &pool->rounds);
	}
	while (pool->rows_count < rows) {
		row = make_row(r5, r5->log);
		if (!row)
			return -ENOMEM;
		list_add(&row->node, &pool->rows);
		pool->rows_count++;
	}
	return 0;
}

/**
 * raid5_pool_empty() - free the memory of rounds
 * @r5: the array; no round is under way
 */
void raid5_pool_empty(struct raid5 *r5)
{
	struct raid5_round *round, *next_round;
	struct raid5_row *row, *next_row;

	list_for_each_entry_safe(round, next_round, &r5->pool.rounds, node)
		free_round(round);
	list_for_each_entry_safe(row, next_row, &r5->pool.rows, node)
		free_row(row, raid_places(r5->raid));
}
