// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 5: the partial parity log, made use of when an array is started that was
 * not stopped. For each row that was being written, as far as the log of the
 * member with its parity tells, the parity is computed anew from the partial
 * parity and from what is now in the cells that were being written. Then the row
 * is right, or as right as it can be with a member missing (raid5-ppl.h).
 *
 * Entries are found at the places where the array puts them, and count if they
 * say that they are of the run that was not stopped (raid5_ppl_good()). An entry
 * that is torn belongs to a round that had not begun to write.
 *
 * Runs before any I/O, in process context, and sleeps, a cell at a time.
 *
 * Crash: parity is written with FUA. Whatever has been written when it comes,
 * doing it again leads to the same.
 */
#include <linux/mm.h>

#include "raid-record.h"
#include "raid5.h"

#define DM_MSG_PREFIX "braid-raid"

/**
 * struct replay - a log that is gone through
 * @r5: the array
 * @missing: members that can't be used, for no row
 * @slot: the member whose log it is
 * @at: the sector of the entry that is looked at
 * @row: a row of the pool, whose pages are used
 * @partial: room for a partial parity
 * @entry: room for a header
 * @rows: how many rows were seen to
 * @changed: how many of them had another parity
 * @unknown: what could not be read
 */
struct replay {
	struct raid5 *r5;
	unsigned long missing;
	unsigned int slot;
	sector_t at;
	struct raid5_row *row;
	struct page *partial;
	struct braid_ppl *entry;
	unsigned int rows;
	unsigned int changed;
	unsigned int unknown;
};

static int move(struct replay *replay, unsigned int slot, sector_t sector,
		struct page *page, blk_opf_t opf)
{
	struct raid *raid = replay->r5->raid;
	int r;

	r = raid_member_io(raid, slot, sector, page, RAID5_CELL_BYTES, opf);
	if (r)
		DMERR("%s: sector %llu of slot %u (%s) can't be %s: %d",
		      dm_table_device_name(raid->ti->table),
		      (unsigned long long)sector, slot,
		      raid->member[slot]->name,
		      op_is_write(opf) ? "written" : "read", r);
	return r;
}

/* A member that is being rebuilt has nothing behind the place it has come to. */
static unsigned int missing_at(const struct replay *replay, sector_t sector)
{
	const struct raid *raid = replay->r5->raid;
	unsigned int slot, missing = replay->missing;

	for_each_set_bit(slot, raid->rebuilding, raid->members) {
		if (sector + RAID5_CELL_SECTORS > raid->recovered[slot])
			missing |= BIT(slot);
	}
	return missing;
}

/* The cells that were being written, and the parity. */
static int read_cells(struct replay *replay, const struct braid_ppl_row *row,
		      unsigned int missing)
{
	sector_t sector =
		replay->r5->raid->data_offset + le64_to_cpu(row->sector);
	unsigned int slot;
	int r;

	for (slot = 0; slot < replay->r5->layout.members; slot++) {
		if (slot != replay->slot &&
		    (!row->written[slot] || missing & BIT(slot)))
			continue;
		r = move(replay, slot, sector, replay->row->cell[slot].page,
			 REQ_OP_READ);
		if (r)
			return r;
	}
	return 0;
}

static int write_parity(struct replay *replay, const struct braid_ppl_row *row)
{
	return move(replay, replay->slot,
		    replay->r5->raid->data_offset + le64_to_cpu(row->sector),
		    replay->row->cell[replay->slot].page,
		    REQ_OP_WRITE | REQ_FUA);
}

