// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "act-log.h"
#include "budget.h"
#include "dm-braid-map.h"

static size_t act_log_slots_size(const struct act_log *log)
{
	return log->nr_slots * sizeof(*log->slots);
}

static size_t act_log_index_size(const struct act_log *log)
{
	return (size_t)log->nr_extents * sizeof(*log->slot_of);
}

static size_t act_log_bits_size(const struct act_log *log)
{
	return ((size_t)log->nr_extents * 2 + BITS_PER_LONG - 1) /
	       BITS_PER_LONG * sizeof(long);
}

/**
 * act_log_init() - make a log in which nothing is hot, nor on the disk
 * @log: the log
 * @nr_slots: how many extents can be hot at a time; at most BRAID_MAP_SLOTS_MAX
 * @nr_extents: how many there are, or will be after growth
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM; then there is nothing to be freed.
 */
int act_log_init(struct act_log *log, u32 nr_slots, u32 nr_extents)
{
	memset(log, 0, sizeof(*log));
	log->nr_slots = nr_slots;
	log->nr_extents = nr_extents;
	log->nr_free = nr_slots;
	log->slots = budget_zalloc(act_log_slots_size(log));
	log->slot_of = budget_zalloc(act_log_index_size(log));
	log->bits = budget_zalloc(act_log_bits_size(log));
	if (log->slots && log->slot_of && log->bits)
		return 0;
	act_log_exit(log);
	return -ENOMEM;
}

/* Takes one that was never made, or half, too. */
void act_log_exit(struct act_log *log)
{
	budget_free(log->bits, act_log_bits_size(log));
	budget_free(log->slot_of, act_log_index_size(log));
	budget_free(log->slots, act_log_slots_size(log));
	memset(log, 0, sizeof(*log));
}

static void act_log_heat(struct act_log *log, u32 slot)
{
	struct act_slot *s = &log->slots[slot];
	unsigned long bit = 2UL * (s->value - 1);

	s->state = ACT_HOT;
	/* a newcomer is used: his first write is about to come */
	set_bit(bit + 1, log->bits);
	set_bit(bit, log->bits);
}

/* Give a free slot to an extent. */
static void act_log_assign(struct act_log *log, u32 extent)
{
	u32 slot = log->free_hand;
	struct act_slot *s;

	while (log->slots[slot].state != ACT_FREE)
		slot = slot + 1 < log->nr_slots ? slot + 1 : 0;
	log->free_hand = slot + 1 < log->nr_slots ? slot + 1 : 0;

	s = &log->slots[slot];
	if (s->value)
		log->slot_of[s->value - 1] = 0;
	s->value = extent + 1;
	s->pins = 1;
	s->state = ACT_ENTERING;
	log->slot_of[extent] = slot + 1;
	log->nr_free--;
	log->nr_entering++;
}

/**
 * act_log_enter() - an extent has to be hot
 * @log: the log
 * @extent: the extent, in range
 *
 * Return: whether it is, and whether it was pinned, see enum act_entry.
 */
enum act_entry act_log_enter(struct act_log *log, u32 extent)
{
	u32 slot = log->slot_of[extent];
	struct act_slot *s;

	if (log->failed)
		return ACT_ENTRY_HOT;
	if (!slot) {
		if (!log->nr_free)
			return ACT_ENTRY_FULL;
		act_log_assign(log, extent);
		return ACT_ENTRY_WAIT;
	}

	s = &log->slots[slot - 1];
	s->pins++;
	switch (s->state) {
	case ACT_ENTERING:
	case ACT_WRITING:
		return ACT_ENTRY_WAIT;
	case ACT_FREE:
		/* the disk still names it here */
		log->nr_free--;
		fallthrough;
	case ACT_LEAVING:
		act_log_heat(log, slot - 1);
		break;
	}
	return ACT_ENTRY_HOT;
}

/**
 * act_log_unpin() - an extent that was entered may leave again
 * @log: the log
 * @extent: the extent
 *
 * Return: whether that was the last pin.
 */
