// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the metadata device says when a table is loaded, and which stamps are not
 * trusted. Nothing is written. A block that isn't trusted becomes suspect in the
 * new era: every consumer compares it, whatever era he knows.
 */
#define DM_MSG_PREFIX "braid-track"

#include <linux/blkdev.h>
#include <linux/log2.h>
#include <linux/slab.h>

#include "budget.h"
#include "map-disk.h"
#include "map-sector.h"
#include "track.h"

/*
 * A stamp that isn't trusted, until it is known which era is next: of an era that is
 * higher than any that is, see trusted_stamp().
 */
static u32 suspect_stamp(const struct era_map *map)
{
	return era_stamp(min(map->floor + ERA_SPAN - 1, ERA_LAST + 1),
			 ERA_SUSPECT);
}

/* Read both copies. Return: the one that counts, -EIO, or -errno of newest(). */
static int read_supers(struct map_io *io, struct block_device *bdev, bool *both)
{
	struct braid_map_super *odd, *even;
	int r;

	*both = false;
	if (bdev_nr_sectors(bdev) < BRAID_MAP_AREA)
		return -ENOENT;
	mutex_lock(&io->lock);
	odd = map_io_unit(io, 1, BRAID_MAP_ODD_SECTOR);
	even = map_io_unit(io, 0, BRAID_MAP_EVEN_SECTOR);
	memset(odd, 0, sizeof(*odd));
	memset(even, 0, sizeof(*even));
	/* a copy that can't be read is as good as torn */
	r = map_io_run(io, bdev, 2, REQ_OP_READ, MAP_IO_FOREVER);
	*both = !r && map_super_whole(odd) && map_super_whole(even);
	if (map_super_newest(odd, even) >= 0 || !r)
		r = map_super_newest(odd, even);
	mutex_unlock(&io->lock);
	return r;
}

/**
 * map_disk_found() - has a metadata device a durable map?
 * @bdev: the device
 *
 * Context: may sleep.
 * Return: also true if there is no memory to look.
 */
bool map_disk_found(struct block_device *bdev)
{
	struct map_io io = {};
	bool both, found = true;

	if (!map_io_init(&io, 2)) {
		int r = read_supers(&io, bdev, &both);

		found = r >= 0 || r == -EBADMSG;
	}
	map_io_exit(&io);
	return found;
}

static const char *super_fault(int r)
{
	switch (r) {
	case -ENOENT:
		return map_fault_text(MAP_NONE);
	case -EBADMSG:
		return map_fault_text(MAP_TORN);
	default:
		return "its map's superblock can't be read";
	}
}

/* Is it the map of what the table says? */
static const char *super_misfits(const struct braid_map_super *super,
				 const struct track_args *args)
{
	if (le32_to_cpu(super->block_sectors) != args->block_sectors)
		return "its map has another block size";
	if (le64_to_cpu(super->origin_sectors) > args->len)
		return "its map is of a longer device";
	if (le32_to_cpu(super->capacity_blocks) < args->nr_blocks)
		return "its map has no room for so long a device";
	return NULL;
}

/* Return: what is wrong, or NULL. */
static const char *load_super(struct map_disk *disk,
			      const struct track_args *args)
{
	enum map_fault fault;
	int r = read_supers(&disk->super_io, disk->bdev, &disk->both);

	if (r < 0)
		return super_fault(r);
	memcpy(disk->super, disk->super_io.page[r].data, sizeof(*disk->super));
	fault = map_super_check(disk->super, bdev_nr_sectors(disk->bdev));
	if (fault != MAP_GOOD)
		return map_fault_text(fault);
	return super_misfits(disk->super, args);
}

/**
 * map_disk_changed() - is the superblock another one than when it was loaded?
 * @disk: the disk
 *
 * Return: what has become of it, as the end of a sentence, or NULL.
 */
const char *map_disk_changed(struct map_disk *disk)
{
	const struct braid_map_super *super;
	bool both;
	int r = read_supers(&disk->super_io, disk->bdev, &both);

	if (r < 0)
		return "has lost its superblock";
	super = disk->super_io.page[r].data;
	if (super->checksum != disk->super->checksum ||
	    super->sequence != disk->super->sequence)
		return "was used";
	return NULL;
}

