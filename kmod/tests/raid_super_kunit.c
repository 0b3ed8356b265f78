// SPDX-License-Identifier: GPL-2.0-only
/*
 * Superblocks of members: what is taken, what is refused and why, which of two
 * copies counts, who is stale, and random garbage, which must do no harm.
 */
#include <kunit/test.h>
#include <linux/crc32c.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "raid-super.h"

#define MEMBERS	3
#define SIZE	40000	/* sectors of a device */

/* An array of three, each with a superblock. */
struct bench {
	struct braid_super super[MEMBERS];
	struct braid_super other;
	const struct braid_super *list[MEMBERS + 1];
	enum raid_super_verdict verdict[MEMBERS + 1];
};

static void seal(struct braid_super *super)
{
	super->checksum = cpu_to_le32(raid_super_sum(super));
}

static void fill(struct braid_super *super, unsigned int slot)
{
	unsigned int i;

	memset(super, 0, sizeof(*super));
	memcpy(super->magic, BRAID_SUPER_MAGIC, sizeof(super->magic));
	memset(super->array_uuid, 0x42, sizeof(super->array_uuid));
	memset(super->member_uuid, slot + 1, sizeof(super->member_uuid));
	strscpy(super->name, "a", sizeof(super->name));
	super->version = cpu_to_le32(BRAID_SUPER_VERSION);
	super->level = cpu_to_le32(1);
	super->members = cpu_to_le16(MEMBERS);
	super->slot = cpu_to_le16(slot);
	super->member_sectors = cpu_to_le64(30000);
	super->data_offset = cpu_to_le64(2048);
	super->events = cpu_to_le64(5);
	super->sequence = cpu_to_le64(7);
	for (i = 0; i < MEMBERS; i++) {
		memset(super->table[i].uuid, i + 1, 16);
		super->table[i].state = BRAID_SLOT_USED;
		super->table[i].since = cpu_to_le64(1);
	}
	seal(super);
}

static int super_init(struct kunit *test)
{
	struct bench *b = kunit_kzalloc(test, sizeof(*b), GFP_KERNEL);
	unsigned int slot;

	if (!b)
		return -ENOMEM;
	for (slot = 0; slot < MEMBERS; slot++) {
		fill(&b->super[slot], slot);
		b->list[slot] = &b->super[slot];
	}
	test->priv = b;
	return 0;
}

static void checksum_is_crc32c(struct kunit *test)
{
	struct bench *b = test->priv;
	struct braid_super *super = &b->super[0];
	struct rnd_state rnd;
	u32 sum;
	int i;

	prandom_seed_state(&rnd, 3);
	for (i = 0; i < 20; i++) {
		prandom_bytes_state(&rnd, super, sizeof(*super));
		sum = raid_super_sum(super);
		super->checksum = 0;
		KUNIT_ASSERT_EQ(test, sum,
				~crc32c(~0U, super, sizeof(*super)));
	}
}

static void any_bit_counts(struct kunit *test)
{
	struct bench *b = test->priv;
	u8 *bytes = (u8 *)&b->super[0];
	unsigned int at;

	KUNIT_ASSERT_TRUE(test, raid_super_whole(&b->super[0]));
	for (at = 0; at < 8 * BRAID_SUPER_BYTES; at += 7) {
		bytes[at / 8] ^= 1 << at % 8;
		KUNIT_ASSERT_FALSE(test, raid_super_whole(&b->super[0]));
		bytes[at / 8] ^= 1 << at % 8;
	}
	KUNIT_EXPECT_TRUE(test, raid_super_whole(&b->super[0]));
}

