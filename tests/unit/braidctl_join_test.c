// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "braidctl/join.h"
#include "braidctl/spares.h"
#include "member/fresh.h"

#define SECTORS 16384

static struct live live;
static struct super_found found;

/* A mirror of three that has been running for some time. */
static int set_up(void **state)
{
	struct super_shape shape = {
		.name = "array",
		.level = 1,
		.members = 3,
		.smallest = SECTORS,
	};

	memset(&live, 0, sizeof(live));
	memset(&found, 0, sizeof(found));
	assert_int_equal(super_plan(&live.truth, &shape), 0);
	live.truth.events = __cpu_to_le64(20);
	live.truth.sequence = __cpu_to_le64(20);
	memcpy(live.truth.member_uuid, live.truth.table[0].uuid, 16);
	live.known = true;
	super_uuid_format(live.truth.array_uuid, live.uuid);
	strcpy(live.status.level, "raid1");
	strcpy(live.status.health, "AAD");
	live.status.nr_members = 3;
	live.line.nr_members = 3;
	live.truth.table[2].state = BRAID_SLOT_LOST;
	live.truth.table[2].since = __cpu_to_le64(10);
	found.fault = RAID_SUPER_NONE;
	found.sectors = SECTORS;
	return 0;
}

/* The device was once the array's member in this slot. */
static void was_member(unsigned int slot, uint64_t events)
{
	found.super = live.truth;
	found.super.table[2].state = BRAID_SLOT_USED;
	found.super.table[2].since = 0;
	found.super.slot = __cpu_to_le16(slot);
	memcpy(found.super.member_uuid, live.truth.table[slot].uuid, 16);
	found.super.events = __cpu_to_le64(events);
	found.fault = RAID_SUPER_GOOD;
}

static enum join_how how(int slot, bool force)
{
	return join_judge(&live, &found, slot, force).how;
}

static void missing_slots_come_first(void **state)
{
	assert_int_equal(join_slot(&live.status), 2);
	strcpy(live.status.health, "DA-");
	assert_int_equal(join_slot(&live.status), 2);
	strcpy(live.status.health, "DAD");
	assert_int_equal(join_slot(&live.status), 0);
	strcpy(live.status.health, "AAa");
	assert_int_equal(join_slot(&live.status), -1);
}

static void blank_devices_join(void **state)
{
	struct join join = join_judge(&live, &found, JOIN_ANY_SLOT, false);

	assert_int_equal(join.how, JOIN_BLANK);
	assert_int_equal(join.slot, 2);
	found.fault = RAID_SUPER_TORN;
	assert_int_equal(how(2, false), JOIN_BLANK);
	found.sectors = live_member_sectors(&live);
	assert_int_equal(how(2, false), JOIN_BLANK);
	found.sectors--;
	assert_int_equal(how(2, false), JOIN_SMALL);
	assert_int_equal(how(2, true), JOIN_SMALL);
}

static void nobody_joins_without_a_place(void **state)
{
	strcpy(live.status.health, "AAa");
	assert_int_equal(how(JOIN_ANY_SLOT, true), JOIN_REFUSED);
	assert_int_equal(how(2, false), JOIN_BLANK);
	strcpy(live.status.health, "DD-");
	assert_int_equal(how(JOIN_ANY_SLOT, true), JOIN_REFUSED);
	strcpy(live.status.health, "AD-");
	strcpy(live.status.level, "raid0");
	assert_int_equal(how(JOIN_ANY_SLOT, true), JOIN_REFUSED);
	strcpy(live.status.level, "raid1");
	live.known = false;
	assert_int_equal(how(JOIN_ANY_SLOT, true), JOIN_REFUSED);
	*live.uuid = '\0';
	assert_int_equal(how(JOIN_ANY_SLOT, true), JOIN_REFUSED);
}

static void former_members_return(void **state)
{
	was_member(2, 9);
	assert_int_equal(how(JOIN_ANY_SLOT, false), JOIN_READD);
	assert_int_equal(how(2, false), JOIN_READD);
	/* into another slot than its own it is copied whole */
	strcpy(live.status.health, "A-D");
	assert_int_equal(how(1, false), JOIN_OWN);
	/* its slot belongs to another one now */
	strcpy(live.status.health, "AAD");
	live.truth.table[2].uuid[0] ^= 1;
	assert_int_equal(how(JOIN_ANY_SLOT, false), JOIN_OWN);
}

static void its_own_slot_is_found(void **state)
{
	struct join join;

	strcpy(live.status.health, "A-D");
	was_member(2, 9);
	join = join_judge(&live, &found, JOIN_ANY_SLOT, false);
	assert_int_equal(join.how, JOIN_READD);
	assert_int_equal(join.slot, 2);
}

