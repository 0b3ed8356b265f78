// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a member's superblock says, and whether it is to be believed; see the
 * header. Compiled into the programs, too: nothing here is the kernel's alone.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <asm/byteorder.h>

#include "disk-sum.h"
#include "dm-braid.h"
#include "raid-super.h"

/* What can be a size in sectors at all: 8 EiB in bytes. */
#define SECTORS_MAX	0x40000000000000ULL

struct shape {
	__u32 level;
	unsigned int members_min;
	unsigned int members_max;
	bool chunks;
};

static const struct shape shapes[] = {
	{ 0, 1, BRAID_RAID0_MEMBERS_MAX, true },
	{ 1, 2, BRAID_RAID1_MEMBERS_MAX, false },
	{ 5, 3, 16, true },
	{ 0, 0, 0, false },
};

static const char *const fault_texts[] = {
	[RAID_SUPER_GOOD] = "its superblock is good",
	[RAID_SUPER_NONE] = "it has no superblock",
	[RAID_SUPER_TORN] = "both copies of its superblock are damaged",
	[RAID_SUPER_VERSION] = "its superblock is of a version that is not known",
	[RAID_SUPER_INCOMPAT] =
		"its superblock has features that are not known: a newer Braid made it",
	[RAID_SUPER_SHAPE] = "the level, layout, chunk or counts in its superblock can't be",
	[RAID_SUPER_PLACE] = "the places and sizes in its superblock can't be",
	[RAID_SUPER_TABLE] = "the table of members in its superblock can't be",
	[RAID_SUPER_NAME] = "the name in its superblock can't be",
	[RAID_SUPER_HALF] = "its array was only half made",
	[RAID_SUPER_SHORT] = "the device is too small for what its superblock says",
	[RAID_SUPER_SPARE] = "it is a spare: no member yet",
};

static const char *const verdict_texts[] = {
	[RAID_MEMBER_CURRENT] = "it holds all that was acknowledged",
	[RAID_MEMBER_STALE] = "it is stale: the array went on without it",
	[RAID_MEMBER_PARTED] =
		"it and the other members each went on alone: their content has parted",
	[RAID_MEMBER_REPLACED] = "it was replaced by another device",
	[RAID_MEMBER_TWICE] =
		"another device says that it is the same member: one of them is a copy",
	[RAID_MEMBER_REBUILT] = "it is not rebuilt to its end",
	[RAID_MEMBER_TWIN] =
		"a member that is to be replaced was being copied to it",
	[RAID_MEMBER_MISFIT] =
		"its superblock says another level, layout, chunk, size or offset than the others",
	[RAID_MEMBER_FOREIGN] = "it is a member of another array",
};

/**
 * raid_super_fault_text() - a fault as a sentence about the device
 * @fault: the fault
 *
 * Return: a text with static lifetime.
 */
const char *raid_super_fault_text(enum raid_super_fault fault)
{
	return fault_texts[fault];
}

/**
 * raid_super_verdict_text() - a verdict as a sentence about the device
 * @verdict: the verdict
 *
 * Return: a text with static lifetime.
 */
const char *raid_super_verdict_text(enum raid_super_verdict verdict)
{
	return verdict_texts[verdict];
}

/**
 * raid_super_sum() - the checksum that a superblock should have
 * @super: the superblock; what stands in its checksum doesn't matter
 *
 * Return: the CRC-32C.
 */
__u32 raid_super_sum(const struct braid_super *super)
{
	static const __le32 zero;
	size_t before = __builtin_offsetof(struct braid_super, checksum);
	const __u8 *bytes = (const __u8 *)super;
	__u32 crc = DISK_SUM_INIT;

	crc = disk_sum_add(crc, bytes, before);
	crc = disk_sum_add(crc, &zero, sizeof(zero));
	before += sizeof(zero);
	return ~disk_sum_add(crc, bytes + before, sizeof(*super) - before);
}

/**
 * raid_super_whole() - was this copy written to its end?
 * @super: 4 KiB of anything
 *
 * Return: whether magic and checksum are right; what it says may be unknown.
 */
