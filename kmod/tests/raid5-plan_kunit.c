// SPDX-License-Identifier: GPL-2.0-only
/*
 * The planning of rows against a model: the members' cells in memory, and
 * beside them the data as it should be. After every write that followed a plan,
 * any member may be taken away and what it held is still there. Cells that the
 * plan did not read are full of noise, so that a plan that should have read
 * more is found out.
 */
#include <kunit/test.h>
#include <linux/bits.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include "raid5-plan.h"

#define CELL	RAID5_CELL_BYTES
#define ROUNDS	6000

struct model {
	struct rnd_state rnd;
	unsigned int members;
	unsigned int parity;
	unsigned int out;
	unsigned int from[RAID5_SLOTS_MAX];	/* what is written: bytes, */
	unsigned int to[RAID5_SLOTS_MAX];	/* none if equal */
	u8 data[RAID5_SLOTS_MAX][CELL];		/* as it should be */
	u8 member[RAID5_SLOTS_MAX][CELL];	/* what the members hold */
	u8 buffer[RAID5_SLOTS_MAX][CELL] __aligned(64); /* for xor_blocks */
	void *cell[RAID5_SLOTS_MAX];
};

static u32 below(struct model *m, u32 limit)
{
	return prandom_u32_state(&m->rnd) % limit;
}

static bool is_data(const struct model *m, unsigned int slot)
{
	return slot != m->parity;
}

/* The obvious way to get a cell that isn't there. */
static void sum_of_others(const struct model *m, unsigned int slot, u8 *sum)
{
	unsigned int other, i;

	memset(sum, 0, CELL);
	for (other = 0; other < m->members; other++) {
		if (other == slot)
			continue;
		for (i = 0; i < CELL; i++)
			sum[i] ^= m->member[other][i];
	}
}

static void fresh_row(struct model *m)
{
	unsigned int slot;

	m->members = 3 + below(m, RAID5_SLOTS_MAX - 2);
	m->parity = below(m, m->members);
	m->out = below(m, 3) ? 0 : BIT(below(m, m->members));
	for (slot = 0; slot < m->members; slot++) {
		prandom_bytes_state(&m->rnd, m->data[slot], CELL);
		memcpy(m->member[slot], m->data[slot], CELL);
	}
	sum_of_others(m, m->parity, m->member[m->parity]);
	/* Whoever is out holds nothing of use. */
	if (m->out)
		prandom_bytes_state(&m->rnd, m->member[__ffs(m->out)], CELL);
}

static void choose_writes(struct model *m, struct raid5_row_facts *facts)
{
	unsigned int slot, kind, eager = below(m, 4);

	facts->members = m->members;
	facts->parity = m->parity;
	facts->out = m->out;
	facts->written = 0;
	facts->whole = 0;
	facts->unsure = !below(m, 3);
	for (slot = 0; slot < m->members; slot++) {
		kind = below(m, 4);
		m->from[slot] = 0;
		m->to[slot] = 0;
		if (!is_data(m, slot) || kind > eager)
			continue;
		m->to[slot] = CELL;
		if (eager < 3 && kind) {
			m->from[slot] = 512 * below(m, 8);
			m->to[slot] = m->from[slot] +
				      512 * (1 + below(m, 8 - m->from[slot] / 512));
		}
		facts->written |= BIT(slot);
		if (m->to[slot] - m->from[slot] == CELL)
			facts->whole |= BIT(slot);
	}
}

static void read_cells(struct model *m, const struct raid5_plan *plan)
{
	unsigned int slot;

	for (slot = 0; slot < m->members; slot++) {
		m->cell[slot] = m->buffer[slot];
		if (plan->read & BIT(slot))
			memcpy(m->buffer[slot], m->member[slot], CELL);
		else
			memset(m->buffer[slot], 0xa5 + slot, CELL);
	}
}

static void put_data(struct model *m)
{
	unsigned int slot;

	for (slot = 0; slot < m->members; slot++) {
		u8 *from = m->data[slot] + m->from[slot];
		unsigned int bytes = m->to[slot] - m->from[slot];

		prandom_bytes_state(&m->rnd, from, bytes);
		memcpy(m->buffer[slot] + m->from[slot], from, bytes);
	}
}

static void write_cells(struct model *m, const struct raid5_plan *plan)
{
	unsigned int slot;

	for (slot = 0; slot < m->members; slot++) {
		if (plan->write & BIT(slot))
			memcpy(m->member[slot], m->buffer[slot], CELL);
	}
}

static void check_row(struct kunit *test, struct model *m)
{
	static u8 sum[CELL];
	unsigned int slot;

	for (slot = 0; slot < m->members; slot++) {
		if (m->out && m->out != BIT(slot)) {
			/* what is left is the data itself */
			if (is_data(m, slot))
				KUNIT_ASSERT_EQ(test, 0,
						memcmp(m->member[slot],
						       m->data[slot], CELL));
			continue;
		}
		if (m->out && slot == m->parity)
			continue;
		sum_of_others(m, slot, sum);
		KUNIT_ASSERT_EQ(test, 0,
				memcmp(sum, is_data(m, slot) ? m->data[slot] :
							m->member[slot], CELL));
	}
}

