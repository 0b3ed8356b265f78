// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dm/scan.h"

static void words_are_split_at_white_space(void **state)
{
	struct dm_scan scan = { "  one\ttwo\n three " };
	char word[8];

	assert_true(dm_scan_copy(&scan, word, sizeof(word)));
	assert_string_equal(word, "one");
	assert_true(dm_scan_is(&scan, "two"));
	assert_false(dm_scan_end(&scan));
	assert_false(dm_scan_is(&scan, "thre"));
	assert_true(dm_scan_end(&scan));
	assert_false(dm_scan_copy(&scan, word, sizeof(word)));
}

static void a_long_word_is_refused(void **state)
{
	struct dm_scan scan = { "12345678" };
	char word[8];

	assert_false(dm_scan_copy(&scan, word, sizeof(word)));
}

static void numbers_are_decimal_and_fit(void **state)
{
	struct dm_scan good = { "0 18446744073709551615 4294967295" };
	static const char *const bad[] = { "",
					   "-1",
					   "+1",
					   "0x10",
					   "1a",
					   "1/2",
					   "18446744073709551616",
					   "99999999999999999999999" };
	uint64_t value;
	uint32_t small;
	size_t i;

	assert_true(dm_scan_u64(&good, &value));
	assert_int_equal(value, 0);
	assert_true(dm_scan_u64(&good, &value));
	assert_true(value == UINT64_MAX);
	assert_true(dm_scan_u32(&good, &small));
	assert_true(small == UINT32_MAX);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct dm_scan scan = { bad[i] };

		assert_false(dm_scan_u64(&scan, &value));
	}
	good.at = "4294967296";
	assert_false(dm_scan_u32(&good, &small));
}

static void a_ratio_has_two_numbers(void **state)
{
	static const char *const bad[] = { "1", "/", "1/", "/1", "1/2/3" };
	struct dm_scan good = { "12/34" };
	uint64_t part, whole;
	size_t i;

	assert_true(dm_scan_ratio(&good, &part, &whole));
	assert_int_equal(part, 12);
	assert_int_equal(whole, 34);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct dm_scan scan = { bad[i] };

		assert_false(dm_scan_ratio(&scan, &part, &whole));
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_split_at_white_space),
		cmocka_unit_test(a_long_word_is_refused),
		cmocka_unit_test(numbers_are_decimal_and_fit),
		cmocka_unit_test(a_ratio_has_two_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