bool raid_super_whole(const struct braid_super *super)
{
	return !memcmp(super->magic, BRAID_SUPER_MAGIC,
		       sizeof(super->magic)) &&
	       __le32_to_cpu(super->checksum) == raid_super_sum(super);
}

/* Is a whole copy where it belongs? One that was moved is none. */
static bool in_place(const struct braid_super *super, __u64 parity)
{
	return raid_super_whole(super) &&
	       (__le64_to_cpu(super->sequence) & 1) == parity;
}

/**
 * raid_super_newest() - choose between the two copies of a member
 * @odd: what stands at 4 KiB
 * @even: what stands at 8 KiB
 *
 * A newer copy that isn't understood is not passed over for an older one.
 *
 * Return: 1 for @odd, 0 for @even, -ENOENT if there is no superblock, -EBADMSG
 * if there is one but no copy is whole.
 */
int raid_super_newest(const struct braid_super *odd,
		      const struct braid_super *even)
{
	bool odd_good = in_place(odd, 1), even_good = in_place(even, 0);
	size_t size = sizeof(odd->magic);

	if (odd_good && even_good)
		return __le64_to_cpu(odd->sequence) >
		       __le64_to_cpu(even->sequence);
	if (odd_good || even_good)
		return odd_good;
	if (memcmp(odd->magic, BRAID_SUPER_MAGIC, size) &&
	    memcmp(even->magic, BRAID_SUPER_MAGIC, size))
		return -ENOENT;
	return -EBADMSG;
}

static bool chunk_ok(__u32 chunk, bool chunks)
{
	if (!chunk)
		return !chunks;
	return chunk >= BRAID_CHUNK_SECTORS_MIN &&
	       chunk <= BRAID_CHUNK_SECTORS_MAX && !(chunk & (chunk - 1));
}

static bool is_spare(const struct braid_super *super)
{
	return super->slot == __cpu_to_le16(BRAID_SUPER_SPARE);
}

static bool shape_ok(const struct braid_super *super)
{
	__u32 level = __le32_to_cpu(super->level);
	__u32 chunk = __le32_to_cpu(super->chunk_sectors);
	unsigned int members = __le16_to_cpu(super->members);
	__u32 layout = __le32_to_cpu(super->layout);
	const struct shape *shape = shapes;

	while (shape->members_max && shape->level != level)
		shape++;
	return members >= shape->members_min && members <= shape->members_max &&
	       (__le16_to_cpu(super->slot) < members || is_spare(super)) &&
	       chunk_ok(chunk, shape->chunks) &&
	       layout <= (level == 5 ? BRAID_LAYOUT_RIGHT_SYMMETRIC : 0);
}

/* An area lies between the superblocks and the data, or isn't there at all. */
static bool area_ok(__u64 offset, __u64 sectors, __u64 end)
{
	if (!offset || !sectors)
		return !offset && !sectors;
	return offset >= BRAID_SUPER_AREA && offset <= end &&
	       sectors <= end - offset;
}

static bool place_ok(const struct braid_super *super)
{
	__u64 data = __le64_to_cpu(super->data_offset);
	__u64 sectors = __le64_to_cpu(super->member_sectors);
	__u64 log = __le64_to_cpu(super->log_offset);
	__u64 log_sectors = __le64_to_cpu(super->log_sectors);
	__u64 ppl = __le64_to_cpu(super->ppl_offset);
	__u64 ppl_sectors = __le64_to_cpu(super->ppl_sectors);
	__u32 chunk = __le32_to_cpu(super->chunk_sectors);

	if (data < BRAID_SUPER_AREA || data > SECTORS_MAX || !sectors ||
	    sectors > SECTORS_MAX)
		return false;
	/* the chunk is a power of two, or there is none */
	if (super->level != __cpu_to_le32(1) &&
	    ((sectors | data) & (chunk - 1)))
		return false;
	if (!area_ok(log, log_sectors, data) ||
	    !area_ok(ppl, ppl_sectors, data))
		return false;
	return !log || !ppl || log + log_sectors <= ppl ||
	       ppl + ppl_sectors <= log;
}

