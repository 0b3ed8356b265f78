/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The record that an array keeps of itself on its members: their superblocks
 * (dm-braid-disk.h), read and judged when a table is loaded, and written when
 * the array is started, when it is stopped, and when a member is lost. An array
 * without the feature "superblock" has none, then all of this does nothing.
 *
 * The rule for levels: a member that failed a write is only taken out of use
 * once raid_record_lost() has made that durable, and the write is acknowledged
 * after that. Before, writes still go to it; so whatever was acknowledged is
 * either on all members that the record calls used, or the record doesn't call
 * those used that lack it (P3).
 *
 * A twin (raid.h) is known to the superblocks from the start of the table on that has
 * it, by its UUID. A start without it, or its loss, takes that away; so who is known
 * has got all writes since then, and may go on from what its own superblock says
 * was copied, if the array was stopped as it should be. The table that has it in
 * the slot ("replaced") makes it the member in one change of the array's state:
 *
 *	crash			the newest superblock	the slot's member
 *	before it		names the old one	the old one; the twin isn't used
 *	in the middle		another member's: names	the twin; the old one isn't used. It
 *				the twin		is one event behind, as may be
 *	after it		names the twin		the twin
 *
 * Locking: everything that changes which members are used holds raid->change,
 * from the decision until it is in effect.
 */
#ifndef BRAID_RAID_RECORD_H
#define BRAID_RAID_RECORD_H

#include <linux/types.h>

struct raid;
struct raid_args;

int raid_record_load(struct raid *raid, const struct raid_args *args);
void raid_record_free(struct raid *raid);
int raid_record_start(struct raid *raid);
void raid_record_stop(struct raid *raid);
int raid_record_progress(struct raid *raid, const unsigned long *joined);
bool raid_record_by_log(const struct raid *raid);
sector_t raid_record_log(const struct raid *raid);
u64 raid_record_resynced(const struct raid *raid);
int raid_record_lost(struct raid *raid, unsigned long *lost);
u64 raid_record_events(const struct raid *raid);
u64 raid_record_since(const struct raid *raid, unsigned int slot);

#endif
