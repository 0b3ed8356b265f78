// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 5: who works on a band, and who waits for it.
 *
 * A band that somebody works on, or is about to, is in its bucket. It lives in
 * the memory of the bio that came first of those that its round is done for, so
 * it is there until the round ends its bios. If others wait by then, the band
 * moves to the memory of the first of them.
 *
 * A round takes reads or writes, not both: those of the kind of the bio that
 * waits the longest, so nobody waits for ever. Bios that are under way at the same
 * time have no order. Whoever synchronises the members holds a band in memory of
 * his own, and is served before bios: he is only one.
 */
#include <linux/hash.h>
#include <linux/math64.h>

#include "raid5.h"

static struct raid5_bucket *bucket_of(struct raid5 *r5, u64 number)
{
	return &r5->bucket[hash_64(number, RAID5_BUCKETS_SHIFT)];
}

static struct raid5_band *find(struct raid5_bucket *bucket, u64 number)
{
	struct raid5_band *band;

	hlist_for_each_entry(band, &bucket->bands, node) {
		if (band->number == number)
			return band;
	}
	return NULL;
}

static u64 number_of(const struct raid5 *r5, const struct bio *bio)
{
	struct raid5_place place;

	place = raid5_layout_place(&r5->layout, bio->bi_iter.bi_sector);
	return place.stripe * r5->bands +
	       place.offset / raid5_band_sectors(r5);
}

/*
 * How many rows the next round needs. Bios that would need more than a number
 * of rows are left for the round after it. Under the bucket's lock.
 */
static unsigned int choose(struct raid5_band *band, unsigned int most,
			   struct bio_list *chosen)
{
	DECLARE_BITMAP(rows, RAID5_BAND_ROWS_MAX) = {};
	DECLARE_BITMAP(with, RAID5_BAND_ROWS_MAX);
	struct bio_list others;
	unsigned int count = 0;
	struct bio *bio;
	enum req_op op;

	bio_list_init(&others);
	op = bio_op(bio_list_peek(&band->waiting));
	while ((bio = bio_list_pop(&band->waiting))) {
		bitmap_copy(with, rows, RAID5_BAND_ROWS_MAX);
		raid5_copy_rows(band->r5, bio, with);
		if (bio_op(bio) != op ||
		    bitmap_weight(with, RAID5_BAND_ROWS_MAX) > most) {
			bio_list_add(&others, bio);
			continue;
		}
		bitmap_copy(rows, with, RAID5_BAND_ROWS_MAX);
		count = bitmap_weight(rows, RAID5_BAND_ROWS_MAX);
		bio_list_add(chosen, bio);
	}
	band->waiting = others;
	return count;
}

static void assign(struct raid5_round *round, struct raid5_band *band,
		   const struct bio_list *bios)
{
	struct raid5 *r5 = band->r5;
	u32 turn;

	band->round = NULL;
	atomic_inc(&r5->plug.rounds);
	round->band = band;
	round->bios = *bios;
	round->stripe = div_u64_rem(band->number, r5->bands, &turn);
	round->begin = turn * raid5_band_sectors(r5);
	round->parity = raid5_layout_parity(&r5->layout, round->stripe);
}

/*
 * Begins the next round, if there is memory for it. If not, the band is in the
 * pool's queue, and may already be at work on another CPU when this returns.
 */
static void begin(struct raid5_band *band)
{
	struct raid5_bucket *bucket = bucket_of(band->r5, band->number);
	struct raid5_round *round = band->round;
	struct bio_list bios;
	unsigned long flags;
	unsigned int rows;

	bio_list_init(&bios);
	spin_lock_irqsave(&bucket->lock, flags);
	rows = choose(band, round ? round->rows_count : band->r5->band_rows,
		      &bios);
	if (!round)
		round = raid5_pool_take(band, rows);
	if (round)
		assign(round, band, &bios);
	else
		bio_list_merge_head(&band->waiting, &bios);
	spin_unlock_irqrestore(&bucket->lock, flags);
	if (round)
		raid5_round_run(round);
}

static void begin_work(struct work_struct *work)
{
	begin(container_of(work, struct raid5_band, work));
}

static struct raid5_band *open_band(struct raid5 *r5, struct bio *bio,
				    u64 number)
{
	struct raid5_band *band = &raid5_io_of(bio)->band;

	band->r5 = r5;
	band->number = number;
	band->round = NULL;
	bio_list_init(&band->waiting);
	band->sectors = 0;
	INIT_LIST_HEAD(&band->plugged);
	INIT_LIST_HEAD(&band->hungry);
	INIT_WORK(&band->work, begin_work);
	return band;
}

static unsigned int stripe_sectors(const struct raid5 *r5)
{
	return raid5_chunk(r5) * (r5->layout.members - 1);
}

static bool is_stripe(const struct raid5 *r5, const struct bio *bio)
{
	return r5->bands == 1 && bio_op(bio) == REQ_OP_WRITE &&
	       bio_sectors(bio) == stripe_sectors(r5);
}

/* May a band wait for more? Not for more than a stripe, nor on a reader's time. */
static bool may_wait(const struct raid5_band *band, const struct bio *bio)
{
	return bio_op(bio) == REQ_OP_WRITE && !(bio->bi_opf & REQ_FUA) &&
	       band->sectors < stripe_sectors(band->r5);
}

