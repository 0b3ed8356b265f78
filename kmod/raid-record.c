// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record that an array keeps of itself on its members; see the header.
 * Runs in process context and sleeps. Writing allocates nothing: it is needed
 * before writes can be acknowledged, and so before memory can be freed.
 */
#include <linux/completion.h>
#include <linux/ktime.h>

#include "raid.h"
#include "raid-log.h"
#include "raid-record.h"
#include "raid-super.h"

#define DM_MSG_PREFIX "braid-raid"

/**
 * struct raid_record_io - one member's share in an operation on all
 * @bio: its bio
 * @vec: what the bio carries
 * @record: the record
 */
struct raid_record_io {
	struct bio bio;
	struct bio_vec vec;
	struct raid_record *record;
};

/**
 * struct raid_record - the record of an array; raid->change protects it
 * @events: of the newest superblock
 * @clean: the members are alike
 * @keep: they may not be where the log marks it
 * @grow: the table wants more of each member to be used
 * @sectors: how much is, as the superblocks have it
 * @ppl: the run before this one kept a partial parity log, and was not stopped
 * @logged: where parity may be wrong is in that log, or behind @resync
 * @resync: redundancy is established up to here
 * @log: where the members have their write-intent logs; 0: they don't
 * @asked: members that the table wants rebuilt from the beginning
 * @returned: members that, as the table has it, lack only what the log marks
 * @replaced: members that, as the table has it, were twins and hold everything
 * @filling: members that are being rebuilt, as the superblocks will have it. The
 *	twin is one of them; and who was lost stays one, so as not to be taken for whole
 * @by_log: those of @filling that lack only what the log marks
 * @recovery: how far, by slot
 * @table: the members, as the superblocks have them
 * @twin: the UUID of the twin, as the superblocks have it; zeroes: there is none
 * @before: @table as it was before what is being written now
 * @twin_before: and @twin
 * @page: two pages to read into
 * @super: by slot, the superblock as it was read or written last; NULL for a
 *	member that isn't used
 * @io: by slot
 * @behind: members in use that lack the newest superblock, by one
 * @bad: slots where the operation under way failed
 * @pending: how many are under way
 * @done: none is any more
 */
