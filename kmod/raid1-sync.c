// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 1: one piece of resync, recover, check or repair (raid-sync.h).
 *
 * With the gate closed for the piece, all legs that are to be compared are read
 * at once, into buffers of our own; then the legs that differ from the first
 * one, or can't be read, are written from it. A member that is being rebuilt is
 * written without having been read.
 *
 * The first live leg is the truth, as it is for readers where the array doesn't
 * vouch for redundancy: so whatever was read once doesn't change.
 */
#include "raid1.h"

/* Of each leg, for a piece. */
#define PAGES	((RAID_PIECE_SECTORS << SECTOR_SHIFT) / PAGE_SIZE)

/**
 * struct raid1_buffer - what was read from a leg
 * @bio: moves it
 * @vec: for the bio
 * @sync: which it belongs to
 * @page: the content
 */
struct raid1_buffer {
	struct bio bio;
	struct bio_vec vec[PAGES];
	struct raid1_sync *sync;
	struct page *page[PAGES];
};

/**
 * struct raid1_sync - memory for a piece
 * @pending: transfers under way, and one for who sends them
 * @failed: legs whose transfer failed
 * @done: none is under way any more
 * @legs: how many
 * @leg: a buffer for each leg
 */
struct raid1_sync {
	atomic_t pending;
	unsigned long failed;
	struct completion done;
	unsigned int legs;
	struct raid1_buffer *leg;
};

static void end_transfer(struct bio *bio)
{
	struct raid1_buffer *buffer =
		container_of(bio, struct raid1_buffer, bio);
	struct raid1_sync *sync = buffer->sync;

	if (bio->bi_status)
		set_bit(buffer - sync->leg, &sync->failed);
	if (atomic_dec_and_test(&sync->pending))
		complete(&sync->done);
}

static void send(struct raid1 *r1, const struct raid_piece *piece,
		 unsigned int slot, unsigned int content, blk_opf_t opf)
{
	struct raid1_buffer *buffer = &r1->sync->leg[slot];
	unsigned int left = (piece->end - piece->begin) << SECTOR_SHIFT;
	unsigned int i, bytes;

	bio_init(&buffer->bio, r1->raid->member[slot]->bdev, buffer->vec,
		 PAGES, opf);
	buffer->bio.bi_iter.bi_sector = r1->raid->data_offset + piece->begin;
	buffer->bio.bi_end_io = end_transfer;
	for (i = 0; left; i++, left -= bytes) {
		bytes = min_t(unsigned int, left, PAGE_SIZE);
		__bio_add_page(&buffer->bio, r1->sync->leg[content].page[i],
			       bytes, 0);
	}
	submit_bio_noacct(&buffer->bio);
}

/*
 * Read each of the legs into its buffer, or write what the buffer @from has to
 * each of them. Return: the legs where that failed.
 */
static unsigned long transfer(struct raid1 *r1, const struct raid_piece *piece,
			      unsigned long legs, int from, blk_opf_t opf)
{
	struct raid1_sync *sync = r1->sync;
	unsigned int slot;

	sync->failed = 0;
	reinit_completion(&sync->done);
	atomic_set(&sync->pending, 1);
	for_each_set_bit(slot, &legs, RAID_LEGS_MAX) {
		atomic_inc(&sync->pending);
		send(r1, piece, slot, from < 0 ? slot : from, opf);
	}
	if (!atomic_dec_and_test(&sync->pending))
		wait_for_completion_io(&sync->done);
	for_each_set_bit(slot, &legs, RAID_LEGS_MAX)
		bio_uninit(&sync->leg[slot].bio);
	return sync->failed;
}

static const void *sector_of(const struct raid1_sync *sync, unsigned int slot,
			     unsigned int sector)
{
	unsigned int byte = sector << SECTOR_SHIFT;

	return page_address(sync->leg[slot].page[byte / PAGE_SIZE]) +
	       byte % PAGE_SIZE;
}

/* Which of @legs differ from @truth. Adds to @sectors those where any does. */
static unsigned long compare(struct raid1 *r1, const struct raid_piece *piece,
			     unsigned int truth, unsigned long legs,
			     u64 *sectors)
{
	unsigned int count = piece->end - piece->begin;
	unsigned long differ = 0;
	unsigned int sector, slot;
	bool same;

	for (sector = 0; sector < count; sector++) {
		same = true;
		for_each_set_bit(slot, &legs, RAID_LEGS_MAX) {
			if (!memcmp(sector_of(r1->sync, truth, sector),
				    sector_of(r1->sync, slot, sector),
				    SECTOR_SIZE))
				continue;
			__set_bit(slot, &differ);
			same = false;
		}
		*sectors += !same;
	}
	return differ;
}