/* Is more to be expected behind the first that came? Under the bucket's lock. */
static bool waits(struct raid5_band *band, const struct bio *bio)
{
	const struct raid5 *r5 = band->r5;

	return r5->bands == 1 && may_wait(band, bio) &&
	       bio->bi_iter.bi_sector == band->number * stripe_sectors(r5) &&
	       raid5_plug_hold(band);
}

/**
 * raid5_band_join() - have a bio dealt with by a round
 * @r5: the array
 * @bio: the bio, in sectors of the target; within one band
 *
 * The bio may be complete, and gone, when this returns. Process context;
 * doesn't sleep for anything but the members' queues.
 */
void raid5_band_join(struct raid5 *r5, struct bio *bio)
{
	u64 number = number_of(r5, bio);
	struct raid5_bucket *bucket = bucket_of(r5, number);
	struct raid5_band *band, *mine = NULL;
	unsigned long flags;

	spin_lock_irqsave(&bucket->lock, flags);
	band = find(bucket, number);
	if (!band) {
		mine = open_band(r5, bio, number);
		band = mine;
		hlist_add_head(&band->node, &bucket->bands);
	}
	bio_list_add(&band->waiting, bio);
	band->sectors += bio_sectors(bio);
	if (mine && waits(mine, bio))
		mine = NULL;
	else if (!mine && !may_wait(band, bio))
		raid5_plug_pull(band);
	spin_unlock_irqrestore(&bucket->lock, flags);
	if (!mine)
		return;
	if (is_stripe(r5, bio))
		begin(mine);
	else
		queue_work(r5->wq, &mine->work);
}

/* All that follows under the bucket's lock. */

static void put_sync(struct raid5 *r5, struct raid5_bucket *bucket)
{
	struct raid5_sync *sync = r5->sync;

	sync->waits = false;
	sync->band.r5 = r5;
	sync->band.number = sync->wants;
	sync->band.round = NULL;
	bio_list_init(&sync->band.waiting);
	sync->band.sectors = 0;
	INIT_LIST_HEAD(&sync->band.plugged);
	hlist_add_head(&sync->band.node, &bucket->bands);
	complete(&sync->turn);
}

/* Before others that wait: they get the band when it is done with it. */
static bool pass_to_sync(struct raid5 *r5, struct raid5_bucket *bucket,
			 struct raid5_band *old)
{
	struct raid5_sync *sync = r5->sync;

	if (likely(!READ_ONCE(sync->waits)) || sync->wants != old->number)
		return false;
	put_sync(r5, bucket);
	sync->band.waiting = old->waiting;
	return true;
}

static void pass_to_waiting(struct raid5 *r5, struct raid5_bucket *bucket,
			    struct raid5_band *old)
{
	struct raid5_band *band;

	if (bio_list_empty(&old->waiting))
		return;
	band = open_band(r5, bio_list_peek(&old->waiting), old->number);
	band->waiting = old->waiting;
	hlist_add_head(&band->node, &bucket->bands);
	queue_work(r5->wq, &band->work);
}

/**
 * raid5_band_leave() - a round is done: the next one's turn, if there is one
 * @round: the round; its bios have not been ended yet
 *
 * Any context. Don't touch round->band after that.
 */
void raid5_band_leave(struct raid5_round *round)
{
	struct raid5_band *old = round->band;
	struct raid5 *r5 = round->r5;
	struct raid5_bucket *bucket = bucket_of(r5, old->number);
	unsigned long flags;

	spin_lock_irqsave(&bucket->lock, flags);
	hlist_del(&old->node);
	if (!pass_to_sync(r5, bucket, old))
		pass_to_waiting(r5, bucket, old);
	spin_unlock_irqrestore(&bucket->lock, flags);
	raid5_plug_ended(r5);
}

/**
 * raid5_band_hold() - have a band for synchronising
 * @r5: the array
 * @number: the band
 *
 * Whoever comes while it is held waits in it. Sleeps until the round that is at
 * work there is over. One at a time.
 */
void raid5_band_hold(struct raid5 *r5, u64 number)
{
	struct raid5_bucket *bucket = bucket_of(r5, number);
	struct raid5_sync *sync = r5->sync;

	reinit_completion(&sync->turn);
	spin_lock_irq(&bucket->lock);
	sync->wants = number;
	sync->waits = find(bucket, number);
	if (!sync->waits)
		put_sync(r5, bucket);
	spin_unlock_irq(&bucket->lock);
	wait_for_completion(&sync->turn);
}

/**
 * raid5_band_release() - let others have the band that was held
 * @r5: the array
 */
void raid5_band_release(struct raid5 *r5)
{
	struct raid5_band *band = &r5->sync->band;
	struct raid5_bucket *bucket = bucket_of(r5, band->number);

	spin_lock_irq(&bucket->lock);
	hlist_del(&band->node);
	pass_to_waiting(r5, bucket, band);
	spin_unlock_irq(&bucket->lock);
}

/**
 * raid5_band_init() - no band is worked on
 * @r5: the array
 */
void raid5_band_init(struct raid5 *r5)
{
	unsigned int i;

	for (i = 0; i < RAID5_BUCKETS; i++) {
		spin_lock_init(&r5->bucket[i].lock);
		INIT_HLIST_HEAD(&r5->bucket[i].bands);
	}
}
