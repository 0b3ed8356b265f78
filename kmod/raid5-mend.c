// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 5: cells that could not be read.
 *
 * Here, with the right to the band, each is read again, by itself: perhaps the
 * bio failed because of another of its cells. If it still fails, it is the sum
 * of the others, written in place, and read back: a disk gives a bad sector a
 * new place when it is written. A member that can't do that is dropped.
 *
 * Everything goes on in the round's own pages; when it is done, the cells that
 * the plan wanted have been read, and the round goes on as if nothing had been.
 *
 * Runs on r5->wq and sleeps for the members, row after row: it is slow, and
 * only who waits for the band waits for it. A crash leaves the cell as it was,
 * or mended.
 */
#include "raid5.h"

#define DM_MSG_PREFIX "braid-raid"

static bool transfer(struct raid5_round *round, struct raid5_row *row,
		     unsigned int slot, blk_opf_t opf)
{
	return !raid_member_io(round->r5->raid, slot,
			       raid5_sector(round, row->at),
			       row->cell[slot].page, RAID5_CELL_BYTES, opf);
}

/* The cells that can't be read, of those that could not. */
static unsigned int read_again(struct raid5_round *round,
			       struct raid5_row *row)
{
	unsigned int bad = 0, slot;

	for_each_set_bit(slot, &row->unread, RAID5_SLOTS_MAX) {
		if (!transfer(round, row, slot, REQ_OP_READ))
			bad |= BIT(slot);
	}
	return bad;
}

/* Reads the rest of the row; says which cells that could not be done with. */
static unsigned int read_rest(struct raid5_round *round, struct raid5_row *row,
			      unsigned int rest)
{
	unsigned long cells = rest & ~row->plan.read;
	unsigned int bad = 0, slot;

	for_each_set_bit(slot, &cells, RAID5_SLOTS_MAX) {
		if (!transfer(round, row, slot, REQ_OP_READ))
			bad |= BIT(slot);
	}
	return bad;
}

static void give_up(struct raid5_round *round, struct raid5_row *row,
		    unsigned int bad)
{
	struct raid *raid = round->r5->raid;
	unsigned int slot = __ffs(bad);

	DMERR_LIMIT("%s: sector %llu can't be read from slot %u (%s), nor computed",
		    dm_table_device_name(raid->ti->table),
		    (unsigned long long)raid5_sector(round, row->at), slot,
		    raid->member[slot]->name);
	row->lost = row->written ? ~0U : bad | (row->wanted & row->out);
}

static bool rewrite(struct raid5_round *round, struct raid5_row *row,
		    unsigned int slot)
{
	struct raid *raid = round->r5->raid;

	if (!braid_table_writable(raid->ti->table))
		return true;
	if (!transfer(round, row, slot, REQ_OP_WRITE | REQ_FUA) ||
	    !transfer(round, row, slot, REQ_OP_READ))
		return false;
	DMINFO("%s: sector %llu of slot %u (%s) could not be read and was rewritten",
	       dm_table_device_name(raid->ti->table),
	       (unsigned long long)raid5_sector(round, row->at), slot,
	       raid->member[slot]->name);
	return true;
}

/*
 * With one cell that can't be read. A member that could not be dropped stays, and
 * the cell is good in memory; so does one that is going to be replaced anyway.
 * Return: -EAGAIN if the member is dropped.
 */
static int mend_cell(struct raid5_round *round, struct raid5_row *row,
		     unsigned int slot)
{
	unsigned int rest = (row->plan.data | BIT(round->parity)) & ~BIT(slot);
	void *cell[RAID5_SLOTS_MAX];
	unsigned int bad;

	bad = read_rest(round, row, rest);
	if (bad) {
		give_up(round, row, bad | BIT(slot));
		return 0;
	}
	raid5_row_cells(round, row, cell);
	raid5_sum(cell, slot, rest);
	if (rewrite(round, row, slot) || raid5_is_replaced(round->r5, slot))
		return 0;
	if (raid5_drop(round->r5, BIT(slot),
		       "a read failed, and rewriting too; the device is not used any more"))
		return 0;
	return -EAGAIN;
}

/*
 * Where redundancy may be wrong it says nothing of a cell that can't be read. What
 * lost rows hold is of no use: nothing of them is written.
 */
static int mend_row(struct raid5_round *round, struct raid5_row *row)
{
	unsigned int bad = read_again(round, row);
	int r = 0;

	if (!bad)
		return 0;
	if (row->out || hweight32(bad) > 1 || raid5_is_unsure(round, row))
		give_up(round, row, bad);
	else
		r = mend_cell(round, row, __ffs(bad));
	if (row->lost)
		row->plan.write = 0;
	return r;
}

static void drop_gone(struct raid5_round *round)
{
	unsigned long unread = 0, gone = 0;
	struct raid5_row *row;
	unsigned int i;

	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row))
		unread |= row->unread;
	for_each_set_bit(i, &unread, RAID5_SLOTS_MAX) {
		if (raid_member_gone(round->r5->raid, i))
			gone |= BIT(i);
	}
	if (gone)
		raid5_drop(round->r5, gone, "the device is gone");
}

/**
 * raid5_mend() - get at what could not be read
 * @round: the round; some of its rows have cells that are unread
 *
 * Afterwards every row's cells are what its plan wants them to be, or the row
 * says what is lost.
 *
 * Return: 0, or -EAGAIN if other members are out than when the round was
 * planned: plan and read it again.
 */
int raid5_mend(struct raid5_round *round)
{
	struct raid5_row *row;
	int r;

	drop_gone(round);
	for (row = raid5_first_row(round); row;
	     row = raid5_next_row(round, row)) {
		if (!row->unread)
			continue;
		if (raid5_out(round->r5) != round->out)
			return -EAGAIN;
		r = mend_row(round, row);
		if (r)
			return r;
	}
	return raid5_out(round->r5) == round->out ? 0 : -EAGAIN;
}