static void the_newer_copy_counts(struct kunit *test)
{
	struct bench *b = test->priv;
	struct braid_super *odd = &b->super[0], *even = &b->other;

	fill(even, 0);
	even->sequence = cpu_to_le64(8);
	seal(even);
	KUNIT_EXPECT_EQ(test, 0, raid_super_newest(odd, even));
	odd->sequence = cpu_to_le64(9);
	seal(odd);
	KUNIT_EXPECT_EQ(test, 1, raid_super_newest(odd, even));
	odd->name[4] ^= 1; /* torn */
	KUNIT_EXPECT_EQ(test, 0, raid_super_newest(odd, even));
	even->name[4] ^= 1;
	KUNIT_EXPECT_EQ(test, -EBADMSG, raid_super_newest(odd, even));
	odd->magic[0] = 0;
	KUNIT_EXPECT_EQ(test, -EBADMSG, raid_super_newest(odd, even));
	even->magic[0] = 0;
	KUNIT_EXPECT_EQ(test, -ENOENT, raid_super_newest(odd, even));
	/* whole, but in the place of the other */
	fill(even, 0);
	KUNIT_EXPECT_EQ(test, -EBADMSG, raid_super_newest(odd, even));
	fill(odd, 0);
	KUNIT_EXPECT_EQ(test, 1, raid_super_newest(odd, even));
}

/* A field is set to a value; what is said then. */
#define FIELD(name, type, value, fault)                                   \
	{                                                                 \
		offsetof(struct braid_super, name), sizeof(type), value, fault \
	}

static const struct {
	size_t offset;
	size_t size;
	u64 value;
	enum raid_super_fault fault;
} faults[] = {
	FIELD(name[3], u8, 0, RAID_SUPER_GOOD),
	FIELD(compat, u32, ~0, RAID_SUPER_GOOD),
	FIELD(ro_compat, u32, ~0, RAID_SUPER_GOOD),
	FIELD(reserved[9], u8, 1, RAID_SUPER_GOOD),
	FIELD(chunk_sectors, u32, 128, RAID_SUPER_GOOD),
	FIELD(level, u32, 0, RAID_SUPER_SHAPE),
	FIELD(version, u32, 2, RAID_SUPER_VERSION),
	FIELD(incompat, u32, 2, RAID_SUPER_INCOMPAT),
	FIELD(level, u32, 6, RAID_SUPER_SHAPE),
	FIELD(layout, u32, 1, RAID_SUPER_SHAPE),
	FIELD(chunk_sectors, u32, 24, RAID_SUPER_SHAPE),
	FIELD(chunk_sectors, u32, 4, RAID_SUPER_SHAPE),
	FIELD(chunk_sectors, u32, 1U << 31, RAID_SUPER_SHAPE),
	FIELD(members, u16, 1, RAID_SUPER_SHAPE),
	FIELD(members, u16, 9, RAID_SUPER_SHAPE),
	FIELD(members, u16, 65535, RAID_SUPER_SHAPE),
	FIELD(members, u16, 2, RAID_SUPER_TABLE),
	FIELD(members, u16, 4, RAID_SUPER_TABLE),
	FIELD(slot, u16, 3, RAID_SUPER_SHAPE),
	FIELD(slot, u16, 65534, RAID_SUPER_SHAPE),
	FIELD(slot, u16, BRAID_SUPER_SPARE, RAID_SUPER_TABLE),
	FIELD(slot, u16, 1, RAID_SUPER_TABLE),
	FIELD(member_sectors, u64, 0, RAID_SUPER_PLACE),
	FIELD(member_sectors, u64, ~0ULL, RAID_SUPER_PLACE),
	FIELD(member_sectors, u64, SIZE - 2048, RAID_SUPER_GOOD),
	FIELD(member_sectors, u64, SIZE - 2047, RAID_SUPER_SHORT),
	FIELD(data_offset, u64, 23, RAID_SUPER_PLACE),
	FIELD(data_offset, u64, ~0ULL, RAID_SUPER_PLACE),
	FIELD(data_offset, u64, SIZE, RAID_SUPER_SHORT),
	FIELD(log_offset, u64, 24, RAID_SUPER_PLACE),
	FIELD(ppl_sectors, u64, 24, RAID_SUPER_PLACE),
	FIELD(table[0].state, u8, BRAID_SLOT_LOST, RAID_SUPER_TABLE),
	FIELD(table[0].state, u8, BRAID_SLOT_REBUILT, RAID_SUPER_GOOD),
	FIELD(table[1].state, u8, BRAID_SLOT_LOST, RAID_SUPER_GOOD),
	FIELD(table[1].state, u8, BRAID_SLOT_EMPTY, RAID_SUPER_TABLE),
	FIELD(table[1].state, u8, 4, RAID_SUPER_TABLE),
	FIELD(table[1].state, u8, 255, RAID_SUPER_TABLE),
	FIELD(table[63].state, u8, BRAID_SLOT_USED, RAID_SUPER_TABLE),
	FIELD(table[1].since, u64, 6, RAID_SUPER_TABLE),
	FIELD(table[0].uuid[5], u8, 77, RAID_SUPER_TABLE),
	FIELD(name[0], u8, 0, RAID_SUPER_NAME),
	FIELD(name[0], u8, ' ', RAID_SUPER_NAME),
	FIELD(name[0], u8, 0x80, RAID_SUPER_NAME),
	FIELD(name[31], u8, 'a', RAID_SUPER_NAME),
};

