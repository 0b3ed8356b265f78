// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of the partial parity log. Rows are written over and over, as the array
 * does it; a crash leaves any sectors of the new data and parity, any member goes,
 * and then no sector may differ that nobody was writing. And nothing counts as an
 * entry that isn't one.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "raid5-plan.h"
#include "raid5-ppl.h"

#define CELL RAID5_CELL_BYTES
#define SECTORS RAID5_CELL_SECTORS
#define SECTOR_BYTES (CELL / SECTORS)
#define ROUNDS 3000

static const u8 uuid[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };

struct model {
	struct rnd_state rnd;
	unsigned int members;
	unsigned int parity;
	u8 written[RAID5_SLOTS_MAX];
	u8 old[RAID5_SLOTS_MAX][CELL]; /* before the write */
	u8 new[RAID5_SLOTS_MAX][CELL]; /* what is written */
	u8 member[RAID5_SLOTS_MAX][CELL]; /* what the crash leaves */
	u8 buffer[RAID5_SLOTS_MAX][CELL] __aligned(64); /* for xor_blocks */
	u8 partial[CELL] __aligned(64);
	void *cell[RAID5_SLOTS_MAX];
	struct braid_ppl entry;
};

static u32 below(struct model *m, u32 limit)
{
	return prandom_u32_state(&m->rnd) % limit;
}

/* The obvious sum of all cells but one. */
static void sum_of_others(u8 (*cell)[CELL], unsigned int members,
			  unsigned int slot, u8 *sum)
{
	unsigned int other, i;

	memset(sum, 0, CELL);
	for (other = 0; other < members; other++) {
		for (i = 0; other != slot && i < CELL; i++)
			sum[i] ^= cell[other][i];
	}
}

static void fresh_row(struct model *m)
{
	unsigned int slot;

	m->members = 3 + below(m, RAID5_SLOTS_MAX - 2);
	m->parity = below(m, m->members);
	for (slot = 0; slot < m->members; slot++)
		prandom_bytes_state(&m->rnd, m->old[slot], CELL);
	sum_of_others(m->old, m->members, m->parity, m->old[m->parity]);
}

/* Some sectors of some cells; sometimes all, sometimes all of all. */
static void choose_written(struct model *m)
{
	bool all = !below(m, 8);
	unsigned int slot;

	memset(m->written, 0, sizeof(m->written));
	for (slot = 0; slot < m->members; slot++) {
		if (slot == m->parity || (!all && below(m, 2)))
			continue;
		m->written[slot] = all || !below(m, 3) ? 0xff : below(m, 256);
	}
}

static void new_content(struct model *m)
{
	unsigned int slot, sector;

	for (slot = 0; slot < m->members; slot++) {
		memcpy(m->new[slot], m->old[slot], CELL);
		for (sector = 0; sector < SECTORS; sector++) {
			size_t at = sector * SECTOR_BYTES;

			if (m->written[slot] & BIT(sector))
				prandom_bytes_state(&m->rnd, m->new[slot] + at,
						    SECTOR_BYTES);
		}
	}
	sum_of_others(m->new, m->members, m->parity, m->new[m->parity]);
}

static bool is_whole(const struct model *m)
{
	unsigned int slot;

	for (slot = 0; slot < m->members; slot++) {
		if (slot != m->parity && m->written[slot] != 0xff)
			return false;
	}
	return true;
}

/* Log the write; the row is in a chunk whose parity is on the member. */
static const struct braid_ppl_row *log_row(struct model *m)
{
	struct raid5_ppl_place place = { .uuid = uuid, .slot = m->parity };
	unsigned int slot;

	for (slot = 0; slot < m->members; slot++) {
		m->cell[slot] = m->buffer[slot];
		memcpy(m->cell[slot], m->new[slot], CELL);
	}
	raid5_ppl_begin(&m->entry, &place);
	if (is_whole(m)) {
		raid5_ppl_add(&m->entry, 0, m->written, NULL);
	} else {
		raid5_ppl_partial(m->partial, m->cell, m->parity, m->written);
		raid5_ppl_add(&m->entry, 0, m->written, m->partial);
	}
	raid5_ppl_seal(&m->entry);
	return &m->entry.row[0];
}

/* Any sector of any member is old or new. */
static void crash(struct model *m)
{
	unsigned int slot, sector;

	for (slot = 0; slot < m->members; slot++) {
		memcpy(m->member[slot], m->old[slot], CELL);
		for (sector = 0; sector < SECTORS; sector++) {
			size_t at = sector * SECTOR_BYTES;

			if (below(m, 2))
				memcpy(m->member[slot] + at, m->new[slot] + at,
				       SECTOR_BYTES);
		}
	}
}

