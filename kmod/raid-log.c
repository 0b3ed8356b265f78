// SPDX-License-Identifier: GPL-2.0-only
/*
 * The write-intent log; see the header.
 *
 * In memory a region is marked only while it is marked on all members. A writer
 * counts himself in before he looks for the mark; the cleaner takes the mark
 * away before he looks for writers, and gives it back if there are any. So
 * either the writer waits for a log write that marks the region again, or the
 * cleaner leaves it alone.
 *
 * One ordered workqueue writes the log, so what is on the disks and what is in
 * memory change together. It waits for the members' I/O and takes raid->change,
 * by ->fail; whoever holds that never waits for the log.
 *
 * Crash: marks are written through, on all members, before ->ready; they are
 * taken away only after all members were flushed, with all of the array's
 * members whole before and after that. Whatever a crash leaves, each member that
 * was not lost before has the marks of all regions in which it may differ from
 * another; and of all regions that were written since any was lost.
 */
#include <linux/completion.h>
#include <linux/mm.h>

#include "raid.h"
#include "raid-log.h"
#include "raid-mark.h"
#include "raid-record.h"
#include "raid-region.h"

#define DM_MSG_PREFIX "braid-raid"

/* A region is clean after one to two times as long without a write. */
#define CLEAN_AFTER	(3 * HZ)

/**
 * struct raid_log_io - one member's share in a write of the log
 * @bio: its bio
 * @vec: what the bio carries
 * @log: the log
 */
struct raid_log_io {
	struct bio bio;
	struct bio_vec vec;
	struct raid_log *log;
};

/**
 * struct raid_log - the log of an array
 * @raid: the array
 * @regions: what it is about
 * @events: the array's, when it was begun
 * @found: there is one on the members
 * @wq: see above
 * @write: marks what writers wait for
 * @clean: takes marks away
 * @lock: protects @waiting, and @wanted
 * @waiting: writers that wait
 * @wanted: regions that they wait for
 * @marked: regions that are marked on all members; changed on @wq only
 * @touched: regions that were written since the cleaner looked
 * @scratch: the cleaner's, and the writer's
 * @writers: by region, how many are under way
 * @header: a page
 * @marks: a page
 * @io: by slot
 * @bad: slots where the operation under way failed
 * @pending: how many are under way
 * @done: none is any more
 */
struct raid_log {
	struct raid *raid;
	struct raid_regions regions;
	u64 events;
	bool found;

	struct workqueue_struct *wq;
	struct work_struct write;
	struct delayed_work clean;

	spinlock_t lock; /* see above */
	struct list_head waiting;
	unsigned long *wanted;
	unsigned long *marked;
	unsigned long *touched;
	unsigned long *scratch;
	atomic_t *writers;

	struct braid_log_header *header;
	struct braid_log_block *marks;
	struct raid_log_io *io;
	DECLARE_BITMAP(bad, BRAID_RAID0_MEMBERS_MAX);
	atomic_t pending;
	struct completion done;
};

/* Writing. */

static void end_io(struct bio *bio)
{
	struct raid_log_io *io = container_of(bio, struct raid_log_io, bio);
	struct raid_log *log = io->log;

	if (bio->bi_status)
		set_bit(io - log->io, log->bad);
	if (atomic_dec_and_test(&log->pending))
		complete(&log->done);
}

static void submit(struct raid_log *log, unsigned int slot, sector_t sector,
		   void *page)
{
	struct raid_log_io *io = &log->io[slot];
	blk_opf_t opf = REQ_OP_WRITE | REQ_SYNC | REQ_META;

	bio_init(&io->bio, log->raid->member[slot]->bdev, &io->vec, 1,
		 opf | (page ? REQ_FUA : REQ_PREFLUSH));
	io->bio.bi_end_io = end_io;
	io->log = log;
	if (page) {
		io->bio.bi_iter.bi_sector = sector;
		__bio_add_page(&io->bio, virt_to_page(page),
			       BRAID_LOG_PAGE_SECTORS << SECTOR_SHIFT, 0);
	}
	submit_bio_noacct(&io->bio);
}

/*
 * Write a page through, or, without one, flush, on all members in use. One that
 * can't is given up. Return: whether all that are still used have it.
 */
static bool submit_all(struct raid_log *log, sector_t sector, void *page)
{
	struct raid *raid = log->raid;
	DECLARE_BITMAP(slots, BRAID_RAID0_MEMBERS_MAX) = { 0 };
	unsigned int slot;
	bool good = true;

	bitmap_zero(log->bad, BRAID_RAID0_MEMBERS_MAX);
	reinit_completion(&log->done);
	atomic_set(&log->pending, 1);
	for (slot = 0; slot < raid->members; slot++) {
		if (!raid_member_used(raid, slot))
			continue;
		__set_bit(slot, slots);
		atomic_inc(&log->pending);
		submit(log, slot, sector, page);
	}
	if (!atomic_dec_and_test(&log->pending))
		wait_for_completion_io(&log->done);
	for_each_set_bit(slot, slots, raid->members)
		bio_uninit(&log->io[slot].bio);
	for_each_set_bit(slot, log->bad, raid->members) {
		if (raid_member_used(raid, slot))
			raid->level->fail(raid, slot,
				"its write-intent log can't be written");
		good &= !raid_member_used(raid, slot);
	}
	return good;
}

