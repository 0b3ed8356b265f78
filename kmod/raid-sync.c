// SPDX-License-Identifier: GPL-2.0-only
/*
 * What makes the members of an array agree; see the header.
 *
 * One work item per array, on a workqueue of its own, which does one run after
 * the other until there is nothing more to do. It waits for foreground writes
 * (in ->sync_piece) and takes raid->change; neither ever waits for it, but for
 * whoever suspends the array or sends it a message.
 */
#include <linux/ktime.h>

#include "raid.h"
#include "raid-log.h"
#include "raid-pace.h"
#include "raid-record.h"
#include "raid-region.h"

#define DM_MSG_PREFIX "braid-raid"

/* How often what was done is recorded. */
#define RECORD_EVERY	(5 * HZ)

/* Whoever used the array a moment ago is still about to. */
#define BUSY_FOR	(HZ / 4)

/**
 * struct raid_sync - the work on an array
 * @raid: the array
 * @wq: where @work runs
 * @work: does it
 * @wait: where it rests, and where messages wait for the end of a run
 * @lock: protects the fields below, up to @mismatches; other than these, and
 *	@unsynced, are the work's own
 * @asked: check or repair, if somebody asked for it; else idle
 * @now: what is being done
 * @runs: how many runs have ended
 * @quiet: suspended
 * @frozen: nothing is to be done
 * @halt: the run that is under way is to end
 * @stuck: what is necessary could not be done
 * @at: how far the run has come
 * @mismatches: sectors that differed, as the last check or repair found
 * @differed: sectors that differed in this run
 * @pace: how fast it goes
 * @recorded: when it was recorded last
 * @regions: what @unsynced is about
 * @unsynced: regions where redundancy has to be established; only the work
 *	takes bits away, and only raid_sync_begin() adds some
 * @left: how many
 * @from: those from this sector on the superblocks know of, the others the log
 */
struct raid_sync {
	struct raid *raid;
	struct workqueue_struct *wq;
	struct work_struct work;
	wait_queue_head_t wait;

	spinlock_t lock; /* see above */
	enum raid_sync_action asked;
	enum raid_sync_action now;
	unsigned int runs;
	bool quiet;
	bool frozen;
	bool halt;
	bool stuck;
	sector_t at;
	u64 mismatches;

	u64 differed;
	struct raid_pace pace;
	unsigned long recorded;

	struct raid_regions regions;
	unsigned long *unsynced;
	u32 left;
	u64 from;
};

static const char *const words[] = {
	[RAID_SYNC_IDLE] = "idle",
	[RAID_SYNC_FROZEN] = "frozen",
	[RAID_SYNC_RESYNC] = "resync",
	[RAID_SYNC_RECOVER] = "recover",
	[RAID_SYNC_REPLACE] = "replace",
	[RAID_SYNC_CHECK] = "check",
	[RAID_SYNC_REPAIR] = "repair",
};

/**
 * raid_sync_word() - the word for an action
 * @action: the action
 *
 * Return: the word, as in messages and in the status.
 */
const char *raid_sync_word(enum raid_sync_action action)
{
	return words[action];
}

/* What is unsynced. */

static sector_t first_unsynced(const struct raid_sync *sync, sector_t from)
{
	u32 region = raid_region_of(&sync->regions, from);

	if (!READ_ONCE(sync->left))
		return sync->regions.sectors;
	region = find_next_bit(sync->unsynced, sync->regions.count, region);
	if (region >= sync->regions.count)
		return sync->regions.sectors;
	return max_t(sector_t, from,
		     raid_region_begin(&sync->regions, region));
}

/**
 * raid_sync_unsynced() - does the array not vouch for redundancy in a range?
 * @raid: the array
 * @begin: first sector, in the members' data
 * @end: sector after the last
 *
 * Any context. What isn't unsynced doesn't become it while I/O is under way.
 *
 * Return: whether any of it has to be synchronised yet.
 */
bool raid_sync_unsynced(const struct raid *raid, sector_t begin, sector_t end)
{
	const struct raid_sync *sync = raid->sync;

	return sync && READ_ONCE(sync->left) &&
	       first_unsynced(sync, begin) < end;
}

/**
 * raid_sync_resynced() - how far redundancy is established
 * @raid: the array
 *
 * Return: the first sector of the members' data that isn't, of those of which the
 * log doesn't know; or BRAID_SYNCED.
 */