/* The newest era that the superblock knows to be closed, or that may be. */
static u32 known_era(const struct map_disk *disk)
{
	/* the copy that is missing may have told of one more */
	return le32_to_cpu(disk->super->era) + !disk->both;
}

/* No write is of an era that is much above those that are closed. */
static u32 trusted_stamp(const struct map_disk *disk, const struct era_map *map,
			 __le32 value)
{
	u32 most = min_t(u32, known_era(disk) + ERA_AHEAD, ERA_LAST - 1);
	u32 stamp = le32_to_cpu(value);

	if (!stamp || (era_of(stamp) && era_of(stamp) <= most))
		return stamp;
	return suspect_stamp(map);
}

/* Take over a unit's stamps. Sectors that have rotted make suspects. */
static void take_unit(struct map_disk *disk, struct era_map *map, u32 nr_blocks,
		      u32 unit, unsigned int index, bool readable)
{
	const struct braid_map_sector *s = disk->io.page[index].data;
	u64 number = map_disk_unit_sector(disk, unit);
	u64 end = number + BRAID_MAP_UNIT;
	u32 block = unit * BRAID_MAP_UNIT_VALUES;
	unsigned int i;

	for (; block < nr_blocks && number < end; s++, number++) {
		bool good = readable &&
			    map_sector_whole(s, disk->super->map_id, number);

		if (!good)
			DMWARN_LIMIT("%s: sector %llu of the map is bad: blocks %u-%u are suspect",
				     disk->track->name, number, block,
				     min(block + BRAID_MAP_VALUES, nr_blocks) -
					     1);
		for (i = 0; i < BRAID_MAP_VALUES && block < nr_blocks; i++)
			era_map_set(map, block++,
				    good ? trusted_stamp(disk, map,
							 s->value[i]) :
					   suspect_stamp(map));
	}
}

/* Read units from @unit on, one by one if need be. */
static void read_units(struct map_disk *disk, struct era_map *map,
		       u32 nr_blocks, u32 unit, unsigned int count)
{
	unsigned int i;
	int r;

	for (i = 0; i < count; i++)
		map_io_unit(&disk->io, i, map_disk_unit_sector(disk, unit + i));
	r = map_io_run(&disk->io, disk->bdev, count, REQ_OP_READ,
		       MAP_IO_FOREVER);
	for (i = 0; i < count; i++) {
		if (r && count > 1)
			read_units(disk, map, nr_blocks, unit + i, 1);
		else
			take_unit(disk, map, nr_blocks, unit + i, i, !r);
	}
}

static void load_map(struct map_disk *disk, struct era_map *map)
{
	u32 nr_blocks = le32_to_cpu(disk->super->nr_blocks);
	u32 units = DIV_ROUND_UP(nr_blocks, BRAID_MAP_UNIT_VALUES);
	u32 unit, count;

	mutex_lock(&disk->io.lock);
	for (unit = 0; unit < units; unit += count) {
		count = min(units - unit, disk->io.most);
		read_units(disk, map, nr_blocks, unit, count);
		cond_resched();
	}
	mutex_unlock(&disk->io.lock);
}

static void suspect_all(struct map_disk *disk, struct era_map *map,
			const char *why)
{
	u32 nr_blocks = le32_to_cpu(disk->super->nr_blocks);
	u32 block;

	DMWARN("%s: %s: all blocks are suspect", disk->track->name, why);
	for (block = 0; block < nr_blocks; block++)
		era_map_set(map, block, suspect_stamp(map));
}

/* Return: false if there can't be such an extent. */
static bool suspect_extent(struct map_disk *disk, struct era_map *map,
			   u32 extent)
{
	u32 nr_blocks = le32_to_cpu(disk->super->nr_blocks);
	u32 block, end;

	if (extent >= disk->act.nr_extents)
		return false;
	block = extent << disk->extent_shift;
	if (block >= nr_blocks)
		return true;
	end = block + min(nr_blocks - block, 1U << disk->extent_shift);
	while (block < end)
		era_map_set(map, block++, suspect_stamp(map));
	return true;
}

