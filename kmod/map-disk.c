// SPDX-License-Identifier: GPL-2.0-only
/*
 * The durable map's superblock, and the writing of the map; see the header.
 * Runs in process context and sleeps. Writing allocates nothing.
 */
#define DM_MSG_PREFIX "braid-track"

#include <linux/blkdev.h>
#include <linux/ktime.h>

#include "budget.h"
#include "disk-sum.h"
#include "map-disk.h"
#include "map-sector.h"
#include "track.h"

/* So often it is tried to tell the superblock that the map is stale. */
#define MAP_STALE_DELAY	(2 * HZ)

/*
 * Eras go on when the map has failed, and no consumer may ever hear of one twice.
 * So a superblock that is stale names one that many closes lie before.
 */
#define MAP_STALE_ERAS	65536U

static size_t map_disk_bits(const struct map_disk *disk)
{
	return BITS_TO_LONGS(disk->nr_units) * sizeof(long);
}

/* Takes one that is half made. Waits for I/O that hangs. */
void map_disk_free(struct map_disk *disk)
{
	if (!disk)
		return;
	map_disk_leave(disk);
	if (disk->wq)
		destroy_workqueue(disk->wq);
	act_log_exit(&disk->act);
	budget_free(disk->dirty, map_disk_bits(disk));
	kfree(disk->super);
	kfree(disk);
}

/**
 * map_disk_leave() - the devices are about to be closed
 * @disk: the disk; no write is in flight, nor will be
 *
 * Context: may sleep, for as long as I/O that was given up takes.
 */
void map_disk_leave(struct map_disk *disk)
{
	if (!disk->track)
		return;
	cancel_delayed_work_sync(&disk->stale_work);
	cancel_work_sync(&disk->evict_work);
	cancel_work_sync(&disk->log_work);
	map_io_exit(&disk->log_io);
	map_io_exit(&disk->io);
	map_io_exit(&disk->super_io);
}

/* The superblock. */

/*
 * Write the next copy. Crash: within it, or if it fails, the other copy is as it
 * was, and counts; after it, this one does.
 */
static int write_super(struct map_disk *disk, unsigned long since)
{
	struct braid_map_super *super;
	u64 sequence = le64_to_cpu(disk->super->sequence) + 1;
	int r;

	lockdep_assert_held(&disk->lock);
	mutex_lock(&disk->super_io.lock);
	if (disk->super_io.hangs) {
		/* the page is the device's until it answers */
		r = map_io_flush(&disk->super_io, disk->bdev, since);
		if (r)
			goto out_unlock;
	}
	super = map_io_unit(&disk->super_io, 0, map_super_sector(sequence));
	*super = *disk->super;
	super->sequence = cpu_to_le64(sequence);
	super->updated = cpu_to_le64(ktime_get_real_seconds());
	super->checksum = cpu_to_le32(map_super_sum(super));
	r = map_io_run(&disk->super_io, disk->bdev, 1,
		       REQ_OP_WRITE | REQ_PREFLUSH | REQ_FUA, since);
	if (!r)
		*disk->super = *super;
out_unlock:
	mutex_unlock(&disk->super_io.lock);
	return r;
}

/*
 * Both copies, one after the other: none is left that says more than is true,
 * should one of them rot.
 */
static int write_supers(struct map_disk *disk, unsigned long since)
{
	int r = write_super(disk, since);

	return r ? r : write_super(disk, since);
}

static void set_flags(struct map_disk *disk, u32 flags)
{
	disk->super->flags = cpu_to_le32(flags);
}

static u32 get_flags(const struct map_disk *disk)
{
	return le32_to_cpu(disk->super->flags);
}

/* The map. */

/**
 * map_disk_dirty() - stamps have to be written
 * @disk: the disk
 * @block: of this block
 * @count: and as many more, at least one
 *
 * Context: under io.lock.
 */
void map_disk_dirty(struct map_disk *disk, u32 block, u32 count)
{
	u32 first = block / BRAID_MAP_UNIT_VALUES;
	u32 last = (block + count - 1) / BRAID_MAP_UNIT_VALUES;

	bitmap_set(disk->dirty, first, last - first + 1);
}

/* The map is longer: blocks @from to @to are new. */
void map_disk_grown(struct map_disk *disk, u32 from, u32 to)
{
	mutex_lock(&disk->io.lock);
	if (from < to)
		map_disk_dirty(disk, from, to - from);
	mutex_unlock(&disk->io.lock);
}