u64 raid_sync_resynced(const struct raid *raid)
{
	sector_t first;

	if (!raid->sync)
		return raid_record_resynced(raid);
	first = first_unsynced(raid->sync, raid->sync->from);
	return first < raid->member_sectors ? first : BRAID_SYNCED;
}

/* Everything in this region was done. */
static void synced(struct raid_sync *sync, sector_t end)
{
	u32 region = raid_region_of(&sync->regions, end - 1);

	if (end == raid_region_end(&sync->regions, region) &&
	    test_and_clear_bit(region, sync->unsynced))
		WRITE_ONCE(sync->left, sync->left - 1);
}

/**
 * raid_sync_begin() - what has to be synchronised, now that the array starts
 * @raid: the array; no I/O has come yet
 * @resynced: everything from this sector of the members' data on
 * @marks: and these regions; or NULL
 */
void raid_sync_begin(struct raid *raid, u64 resynced,
		     const unsigned long *marks)
{
	struct raid_sync *sync = raid->sync;
	u32 first;

	if (!sync)
		return;
	bitmap_zero(sync->unsynced, sync->regions.count);
	if (resynced < sync->regions.sectors) {
		first = raid_region_of(&sync->regions, resynced);
		bitmap_set(sync->unsynced, first, sync->regions.count - first);
	}
	if (marks)
		bitmap_or(sync->unsynced, sync->unsynced, marks,
			  sync->regions.count);
	sync->left = bitmap_weight(sync->unsynced, sync->regions.count);
	sync->from = min(resynced, sync->regions.sectors);
}

/**
 * raid_sync_by_marks() - is there something unsynced of which only the log knows?
 * @raid: the array
 *
 * Return: whether there is; then the superblocks don't tell all.
 */
bool raid_sync_by_marks(const struct raid *raid)
{
	const struct raid_sync *sync = raid->sync;

	return sync && sync->left && first_unsynced(sync, 0) < sync->from;
}

/* A run. */

static bool interrupted(struct raid_sync *sync)
{
	return READ_ONCE(sync->halt);
}

/* Members that take part in a rebuild. Return: whether there are any. */
static bool rebuilding(const struct raid *raid, unsigned long *slots)
{
	unsigned int slot;

	bitmap_zero(slots, BRAID_RAID0_MEMBERS_MAX);
	for_each_set_bit(slot, raid->rebuilding, raid->members) {
		if (raid_member_used(raid, slot))
			__set_bit(slot, slots);
	}
	return !bitmap_empty(slots, BRAID_RAID0_MEMBERS_MAX);
}

/* Where all that are being rebuilt have come to. */
static sector_t recovered(const struct raid *raid)
{
	DECLARE_BITMAP(slots, BRAID_RAID0_MEMBERS_MAX);
	sector_t least = raid->member_sectors;
	unsigned int slot;

	rebuilding(raid, slots);
	for_each_set_bit(slot, slots, raid->members)
		least = min(least, READ_ONCE(raid->recovered[slot]));
	return least;
}

/* Is there a twin that lacks something yet? */
static bool replacing(const struct raid *raid)
{
	return raid_twin_used(raid) &&
	       READ_ONCE(raid->recovered[raid->members]) < raid->member_sectors;
}

static bool is_recorded(const struct raid_sync *sync)
{
	return sync->now == RAID_SYNC_RESYNC ||
	       sync->now == RAID_SYNC_RECOVER ||
	       sync->now == RAID_SYNC_REPLACE;
}

static void advance(struct raid_sync *sync, const struct raid_piece *piece)
{
	struct raid *raid = sync->raid;
	unsigned int slot;

	WRITE_ONCE(sync->at, piece->end);
	switch (sync->now) {
	case RAID_SYNC_RESYNC:
		synced(sync, piece->end);
		break;
	case RAID_SYNC_RECOVER:
		for_each_set_bit(slot, raid->rebuilding, raid->members) {
			if (raid->recovered[slot] < piece->end)
				WRITE_ONCE(raid->recovered[slot], piece->end);
		}
		break;
	case RAID_SYNC_REPLACE:
		WRITE_ONCE(raid->recovered[raid->members], piece->end);
		break;
	default:
		WRITE_ONCE(sync->mismatches, sync->differed);
		break;
	}
}

