/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The activity log: which extents of the map may differ in memory from what is on
 * the disk. After a crash the blocks of those extents, and of no others, are
 * suspect. The idea is DRBD's.
 *
 * The device is divided into extents of some blocks. The log on the disk has a
 * fixed number of slots, each with an extent's number or none. An extent is
 *
 *   hot	if its number is durable in a slot: stamps of its blocks may be
 *		raised in memory. One bit says so, which stampers look at in an
 *		RCU read-side section, without a lock;
 *   cold	else: the map on the disk is as it is in memory, so the first
 *		write has to wait until the extent is hot.
 *
 * The life of a slot:
 *
 *   FREE	it may still name the extent that left it last, on the disk as
 *		well. That extent can be hot again at once, without I/O
 *   ENTERING	it was given to an extent; its sector must be written
 *   WRITING	that is under way. Slots that enter meanwhile wait for the next
 *   HOT	durable
 *   LEAVING	not hot any more; when a grace period has passed, the extent's
 *		part of the map is written, and flushed, and then the slot is
 *		free. If it is entered before that, it is HOT again at once: the
 *		slot on the disk is still its own
 *
 * A pin keeps an extent from leaving: whoever waits for an extent to become hot
 * holds one, and so does whoever will raise a stamp later than in the section in
 * which he saw the bit. Those that leave are chosen by second chance: the hand
 * goes round and passes over extents that were used since it came by last.
 *
 * A crash finds in each slot on the disk the extent that it was given, or the one
 * before, which is cold and complete on the disk: it is reported in vain. So the
 * log never lacks an extent that is hot, and names no more than it has slots.
 *
 * Context: the caller locks, but for act_log_touch(). Nothing sleeps and nothing
 * allocates but act_log_init().
 *
 * Pure: no I/O, see tests/act-log_kunit.c.
 */
#ifndef BRAID_ACT_LOG_H
#define BRAID_ACT_LOG_H

#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/types.h>

/* As many leave together at the most. */
#define ACT_LOG_BATCH 64U

enum act_state {
	ACT_FREE,
	ACT_ENTERING,
	ACT_WRITING,
	ACT_HOT,
	ACT_LEAVING,
};

struct act_slot {
	u32 value;			/* on the disk: the extent + 1, or 0 */
	u32 pins;
	u8 state;
};

struct act_log {
	u32 nr_slots;
	u32 nr_extents;
	u32 nr_free;
	u32 nr_entering;
	u32 hand;			/* of the clock */
	u32 free_hand;
	bool failed;			/* there is nothing to wait for any more */
	struct act_slot *slots;
	u32 *slot_of; /* by extent: the slot that names it + 1, or 0 */
	unsigned long *bits; /* by extent: hot, used */
};

/* What becomes of whoever wants an extent to be hot. */
enum act_entry {
	ACT_ENTRY_HOT, /* it is, and pinned */
	ACT_ENTRY_WAIT, /* it will be after the next write; pinned */
	ACT_ENTRY_FULL, /* there is no slot; not pinned: try again */
};

int act_log_init(struct act_log *log, u32 nr_slots, u32 nr_extents);
void act_log_exit(struct act_log *log);

enum act_entry act_log_enter(struct act_log *log, u32 extent);
bool act_log_unpin(struct act_log *log, u32 extent);

u64 act_log_begin(struct act_log *log);
u32 act_log_value(const struct act_log *log, u32 slot);
void act_log_end(struct act_log *log);

bool act_log_is_tight(const struct act_log *log);
u32 act_log_choose(struct act_log *log, u32 *slots, u32 most);
void act_log_left(struct act_log *log, u32 slot);
bool act_log_holds(const struct act_log *log, u32 slot, u32 *extent);

void act_log_fail(struct act_log *log);

/* Has it a slot, of whatever state? */
static inline bool act_log_names(const struct act_log *log, u32 extent)
{
	return log->slot_of[extent];
}

static inline u32 act_log_used(const struct act_log *log)
{
	return log->nr_slots - READ_ONCE(log->nr_free);
}

/**
 * act_log_touch() - is an extent hot? Then it counts as used.
 * @log: the log
 * @extent: the extent, in range
 *
 * Context: any; an RCU read-side section, in which the stamps are raised.
 */
static inline bool act_log_touch(struct act_log *log, u32 extent)
{
	unsigned long bit = 2UL * extent;
	unsigned long both = READ_ONCE(log->bits[bit / BITS_PER_LONG]) >>
			     (bit % BITS_PER_LONG);

	if (!(both & 1))
		return false;
	if (!(both & 2))
		set_bit(bit + 1, log->bits);
	return true;
}

#endif
