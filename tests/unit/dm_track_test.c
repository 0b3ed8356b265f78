// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "dm/track.h"

#define ID "0123456789abcdef0123456789abcdef"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void table_goes_there_and_back(void **state)
{
	struct dm_track_table table = { "-", "/dev/vdb", 128, false }, back;
	char line[64];

	assert_int_equal(dm_track_table_format(&table, line, sizeof(line)), 0);
	assert_string_equal(line, "- /dev/vdb 128");
	assert_int_equal(dm_track_table_parse(line, &back), 0);
	assert_string_equal(back.meta, "-");
	assert_string_equal(back.origin, "/dev/vdb");
	assert_int_equal(back.block_sectors, 128);
}

static void features_go_there_and_back(void **state)
{
	struct dm_track_table table = { "/dev/vdc", "/dev/vdb", 128, true };
	struct dm_track_table back;
	char line[64];

	assert_int_equal(dm_track_table_format(&table, line, sizeof(line)), 0);
	assert_string_equal(line, "/dev/vdc /dev/vdb 128 1 durable");
	assert_int_equal(dm_track_table_parse(line, &back), 0);
	assert_true(back.durable);
	assert_int_equal(dm_track_table_parse("- /dev/vdb 128 0", &back), 0);
	assert_false(back.durable);
	assert_int_equal(dm_track_table_parse("- /dev/vdb 128 2 newer durable",
					      &back),
			 0);
	assert_true(back.durable);
}

static void bad_tables_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"-",
		"- /dev/vdb",
		"- /dev/vdb x",
		"- /dev/vdb 7",
		"- /dev/vdb 4",
		"- /dev/vdb 4096",
		"- /dev/vdb 24",
	};
	struct dm_track_table table = { "-", "/dev/v db", 128, false };
	char line[16];
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(dm_track_table_parse(bad[i], &table), -EINVAL);
	table = (struct dm_track_table){ "-", "/dev/v db", 128, false };
	assert_int_equal(dm_track_table_format(&table, line, sizeof(line)),
			 -EINVAL);
	table = (struct dm_track_table){ "-", "/dev/vdb", 100, false };
	assert_int_equal(dm_track_table_format(&table, line, sizeof(line)),
			 -EINVAL);
	table = (struct dm_track_table){ "-", "/dev/vdbbbbbbbbbb", 128, false };
	assert_int_equal(dm_track_table_format(&table, line, sizeof(line)),
			 -ENAMETOOLONG);
}

static void status_is_read(void **state)
{
	struct dm_track_status status;

	assert_int_equal(
		dm_track_status_parse(
			"128 1600 " ID
			" 7 1 3/64 2 5 whole open 4 6 shipped invalid 5",
			&status),
		0);
	assert_int_equal(status.block_sectors, 128);
	assert_int_equal(status.nr_blocks, 1600);
	assert_string_equal(status.map_id, ID);
	assert_int_equal(status.era, 7);
	assert_int_equal(status.oldest, 1);
	assert_int_equal(status.store_used, 3);
	assert_int_equal(status.store_total, 64);
	assert_int_equal(status.nr_views, 2);
	assert_int_equal(status.views[0].era, 5);
	assert_int_equal(status.views[0].mode, DM_TRACK_WHOLE);
	assert_int_equal(status.views[0].state, DM_TRACK_OPEN);
	assert_int_equal(status.views[0].since, 4);
	assert_int_equal(status.views[1].mode, DM_TRACK_SHIPPED);
	assert_int_equal(status.views[1].state, DM_TRACK_INVALID);
}

static void a_durable_map_is_read(void **state)
{
	struct dm_track_status status;

	assert_int_equal(dm_track_status_parse("128 1600 " ID
					       " 7 0 0/0 0 memory 0/0 0 0 0 0",
					       &status),
			 0);
	assert_int_equal(status.map, DM_TRACK_MEMORY);
	assert_int_equal(dm_track_status_parse(
				 "128 1600 " ID " 7 0 3/64 1 5 whole open 4"
				 " durable 12/1008 64 640 17 33 more",
				 &status),
			 0);
	assert_int_equal(status.map, DM_TRACK_DURABLE);
	assert_int_equal(status.nr_views, 1);
	assert_int_equal(status.hot, 12);
	assert_int_equal(status.slots, 1008);
	assert_int_equal(status.extent_blocks, 64);
	assert_int_equal(status.suspect_blocks, 640);
	assert_int_equal(status.log_writes, 17);
	assert_int_equal(status.map_writes, 33);
}

static void a_group_is_read(void **state)
{
	static const char *const bad[] = {
		"",
		"253:0 7",
		"253:0 7\n253:1",
		"253:0 7\n253:1 0",
		"253:0 7\n253:1 x",
		"253:0 7\n253:1 9\n253:2 1",
	};
	struct dm_track_member members[2] = { 0 };
	size_t i;

	assert_int_equal(dm_track_group_parse("253:0 7\n253:1 9", members, 2),
			 0);
	assert_int_equal(members[0].era, 7);
	assert_int_equal(members[1].era, 9);
	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(dm_track_group_parse(bad[i], members, 2),
				 -EPROTO);
}