/* Fill in the unit as the map is now. */
static void fill_unit(struct map_disk *disk, const struct era_map *map,
		      u32 unit, unsigned int index)
{
	sector_t sector = map_disk_unit_sector(disk, unit);
	struct braid_map_sector *s = map_io_unit(&disk->io, index, sector);
	u32 block = unit * BRAID_MAP_UNIT_VALUES;
	unsigned int i, j;

	for (i = 0; i < BRAID_MAP_UNIT; i++, s++) {
		for (j = 0; j < BRAID_MAP_VALUES; j++, block++)
			s->value[j] =
				cpu_to_le32(block < map->nr_blocks ?
						    era_map_stamp(map, block) :
						    0);
		map_sector_seal(s, disk->super->map_id, sector + i);
	}
}

/* Fill in units from @unit on. Return: how many; *unit is behind the last. */
static unsigned int fill_units(struct map_disk *disk, unsigned long *unit)
{
	const struct era_map *map;
	unsigned int count = 0;

	rcu_read_lock();
	map = rcu_dereference(disk->track->map);
	for (; count < disk->io.most; (*unit)++) {
		*unit = find_next_bit(disk->dirty, disk->nr_units, *unit);
		if (*unit >= disk->nr_units)
			break;
		__clear_bit(*unit, disk->dirty);
		fill_unit(disk, map, *unit, count++);
	}
	rcu_read_unlock();
	return count;
}

/**
 * map_disk_write() - make durable what is dirty
 * @disk: the disk
 * @since: when the waiting began, or MAP_IO_FOREVER
 *
 * A crash leaves of each sector the old stamps or the new ones.
 *
 * Context: under io.lock.
 * Return: as map_io_run(); if it fails, all is dirty.
 */
int map_disk_write(struct map_disk *disk, unsigned long since)
{
	unsigned long unit = 0;
	unsigned int count;
	int r;

	if (bitmap_empty(disk->dirty, disk->nr_units))
		return 0;
	/* the pages are the device's as long as it hangs */
	r = disk->io.hangs ? map_io_flush(&disk->io, disk->bdev, since) : 0;
	while (!r) {
		count = fill_units(disk, &unit);
		if (!count)
			break;
		r = map_io_run(&disk->io, disk->bdev, count, REQ_OP_WRITE,
			       since);
		WRITE_ONCE(disk->map_writes, disk->map_writes + count);
		cond_resched();
	}
	if (!r)
		r = map_io_flush(&disk->io, disk->bdev, since);
	if (r)
		bitmap_fill(disk->dirty, disk->nr_units);
	return r;
}

/* The origin's fingerprint. */

/* Lay out reads of sectors from @from on. Return: how many pages in all. */
static unsigned int lay_out(struct map_io *io, unsigned int count,
			    sector_t from, sector_t sectors)
{
	while (sectors) {
		unsigned int part = min_t(sector_t, sectors, BRAID_MAP_UNIT);

		map_io_unit(io, count, from);
		io->page[count++].bytes = part << SECTOR_SHIFT;
		from += part;
		sectors -= part;
	}
	return count;
}

/**
 * map_disk_sum() - the origin's fingerprint, see dm-braid-map.h
 * @disk: the disk
 * @sectors: the origin's length
 * @sum: receives it
 *
 * Context: nobody writes to the origin; may sleep for as long as it takes.
 * Return: 0 or an error.
 */
int map_disk_sum(struct map_disk *disk, sector_t sectors, u32 *sum)
{
	sector_t head = map_sum_head(sectors), tail = map_sum_tail(sectors);
	__le64 length = cpu_to_le64(sectors);
	struct map_io *io = &disk->io;
	unsigned int count, i;
	int r;

	mutex_lock(&io->lock);
	count = io->hangs ? 0 : lay_out(io, 0, 0, head);
	if (count)
		count = lay_out(io, count, tail, sectors - tail);
	r = map_io_run(io, disk->track->origin, count, REQ_OP_READ,
		       MAP_IO_FOREVER);
	*sum = DISK_SUM_INIT;
	for (i = 0; i < count && !r; i++)
		*sum = disk_sum_add(*sum, io->page[i].data, io->page[i].bytes);
	*sum = ~disk_sum_add(*sum, &length, sizeof(length));
	mutex_unlock(&io->lock);
	return r;
}

/* Failure. */

/**
 * map_disk_fail() - the map can't be kept durable any longer
 * @disk: the disk
 * @what: what was tried, for the log
 * @error: and what came of it
 *
 * Whoever waits goes on. The log on the disk doesn't tell any more which blocks
 * change, so the superblock is to say that none is to be trusted; until it does,
 * a crash leaves a map that lacks what is written from now on.
 *
 * Context: process.
 */
