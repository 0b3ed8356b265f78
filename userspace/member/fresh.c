// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <string.h>

#include "member/fresh.h"

/* What all members of an array have in common. */
static int begin(struct braid_super *super, const struct braid_super *truth)
{
	*super = *truth;
	memset(super->table, 0, sizeof(super->table));
	super->flags = 0;
	super->events = __cpu_to_le64(1);
	super->sequence = 0;
	super->resync_sector = __cpu_to_le64(BRAID_SYNCED);
	super->recovery_sector = 0;
	return super_draw_uuid(super->member_uuid);
}

int fresh_member(struct braid_super *super, const struct braid_super *truth,
		 unsigned int slot)
{
	unsigned int i, members = __le16_to_cpu(truth->members);
	int r;

	r = begin(super, truth);
	if (r)
		return r;
	super->slot = __cpu_to_le16(slot);
	for (i = 0; i < members; i++) {
		super->table[i].state = BRAID_SLOT_USED;
		memcpy(super->table[i].uuid, truth->table[i].uuid,
		       sizeof(super->table[i].uuid));
	}
	super->table[slot].state = BRAID_SLOT_REBUILT;
	memcpy(super->table[slot].uuid, super->member_uuid,
	       sizeof(super->member_uuid));
	return 0;
}

int fresh_spare(struct braid_super *super, const struct braid_super *truth)
{
	int r = begin(super, truth);

	super->slot = __cpu_to_le16(BRAID_SUPER_SPARE);
	return r;
}

bool fresh_is_idle(const struct super_found *found)
{
	const struct braid_super *super = &found->super;

	if (found->fault == RAID_SUPER_SPARE)
		return true;
	return found->fault == RAID_SUPER_GOOD &&
	       super->events == __cpu_to_le64(1) &&
	       super->table[__le16_to_cpu(super->slot)].state ==
		       BRAID_SLOT_REBUILT;
}