static void each_fault_is_named(struct kunit *test)
{
	struct bench *b = test->priv;
	struct braid_super *super = &b->super[0];
	int i;

	for (i = 0; i < ARRAY_SIZE(faults); i++) {
		__le64 value = cpu_to_le64(faults[i].value);

		fill(super, 0);
		memcpy((u8 *)super + faults[i].offset, &value, faults[i].size);
		KUNIT_EXPECT_EQ_MSG(test, raid_super_check(super, SIZE),
				    faults[i].fault, "fault %d: %s", i,
				    raid_super_fault_text(faults[i].fault));
	}
	fill(super, 0);
	super->events = 0;
	for (i = 0; i < MEMBERS; i++)
		super->table[i].since = 0;
	KUNIT_EXPECT_EQ(test, raid_super_check(super, SIZE), RAID_SUPER_HALF);
}

static void spares_are_told_from_members(struct kunit *test)
{
	struct bench *b = test->priv;
	struct braid_super *super = &b->super[0];

	super->slot = cpu_to_le16(BRAID_SUPER_SPARE);
	KUNIT_EXPECT_EQ(test, raid_super_check(super, SIZE),
			RAID_SUPER_TABLE);
	memset(super->table, 0, sizeof(super->table));
	KUNIT_EXPECT_EQ(test, raid_super_check(super, SIZE),
			RAID_SUPER_SPARE);
	KUNIT_EXPECT_EQ(test, raid_super_check(super, 32047),
			RAID_SUPER_SHORT);
	super->slot = 0;
	KUNIT_EXPECT_EQ(test, raid_super_check(super, SIZE),
			RAID_SUPER_TABLE);
}

static void set_areas(struct braid_super *super, u64 log, u64 log_sectors,
		      u64 ppl, u64 ppl_sectors)
{
	super->log_offset = cpu_to_le64(log);
	super->log_sectors = cpu_to_le64(log_sectors);
	super->ppl_offset = cpu_to_le64(ppl);
	super->ppl_sectors = cpu_to_le64(ppl_sectors);
}