void map_disk_fail(struct map_disk *disk, const char *what, int error)
{
	struct track *t = disk->track;
	bool first;

	spin_lock_irq(&disk->log_lock);
	first = !disk->failed;
	WRITE_ONCE(disk->failed, true);
	if (first)
		act_log_fail(&disk->act);
	spin_unlock_irq(&disk->log_lock);
	if (!first)
		return;

	DMERR("%s: the durable map has failed: %s: %s: from now on it is in memory only",
	      t->name, what,
	      error == -ETIMEDOUT ? "the metadata device doesn't answer" :
				    "error of the metadata device");
	map_log_release_all(disk);
	queue_work(system_wq, &t->event_work);
	queue_delayed_work(disk->wq, &disk->stale_work, 0);
}

/* Return: whether it is done. Under disk->lock. */
static bool write_stale(struct map_disk *disk)
{
	u32 era = READ_ONCE(disk->track->drain.drained) + MAP_STALE_ERAS;

	if (disk->stale_done || !disk->live)
		return true;
	set_flags(disk, BRAID_MAP_STALE);
	disk->super->era = cpu_to_le32(min_t(u32, era, ERA_LAST - 1));
	disk->stale_done = !write_supers(disk, map_io_now());
	return disk->stale_done;
}

void map_disk_stale(struct work_struct *work)
{
	struct map_disk *disk = container_of(to_delayed_work(work),
					     struct map_disk, stale_work);
	bool done;

	mutex_lock(&disk->lock);
	done = write_stale(disk);
	mutex_unlock(&disk->lock);
	if (!done)
		queue_delayed_work(disk->wq, &disk->stale_work,
				   MAP_STALE_DELAY);
}

/* Starting, stopping, closing. */

/* Was the origin written while the target was not there to see it? */
static bool origin_parted(struct map_disk *disk)
{
	sector_t sectors = le64_to_cpu(disk->super->origin_sectors);
	u32 flags = get_flags(disk);
	u32 sum;

	if (!(flags & BRAID_MAP_CLEAN) || !(flags & BRAID_MAP_SUMMED))
		return false;
	if (!map_disk_sum(disk, sectors, &sum) &&
	    sum == le32_to_cpu(disk->super->origin_sum))
		return false;
	DMWARN("%s: the origin was written while it was not tracked: all blocks are suspect",
	       disk->track->name);
	return true;
}

static int start_map(struct map_disk *disk, unsigned long since)
{
	int r;

	mutex_lock(&disk->io.lock);
	r = map_disk_write(disk, since);
	mutex_unlock(&disk->io.lock);
	return !r && disk->log_old ? map_log_clear(disk, since) : r;
}

/*
 * Crash: until the superblock is written it says what it did, and whatever was
 * suspect is found suspect again: the same sectors, the same log, the same
 * fingerprint, or stamps that say so. Then it says that the map is in use.
 */
static int start_locked(struct track *t, unsigned long since)
{
	struct map_disk *disk = t->disk;
	struct braid_map_super *super = disk->super;
	u32 flags = get_flags(disk);
	int r;

	if (origin_parted(disk))
		disk->suspects = map_disk_distrust(t);
	r = start_map(disk, since);
	if (r)
		return r;
	set_flags(disk, 0);
	super->era = cpu_to_le32(drain_era(&t->drain) - 1);
	super->origin_sectors = cpu_to_le64(t->len);
	super->nr_blocks =
		cpu_to_le32(rcu_dereference_protected(t->map, true)->nr_blocks);
	super->suspect_blocks = cpu_to_le32(disk->suspects);
	r = write_supers(disk, since);
	/* who tries again looks at the origin again */
	if (r)
		set_flags(disk, flags);
	return r;
}

/* May the map be used that was loaded some time ago? */
static int start_first(struct track *t)
{
	struct map_disk *disk = t->disk;
	const char *why = map_disk_changed(disk);
	int r;

	if (why) {
		DMERR("%s: the metadata device %s since the table was loaded: load it again",
		      t->name, why);
		return -ESTALE;
	}
	r = start_locked(t, MAP_IO_FOREVER);
	if (r)
		DMERR("%s: the durable map can't be written: error %d", t->name,
		      r);
	return r;
}

/**
 * map_disk_start() - a table is about to become live
 * @t: the track
 *
 * The first time, a metadata device that can't be written is refused. Later it
 * isn't, for the foreground is waiting.
 *
 * Context: no write is in flight; may sleep.
 * Return: 0 or an error; it was said.
 */
