/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the write-intent log is on the disk (dm-braid-disk.h,
 * Documentation/raid-format.md): a header, and the marks in blocks of 512 bytes.
 * Pure: no I/O and no state.
 *
 * A block that is damaged marks all of its regions: too much is synchronised
 * rather than too little.
 */
#ifndef BRAID_RAID_MARK_H
#define BRAID_RAID_MARK_H

#include <linux/types.h>

#include "raid-region.h"

void raid_mark_header(struct braid_log_header *header, const u8 *uuid,
		      u64 events, const struct raid_regions *regions);
bool raid_mark_check(const struct braid_log_header *header, const u8 *uuid,
		     const struct raid_regions *regions);
void raid_mark_encode(struct braid_log_block *blocks,
		      const unsigned long *marks, u32 count);
void raid_mark_decode(const struct braid_log_block *blocks,
		      unsigned long *marks, u32 count);

#endif
