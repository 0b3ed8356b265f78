// SPDX-License-Identifier: GPL-2.0-only
/*
 * The members of an array: opening and checking them when a table is loaded,
 * noting their death later. Opening runs in the context of the table load and
 * sleeps; noting a death doesn't sleep.
 */
#include "raid.h"

#define DM_MSG_PREFIX "braid-raid"

/* All arrays that are, or were, live, and how many members have died. */
static LIST_HEAD(raids);
static DEFINE_MUTEX(raids_lock);
static atomic64_t deaths;

static int refuse(struct raid *raid, unsigned int slot, const char *path,
		  const char *error, int r)
{
	DMERR("%s: device %s (slot %u): %s",
	      dm_table_device_name(raid->ti->table), path, slot, error);
	raid->ti->error = (char *)error;
	return r;
}

static const char *open_error(int r)
{
	switch (r) {
	case -EBUSY:
		return "the device is in use";
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
		return "there is no such device";
	case -ENOTBLK:
		return "this is not a block device";
	case -EACCES:
	case -EPERM:
	case -EROFS:
		return "the device is read-only";
	case -EINVAL:
	case -EOVERFLOW:
		return "this is no name of a device that can be a member";
	case -ENOMEM:
		return "not enough memory to open the device";
	default:
		return "the device can't be opened";
	}
}

/* Two slots on one disk are no redundancy, and on one device destroy data. */
static const char *check_overlap(struct raid *raid, unsigned int slot)
{
	struct block_device *bdev = raid->member[slot]->bdev;
	unsigned int i;

	for (i = 0; i < slot; i++) {
		struct block_device *other;

		if (!raid->member[i])
			continue;
		other = raid->member[i]->bdev;
		if (other == bdev)
			return "the device is listed twice";
		if (bdev_whole(other) != bdev_whole(bdev))
			continue;
		if (bdev_whole(other) == other || bdev_whole(bdev) == bdev)
			return "a disk and a partition of it can't both be members";
		DMWARN("%s: slots %u and %u are on one disk: it takes both with it",
		       dm_table_device_name(raid->ti->table), i, slot);
	}
	return NULL;
}

static const char *check_device(struct raid *raid, unsigned int slot)
{
	struct block_device *bdev = raid->member[slot]->bdev;
	unsigned int block = bdev_logical_block_size(bdev) >> SECTOR_SHIFT;

	if (bdev_is_zoned(bdev))
		return "zoned devices can't be members";
	if (bdev_nr_sectors(bdev) < raid->member_sectors) {
		DMERR("%s: %llu sectors are needed, %s has %llu",
		      dm_table_device_name(raid->ti->table),
		      (unsigned long long)raid->member_sectors,
		      raid->member[slot]->name,
		      (unsigned long long)bdev_nr_sectors(bdev));
		return "the device is too small";
	}
	if (raid->ti->begin & (block - 1))
		return "the target's start is not a multiple of the device's logical block size";
	if (raid->ti->len & (block - 1))
		return "the target's length is not a multiple of the device's logical block size";
	if (raid->chunk & (block - 1))
		return "the chunk size is not a multiple of the device's logical block size";
	return NULL;
}

static int open_member(struct raid *raid, unsigned int slot, const char *path)
{
	struct dm_target *ti = raid->ti;
	const char *error;
	int r;

	r = dm_get_device(ti, path, dm_table_get_mode(ti->table),
			  &raid->member[slot]);
	if (r) {
		raid->member[slot] = NULL;
		return refuse(raid, slot, path, open_error(r), r);
	}
	if (raid->member[slot]->bdev->bd_disk ==
	    dm_disk(dm_table_get_md(ti->table)))
		return refuse(raid, slot, path,
			      "the array can't be a member of itself", -EINVAL);
	error = check_overlap(raid, slot);
	if (!error && !test_bit(slot, raid->dead))
		error = check_device(raid, slot);
	return error ? refuse(raid, slot, path, error, -EINVAL) : 0;
}

/**
 * raid_members_open() - open and check all members
 * @raid: the array; its geometry is set
 * @args: the table line
 *
 * On failure ti->error is set and raid_members_close() undoes what was done.
 *
 * Return: 0 or -errno.
 */
int raid_members_open(struct raid *raid, const struct raid_args *args)
{
	unsigned int slot;
	int r;

	raid->loaded = atomic64_read(&deaths);
	bitmap_copy(raid->dead, args->failed, BRAID_RAID0_MEMBERS_MAX);
	for (slot = 0; slot < raid->members; slot++) {
		if (!args->path[slot])
			continue;
		r = open_member(raid, slot, args->path[slot]);
		if (r)
			return r;
	}
	return args->twin ? open_member(raid, raid->members, args->twin) : 0;
}

/**
 * raid_members_close() - let go of all members
 * @raid: the array; may be half opened
 */
void raid_members_close(struct raid *raid)
{
	unsigned int slot;

	mutex_lock(&raids_lock);
	list_del_init(&raid->node);
	mutex_unlock(&raids_lock);
	for (slot = 0; slot < raid_places(raid); slot++) {
		if (raid->member[slot])
			dm_put_device(raid->ti, raid->member[slot]);
	}
}

/**
 * raid_member_io() - read or write one piece of a member, and wait for it
 * @raid: the array
 * @slot: a slot with a member
 * @sector: where, in sectors of the member
 * @page: the memory; used from its beginning
 * @bytes: how much, at most a page
 * @opf: the operation, with its flags
 *
 * Allocates nothing. Context: may sleep.
 *
 * Return: 0 or -errno.
 */