static void areas_dont_overlap(struct kunit *test)
{
	struct bench *b = test->priv;
	struct braid_super *super = &b->super[0];
	static const struct {
		u64 log, log_sectors, ppl, ppl_sectors;
		enum raid_super_fault fault;
	} areas[] = {
		{ 24, 100, 0, 0, RAID_SUPER_GOOD },
		{ 24, 100, 124, 1924, RAID_SUPER_GOOD },
		{ 1024, 1024, 24, 1000, RAID_SUPER_GOOD },
		{ 24, 101, 124, 100, RAID_SUPER_PLACE },
		{ 124, 100, 24, 101, RAID_SUPER_PLACE },
		{ 23, 100, 0, 0, RAID_SUPER_PLACE },
		{ 0, 0, 24, 2025, RAID_SUPER_PLACE },
		{ 0, 0, 2048, 1, RAID_SUPER_PLACE },
		{ 24, ~0ULL, 0, 0, RAID_SUPER_PLACE },
		{ ~0ULL, 2, 0, 0, RAID_SUPER_PLACE },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(areas); i++) {
		set_areas(super, areas[i].log, areas[i].log_sectors,
			  areas[i].ppl, areas[i].ppl_sectors);
		KUNIT_EXPECT_EQ_MSG(test, raid_super_check(super, SIZE),
				    areas[i].fault, "areas %d", i);
	}
}

static void raid5_has_its_place(struct kunit *test)
{
	struct bench *b = test->priv;
	struct braid_super *super = &b->super[0];
	u32 layout;

	super->level = cpu_to_le32(5);
	super->chunk_sectors = cpu_to_le32(128);
	super->member_sectors = cpu_to_le64(128 * 200);
	for (layout = 0; layout < 4; layout++) {
		super->layout = cpu_to_le32(layout);
		KUNIT_EXPECT_EQ(test, raid_super_check(super, SIZE),
				RAID_SUPER_GOOD);
	}
	super->layout = cpu_to_le32(4);
	KUNIT_EXPECT_EQ(test, raid_super_check(super, SIZE), RAID_SUPER_SHAPE);
	super->layout = 0;
	super->member_sectors = cpu_to_le64(128 * 200 + 8);
	KUNIT_EXPECT_EQ(test, raid_super_check(super, SIZE), RAID_SUPER_PLACE);
}

/* As the array does it: the state changes, and these members get to know. */
static void change(struct bench *b, unsigned long knows, u64 events, int lost)
{
	unsigned int slot, i;

	for (slot = 0; slot < MEMBERS; slot++) {
		struct braid_super *super = &b->super[slot];

		if (!(knows & BIT(slot)))
			continue;
		super->events = cpu_to_le64(events);
		for (i = 0; i < MEMBERS; i++) {
			if (i != lost ||
			    super->table[i].state == BRAID_SLOT_LOST)
				continue;
			super->table[i].state = BRAID_SLOT_LOST;
			super->table[i].since = cpu_to_le64(events);
		}
	}
}

static int judge(struct bench *b)
{
	return raid_super_judge(b->list, MEMBERS, b->verdict);
}

static void expect(struct kunit *test, enum raid_super_verdict first,
		   enum raid_super_verdict second,
		   enum raid_super_verdict third)
{
	const struct bench *b = test->priv;

	KUNIT_EXPECT_EQ(test, b->verdict[0], first);
	KUNIT_EXPECT_EQ(test, b->verdict[1], second);
	KUNIT_EXPECT_EQ(test, b->verdict[2], third);
}

static void who_is_stale(struct kunit *test)
{
	struct bench *b = test->priv;

	KUNIT_EXPECT_EQ(test, judge(b), 0);
	expect(test, RAID_MEMBER_CURRENT, RAID_MEMBER_CURRENT,
	       RAID_MEMBER_CURRENT);
	/* a crash in the middle of a change that loses nobody */
	change(b, 0x4, 6, -1);
	KUNIT_EXPECT_EQ(test, judge(b), 2);
	expect(test, RAID_MEMBER_CURRENT, RAID_MEMBER_CURRENT,
	       RAID_MEMBER_CURRENT);
	/* and of one that loses slot 0: slot 1 was not written yet */
	change(b, 0x6, 6, -1);
	change(b, 0x4, 7, 0);
	judge(b);
	expect(test, RAID_MEMBER_STALE, RAID_MEMBER_CURRENT,
	       RAID_MEMBER_CURRENT);
	/* slot 0 is not brought back by what happens later */
	change(b, 0x6, 7, 0);
	change(b, 0x6, 100, -1);
	judge(b);
	expect(test, RAID_MEMBER_STALE, RAID_MEMBER_CURRENT,
	       RAID_MEMBER_CURRENT);
	/* two behind, and nobody says why: it missed something */
	change(b, 0x4, 102, -1);
	judge(b);
	expect(test, RAID_MEMBER_STALE, RAID_MEMBER_STALE,
	       RAID_MEMBER_CURRENT);
	/* alone, it can't be known */
	b->list[1] = NULL;
	b->list[2] = NULL;
	KUNIT_EXPECT_EQ(test, judge(b), 0);
	KUNIT_EXPECT_EQ(test, b->verdict[0], RAID_MEMBER_CURRENT);
	b->list[0] = NULL;
	KUNIT_EXPECT_EQ(test, judge(b), -ENOENT);
}

