// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 5: one piece of resync, recover, check or repair (raid-sync.h).
 *
 * A piece is worked on band by band. While we have the band, as a round would,
 * its cells are read and summed up in a round of our own:
 *
 *	recover		all but those of the member that is being rebuilt, whose
 *			cells are their sum; then raid5->filled passes over them
 *	replace		those of the member that is to be replaced; its twin gets them
 *	else		all; the parity is compared with the sum of the data, and
 *			rewritten where it differs, except by a check
 *
 * Cells that can't be read are mended as for everybody (raid5-mend.c), if there
 * is a redundancy to do it with; if not, the piece can't be done.
 *
 * Runs on the synchroniser's workqueue, and waits for rounds; nobody waits for
 * it but who wants the same band.
 */
#include "raid5.h"

static void have_moved(struct raid5_round *round)
{
	complete(&round->r5->sync->done);
}

static void move(struct raid5_round *round, raid5_cells_fn cells,
		 blk_opf_t opf)
{
	reinit_completion(&round->r5->sync->done);
	raid5_round_send(round, cells, opf, have_moved);
	wait_for_completion_io(&round->r5->sync->done);
}

/* Return: 0, -EAGAIN if a member was dropped, -EIO if cells can't be had. */
static int read_rows(struct raid5_round *round)
{
	struct raid5_row *row;
	int r;

	round->unread = false;
	move(round, raid5_cells_to_read, REQ_OP_READ);
	if (likely(!round->unread))
		return 0;
	r = raid5_mend(round);
	for (row = raid5_first_row(round); row && !r;
	     row = raid5_next_row(round, row)) {
		if (row->lost)
			r = -EIO;
	}
	return r;
}

static int write_rows(struct raid5_round *round, blk_opf_t flags)
{
	struct raid5 *r5 = round->r5;

	move(round, raid5_cells_to_write, REQ_OP_WRITE | flags);
	if (!round->failed)
		return 0;
	if (raid5_drop(r5, round->failed,
		       "a write failed while it was synchronised; the device is not used any more"))
		raid_members_torn(r5->raid);
	return -EIO;
}

/*
 * If the log has an entry for one of these rows, replaying it would bring back a
 * parity that doesn't know the data as it is. So what becomes the parity is
 * logged, as if all data were being written: then it is the sum of what is there.
 */
static int log_rows(struct raid5_round *round)
{
	struct raid5_row *row;
	unsigned int slot;

	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row)) {
		if (!row->plan.write)
			continue;
		row->plan.method = RAID5_REBUILD;
		row->whole = row->plan.data;
		for (slot = 0; slot < round->r5->layout.members; slot++)
			row->cell[slot].sectors =
				slot == round->parity ? 0 : RAID5_CELL_ALL;
	}
	reinit_completion(&round->r5->sync->done);
	raid5_log_write(round, have_moved);
	wait_for_completion_io(&round->r5->sync->done);
	if (!round->failed)
		return round->status ? -EIO : 0;
	raid5_drop(round->r5, round->failed,
		   "its partial parity log can't be written");
	return -EIO;
}

/* Return: 0 or -EIO; either way, others may have the round's places in the log. */
static int write_parity(struct raid5_round *round)
{
	int r;

	if (!round->r5->log)
		return write_rows(round, 0);
	r = log_rows(round);
	if (!r)
		r = write_rows(round, REQ_FUA);
	raid5_log_leave(round);
	return r;
}

/* What is wanted is the cell that is out; so all others are read. */
static void plan_rows(struct raid5_round *round, unsigned int out,
		      unsigned int wanted)
{
	struct raid5_row_facts facts = {
		.members = round->r5->layout.members,
		.parity = round->parity,
		.out = out,
	};
	struct raid5_row *row;

	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row)) {
		row->unread = 0;
		row->lost = 0;
		row->out = out;
		row->wanted = wanted;
		raid5_plan_read(&row->plan, &facts, wanted);
	}
}

static int recover(struct raid5_round *round)
{
	unsigned int filling = READ_ONCE(round->r5->filling);
	void *cell[RAID5_SLOTS_MAX];
	struct raid5_row *row;
	int r;

	if (round->out || hweight32(filling) != 1)
		return -EIO;
	plan_rows(round, filling, filling);
	r = read_rows(round);
	if (r)
		return -EIO;
	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row)) {
		raid5_row_cells(round, row, cell);
		raid5_plan_before(&row->plan, cell);
		row->plan.write = filling;
	}
	return write_rows(round, 0);
}

/* The cells of the member that is to be replaced, or what they should be. */
static int read_replaced(struct raid5_round *round)
{
	struct raid5 *r5 = round->r5;
	unsigned int slot = r5->raid->twin_of;
	unsigned long out;
	int r;

	do {
		round->out = raid5_out(r5);
		out = round->out | READ_ONCE(r5->filling);
		if (!raid5_is_replaced(r5, slot))
			return -EINTR;
		if (out & BIT(slot))
			return -EIO;
		plan_rows(round, out, BIT(slot));
		r = read_rows(round);
	} while (r == -EAGAIN);
	return r;
}

static int replace(struct raid5_round *round)
{
	struct raid5 *r5 = round->r5;
	struct raid5_row *row;
	int r;

	r = read_replaced(round);
	if (r)
		return r;
	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row))
		row->plan.write = BIT(r5->layout.members);
	r = write_rows(round, 0);
	return READ_ONCE(r5->twin) ? r : -EINTR;
}