/* The extents that a sector of the log names. Return: false if it is damaged. */
static bool suspect_logged(struct map_disk *disk, struct era_map *map,
			   const struct braid_map_sector *s, u64 number)
{
	unsigned int i;

	if (!map_sector_whole(s, disk->super->map_id, number))
		return false;
	for (i = 0; i < BRAID_MAP_VALUES; i++) {
		u32 value = le32_to_cpu(s->value[i]);

		if (value && !suspect_extent(disk, map, value - 1))
			return false;
	}
	return true;
}

/* After a stop that wasn't one. Return: whether all of the log is good. */
static bool load_log(struct map_disk *disk, struct era_map *map)
{
	u64 number = le64_to_cpu(disk->super->log_offset);
	u32 units = DIV_ROUND_UP(disk->act.nr_slots, BRAID_MAP_UNIT_VALUES);
	u32 unit, i;
	bool good;

	mutex_lock(&disk->io.lock);
	for (unit = 0; unit < units; unit++)
		map_io_unit(&disk->io, unit, number + unit * BRAID_MAP_UNIT);
	good = !map_io_run(&disk->io, disk->bdev, units, REQ_OP_READ,
			   MAP_IO_FOREVER);
	for (unit = 0; unit < units && good; unit++) {
		const struct braid_map_sector *s = disk->io.page[unit].data;

		for (i = 0; i < BRAID_MAP_UNIT && good; i++)
			good = suspect_logged(disk, map, s + i, number++);
	}
	mutex_unlock(&disk->io.lock);
	return good;
}

/* What the flags say about the stamps. */
static void judge(struct map_disk *disk, struct era_map *map)
{
	u32 flags = le32_to_cpu(disk->super->flags);

	if (flags & BRAID_MAP_STALE)
		suspect_all(disk, map, "the metadata device had failed");
	else if (!(flags & BRAID_MAP_CLEAN) && !load_log(disk, map))
		suspect_all(disk, map,
			    "not stopped, and the activity log is damaged");
}

/* The newest era that any stamp, or the superblock, knows. */
static u32 newest_era(const struct map_disk *disk, const struct era_map *map)
{
	u32 nr_blocks = le32_to_cpu(disk->super->nr_blocks);
	u32 era = known_era(disk);
	u32 block;

	for (block = 0; block < nr_blocks; block++)
		if (era_map_stamp(map, block) != suspect_stamp(map))
			era = max(era, era_map_era(map, block));
	return era;
}

/* Give the suspects the new era, and what is longer than it was. */
static void settle(struct map_disk *disk, struct era_map *map, u32 era,
		   bool last_was_short)
{
	u32 nr_blocks = le32_to_cpu(disk->super->nr_blocks);
	u32 block;

	for (block = 0; block < nr_blocks; block++) {
		if (era_map_stamp(map, block) != suspect_stamp(map))
			continue;
		era_map_set(map, block, era_stamp(era, ERA_SUSPECT));
		map_disk_dirty(disk, block, 1);
		disk->suspects++;
	}
	if (last_was_short) {
		era_map_set(map, nr_blocks - 1, era_stamp(era, ERA_WRITTEN));
		map_disk_dirty(disk, nr_blocks - 1, 1);
	}
	if (nr_blocks < map->nr_blocks)
		map_disk_dirty(disk, nr_blocks, map->nr_blocks - nr_blocks);
	for (; nr_blocks < map->nr_blocks; nr_blocks++)
		era_map_set(map, nr_blocks, era_stamp(era, ERA_WRITTEN));
}