static void who_has_parted(struct kunit *test)
{
	struct bench *b = test->priv;

	/* slot 0 alone, and slots 1 and 2 without it: the same events */
	change(b, 0x1, 6, 1);
	change(b, 0x1, 6, 2);
	change(b, 0x6, 6, 0);
	judge(b);
	expect(test, RAID_MEMBER_CURRENT, RAID_MEMBER_PARTED,
	       RAID_MEMBER_PARTED);
	/* one side went on further, either way */
	change(b, 0x6, 20, -1);
	judge(b);
	expect(test, RAID_MEMBER_PARTED, RAID_MEMBER_CURRENT,
	       RAID_MEMBER_CURRENT);
	change(b, 0x1, 40, -1);
	judge(b);
	expect(test, RAID_MEMBER_CURRENT, RAID_MEMBER_PARTED,
	       RAID_MEMBER_PARTED);
}

/* It missed the change before it was lost, and went on from there alone. */
static void parted_from_further_behind(struct kunit *test)
{
	struct bench *b = test->priv;

	change(b, 0x6, 6, -1);
	change(b, 0x6, 8, 0);
	change(b, 0x1, 6, 1);
	judge(b);
	expect(test, RAID_MEMBER_PARTED, RAID_MEMBER_CURRENT,
	       RAID_MEMBER_CURRENT);
}

/* Slot 1 says that slot 0 is lost, but that has come back since. */
static void an_old_complaint_is_no_parting(struct kunit *test)
{
	struct bench *b = test->priv;

	change(b, 0x6, 6, 0);
	change(b, 0x4, 7, 1);
	b->super[2].events = cpu_to_le64(12);
	b->super[2].table[0].state = BRAID_SLOT_USED;
	b->super[2].table[0].since = cpu_to_le64(12);
	b->super[0] = b->super[2];
	b->super[0].slot = 0;
	memset(b->super[0].member_uuid, 1, 16);
	judge(b);
	expect(test, RAID_MEMBER_CURRENT, RAID_MEMBER_STALE,
	       RAID_MEMBER_CURRENT);
}

static void who_does_not_belong(struct kunit *test)
{
	struct bench *b = test->priv;

	b->super[1].chunk_sectors = cpu_to_le32(128);
	b->super[2].array_uuid[0] ^= 1;
	judge(b);
	expect(test, RAID_MEMBER_CURRENT, RAID_MEMBER_MISFIT,
	       RAID_MEMBER_FOREIGN);

	fill(&b->super[1], 1);
	fill(&b->super[2], 2);
	memset(b->super[2].member_uuid, 9, 16);
	memset(b->super[2].table[2].uuid, 9, 16);
	b->super[1].data_offset = cpu_to_le64(4096);
	judge(b);
	expect(test, RAID_MEMBER_CURRENT, RAID_MEMBER_MISFIT,
	       RAID_MEMBER_REPLACED);

	/* a copy, and the copy of a copy */
	b->super[1] = b->super[0];
	b->super[2] = b->super[0];
	judge(b);
	expect(test, RAID_MEMBER_TWICE, RAID_MEMBER_TWICE,
	       RAID_MEMBER_TWICE);

	fill(&b->super[1], 1);
	fill(&b->super[2], 2);
	b->super[1].table[2].state = BRAID_SLOT_REBUILT;
	b->super[1].events = cpu_to_le64(6);
	judge(b);
	expect(test, RAID_MEMBER_CURRENT, RAID_MEMBER_CURRENT,
	       RAID_MEMBER_REBUILT);
}