int raid_member_io(const struct raid *raid, unsigned int slot, sector_t sector,
		   struct page *page, unsigned int bytes, blk_opf_t opf)
{
	struct bio_vec vec;
	struct bio bio;
	int r;

	bio_init(&bio, raid->member[slot]->bdev, &vec, 1, opf);
	bio.bi_iter.bi_sector = sector;
	__bio_add_page(&bio, page, bytes, 0);
	r = submit_bio_wait(&bio);
	bio_uninit(&bio);
	return r;
}

/**
 * raid_member_gone() - is the member's device no longer there?
 * @raid: the array
 * @slot: a slot with a member
 *
 * An error of such a device will not pass. A device that merely fails I/O is
 * not gone.
 *
 * Return: whether it was unplugged or taken offline for good.
 */
bool raid_member_gone(const struct raid *raid, unsigned int slot)
{
	struct gendisk *disk = raid->member[slot]->bdev->bd_disk;

	return test_bit(GD_DEAD, &disk->state) || blk_queue_dying(disk->queue);
}

/**
 * raid_member_died() - note that a member is given up, and tell userspace
 * @raid: the array
 * @slot: the member's slot
 * @why: what happened, to be read after "slot n (device): "
 *
 * Any context. The first call for a slot counts.
 */
void raid_member_died(struct raid *raid, unsigned int slot, const char *why)
{
	if (test_and_set_bit(slot, raid->dead))
		return;
	WRITE_ONCE(raid->died[slot], atomic64_inc_return(&deaths));
	DMWARN("%s: %sslot %u (%s): %s",
	       dm_table_device_name(raid->ti->table),
	       slot == raid->members ? "the new device of " : "",
	       slot == raid->members ? raid->twin_of : slot,
	       raid->member[slot]->name, why);
	schedule_work(&raid->event);
}

/**
 * raid_members_torn() - note that a write failed half done
 * @raid: the array; whoever failed the write stays in use
 *
 * Until somebody makes the members alike, they are not. Any context.
 */
void raid_members_torn(struct raid *raid)
{
	if (READ_ONCE(raid->torn))
		return;
	WRITE_ONCE(raid->torn, true);
	DMERR("%s: a write that failed is on some members in use, and not on others",
	      dm_table_device_name(raid->ti->table));
}

static int inherit_member(struct raid *raid, dev_t dev)
{
	unsigned int slot;

	for (slot = 0; slot < raid_places(raid); slot++) {
		if (raid_member_used(raid, slot) &&
		    raid->member[slot]->bdev->bd_dev == dev)
			return raid->level->fail(raid, slot,
				"it was dropped after this table was loaded");
	}
	return 0;
}

static int inherit_from(struct raid *raid, const struct raid *other)
{
	unsigned int slot;
	int r = 0;

	for_each_set_bit(slot, other->dead, raid_places(other)) {
		if (!r && other->member[slot] &&
		    READ_ONCE(other->died[slot]) > raid->loaded)
			r = inherit_member(raid,
					   other->member[slot]->bdev->bd_dev);
	}
	return r;
}

/**
 * raid_members_inherit() - drop what was dropped since the table was loaded
 * @raid: a mirror that is about to become live
 *
 * Looks at the arrays that were live on the same device, which is suspended
 * now. What had died before the table was loaded is left to whoever loaded it:
 * he was told, and may have put it right.
 *
 * Return: 0, or -EBUSY if no member would be left; it was said.
 */
int raid_members_inherit(struct raid *raid)
{
	struct mapped_device *md = dm_table_get_md(raid->ti->table);
	const struct raid *other;
	int r = 0;

	mutex_lock(&raids_lock);
	list_for_each_entry(other, &raids, node) {
		if (!r && other != raid &&
		    dm_table_get_md(other->ti->table) == md)
			r = inherit_from(raid, other);
	}
	/* whom it inherits from may be gone when it is resumed again */
	if (r)
		raid->stale = true;
	mutex_unlock(&raids_lock);
	return raid->stale ? -EBUSY : 0;
}

/**
 * raid_members_claim() - be the one table that keeps up an array's superblocks
 * @raid: the array; it has superblocks
 *
 * Device-mapper lets two tables of its own share a member, which must not be
 * written through both.
 *
 * Return: 0, or -EBUSY if another device has the array; it was said.
 */
int raid_members_claim(struct raid *raid)
{
	const char *name = dm_table_device_name(raid->ti->table);
	const struct raid *other;
	int r = 0;

	mutex_lock(&raids_lock);
	list_for_each_entry(other, &raids, node) {
		if (other == raid || !other->active ||
		    !uuid_equal(&other->uuid, &raid->uuid))
			continue;
		DMERR("%s: the array %pUb is in use as %s", name, &raid->uuid,
		      dm_table_device_name(other->ti->table));
		r = -EBUSY;
	}
	if (!r) {
		raid->active = true;
		if (list_empty(&raid->node))
			list_add(&raid->node, &raids);
	}
	mutex_unlock(&raids_lock);
	return r;
}

/**
 * raid_members_unclaim() - let another table have the array
 * @raid: the array
 */
void raid_members_unclaim(struct raid *raid)
{
	mutex_lock(&raids_lock);
	raid->active = false;
	mutex_unlock(&raids_lock);
}

/**
 * raid_members_register() - the array is live: later ones inherit from it
 * @raid: the array
 */
void raid_members_register(struct raid *raid)
{
	mutex_lock(&raids_lock);
	if (list_empty(&raid->node))
		list_add(&raid->node, &raids);
	mutex_unlock(&raids_lock);
}
