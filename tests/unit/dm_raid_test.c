// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dm/raid.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void table_goes_there_and_back(void **state)
{
	struct dm_raid_table table = {
		.level = DM_RAID1,
		.chunk_sectors = 128,
		.nr_members = 3,
		.members = { "/dev/vdb", "-", "/dev/vdd" },
	};
	struct dm_raid_table back;
	char line[DM_RAID_LINE_SIZE];

	assert_int_equal(dm_raid_table_format(&table, line, sizeof(line)), 0);
	assert_string_equal(line, "raid1 128 0 3 /dev/vdb - /dev/vdd");
	assert_int_equal(dm_raid_table_parse(line, &back), 0);
	assert_int_equal(back.level, DM_RAID1);
	assert_int_equal(back.nr_members, 3);
	assert_string_equal(back.members[2], "/dev/vdd");
	assert_false(back.failed[1]);
	assert_string_equal(back.uuid, "");
	strcpy(table.uuid, "01234567-89ab-4cde-8f01-23456789abcd");
	assert_int_equal(dm_raid_table_format(&table, line, sizeof(line)), 0);
	assert_string_equal(
		line,
		"raid1 128 2 superblock 01234567-89ab-4cde-8f01-23456789abcd 3 /dev/vdb - /dev/vdd");
	assert_int_equal(dm_raid_table_parse(line, &back), 0);
	assert_string_equal(back.uuid, table.uuid);
	assert_int_equal(
		dm_raid_table_parse(
			"raid1 0 4 failed 1 superblock 01234567-89ab-4cde-8f01-23456789abcd 2 a b",
			&back),
		0);
	assert_string_equal(back.uuid, table.uuid);
	assert_true(back.failed[1]);
	assert_int_equal(dm_raid_table_format(&table, line, 20), -ENAMETOOLONG);
	assert_int_equal(dm_raid_table_parse("raid5 128 0 3 a - c", &back), 0);
	assert_int_equal(back.level, DM_RAID5_LS);
	assert_int_equal(dm_raid_table_format(&back, line, sizeof(line)), 0);
	assert_string_equal(line, "raid5_ls 128 0 3 a - c");
}

/* As superblocks say it; the layouts' numbers are md's. */
static void levels_have_numbers(void **state)
{
	static const struct {
		const char *name;
		uint32_t number, layout;
	} known[] = {
		{ "raid0", 0, 0 },    { "raid1", 1, 0 },
		{ "raid5_la", 5, 0 }, { "raid5_ra", 5, 1 },
		{ "raid5_ls", 5, 2 }, { "raid5_rs", 5, 3 },
	};
	enum dm_raid_level level;
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		assert_true(dm_raid_level_of_number(known[i].number,
						    known[i].layout, &level));
		assert_string_equal(dm_raid_level_name(level), known[i].name);
		assert_int_equal(dm_raid_layout(level), known[i].layout);
	}
	assert_false(dm_raid_level_of_number(0, 1, &level));
	assert_false(dm_raid_level_of_number(5, 4, &level));
	assert_false(dm_raid_level_of_number(6, 0, &level));
}

static void failed_members_are_told(void **state)
{
	static const char *const good[] = {
		"raid1 0 2 failed 1 3 a b c",
		"raid1 0 5 failed 1 newer failed 2 3 a b c",
		"raid5_la 128 4 failed 2 failed 1 3 a b c",
		"raid1 128 4 failed 2 failed 1 3 a b c",
	};
	struct dm_raid_table table;
	char line[64];
	size_t i;

	for (i = 0; i < COUNT(good); i++) {
		memset(&table, 0xff, sizeof(table));
		table.failed[0] = true; /* of the table before */
		assert_int_equal(dm_raid_table_parse(good[i], &table), 0);
		assert_false(table.failed[0]);
		assert_true(table.failed[1]);
		assert_int_equal(table.failed[2], i > 0);
		assert_string_equal(table.members[2], "c");
	}
	assert_int_equal(dm_raid_table_format(&table, line, sizeof(line)), 0);
	assert_string_equal(line, "raid1 128 4 failed 1 failed 2 3 a b c");
	strcpy(table.members[1], "-");
	assert_int_equal(dm_raid_table_format(&table, line, sizeof(line)),
			 -EINVAL);
}