static u64 now_ms(void)
{
	return ktime_to_ms(ktime_get());
}

static bool busy(const struct raid *raid)
{
	return time_before(jiffies, READ_ONCE(raid->used_at) + BUSY_FOR);
}

/* Whether the array is in use may change meanwhile, so never for long. */
static void rest(struct raid_sync *sync, u32 sectors)
{
	u32 delay;

	for (;;) {
		delay = raid_pace_delay(&sync->pace, now_ms(), sectors,
					busy(sync->raid));
		if (!delay || interrupted(sync))
			return;
		wait_event_idle_timeout(sync->wait, interrupted(sync),
					msecs_to_jiffies(min(delay, 200U)) + 1);
		sectors = 0;
	}
}

/* Once in a while. A failure is met again at the end of the run. */
static void record(struct raid_sync *sync)
{
	DECLARE_BITMAP(none, BRAID_RAID0_MEMBERS_MAX) = { 0 };

	if (!is_recorded(sync))
		return;
	if (time_before(jiffies, sync->recorded + RECORD_EVERY))
		return;
	raid_record_progress(sync->raid, none);
	sync->recorded = jiffies;
}

/* The next piece that is to be done from @at on. Return: whether there is one. */
static bool next_piece(const struct raid_sync *sync, sector_t at,
		       struct raid_piece *piece)
{
	DECLARE_BITMAP(slots, BRAID_RAID0_MEMBERS_MAX);

	if (sync->now == RAID_SYNC_RESYNC)
		at = first_unsynced(sync, at);
	if (sync->now == RAID_SYNC_REPLACE && !raid_twin_used(sync->raid))
		return false;
	if (sync->now == RAID_SYNC_RECOVER) {
		if (!rebuilding(sync->raid, slots))
			return false;
		/* where parity is, all that it passes over is to be held */
		if (!sync->raid->level->parity &&
		    raid_record_by_log(sync->raid))
			at = raid_log_next(sync->raid, at);
	}
	piece->begin = at;
	piece->end = min_t(sector_t, at + RAID_PIECE_SECTORS,
			   sync->raid->member_sectors);
	return piece->begin < piece->end;
}

static int walk(struct raid_sync *sync)
{
	struct raid *raid = sync->raid;
	struct raid_piece piece;
	int r;

	while (next_piece(sync, sync->at, &piece)) {
		if (interrupted(sync))
			return -EINTR;
		r = raid->level->sync_piece(raid, &piece, sync->now,
					    &sync->differed);
		if (r < 0)
			return r;
		advance(sync, &piece);
		if (!r)
			rest(sync, piece.end - piece.begin);
		record(sync);
		cond_resched();
	}
	return 0;
}

/* What was done is to last, and those that are whole now are to be used. */
static int conclude(struct raid_sync *sync, int r)
{
	DECLARE_BITMAP(joined, BRAID_RAID0_MEMBERS_MAX) = { 0 };

	if (!is_recorded(sync))
		return r;
	if (!r && sync->now == RAID_SYNC_RECOVER &&
	    !rebuilding(sync->raid, joined))
		r = -EINTR;
	if (!r && sync->now == RAID_SYNC_REPLACE &&
	    !raid_twin_used(sync->raid))
		r = -EINTR;
	/* when it is suspended, that is recorded anyway */
	if (READ_ONCE(sync->quiet))
		return r;
	return raid_record_progress(sync->raid, joined) ?: r;
}

static void run(struct raid_sync *sync)
{
	const char *name = dm_table_device_name(sync->raid->ti->table);
	const char *word = words[sync->now];
	int r;

	DMINFO("%s: %s begins at sector %llu", name, word,
	       (unsigned long long)sync->at);
	schedule_work(&sync->raid->event);
	raid_pace_start(&sync->pace, now_ms());
	sync->recorded = jiffies;
	sync->differed = 0;
	r = conclude(sync, walk(sync));
	if (!r)
		DMINFO("%s: %s is done, %llu sectors differed", name, word,
		       (unsigned long long)sync->differed);
	else if (r == -EINTR)
		DMINFO("%s: %s was interrupted at sector %llu", name, word,
		       (unsigned long long)sync->at);
	else
		DMERR("%s: %s can't go on at sector %llu: error %d", name,
		      word, (unsigned long long)sync->at, r);

	spin_lock_irq(&sync->lock);
	sync->stuck |= r && r != -EINTR;
	sync->now = RAID_SYNC_IDLE;
	sync->runs++;
	spin_unlock_irq(&sync->lock);
	wake_up_all(&sync->wait);
	schedule_work(&sync->raid->event);
}