/* Does @super speak of @other as the device to which a member is copied? */
static bool is_twin_of(const struct braid_super *super,
		       const struct braid_super *other)
{
	return !memcmp(super->twin_uuid, other->member_uuid,
		       sizeof(super->twin_uuid));
}

static bool table_ok(const struct braid_super *super)
{
	unsigned int members = __le16_to_cpu(super->members);
	unsigned int own = __le16_to_cpu(super->slot);
	unsigned int slot;

	for (slot = 0; slot < BRAID_SUPER_SLOTS; slot++) {
		const struct braid_super_slot *line = &super->table[slot];

		if (slot >= members && line->state != BRAID_SLOT_EMPTY)
			return false;
		if (slot < members && (line->state < BRAID_SLOT_USED ||
				       line->state > BRAID_SLOT_REBUILT))
			return false;
		if (__le64_to_cpu(line->since) > __le64_to_cpu(super->events))
			return false;
	}
	if (raid_super_is_twin(super))
		return is_twin_of(super, super);
	return super->table[own].state != BRAID_SLOT_LOST &&
	       !memcmp(super->table[own].uuid, super->member_uuid,
		       sizeof(super->member_uuid));
}

/* A spare knows nothing of the members. */
static bool no_table(const struct braid_super *super)
{
	unsigned int slot;

	for (slot = 0; slot < BRAID_SUPER_SLOTS; slot++) {
		if (super->table[slot].state != BRAID_SLOT_EMPTY)
			return false;
	}
	return true;
}

static bool name_ok(const struct braid_super *super)
{
	size_t i, length = 0;

	while (length < sizeof(super->name) && super->name[length] > ' ' &&
	       super->name[length] < 0x7f)
		length++;
	for (i = length; i < sizeof(super->name); i++) {
		if (super->name[i])
			return false;
	}
	return length && length < sizeof(super->name);
}

/**
 * raid_super_check() - can this be the superblock of a member?
 * @super: a whole copy
 * @sectors: the size of the device that it is on
 *
 * Return: the first fault that was found.
 */
enum raid_super_fault raid_super_check(const struct braid_super *super,
				       __u64 sectors)
{
	if (__le32_to_cpu(super->version) != BRAID_SUPER_VERSION)
		return RAID_SUPER_VERSION;
	if (__le32_to_cpu(super->incompat) & ~BRAID_SUPER_INCOMPAT)
		return RAID_SUPER_INCOMPAT;
	if (!shape_ok(super))
		return RAID_SUPER_SHAPE;
	if (!place_ok(super))
		return RAID_SUPER_PLACE;
	if (is_spare(super) ? !no_table(super) : !table_ok(super))
		return RAID_SUPER_TABLE;
	if (!name_ok(super))
		return RAID_SUPER_NAME;
	if (!super->events)
		return RAID_SUPER_HALF;
	if (__le64_to_cpu(super->data_offset) +
		    __le64_to_cpu(super->member_sectors) > sectors)
		return RAID_SUPER_SHORT;
	return is_spare(super) ? RAID_SUPER_SPARE : RAID_SUPER_GOOD;
}

/* Has the array grown since @super was written, or is its size still the same? */
static bool size_fits(const struct braid_super *super,
		      const struct braid_super *fresh)
{
	if (super->member_sectors == fresh->member_sectors)
		return true;
	return __le64_to_cpu(super->member_sectors) <
		       __le64_to_cpu(fresh->member_sectors) &&
	       __le64_to_cpu(super->events) < __le64_to_cpu(fresh->events);
}

static bool fits(const struct braid_super *super,
		 const struct braid_super *fresh)
{
	return super->level == fresh->level &&
	       super->layout == fresh->layout &&
	       super->chunk_sectors == fresh->chunk_sectors &&
	       super->members == fresh->members &&
	       size_fits(super, fresh) &&
	       super->data_offset == fresh->data_offset &&
	       super->ppl_offset == fresh->ppl_offset &&
	       super->ppl_sectors == fresh->ppl_sectors;
}

