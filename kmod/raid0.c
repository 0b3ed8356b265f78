// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 0: stripes. Everything is done in the submitter's context.
 *
 * device-mapper splits reads and writes at chunks (ti->max_io_len), so a bio
 * is on one member. A flush comes once for every member. So does a discard, an
 * erasure and a writing of zeroes, each of them whole: a long range of the
 * array is one range on each member, so it needs no splitting at chunks.
 *
 * An error is returned as it is. A member whose device is gone is shown as
 * dead; there is nothing to fall back on, so I/O to it goes on failing.
 */
#include "raid.h"

#define DM_MSG_PREFIX "braid-raid"

/* Kept with each bio: the member that it went to. */
struct raid0_io {
	unsigned int slot;
};

static int raid0_start(struct raid *raid)
{
	struct dm_target *ti = raid->ti;
	int r;

	if (raid->members > 1) {
		r = dm_set_target_max_io_len(ti, raid->chunk);
		if (r)
			return r;
	}
	ti->per_io_data_size = sizeof(struct raid0_io);
	ti->num_flush_bios = raid->members;
	ti->num_discard_bios = raid->members;
	ti->num_secure_erase_bios = raid->members;
	ti->num_write_zeroes_bios = raid->members;
	return 0;
}

static void raid0_stop(struct raid *raid)
{
}

static void send_to(struct raid *raid, struct bio *bio, unsigned int slot)
{
	struct raid0_io *io = dm_per_bio_data(bio, sizeof(*io));

	io->slot = slot;
	bio_set_dev(bio, raid->member[slot]->bdev);
}

/* The share of a range that is on the member whose turn it is. */
static int map_range(struct raid *raid, struct bio *bio)
{
	unsigned int slot = dm_bio_get_target_bio_nr(bio);
	sector_t begin = dm_target_offset(raid->ti, bio->bi_iter.bi_sector);
	struct raid_range range;

	range = raid_layout_range(&raid->layout, begin,
				  begin + bio_sectors(bio), slot);
	send_to(raid, bio, slot);
	if (range.begin == range.end) {
		bio_endio(bio);
		return DM_MAPIO_SUBMITTED;
	}
	bio->bi_iter.bi_sector = raid->data_offset + range.begin;
	bio->bi_iter.bi_size = to_bytes(range.end - range.begin);
	return DM_MAPIO_REMAPPED;
}

static int raid0_map(struct raid *raid, struct bio *bio)
{
	struct raid_place place;

	if (bio->bi_opf & REQ_PREFLUSH) {
		send_to(raid, bio, dm_bio_get_target_bio_nr(bio));
		return DM_MAPIO_REMAPPED;
	}
	switch (bio_op(bio)) {
	case REQ_OP_DISCARD:
	case REQ_OP_SECURE_ERASE:
	case REQ_OP_WRITE_ZEROES:
		return map_range(raid, bio);
	default:
		break;
	}
	place = raid_layout_place(&raid->layout,
				  dm_target_offset(raid->ti,
						   bio->bi_iter.bi_sector));
	send_to(raid, bio, place.member);
	bio->bi_iter.bi_sector = raid->data_offset + place.sector;
	return DM_MAPIO_REMAPPED;
}

static int raid0_end_io(struct raid *raid, struct bio *bio,
			blk_status_t *error)
{
	struct raid0_io *io = dm_per_bio_data(bio, sizeof(*io));

	if (unlikely(*error) && raid_member_gone(raid, io->slot))
		raid_member_died(raid, io->slot,
				 "the device is gone, and its part of the data with it");
	return DM_ENDIO_DONE;
}

static void raid0_io_hints(struct raid *raid, struct queue_limits *limits)
{
	unsigned int chunk = raid->chunk << SECTOR_SHIFT;

	limits->io_min = max(limits->io_min, chunk);
	limits->io_opt = chunk * raid->members;
}

static int raid0_fail(struct raid *raid, unsigned int slot, const char *why)
{
	DMERR("%s: slot %u can't be failed: raid0 needs all its devices",
	      dm_table_device_name(raid->ti->table), slot);
	return -EBUSY;
}

const struct raid_level raid0_level = {
	.start = raid0_start,
	.stop = raid0_stop,
	.map = raid0_map,
	.end_io = raid0_end_io,
	.io_hints = raid0_io_hints,
	.fail = raid0_fail,
	.superblocks = true,
};
