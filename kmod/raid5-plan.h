/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What has to be read and computed so that a row's data and parity stay
 * together. Pure: no I/O, no state; the caller holds the row still.
 *
 * A row is what the members of a stripe have at one 4 KiB step: one cell on
 * every member, all but one of them data, the one parity, the XOR of the data.
 * It is the unit of parity: rows know nothing of one another.
 *
 * Sets of members are bit masks, bit n is slot n. At most one member is out:
 * missing or dropped. What it would hold is the XOR of all the others.
 *
 * How a row is written:
 *
 *	read the cells of plan.read
 *	raid5_plan_before()	with the old data in place
 *	put the new data over the old
 *	raid5_plan_after()	now the parity is right
 *	write the cells of plan.write
 *
 * How one is read: read the cells of plan.read, raid5_plan_before(); then the
 * wanted cells are right.
 *
 * The computing sleeps for nothing, but wants process context (xor_blocks may
 * use the vector unit).
 */
#ifndef BRAID_RAID5_PLAN_H
#define BRAID_RAID5_PLAN_H

#include <linux/types.h>

#define RAID5_CELL_BYTES	4096U
#define RAID5_CELL_SECTORS	(RAID5_CELL_BYTES >> 9)
#define RAID5_CELL_ALL		((1U << RAID5_CELL_SECTORS) - 1)
#define RAID5_SLOTS_MAX		16U
#define RAID5_NO_SLOT		RAID5_SLOTS_MAX

/**
 * struct raid5_row_facts - what a plan is made from
 * @members: number of members
 * @parity: the slot that has the row's parity
 * @out: members that can't be used; at most one
 * @written: data cells of which some is to be written
 * @whole: those of @written that are written from end to end
 * @unsure: the parity that is there may be wrong
 */
struct raid5_row_facts {
	unsigned int members;
	unsigned int parity;
	unsigned int out;
	unsigned int written;
	unsigned int whole;
	bool unsure;
};

/**
 * enum raid5_method - how the new parity comes about
 * @RAID5_NO_PARITY: not at all: nothing is written, or the parity is out
 * @RAID5_MODIFY: old parity, minus the old data, plus the new (read-modify-write)
 * @RAID5_REBUILD: sum of all data (reconstruct-write)
 */
enum raid5_method {
	RAID5_NO_PARITY,
	RAID5_MODIFY,
	RAID5_REBUILD,
};

/**
 * struct raid5_plan - what to do with a row
 * @method: how the new parity comes about
 * @parity: the slot of the parity
 * @data: all slots but that of the parity
 * @written: as in the facts
 * @read: cells to read from their members
 * @lost: the slot whose old content is the sum of all others, which are read;
 *	or RAID5_NO_SLOT
 * @write: cells to write to their members
 */
struct raid5_plan {
	enum raid5_method method;
	unsigned int parity;
	unsigned int data;
	unsigned int written;
	unsigned int read;
	unsigned int lost;
	unsigned int write;
};

void raid5_plan_write(struct raid5_plan *plan,
		      const struct raid5_row_facts *facts);
void raid5_plan_read(struct raid5_plan *plan,
		     const struct raid5_row_facts *facts, unsigned int wanted);
void raid5_plan_before(const struct raid5_plan *plan, void **cell);
void raid5_plan_after(const struct raid5_plan *plan, void **cell);
void raid5_sum(void **cell, unsigned int slot, unsigned int others);

#endif
