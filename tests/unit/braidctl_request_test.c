// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <fcntl.h>
#include <unistd.h>
#include <cmocka.h>

#include "braidctl/complain.h"
#include "braidctl/request.h"

static const struct command command = {
	.family = "array",
	.name = "create",
	.operands = "NAME DEV...",
	.operands_min = 2,
	.operands_max = 3,
	.options = OPT(JSON) | OPT(LEVEL) | OPT(CHUNK) | OPT(SINCE),
	.needed = OPT(LEVEL),
};

#define PARSE(request, ...)                                               \
	request_parse(&command,                                           \
		      sizeof((char *[]){ __VA_ARGS__ }) / sizeof(char *), \
		      (char *[]){ __VA_ARGS__ }, request)

static void options_and_operands_mix(void **state)
{
	struct request request;

	assert_int_equal(PARSE(&request, "a", "--level", "raid1", "b",
			       "--chunk=64K", "--json", "--since=7", "c"),
			 0);
	assert_int_equal(request.operands, 3);
	assert_string_equal(request.operand[0], "a");
	assert_string_equal(request.operand[1], "b");
	assert_string_equal(request.operand[2], "c");
	assert_true(request_has(&request, OPT_JSON));
	assert_string_equal(request.text[OPT_LEVEL], "raid1");
	assert_int_equal(request.number[OPT_CHUNK], 65536);
	assert_int_equal(request.number[OPT_SINCE], 7);
}

static void two_dashes_end_the_options(void **state)
{
	struct request request;

	assert_int_equal(PARSE(&request, "--level=x", "--", "--json", "-"), 0);
	assert_int_equal(request.operands, 2);
	assert_string_equal(request.operand[0], "--json");
	assert_string_equal(request.operand[1], "-");
	assert_false(request_has(&request, OPT_JSON));
}

static void help_needs_nothing_else(void **state)
{
	struct request request;

	assert_int_equal(PARSE(&request, "--help"), 0);
	assert_true(request_has(&request, OPT_HELP));
	assert_int_equal(PARSE(&request, "-h"), 0);
	assert_true(request_has(&request, OPT_HELP));
}

static void bad_words_are_refused(void **state)
{
	struct request request;

	assert_int_equal(PARSE(&request, "a", "b"), EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "--level=x"), EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "c", "d", "--level=x"),
			 EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "--level"), EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "--level="), EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "-level", "x"), EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "--leve", "x"), EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "--level=x", "--force"),
			 EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "--level=x", "--json=1"),
			 EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "--level=x", "--level=y"),
			 EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "--level=x", "--chunk=1Z"),
			 EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "--level=x", "--since",
			       "-1"),
			 EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "--level=x", "-x"),
			 EXIT_USAGE);
	assert_int_equal(PARSE(&request, "a", "b", "--level=x", "--=1"),
			 EXIT_USAGE);
}

/* The complaints are tested where braidctl is run; here they'd be noise. */
static int hush(void **state)
{
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	return null < 0 || dup2(null, STDERR_FILENO) < 0 ? -1 : 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_and_operands_mix),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(help_needs_nothing_else),
		cmocka_unit_test_setup(bad_words_are_refused, hush),
	};

	cmocka_set_message_output(CM_OUTPUT_STDOUT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
