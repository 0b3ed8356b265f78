// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "member/set.h"
#include "member/super.h"

#define SECTORS 16384

/* A file in the place of a device. */
static int device(uint64_t sectors)
{
	char path[] = "/tmp/member_super.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ftruncate(fd, sectors * 512), 0);
	return fd;
}

static struct braid_super planned(uint32_t level, unsigned int members)
{
	struct super_shape shape = {
		.name = "array",
		.level = level,
		.chunk_sectors = level == 1 ? 0 : 128,
		.members = members,
		.smallest = SECTORS,
	};
	struct braid_super super;

	assert_int_equal(super_plan(&super, &shape), 0);
	return super;
}

/* The superblock of one member, made to its end. */
static struct braid_super made(const struct braid_super *plan,
			       unsigned int slot)
{
	struct braid_super super = *plan;

	super.slot = __cpu_to_le16(slot);
	super.events = __cpu_to_le64(1);
	memcpy(super.member_uuid, super.table[slot].uuid, 16);
	return super;
}

static void what_is_written_is_read(void **state)
{
	struct braid_super plan = planned(1, 2), super = made(&plan, 1);
	struct super_found found;
	int fd = device(SECTORS);

	assert_int_equal(super_read(fd, &found), 0);
	assert_int_equal(found.fault, RAID_SUPER_NONE);
	assert_int_equal(super_write(fd, &super), 0);
	assert_int_equal(super_read(fd, &found), 0);
	assert_int_equal(found.fault, RAID_SUPER_GOOD);
	assert_int_equal(found.sectors, SECTORS);
	assert_memory_equal(&found.super, &super, sizeof(super));
	assert_int_equal(found.copy[1], RAID_SUPER_GOOD);
	assert_int_equal(found.copy[0], RAID_SUPER_NONE);
	assert_int_equal(super_erase(fd), 0);
	assert_int_equal(super_read(fd, &found), 0);
	assert_int_equal(found.fault, RAID_SUPER_NONE);
	close(fd);
}

/* Every length of a torn write leaves the copy before. */
static void a_torn_write_leaves_the_other(void **state)
{
	struct braid_super plan = planned(0, 2), old = made(&plan, 0), new;
	struct super_found found;
	int fd = device(SECTORS);
	size_t done;

	assert_int_equal(super_write(fd, &old), 0);
	assert_int_equal(super_write(fd, &old), 0);
	new = old;
	new.events = __cpu_to_le64(77);
	for (done = 0; done < BRAID_SUPER_BYTES; done += 512) {
		char torn[BRAID_SUPER_BYTES];

		assert_int_equal(super_write(fd, &new), 0);
		memset(torn, 0x5a, sizeof(torn));
		assert_int_equal(pwrite(fd, torn, sizeof(torn) - done,
					4096 + done),
				 sizeof(torn) - done);
		assert_int_equal(super_read(fd, &found), 0);
		assert_int_equal(found.fault, RAID_SUPER_GOOD);
		assert_int_equal(__le64_to_cpu(found.super.events), 1);
		assert_int_not_equal(found.copy[1], RAID_SUPER_GOOD);
		new.sequence = old.sequence;
	}
	close(fd);
}

static void small_and_short_devices(void **state)
{
	struct super_shape shape = { .name = "array",
				     .level = 1,
				     .members = 2,
				     .smallest = 2048 };
	struct braid_super plan = planned(1, 2), super = made(&plan, 0);
	struct super_found found;
	int fd = device(8);

	assert_int_equal(super_read(fd, &found), 0);
	assert_int_equal(found.fault, RAID_SUPER_NONE);
	assert_int_equal(ftruncate(fd, 512 * 4096), 0);
	assert_int_equal(super_write(fd, &super), 0);
	assert_int_equal(super_read(fd, &found), 0);
	assert_int_equal(found.fault, RAID_SUPER_SHORT);
	close(fd);

	assert_int_equal(super_plan(&super, &shape), -ENOSPC);
	shape.smallest = 2056;
	assert_int_equal(super_plan(&super, &shape), 0);
	assert_int_equal(__le64_to_cpu(super.member_sectors), 8);
	shape.smallest = BRAID_DATA_SMALL + 5;
	assert_int_equal(super_plan(&super, &shape), 0);
	assert_int_equal(__le64_to_cpu(super.data_offset), 8192);
	assert_int_equal(__le64_to_cpu(super.member_sectors),
			 BRAID_DATA_SMALL - 8192);
	assert_int_equal(__le64_to_cpu(super.ppl_sectors), 0);
	shape.level = 5;
	shape.chunk_sectors = 128;
	shape.members = 3;
	assert_int_equal(super_plan(&super, &shape), 0);
	assert_int_equal(__le64_to_cpu(super.ppl_offset), BRAID_PPL_SECTOR);
	assert_int_equal(__le64_to_cpu(super.ppl_sectors),
			 8192 - BRAID_PPL_SECTOR);
	shape.level = 0;
	shape.chunk_sectors = 2048;
	shape.smallest = 4096 + 2047;
	assert_int_equal(super_plan(&super, &shape), 0);
	assert_int_equal(__le64_to_cpu(super.member_sectors), 2048);
	shape.name = "a name of thirty-two characters!";
	assert_int_equal(super_plan(&super, &shape), -EINVAL);
}