/* Make these marks, and no others, durable. */
static bool write_marks(struct raid_log *log, const unsigned long *marks)
{
	raid_mark_encode(log->marks, marks, log->regions.count);
	return submit_all(log, raid_record_log(log->raid) +
				       BRAID_LOG_PAGE_SECTORS, log->marks);
}

/* Writers. */

static bool all_marked(const struct raid_log *log,
		       const struct raid_log_entry *entry)
{
	if (entry->first == entry->last)
		return test_bit(entry->first, log->marked);
	return find_next_zero_bit(log->marked, entry->last + 1,
				  entry->first) > entry->last;
}

static void wait_for_mark(struct raid_log *log, struct raid_log_entry *entry)
{
	unsigned long flags;

	spin_lock_irqsave(&log->lock, flags);
	bitmap_set(log->wanted, entry->first, entry->last - entry->first + 1);
	list_add_tail(&entry->node, &log->waiting);
	/* within the lock: once the entry is ready, the log may go */
	queue_work(log->wq, &log->write);
	spin_unlock_irqrestore(&log->lock, flags);
}

/**
 * raid_log_begin() - something is going to be written
 * @raid: the array; it may have no log
 * @entry: the caller's
 * @begin: first sector, in the members' data
 * @end: sector after the last, not the first
 *
 * Return: true: go ahead. false: wait for ->ready.
 */
bool raid_log_begin(struct raid *raid, struct raid_log_entry *entry,
		    sector_t begin, sector_t end)
{
	struct raid_log *log = raid->log;
	u32 region;

	if (!log)
		return true;
	entry->first = raid_region_of(&log->regions, begin);
	entry->last = raid_region_of(&log->regions, end - 1);
	for (region = entry->first; region <= entry->last; region++)
		atomic_inc(&log->writers[region]);
	smp_mb__after_atomic(); /* count, then look: see above */
	if (likely(all_marked(log, entry)))
		return true;
	wait_for_mark(log, entry);
	return false;
}

/**
 * raid_log_end() - what was begun is done on all members
 * @raid: the array
 * @entry: the caller's
 */
void raid_log_end(struct raid *raid, struct raid_log_entry *entry)
{
	struct raid_log *log = raid->log;
	u32 region;

	if (!log)
		return;
	for (region = entry->first; region <= entry->last; region++) {
		if (!test_bit(region, log->touched))
			set_bit(region, log->touched);
		/* whoever sees that none is left sees all that they did */
		smp_mb__before_atomic();
		atomic_dec(&log->writers[region]);
	}
}

/**
 * raid_log_next() - where is the next mark?
 * @raid: the array
 * @sector: from here on, in the members' data
 *
 * Return: the first sector from there on that is in a region which is marked, or
 * where the members' data ends; @sector itself without a log.
 */
sector_t raid_log_next(const struct raid *raid, sector_t sector)
{
	const struct raid_log *log = raid->log;
	u32 region;

	if (!log || sector >= log->regions.sectors)
		return sector;
	region = find_next_bit(log->marked, log->regions.count,
			       raid_region_of(&log->regions, sector));
	if (region >= log->regions.count)
		return log->regions.sectors;
	return max_t(sector_t, sector,
		     raid_region_begin(&log->regions, region));
}

static void write_work(struct work_struct *work)
{
	struct raid_log *log = container_of(work, struct raid_log, write);
	struct raid_log_entry *entry, *next;
	LIST_HEAD(mine);
	bool good;

	spin_lock_irq(&log->lock);
	list_splice_init(&log->waiting, &mine);
	bitmap_or(log->scratch, log->marked, log->wanted, log->regions.count);
	bitmap_zero(log->wanted, log->regions.count);
	spin_unlock_irq(&log->lock);
	if (list_empty(&mine))
		return;
	good = write_marks(log, log->scratch);
	if (good)
		bitmap_copy(log->marked, log->scratch, log->regions.count);
	queue_delayed_work(log->wq, &log->clean, CLEAN_AFTER);
	list_for_each_entry_safe(entry, next, &mine, node) {
		if (!good)
			raid_log_end(log->raid, entry);
		entry->ready(entry, good ? BLK_STS_OK : BLK_STS_IOERR);
	}
}

/* The cleaner. */

