// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 5: the partial parity log, written. What is in it, and why it closes the
 * write hole, is in raid5-ppl.h.
 *
 * Each member has a log for the rows whose parity it has. Rows that follow one
 * another, as many as an entry holds, have one place in it, by their number and
 * modulo the number of places: so there is never more than one entry for a row,
 * and it is that of its last write. An entry is overwritten only when its round
 * is over and all of it durable. Then nobody needs it: if it is torn, nothing of
 * the round that overwrites it has been written. If it stays, replaying it
 * changes nothing, as every later write to its rows would have taken its place.
 *
 * So every write of a row that has a parity is logged, also that of a whole row,
 * which needs no partial parity; and data and parity are written with FUA, for
 * members with volatile caches.
 *
 * Rounds that want the same place take turns, first come, first served. A round
 * takes its places one after the other in the order of their numbers, and waits
 * for each without being in anybody's way but that of who wants those that it
 * has: so there is always somebody who waits for none.
 *
 * Memory: all of it is made when the table is loaded.
 */
#include <linux/math64.h>
#include <linux/mm.h>

#include "raid-record.h"
#include "raid5.h"

/* How many entries a band has. */
static unsigned int entries(const struct raid5 *r5)
{
	return r5->band_rows / r5->log->rows;
}

/* The place of the first entry of the round's band. */
static unsigned int first_place(const struct raid5_round *round)
{
	const struct raid5_log *log = round->r5->log;
	unsigned int rows = round->r5->raid->chunk / RAID5_CELL_SECTORS;
	u64 turn = div_u64(round->stripe, round->r5->layout.members);
	u32 place;

	div_u64_rem(turn * (rows / log->rows) +
			    round->begin / RAID5_CELL_SECTORS / log->rows,
		    log->places, &place);
	return place;
}

static struct raid5_log_place *place_of(const struct raid5_round *round,
					unsigned int entry)
{
	struct raid5_log *log = round->r5->log;
	unsigned int place = first_place(round) + entry;

	if (place >= log->places)
		place -= log->places;
	return &log->place[round->parity * log->places + place];
}

/* The entry whose turn it is if they are taken in the order of their places. */
static unsigned int entry_of_turn(const struct raid5_round *round)
{
	unsigned int wrap = round->r5->log->places - first_place(round);
	unsigned int count = entries(round->r5);

	if (wrap >= count)
		return round->log_turn;
	return (round->log_turn + wrap) % count;
}

static bool has_parity(const struct raid5_row *row)
{
	return row && row->plan.write && row->plan.method != RAID5_NO_PARITY;
}

static bool is_needed(const struct raid5_round *round, unsigned int entry)
{
	unsigned int rows = round->r5->log->rows, i;

	for (i = entry * rows; i < (entry + 1) * rows; i++) {
		if (has_parity(round->row[i]))
			return true;
	}
	return false;
}

/* Writing. */

static void log_end_io(struct bio *bio)
{
	struct raid5_round *round = bio->bi_private;

	if (unlikely(bio->bi_status))
		set_bit(round->parity, &round->failed);
	raid5_round_put(round, false);
}

static void add_row(struct raid5_round *round, struct raid5_row *row,
		    struct raid5_log_place *place)
{
	sector_t sector =
		raid5_sector(round, row->at) - round->r5->raid->data_offset;
	unsigned int slot, members = round->r5->layout.members;
	u8 written[BRAID_PPL_SLOTS] = { 0 };
	void *cell[RAID5_SLOTS_MAX];
	void *partial;

	for (slot = 0; slot < members; slot++) {
		cell[slot] = raid5_cell_data(&row->cell[slot]);
		written[slot] = row->cell[slot].sectors;
	}
	if (row->whole == row->plan.data) {
		raid5_ppl_add(place->entry, sector, written, NULL);
		return;
	}
	partial = page_address(row->partial);
	raid5_ppl_partial(partial, cell, round->parity, written);
	raid5_ppl_add(place->entry, sector, written, partial);
	__bio_add_page(&place->bio, row->partial, BRAID_PPL_BYTES, 0);
}

static void write_entry(struct raid5_round *round, unsigned int entry)
{
	struct raid5_log_place *place = place_of(round, entry);
	struct raid5 *r5 = round->r5;
	struct raid *raid = r5->raid;
	struct raid5_ppl_place where = {
		.uuid = raid->uuid.b,
		.run = raid->ppl_run,
		.events = raid_record_events(raid),
		.slot = round->parity,
	};
	unsigned int number = (place - r5->log->place) % r5->log->places, i;

	where.sector = raid->ppl_offset +
		       number * raid5_ppl_entry_sectors(raid->chunk);
	bio_init(&place->bio, raid->member[round->parity]->bdev, place->vec,
		 ARRAY_SIZE(place->vec),
		 REQ_OP_WRITE | REQ_FUA | REQ_SYNC | REQ_META);
	place->bio.bi_iter.bi_sector = where.sector;
	place->bio.bi_private = round;
	place->bio.bi_end_io = log_end_io;
	__bio_add_page(&place->bio, virt_to_page(place->entry), BRAID_PPL_BYTES,
		       0);
	raid5_ppl_begin(place->entry, &where);
	for (i = 0; i < r5->log->rows; i++) {
		struct raid5_row *row = round->row[entry * r5->log->rows + i];

		if (has_parity(row))
			add_row(round, row, place);
	}
	raid5_ppl_seal(place->entry);
	atomic_inc(&round->pending);
	submit_bio_noacct(&place->bio);
}