bool act_log_unpin(struct act_log *log, u32 extent)
{
	u32 slot = log->slot_of[extent];

	if (log->failed)
		return false;
	if (WARN_ON_ONCE(!slot || !log->slots[slot - 1].pins))
		return false;
	return !--log->slots[slot - 1].pins;
}

/**
 * act_log_begin() - whoever is entering is going to be written
 * @log: the log; nothing is being written
 *
 * Return: a bit for each unit (BRAID_MAP_UNIT_VALUES slots) that must be written
 * before act_log_end() may be called; 0 if there is none.
 */
u64 act_log_begin(struct act_log *log)
{
	u64 units = 0;
	u32 slot;

	for (slot = 0; log->nr_entering && slot < log->nr_slots; slot++) {
		if (log->slots[slot].state != ACT_ENTERING)
			continue;
		log->slots[slot].state = ACT_WRITING;
		log->nr_entering--;
		units |= 1ULL << (slot / BRAID_MAP_UNIT_VALUES);
	}
	return units;
}

/**
 * act_log_value() - what a slot has to be on the disk
 * @log: the log
 * @slot: the slot; beyond the last one there is nothing
 */
u32 act_log_value(const struct act_log *log, u32 slot)
{
	return slot < log->nr_slots ? log->slots[slot].value : 0;
}

/* What act_log_begin() was asked for is durable: it is hot. */
void act_log_end(struct act_log *log)
{
	u32 slot;

	for (slot = 0; slot < log->nr_slots; slot++) {
		if (log->slots[slot].state == ACT_WRITING)
			act_log_heat(log, slot);
	}
}

/* Are there so few free slots that some should leave? */
bool act_log_is_tight(const struct act_log *log)
{
	return !log->failed && log->nr_free < max(log->nr_slots / 8, 1U);
}

/**
 * act_log_choose() - choose extents that are to leave, and make them cold
 * @log: the log
 * @slots: receives their slots
 * @most: how many at the most
 *
 * When a grace period has passed after this, nobody raises their stamps any more
 * unless they were entered anew.
 *
 * Return: how many; 0 if all are pinned, there are none, or the log has failed:
 * then nobody may become cold any more.
 */
u32 act_log_choose(struct act_log *log, u32 *slots, u32 most)
{
	u32 steps, count = 0;

	if (log->failed)
		return 0;
	for (steps = 0; steps < 2 * log->nr_slots && count < most; steps++) {
		u32 slot = log->hand;
		struct act_slot *s = &log->slots[slot];
		unsigned long bit = 2UL * (s->value - 1);

		log->hand = slot + 1 < log->nr_slots ? slot + 1 : 0;
		if (s->state != ACT_HOT || s->pins)
			continue;
		if (test_and_clear_bit(bit + 1, log->bits))
			continue;
		clear_bit(bit, log->bits);
		s->state = ACT_LEAVING;
		slots[count++] = slot;
	}
	return count;
}

/**
 * act_log_left() - the map of an extent that was chosen is durable
 * @log: the log
 * @slot: its slot, which is free now unless it was entered meanwhile
 */
void act_log_left(struct act_log *log, u32 slot)
{
	struct act_slot *s = &log->slots[slot];

	if (s->state != ACT_LEAVING)
		return;
	s->state = ACT_FREE;
	log->nr_free++;
}

/**
 * act_log_holds() - may the map on the disk lack something because of a slot?
 * @log: the log
 * @slot: the slot
 * @extent: the extent whose part of the map must be written then
 */
bool act_log_holds(const struct act_log *log, u32 slot, u32 *extent)
{
	const struct act_slot *s = &log->slots[slot];

	*extent = s->value - 1;
	return s->state == ACT_HOT || s->state == ACT_LEAVING;
}

/**
 * act_log_fail() - the log can't be written any more: nobody has to wait
 * @log: the log
 *
 * From now on every extent is hot.
 */
void act_log_fail(struct act_log *log)
{
	log->failed = true;
	memset(log->bits, 0xff, act_log_bits_size(log));
}