/* Garbage that is whole by its checksum, and mostly right: nothing breaks. */
/*
 * The member of slot 2 has a twin, which takes its slot: @told is a set of those
 * that were written the superblock in which it has, bit 3 is the twin. The others, and the
 * old one, are as before.
 */
static void replace(struct bench *b, unsigned long told)
{
	struct braid_super *twin = &b->other;
	unsigned int i;

	for (i = 0; i < MEMBERS; i++) {
		fill(&b->super[i], i);
		memset(b->super[i].twin_uuid, 9, 16);
	}
	*twin = b->super[2];
	memset(twin->member_uuid, 9, sizeof(twin->member_uuid));
	twin->flags = cpu_to_le32(BRAID_SUPER_TWIN);
	b->list[MEMBERS] = twin;
	for (i = 0; i <= MEMBERS; i++) {
		struct braid_super *super = i < MEMBERS ? &b->super[i] : twin;

		if (told & BIT(i)) {
			super->events = cpu_to_le64(6);
			super->flags = 0;
			memset(super->twin_uuid, 0, 16);
			memset(super->table[2].uuid, 9, 16);
			super->table[2].since = cpu_to_le64(6);
		}
		seal(super);
	}
}

static void a_twin_takes_the_slot_or_not(struct kunit *test)
{
	struct bench *b = test->priv;
	unsigned long told;
	int fresh;

	/* the old one is never told, and the twin after the others */
	for (told = 0; told < 16; told++) {
		if (told & BIT(2) || (told & BIT(3) && (told & 3) != 3))
			continue;
		replace(b, told);
		KUNIT_EXPECT_EQ(test, raid_super_check(&b->other, SIZE), RAID_SUPER_GOOD);
		fresh = raid_super_judge(b->list, MEMBERS + 1, b->verdict);
		KUNIT_EXPECT_NE(test, fresh, told & BIT(3) ? -1 : 3);
		KUNIT_EXPECT_EQ(test, b->verdict[0], RAID_MEMBER_CURRENT);
		KUNIT_EXPECT_EQ(test, b->verdict[1], RAID_MEMBER_CURRENT);
		KUNIT_EXPECT_EQ(test, b->verdict[2],
				told ? RAID_MEMBER_REPLACED : RAID_MEMBER_CURRENT);
		KUNIT_EXPECT_EQ(test, b->verdict[3],
				told ? RAID_MEMBER_CURRENT : RAID_MEMBER_TWIN);
	}
	/* the array went on without it */
	replace(b, 0);
	b->super[0].events = cpu_to_le64(6);
	memset(b->super[0].twin_uuid, 0, 16);
	raid_super_judge(b->list, MEMBERS + 1, b->verdict);
	KUNIT_EXPECT_EQ(test, b->verdict[2], RAID_MEMBER_CURRENT);
	KUNIT_EXPECT_EQ(test, b->verdict[3], RAID_MEMBER_REPLACED);
	/* it is never the truth, however many events it has */
	replace(b, 0);
	b->other.events = cpu_to_le64(9);
	KUNIT_EXPECT_LT(test, raid_super_judge(b->list, MEMBERS + 1, b->verdict), 3);
	KUNIT_EXPECT_EQ(test, b->verdict[2], RAID_MEMBER_CURRENT);
	KUNIT_EXPECT_EQ(test, b->verdict[3], RAID_MEMBER_TWIN);
	/* who isn't the one that is named is none */
	memset(b->other.twin_uuid, 8, 16);
	KUNIT_EXPECT_EQ(test, raid_super_check(&b->other, SIZE), RAID_SUPER_TABLE);
}

