// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "dm/device.h"
#include "dm/kmsg.h"
#include "dm/view.h"

static void names_need_no_mangling(void **state)
{
	static const char *const bad[] = { "",	"a b", "a/b",	 "..",
					   ".", "ä",   "a\\x20", "a\n" };
	char name[DM_DEV_NAME_SIZE + 1];
	size_t i;

	assert_true(dm_dev_name_ok("vol0"));
	assert_true(dm_dev_name_ok("vol0@12"));
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(dm_dev_name_ok(bad[i]));
	memset(name, 'a', sizeof(name));
	name[DM_DEV_NAME_SIZE - 1] = '\0';
	assert_true(dm_dev_name_ok(name));
	name[DM_DEV_NAME_SIZE - 1] = 'a';
	name[DM_DEV_NAME_SIZE] = '\0';
	assert_false(dm_dev_name_ok(name));
}

static void paths_that_are_no_device_are_refused(void **state)
{
	char name[DM_DEV_NAME_SIZE];
	struct err error = { "" };

	assert_int_equal(dm_dev_name_of("vol0", name, &error), 0);
	assert_string_equal(name, "vol0");
	assert_int_equal(dm_dev_name_of("a b", name, &error), -EINVAL);
	assert_int_equal(dm_dev_name_of("/dev/null", name, &error), -ENOTBLK);
	assert_non_null(strstr(error.text, "/dev/null"));
	assert_int_equal(dm_dev_name_of("/nowhere/at/all", name, &error),
			 -ENOENT);
	assert_non_null(strstr(error.text, "/nowhere/at/all"));
}

static void bad_names_reach_no_kernel(void **state)
{
	struct err error = { "" };

	assert_int_equal(dm_dev_remove("a b", &error), -EINVAL);
	assert_non_null(strstr(error.text, "a b"));
}

static void view_names_fit(void **state)
{
	char name[DM_DEV_NAME_SIZE], track[DM_DEV_NAME_SIZE];

	assert_int_equal(dm_view_name("vol", 12, name), 0);
	assert_string_equal(name, "vol@12");
	memset(track, 'a', sizeof(track));
	track[sizeof(track) - 1] = '\0';
	assert_int_equal(dm_view_name(track, 1, name), -ENAMETOOLONG);
}

static void view_status_is_read(void **state)
{
	static const char *const bad[] = { "",
					   "whole",
					   "none open 0 0",
					   "whole gone 0 0",
					   "whole open 0",
					   "whole open x 0" };
	struct dm_view_status status;
	size_t i;

	assert_int_equal(dm_view_status_parse("shipped open 3 4", &status), 0);
	assert_int_equal(status.mode, DM_TRACK_SHIPPED);
	assert_true(status.valid);
	assert_int_equal(status.kept_blocks, 3);
	assert_int_equal(status.released_blocks, 4);
	assert_int_equal(dm_view_status_parse("whole invalid 0 0", &status), 0);
	assert_false(status.valid);
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(dm_view_status_parse(bad[i], &status),
				 -EPROTO);
}

static void the_kernels_reason_is_found(void **state)
{
	static const char *const others[] = {
		"",
		"device-mapper: table: x",
		"3,512,8899,-;braid-raid: leg lost\n",
		"3,512,8899,-;device-mapper: ioctl: error adding target\n",
		"4,512,8899,-;device-mapper: braid-raid: 254:0: one disk\n",
	};
	char reason[64];
	size_t i;

	assert_int_equal(
		dm_kmsg_reason(
			"3,512,8899,-;device-mapper: table: 254:0: linear: Device lookup failed (-ENODEV)\n SUBSYSTEM=x\n",
			reason, sizeof(reason)),
		DM_KMSG_TABLE);
	assert_string_equal(reason, "linear: Device lookup failed");
	assert_int_equal(
		dm_kmsg_reason(
			"3,1,2,-;device-mapper: braid-raid: 254:0: /dev/vdb is too small\n",
			reason, sizeof(reason)),
		DM_KMSG_TARGET);
	assert_string_equal(reason, "braid-raid: /dev/vdb is too small");
	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_int_equal(dm_kmsg_reason(others[i], reason,
						sizeof(reason)),
				 DM_KMSG_OTHER);
}

static void an_odd_reason_is_survived(void **state)
{
	static const char *const odd[] = {
		"3;device-mapper: table: (-E",
		"3;device-mapper: table: (-E)",
		"3;device-mapper: table: 254:0:",
		"3;device-mapper: table: ",
		"3;device-mapper: braid-",
		"3;device-mapper: braid-:",
		"3;device-mapper: braid-: ",
		"3;device-mapper: braid-raid: 1 ",
	};
	char reason[8];
	size_t i, size;

	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		for (size = 0; size <= sizeof(reason); size++)
			dm_kmsg_reason(odd[i], reason, size);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_need_no_mangling),
		cmocka_unit_test(paths_that_are_no_device_are_refused),
		cmocka_unit_test(bad_names_reach_no_kernel),
		cmocka_unit_test(view_names_fit),
		cmocka_unit_test(view_status_is_read),
		cmocka_unit_test(the_kernels_reason_is_found),
		cmocka_unit_test(an_odd_reason_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