static void replay(struct kunit *test, struct model *m,
		   const struct braid_ppl_row *row, unsigned int missing)
{
	unsigned int slot;

	for (slot = 0; slot < m->members; slot++) {
		/* what nobody may look at is noise */
		prandom_bytes_state(&m->rnd, m->buffer[slot], CELL);
		if (slot == m->parity ||
		    (row->written[slot] && !(missing & BIT(slot))))
			memcpy(m->buffer[slot], m->member[slot], CELL);
	}
	KUNIT_EXPECT_TRUE(test,
			  !row->block || raid5_ppl_whole(row, m->partial));
	raid5_ppl_apply(row, missing, m->cell, m->parity,
			row->block ? m->partial : NULL);
	memcpy(m->member[m->parity], m->buffer[m->parity], CELL);
	KUNIT_EXPECT_FALSE(test,
			   raid5_ppl_apply(row, missing, m->cell, m->parity,
					   row->block ? m->partial : NULL));
}

/* Without @slot, what nobody was writing there is what it was. */
static void lose(struct kunit *test, struct model *m, unsigned int slot)
{
	u8 *sum = m->buffer[0];
	unsigned int sector;

	sum_of_others(m->member, m->members, slot, sum);
	for (sector = 0; sector < SECTORS; sector++) {
		size_t at = sector * SECTOR_BYTES;

		if (m->written[slot] & BIT(sector))
			continue;
		KUNIT_EXPECT_EQ_MSG(test, 0,
				    memcmp(sum + at, m->old[slot] + at,
					   SECTOR_BYTES),
				    "slot %u of %u, sector %u, parity %u", slot,
				    m->members, sector, m->parity);
	}
}

static void closes_the_hole(struct kunit *test)
{
	struct model *m = test->priv;
	const struct braid_ppl_row *row;
	unsigned int i, slot;

	for (i = 0; i < ROUNDS; i++) {
		fresh_row(m);
		choose_written(m);
		new_content(m);
		row = log_row(m);
		crash(m);
		do {
			slot = below(m, m->members);
		} while (slot == m->parity);
		if (i % 2) {
			replay(test, m, row, BIT(slot));
			lose(test, m, slot);
			continue;
		}
		replay(test, m, row, 0);
		for (slot = 0; slot < m->members; slot++) {
			if (slot != m->parity)
				lose(test, m, slot);
		}
		/* with all members there, the row is right as a whole */
		sum_of_others(m->member, m->members, m->parity, m->buffer[0]);
		KUNIT_EXPECT_EQ(test, 0,
				memcmp(m->buffer[0], m->member[m->parity],
				       CELL));
	}
}

static const struct raid5_ppl_shape shape = {
	.layout = { .members = 4, .chunk_shift = 7 },
	.member_sectors = 1 << 20,
};

static const struct raid5_ppl_place here = {
	.uuid = uuid,
	.run = 7,
	.events = 9,
	.slot = 3, /* has the parity of stripe 0 */
	.sector = 512 + 136,
};

static void make_entry(struct kunit *test, struct model *m)
{
	static const u8 one[RAID5_SLOTS_MAX] = { 0, 0x0f };
	static const u8 all[RAID5_SLOTS_MAX] = { 0xff, 0xff, 0xff };

	raid5_ppl_begin(&m->entry, &here);
	KUNIT_EXPECT_EQ(test, 1U, raid5_ppl_add(&m->entry, 8, one, m->partial));
	KUNIT_EXPECT_EQ(test, 0U, raid5_ppl_add(&m->entry, 16, all, NULL));
	KUNIT_EXPECT_EQ(test, 2U,
			raid5_ppl_add(&m->entry, 120, one, m->partial));
	raid5_ppl_seal(&m->entry);
}

