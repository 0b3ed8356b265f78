// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has to be read and computed for a row; see the header.
 */
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/kernel.h>
#include <linux/raid/xor.h>
#include <linux/string.h>

#include "raid5-plan.h"

static void begin(struct raid5_plan *plan, const struct raid5_row_facts *facts)
{
	unsigned int all = GENMASK(facts->members - 1, 0);

	*plan = (struct raid5_plan){
		.method = RAID5_NO_PARITY,
		.parity = facts->parity,
		.data = all & ~BIT(facts->parity),
		.lost = RAID5_NO_SLOT,
	};
}

/* A cell is lost, and so every other one is to be read to get it back. */
static void recover(struct raid5_plan *plan, unsigned int slot)
{
	plan->lost = slot;
	plan->read = (plan->data | BIT(plan->parity)) & ~BIT(slot);
}

/*
 * All members are there. If both ways read as much, the one that doesn't build
 * on the old parity is taken: it makes the row right even if it wasn't. If that may
 * be so, it is taken in any case, or what is written could not be computed.
 */
static void plan_whole(struct raid5_plan *plan,
		       const struct raid5_row_facts *facts)
{
	unsigned int modify = facts->written | BIT(facts->parity);
	unsigned int rebuild = plan->data & ~facts->whole;

	if (!facts->unsure && hweight32(modify) < hweight32(rebuild)) {
		plan->method = RAID5_MODIFY;
		plan->read = modify;
	} else {
		plan->method = RAID5_REBUILD;
		plan->read = rebuild;
	}
}

/*
 * A data cell is out. What it holds is there only as the sum of the others, so
 * if it isn't written, the sum must not lose it: then only the way over the old
 * parity knows it without reading everything.
 */
static void plan_degraded(struct raid5_plan *plan,
			  const struct raid5_row_facts *facts)
{
	if (!(facts->written & facts->out)) {
		plan->method = RAID5_MODIFY;
		plan->read = facts->written | BIT(facts->parity);
		return;
	}
	plan->method = RAID5_REBUILD;
	if (facts->whole & facts->out)
		plan->read = plan->data & ~facts->whole;
	else
		recover(plan, __ffs(facts->out));
}

/**
 * raid5_plan_write() - plan the writing of a row
 * @plan: filled in
 * @facts: the facts; something is written
 */
void raid5_plan_write(struct raid5_plan *plan,
		      const struct raid5_row_facts *facts)
{
	begin(plan, facts);
	plan->written = facts->written;
	if (facts->out & BIT(facts->parity))
		plan->read = facts->written & ~facts->whole;
	else if (facts->out)
		plan_degraded(plan, facts);
	else
		plan_whole(plan, facts);
	plan->write = facts->written & ~facts->out;
	if (plan->method != RAID5_NO_PARITY)
		plan->write |= BIT(facts->parity);
}

/**
 * raid5_plan_read() - plan the reading of a row
 * @plan: filled in
 * @facts: the facts; nothing is written
 * @wanted: the cells whose content is asked for
 */
void raid5_plan_read(struct raid5_plan *plan,
		     const struct raid5_row_facts *facts, unsigned int wanted)
{
	begin(plan, facts);
	if (wanted & facts->out)
		recover(plan, __ffs(facts->out));
	else
		plan->read = wanted;
}

/* Adds cells to one that is not among them. */
static void add(void **cell, unsigned int slot, unsigned int others)
{
	void *source[MAX_XOR_BLOCKS];
	unsigned int count = 0;

	while (others) {
		source[count++] = cell[__ffs(others)];
		others &= others - 1;
		if (others && count < MAX_XOR_BLOCKS)
			continue;
		xor_blocks(count, RAID5_CELL_BYTES, cell[slot], source);
		count = 0;
	}
}

/**
 * raid5_sum() - make a cell the sum of others
 * @cell: the cells of a row, by slot; only those that are named are looked at
 * @slot: the cell
 * @others: the others; at least one, and not @slot
 */
void raid5_sum(void **cell, unsigned int slot, unsigned int others)
{
	memcpy(cell[slot], cell[__ffs(others)], RAID5_CELL_BYTES);
	add(cell, slot, others & (others - 1));
}

/**
 * raid5_plan_before() - compute what needs the old data
 * @plan: the plan
 * @cell: the cells of the row, by slot; those of plan->read have been read
 *
 * The cell that is lost, if any, is there afterwards.
 */
void raid5_plan_before(const struct raid5_plan *plan, void **cell)
{
	if (plan->lost != RAID5_NO_SLOT)
		raid5_sum(cell, plan->lost, plan->read);
	if (plan->method == RAID5_MODIFY)
		add(cell, plan->parity, plan->written);
}

/**
 * raid5_plan_after() - compute the parity
 * @plan: the plan
 * @cell: the cells of the row, with the new data in place
 */
void raid5_plan_after(const struct raid5_plan *plan, void **cell)
{
	if (plan->method == RAID5_MODIFY)
		add(cell, plan->parity, plan->written);
	else if (plan->method == RAID5_REBUILD)
		raid5_sum(cell, plan->parity, plan->data);
}
