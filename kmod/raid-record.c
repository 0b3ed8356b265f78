// SPDX-License-Identifier: GPL-2.0-only
/*
 * The record that an array keeps of itself on its members; see the header.
 * Runs in process context and sleeps. Writing allocates nothing: it is needed
 * before writes can be acknowledged, and so before memory can be freed.
 */
#include <linux/completion.h>
#include <linux/ktime.h>

#include "raid.h"
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
 * @resync: redundancy is established up to here
 * @table: the members, as the superblocks have them
 * @before: @table as it was before what is being written now
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
	u64 resync;
	struct braid_super_slot table[BRAID_SUPER_SLOTS];
	struct braid_super_slot before[BRAID_SUPER_SLOTS];
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

/* Is the table line that of the array whose member this is? */
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
	if (le64_to_cpu(super->member_sectors) != raid->member_sectors)
		return "the array that it is a member of has another length";
	if (le16_to_cpu(super->slot) != slot)
		return "it is the member of another slot";
	if (raid->data_offset &&
	    le64_to_cpu(super->data_offset) != raid->data_offset)
		return "its data began elsewhere when the table was loaded";
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
	      slot, why);
	raid->ti->error = (char *)why;
	__set_bit(slot, refused);
}

/*
 * Read and judge the superblocks of all members that are used. Those that must
 * not be are added to @refused, and it is said why.
 *
 * Return: the slot whose superblock is the truth, -ENOENT if there is none.
 */
static int survey(struct raid *raid, unsigned long *refused)
{
	const struct braid_super *supers[BRAID_RAID0_MEMBERS_MAX] = { NULL };
	enum raid_super_verdict verdicts[BRAID_RAID0_MEMBERS_MAX];
	const char *why;
	unsigned int slot;
	int fresh;

	for (slot = 0; slot < raid->members; slot++) {
		if (!raid_member_used(raid, slot))
			continue;
		why = read_super(raid, slot);
		if (!why)
			why = compare_table(raid, slot);
		if (!why)
			supers[slot] = raid->record->super[slot];
		else
			refuse(raid, slot, why, refused);
	}
	fresh = raid_super_judge(supers, raid->members, verdicts);
	for (slot = 0; slot < raid->members; slot++) {
		if (!supers[slot] || verdicts[slot] == RAID_MEMBER_CURRENT)
			continue;
		refuse(raid, slot, raid_super_verdict_text(verdicts[slot]),
		       refused);
	}
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
	for_each_set_bit(slot, slots, raid->members) {
		atomic_inc(&record->pending);
		submit_one(raid, slot, flush);
	}
	if (!atomic_dec_and_test(&record->pending))
		wait_for_completion_io(&record->done);
	for_each_set_bit(slot, slots, raid->members)
		bio_uninit(&record->io[slot].bio);
}

static void compose(struct raid_record *record, unsigned int slot)
{
	struct braid_super *super = record->super[slot];
	u64 sequence = le64_to_cpu(super->sequence);

	super->flags = cpu_to_le32(record->clean ? BRAID_SUPER_CLEAN : 0);
	super->events = cpu_to_le64(record->events);
	super->sequence = cpu_to_le64(sequence + 1);
	super->updated = cpu_to_le64(ktime_get_real_seconds());
	super->resync_sector = cpu_to_le64(record->resync);
	memcpy(super->table, record->table, sizeof(super->table));
	super->checksum = cpu_to_le32(raid_super_sum(super));
}

/* The copy that could not be written is tried again, not the good one. */
static void recall(struct raid_record *record, unsigned int slot)
{
	struct braid_super *super = record->super[slot];

	super->sequence = cpu_to_le64(le64_to_cpu(super->sequence) - 1);
}

static void mark_lost(struct raid_record *record, unsigned int slot)
{
	struct braid_super_slot *line = &record->table[slot];

	if (line->state == BRAID_SLOT_LOST)
		return;
	line->state = BRAID_SLOT_LOST;
	line->since = cpu_to_le64(record->events);
}

/* Those to which superblocks are written; how many others the array lacks. */
static unsigned int survivors(const struct raid *raid,
			      const unsigned long *lost, unsigned long *rest)
{
	unsigned int slot;

	bitmap_zero(rest, BRAID_RAID0_MEMBERS_MAX);
	for (slot = 0; slot < raid->members; slot++) {
		if (raid_member_used(raid, slot) && !test_bit(slot, lost))
			__set_bit(slot, rest);
	}
	return raid->members - bitmap_weight(rest, raid->members);
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

	for_each_set_bit(slot, slots, raid->members)
		compose(record, slot);
	submit_all(raid, slots, false);
	for_each_set_bit(slot, record->bad, raid->members) {
		recall(record, slot);
		DMERR("%s: slot %u (%s): its superblock can't be written",
		      dm_table_device_name(raid->ti->table), slot,
		      raid->member[slot]->name);
	}
}

/*
 * Nobody is ever left behind by more than one, or he would count as stale.
 * Return: how many of @rest can't be brought to the newest state; they are in
 * record->bad.
 */
static unsigned int catch_up(struct raid *raid, const unsigned long *rest)
{
	struct raid_record *record = raid->record;
	DECLARE_BITMAP(todo, BRAID_RAID0_MEMBERS_MAX);

	if (!bitmap_and(todo, record->behind, rest, raid->members))
		return 0;
	write_supers(raid, todo);
	bitmap_andnot(record->behind, record->behind, todo, raid->members);
	bitmap_or(record->behind, record->behind, record->bad, raid->members);
	return bitmap_weight(record->bad, raid->members);
}

/*
 * The next state, in which those that aren't in @rest are lost. If nobody can
 * be told, it is not. Return: how many could not be; they are in record->bad.
 */