/* Do members lack something that isn't being written now? */
static bool degraded(const struct raid *raid)
{
	unsigned int slot;

	for (slot = 0; slot < raid->members; slot++) {
		if (!raid_member_whole(raid, slot))
			return true;
	}
	return READ_ONCE(raid->torn);
}

static bool in_use(const struct raid_log *log, u32 region)
{
	return atomic_read(&log->writers[region]) ||
	       raid_sync_unsynced(log->raid,
				  raid_region_begin(&log->regions, region),
				  raid_region_end(&log->regions, region));
}

/* Takes marks away, in memory, that need not be; they are in log->scratch. */
static bool pick(struct raid_log *log)
{
	unsigned int i, words = BITS_TO_LONGS(log->regions.count);
	u32 region;

	for (i = 0; i < words; i++)
		log->scratch[i] = log->marked[i] & ~xchg(&log->touched[i], 0);
	bitmap_andnot(log->marked, log->marked, log->scratch,
		      log->regions.count);
	smp_mb(); /* take it away, then look: see above */
	for_each_set_bit(region, log->scratch, log->regions.count) {
		if (!in_use(log, region))
			continue;
		__clear_bit(region, log->scratch);
		set_bit(region, log->marked);
	}
	return !bitmap_empty(log->scratch, log->regions.count);
}

/*
 * A member that was lost after it was looked at lacks nothing but what ended
 * later, and whoever ended later was counted, or is going to mark it again.
 */
static void clean_work(struct work_struct *work)
{
	struct raid_log *log =
		container_of(work, struct raid_log, clean.work);
	bool good;

	if (!degraded(log->raid) && pick(log)) {
		good = !degraded(log->raid) && submit_all(log, 0, NULL);
		smp_mb(); /* all that was flushed, then look once more */
		if (!good || degraded(log->raid))
			bitmap_or(log->marked, log->marked, log->scratch,
				  log->regions.count);
		else
			write_marks(log, log->marked);
	}
	if (!bitmap_empty(log->marked, log->regions.count))
		queue_delayed_work(log->wq, &log->clean, CLEAN_AFTER);
}

/* Starting and stopping. */

static int read_page(struct raid_log *log, unsigned int slot, sector_t sector,
		     void *page)
{
	return raid_member_io(log->raid, slot, sector, virt_to_page(page),
			      BRAID_LOG_PAGE_SECTORS << SECTOR_SHIFT,
			      REQ_OP_READ | REQ_SYNC | REQ_META);
}

/* Adds what a member has marked. */
static void read_member(struct raid_log *log, unsigned int slot)
{
	sector_t sector = raid_record_log(log->raid);

	if (read_page(log, slot, sector, log->header) ||
	    !raid_mark_check(log->header, log->raid->uuid.b, &log->regions))
		return;
	log->found = true;
	log->events = max_t(u64, log->events, le64_to_cpu(log->header->events));
	if (read_page(log, slot, sector + BRAID_LOG_PAGE_SECTORS, log->marks))
		bitmap_fill(log->marked, log->regions.count);
	else
		raid_mark_decode(log->marks, log->marked, log->regions.count);
}

/**
 * raid_log_read() - what is marked, now that the array starts?
 * @raid: the array; no I/O has come yet
 * @slots: the members that hold all that was acknowledged
 *
 * Return: whether there is a log; if not, nothing is known.
 */
bool raid_log_read(struct raid *raid, const unsigned long *slots)
{
	struct raid_log *log = raid->log;
	unsigned int slot;

	if (!log)
		return false;
	log->found = false;
	log->events = 0;
	bitmap_zero(log->marked, log->regions.count);
	for_each_set_bit(slot, slots, raid->members)
		read_member(log, slot);
	return log->found;
}

/**
 * raid_log_covers() - does it know all that a member lacks?
 * @raid: the array; raid_log_read() was called
 * @events: the member's, from the time before it was lost
 *
 * Return: whether what was written since then is marked.
 */
bool raid_log_covers(const struct raid *raid, u64 events)
{
	return raid->log && raid->log->found && events >= raid->log->events;
}

/**
 * raid_log_marks() - the regions that are marked
 * @raid: the array; it has a log
 *
 * Return: a bit for each.
 */
const unsigned long *raid_log_marks(const struct raid *raid)
{
	return raid->log->marked;
}

static bool write_header(struct raid_log *log)
{
	memset(log->header, 0, PAGE_SIZE);
	raid_mark_header(log->header, log->raid->uuid.b, log->events,
			 &log->regions);
	return submit_all(log, raid_record_log(log->raid), log->header);
}

/* Return: whether the member has no log any more, or isn't used. */
static bool erase_member(struct raid *raid, unsigned int slot,
			 struct page *page)
{
	if (!raid_member_io(raid, slot, raid_record_log(raid), page,
			    BRAID_LOG_PAGE_SECTORS << SECTOR_SHIFT,
			    REQ_OP_WRITE | REQ_FUA))
		return true;
	raid->level->fail(raid, slot, "its write-intent log can't be erased");
	return !raid_member_used(raid, slot);
}