static void parted_content_is_kept(void **state)
{
	was_member(2, 10);
	found.super.table[0].state = BRAID_SLOT_LOST;
	found.super.table[0].since = __cpu_to_le64(10);
	assert_int_equal(how(JOIN_ANY_SLOT, false), JOIN_REFUSED);
	assert_int_equal(how(JOIN_ANY_SLOT, true), JOIN_OWN);
	was_member(2, 21); /* it went on for longer than the array did */
	assert_int_equal(how(JOIN_ANY_SLOT, false), JOIN_REFUSED);
	assert_int_equal(how(JOIN_ANY_SLOT, true), JOIN_OWN);
}

static void copies_of_members_are_refused(void **state)
{
	was_member(1, 20);
	assert_int_equal(how(JOIN_ANY_SLOT, false), JOIN_REFUSED);
	assert_int_equal(how(JOIN_ANY_SLOT, true), JOIN_REFUSED);
}

static void strangers_are_looked_at(void **state)
{
	was_member(2, 9);
	found.super.array_uuid[0] ^= 1;
	assert_int_equal(how(JOIN_ANY_SLOT, false), JOIN_BLANK);
}

static void spares_join(void **state)
{
	assert_int_equal(fresh_spare(&found.super, &live.truth), 0);
	found.fault = raid_super_check(&found.super, SECTORS);
	assert_int_equal(found.fault, RAID_SUPER_SPARE);
	assert_true(fresh_is_idle(&found));
	assert_int_equal(how(JOIN_ANY_SLOT, false), JOIN_OWN);
	found.super.array_uuid[0] ^= 1;
	assert_int_equal(how(JOIN_ANY_SLOT, false), JOIN_BLANK);
}

/* Until the array knows it, nobody believes a fresh member, or uses it. */
static void fresh_members_are_not_believed(void **state)
{
	const struct braid_super *supers[2] = { &found.super, &live.truth };
	enum raid_super_verdict verdict[2];

	assert_int_equal(fresh_member(&found.super, &live.truth, 2), 0);
	found.fault = raid_super_check(&found.super, SECTORS);
	assert_int_equal(found.fault, RAID_SUPER_GOOD);
	assert_true(fresh_is_idle(&found));
	assert_int_equal(raid_super_judge(supers, 2, verdict), 1);
	assert_int_equal(verdict[0], RAID_MEMBER_REPLACED);
	assert_int_equal(verdict[1], RAID_MEMBER_CURRENT);
	assert_int_equal(how(JOIN_ANY_SLOT, false), JOIN_OWN);
	/* the array knows it, and is at it */
	memcpy(live.truth.table[2].uuid, found.super.member_uuid, 16);
	live.truth.table[2].state = BRAID_SLOT_REBUILT;
	raid_super_judge(supers, 2, verdict);
	assert_int_equal(verdict[0], RAID_MEMBER_REBUILT);
	assert_int_equal(verdict[1], RAID_MEMBER_CURRENT);
	found.super.events = live.truth.events;
	assert_false(fresh_is_idle(&found));
}

/* What "create" made is never taken for a spare. */
static void members_are_no_spares(void **state)
{
	was_member(2, 1);
	assert_false(fresh_is_idle(&found));
	found.super.events = 0;
	found.fault = RAID_SUPER_HALF;
	assert_false(fresh_is_idle(&found));
}

static void spares_are_chosen(void **state)
{
	struct find find[4] = { 0 };
	struct finds finds = { 4, find };
	unsigned int i, from = 0;

	for (i = 0; i < 4; i++) {
		assert_int_equal(fresh_spare(&find[i].found.super, &live.truth),
				 0);
		find[i].found.fault = RAID_SUPER_SPARE;
		find[i].found.sectors = SECTORS;
	}
	find[0].busy = true;
	find[1].found.sectors = SECTORS - 2048;
	find[2].found.super.array_uuid[3] ^= 1;
	assert_ptr_equal(spares_next(&live, &finds, &from), &find[3]);
	assert_null(spares_next(&live, &finds, &from));
	live.known = false;
	from = 0;
	assert_null(spares_next(&live, &finds, &from));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(missing_slots_come_first),
		TEST(blank_devices_join),
		TEST(nobody_joins_without_a_place),
		TEST(former_members_return),
		TEST(its_own_slot_is_found),
		TEST(parted_content_is_kept),
		TEST(copies_of_members_are_refused),
		TEST(strangers_are_looked_at),
		TEST(spares_join),
		TEST(fresh_members_are_not_believed),
		TEST(members_are_no_spares),
		TEST(spares_are_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
