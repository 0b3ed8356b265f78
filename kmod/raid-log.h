/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The write-intent log: which regions of the members may differ. A region is
 * marked, durably, on all members, before the write that touches it is sent to
 * any; the mark is taken away long after it has landed on all of them.
 *
 * For levels: raid_log_begin() before the first member is written for a range
 * of the members' data, raid_log_end() once the last one is done with it. What
 * happens in between may be written any number of times, and may end in the
 * loss of a member.
 *
 * Context: both don't sleep, and may be called from any context that may take
 * a spinlock. ->ready is called from a workqueue, and must not wait for I/O of
 * the array.
 */
#ifndef BRAID_RAID_LOG_H
#define BRAID_RAID_LOG_H

#include <linux/blk_types.h>
#include <linux/list.h>
#include <linux/types.h>

struct raid;

/**
 * struct raid_log_entry - a range that is being written
 * @node: among those that wait
 * @ready: the range is marked; or, with a status, it can't be, and nothing
 *	may be written. Then raid_log_end() must not be called
 * @first: its first region
 * @last: its last region
 *
 * The memory is the caller's. He sets @ready.
 */
struct raid_log_entry {
	struct list_head node;
	void (*ready)(struct raid_log_entry *entry, blk_status_t status);
	u32 first;
	u32 last;
};

bool raid_log_begin(struct raid *raid, struct raid_log_entry *entry,
		    sector_t begin, sector_t end);
void raid_log_end(struct raid *raid, struct raid_log_entry *entry);
sector_t raid_log_next(const struct raid *raid, sector_t sector);

/* For raid-record.c and raid-target.c. */
int raid_log_make(struct raid *raid);
void raid_log_free(struct raid *raid);
bool raid_log_read(struct raid *raid, const unsigned long *slots);
bool raid_log_covers(const struct raid *raid, u64 events);
const unsigned long *raid_log_marks(const struct raid *raid);
int raid_log_start(struct raid *raid, bool keep, u64 events);
void raid_log_stop(struct raid *raid);

#endif