/* Without a log, no older one may be taken for what was written meanwhile. */
static int erase(struct raid *raid)
{
	struct page *page;
	unsigned int slot;
	bool good = true;

	if (!raid_record_log(raid))
		return 0;
	page = alloc_page(GFP_KERNEL | __GFP_ZERO);
	if (!page)
		return -ENOMEM;
	for (slot = 0; slot < raid->members && good; slot++) {
		if (raid_member_used(raid, slot))
			good = erase_member(raid, slot, page);
	}
	__free_page(page);
	return good ? 0 : -EIO;
}

/**
 * raid_log_start() - all members have the log from now on
 * @raid: the array; no I/O has come yet
 * @keep: the marks that were read are to stay
 * @events: the array's now
 *
 * Marks first, so that a header is never there without them.
 *
 * Return: 0, or -errno, then the array must not be used.
 */
int raid_log_start(struct raid *raid, bool keep, u64 events)
{
	struct raid_log *log = raid->log;

	if (!log)
		return erase(raid);
	if (!log->found)
		log->events = events;
	if (!keep && !degraded(raid))
		bitmap_zero(log->marked, log->regions.count);
	if (!write_marks(log, log->marked) || !write_header(log))
		return -EIO;
	log->found = true;
	queue_delayed_work(log->wq, &log->clean, CLEAN_AFTER);
	return 0;
}

/**
 * raid_log_stop() - the array is suspended; marks that it doesn't need go
 * @raid: the array; no I/O is in flight, nor will be
 */
void raid_log_stop(struct raid *raid)
{
	struct raid_log *log = raid->log;

	if (!log)
		return;
	flush_work(&log->write);
	cancel_delayed_work_sync(&log->clean);
	if (!raid->active || !braid_table_writable(raid->ti->table))
		return;
	bitmap_zero(log->touched, log->regions.count);
	if (!degraded(raid) && pick(log) && submit_all(log, 0, NULL))
		write_marks(log, log->marked);
}

/* Making and unmaking. */

static bool fill_log(struct raid_log *log)
{
	const char *name = dm_table_device_name(log->raid->ti->table);
	u32 count = log->regions.count;

	log->wanted = bitmap_zalloc(count, GFP_KERNEL);
	log->marked = bitmap_zalloc(count, GFP_KERNEL);
	log->touched = bitmap_zalloc(count, GFP_KERNEL);
	log->scratch = bitmap_zalloc(count, GFP_KERNEL);
	log->writers = kvcalloc(count, sizeof(*log->writers), GFP_KERNEL);
	log->io = kcalloc(log->raid->members, sizeof(*log->io), GFP_KERNEL);
	log->header = (void *)get_zeroed_page(GFP_KERNEL);
	log->marks = (void *)get_zeroed_page(GFP_KERNEL);
	log->wq = alloc_ordered_workqueue("braid-log/%s", WQ_MEM_RECLAIM, name);
	return log->wanted && log->marked && log->touched && log->scratch &&
	       log->writers && log->io && log->header && log->marks && log->wq;
}

/**
 * raid_log_make() - what a log needs
 * @raid: the array; its superblocks say where the log is
 *
 * raid_log_free() undoes what was done, also on failure; then ti->error is set.
 *
 * Return: 0 or -errno.
 */
int raid_log_make(struct raid *raid)
{
	struct raid_log *log;

	if (!raid_record_log(raid) || raid->no_log || !raid->level->log)
		return 0;
	log = kzalloc(sizeof(*log), GFP_KERNEL);
	raid->log = log;
	if (log) {
		log->raid = raid;
		raid_regions_init(&log->regions, raid->member_sectors);
		spin_lock_init(&log->lock);
		INIT_LIST_HEAD(&log->waiting);
		init_completion(&log->done);
		INIT_WORK(&log->write, write_work);
		INIT_DELAYED_WORK(&log->clean, clean_work);
	}
	if (log && fill_log(log))
		return 0;
	raid->ti->error = "not enough memory for the write-intent log";
	return -ENOMEM;
}

/**
 * raid_log_free() - undo raid_log_make()
 * @raid: the array; stopped
 */
void raid_log_free(struct raid *raid)
{
	struct raid_log *log = raid->log;

	if (!log)
		return;
	if (log->wq)
		destroy_workqueue(log->wq);
	bitmap_free(log->wanted);
	bitmap_free(log->marked);
	bitmap_free(log->touched);
	bitmap_free(log->scratch);
	kvfree(log->writers);
	kfree(log->io);
	free_page((unsigned long)log->header);
	free_page((unsigned long)log->marks);
	kfree(log);
	raid->log = NULL;
}
