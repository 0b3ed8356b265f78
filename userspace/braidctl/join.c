// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <string.h>

#include "braidctl/join.h"
#include "member/fresh.h"

int join_slot(const struct dm_raid_status *status)
{
	const char *missing = strchr(status->health, '-');

	if (!missing)
		missing = strchr(status->health, 'D');
	return missing ? missing - status->health : -1;
}

static struct join refused(const char *why)
{
	return (struct join){ .how = JOIN_REFUSED, .why = why };
}

static bool is_free(const struct live *live, unsigned int slot)
{
	return live->status.health[slot] == '-' ||
	       live->status.health[slot] == 'D';
}

/* It has a superblock of this array that says it is, or was, a member. */
static struct join judge_member(const struct live *live,
				const struct braid_super *super, int wanted,
				unsigned int slot, bool force)
{
	const struct braid_super *supers[2] = { &live->truth, super };
	unsigned int own = __le16_to_cpu(super->slot);
	enum raid_super_verdict verdict[2];

	/* the array's own word comes first: its events are the most, or equal */
	if (__le64_to_cpu(super->events) > __le64_to_cpu(live->truth.events))
		verdict[1] = RAID_MEMBER_PARTED;
	else
		raid_super_judge(supers, 2, verdict);
	if (verdict[1] == RAID_MEMBER_STALE && is_free(live, own) &&
	    (wanted == JOIN_ANY_SLOT || (unsigned int)wanted == own))
		return (struct join){ .how = JOIN_READD, .slot = own };
	if (verdict[1] == RAID_MEMBER_PARTED && !force)
		return refused(
			"was used while the array went on without it, and what was written to it then would be lost: --force uses it all the same");
	if (verdict[1] == RAID_MEMBER_CURRENT && !is_free(live, own))
		return refused(
			"says that it is a member that the array has: it is a copy; array erase takes its superblock away");
	return (struct join){ .how = JOIN_OWN, .slot = slot };
}

struct join join_judge(const struct live *live, const struct super_found *found,
		       int wanted, bool force)
{
	int slot = wanted == JOIN_ANY_SLOT ? join_slot(&live->status) : wanted;

	if (!strcmp(live->status.level, "raid0"))
		return refused(
			"can't be added: a stripe can't take a device up, as none can be rebuilt");
	if (dm_raid_spare(&live->status) < 0)
		return refused(
			"can't be added: the array has lost more devices than it can rebuild from");
	if (slot < 0)
		return refused(
			"can't be added: the array lacks no device; --spare keeps it for the day it does, array replace exchanges one");
	if (!*live->uuid)
		return refused(
			"can't be added: an array without superblocks could not tell how much of it is rebuilt");
	if (!live->known)
		return refused(
			"can't be added: no superblock of the array can be read now");
	if (found->sectors < live_member_sectors(live))
		return (struct join){ .how = JOIN_SMALL, .slot = slot };
	if (memcmp(found->super.array_uuid, live->truth.array_uuid,
		   sizeof(live->truth.array_uuid)))
		return (struct join){ .how = JOIN_BLANK, .slot = slot };
	if (fresh_is_idle(found))
		return (struct join){ .how = JOIN_OWN, .slot = slot };
	if (found->fault == RAID_SUPER_GOOD)
		return judge_member(live, &found->super, wanted, slot, force);
	return (struct join){ .how = JOIN_BLANK, .slot = slot };
}
