// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 5: a round, a turn of work on a band.
 *
 *	mark -> plan -> read -> (mend) -> compute -> log -> write -> (drop members) -> finish
 *
 * Each step ends by sending bios to members and naming the next one, which runs
 * once all of them are done: at once in the context of whoever sent them if they
 * were done by then, else on r5->wq. Steps run one after another, so the round
 * needs no lock: only what the members' completions touch is atomic.
 *
 * If members change in the middle, the plans of the round stay as they are: a
 * member that was dropped since still had all of this band when the round was
 * planned, as nobody else writes to it; and what is written to it does no harm.
 */
#include "raid5.h"

#define DM_MSG_PREFIX "braid-raid"

static void begin(struct raid5_round *round);

/**
 * raid5_cells_to_read() - which cells of a row its plan wants to be read
 * @row: the row
 *
 * Return: a set of slots.
 */
unsigned int raid5_cells_to_read(const struct raid5_row *row)
{
	return row->plan.read;
}

/**
 * raid5_cells_to_write() - which cells of a row its plan wants to be written
 * @row: the row
 *
 * Return: a set of slots.
 */
unsigned int raid5_cells_to_write(const struct raid5_row *row)
{
	return row->plan.write;
}

/* The end of a round. */

static bool any_lost(struct raid5_round *round)
{
	struct raid5_row *row;

	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row)) {
		if (row->lost)
			return true;
	}
	return false;
}

static void set_status(struct raid5_round *round)
{
	bool lost = !round->status && any_lost(round);
	struct bio *bio;

	bio_list_for_each(bio, &round->bios) {
		bio->bi_status = round->status;
		if (unlikely(lost) && raid5_copy_hopeless(round, bio))
			bio->bi_status = BLK_STS_IOERR;
	}
}

/**
 * raid5_release_rows() - the round's rows are spare again
 * @round: the round
 */
void raid5_release_rows(struct raid5_round *round)
{
	unsigned int i;

	for (i = 0; i < round->r5->band_rows; i++) {
		if (!round->row[i])
			continue;
		raid5_copy_return(round, round->row[i]);
		list_add(&round->row[i]->node, &round->rows_spare);
		round->row[i] = NULL;
	}
}

/* Once the last bio has ended, the array may go: so they end last. */
static void finish(struct raid5_round *round)
{
	struct bio_list bios = round->bios;
	struct bio *bio;

	set_status(round);
	bio_list_for_each(bio, &bios) {
		if (bio_op(bio) == REQ_OP_READ && !bio->bi_status)
			raid5_copy_out(round, bio);
	}
	raid5_release_rows(round);
	raid5_log_leave(round);
	if (round->marked)
		raid_log_end(round->r5->raid, &round->mark);
	raid5_band_leave(round);
	raid5_pool_give(round);
	while ((bio = bio_list_pop(&bios)))
		bio_endio(bio);
}

/* Bios to members. */

static void wrote(struct raid5_round *round);

/**
 * raid5_round_hold() - bios to members are going to be sent
 * @round: the round
 * @next: the step that is taken when all of them have ended
 */
void raid5_round_hold(struct raid5_round *round,
		      void (*next)(struct raid5_round *round))
{
	round->next = next;
	atomic_set(&round->pending, 1);
}

/**
 * raid5_round_put() - a bio to a member has ended, or all have been sent
 * @round: the round
 * @may_run: the next step can be taken here
 *
 * A member that failed is dropped on the workqueue only: who sends may be in
 * raid5_map(), where bios to members, also those that record it, don't run. The
 * round may be over, and another's, when this returns. Any context.
 */
void raid5_round_put(struct raid5_round *round, bool may_run)
{
	if (!atomic_dec_and_test(&round->pending))
		return;
	if (round->next == wrote && !round->failed)
		finish(round);
	else if (may_run && !round->failed)
		round->next(round);
	else
		queue_work(round->r5->wq, &round->work);
}

static void run_next(struct work_struct *work)
{
	struct raid5_round *round = container_of(work, struct raid5_round,
						 work);

	round->next(round);
}

static void cells_end_io(struct bio *bio)
{
	struct raid5_cell *cell = container_of(bio, struct raid5_cell, bio);
	struct raid5_round *round = bio->bi_private;
	unsigned int at = cell->row->at, i;

	if (unlikely(bio->bi_status)) {
		if (bio_op(bio) == REQ_OP_WRITE) {
			set_bit(cell->slot, &round->failed);
		} else {
			for (i = 0; i < bio->bi_vcnt; i++)
				set_bit(cell->slot,
					&round->row[at + i]->unread);
			WRITE_ONCE(round->unread, true);
		}
	}
	raid5_round_put(round, false);
}