static void bad_tables_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"raid6 128 0 1 a",
		"raid1 7 0 1 a",
		"raid0 0 0 1 a",
		"raid1 128 0 0",
		"raid1 128 0 9 a b c d e f g h i",
		"raid0 128 0 65 a",
		"raid1 128 0 2 a",
		"raid1 128 0 2 a b c",
		"raid1 128 4294967295 2 a b",
		"raid1 0 1 failed 1 2 a b",
		"raid1 0 2 failed x 2 a b",
		"raid1 0 2 failed 2 2 a b",
		"raid1 0 2 failed 64 2 a b",
		"raid1 0 2 failed 1 2 a -",
		"raid1 0 2 failed",
		"raid1 128 2 superblock 2 a b",
		"raid1 128 1 superblock 2 a b",
		"raid1 128 2 superblock 01234567-89ab-4cde-8f01-23456789abcde 2 a b",
		"raid0 128 2 failed 1 2 a b",
		"raid5 128 0 2 a b",
		"raid5_ra 0 0 3 a b c",
		"raid5_la 128 0 17 a b c d e f g h i j k l m n o p q",
		"raid5_n 128 0 3 a b c",
	};
	struct dm_raid_table table;
	char line[64];
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(dm_raid_table_parse(bad[i], &table), -EINVAL);
	table = (struct dm_raid_table){ .level = DM_RAID0,
					.chunk_sectors = 128,
					.nr_members = 1,
					.members = { "a b" } };
	assert_int_equal(dm_raid_table_format(&table, line, sizeof(line)),
			 -EINVAL);
	table.members[0][0] = '\0';
	assert_int_equal(dm_raid_table_format(&table, line, sizeof(line)),
			 -EINVAL);
}

static void status_is_read(void **state)
{
	struct dm_raid_status status;

	assert_int_equal(dm_raid_status_parse(
				 "raid1 3 ADa 100/2048 recover 5 0 -", &status),
			 0);
	assert_string_equal(status.level, "raid1");
	assert_int_equal(status.nr_members, 3);
	assert_string_equal(status.health, "ADa");
	assert_int_equal(status.synced, 100);
	assert_int_equal(status.total, 2048);
	assert_string_equal(status.action, "recover");
	assert_int_equal(status.mismatches, 5);
	assert_int_equal(dm_raid_lost(&status), 1);
	assert_int_equal(dm_raid_spare(&status), 0);
	assert_int_equal(
		dm_raid_status_parse("raid0 2 A- 0/0 idle 0 0 -", &status), 0);
	assert_int_equal(dm_raid_spare(&status), -1);
	assert_int_equal(
		dm_raid_status_parse("raid5_ls 4 AAAA 8/8 idle 0 0 -", &status),
		0);
	assert_int_equal(dm_raid_spare(&status), 1);
	assert_int_equal(status.twin_of, -1);
	assert_int_equal(
		dm_raid_status_parse(
			"raid5_ls 3 AAA 3/8 replace 0 16 - replace 2 a 3",
			&status),
		0);
	assert_int_equal(status.twin_of, 2);
	assert_int_equal(status.twin_health, 'a');
	assert_int_equal(status.twin_done, 3);
	assert_int_equal(
		dm_raid_status_parse("raid5_ls 4 AAAA 8/8 idle 0 0 - x 2 a",
				     &status),
		0);
	assert_int_equal(status.twin_of, -1);
	strcpy(status.health, "AD-A");
	assert_int_equal(dm_raid_spare(&status), -1);
	assert_int_equal(dm_raid_lost(&status), 2);
}

static void bad_statuses_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"raid1 0 A 0/0 idle 0",
		"raid1 2 A 0/0 idle 0",
		"raid1 2 AX 0/0 idle 0",
		"raid1 65 AA 0/0 idle 0",
		"raid1 2 AA 5/4 idle 0",
		"raid1 2 AA 0 idle 0",
		"raid1 2 AA 0/0 idle",
		"raid1 2 AA 0/0 averyveryverylongaction 0",
		"raid1 2 AA 8/8 idle 0 0 - replace",
		"raid1 2 AA 8/8 idle 0 0 - replace 2 a 3",
		"raid1 2 AA 8/8 idle 0 0 - replace 1 X 3",
		"raid1 2 AA 8/8 idle 0 0 - replace 1 a 9",
	};
	struct dm_raid_status status;
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(dm_raid_status_parse(bad[i], &status),
				 -EPROTO);
}

static void sizes_are_whole_chunks(void **state)
{
	struct dm_raid_table table = { .level = DM_RAID0,
				       .chunk_sectors = 128,
				       .nr_members = 3 };

	assert_int_equal(dm_raid_sectors(&table, 1000), 3 * 896);
	assert_int_equal(dm_raid_sectors(&table, 127), 0);
	table.level = DM_RAID5_RS;
	assert_int_equal(dm_raid_sectors(&table, 1000), 2 * 896);
	assert_int_equal(dm_raid_missing_max(&table), 1);
	table.level = DM_RAID1;
	assert_int_equal(dm_raid_sectors(&table, 1000), 1000);
	assert_int_equal(dm_raid_missing_max(&table), 2);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_goes_there_and_back),
		cmocka_unit_test(levels_have_numbers),
		cmocka_unit_test(failed_members_are_told),
		cmocka_unit_test(bad_tables_are_refused),
		cmocka_unit_test(status_is_read),
		cmocka_unit_test(bad_statuses_are_refused),
		cmocka_unit_test(sizes_are_whole_chunks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