struct raid_record {
	u64 events;
	bool clean;
	bool keep;
	bool grow;
	u64 sectors;
	bool ppl;
	bool logged;
	u64 resync;
	u64 log;
	DECLARE_BITMAP(asked, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(returned, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(replaced, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(filling, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(by_log, BRAID_RAID0_MEMBERS_MAX);
	u64 recovery[BRAID_RAID0_MEMBERS_MAX];
	struct braid_super_slot table[BRAID_SUPER_SLOTS];
	u8 twin[16];
	struct braid_super_slot before[BRAID_SUPER_SLOTS];
	u8 twin_before[16];
	struct braid_super *page[2];
	struct braid_super *super[BRAID_RAID0_MEMBERS_MAX];

	struct raid_record_io *io;
	DECLARE_BITMAP(behind, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(bad, BRAID_RAID0_MEMBERS_MAX);
	atomic_t pending;
	struct completion done;
};

/* How many members may be lost before there is nothing to be recorded. */
static unsigned int may_lose(const struct raid *raid)
{
	switch (raid->level_id) {
	case RAID_LEVEL_0:
		return 0;
	case RAID_LEVEL_1:
		return raid->members - 1;
	default:
		return 1;
	}
}

/* Reading. */

static int read_copy(const struct raid *raid, unsigned int slot,
		     sector_t sector, struct braid_super *copy)
{
	return raid_member_io(raid, slot, sector, virt_to_page(copy),
			      sizeof(*copy), REQ_OP_READ | REQ_SYNC | REQ_META);
}

/*
 * A copy that can't be read is taken for one that is torn, as a power loss may
 * leave it so. That both can't be is the device's failure.
 */
static const char *read_super(struct raid *raid, unsigned int slot)
{
	struct block_device *bdev = raid->member[slot]->bdev;
	struct raid_record *record = raid->record;
	enum raid_super_fault fault = RAID_SUPER_SHORT;
	int r, failed = 0;

	if (bdev_nr_sectors(bdev) < BRAID_SUPER_AREA)
		return raid_super_fault_text(fault);
	memset(record->page[0], 0, BRAID_SUPER_BYTES);
	memset(record->page[1], 0, BRAID_SUPER_BYTES);
	failed += !!read_copy(raid, slot, BRAID_SUPER_EVEN_SECTOR,
			      record->page[0]);
	failed += !!read_copy(raid, slot, BRAID_SUPER_ODD_SECTOR,
			      record->page[1]);
	if (failed == 2)
		return "its superblock can't be read";
	r = raid_super_newest(record->page[1], record->page[0]);
	if (r == -ENOENT && !failed)
		return raid_super_fault_text(RAID_SUPER_NONE);
	if (r < 0)
		return raid_super_fault_text(RAID_SUPER_TORN);
	fault = raid_super_check(record->page[r], bdev_nr_sectors(bdev));
	if (fault != RAID_SUPER_GOOD)
		return raid_super_fault_text(fault);
	memcpy(record->super[slot], record->page[r], BRAID_SUPER_BYTES);
	return NULL;
}

static u32 level_number(const struct raid *raid)
{
	switch (raid->level_id) {
	case RAID_LEVEL_0:
		return 0;
	case RAID_LEVEL_1:
		return 1;
	default:
		return 5;
	}
}

static u32 layout_number(const struct raid *raid)
{
	static const u32 layouts[] = {
		[RAID5_LEFT_SYMMETRIC] = BRAID_LAYOUT_LEFT_SYMMETRIC,
		[RAID5_RIGHT_SYMMETRIC] = BRAID_LAYOUT_RIGHT_SYMMETRIC,
		[RAID5_LEFT_ASYMMETRIC] = BRAID_LAYOUT_LEFT_ASYMMETRIC,
		[RAID5_RIGHT_ASYMMETRIC] = BRAID_LAYOUT_RIGHT_ASYMMETRIC,
	};

	return raid->level_id == RAID_LEVEL_5 ? layouts[raid->algorithm] : 0;
}

static const char other_length[] =
	"the array that it is a member of has another length";

/*
 * Is the table line that of the array whose member this is? Whoever was written
 * before the array grew says a smaller size.
 */
static const char *compare_table(const struct raid *raid, unsigned int slot)
{
	const struct braid_super *super = raid->record->super[slot];
	u32 chunk = le32_to_cpu(super->chunk_sectors);

	if (memcmp(super->array_uuid, &raid->uuid, sizeof(super->array_uuid)))
		return raid_super_verdict_text(RAID_MEMBER_FOREIGN);
	if (le32_to_cpu(super->level) != level_number(raid))
		return "the array that it is a member of has another level";
	if (le32_to_cpu(super->layout) != layout_number(raid))
		return "the array that it is a member of has another layout";
	if (le16_to_cpu(super->members) != raid->members)
		return "the array that it is a member of has another number of devices";
	if (chunk != raid->chunk)
		return "the array that it is a member of has another chunk size";
	if (le64_to_cpu(super->member_sectors) > raid->member_sectors)
		return other_length;
	if (le64_to_cpu(super->data_offset) + raid->member_sectors >
	    bdev_nr_sectors(raid->member[slot]->bdev))
		return raid_super_fault_text(RAID_SUPER_SHORT);
	if (le16_to_cpu(super->slot) !=
	    (slot == raid->members ? raid->twin_of : slot))
		return "it is the member of another slot";
	if (raid->data_offset &&
	    le64_to_cpu(super->data_offset) != raid->data_offset)
		return "its data began elsewhere when the table was loaded";
	if (raid->data_offset &&
	    (le64_to_cpu(super->ppl_offset) != raid->ppl_offset ||
	     le64_to_cpu(super->ppl_sectors) != raid->ppl_sectors))
		return "its partial parity log was elsewhere when the table was loaded";
	if (le32_to_cpu(super->ro_compat) & ~BRAID_SUPER_RO_COMPAT &&
	    braid_table_writable(raid->ti->table))
		return "its superblock has features that are not known: the array can be read only";
	return NULL;
}

static void refuse(const struct raid *raid, unsigned int slot,
		   const char *why, unsigned long *refused)
{
	DMERR("%s: device %s (slot %u): %s",
	      dm_table_device_name(raid->ti->table), raid->member[slot]->name,
	      slot == raid->members ? raid->twin_of : slot, why);
	raid->ti->error = (char *)why;
	__set_bit(slot, refused);
}

/* Those that are used, with a superblock of this array; others are refused. */
static void read_all(struct raid *raid, unsigned long *refused,
		     unsigned long *found)
{
	const char *why;
	unsigned int slot;

	bitmap_zero(found, BRAID_RAID0_MEMBERS_MAX);
	for (slot = 0; slot < raid->members; slot++) {
		if (!raid_member_used(raid, slot))
			continue;
		why = read_super(raid, slot);
		if (!why)
			why = compare_table(raid, slot);
		if (why)
			refuse(raid, slot, why, refused);
		else
			__set_bit(slot, found);
	}
}

/* Is it known as the twin to whoever is the truth? */
static bool is_known_twin(const struct braid_super *super,
			  const struct braid_super *fresh)
{
	return raid_super_is_twin(super) &&
	       !memcmp(fresh->twin_uuid, super->member_uuid,
		       sizeof(super->member_uuid));
}

/*
 * Has it got all that was written since it had so much of the member as it says?
 * After a crash a write may be on the member and not on the twin.
 */
static bool keeps_up(const struct braid_super *super,
		     const struct braid_super *fresh)
{
	return is_known_twin(super, fresh) && super->events == fresh->events &&
	       le32_to_cpu(fresh->flags) & BRAID_SUPER_CLEAN;
}

/* A twin that is to be a member. While another table is live it isn't at rest. */
static const char *judge_replaced(const struct raid *raid, unsigned int slot,
				  unsigned int fresh, bool starts)
{
	const struct raid_record *record = raid->record;
	const struct braid_super *super = record->super[slot];

	if (!is_known_twin(super, record->super[fresh]))
		return raid_super_verdict_text(RAID_MEMBER_REPLACED);
	if (le64_to_cpu(super->recovery_sector) < raid->member_sectors)
		return "not all of the member has been copied to it";
	if (starts && !keeps_up(super, record->super[fresh]))
		return "it may lack what was written last";
	return NULL;
}

/* Refuses those that are twins and not all that the table says. */
static void survey_replaced(struct raid *raid, int fresh, bool starts,
			    const unsigned long *found, unsigned long *refused)
{
	struct raid_record *record = raid->record;
	const char *why;
	unsigned int slot;

	for_each_set_bit(slot, record->replaced, raid->members) {
		if (fresh < 0 || !test_bit(slot, found) ||
		    !raid_super_is_twin(record->super[slot]))
			continue;
		why = judge_replaced(raid, slot, fresh, starts);
		if (why)
			refuse(raid, slot, why, refused);
	}
}

static void survey_twin(struct raid *raid, int fresh, unsigned long *refused)
{
	const struct braid_super *truth;
	const char *why;

	if (!raid_twin_used(raid))
		return;
	__set_bit(raid->members, raid->record->filling);
	why = read_super(raid, raid->members);
	if (!why)
		why = compare_table(raid, raid->members);
	if (!why && fresh >= 0) {
		truth = raid->record->super[fresh];
		if (!memcmp(truth->table[raid->twin_of].uuid,
			    raid->record->super[raid->members]->member_uuid,
			    sizeof(truth->twin_uuid)))
			why = "it is a copy of the member that it is to replace";
	}
	if (why)
		refuse(raid, raid->members, why, refused);
}

/* Is the member in this slot the one that is being rebuilt already? */
static bool goes_on(const struct raid_record *record, unsigned int slot,
		    unsigned int fresh)
{
	const struct braid_super_slot *line = &record->super[fresh]->table[slot];

	return line->state == BRAID_SLOT_REBUILT &&
	       !memcmp(line->uuid, record->super[slot]->member_uuid,
		       sizeof(line->uuid));
}

/* Did it lack nothing, or nothing but what the log marks, when it was lost? */
static bool was_whole(const struct braid_super *super, unsigned int slot)
{
	u8 state = super->table[slot].state;

	return state == BRAID_SLOT_USED ||
	       (state == BRAID_SLOT_REBUILT &&
		le32_to_cpu(super->flags) & BRAID_SUPER_READD);
}

/*
 * What is to become of a member that comes back? One that was whole and was lost,
 * and did nothing after that, lacks what was written since: if that is marked
 * (which is seen later), no more has to be copied. Any other is filled from the
 * beginning, unless it was never away.
 */
static void judge_returned(struct raid_record *record, unsigned int slot,
			   unsigned int fresh)
{
	const struct braid_super *pair[] = { record->super[fresh],
					     record->super[slot] };
	enum raid_super_verdict verdicts[2];
	u8 state = pair[0]->table[slot].state;

	if (raid_super_judge(pair, 2, verdicts))
		verdicts[1] = RAID_MEMBER_PARTED;
	if (verdicts[1] == RAID_MEMBER_CURRENT)
		return;
	__set_bit(slot, record->filling);
	if (verdicts[1] == RAID_MEMBER_STALE && state == BRAID_SLOT_LOST &&
	    was_whole(pair[1], slot))
		__set_bit(slot, record->by_log);
}

/*
 * Read and judge the superblocks of all members that are used. Those that must
 * not be are added to @refused, and it is said why. What a member says that is
 * to be rebuilt from the beginning counts for nothing. @starts: the members are at
 * rest, and the table is about to become live.
 *
 * Return: the slot whose superblock is the truth, -ENOENT if there is none.
 */
static int survey(struct raid *raid, unsigned long *refused, bool starts)
{
	const struct braid_super *supers[BRAID_RAID0_MEMBERS_MAX] = { NULL };
	enum raid_super_verdict verdicts[BRAID_RAID0_MEMBERS_MAX];
	struct raid_record *record = raid->record;
	DECLARE_BITMAP(found, BRAID_RAID0_MEMBERS_MAX);
	unsigned int slot;
	int fresh;

	read_all(raid, refused, found);
	for_each_set_bit(slot, found, raid->members) {
		if (!test_bit(slot, record->asked) &&
		    !test_bit(slot, record->returned) &&
		    !(test_bit(slot, record->replaced) &&
		      raid_super_is_twin(record->super[slot])))
			supers[slot] = record->super[slot];
	}
	fresh = raid_super_judge(supers, raid->members, verdicts);
	bitmap_and(record->filling, found, record->asked,
		   BRAID_RAID0_MEMBERS_MAX);
	bitmap_zero(record->by_log, BRAID_RAID0_MEMBERS_MAX);
	for_each_set_bit(slot, found, raid->members) {
		if (fresh >= 0 && test_bit(slot, record->returned) &&
		    !test_bit(slot, record->asked))
			judge_returned(record, slot, fresh);
	}
	for (slot = 0; slot < raid->members; slot++) {
		if (!supers[slot] || verdicts[slot] == RAID_MEMBER_CURRENT)
			continue;
		if (verdicts[slot] == RAID_MEMBER_REBUILT &&
		    raid->level->sync_piece)
			__set_bit(slot, record->filling);
		else
			refuse(raid, slot,
			       raid_super_verdict_text(verdicts[slot]),
			       refused);
	}
	if (fresh >= 0 && !record->grow &&
	    le64_to_cpu(record->super[fresh]->member_sectors) !=
		    raid->member_sectors)
		refuse(raid, fresh, other_length, refused);
	survey_replaced(raid, fresh, starts, found, refused);
	survey_twin(raid, fresh, refused);
	return fresh;
}

/* Writing. */

static void end_io(struct bio *bio)
{
	struct raid_record_io *io =
		container_of(bio, struct raid_record_io, bio);
	struct raid_record *record = io->record;

	if (bio->bi_status)
		set_bit(io - record->io, record->bad);
	if (atomic_dec_and_test(&record->pending))
		complete(&record->done);
}

static void submit_one(struct raid *raid, unsigned int slot, bool flush)
{
	struct raid_record *record = raid->record;
	struct raid_record_io *io = &record->io[slot];
	struct braid_super *super = record->super[slot];
	blk_opf_t opf = REQ_OP_WRITE | REQ_SYNC | REQ_META;

	bio_init(&io->bio, raid->member[slot]->bdev, &io->vec, 1,
		 opf | (flush ? REQ_PREFLUSH : REQ_FUA));
	io->bio.bi_end_io = end_io;
	io->record = record;
	if (!flush) {
		io->bio.bi_iter.bi_sector =
			raid_super_sector(le64_to_cpu(super->sequence));
		__bio_add_page(&io->bio, virt_to_page(super), sizeof(*super),
			       0);
	}
	submit_bio_noacct(&io->bio);
}

/* Flush, or write the superblocks through, on all of @slots at once. */
static void submit_all(struct raid *raid, const unsigned long *slots,
		       bool flush)
{
	struct raid_record *record = raid->record;
	unsigned int slot;

	bitmap_zero(record->bad, BRAID_RAID0_MEMBERS_MAX);
	reinit_completion(&record->done);
	atomic_set(&record->pending, 1);
	for_each_set_bit(slot, slots, raid_places(raid)) {
		atomic_inc(&record->pending);
		submit_one(raid, slot, flush);
	}
	if (!atomic_dec_and_test(&record->pending))
		wait_for_completion_io(&record->done);
	for_each_set_bit(slot, slots, raid_places(raid))
		bio_uninit(&record->io[slot].bio);
}

static void compose(struct raid *raid, unsigned int slot)
{
	struct raid_record *record = raid->record;
	struct braid_super *super = record->super[slot];
	u64 sequence = le64_to_cpu(super->sequence);
	u32 flags = 0, incompat = 0;
	u64 recovery = test_bit(slot, record->filling) ?
			       record->recovery[slot] : BRAID_SYNCED;

	if (record->clean)
		flags |= BRAID_SUPER_CLEAN;
	if (test_bit(slot, record->filling) && test_bit(slot, record->by_log))
		flags |= BRAID_SUPER_READD;
	if (slot == raid->members)
		flags |= BRAID_SUPER_TWIN;
	if (record->logged)
		flags |= BRAID_SUPER_LOGGED;
	if (raid->ppl && !record->clean)
		incompat |= BRAID_SUPER_PPL;
	super->flags = cpu_to_le32(flags);
	super->incompat = cpu_to_le32(incompat);
	super->recovery_sector = cpu_to_le64(recovery);
	super->ppl_run = cpu_to_le64(raid->ppl_run);
	super->events = cpu_to_le64(record->events);
	super->sequence = cpu_to_le64(sequence + 1);
	super->updated = cpu_to_le64(ktime_get_real_seconds());
	super->resync_sector = cpu_to_le64(record->resync);
	super->member_sectors = cpu_to_le64(record->sectors);
	memcpy(super->twin_uuid, record->twin, sizeof(super->twin_uuid));
	memcpy(super->table, record->table, sizeof(super->table));
	super->checksum = cpu_to_le32(raid_super_sum(super));
}

/* The copy that could not be written is tried again, not the good one. */
static void recall(struct raid_record *record, unsigned int slot)
{
	struct braid_super *super = record->super[slot];

	super->sequence = cpu_to_le64(le64_to_cpu(super->sequence) - 1);
}

static void mark(struct raid_record *record, unsigned int slot, u8 state)
{
	struct braid_super_slot *line = &record->table[slot];

	if (line->state == state)
		return;
	line->state = state;
	line->since = cpu_to_le64(record->events);
}

/* Another member than before may be rebuilt in a slot. */
static void mark_kept(struct raid_record *record, unsigned int slot)
{
	struct braid_super_slot *line = &record->table[slot];
	const u8 *uuid = record->super[slot]->member_uuid;

	if (memcmp(line->uuid, uuid, sizeof(line->uuid))) {
		memcpy(line->uuid, uuid, sizeof(line->uuid));
		line->since = cpu_to_le64(record->events);
	}
	mark(record, slot, test_bit(slot, record->filling) ?
	     BRAID_SLOT_REBUILT : BRAID_SLOT_USED);
}

static unsigned int count_whole(const struct raid_record *record,
				const unsigned long *slots)
{
	DECLARE_BITMAP(whole, BRAID_RAID0_MEMBERS_MAX);

	bitmap_andnot(whole, slots, record->filling, BRAID_RAID0_MEMBERS_MAX);
	return bitmap_weight(whole, BRAID_RAID0_MEMBERS_MAX);
}

/*
 * Those to which superblocks are written; how many others the array lacks, or
 * has only to rebuild them.
 */
static unsigned int survivors(const struct raid *raid,
			      const unsigned long *lost, unsigned long *rest)
{
	unsigned int slot;

	bitmap_zero(rest, BRAID_RAID0_MEMBERS_MAX);
	for (slot = 0; slot < raid_places(raid); slot++) {
		if (raid_member_used(raid, slot) && !test_bit(slot, lost))
			__set_bit(slot, rest);
	}
	return raid->members - count_whole(raid->record, rest);
}

/*
 * An array that lacks more than it can do without is left as it was recorded
 * last: nothing was acknowledged since, and the members may come back.
 */
static bool has_failed(const struct raid *raid)
{
	DECLARE_BITMAP(none, BRAID_RAID0_MEMBERS_MAX) = { 0 };
	DECLARE_BITMAP(rest, BRAID_RAID0_MEMBERS_MAX);

	return survivors(raid, none, rest) > may_lose(raid);
}

/* Write what is known to these members. Failed slots are in record->bad. */
static void write_supers(struct raid *raid, const unsigned long *slots)
{
	struct raid_record *record = raid->record;
	unsigned int slot;

	for_each_set_bit(slot, slots, raid_places(raid))
		compose(raid, slot);
	submit_all(raid, slots, false);
	for_each_set_bit(slot, record->bad, raid_places(raid)) {
		recall(record, slot);
		DMERR("%s: slot %u (%s): its superblock can't be written",
		      dm_table_device_name(raid->ti->table), slot,
		      raid->member[slot]->name);
	}
}

/*
 * Nobody is ever left behind by more than one, or he would count as stale.
 * Return: whether all of @rest have the newest state now; those that can't be
 * brought to it are in record->bad.
 */
static bool catch_up(struct raid *raid, const unsigned long *rest)
{
	struct raid_record *record = raid->record;
	DECLARE_BITMAP(todo, BRAID_RAID0_MEMBERS_MAX);

	if (!bitmap_and(todo, record->behind, rest, raid_places(raid)))
		return true;
	write_supers(raid, todo);
	bitmap_andnot(record->behind, record->behind, todo, raid_places(raid));
	bitmap_or(record->behind, record->behind, record->bad, raid_places(raid));
	return bitmap_empty(record->bad, raid_places(raid));
}

/*
 * Whoever is being rebuilt is told last: alone, he can't vouch for anything. So is
 * a twin that becomes a member, or the others, who don't know that yet, could go
 * on with the one that it replaces. Return: whether any other could be told.
 */
static bool tell(struct raid *raid, const unsigned long *rest)
{
	struct raid_record *record = raid->record;
	DECLARE_BITMAP(some, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(last, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(bad, BRAID_RAID0_MEMBERS_MAX);

	bitmap_or(last, record->filling, record->replaced,
		  BRAID_RAID0_MEMBERS_MAX);
	if (!bitmap_andnot(some, rest, last, BRAID_RAID0_MEMBERS_MAX)) {
		bitmap_copy(last, record->filling, BRAID_RAID0_MEMBERS_MAX);
		bitmap_andnot(some, rest, last, BRAID_RAID0_MEMBERS_MAX);
	}
	write_supers(raid, some);
	if (bitmap_equal(record->bad, some, raid_places(raid)))
		return false;
	if (bitmap_and(some, rest, last, raid_places(raid))) {
		bitmap_copy(bad, record->bad, BRAID_RAID0_MEMBERS_MAX);
		write_supers(raid, some);
		bitmap_or(record->bad, record->bad, bad,
			  BRAID_RAID0_MEMBERS_MAX);
	}
	return true;
}

/*
 * The next state, in which those that aren't in @rest are lost. If nobody can
 * be told, it is not. Those that could not be are in record->bad. Return:
 * whether anybody was.
 */
static bool write_next(struct raid *raid, const unsigned long *rest)
{
	struct raid_record *record = raid->record;
	u64 sectors = record->sectors;
	unsigned int slot;

	record->sectors = raid->member_sectors;
	memcpy(record->before, record->table, sizeof(record->table));
	memcpy(record->twin_before, record->twin, sizeof(record->twin));
	record->events++;
	if (raid->twin_of != RAID_NO_SLOT && !test_bit(raid->members, rest))
		memset(record->twin, 0, sizeof(record->twin));
	for (slot = 0; slot < raid->members; slot++) {
		if (test_bit(slot, rest))
			mark_kept(record, slot);
		else
			mark(record, slot, BRAID_SLOT_LOST);
	}
	if (!tell(raid, rest)) {
		memcpy(record->table, record->before, sizeof(record->table));
		memcpy(record->twin, record->twin_before,
		       sizeof(record->twin));
		record->sectors = sectors;
		record->events--;
		return false;
	}
	bitmap_copy(record->behind, record->bad, BRAID_RAID0_MEMBERS_MAX);
	return true;
}

/* Do the superblocks say so? */
static bool is_lost(const struct raid *raid, unsigned int slot)
{
	const struct raid_record *record = raid->record;

	if (slot < raid->members)
		return record->table[slot].state == BRAID_SLOT_LOST;
	return !memchr_inv(record->twin, 0, sizeof(record->twin));
}

/* Who was to be lost for not being written, and then was not, is still used. */
static void forgive(struct raid *raid, unsigned long *lost)
{
	unsigned int slot;

	for_each_set_bit(slot, lost, raid_places(raid)) {
		if (!is_lost(raid, slot))
			__clear_bit(slot, lost);
	}
}

/*
 * Make the array's state durable, without the members in @lost, on one of the
 * others at least. A member whose superblock can't be written is lost, too, and
 * added; then the others are written again. If the array can't do without it,
 * or the others can't be written, it stays, one behind, as a crash between two
 * writes would have left it.
 *
 * Crash: within it the newest superblock says the old state or the new one, and
 * nothing acknowledged depends on either (raid-super.h says how members are
 * judged that were written and others that were not). After it, the new one.
 *
 * Return: 0, or -EIO if nobody could be told: nothing has changed.
 */
static int commit(struct raid *raid, unsigned long *lost)
{
	struct raid_record *record = raid->record;
	DECLARE_BITMAP(rest, BRAID_RAID0_MEMBERS_MAX);
	unsigned int lacking;
	bool told = false;

	for (;;) {
		lacking = survivors(raid, lost, rest);
		if (catch_up(raid, rest))
			told |= write_next(raid, rest);
		if (bitmap_empty(record->bad, raid_places(raid)) ||
		    lacking + count_whole(record, record->bad) > may_lose(raid))
			break;
		bitmap_or(lost, lost, record->bad, raid_places(raid));
	}
	forgive(raid, lost);
	return told ? 0 : -EIO;
}

/*
 * What a lost member held is, with parity, what the others' data says: and that is
 * in caches yet, some of it. A member that can't be flushed is found out by whoever
 * counts on it next.
 */
static void settle_parity(struct raid *raid, const unsigned long *lost)
{
	DECLARE_BITMAP(rest, BRAID_RAID0_MEMBERS_MAX);

	if (!raid->level->parity)
		return;
	survivors(raid, lost, rest);
	submit_all(raid, rest, true);
}

/**
 * raid_record_lost() - make it durable that members are lost
 * @raid: the array; the caller holds raid->change
 * @lost: the members, a bitmap of BRAID_RAID0_MEMBERS_MAX slots; others that
 *	turned out to be lost are added
 *
 * May sleep, for as long as the other members take to write. Allocates nothing.
 *
 * Return: 0, then @lost may be taken out of use; -EIO if it could not be
 * recorded: nothing may be acknowledged that is not on them.
 */
int raid_record_lost(struct raid *raid, unsigned long *lost)
{
	const struct raid_record *record = raid->record;
	unsigned int slot;

	if (!record || !raid->active || !braid_table_writable(raid->ti->table))
		return 0;
	for_each_set_bit(slot, lost, raid_places(raid)) {
		if (is_lost(raid, slot))
			continue;
		settle_parity(raid, lost);
		return commit(raid, lost);
	}
	return 0;
}

/* Starting and stopping. */

/*
 * Whoever is filled from the beginning may be behind by any number of events, or
 * ahead of the truth: he is brought to where it is before all others go on.
 */
static void adopt_filling(struct raid *raid, unsigned int fresh)
{
	struct raid_record *record = raid->record;
	const struct braid_super *super;
	unsigned int slot;

	for_each_set_bit(slot, record->filling, raid->members) {
		super = record->super[slot];
		if (goes_on(record, slot, fresh)) {
			record->recovery[slot] =
				le64_to_cpu(super->recovery_sector);
			if (le32_to_cpu(super->flags) & BRAID_SUPER_READD)
				__set_bit(slot, record->by_log);
			continue;
		}
		record->recovery[slot] = 0;
		mark_kept(record, slot);
		__set_bit(slot, record->behind);
	}
}

/* The same of the twin. Without one the superblocks will say so. */
static void adopt_twin(struct raid *raid, unsigned int fresh)
{
	struct raid_record *record = raid->record;
	const struct braid_super *super;

	memset(record->twin, 0, sizeof(record->twin));
	if (!raid_twin_used(raid))
		return;
	super = record->super[raid->members];
	memcpy(record->twin, super->member_uuid, sizeof(record->twin));
	record->recovery[raid->members] = 0;
	if (keeps_up(super, record->super[fresh]))
		record->recovery[raid->members] =
			min_t(u64, le64_to_cpu(super->recovery_sector),
			      raid->member_sectors);
	else
		__set_bit(raid->members, record->behind);
}

/* A log that is too small is none. */
static u64 log_of(const struct braid_super *super)
{
	return le64_to_cpu(super->log_sectors) >= 2 * BRAID_LOG_PAGE_SECTORS ?
		       le64_to_cpu(super->log_offset) : 0;
}

static void adopt(struct raid *raid, unsigned int fresh)
{
	const struct braid_super *super = raid->record->super[fresh];
	struct raid_record *record = raid->record;
	unsigned int slot;

	record->events = le64_to_cpu(super->events);
	record->clean = le32_to_cpu(super->flags) & BRAID_SUPER_CLEAN;
	record->ppl = le32_to_cpu(super->incompat) & BRAID_SUPER_PPL;
	record->logged = le32_to_cpu(super->flags) & BRAID_SUPER_LOGGED;
	raid->ppl_run = le64_to_cpu(super->ppl_run);
	record->resync = le64_to_cpu(super->resync_sector);
	record->log = log_of(super);
	record->sectors = le64_to_cpu(super->member_sectors);
	/* nothing is known of what is added */
	if (raid->level->sync_piece && record->grow)
		record->resync = min(record->resync, record->sectors);
	memcpy(record->table, super->table, sizeof(record->table));
	bitmap_zero(record->behind, BRAID_RAID0_MEMBERS_MAX);
	for (slot = 0; slot < raid->members; slot++) {
		if (raid_member_used(raid, slot) &&
		    record->super[slot]->events != super->events)
			__set_bit(slot, record->behind);
	}
	adopt_filling(raid, fresh);
	adopt_twin(raid, fresh);
}

/* Does the log know what they lack, who lack only what it marks? */
static void check_by_log(struct raid *raid)
{
	static const char what[] =
		"the log doesn't know what it lacks: all of it is rebuilt";
	struct raid_record *record = raid->record;
	unsigned int slot;
	u64 events;

	for_each_set_bit(slot, record->filling, raid->members) {
		events = le64_to_cpu(record->super[slot]->events);
		if (!raid_log_covers(raid, events))
			__clear_bit(slot, record->by_log);
		if (test_bit(slot, record->returned) &&
		    !test_bit(slot, record->by_log))
			DMWARN("%s: slot %u (%s): %s",
			       dm_table_device_name(raid->ti->table), slot,
			       raid->member[slot]->name, what);
	}
}

/*
 * What was under way when the power went may differ from member to member: where
 * that was, the log knows, if there is one, unless they are @alike, as the partial
 * parity log has put it right. @lost are those that it isn't read from. What the
 * partial parity log has counts no more: the array's next events are the first
 * that nothing in it can have as its run.
 */
static void begin(struct raid *raid, const unsigned long *lost, bool alike)
{
	DECLARE_BITMAP(whole, BRAID_RAID0_MEMBERS_MAX) = { 0 };
	struct raid_record *record = raid->record;
	unsigned int slot;
	bool found;

	for (slot = 0; slot < raid->members; slot++) {
		if (raid_member_whole(raid, slot) && !test_bit(slot, lost))
			__set_bit(slot, whole);
	}
	found = raid_log_read(raid, whole);
	check_by_log(raid);
	if (!alike && !found && raid->level_id != RAID_LEVEL_0)
		record->resync = 0;
	raid_sync_begin(raid, record->resync,
			!alike && found ? raid_log_marks(raid) : NULL);
	if (alike)
		WRITE_ONCE(raid->torn, false);
	record->keep = !record->clean;
	record->clean = false;
	record->logged = raid->ppl && !raid_sync_by_marks(raid);
	raid->ppl_run = record->events + 1;
}

/*
 * Crash: within it, or after it as long as no superblock has been written, it is
 * done once more.
 *
 * Return: 0 if the members are alike but for what is behind record->resync, 1 if
 * they may not be, or -errno.
 */
static int replay(struct raid *raid, const unsigned long *lost)
{
	const struct raid_record *record = raid->record;
	int r;

	if (record->clean)
		return 0;
	if (!record->ppl || !raid->ppl_offset || !raid->level->replay ||
	    !braid_table_writable(raid->ti->table))
		return 1;
	r = raid->level->replay(raid, lost);
	return r ? r : !record->logged;
}

/* The array does as the record has it. */
static void follow(struct raid *raid)
{
	const struct raid_record *record = raid->record;
	unsigned int slot;

	for_each_set_bit(slot, record->filling, raid_places(raid))
		WRITE_ONCE(raid->recovered[slot], record->recovery[slot]);
	bitmap_copy(raid->rebuilding, record->filling, BRAID_RAID0_MEMBERS_MAX);
	if (raid->level->refresh)
		raid->level->refresh(raid);
}

/* Without a member, what it held is known by a parity that may be wrong. */
static void warn_of_holes(const struct raid *raid, unsigned int left,
			  bool alike)
{
	const struct raid_record *record = raid->record;

	if (raid->level->parity && left < raid->members &&
	    (!alike || record->resync < raid->member_sectors))
		DMWARN("%s: a device is lacking and parity may be wrong: data may be lost",
		       dm_table_device_name(raid->ti->table));
}

/* What a table says that was replaced is the member, or the table is wrong. */
static bool replaced_used(const struct raid *raid, const unsigned long *lost)
{
	unsigned int slot;

	for_each_set_bit(slot, raid->record->replaced, raid->members) {
		if (!raid_member_used(raid, slot) || test_bit(slot, lost))
			return false;
	}
	return true;
}

static int start_locked(struct raid *raid, unsigned long *lost)
{
	unsigned int left, slot;
	int fresh, r;

	fresh = survey(raid, lost, true);
	if (!replaced_used(raid, lost))
		return -EINVAL;
	for (slot = 0, left = 0; slot < raid->members; slot++)
		left += raid_member_used(raid, slot) && !test_bit(slot, lost) &&
			!test_bit(slot, raid->record->filling);
	if (fresh < 0 || raid->members - left > may_lose(raid) ||
	    (raid->record->grow && left < raid->members)) {
		DMERR("%s: too few members are left that can be used",
		      dm_table_device_name(raid->ti->table));
		return -EINVAL;
	}
	adopt(raid, fresh);
	follow(raid);
	r = replay(raid, lost);
	if (r < 0)
		return r;
	warn_of_holes(raid, left, !r);
	begin(raid, lost, !r);
	if (!braid_table_writable(raid->ti->table))
		return 0;
	r = commit(raid, lost);
	/* what can't be written now is not going to be when it matters */
	if (!r && !bitmap_empty(raid->record->behind, raid->members))
		r = -EIO;
	/* what the table wanted is in the superblocks now */
	if (!r) {
		bitmap_zero(raid->record->asked, BRAID_RAID0_MEMBERS_MAX);
		bitmap_zero(raid->record->returned, BRAID_RAID0_MEMBERS_MAX);
		bitmap_zero(raid->record->replaced, BRAID_RAID0_MEMBERS_MAX);
		raid->record->grow = false;
	}
	return r;
}

/**
 * raid_record_start() - the table is about to become live
 * @raid: the array
 *
 * What the members say may have changed since the table was loaded, so they are
 * read once more. What became stale is dropped, as when it fails.
 *
 * Return: 0 or -errno, after a message; then the array must not be used.
 */
int raid_record_start(struct raid *raid)
{
	DECLARE_BITMAP(lost, BRAID_RAID0_MEMBERS_MAX) = { 0 };
	unsigned int slot;
	int r;

	if (!raid->record || raid->active)
		return 0;
	if (has_failed(raid))
		return 0;
	r = raid_members_claim(raid);
	if (r)
		return r;
	mutex_lock(&raid->change);
	r = start_locked(raid, lost);
	mutex_unlock(&raid->change);
	for_each_set_bit(slot, lost, raid_places(raid)) {
		if (!r && raid_member_used(raid, slot))
			r = raid->level->fail(raid, slot,
				"it can't be used any more");
	}
	if (!r && braid_table_writable(raid->ti->table))
		r = raid_log_start(raid, raid->record->keep,
				   raid->record->events);
	if (r)
		raid_members_unclaim(raid);
	return r;
}

/* How far resync and rebuild have come; all of that has been flushed. */
static void note_progress(struct raid *raid)
{
	struct raid_record *record = raid->record;
	unsigned int slot;

	record->resync = raid_sync_resynced(raid);
	record->logged = raid->ppl && !raid_sync_by_marks(raid);
	for_each_set_bit(slot, record->filling, raid_places(raid))
		record->recovery[slot] = READ_ONCE(raid->recovered[slot]);
}

/* Flushed, they are recorded as they are now, without @joined among the filling. */
static int record_flushed(struct raid *raid, const unsigned long *joined,
			  unsigned long *lost)
{
	struct raid_record *record = raid->record;
	DECLARE_BITMAP(filling, BRAID_RAID0_MEMBERS_MAX);
	DECLARE_BITMAP(rest, BRAID_RAID0_MEMBERS_MAX);
	int r;

	bitmap_copy(filling, record->filling, BRAID_RAID0_MEMBERS_MAX);
	survivors(raid, lost, rest);
	note_progress(raid);
	submit_all(raid, rest, true);
	if (!bitmap_empty(record->bad, raid_places(raid)))
		return -EIO;
	bitmap_andnot(record->filling, filling, joined,
		      BRAID_RAID0_MEMBERS_MAX);
	r = commit(raid, lost);
	if (r)
		bitmap_copy(record->filling, filling, BRAID_RAID0_MEMBERS_MAX);
	else
		follow(raid);
	return r;
}

/**
 * raid_record_progress() - record how far resync and rebuild have come
 * @raid: the array
 * @joined: members that are rebuilt to the end, and hold what they should; a
 *	bitmap of BRAID_RAID0_MEMBERS_MAX slots
 *
 * Everything is flushed first. What is done by then stays done; a crash before
 * the end of this leaves what was recorded before, and the work is done again.
 * Those in @joined are members like any other when this returns 0.
 *
 * Return: 0 or -errno; then nothing has changed, and it may be tried again.
 */
int raid_record_progress(struct raid *raid, const unsigned long *joined)
{
	DECLARE_BITMAP(lost, BRAID_RAID0_MEMBERS_MAX) = { 0 };
	unsigned int slot;
	int r = 0;

	if (!raid->record || !raid->active)
		return 0;
	mutex_lock(&raid->change);
	r = record_flushed(raid, joined, lost);
	mutex_unlock(&raid->change);
	for_each_set_bit(slot, lost, raid_places(raid)) {
		if (raid_member_used(raid, slot))
			raid->level->fail(raid, slot,
				"its superblock can't be written");
	}
	return r;
}

/**
 * raid_record_by_log() - do those that are being rebuilt lack only what is marked?
 * @raid: the array
 *
 * Return: whether all of them do.
 */
bool raid_record_by_log(const struct raid *raid)
{
	const struct raid_record *record = raid->record;

	return record && bitmap_subset(record->filling, record->by_log,
				       BRAID_RAID0_MEMBERS_MAX);
}

/**
 * raid_record_log() - where the members have their write-intent logs
 * @raid: the array
 *
 * Return: a sector; 0 if there are none.
 */
sector_t raid_record_log(const struct raid *raid)
{
	return raid->record ? raid->record->log : 0;
}

/**
 * raid_record_resynced() - up to where was redundancy established?
 * @raid: the array
 *
 * Return: what the superblocks said when it was started; BRAID_SYNCED without.
 */
u64 raid_record_resynced(const struct raid *raid)
{
	return raid->record ? raid->record->resync : BRAID_SYNCED;
}

/**
 * raid_record_stop() - note that the array was stopped as it should be
 * @raid: the array; no I/O is in flight, nor will be
 *
 * What the members have in volatile caches is flushed first, on all of them:
 * they are alike only then. If that fails, or a write failed half done, they stay
 * marked as in use.
 */
void raid_record_stop(struct raid *raid)
{
	DECLARE_BITMAP(lost, BRAID_RAID0_MEMBERS_MAX) = { 0 };
	DECLARE_BITMAP(rest, BRAID_RAID0_MEMBERS_MAX);
	struct raid_record *record = raid->record;

	if (!record || !raid->active)
		return;
	mutex_lock(&raid->change);
	if (braid_table_writable(raid->ti->table) && !has_failed(raid) &&
	    !READ_ONCE(raid->torn)) {
		survivors(raid, lost, rest);
		submit_all(raid, rest, true);
		if (bitmap_empty(record->bad, raid_places(raid))) {
			record->clean = !raid_sync_by_marks(raid);
			note_progress(raid);
			commit(raid, lost);
		}
	}
	mutex_unlock(&raid->change);
	raid_members_unclaim(raid);
}

/* Loading and unloading. */

static struct raid_record *make_record(const struct raid *raid)
{
	struct raid_record *record = kzalloc(sizeof(*record), GFP_KERNEL);

	if (!record)
		return NULL;
	init_completion(&record->done);
	record->io = kcalloc(raid_places(raid), sizeof(*record->io), GFP_KERNEL);
	record->page[0] = (void *)get_zeroed_page(GFP_KERNEL);
	record->page[1] = (void *)get_zeroed_page(GFP_KERNEL);
	return record;
}

static bool fill_record(struct raid *raid)
{
	struct raid_record *record = raid->record;
	unsigned int slot;

	if (!record->io || !record->page[0] || !record->page[1])
		return false;
	for (slot = 0; slot < raid_places(raid); slot++) {
		if (!raid_member_used(raid, slot))
			continue;
		record->super[slot] = (void *)get_zeroed_page(GFP_KERNEL);
		if (!record->super[slot])
			return false;
	}
	return true;
}

/**
 * raid_record_load() - read and judge the members' superblocks
 * @raid: the array; its members are open
 * @args: the table line
 *
 * Writes nothing. On failure ti->error is set, and raid_record_free() undoes
 * what was done.
 *
 * Return: 0 or -errno.
 */
int raid_record_load(struct raid *raid, const struct raid_args *args)
{
	DECLARE_BITMAP(refused, BRAID_RAID0_MEMBERS_MAX) = { 0 };
	const struct braid_super *super;
	int fresh;

	if (!args->superblock)
		return 0;
	if (!raid->level->superblocks) {
		raid->ti->error = "this level can't have superblocks yet";
		return -EINVAL;
	}
	if (!raid->level->sync_piece &&
	    !(bitmap_empty(args->rebuild, BRAID_RAID0_MEMBERS_MAX) &&
	      bitmap_empty(args->readd, BRAID_RAID0_MEMBERS_MAX))) {
		raid->ti->error = "members of this level can't be rebuilt yet";
		return -EINVAL;
	}
	raid->record = make_record(raid);
	if (!raid->record || !fill_record(raid)) {
		raid->ti->error = "not enough memory for the superblocks";
		return -ENOMEM;
	}
	uuid_copy(&raid->uuid, &args->uuid);
	bitmap_copy(raid->record->asked, args->rebuild,
		    BRAID_RAID0_MEMBERS_MAX);
	bitmap_copy(raid->record->returned, args->readd,
		    BRAID_RAID0_MEMBERS_MAX);
	raid->record->grow = args->grow;
	bitmap_copy(raid->record->replaced, args->replaced,
		    BRAID_RAID0_MEMBERS_MAX);
	fresh = survey(raid, refused, false);
	if (!bitmap_empty(refused, raid_places(raid)))
		return -EINVAL;
	if (fresh < 0) {
		raid->ti->error = "no device is left to rebuild the others from";
		return -EINVAL;
	}
	adopt(raid, fresh);
	bitmap_copy(raid->rebuilding, raid->record->filling,
		    BRAID_RAID0_MEMBERS_MAX);
	super = raid->record->super[fresh];
	raid->data_offset = le64_to_cpu(super->data_offset);
	raid->ppl_offset = le64_to_cpu(super->ppl_offset);
	raid->ppl_sectors = le64_to_cpu(super->ppl_sectors);
	raid->ppl = raid->ppl_offset && raid->level->replay && !args->no_ppl;
	return 0;
}

/**
 * raid_record_events() - the array's events now
 * @raid: the array; it has superblocks
 *
 * Any context.
 *
 * Return: a number that only grows, unless nobody could be told of the last one.
 */
u64 raid_record_events(const struct raid *raid)
{
	return READ_ONCE(raid->record->events);
}

/**
 * raid_record_since() - since when a member is what it is to the array
 * @raid: the array; it has superblocks; the caller holds raid->change
 * @slot: the member's slot
 *
 * Return: the array's events then.
 */
u64 raid_record_since(const struct raid *raid, unsigned int slot)
{
	return le64_to_cpu(raid->record->table[slot].since);
}

/**
 * raid_record_free() - forget the record; the members keep it
 * @raid: the array; may be half loaded
 */
void raid_record_free(struct raid *raid)
{
	struct raid_record *record = raid->record;
	unsigned int slot;

	if (!record)
		return;
	for (slot = 0; slot < raid_places(raid); slot++)
		free_page((unsigned long)record->super[slot]);
	free_page((unsigned long)record->page[0]);
	free_page((unsigned long)record->page[1]);
	kfree(record->io);
	kfree(record);
	raid->record = NULL;
}