static void send_run(struct raid5_round *round, unsigned int slot,
		     unsigned int at, unsigned int count, blk_opf_t opf)
{
	struct raid5 *r5 = round->r5;
	unsigned int source = raid5_source(r5, slot);
	struct bio *bio = &round->row[at]->cell[slot].bio;
	unsigned int i;

	bio_init(bio, r5->raid->member[slot]->bdev,
		 round->vec + slot * r5->band_rows + at, count, opf);
	bio->bi_iter.bi_sector = raid5_sector(round, at);
	bio->bi_private = round;
	bio->bi_end_io = cells_end_io;
	for (i = at; i < at + count; i++)
		__bio_add_page(bio, round->row[i]->cell[source].page,
			       RAID5_CELL_BYTES, 0);
	atomic_inc(&round->pending);
	submit_bio_noacct(bio);
}

static bool has_cell(const struct raid5_round *round, unsigned int slot,
		     unsigned int at, raid5_cells_fn cells)
{
	const struct raid5_row *row;

	if (at >= round->r5->band_rows)
		return false;
	row = round->row[at];
	return row &&
	       cells(row) & (BIT(slot) | BIT(raid5_source(round->r5, slot)));
}

/* Cells of a member that follow one another are one bio. */
static void send_slot(struct raid5_round *round, unsigned int slot,
		      raid5_cells_fn cells, blk_opf_t opf)
{
	unsigned int at, count;

	for (at = 0; at < round->r5->band_rows; at += count + 1) {
		count = 0;
		while (has_cell(round, slot, at + count, cells))
			count++;
		if (count)
			send_run(round, slot, at, count, opf);
	}
}

/**
 * raid5_round_send() - send bios to members
 * @round: the round
 * @cells: which cells of each row are moved
 * @opf: the operation, with its flags
 * @next: the step that is taken when all of them have ended
 *
 * The round may be over, and another's, when this returns.
 */
void raid5_round_send(struct raid5_round *round, raid5_cells_fn cells,
		      blk_opf_t opf, void (*next)(struct raid5_round *round))
{
	struct blk_plug plug;
	unsigned int slot;

	raid5_round_hold(round, next);
	blk_start_plug(&plug);
	for (slot = 0; slot < round->r5->layout.members; slot++)
		send_slot(round, slot, cells, opf);
	if (op_is_write(opf) && READ_ONCE(round->r5->twin))
		send_slot(round, slot, cells, opf);
	blk_finish_plug(&plug);
	raid5_round_put(round, true);
}

/* The steps. */

static bool is_write(struct raid5_round *round)
{
	return bio_op(bio_list_peek(&round->bios)) == REQ_OP_WRITE;
}

/*
 * A member that failed a write has old data, in some of its cells. It is out
 * before any bio ends, so nobody reads them, and the others have recorded that;
 * what they should hold is the sum of the others, which have all been written,
 * unless another member is out, too. If the others could not record it, it stays in
 * use, and the sums of the round's rows are wrong.
 */
static void wrote(struct raid5_round *round)
{
	struct raid5 *r5 = round->r5;
	int r;

	r = raid5_drop(r5, round->failed,
		       "a write failed; the device is not used any more");
	if (r)
		raid_members_torn(r5->raid);
	if (r || raid5_has_failed(r5))
		round->status = BLK_STS_IOERR;
	finish(round);
}

/*
 * FUA of one write is FUA of all that it shares the round, and parity, with. With
 * the log everything is: its entry may be overwritten when the round is over,
 * and the next one for the row builds on what this one wrote.
 */
static blk_opf_t write_flags(const struct raid5_round *round)
{
	blk_opf_t opf = REQ_OP_WRITE | (round->r5->log ? REQ_FUA : 0);
	struct bio *bio;

	bio_list_for_each(bio, &round->bios)
		opf |= bio->bi_opf & (REQ_FUA | REQ_SYNC);
	return opf;
}

static void compute(struct raid5_round *round,
		    void (*fn)(const struct raid5_plan *plan, void **cell))
{
	void *cell[RAID5_SLOTS_MAX];
	struct raid5_row *row;

	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row)) {
		raid5_row_cells(round, row, cell);
		fn(&row->plan, cell);
	}
}

static void send_writes(struct raid5_round *round)
{
	raid5_round_send(round, raid5_cells_to_write, write_flags(round), wrote);
}

