// SPDX-License-Identifier: GPL-2.0-only
/*
 * The activity log at work: writes to extents that aren't hot wait here, in lists
 * that need no memory, until the extents are durable in the log. One work writes
 * the log, for all that came meanwhile at once; another makes room in it before it
 * is needed. Neither waits for the other but when there is no room.
 *
 * A write that waits has left its era: it has stamped nothing, so it belongs to
 * the era in which it goes on. So no close waits for the log.
 */
#define DM_MSG_PREFIX "braid-track"

#include <linux/moduleparam.h>

#include "map-disk.h"
#include "map-sector.h"
#include "track.h"

#ifdef BRAID_DEBUG
/* For tests of crashes, which must find that this is wrong. */
static bool debug_skip_log;
module_param(debug_skip_log, bool, 0644);
MODULE_PARM_DESC(debug_skip_log, "Let writes go before the activity log is durable: loses changes");
#else
#define debug_skip_log	false
#endif

/* Those whose extent is hot leave the list. Under log_lock. */
static void take_ready(struct map_disk *disk, struct list_head *ready)
{
	struct track_bio *tb, *next;

	list_for_each_entry_safe(tb, next, &disk->waiting, node) {
		if (act_log_touch(&disk->act, tb->block >> disk->extent_shift))
			list_move_tail(&tb->node, ready);
	}
}

/* Those who found no room try again, in order. Under log_lock. */
static void admit(struct map_disk *disk, struct list_head *ready)
{
	struct track_bio *tb, *next;

	list_for_each_entry_safe(tb, next, &disk->crowded, node) {
		switch (act_log_enter(&disk->act,
				      tb->block >> disk->extent_shift)) {
		case ACT_ENTRY_FULL:
			return;
		case ACT_ENTRY_WAIT:
			tb->pinned = true;
			list_move_tail(&tb->node, &disk->waiting);
			break;
		case ACT_ENTRY_HOT:
			tb->pinned = true;
			list_move_tail(&tb->node, ready);
			break;
		}
	}
}

static void release(struct map_disk *disk, struct list_head *ready)
{
	struct track_bio *tb, *next;

	list_for_each_entry_safe(tb, next, ready, node)
		track_write_hot(disk->track, tb);
}

/* Everybody, because the log has failed. */
void map_log_release_all(struct map_disk *disk)
{
	LIST_HEAD(ready);

	spin_lock_irq(&disk->log_lock);
	list_splice_init(&disk->waiting, &ready);
	list_splice_tail_init(&disk->crowded, &ready);
	spin_unlock_irq(&disk->log_lock);
	release(disk, &ready);
}

/**
 * map_log_share() - may a write wait for several blocks of an extent?
 * @t: the track, with a disk
 * @tb: the write
 *
 * Not if a view is open or about to be, for then blocks are copied one by one.
 * Whoever opens a view waits for those who were told that they may.
 *
 * Context: RCU read-side section, the one in which the write waits.
 * Return: whether it may. Then map_log_unshare() is due when it is stamped.
 */
bool map_log_share(struct track *t, struct track_bio *tb)
{
	struct map_disk *disk = t->disk;

	/* pairs with map_log_many() */
	if (debug_skip_log || smp_load_acquire(&disk->single) ||
	    rcu_access_pointer(t->views))
		return false;
	tb->shared = true;
	atomic_inc(&disk->shared);
	return true;
}

void map_log_unshare(struct track *t, struct track_bio *tb)
{
	tb->shared = false;
	if (atomic_dec_and_test(&t->disk->shared))
		wake_up(&t->disk->idle);
}

/**
 * map_log_single() - a view is about to be opened
 * @disk: the disk, or NULL
 *
 * When this returns nobody waits for several blocks, nor will before
 * map_log_many(), which is due in any case.
 *
 * Context: may sleep, for no longer than writes wait for the log.
 * Return: 0 or -EINTR.
 */
int map_log_single(struct map_disk *disk)
{
	if (!disk)
		return 0;
	WRITE_ONCE(disk->single, true);
	synchronize_rcu_expedited();
	return wait_event_interruptible(disk->idle,
					!atomic_read(&disk->shared)) ?
		       -EINTR :
		       0;
}

/* The view was published, or wasn't opened after all. */
void map_log_many(struct map_disk *disk)
{
	if (disk)
		smp_store_release(&disk->single, false);
}

