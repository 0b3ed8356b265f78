// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dm/raid-line.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char text[DM_RAID_LINE_SIZE];

static const char *formatted(const struct raid_line *line)
{
	assert_int_equal(raid_line_format(line, text, sizeof(text)), 0);
	return text;
}

static void what_is_read_is_written(void **state)
{
	static const char *const lines[] = {
		"raid1 0 0 2 8:0 8:16",
		"raid1 0 2 failed 1 3 8:0 8:16 -",
		"raid5_ls 128 7 superblock 01234567-89ab-4cde-8f01-23456789abcd no_log min_recovery_rate 100 rebuild 2 3 8:0 8:16 8:32",
		"raid9 x 1 newer 1 8:0",
	};
	static struct raid_line line;
	size_t i;

	for (i = 0; i < COUNT(lines); i++) {
		assert_int_equal(raid_line_parse(lines[i], &line), 0);
		assert_string_equal(formatted(&line), lines[i]);
	}
	assert_int_equal(raid_line_parse("raid1 0 0 2 a b", &line), 0);
	assert_int_equal(raid_line_format(&line, text, 10), -ENAMETOOLONG);
}

static void bad_lines_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"raid1",
		"raid1 0",
		"raid1 0 x 1 a",
		"raid1 0 0 0",
		"raid1 0 0 2 a",
		"raid1 0 0 2 a b c",
		"raid1 0 4294967295 1 a",
		"raid1 0 385 1 a",
		"raid1 0 0 65 a",
		"raid1 0 2 failed 1",
	};
	static struct raid_line line;
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		assert_int_equal(raid_line_parse(bad[i], &line), -EINVAL);
}

static void only_one_slot_changes(void **state)
{
	static struct raid_line line;

	assert_int_equal(
		raid_line_parse(
			"raid1 0 11 no_log failed 1 failed 2 newer failed rebuild 1 readd 1 3 8:0 8:16 8:32",
			&line),
		0);
	assert_true(raid_line_has(&line, "failed", 1));
	assert_false(raid_line_has(&line, "failed", 0));
	assert_false(raid_line_has(&line, "rebuild", 2));
	assert_int_equal(raid_line_set(&line, 1, "-"), 0);
	assert_string_equal(
		formatted(&line),
		"raid1 0 5 no_log failed 2 newer failed 3 8:0 - 8:32");
	assert_int_equal(raid_line_set(&line, 2, "8:48"), 0);
	assert_int_equal(raid_line_add(&line, "rebuild", 2), 0);
	assert_string_equal(
		formatted(&line),
		"raid1 0 5 no_log newer failed rebuild 2 3 8:0 - 8:48");
	assert_int_equal(raid_line_set(&line, 3, "8:48"), -EINVAL);
	assert_int_equal(raid_line_set(&line, 1, ""), -EINVAL);
	assert_int_equal(raid_line_set(&line, 1, "a b"), -EINVAL);
}

static void a_copy_is_three_words(void **state)
{
	static struct raid_line line;

	assert_int_equal(raid_line_parse("raid1 0 2 superblock u 2 8:0 8:16",
					 &line),
			 0);
	assert_null(raid_line_twin(&line, 1));
	assert_int_equal(raid_line_add_twin(&line, 1, "8:32"), 0);
	assert_string_equal(formatted(&line),
			    "raid1 0 5 superblock u replace 1 8:32 2 8:0 8:16");
	assert_string_equal(raid_line_twin(&line, 1), "8:32");
	assert_null(raid_line_twin(&line, 0));
	raid_line_drop_twin(&line, 0);
	assert_int_equal(line.nr_words, 5);
	assert_int_equal(raid_line_set(&line, 1, "8:48"), 0);
	assert_string_equal(formatted(&line),
			    "raid1 0 2 superblock u 2 8:0 8:48");
	assert_int_equal(raid_line_parse("raid1 0 2 replace 1 2 a b", &line),
			 0);
	assert_null(raid_line_twin(&line, 1));
	raid_line_drop_twin(&line, 1);
	assert_int_equal(line.nr_words, 2);
}

static void words_have_an_end(void **state)
{
	static struct raid_line line;
	unsigned int i;

	assert_int_equal(raid_line_parse("raid1 0 0 2 a b", &line), 0);
	for (i = 0; i < RAID_LINE_WORDS_MAX / 2; i++)
		assert_int_equal(raid_line_add(&line, "rebuild", i), 0);
	assert_int_equal(raid_line_add(&line, "rebuild", i), -ENOSPC);
	assert_int_equal(raid_line_parse(formatted(&line), &line), 0);
	assert_int_equal(line.nr_words, RAID_LINE_WORDS_MAX);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_read_is_written),
		cmocka_unit_test(bad_lines_are_refused),
		cmocka_unit_test(only_one_slot_changes),
		cmocka_unit_test(a_copy_is_three_words),
		cmocka_unit_test(words_have_an_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