static unsigned int write_next(struct raid *raid, const unsigned long *rest)
{
	struct raid_record *record = raid->record;
	unsigned int slot;

	memcpy(record->before, record->table, sizeof(record->table));
	record->events++;
	for (slot = 0; slot < raid->members; slot++) {
		if (!test_bit(slot, rest))
			mark_lost(record, slot);
	}
	write_supers(raid, rest);
	if (bitmap_equal(record->bad, rest, raid->members)) {
		memcpy(record->table, record->before, sizeof(record->table));
		record->events--;
	} else {
		bitmap_copy(record->behind, record->bad,
			    BRAID_RAID0_MEMBERS_MAX);
	}
	return bitmap_weight(record->bad, raid->members);
}

/* Who was to be lost for not being written, and then was not, is still used. */
static void forgive(struct raid *raid, unsigned long *lost)
{
	unsigned int slot;

	for_each_set_bit(slot, lost, raid->members) {
		if (raid->record->table[slot].state != BRAID_SLOT_LOST)
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
	unsigned int bad, lacking;
	bool told = false;

	for (;;) {
		lacking = survivors(raid, lost, rest);
		bad = catch_up(raid, rest);
		if (!bad) {
			bad = write_next(raid, rest);
			told |= bad < bitmap_weight(rest, raid->members);
		}
		if (!bad || lacking + bad > may_lose(raid))
			break;
		bitmap_or(lost, lost, record->bad, raid->members);
	}
	forgive(raid, lost);
	return told ? 0 : -EIO;
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
	for_each_set_bit(slot, lost, raid->members) {
		if (record->table[slot].state != BRAID_SLOT_LOST)
			return commit(raid, lost);
	}
	return 0;
}

/* Starting and stopping. */

static void adopt(struct raid *raid, unsigned int fresh)
{
	const struct braid_super *super = raid->record->super[fresh];
	struct raid_record *record = raid->record;
	unsigned int slot;

	record->events = le64_to_cpu(super->events);
	record->clean = le32_to_cpu(super->flags) & BRAID_SUPER_CLEAN;
	record->resync = le64_to_cpu(super->resync_sector);
	memcpy(record->table, super->table, sizeof(record->table));
	bitmap_zero(record->behind, BRAID_RAID0_MEMBERS_MAX);
	for (slot = 0; slot < raid->members; slot++) {
		if (raid_member_used(raid, slot) &&
		    record->super[slot]->events != super->events)
			__set_bit(slot, record->behind);
	}
}

/* What was under way when the power went may differ from member to member. */
static void begin(struct raid *raid)
{
	struct raid_record *record = raid->record;

	if (!record->clean && raid->level_id != RAID_LEVEL_0)
		record->resync = 0;
	record->clean = false;
}

static int start_locked(struct raid *raid, unsigned long *lost)
{
	unsigned int left, slot;
	int fresh, r;

	fresh = survey(raid, lost);
	for (slot = 0, left = 0; slot < raid->members; slot++)
		left += raid_member_used(raid, slot) && !test_bit(slot, lost);
	if (fresh < 0 || raid->members - left > may_lose(raid)) {
		DMERR("%s: too few members are left that can be used",
		      dm_table_device_name(raid->ti->table));
		return -EINVAL;
	}
	adopt(raid, fresh);
	if (!braid_table_writable(raid->ti->table))
		return 0;
	begin(raid);
	r = commit(raid, lost);
	/* what can't be written now is not going to be when it matters */
	if (!r && !bitmap_empty(raid->record->behind, raid->members))
		r = -EIO;
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
	for_each_set_bit(slot, lost, raid->members) {
		if (!r && raid_member_used(raid, slot))
			r = raid->level->fail(raid, slot,
				"it can't be used any more");
	}
	if (r)
		raid_members_unclaim(raid);
	return r;
}

/**
 * raid_record_stop() - note that the array was stopped as it should be
 * @raid: the array; no I/O is in flight, nor will be
 *
 * What the members have in volatile caches is flushed first, on all of them:
 * they are alike only then. If that fails, they stay marked as in use.
 */
void raid_record_stop(struct raid *raid)
{
	DECLARE_BITMAP(lost, BRAID_RAID0_MEMBERS_MAX) = { 0 };
	DECLARE_BITMAP(rest, BRAID_RAID0_MEMBERS_MAX);
	struct raid_record *record = raid->record;

	if (!record || !raid->active)
		return;
	mutex_lock(&raid->change);
	if (braid_table_writable(raid->ti->table) && !has_failed(raid)) {
		survivors(raid, lost, rest);
		submit_all(raid, rest, true);
		if (bitmap_empty(record->bad, raid->members)) {
			record->clean = true;
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
	record->io = kcalloc(raid->members, sizeof(*record->io), GFP_KERNEL);
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
	for (slot = 0; slot < raid->members; slot++) {
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
	int fresh;

	if (!args->superblock)
		return 0;
	if (!raid->level->superblocks) {
		raid->ti->error = "this level can't have superblocks yet";
		return -EINVAL;
	}
	raid->record = make_record(raid);
	if (!raid->record || !fill_record(raid)) {
		raid->ti->error = "not enough memory for the superblocks";
		return -ENOMEM;
	}
	uuid_copy(&raid->uuid, &args->uuid);
	fresh = survey(raid, refused);
	if (!bitmap_empty(refused, raid->members))
		return -EINVAL;
	adopt(raid, fresh);
	raid->data_offset =
		le64_to_cpu(raid->record->super[fresh]->data_offset);
	return 0;
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
	for (slot = 0; slot < raid->members; slot++)
		free_page((unsigned long)record->super[slot]);
	free_page((unsigned long)record->page[0]);
	free_page((unsigned long)record->page[1]);
	kfree(record->io);
	kfree(record);
	raid->record = NULL;
}