/**
 * map_log_wait() - have a write's extent hot, and pinned
 * @t: the track, with a disk
 * @tb: the write, in its era
 *
 * Context: RCU read-side section, the one in which the write entered its era.
 * Return: whether it must wait. Then it has left its era and must not be touched
 * any more: track_write_hot() goes on with it. If not, map_log_unpin() is due.
 */
bool map_log_wait(struct track *t, struct track_bio *tb)
{
	struct map_disk *disk = t->disk;
	u32 extent = tb->block >> disk->extent_shift;
	enum act_entry entry = ACT_ENTRY_FULL;
	unsigned long flags;

	spin_lock_irqsave(&disk->log_lock, flags);
	/* a free slot is for those who came before */
	if (list_empty(&disk->crowded) || disk->failed ||
	    act_log_names(&disk->act, extent))
		entry = act_log_enter(&disk->act, extent);
	tb->pinned = entry != ACT_ENTRY_FULL;
	if (entry != ACT_ENTRY_HOT && !debug_skip_log) {
		drain_leave(&t->drain, tb->era);
		tb->era = 0;
		list_add_tail(&tb->node, entry == ACT_ENTRY_FULL ?
						 &disk->crowded :
						 &disk->waiting);
	}
	spin_unlock_irqrestore(&disk->log_lock, flags);
	if (entry == ACT_ENTRY_HOT)
		return false;
	queue_work(disk->wq, entry == ACT_ENTRY_FULL ? &disk->evict_work :
						       &disk->log_work);
	return !debug_skip_log;
}

/**
 * map_log_unpin() - the block is stamped
 * @t: the track
 * @tb: whose extent may have been pinned
 */
void map_log_unpin(struct track *t, struct track_bio *tb)
{
	struct map_disk *disk = t->disk;
	unsigned long flags;
	bool wanted = false;

	if (!tb->pinned)
		return;
	tb->pinned = false;
	spin_lock_irqsave(&disk->log_lock, flags);
	if (act_log_unpin(&disk->act, tb->block >> disk->extent_shift))
		wanted = !list_empty(&disk->crowded);
	spin_unlock_irqrestore(&disk->log_lock, flags);
	if (wanted)
		queue_work(disk->wq, &disk->evict_work);
}

/* Lay out a unit of the log as it has to be. Under log_lock. */
static void lay_out_unit(struct map_disk *disk, u32 unit, unsigned int index)
{
	sector_t sector =
		le64_to_cpu(disk->super->log_offset) + unit * BRAID_MAP_UNIT;
	struct braid_map_sector *s = map_io_unit(&disk->log_io, index, sector);
	u32 slot = unit * BRAID_MAP_UNIT_VALUES;
	unsigned int i, j;

	for (i = 0; i < BRAID_MAP_UNIT; i++) {
		for (j = 0; j < BRAID_MAP_VALUES; j++)
			s[i].value[j] =
				cpu_to_le32(act_log_value(&disk->act, slot++));
	}
}

static int write_units(struct map_disk *disk, unsigned int count,
		       unsigned long since)
{
	struct map_io *io = &disk->log_io;
	unsigned int i, j;

	for (i = 0; i < count; i++) {
		struct braid_map_sector *s = io->page[i].data;

		for (j = 0; j < BRAID_MAP_UNIT; j++)
			map_sector_seal(s + j, disk->super->map_id,
					io->page[i].sector + j);
	}
	WRITE_ONCE(disk->log_writes, disk->log_writes + count);
	return map_io_run(io, disk->bdev, count, REQ_OP_WRITE | REQ_FUA, since);
}

/**
 * map_log_clear() - have the log on the disk as it is in memory: empty
 * @disk: the disk; nobody uses the log
 * @since: when the waiting began, or MAP_IO_FOREVER
 *
 * Return: as map_io_run().
 */
int map_log_clear(struct map_disk *disk, unsigned long since)
{
	u32 units = disk->log_io.most;
	u32 unit;
	int r;

	mutex_lock(&disk->log_io.lock);
	spin_lock_irq(&disk->log_lock);
	for (unit = 0; unit < units; unit++)
		lay_out_unit(disk, unit, unit);
	spin_unlock_irq(&disk->log_lock);
	r = write_units(disk, units, since);
	mutex_unlock(&disk->log_io.lock);
	disk->log_old = r;
	return r;
}

/* Return: how many units of the log have to be written. */
static unsigned int begin_write(struct map_disk *disk, struct list_head *ready)
{
	unsigned int count = 0;
	u64 units;
	u32 unit;

	spin_lock_irq(&disk->log_lock);
	admit(disk, ready);
	units = disk->failed ? 0 : act_log_begin(&disk->act);
	for (unit = 0; units >> unit; unit++) {
		if (units >> unit & 1)
			lay_out_unit(disk, unit, count++);
		if (unit == 63)
			break;
	}
	spin_unlock_irq(&disk->log_lock);
	return count;
}

