/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a sector of a RAID 5 array is. Pure arithmetic: no state, no locks,
 * callable from any context. Sectors are relative to the start of the target
 * or of the member's data.
 *
 * A stripe is one chunk on every member, n-1 of them data and one parity.
 * Stripe s is at sector s * chunk_sectors of every member. Its data disks are
 * numbered 0 to n-2, in the order of the array's sectors. The four ways to
 * deal data and parity to the members, here for four members, with md's names
 * ("left": the parity moves towards slot 0; "symmetric": the data goes on
 * behind the parity, so that a long read has all members working):
 *
 *	          left, symmetric    left, asymmetric
 *	slot      0   1   2   3       0   1   2   3
 *	stripe 0  0   1   2   P       0   1   2   P
 *	stripe 1  4   5   P   3       3   4   P   5
 *	stripe 2  8   P   6   7       6   P   7   8
 *	stripe 3  P   9  10  11       P   9  10  11
 *
 *	          right, symmetric   right, asymmetric
 *	stripe 0  P   0   1   2       P   0   1   2
 *	stripe 1  5   P   3   4       3   P   4   5
 *	stripe 2  7   8   P   6       6   7   P   8
 *	stripe 3  9  10  11   P       9  10  11   P
 */
#ifndef BRAID_RAID5_LAYOUT_H
#define BRAID_RAID5_LAYOUT_H

#include <linux/types.h>

/* A bit 0 that is set means right, a bit 1 asymmetric. */
enum raid5_algorithm {
	RAID5_LEFT_SYMMETRIC,
	RAID5_RIGHT_SYMMETRIC,
	RAID5_LEFT_ASYMMETRIC,
	RAID5_RIGHT_ASYMMETRIC,
};

/**
 * struct raid5_layout - the shape of a RAID 5 array
 * @members: number of members, at least 3
 * @chunk_shift: log2 of the chunk size in sectors
 * @algorithm: how data and parity are dealt to the members
 */
struct raid5_layout {
	unsigned int members;
	unsigned int chunk_shift;
	enum raid5_algorithm algorithm;
};

/**
 * struct raid5_place - where a sector of the array is
 * @stripe: its stripe
 * @disk: which of the stripe's data disks
 * @offset: sector within the chunk
 */
struct raid5_place {
	u64 stripe;
	unsigned int disk;
	unsigned int offset;
};

struct raid5_place raid5_layout_place(const struct raid5_layout *layout,
				      sector_t sector);
sector_t raid5_layout_sector(const struct raid5_layout *layout,
			     struct raid5_place place);
unsigned int raid5_layout_parity(const struct raid5_layout *layout,
				 u64 stripe);
unsigned int raid5_layout_slot(const struct raid5_layout *layout,
			       unsigned int parity, unsigned int disk);
unsigned int raid5_layout_disk(const struct raid5_layout *layout,
			       unsigned int parity, unsigned int slot);

#endif