static void write_legs(struct raid1 *r1, const struct raid_piece *piece,
		       unsigned int truth, unsigned long legs)
{
	unsigned long failed;
	unsigned int slot;

	if (!legs)
		return;
	failed = transfer(r1, piece, legs, truth, REQ_OP_WRITE);
	for_each_set_bit(slot, &failed, RAID_LEGS_MAX)
		raid1_drop(r1, slot,
			   "a write failed while it was synchronised; the device is not used any more");
}

/* Fill the members that are being rebuilt from any that is whole. */
static int recover(struct raid1 *r1, const struct raid_piece *piece)
{
	unsigned long live = raid1_live(r1);
	unsigned int slot;

	for_each_set_bit(slot, &live, RAID_LEGS_MAX) {
		if (transfer(r1, piece, BIT(slot), -1, REQ_OP_READ))
			continue;
		write_legs(r1, piece, slot, READ_ONCE(r1->fed) & ~live);
		return 0;
	}
	return -EIO;
}

/* What can't be read is rewritten with the rest, or, by a check, noted. */
static int agree(struct raid1 *r1, const struct raid_piece *piece,
		 bool write, u64 *mismatches)
{
	unsigned long live = raid1_live(r1);
	unsigned long unread, differ;
	unsigned int truth, slot;

	if (hweight_long(live) < 2)
		return 1;
	unread = transfer(r1, piece, live, -1, REQ_OP_READ);
	if (unread == live)
		return -EIO;
	truth = __ffs(live & ~unread);
	differ = compare(r1, piece, truth, live & ~unread & ~BIT(truth),
			 mismatches);
	if (write) {
		/* nobody can tell which one it is that was copied */
		if (differ | unread)
			differ |= READ_ONCE(r1->fed) & ~live;
		write_legs(r1, piece, truth, differ | unread);
		return 0;
	}
	for_each_set_bit(slot, &unread, RAID_LEGS_MAX)
		raid1_note(r1, &(struct raid1_note){
			.slot = slot,
			.sector = piece->begin,
			.sectors = piece->end - piece->begin,
		});
	return 0;
}

/**
 * raid1_sync_piece() - as the level's sync_piece
 * @raid: the array
 * @piece: the piece
 * @action: what is to be done
 * @mismatches: sectors that differed are added
 *
 * Return: 0, 1 if there is nothing to be compared, -EIO if no leg can be read.
 */
int raid1_sync_piece(struct raid *raid, const struct raid_piece *piece,
		     enum raid_sync_action action, u64 *mismatches)
{
	struct raid1 *r1 = raid->private;
	u64 differ = 0;
	int r;

	raid1_close(r1, piece->begin, piece->end);
	if (action == RAID_SYNC_RECOVER || action == RAID_SYNC_REPLACE)
		r = recover(r1, piece);
	else
		r = agree(r1, piece, action != RAID_SYNC_CHECK, &differ);
	raid1_open(r1);
	*mismatches += differ;
	return r;
}

/**
 * raid1_sync_make() - memory for raid1_sync_piece()
 * @r1: the mirror
 *
 * raid1_sync_free() undoes it, also if it fails.
 *
 * Return: whether there was enough.
 */
bool raid1_sync_make(struct raid1 *r1)
{
	struct raid1_sync *sync;
	unsigned int slot, i;

	sync = kzalloc(sizeof(*sync), GFP_KERNEL);
	r1->sync = sync;
	if (!sync)
		return false;
	sync->leg = kcalloc(raid_places(r1->raid), sizeof(*sync->leg),
			    GFP_KERNEL);
	if (!sync->leg)
		return false;
	sync->legs = raid_places(r1->raid);
	init_completion(&sync->done);
	for (slot = 0; slot < sync->legs; slot++) {
		sync->leg[slot].sync = sync;
		for (i = 0; i < PAGES; i++) {
			sync->leg[slot].page[i] = alloc_page(GFP_KERNEL);
			if (!sync->leg[slot].page[i])
				return false;
		}
	}
	return true;
}

/**
 * raid1_sync_free() - undo raid1_sync_make()
 * @r1: the mirror
 */
void raid1_sync_free(struct raid1 *r1)
{
	unsigned int slot, i;

	for (slot = 0; r1->sync && slot < r1->sync->legs; slot++) {
		for (i = 0; i < PAGES; i++) {
			if (r1->sync->leg[slot].page[i])
				__free_page(r1->sync->leg[slot].page[i]);
		}
	}
	if (r1->sync)
		kfree(r1->sync->leg);
	kfree(r1->sync);
}