/* Return: how many sectors of the parity aren't the sum of the data. */
static unsigned int compare_row(struct raid5_round *round,
				struct raid5_row *row)
{
	unsigned int sector, differ = 0;
	void *cell[RAID5_SLOTS_MAX + 1];
	u8 *sum, *parity;

	raid5_row_cells(round, row, cell);
	sum = page_address(round->r5->sync->sum);
	parity = cell[round->parity];
	cell[round->parity] = sum;
	raid5_sum(cell, round->parity, row->plan.data);
	if (likely(!memcmp(sum, parity, RAID5_CELL_BYTES)))
		return 0;
	for (sector = 0; sector < RAID5_CELL_SECTORS; sector++) {
		size_t at = sector << SECTOR_SHIFT;

		differ += !!memcmp(sum + at, parity + at, SECTOR_SIZE);
	}
	memcpy(parity, sum, RAID5_CELL_BYTES);
	return differ;
}

/* A parity that can't be read is the sum of the data, too, and mended so. */
static int compare(struct raid5_round *round, bool write, u64 *mismatches)
{
	bool differs = false;
	struct raid5_row *row;
	unsigned int differ;
	int r;

	if (round->out || READ_ONCE(round->r5->filling))
		return -EIO;
	plan_rows(round, 0, GENMASK(round->r5->layout.members - 1, 0));
	r = read_rows(round);
	if (r)
		return -EIO;
	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row)) {
		differ = compare_row(round, row);
		*mismatches += differ;
		if (!differ || !write)
			continue;
		row->plan.write = BIT(round->parity);
		differs = true;
	}
	return differs ? write_parity(round) : 0;
}

/* From the piece's begin on, as far as the band goes; returns its end there. */
static sector_t aim(struct raid5_round *round, sector_t begin, sector_t end)
{
	struct raid5 *r5 = round->r5;
	unsigned int offset = begin & (raid5_chunk(r5) - 1);
	unsigned int sectors = raid5_band_sectors(r5);

	round->stripe = begin >> r5->layout.chunk_shift;
	round->begin = offset & ~(sectors - 1);
	round->parity = raid5_layout_parity(&r5->layout, round->stripe);
	return min_t(sector_t, end, begin - offset + round->begin + sectors);
}

static void take_rows(struct raid5_round *round, sector_t begin, sector_t end)
{
	sector_t first = raid5_data_sector(round, 0);
	unsigned int at;

	for (at = (begin - first) / RAID5_CELL_SECTORS;
	     at < (end - first) / RAID5_CELL_SECTORS; at++)
		raid5_copy_row(round, at);
}

static int do_band(struct raid5 *r5, sector_t begin, sector_t end,
		   enum raid_sync_action action, u64 *mismatches)
{
	struct raid5_round *round = r5->sync->round;
	int r;

	raid5_band_hold(r5, round->stripe * r5->bands +
			    round->begin / raid5_band_sectors(r5));
	round->out = raid5_out(r5);
	round->failed = 0;
	round->status = BLK_STS_OK;
	take_rows(round, begin, end);
	if (action == RAID_SYNC_RECOVER)
		r = recover(round);
	else if (action == RAID_SYNC_REPLACE)
		r = replace(round);
	else
		r = compare(round, action != RAID_SYNC_CHECK, mismatches);
	raid5_release_rows(round);
	if (!r && action == RAID_SYNC_RECOVER)
		WRITE_ONCE(r5->filled, end);
	raid5_band_release(r5);
	return r;
}

/**
 * raid5_sync_piece() - as the level's sync_piece
 * @raid: the array
 * @piece: the piece
 * @action: what is to be done
 * @mismatches: sectors of parity that differed are added
 *
 * Return: 0, or -EIO if it can't be done.
 */
int raid5_sync_piece(struct raid *raid, const struct raid_piece *piece,
		     enum raid_sync_action action, u64 *mismatches)
{
	struct raid5 *r5 = raid->private;
	sector_t begin, end;
	int r = 0;

	for (begin = piece->begin; begin < piece->end && !r; begin = end) {
		end = aim(r5->sync->round, begin, piece->end);
		r = do_band(r5, begin, end, action, mismatches);
	}
	return r;
}

/**
 * raid5_sync_make() - make what synchronising works with
 * @r5: the array; its shape is set
 *
 * Sleeps. On failure, raid5_sync_free() undoes what was done.
 *
 * Return: 0 or -ENOMEM.
 */
int raid5_sync_make(struct raid5 *r5)
{
	unsigned int rows = RAID_PIECE_SECTORS / RAID5_CELL_SECTORS;

	r5->sync = kzalloc(sizeof(*r5->sync), GFP_KERNEL);
	if (!r5->sync)
		return -ENOMEM;
	init_completion(&r5->sync->turn);
	init_completion(&r5->sync->done);
	r5->sync->sum = alloc_page(GFP_KERNEL);
	r5->sync->round = raid5_pool_own(r5, min(rows, r5->band_rows));
	return r5->sync->sum && r5->sync->round ? 0 : -ENOMEM;
}

/**
 * raid5_sync_free() - undo raid5_sync_make()
 * @r5: the array
 */
void raid5_sync_free(struct raid5 *r5)
{
	if (!r5->sync)
		return;
	raid5_pool_disown(r5->sync->round);
	if (r5->sync->sum)
		__free_page(r5->sync->sum);
	kfree(r5->sync);
}