/*
 * What the round is about to write is in the log. A member that failed to log is
 * out, then the rows have no parity any more and other plans. Nothing has been
 * written to them. Process context.
 */
static void logged(struct raid5_round *round)
{
	if (unlikely(round->status)) {
		finish(round);
	} else if (likely(!round->failed)) {
		send_writes(round);
	} else if (raid5_drop(round->r5, round->failed,
			      "its partial parity log can't be written") ||
		   raid5_has_failed(round->r5)) {
		round->status = BLK_STS_IOERR;
		finish(round);
	} else {
		round->failed = 0;
		begin(round);
	}
}

static void compute_and_write(struct raid5_round *round)
{
	struct bio *bio;

	compute(round, raid5_plan_before);
	if (!is_write(round)) {
		finish(round);
		return;
	}
	bio_list_for_each(bio, &round->bios)
		raid5_copy_in(round, bio);
	compute(round, raid5_plan_after);
	if (round->r5->log)
		raid5_log_write(round, logged);
	else
		send_writes(round);
}

/* If a member is dropped while cells are mended, all plans are out of date. */
static void have_read(struct raid5_round *round)
{
	if (unlikely(round->unread) && raid5_mend(round))
		begin(round);
	else
		compute_and_write(round);
}

static void plan_row(struct raid5_round *round, struct raid5_row *row)
{
	struct raid5_row_facts facts = {
		.members = round->r5->layout.members,
		.parity = round->parity,
		.written = row->written,
		.whole = row->whole,
	};

	row->out = round->out |
		   raid5_out_at(round->r5,
				raid5_data_sector(round, row->at + 1));
	facts.out = row->out;
	facts.unsure = raid5_is_unsure(round, row);
	row->unread = 0;
	row->lost = 0;
	raid5_copy_return(round, row);
	if (row->written) {
		raid5_plan_write(&row->plan, &facts);
		return;
	}
	if (hweight_long(row->out) > 1)
		row->lost = row->wanted & row->out;
	raid5_plan_read(&row->plan, &facts, row->wanted & ~row->lost);
}

static bool reads_any(struct raid5_round *round)
{
	struct raid5_row *row;

	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row)) {
		if (row->plan.read)
			return true;
	}
	return false;
}

/* Once two members are out, even if one is in part, nothing is written any more. */
static void begin(struct raid5_round *round)
{
	struct raid5_row *row;

	round->out = raid5_out(round->r5);
	round->unread = false;
	if (is_write(round) && raid5_has_failed(round->r5)) {
		round->status = BLK_STS_IOERR;
		finish(round);
		return;
	}
	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row))
		plan_row(round, row);
	if (reads_any(round))
		raid5_round_send(round, raid5_cells_to_read, REQ_OP_READ, have_read);
	else
		compute_and_write(round);
}

/* Its rows are marked in the log, or can't be. The log's context: be quick. */
static void marked(struct raid_log_entry *entry, blk_status_t status)
{
	struct raid5_round *round =
		container_of(entry, struct raid5_round, mark);

	round->marked = !status;
	round->status = status;
	round->next = status ? finish : begin;
	queue_work(round->r5->wq, &round->work);
}

/* Return: whether the rows may be written; else they will be, once marked. */
static bool mark(struct raid5_round *round)
{
	unsigned int last = round->r5->band_rows - 1;
	sector_t begin, end;

	if (!is_write(round))
		return true;
	while (!round->row[last])
		last--;
	round->mark.ready = marked;
	begin = raid5_data_sector(round, raid5_first_row(round)->at);
	end = raid5_data_sector(round, last + 1);
	/* if not, the round isn't ours any more */
	if (!raid_log_begin(round->r5->raid, &round->mark, begin, end))
		return false;
	round->marked = true;
	return true;
}

/**
 * raid5_round_run() - do the work of a round
 * @round: the round; its band and its bios are set
 *
 * The round, and the bios, may be gone when this returns. Process context.
 */
void raid5_round_run(struct raid5_round *round)
{
	struct bio *bio;

	round->status = BLK_STS_OK;
	round->failed = 0;
	round->marked = false;
	round->logs = false;
	bio_list_for_each(bio, &round->bios)
		raid5_copy_mark(round, bio);
	if (mark(round))
		begin(round);
}

/**
 * raid5_round_init() - prepare a round for its first use
 * @round: the round
 */
void raid5_round_init(struct raid5_round *round)
{
	INIT_WORK(&round->work, run_next);
	INIT_LIST_HEAD(&round->log_node);
}