static bool can_resync(const struct raid *raid)
{
	unsigned int slot;

	for (slot = 0; slot < raid->members; slot++) {
		if (raid->level->parity && !raid_member_whole(raid, slot))
			return false;
	}
	return true;
}

/* What is necessary comes before what somebody asked for. */
static enum raid_sync_action choose(struct raid_sync *sync)
{
	DECLARE_BITMAP(slots, BRAID_RAID0_MEMBERS_MAX);
	enum raid_sync_action asked = sync->asked;

	if (!sync->stuck && sync->left && can_resync(sync->raid))
		return RAID_SYNC_RESYNC;
	if (!sync->stuck && rebuilding(sync->raid, slots))
		return RAID_SYNC_RECOVER;
	if (!sync->stuck && replacing(sync->raid))
		return RAID_SYNC_REPLACE;
	sync->asked = RAID_SYNC_IDLE;
	return asked;
}

static bool next_run(struct raid_sync *sync)
{
	bool any = false;

	spin_lock_irq(&sync->lock);
	sync->halt = sync->quiet || sync->frozen;
	if (!sync->halt) {
		sync->now = choose(sync);
		any = sync->now != RAID_SYNC_IDLE;
	}
	if (sync->now == RAID_SYNC_CHECK || sync->now == RAID_SYNC_REPAIR)
		sync->mismatches = 0;
	sync->at = 0;
	if (sync->now == RAID_SYNC_RECOVER)
		sync->at = round_down(recovered(sync->raid),
				      RAID_PIECE_SECTORS);
	if (sync->now == RAID_SYNC_REPLACE)
		sync->at = round_down(sync->raid->recovered[sync->raid->members],
				      RAID_PIECE_SECTORS);
	spin_unlock_irq(&sync->lock);
	return any;
}

static void work(struct work_struct *work)
{
	struct raid_sync *sync = container_of(work, struct raid_sync, work);

	while (next_run(sync))
		run(sync);
}

/* From outside. */

/**
 * raid_sync_resume() - the array is live: do what is necessary
 * @raid: the array
 */
void raid_sync_resume(struct raid *raid)
{
	struct raid_sync *sync = raid->sync;

	if (!sync || !braid_table_writable(raid->ti->table))
		return;
	spin_lock_irq(&sync->lock);
	sync->quiet = false;
	sync->frozen = false;
	sync->stuck = false;
	sync->asked = RAID_SYNC_IDLE;
	spin_unlock_irq(&sync->lock);
	queue_work(sync->wq, &sync->work);
}

/**
 * raid_sync_suspend() - do nothing any more
 * @raid: the array; what was done is not recorded yet
 *
 * Sleeps until the piece that is being done is.
 */
void raid_sync_suspend(struct raid *raid)
{
	struct raid_sync *sync = raid->sync;

	if (!sync)
		return;
	spin_lock_irq(&sync->lock);
	sync->quiet = true;
	sync->halt = true;
	spin_unlock_irq(&sync->lock);
	wake_up_all(&sync->wait);
	flush_work(&sync->work);
}

static int parse_word(const char *word, enum raid_sync_action *action)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		if (!strcasecmp(word, words[i])) {
			*action = i;
			return 0;
		}
	}
	return -EINVAL;
}

/* What the message means for the state. The caller holds the lock. */
static int take_message(struct raid_sync *sync, enum raid_sync_action action)
{
	bool stops = action == RAID_SYNC_IDLE || action == RAID_SYNC_FROZEN;

	if (sync->quiet)
		return -EINVAL;
	if (!stops && sync->now != RAID_SYNC_IDLE && sync->now != action)
		return -EBUSY;
	sync->frozen = action == RAID_SYNC_FROZEN;
	sync->stuck = false;
	sync->halt |= stops;
	if (stops)
		sync->asked = RAID_SYNC_IDLE;
	if ((action == RAID_SYNC_CHECK || action == RAID_SYNC_REPAIR) &&
	    sync->now != action)
		sync->asked = action;
	return 0;
}

