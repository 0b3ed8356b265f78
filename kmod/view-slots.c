// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/errno.h>

#include "budget.h"
#include "view-slots.h"

static size_t view_slots_size(u32 total)
{
	return BITS_TO_LONGS((size_t)total) * sizeof(long);
}

int view_slots_init(struct view_slots *slots, u32 total)
{
	slots->total = total;
	slots->used = 0;
	slots->hint = 0;
	slots->taken = budget_zalloc(view_slots_size(total));
	return slots->taken ? 0 : -ENOMEM;
}

void view_slots_exit(struct view_slots *slots)
{
	budget_free(slots->taken, view_slots_size(slots->total));
}

/**
 * view_slots_take() - take a free slot
 * @slots: the slots
 * @slot: the one that was taken; next to the last one if that is free, so that
 *	copies are written in sequence
 *
 * Return: 0, or -ENOSPC.
 */
int view_slots_take(struct view_slots *slots, u32 *slot)
{
	unsigned long found;

	if (slots->used == slots->total)
		return -ENOSPC;

	found = find_next_zero_bit(slots->taken, slots->total, slots->hint);
	if (found >= slots->total)
		found = find_first_zero_bit(slots->taken, slots->total);

	__set_bit(found, slots->taken);
	slots->used++;
	slots->hint = found + 1 < slots->total ? found + 1 : 0;
	*slot = found;
	return 0;
}

void view_slots_put(struct view_slots *slots, u32 slot)
{
	if (WARN_ON_ONCE(slot >= slots->total ||
			 !test_bit(slot, slots->taken)))
		return;
	__clear_bit(slot, slots->taken);
	slots->used--;
}