/*
 * A round that was left half done, as the array had failed or nobody could record
 * what failed it, has given its places back. What they hold is needed when the
 * members come back.
 */
static bool keeps_entries(const struct raid5 *r5)
{
	return raid5_has_failed(r5) || READ_ONCE(r5->raid->torn);
}

static void write_entries(struct raid5_round *round)
{
	unsigned int entry;

	if (unlikely(keeps_entries(round->r5))) {
		round->status = BLK_STS_IOERR;
		round->logged(round);
		return;
	}
	raid5_round_hold(round, round->logged);
	for (entry = 0; entry < entries(round->r5); entry++) {
		if (is_needed(round, entry))
			write_entry(round, entry);
	}
	raid5_round_put(round, true);
}

/* Taking turns. */

/* Return: false if another has the place; then the round is going to be run. */
static bool take(struct raid5_round *round, struct raid5_log_place *place)
{
	struct raid5_log *log = round->r5->log;
	unsigned long flags;
	bool mine;

	spin_lock_irqsave(&log->lock, flags);
	mine = !place->owner || place->owner == round;
	if (mine)
		place->owner = round;
	else
		list_add_tail(&round->log_node, &place->waiting);
	spin_unlock_irqrestore(&log->lock, flags);
	return mine;
}

/* A round that isn't given a place must not be touched: it may be running. */
static void take_places(struct raid5_round *round)
{
	while (round->log_turn < entries(round->r5)) {
		unsigned int entry = entry_of_turn(round);

		if (is_needed(round, entry) &&
		    !take(round, place_of(round, entry)))
			return;
		round->log_turn++;
	}
	write_entries(round);
}

/**
 * raid5_log_write() - log what a round is about to write
 * @round: the round; data and parity are computed
 * @logged: what to do when that is durable, or round->status or round->failed
 *	says why it is not
 *
 * The round may be over, and another's, when this returns. Process context;
 * doesn't sleep for anything but the members' queues.
 */
void raid5_log_write(struct raid5_round *round,
		     void (*logged)(struct raid5_round *round))
{
	round->logs = true;
	round->log_turn = 0;
	round->logged = logged;
	round->next = take_places;
	take_places(round);
}

/**
 * raid5_log_leave() - a round is over, let others have its places
 * @round: the round; what it wrote is durable
 *
 * Any context.
 */
void raid5_log_leave(struct raid5_round *round)
{
	struct raid5_log *log = round->r5->log;
	struct raid5_log_place *place;
	struct raid5_round *next;
	unsigned long flags;
	unsigned int entry;

	if (!round->logs)
		return;
	spin_lock_irqsave(&log->lock, flags);
	for (entry = 0; entry < entries(round->r5); entry++) {
		place = place_of(round, entry);
		if (place->owner != round)
			continue;
		next = list_first_entry_or_null(&place->waiting,
						struct raid5_round, log_node);
		place->owner = next;
		if (!next)
			continue;
		list_del_init(&next->log_node);
		queue_work(round->r5->wq, &next->work);
	}
	spin_unlock_irqrestore(&log->lock, flags);
}

/* Making it. */

static bool fill_places(struct raid5_log *log, unsigned int members)
{
	unsigned int count = members * log->places, i;

	log->place = kvcalloc(count, sizeof(*log->place), GFP_KERNEL);
	if (!log->place)
		return false;
	for (i = 0; i < count; i++) {
		INIT_LIST_HEAD(&log->place[i].waiting);
		log->place[i].entry = (void *)get_zeroed_page(GFP_KERNEL);
		if (!log->place[i].entry)
			return false;
	}
	return true;
}

/**
 * raid5_log_make() - make what writing the log takes, if there is one
 * @r5: the array; its shape is set. A band may get smaller, as no band may have
 *	more entries than there are places
 *
 * Sleeps. On failure, raid5_log_free() undoes what was done.
 *
 * Return: 0 or -errno; ti->error is set for other reasons than -ENOMEM.
 */
int raid5_log_make(struct raid5 *r5)
{
	struct raid *raid = r5->raid;
	u64 places = raid->ppl_sectors;
	struct raid5_log *log;

	if (!raid->ppl)
		return 0;
	do_div(places, raid5_ppl_entry_sectors(raid->chunk));
	if (!places) {
		raid->ti->error =
			"the partial parity log is too small for a chunk";
		return -EINVAL;
	}
	places = min_t(u64, places, BRAID_PPL_PLACES);
	log = kzalloc(sizeof(*log), GFP_KERNEL);
	if (!log)
		return -ENOMEM;
	r5->log = log;
	spin_lock_init(&log->lock);
	log->rows = raid5_ppl_rows(raid->chunk);
	log->places = places;
	while (r5->band_rows > log->rows * log->places)
		r5->band_rows /= 2;
	return fill_places(log, raid->members) ? 0 : -ENOMEM;
}

/**
 * raid5_log_free() - undo raid5_log_make()
 * @r5: the array; no round is under way
 */
void raid5_log_free(struct raid5 *r5)
{
	struct raid5_log *log = r5->log;
	unsigned int i;

	if (!log)
		return;
	for (i = 0; log->place && i < r5->layout.members * log->places; i++)
		free_page((unsigned long)log->place[i].entry);
	kvfree(log->place);
	kfree(log);
}