int map_disk_start(struct track *t)
{
	struct map_disk *disk = t->disk;
	int r = 0;

	if (!disk || READ_ONCE(disk->failed))
		return 0;
	mutex_lock(&disk->lock);
	if (!disk->live) {
		r = start_first(t);
		disk->live = !r;
	} else {
		int error = start_locked(t, map_io_now());

		if (error)
			map_disk_fail(disk, "starting", error);
	}
	mutex_unlock(&disk->lock);
	return r;
}

/* Whatever may differ in memory from the disk, because it's in the log. */
static int stop_map(struct map_disk *disk, unsigned long since)
{
	u32 nr_blocks =
		rcu_dereference_protected(disk->track->map, true)->nr_blocks;
	u32 slot, extent, block;
	int r;

	mutex_lock(&disk->io.lock);
	for (slot = 0; slot < disk->act.nr_slots; slot++) {
		if (!act_log_holds(&disk->act, slot, &extent))
			continue;
		block = extent << disk->extent_shift;
		map_disk_dirty(disk, block,
			       min(1U << disk->extent_shift,
				   nr_blocks - block));
	}
	r = map_disk_write(disk, since);
	mutex_unlock(&disk->io.lock);
	return r;
}

static int stop_locked(struct track *t)
{
	struct map_disk *disk = t->disk;
	u32 sum;
	int r = stop_map(disk, map_io_now());

	if (r)
		return r;
	if (blkdev_issue_flush(t->origin) || map_disk_sum(disk, t->len, &sum)) {
		DMWARN("%s: the origin can't be read: the map is not marked clean",
		       t->name);
		return 0;
	}
	disk->super->origin_sum = cpu_to_le32(sum);
	set_flags(disk, BRAID_MAP_CLEAN | BRAID_MAP_SUMMED);
	return write_super(disk, map_io_now());
}

/**
 * map_disk_stop() - the device is suspended
 * @t: the track
 *
 * A crash before the end leaves the map in use: extents of the log are suspect.
 *
 * Context: no write is in flight, nor will be; may sleep.
 */
void map_disk_stop(struct track *t)
{
	struct map_disk *disk = t->disk;
	int r = 0;

	if (!disk || !disk->live)
		return;
	/* no mark is under way, nor will be */
	mutex_lock(&t->map_lock);
	flush_work(&disk->log_work);
	flush_work(&disk->evict_work);
	mutex_lock(&disk->lock);
	if (READ_ONCE(disk->failed))
		write_stale(disk);
	else
		r = stop_locked(t);
	mutex_unlock(&disk->lock);
	mutex_unlock(&t->map_lock);
	if (r)
		map_disk_fail(disk, "stopping", r);
}

/* Is it stopped, so that no stamp may change? */
bool map_disk_rests(struct map_disk *disk)
{
	bool rests;

	mutex_lock(&disk->lock);
	rests = get_flags(disk) & BRAID_MAP_CLEAN;
	mutex_unlock(&disk->lock);
	return rests;
}

/* The eras that the superblock has in store must not come to their end. */
static void closed_stale(struct map_disk *disk, u32 era)
{
	u32 reserved;

	mutex_lock(&disk->lock);
	reserved = le32_to_cpu(disk->super->era);
	if (disk->stale_done && era + MAP_STALE_ERAS / 2 > reserved) {
		disk->stale_done = false;
		queue_delayed_work(disk->wq, &disk->stale_work, 0);
	}
	mutex_unlock(&disk->lock);
}

/* Return: 0, or an error; it was said. Under disk->lock. */
static int closed_locked(struct track *t, u32 era)
{
	struct map_disk *disk = t->disk;
	int r;

	if (era <= le32_to_cpu(disk->super->era))
		return 0;
	r = blkdev_issue_flush(t->origin);
	if (r) {
		DMERR("%s: era %u: the origin can't be flushed: error %d",
		      t->name, era, r);
		return r;
	}
	disk->super->era = cpu_to_le32(era);
	r = write_super(disk, map_io_now());
	if (r)
		map_disk_fail(disk, "closing an era", r);
	return 0;
}

/**
 * map_disk_closed() - the last write of the newest closed era has landed
 * @t: the track
 *
 * A crash before the superblock is written leaves an era that nobody was told
 * of; its changes are in the next one.
 *
 * Context: under close_lock; may sleep.
 * Return: 0, or the error of flushing the origin; it was said.
 */
int map_disk_closed(struct track *t)
{
	struct map_disk *disk = t->disk;
	int r;

	if (!disk)
		return 0;
	if (READ_ONCE(disk->failed)) {
		closed_stale(disk, t->drain.drained);
		return 0;
	}
	mutex_lock(&disk->lock);
	r = closed_locked(t, t->drain.drained);
	mutex_unlock(&disk->lock);
	return r;
}