static void bad_statuses_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"128",
		"0 1600 " ID " 7 1 0/0 0",
		"128 0 " ID " 7 1 0/0 0",
		"128 99999999999999999 " ID " 7 1 0/0 0",
		"128 1600 0123 7 1 0/0 0",
		"128 1600 " ID "0 7 1 0/0 0",
		"128 1600 0123456789ABCDEF0123456789abcdef 7 1 0/0 0",
		"128 1600 " ID " 0 1 0/0 0",
		"128 1600 " ID " 7 1 0 0",
		"128 1600 " ID " 7 1 0/0",
		"128 1600 " ID " 7 1 0/0 1",
		"128 1600 " ID " 7 1 0/0 4294967295",
		"128 1600 " ID " 7 1 0/0 65 5 whole open 4",
		"128 1600 " ID " 7 1 0/0 1 5 whole open",
		"128 1600 " ID " 7 1 0/0 1 5 none open 4",
		"128 1600 " ID " 7 1 0/0 1 5 whole closed 4",
		"128 1600 " ID " 7 1 0/0 1 0 whole open 4",
		"128 1600 " ID " 7 1 0/0 0 elsewhere 0/0 0 0 0 0",
		"128 1600 " ID " 7 1 0/0 0 durable 0/0 0 0 0",
	};
	struct dm_track_status status;
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(dm_track_status_parse(bad[i], &status),
				 -EPROTO);
}

struct seen {
	unsigned int extents, stop_at;
	uint64_t blocks;
};

static int count(void *arg, const struct dm_track_extent *extent)
{
	struct seen *seen = arg;

	seen->blocks += extent->count;
	return ++seen->extents == seen->stop_at ? -ECANCELED : 0;
}

static void pages_are_read(void **state)
{
	struct seen seen = { 0 };
	uint64_t next;

	assert_int_equal(dm_track_page_parse("100\nw 10 5\nw 20 80\n", 10, 200,
					     &next, count, &seen),
			 0);
	assert_int_equal(next, 100);
	assert_int_equal(seen.extents, 2);
	assert_int_equal(seen.blocks, 85);
	assert_int_equal(dm_track_page_parse("end\nw 199 1\n", 100, 200, &next,
					     count, &seen),
			 0);
	assert_true(next == DM_TRACK_END);
	assert_int_equal(seen.blocks, 86);
	assert_int_equal(
		dm_track_page_parse("end", 0, 200, &next, count, &seen), 0);
	assert_int_equal(seen.extents, 3);
}

static void bad_pages_tell_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"10", /* no progress from 10 */
		"9 w 1 1",
		"201 w 10 1", /* beyond the device */
		"end w",
		"end w 10",
		"end w 10 0",
		"end w 9 1", /* before what was asked */
		"end w 10 191",
		"end w 200 1",
		"end w 10 18446744073709551615",
		"end w 18446744073709551615 1",
		"end w 10 5 w 14 1", /* overlap */
		"end w 20 5 w 10 1", /* disorder */
		"50 w 49 2", /* beyond its own page */
		"end ww 10 1",
		"end W 10 1",
		"end w 10 1 trailing",
		"-1 w 10 1",
	};
	struct seen seen = { 0 };
	uint64_t next;
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(dm_track_page_parse(bad[i], 10, 200, &next,
						     count, &seen),
				 -EPROTO);
	assert_int_equal(seen.extents, 0);
}

static void a_consumer_can_stop(void **state)
{
	struct seen seen = { .stop_at = 1 };
	uint64_t next;

	assert_int_equal(dm_track_page_parse("end w 1 1 w 3 1", 0, 200, &next,
					     count, &seen),
			 -ECANCELED);
	assert_int_equal(seen.extents, 1);
}

/* Whatever is cut off or changed, nothing is read beyond the text. */
static void hostile_text_is_survived(void **state)
{
	static const char good[] = "128 1600 " ID " 7 1 3/64 1 5 whole open 4";
	struct dm_track_status status;
	struct dm_track_table table;
	struct seen seen = { 0 };
	char text[sizeof(good)];
	uint64_t next;
	size_t i;
	int c;

	for (i = 0; i < sizeof(good); i++) {
		for (c = 0; c < 256; c++) {
			strcpy(text, good);
			text[i] = c;
			text[sizeof(good) - 1] = '\0';
			dm_track_status_parse(text, &status);
			dm_track_table_parse(text, &table);
			dm_track_page_parse(text, 0, 200, &next, count, &seen);
		}
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_goes_there_and_back),
		cmocka_unit_test(features_go_there_and_back),
		cmocka_unit_test(a_durable_map_is_read),
		cmocka_unit_test(a_group_is_read),
		cmocka_unit_test(bad_tables_are_refused),
		cmocka_unit_test(status_is_read),
		cmocka_unit_test(bad_statuses_are_refused),
		cmocka_unit_test(pages_are_read),
		cmocka_unit_test(bad_pages_tell_nothing),
		cmocka_unit_test(a_consumer_can_stop),
		cmocka_unit_test(hostile_text_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