/* A crash while the array grows leaves members that say the old size. */
static void who_is_shorter(struct kunit *test)
{
	struct bench *b = test->priv;

	b->super[1].member_sectors = cpu_to_le64(32000);
	b->super[1].events = cpu_to_le64(6);
	raid_super_judge(b->list, MEMBERS, b->verdict);
	expect(test, RAID_MEMBER_CURRENT, RAID_MEMBER_CURRENT, RAID_MEMBER_CURRENT);
	/* long ago */
	b->super[1].events = cpu_to_le64(9);
	raid_super_judge(b->list, MEMBERS, b->verdict);
	expect(test, RAID_MEMBER_STALE, RAID_MEMBER_CURRENT, RAID_MEMBER_STALE);
	/* it never gets shorter, nor longer at the same time */
	b->super[1].member_sectors = cpu_to_le64(28000);
	raid_super_judge(b->list, MEMBERS, b->verdict);
	expect(test, RAID_MEMBER_MISFIT, RAID_MEMBER_CURRENT, RAID_MEMBER_MISFIT);
	b->super[1].member_sectors = cpu_to_le64(32000);
	b->super[1].events = cpu_to_le64(5);
	raid_super_judge(b->list, MEMBERS, b->verdict);
	expect(test, RAID_MEMBER_CURRENT, RAID_MEMBER_MISFIT, RAID_MEMBER_CURRENT);
}

static void garbage_does_no_harm(struct kunit *test)
{
	struct bench *b = test->priv;
	struct rnd_state rnd;
	unsigned int round, n, at;
	const char *text;

	prandom_seed_state(&rnd, 11);
	for (round = 0; round < 3000; round++) {
		struct braid_super *super = &b->super[round % MEMBERS];

		if (round % 5) {
			fill(super, round % MEMBERS);
			for (n = prandom_u32_state(&rnd) % 6; n; n--) {
				at = prandom_u32_state(&rnd) % 256;
				((u8 *)super)[at] = prandom_u32_state(&rnd);
			}
		} else {
			prandom_bytes_state(&rnd, super, sizeof(*super));
		}
		seal(super);
		raid_super_newest(super, &b->other);
		raid_super_newest(&b->other, super);
		for (n = 0; n < MEMBERS; n++)
			b->list[n] = raid_super_check(&b->super[n], SIZE) ==
						     RAID_SUPER_GOOD ?
					     &b->super[n] :
					     NULL;
		judge(b);
		for (n = 0; n < MEMBERS; n++) {
			if (!b->list[n])
				continue;
			KUNIT_ASSERT_LE(test, b->verdict[n],
					RAID_MEMBER_FOREIGN);
			text = raid_super_verdict_text(b->verdict[n]);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, text);
		}
	}
}

static struct kunit_case raid_super_cases[] = {
	KUNIT_CASE(checksum_is_crc32c),
	KUNIT_CASE(any_bit_counts),
	KUNIT_CASE(the_newer_copy_counts),
	KUNIT_CASE(each_fault_is_named),
	KUNIT_CASE(spares_are_told_from_members),
	KUNIT_CASE(areas_dont_overlap),
	KUNIT_CASE(raid5_has_its_place),
	KUNIT_CASE(who_is_stale),
	KUNIT_CASE(who_has_parted),
	KUNIT_CASE(parted_from_further_behind),
	KUNIT_CASE(an_old_complaint_is_no_parting),
	KUNIT_CASE(who_does_not_belong),
	KUNIT_CASE(a_twin_takes_the_slot_or_not),
	KUNIT_CASE(who_is_shorter),
	KUNIT_CASE(garbage_does_no_harm),
	{}
};

static struct kunit_suite raid_super_suite = {
	.name = "braid-raid-super",
	.init = super_init,
	.test_cases = raid_super_cases,
};

kunit_test_suite(raid_super_suite);

MODULE_LICENSE("GPL");