static int load_stamps(struct track *t, const struct track_args *args)
{
	struct map_disk *disk = t->disk;
	struct era_map *map = rcu_dereference_protected(t->map, true);
	u64 sectors = le64_to_cpu(disk->super->origin_sectors);
	u32 era;

	era_map_begin(map, known_era(disk));
	load_map(disk, map);
	era = newest_era(disk, map) + 1;
	judge(disk, map);
	if (era >= ERA_LAST)
		return -EOVERFLOW;
	settle(disk, map, era,
	       args->len > sectors && sectors % args->block_sectors);
	drain_begin(&t->drain, era);
	memcpy(t->map_id, disk->super->map_id, sizeof(t->map_id));
	return 0;
}

/**
 * map_disk_distrust() - no stamp is worth anything
 * @t: the track; no write is in flight
 *
 * Views notice: what they know to have changed is kept, and blocks that they
 * have not copied can't be read any more.
 *
 * Return: how many blocks became suspect, in the current era.
 */
u32 map_disk_distrust(struct track *t)
{
	struct era_map *map;
	const struct view_set *set;
	u32 want = era_stamp(drain_era(&t->drain), ERA_SUSPECT);
	u32 block, stamp;

	rcu_read_lock();
	map = rcu_dereference(t->map);
	set = rcu_dereference(t->views);
	for (block = 0; block < map->nr_blocks; block++) {
		do {
			stamp = era_map_stamp(map, block);
			if (era_stamp_covers(stamp, want))
				break;
			view_set_note_lost(set, block, era_of(stamp),
					   era_of(want));
		} while (!era_map_raise(map, block, stamp, want));
	}
	block = map->nr_blocks;
	rcu_read_unlock();
	mutex_lock(&t->disk->io.lock);
	map_disk_dirty(t->disk, 0, block);
	mutex_unlock(&t->disk->io.lock);
	return block;
}

static int make_disk(struct track *t)
{
	struct map_disk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);

	if (!disk)
		return -ENOMEM;
	t->disk = disk;
	disk->bdev = t->metadata;
	disk->log_old = true;
	mutex_init(&disk->lock);
	INIT_DELAYED_WORK(&disk->stale_work, map_disk_stale);
	map_log_init(disk);
	disk->track = t;
	disk->super = kzalloc(sizeof(*disk->super), GFP_KERNEL);
	disk->wq = alloc_workqueue("braid-map", WQ_MEM_RECLAIM | WQ_UNBOUND, 0);
	if (!disk->super || !disk->wq || map_io_init(&disk->super_io, 2) ||
	    map_io_init(&disk->io, MAP_DISK_UNITS))
		return -ENOMEM;
	return 0;
}

/* What depends on the superblock. */
static int size_disk(struct map_disk *disk)
{
	u32 capacity = le32_to_cpu(disk->super->capacity_blocks);
	u32 slots = le32_to_cpu(disk->super->log_slots);

	disk->extent_shift = ilog2(le32_to_cpu(disk->super->extent_blocks));
	disk->nr_units = DIV_ROUND_UP(capacity, BRAID_MAP_UNIT_VALUES);
	disk->dirty =
		budget_zalloc(BITS_TO_LONGS(disk->nr_units) * sizeof(long));
	if (!disk->dirty ||
	    map_io_init(&disk->log_io,
			DIV_ROUND_UP(slots, BRAID_MAP_UNIT_VALUES)))
		return -ENOMEM;
	return act_log_init(&disk->act, slots,
			    ((capacity - 1) >> disk->extent_shift) + 1);
}

/**
 * map_disk_load() - read the durable map
 * @t: the track; nobody knows it yet
 * @args: what the table says
 * @error: says what is wrong
 *
 * On failure map_disk_free() undoes what was done.
 *
 * Context: may sleep.
 * Return: 0 or an error.
 */
int map_disk_load(struct track *t, const struct track_args *args, char **error)
{
	const char *why;
	int r;

	*error = "Not enough memory for the durable map";
	if (make_disk(t))
		return -ENOMEM;
	why = load_super(t->disk, args);
	if (why) {
		DMERR("%s: metadata device %s: %s", t->name,
		      args->metadata->name, why);
		*error = (char *)why;
		return -EINVAL;
	}
	if (size_disk(t->disk))
		return -ENOMEM;
	r = load_stamps(t, args);
	if (r)
		*error = "The map has no eras left";
	return r;
}