static void half_made_is_no_array(void **state)
{
	struct braid_super plan = planned(1, 2), super = made(&plan, 0);
	struct super_found found;
	int fd = device(SECTORS);

	super.events = 0;
	assert_int_equal(super_write(fd, &super), 0);
	assert_int_equal(super_read(fd, &found), 0);
	assert_int_equal(found.fault, RAID_SUPER_HALF);
	super.events = __cpu_to_le64(1);
	assert_int_equal(super_write(fd, &super), 0);
	assert_int_equal(super_read(fd, &found), 0);
	assert_int_equal(found.fault, RAID_SUPER_GOOD);
	close(fd);
}

static void uuids_go_there_and_back(void **state)
{
	static const char *const bad[] = {
		"",
		"array",
		"01234567-89ab-4cde-8f01-23456789abc",
		"01234567-89ab-4cde-8f01-23456789abcde",
		"0123456789ab4cde8f0123456789abcd",
		"01234567-89ab-4cde-8f01-23456789abcg",
		"01234567-89ab-4cde-8f01_23456789abcd",
	};
	char text[SUPER_UUID_TEXT];
	uint8_t uuid[16];
	size_t i;

	assert_true(
		super_uuid_parse("01234567-89AB-4cde-8f01-23456789abcd", uuid));
	super_uuid_format(uuid, text);
	assert_string_equal(text, "01234567-89ab-4cde-8f01-23456789abcd");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(super_uuid_parse(bad[i], uuid));
}

static void a_set_knows_its_gaps(void **state)
{
	struct braid_super plan, super[3];
	struct set set = { .count = 3 };
	unsigned int i;

	plan = planned(1, 4);
	super_plan_missing(&plan, 2);
	for (i = 0; i < 3; i++) {
		super[i] = made(&plan, i == 2 ? 3 : i);
		set.super[i] = &super[i];
	}
	set_judge(&set);
	assert_int_equal(set.lost, 1);
	assert_int_equal(set.missing, 0);
	assert_int_equal(set.chosen[2], -1);
	assert_int_equal(set.chosen[3], 2);
	assert_int_equal(set_spare(&set), 3);
	assert_true(set.clean);

	/* the last one is stale, and the first went on */
	super[0].events = __cpu_to_le64(9);
	super[0].flags = 0;
	super[0].table[3].state = BRAID_SLOT_LOST;
	super[0].table[3].since = __cpu_to_le64(8);
	super[1].events = __cpu_to_le64(8);
	set_judge(&set);
	assert_int_equal(set.fresh, 0);
	assert_int_equal(set.verdict[2], RAID_MEMBER_STALE);
	assert_int_equal(set.lost, 2);
	assert_int_equal(set.missing, 0);
	assert_false(set.clean);

	/* slot 1 is not here */
	set.super[1] = set.super[2];
	set.count = 2;
	set_judge(&set);
	assert_int_equal(set.missing, 1);
	assert_int_equal(set.lost, 2);

	/* the last one is taken up again, but holds nothing yet */
	super[0].table[3].state = BRAID_SLOT_REBUILT;
	set_judge(&set);
	assert_int_equal(set.verdict[1], RAID_MEMBER_REBUILT);
	assert_int_equal(set.chosen[3], 1);
	assert_int_equal(set.rebuilt, 1);
	assert_int_equal(set.missing, 1);
	assert_int_equal(set.lost, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(a_torn_write_leaves_the_other),
		cmocka_unit_test(small_and_short_devices),
		cmocka_unit_test(half_made_is_no_array),
		cmocka_unit_test(uuids_go_there_and_back),
		cmocka_unit_test(a_set_knows_its_gaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
