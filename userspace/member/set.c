// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>

#include "member/set.h"

void set_judge(struct set *set)
{
	const struct braid_super *fresh;
	unsigned int i, slot;

	set->fresh = raid_super_judge(set->super, set->count, set->verdict);
	fresh = set->super[set->fresh];
	set->clean = __le32_to_cpu(fresh->flags) & BRAID_SUPER_CLEAN;
	set->synced = __le64_to_cpu(fresh->resync_sector) == BRAID_SYNCED;
	set->logged = __le32_to_cpu(fresh->flags) & BRAID_SUPER_LOGGED;
	for (slot = 0; slot < BRAID_SUPER_SLOTS; slot++)
		set->chosen[slot] = -1;
	for (i = 0; i < set->count; i++)
		if (set->verdict[i] == RAID_MEMBER_CURRENT ||
		    set->verdict[i] == RAID_MEMBER_REBUILT)
			set->chosen[__le16_to_cpu(set->super[i]->slot)] = i;
	set->lost = 0;
	set->missing = 0;
	set->rebuilt = 0;
	for (slot = 0; slot < __le16_to_cpu(fresh->members); slot++) {
		int chosen = set->chosen[slot];

		if (chosen >= 0 && set->verdict[chosen] == RAID_MEMBER_CURRENT)
			continue;
		set->rebuilt += chosen >= 0;
		if (fresh->table[slot].state == BRAID_SLOT_USED)
			set->missing++;
		else
			set->lost++;
	}
}

unsigned int set_spare(const struct set *set)
{
	const struct braid_super *fresh = set->super[set->fresh];

	switch (__le32_to_cpu(fresh->level)) {
	case 0:
		return 0;
	case 1:
		return __le16_to_cpu(fresh->members) - 1;
	default:
		return 1;
	}
}
