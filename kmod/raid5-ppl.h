/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of the partial parity log of RAID 5: made, checked, and made use of.
 * Pure: no I/O, no state. What they are on the disk is in dm-braid-disk.h.
 *
 * A row has one cell of 4 KiB on each member (raid5-plan.h). Before anything of
 * a row is written, its partial parity is: for each sector of the row, the sum
 * of those data cells that are not written there. Whatever a crash then leaves
 * of the data and the parity, the sum of the partial parity and of the cells
 * that were being written, as they are now, is a parity that knows the others
 * as they were. With it, the loss of a member changes nothing that nobody was
 * writing (P4).
 *
 * Sectors, not cells, are what counts: the rest of a cell of which some sectors
 * are written is not being written, and is protected.
 *
 * Where the member that is lost was being written itself, nobody can say what
 * the parity would have to be; there it is left alone, and the lost cell may be
 * anything, in just the sectors that were being written.
 */
#ifndef BRAID_RAID5_PPL_H
#define BRAID_RAID5_PPL_H

#include <linux/types.h>

#include "dm-braid-disk.h"
#include "raid5-layout.h"

/**
 * struct raid5_ppl_place - what an entry is bound to
 * @uuid: the array's, 16 bytes
 * @run: the run of the array
 * @events: the array's events when it is written; where it is looked for, the
 *	least that it may have
 * @slot: the member that it is on
 * @sector: where it stands, in sectors of the member
 */
struct raid5_ppl_place {
	const u8 *uuid;
	u64 run;
	u64 events;
	unsigned int slot;
	u64 sector;
};

/**
 * struct raid5_ppl_shape - what the rows of an entry have to agree with
 * @layout: the array's shape
 * @member_sectors: what the array uses of each member
 */
struct raid5_ppl_shape {
	struct raid5_layout layout;
	u64 member_sectors;
};

unsigned int raid5_ppl_rows(unsigned int chunk_sectors);
unsigned int raid5_ppl_entry_sectors(unsigned int chunk_sectors);

void raid5_ppl_partial(void *partial, void **cell, unsigned int parity,
		       const u8 *written);
void raid5_ppl_begin(struct braid_ppl *entry,
		     const struct raid5_ppl_place *place);
unsigned int raid5_ppl_add(struct braid_ppl *entry, u64 sector,
			   const u8 *written, const void *partial);
void raid5_ppl_seal(struct braid_ppl *entry);

bool raid5_ppl_good(const struct braid_ppl *entry,
		    const struct raid5_ppl_place *place,
		    const struct raid5_ppl_shape *shape);
bool raid5_ppl_whole(const struct braid_ppl_row *row, const void *partial);
bool raid5_ppl_apply(const struct braid_ppl_row *row, unsigned int missing,
		     void **cell, unsigned int parity, const void *partial);

#endif
