// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 1: mending what could not be read from a leg.
 *
 * The read itself was served from another leg long ago. Here each page-sized
 * piece of the range is read again; if it still fails, it is read from another
 * leg, written in place, and read back: a disk gives a bad sector a new place
 * when it is written. A leg that can't do that is dropped, unless no other leg
 * has the data.
 *
 * The data passes through a page of our own, never through the reader's: the
 * reader may change his at any time, and what he may read he may not be allowed
 * to write. The gate keeps writes out of the piece meanwhile.
 *
 * Runs on r1->repair_wq, one work item, so there is one user of the page.
 * Sleeps. A crash leaves the leg as unreadable as it was, or mended.
 */
#include "raid1.h"

#define DM_MSG_PREFIX "braid-raid"

#define PIECE_SECTORS	(PAGE_SIZE >> SECTOR_SHIFT)

/**
 * raid1_note() - note a range to be mended
 * @r1: the mirror
 * @note: the range
 *
 * Any context. Forgets the range if there are too many already.
 */
void raid1_note(struct raid1 *r1, const struct raid1_note *note)
{
	unsigned long flags;
	unsigned int at;

	spin_lock_irqsave(&r1->lock, flags);
	if (r1->notes_count < RAID1_NOTES_MAX) {
		at = (r1->notes_first + r1->notes_count++) % RAID1_NOTES_MAX;
		r1->notes[at] = *note;
	}
	spin_unlock_irqrestore(&r1->lock, flags);
	queue_work(r1->repair_wq, &r1->repair);
}

static bool next_note(struct raid1 *r1, struct raid1_note *note)
{
	bool any;

	spin_lock_irq(&r1->lock);
	any = r1->notes_count && !r1->quiet;
	if (any) {
		*note = r1->notes[r1->notes_first];
		r1->notes_first = (r1->notes_first + 1) % RAID1_NOTES_MAX;
		r1->notes_count--;
	}
	spin_unlock_irq(&r1->lock);
	return any;
}

/* Moves a piece between a leg and our page. */
static bool transfer(struct raid1 *r1, const struct raid1_note *piece,
		     unsigned int slot, blk_opf_t opf)
{
	return !raid_member_io(r1->raid, slot,
			       r1->raid->data_offset + piece->sector, r1->page,
			       piece->sectors << SECTOR_SHIFT, opf);
}

static bool read_elsewhere(struct raid1 *r1, const struct raid1_note *piece)
{
	unsigned long others = raid1_live(r1) & ~BIT(piece->slot);
	unsigned int slot;

	for_each_set_bit(slot, &others, RAID_LEGS_MAX) {
		if (transfer(r1, piece, slot, REQ_OP_READ))
			return true;
	}
	return false;
}

/* With the gate closed, so the legs don't change. */
static void mend_locked(struct raid1 *r1, const struct raid1_note *piece)
{
	const char *name = dm_table_device_name(r1->raid->ti->table);
	struct dm_dev *leg = r1->raid->member[piece->slot];

	if (!read_elsewhere(r1, piece)) {
		DMERR_LIMIT("%s: sector %llu can't be read from slot %u (%s), nor from any other",
			    name, (unsigned long long)piece->sector,
			    piece->slot, leg->name);
		return;
	}
	if (transfer(r1, piece, piece->slot, REQ_OP_WRITE | REQ_FUA) &&
	    transfer(r1, piece, piece->slot, REQ_OP_READ)) {
		DMINFO("%s: sector %llu of slot %u (%s) could not be read and was rewritten",
		       name, (unsigned long long)piece->sector, piece->slot,
		       leg->name);
		return;
	}
	raid1_drop(r1, piece->slot,
		   "a read failed, and rewriting too; the device is not used any more");
}

static void mend(struct raid1 *r1, const struct raid1_note *piece)
{
	if (transfer(r1, piece, piece->slot, REQ_OP_READ))
		return;
	raid1_close(r1, piece->sector, piece->sector + piece->sectors);
	mend_locked(r1, piece);
	raid1_open(r1);
}

/* The leg may be dropped at any time, then there is nothing left to mend. */
static void mend_range(struct raid1 *r1, const struct raid1_note *note)
{
	struct raid1_note piece = *note;
	sector_t end = note->sector + note->sectors;

	while (piece.sector < end) {
		if (!(raid1_live(r1) & BIT(note->slot)))
			return;
		piece.sectors = min_t(sector_t, end - piece.sector,
				      PIECE_SECTORS);
		mend(r1, &piece);
		piece.sector += piece.sectors;
	}
}

/**
 * raid1_repair_work() - mend all ranges that are noted
 * @work: the mirror's repair
 */
void raid1_repair_work(struct work_struct *work)
{
	struct raid1 *r1 = container_of(work, struct raid1, repair);
	struct raid1_note note;

	while (next_note(r1, &note)) {
		if (braid_table_writable(r1->raid->ti->table))
			mend_range(r1, &note);
	}
}