/*
 * Does @super call a member lost that @fresh uses, and that did not come back
 * since then? See the header for "since".
 */
static bool accuses(const struct braid_super *super,
		    const struct braid_super *fresh)
{
	unsigned int slot, members = __le16_to_cpu(fresh->members);

	for (slot = 0; slot < members; slot++) {
		if (fresh->table[slot].state == BRAID_SLOT_USED &&
		    super->table[slot].state == BRAID_SLOT_LOST &&
		    __le64_to_cpu(super->table[slot].since) >
			    __le64_to_cpu(fresh->table[slot].since))
			return true;
	}
	return false;
}

static enum raid_super_verdict judge_one(const struct braid_super *super,
					 const struct braid_super *fresh)
{
	const struct braid_super_slot *line;
	__u64 events = __le64_to_cpu(super->events);

	if (memcmp(super->array_uuid, fresh->array_uuid,
		   sizeof(super->array_uuid)))
		return RAID_MEMBER_FOREIGN;
	if (!fits(super, fresh))
		return RAID_MEMBER_MISFIT;
	line = &fresh->table[__le16_to_cpu(super->slot)];
	if (memcmp(super->member_uuid, line->uuid, sizeof(line->uuid)))
		return raid_super_is_twin(super) && is_twin_of(fresh, super) ?
			       RAID_MEMBER_TWIN :
			       RAID_MEMBER_REPLACED;
	if (accuses(super, fresh))
		return RAID_MEMBER_PARTED;
	switch (line->state) {
	case BRAID_SLOT_USED:
		return events + 1 >= __le64_to_cpu(fresh->events) ?
			       RAID_MEMBER_CURRENT :
			       RAID_MEMBER_STALE;
	case BRAID_SLOT_REBUILT:
		return RAID_MEMBER_REBUILT;
	default:
		return events >= __le64_to_cpu(line->since) ?
			       RAID_MEMBER_PARTED :
			       RAID_MEMBER_STALE;
	}
}

/* A twin's word counts only where there is no other's. */
static bool is_truer(const struct braid_super *a, const struct braid_super *b)
{
	if (raid_super_is_twin(a) != raid_super_is_twin(b))
		return raid_super_is_twin(b);
	return __le64_to_cpu(a->events) > __le64_to_cpu(b->events);
}

/**
 * raid_super_judge() - which members of an array may be used?
 * @supers: their superblocks, each without a fault; NULL where there is none
 * @count: how many entries that has
 * @verdicts: receives a verdict for each entry that isn't NULL
 *
 * A member is only ever judged against the others that are here: that all of
 * them may be stale is for whoever knows that one is missing.
 *
 * Return: the index of the one with the most events that is no twin, which is the
 * truth about the array; -ENOENT if there is none.
 */
int raid_super_judge(const struct braid_super *const *supers,
		     unsigned int count, enum raid_super_verdict *verdicts)
{
	unsigned int i, j;
	int fresh = -ENOENT;

	for (i = 0; i < count; i++) {
		if (supers[i] &&
		    (fresh < 0 || is_truer(supers[i], supers[fresh])))
			fresh = i;
	}
	for (i = 0; i < count; i++) {
		if (!supers[i])
			continue;
		verdicts[i] = judge_one(supers[i], supers[fresh]);
		for (j = 0; j < i; j++) {
			if (!supers[j] ||
			    verdicts[i] != RAID_MEMBER_CURRENT ||
			    (verdicts[j] != RAID_MEMBER_CURRENT &&
			     verdicts[j] != RAID_MEMBER_TWICE) ||
			    supers[i]->slot != supers[j]->slot)
				continue;
			verdicts[i] = RAID_MEMBER_TWICE;
			verdicts[j] = RAID_MEMBER_TWICE;
		}
	}
	return fresh;
}