/**
 * raid_sync_message() - do as a message says
 * @raid: the array; its level has redundancy
 * @word: idle, frozen, resync, recover, check or repair
 *
 * Sleeps until what is to be stopped has.
 *
 * Return: 0, -EINVAL if there is no such word or the array is suspended, -EBUSY
 * if something else is being done, -EROFS.
 */
int raid_sync_message(struct raid *raid, const char *word)
{
	struct raid_sync *sync = raid->sync;
	enum raid_sync_action action;
	unsigned int runs;
	bool wait;
	int r;

	if (parse_word(word, &action))
		return -EINVAL;
	if (!braid_table_writable(raid->ti->table))
		return -EROFS;
	spin_lock_irq(&sync->lock);
	r = take_message(sync, action);
	wait = sync->halt && sync->now != RAID_SYNC_IDLE;
	runs = sync->runs;
	spin_unlock_irq(&sync->lock);
	if (r)
		return r;
	wake_up_all(&sync->wait);
	if (wait)
		wait_event(sync->wait, READ_ONCE(sync->runs) != runs);
	queue_work(sync->wq, &sync->work);
	return 0;
}

/**
 * raid_sync_status() - what is going on
 * @raid: the array
 * @status: filled in
 */
void raid_sync_status(const struct raid *raid,
		      struct raid_sync_status *status)
{
	struct raid_sync *sync = raid->sync;

	*status = (struct raid_sync_status){ .done = raid->member_sectors };
	if (!sync)
		return;
	spin_lock_irq(&sync->lock);
	status->action = sync->now;
	status->mismatches = sync->mismatches;
	if (sync->now != RAID_SYNC_IDLE)
		status->done = sync->at;
	else
		status->done = min(first_unsynced(sync, 0), recovered(raid));
	if (sync->now == RAID_SYNC_IDLE && replacing(raid))
		status->done = min(status->done,
				   READ_ONCE(raid->recovered[raid->members]));
	if (sync->now == RAID_SYNC_IDLE && sync->frozen)
		status->action = RAID_SYNC_FROZEN;
	spin_unlock_irq(&sync->lock);
}

/* Making and unmaking. */

static bool fill_sync(struct raid_sync *sync)
{
	struct raid *raid = sync->raid;

	raid_regions_init(&sync->regions, raid->member_sectors);
	sync->unsynced = bitmap_zalloc(sync->regions.count, GFP_KERNEL);
	sync->wq = alloc_workqueue("braid-sync/%s",
				   WQ_UNBOUND | WQ_MEM_RECLAIM, 0,
				   dm_table_device_name(raid->ti->table));
	return sync->unsynced && sync->wq;
}

/**
 * raid_sync_make() - what a level with redundancy needs
 * @raid: the array; its geometry is set
 * @args: the table line
 *
 * raid_sync_free() undoes what was done, also on failure; then ti->error is set.
 *
 * Return: 0 or -errno.
 */
int raid_sync_make(struct raid *raid, const struct raid_args *args)
{
	struct raid_sync *sync;

	if (!raid->level->sync_piece)
		return 0;
	sync = kzalloc(sizeof(*sync), GFP_KERNEL);
	raid->sync = sync;
	if (sync) {
		sync->raid = raid;
		sync->quiet = true;
		sync->pace.min = args->rate_min ?: RAID_PACE_MIN;
		sync->pace.max = args->rate_max ?: RAID_PACE_MAX;
		spin_lock_init(&sync->lock);
		init_waitqueue_head(&sync->wait);
		INIT_WORK(&sync->work, work);
	}
	if (sync && fill_sync(sync))
		return 0;
	raid->ti->error = "not enough memory for resync and rebuild";
	return -ENOMEM;
}

/**
 * raid_sync_free() - undo raid_sync_make()
 * @raid: the array; suspended
 */
void raid_sync_free(struct raid *raid)
{
	struct raid_sync *sync = raid->sync;

	if (!sync)
		return;
	if (sync->wq)
		destroy_workqueue(sync->wq);
	bitmap_free(sync->unsynced);
	kfree(sync);
	raid->sync = NULL;
}