static void check_plan(struct kunit *test, const struct raid5_row_facts *facts,
		       const struct raid5_plan *plan)
{
	unsigned int data = facts->members - 1;

	KUNIT_ASSERT_EQ(test, 0U, plan->read & facts->out);
	KUNIT_ASSERT_EQ(test, 0U, plan->write & facts->out);
	KUNIT_ASSERT_EQ(test, facts->written & ~facts->out,
			plan->write & ~BIT(facts->parity));
	if (hweight32(facts->whole) == data)
		KUNIT_ASSERT_EQ(test, 0U, plan->read);
	if (facts->out)
		return;
	if (facts->unsure)
		KUNIT_ASSERT_EQ(test, plan->method, RAID5_REBUILD);
	else
		KUNIT_ASSERT_LE(test, hweight32(plan->read),
				1 + hweight32(facts->written));
	KUNIT_ASSERT_LE(test, hweight32(plan->read),
			data - hweight32(facts->whole));
}

static struct model *new_model(struct kunit *test, u64 seed)
{
	struct model *m = kunit_kzalloc(test, sizeof(*m), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, m);
	prandom_seed_state(&m->rnd, seed);
	return m;
}

static void any_member_can_go(struct kunit *test)
{
	struct model *m = new_model(test, 3);
	struct raid5_row_facts facts;
	struct raid5_plan plan;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		if (round % 8 == 0)
			fresh_row(m);
		choose_writes(m, &facts);
		if (!facts.written)
			continue;
		/* the row must be right afterwards all the same */
		if (facts.unsure && !m->out)
			prandom_bytes_state(&m->rnd, m->member[m->parity],
					    CELL);
		raid5_plan_write(&plan, &facts);
		check_plan(test, &facts, &plan);
		read_cells(m, &plan);
		raid5_plan_before(&plan, m->cell);
		put_data(m);
		raid5_plan_after(&plan, m->cell);
		write_cells(m, &plan);
		check_row(test, m);
	}
}

/* Every cell reads right, whoever is out. */
static void reads_are_right(struct kunit *test)
{
	struct model *m = new_model(test, 4);
	struct raid5_row_facts facts = {};
	struct raid5_plan plan;
	unsigned int wanted, slot;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		fresh_row(m);
		facts.members = m->members;
		facts.parity = m->parity;
		facts.out = m->out;
		wanted = below(m, BIT(m->members)) & ~BIT(m->parity);
		raid5_plan_read(&plan, &facts, wanted);
		KUNIT_ASSERT_EQ(test, 0U, plan.read & m->out);
		KUNIT_ASSERT_EQ(test, 0U, plan.write);
		read_cells(m, &plan);
		raid5_plan_before(&plan, m->cell);
		for (slot = 0; slot < m->members; slot++) {
			if (wanted & BIT(slot))
				KUNIT_ASSERT_EQ(test, 0,
						memcmp(m->buffer[slot],
						       m->data[slot], CELL));
		}
	}
}

/* The choices that a person can check in his head. */
static void choices(struct kunit *test)
{
	struct raid5_row_facts facts = {
		.members = 8, .parity = 7, .written = 1, .whole = 1,
	};
	struct raid5_plan plan;

	raid5_plan_write(&plan, &facts);
	KUNIT_EXPECT_EQ(test, plan.method, RAID5_MODIFY);
	KUNIT_EXPECT_EQ(test, plan.read, 0x81U);
	KUNIT_EXPECT_EQ(test, plan.write, 0x81U);

	facts.unsure = true;
	raid5_plan_write(&plan, &facts);
	KUNIT_EXPECT_EQ(test, plan.method, RAID5_REBUILD);
	KUNIT_EXPECT_EQ(test, plan.read, 0x7eU);
	facts.unsure = false;

	facts.written = 0x3f;
	facts.whole = 0x3f;
	raid5_plan_write(&plan, &facts);
	KUNIT_EXPECT_EQ(test, plan.method, RAID5_REBUILD);
	KUNIT_EXPECT_EQ(test, plan.read, 0x40U);

	facts.out = 0x40;
	raid5_plan_write(&plan, &facts);
	KUNIT_EXPECT_EQ(test, plan.method, RAID5_MODIFY);
	KUNIT_EXPECT_EQ(test, plan.read, 0xbfU);

	facts.out = 0x01;
	raid5_plan_write(&plan, &facts);
	KUNIT_EXPECT_EQ(test, plan.method, RAID5_REBUILD);
	KUNIT_EXPECT_EQ(test, plan.read, 0x40U);
	KUNIT_EXPECT_EQ(test, plan.write, 0xbeU);

	facts.out = 0x80;
	raid5_plan_write(&plan, &facts);
	KUNIT_EXPECT_EQ(test, plan.method, RAID5_NO_PARITY);
	KUNIT_EXPECT_EQ(test, plan.read, 0U);
	KUNIT_EXPECT_EQ(test, plan.write, 0x3fU);
}

static struct kunit_case raid5_plan_cases[] = {
	KUNIT_CASE(choices),
	KUNIT_CASE(any_member_can_go),
	KUNIT_CASE(reads_are_right),
	{}
};

static struct kunit_suite raid5_plan_suite = {
	.name = "braid-raid5-plan",
	.test_cases = raid5_plan_cases,
};

kunit_test_suite(raid5_plan_suite);

MODULE_LICENSE("GPL");