static void end_write(struct map_disk *disk, struct list_head *ready)
{
	spin_lock_irq(&disk->log_lock);
	if (!disk->failed)
		act_log_end(&disk->act);
	take_ready(disk, ready);
	spin_unlock_irq(&disk->log_lock);
}

static bool wants_room(struct map_disk *disk)
{
	bool wants;

	spin_lock_irq(&disk->log_lock);
	wants = act_log_is_tight(&disk->act);
	spin_unlock_irq(&disk->log_lock);
	return wants;
}

/*
 * Crash: before, the extents are cold and nothing of them was written; within it,
 * each sector of the log is the old one or the new one, and what it names too
 * much is reported in vain; after it they may be written.
 */
static void map_log_work(struct work_struct *work)
{
	struct map_disk *disk = container_of(work, struct map_disk, log_work);
	unsigned int count;
	bool written = false;
	LIST_HEAD(ready);
	int r;

	mutex_lock(&disk->log_io.lock);
	while ((count = begin_write(disk, &ready))) {
		r = write_units(disk, count, map_io_now());
		if (r)
			map_disk_fail(disk, "writing the activity log", r);
		end_write(disk, &ready);
		release(disk, &ready);
		INIT_LIST_HEAD(&ready);
		written = true;
	}
	mutex_unlock(&disk->log_io.lock);
	release(disk, &ready);
	/* else nothing was taken, and whoever lets go of a slot sees to it */
	if (written && wants_room(disk))
		queue_work(disk->wq, &disk->evict_work);
}

/* Make some extents cold, and note which units of the map that takes. */
static u32 choose(struct map_disk *disk, u32 *slots, bool *hurry)
{
	u32 nr_blocks, count, i, extent;

	spin_lock_irq(&disk->log_lock);
	*hurry = !list_empty(&disk->crowded);
	count = act_log_choose(&disk->act, slots,
			       clamp(disk->act.nr_slots / 8, 1U,
				     ACT_LOG_BATCH));
	spin_unlock_irq(&disk->log_lock);

	rcu_read_lock();
	nr_blocks = rcu_dereference(disk->track->map)->nr_blocks;
	rcu_read_unlock();
	for (i = 0; i < count; i++) {
		u32 block;

		act_log_holds(&disk->act, slots[i], &extent);
		block = extent << disk->extent_shift;
		map_disk_dirty(disk, block,
			       min(1U << disk->extent_shift,
				   nr_blocks - block));
	}
	return count;
}

/*
 * Crash: until the slot is given to another extent the log names this one, and
 * its blocks are suspect though the map has them.
 *
 * Return: whether there was anything that could leave.
 */
static bool evict(struct map_disk *disk)
{
	u32 slots[ACT_LOG_BATCH];
	u32 count, i;
	bool hurry;
	int r;

	mutex_lock(&disk->io.lock);
	count = choose(disk, slots, &hurry);
	if (count && hurry)
		synchronize_rcu_expedited();
	else if (count)
		synchronize_rcu();
	r = count ? map_disk_write(disk, map_io_now()) : 0;
	mutex_unlock(&disk->io.lock);
	if (r)
		map_disk_fail(disk, "writing the map", r);

	spin_lock_irq(&disk->log_lock);
	for (i = 0; i < count && !disk->failed; i++)
		act_log_left(&disk->act, slots[i]);
	spin_unlock_irq(&disk->log_lock);
	return count;
}

static void map_evict_work(struct work_struct *work)
{
	struct map_disk *disk = container_of(work, struct map_disk, evict_work);
	bool admits, more;

	do {
		more = wants_room(disk) && evict(disk);
		spin_lock_irq(&disk->log_lock);
		admits = !list_empty(&disk->crowded) && disk->act.nr_free;
		spin_unlock_irq(&disk->log_lock);
		if (admits)
			queue_work(disk->wq, &disk->log_work);
	} while (more);
}

void map_log_init(struct map_disk *disk)
{
	spin_lock_init(&disk->log_lock);
	INIT_LIST_HEAD(&disk->waiting);
	INIT_LIST_HEAD(&disk->crowded);
	init_waitqueue_head(&disk->idle);
	INIT_WORK(&disk->log_work, map_log_work);
	INIT_WORK(&disk->evict_work, map_evict_work);
}
