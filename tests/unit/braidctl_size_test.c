// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "braidctl/plain.h"
#include "braidctl/size.h"

static void sizes_are_read(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },	      { "4096", 4096 },
		{ "512B", 512 },      { "128s", 65536 },
		{ "64K", 65536 },     { "64k", 65536 },
		{ "64KiB", 65536 },   { "1M", 1 << 20 },
		{ "3G", 3ULL << 30 }, { "2TiB", 2ULL << 40 },
		{ "1P", 1ULL << 50 }, { "18446744073709551615", UINT64_MAX },
	};
	uint64_t bytes;
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_true(size_parse(good[i].text, &bytes));
		assert_true(bytes == good[i].bytes);
	}
}

static void what_is_no_size_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"K",
		"-1",
		"+1",
		"1.5M",
		"1 M",
		" 1M",
		"64Q",
		"64KB",
		"64Ki",
		"0x10",
		"16384P",
		"18446744073709551616",
		"9999999999999G",
		"36028797018963968s",
		"64kib",
		"64K ",
	};
	uint64_t bytes;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(size_parse(bad[i], &bytes));
}

static void numbers_are_digits_alone(void **state)
{
	uint64_t number;

	assert_true(size_parse_number("12", &number));
	assert_int_equal(number, 12);
	assert_false(size_parse_number("", &number));
	assert_false(size_parse_number("12K", &number));
	assert_false(size_parse_number("now", &number));
	assert_false(size_parse_number("99999999999999999999", &number));
}

static void sizes_are_written_with_units(void **state)
{
	char text[SIZE_TEXT];

	assert_string_equal(size_format(0, text), "0 B");
	assert_string_equal(size_format(1023, text), "1023 B");
	assert_string_equal(size_format(65536, text), "64.0 KiB");
	assert_string_equal(size_format(3ULL << 29, text), "1.5 GiB");
	assert_string_equal(size_format(UINT64_MAX, text), "16.0 EiB");
}

static void spans_are_written_with_units(void **state)
{
	char text[SIZE_TEXT];

	assert_string_equal(size_format_seconds(0.25, text), "0.2 s");
	assert_string_equal(size_format_seconds(59.9, text), "59 s");
	assert_string_equal(size_format_seconds(200, text), "3 min 20 s");
	assert_string_equal(size_format_seconds(7500, text), "2 h 5 min");
	assert_string_equal(size_format_seconds(273600, text), "3 d 4 h");
	assert_string_equal(size_format_seconds(-1, text), "?");
	assert_string_equal(size_format_seconds(1e300, text), "?");
	assert_string_equal(size_format_seconds(0.0 / 0.0, text), "?");
}

static void no_text_moves_the_cursor(void **state)
{
	char text[] = "a\033[2Jb\nc\177 ä";

	assert_string_equal(plain(text), "a?[2Jb?c? ä");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_are_read),
		cmocka_unit_test(what_is_no_size_is_refused),
		cmocka_unit_test(numbers_are_digits_alone),
		cmocka_unit_test(sizes_are_written_with_units),
		cmocka_unit_test(spans_are_written_with_units),
		cmocka_unit_test(no_text_moves_the_cursor),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