/* It counts nowhere but in its place and its run. */
static void entries_are_bound(struct kunit *test)
{
	struct raid5_ppl_place other;
	struct model *m = test->priv;
	u8 foreign[16] = { 0 };

	make_entry(test, m);
	KUNIT_EXPECT_TRUE(test, raid5_ppl_good(&m->entry, &here, &shape));
	other = here;
	other.run++;
	KUNIT_EXPECT_FALSE(test, raid5_ppl_good(&m->entry, &other, &shape));
	other = here;
	other.events++;
	KUNIT_EXPECT_FALSE(test, raid5_ppl_good(&m->entry, &other, &shape));
	other.events = 1;
	KUNIT_EXPECT_TRUE(test, raid5_ppl_good(&m->entry, &other, &shape));
	other = here;
	other.slot = 2;
	KUNIT_EXPECT_FALSE(test, raid5_ppl_good(&m->entry, &other, &shape));
	other = here;
	other.sector += 136;
	KUNIT_EXPECT_FALSE(test, raid5_ppl_good(&m->entry, &other, &shape));
	other = here;
	other.uuid = foreign;
	KUNIT_EXPECT_FALSE(test, raid5_ppl_good(&m->entry, &other, &shape));
}

/* Rows that can't be, with a checksum that is right. */
static void rows_are_checked(struct kunit *test)
{
	struct model *m = test->priv;
	struct braid_ppl_row *row = &m->entry.row[1];

#define BAD(change)                                                           \
	do {                                                                  \
		make_entry(test, m);                                          \
		change;                                                       \
		raid5_ppl_seal(&m->entry);                                    \
		KUNIT_EXPECT_FALSE(test,                                      \
				   raid5_ppl_good(&m->entry, &here, &shape)); \
	} while (0)
	BAD(row->sector = cpu_to_le64(17));
	BAD(row->sector = cpu_to_le64(128));
	BAD(row->sector = cpu_to_le64(shape.member_sectors));
	BAD(row->sector = cpu_to_le64(U64_MAX - 7));
	BAD(row->block = 17);
	BAD(row->written[3] = 1);
	BAD(row->written[4] = 1);
	BAD(row->written[15] = 0x80);
	BAD(row->written[2] = 0x7f);
	BAD(m->entry.rows = cpu_to_le16(0));
	BAD(m->entry.rows = cpu_to_le16(17));
	BAD(m->entry.rows = cpu_to_le16(0xffff));
#undef BAD
}

static void garbage_is_refused(struct kunit *test)
{
	struct model *m = test->priv;
	unsigned int i;

	for (i = 0; i < sizeof(m->entry); i++) {
		make_entry(test, m);
		((u8 *)&m->entry)[i] ^= 1 << below(m, 8);
		KUNIT_EXPECT_FALSE_MSG(test,
				       raid5_ppl_good(&m->entry, &here, &shape),
				       "byte %u was changed", i);
	}
	for (i = 0; i < ROUNDS; i++) {
		prandom_bytes_state(&m->rnd, &m->entry, sizeof(m->entry));
		memcpy(m->entry.magic, BRAID_PPL_MAGIC, sizeof(m->entry.magic));
		memcpy(m->entry.array_uuid, uuid, sizeof(uuid));
		m->entry.slot = cpu_to_le16(here.slot);
		m->entry.run = cpu_to_le64(here.run);
		m->entry.sector = cpu_to_le64(here.sector);
		if (i % 2)
			m->entry.rows = cpu_to_le16(1 + below(m, 16));
		raid5_ppl_seal(&m->entry);
		KUNIT_EXPECT_FALSE(test,
				   raid5_ppl_good(&m->entry, &here, &shape));
	}
}

static void sizes_follow_the_chunk(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 1U, raid5_ppl_rows(8));
	KUNIT_EXPECT_EQ(test, 16U, raid5_ppl_rows(128));
	KUNIT_EXPECT_EQ(test, 16U, raid5_ppl_rows(2048));
	KUNIT_EXPECT_EQ(test, 16U, raid5_ppl_entry_sectors(8));
	KUNIT_EXPECT_EQ(test, 136U, raid5_ppl_entry_sectors(128));
}

static int ppl_init(struct kunit *test)
{
	struct model *m = kvzalloc(sizeof(*m), GFP_KERNEL);

	if (!m)
		return -ENOMEM;
	prandom_seed_state(&m->rnd, 20261121);
	test->priv = m;
	return 0;
}

static void ppl_exit(struct kunit *test)
{
	kvfree(test->priv);
}

static struct kunit_case ppl_cases[] = {
	KUNIT_CASE(closes_the_hole),	    KUNIT_CASE(entries_are_bound),
	KUNIT_CASE(rows_are_checked),	    KUNIT_CASE(garbage_is_refused),
	KUNIT_CASE(sizes_follow_the_chunk), {}
};

static struct kunit_suite ppl_suite = {
	.name = "braid-raid5-ppl",
	.init = ppl_init,
	.exit = ppl_exit,
	.test_cases = ppl_cases,
};

kunit_test_suite(ppl_suite);

MODULE_LICENSE("GPL");