/* Return: -errno if parity could not be written: the member is of no use. */
static int replay_row(struct replay *replay, const struct braid_ppl_row *row)
{
	void *partial = row->block ? page_address(replay->partial) : NULL;
	void *cell[RAID5_SLOTS_MAX] = { NULL };
	unsigned int missing = missing_at(replay, le64_to_cpu(row->sector));
	unsigned int slot;

	if (missing & BIT(replay->slot))
		return 0;
	if (partial && move(replay, replay->slot,
			    replay->at + row->block * RAID5_CELL_SECTORS,
			    replay->partial, REQ_OP_READ)) {
		replay->unknown++;
		return 0;
	}
	if (partial && !raid5_ppl_whole(row, partial))
		return 0;
	if (read_cells(replay, row, missing)) {
		replay->unknown++;
		return 0;
	}
	for (slot = 0; slot < replay->r5->layout.members; slot++)
		cell[slot] = raid5_cell_data(&replay->row->cell[slot]);
	replay->rows++;
	if (!raid5_ppl_apply(row, missing, cell, replay->slot, partial))
		return 0;
	replay->changed++;
	return write_parity(replay, row);
}

static int replay_entry(struct replay *replay)
{
	struct raid5 *r5 = replay->r5;
	struct raid *raid = r5->raid;
	struct raid5_ppl_shape shape = {
		.layout = r5->layout,
		.member_sectors = raid->member_sectors,
	};
	struct raid5_ppl_place place = {
		.uuid = raid->uuid.b,
		.run = raid->ppl_run,
		.events = raid_record_since(raid, replay->slot),
		.slot = replay->slot,
		.sector = replay->at,
	};
	unsigned int i;
	int r = 0;

	if (move(replay, replay->slot, replay->at, virt_to_page(replay->entry),
		 REQ_OP_READ)) {
		replay->unknown++;
		return 0;
	}
	if (!raid5_ppl_good(replay->entry, &place, &shape))
		return 0;
	for (i = 0; i < le16_to_cpu(replay->entry->rows) && !r; i++)
		r = replay_row(replay, &replay->entry->row[i]);
	return r;
}

static int replay_log(struct replay *replay)
{
	struct raid *raid = replay->r5->raid;
	unsigned int step = raid5_ppl_entry_sectors(raid->chunk);
	sector_t sectors = min_t(sector_t, raid->ppl_sectors,
				 BRAID_PPL_PLACES * step);
	sector_t end = raid->ppl_offset + sectors;
	int r = 0;

	for (replay->at = raid->ppl_offset; replay->at + step <= end && !r;
	     replay->at += step)
		r = replay_entry(replay);
	return r;
}

static int replay_logs(struct replay *replay)
{
	int r = 0;

	for (replay->slot = 0; replay->slot < replay->r5->layout.members && !r;
	     replay->slot++) {
		if (!(replay->missing & BIT(replay->slot)))
			r = replay_log(replay);
	}
	return r;
}

/**
 * raid5_replay() - put right what a crash has left of writes
 * @raid: the array; the caller holds raid->change, and there is no I/O
 * @lost: members that must not be used, beside those that are known
 *
 * Return: 0, 1 if not all could be read, or -errno, after a message, if parity
 * could not be written.
 */
int raid5_replay(struct raid *raid, const unsigned long *lost)
{
	struct raid5 *r5 = raid->private;
	struct replay replay = {
		.r5 = r5,
		.missing = r5->out | lost[0],
		.row = list_first_entry(&r5->pool.rows, struct raid5_row, node),
	};
	int r = -ENOMEM;

	replay.partial = alloc_page(GFP_NOIO);
	replay.entry = (void *)__get_free_page(GFP_NOIO);
	if (replay.partial && replay.entry)
		r = replay_logs(&replay);
	free_page((unsigned long)replay.entry);
	if (replay.partial)
		__free_page(replay.partial);
	if (r) {
		DMERR("%s: the partial parity log can't be replayed: %d",
		      dm_table_device_name(raid->ti->table), r);
		return r;
	}
	DMINFO("%s: it was not stopped: %u rows replayed, %u of them changed, %u not read",
	       dm_table_device_name(raid->ti->table), replay.rows,
	       replay.changed, replay.unknown);
	return replay.unknown ? 1 : 0;
}
