// SPDX-License-Identifier: GPL-2.0-or-later
/* Where a device is mounted, of lines as /proc/self/mountinfo has them. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "braidctl/freeze.h"

#define DEVICE "/dev/mapper/vol"
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char path[PATH_MAX];

static bool found(const char *line)
{
	memset(path, 'x', sizeof(path));
	return freeze_mount_point(line, 253, 4, DEVICE, path);
}

static void the_number_tells(void **state)
{
	assert_true(found("36 35 253:4 / /mnt rw,noatime - ext4 /dev/dm-4 rw"));
	assert_string_equal(path, "/mnt");
	assert_true(found("36 35 253:4 /sub /srv/data rw shared:1 master:2"
			  " - xfs /dev/mapper/other rw,attr2\n"));
	assert_string_equal(path, "/srv/data");
	assert_false(found("36 35 253:40 / /mnt rw - ext4 /dev/dm-40 rw"));
	assert_false(found("36 35 8:4 / /mnt rw - ext4 /dev/sda4 rw"));
}

/* btrfs has a number of its own. */
static void the_source_tells(void **state)
{
	assert_true(found("36 35 0:41 / /b rw - btrfs " DEVICE " rw,ssd"));
	assert_string_equal(path, "/b");
	assert_false(found("36 35 0:41 / /b rw - btrfs " DEVICE "2 rw,ssd"));
	assert_false(found("36 35 0:41 / " DEVICE " rw - tmpfs none rw"));
}

static void escapes_are_undone(void **state)
{
	assert_true(found("36 35 253:4 / /a\\040b\\134c\\011d rw - ext4 x rw"));
	assert_string_equal(path, "/a b\\c\td");
}

static void garbage_is_nothing(void **state)
{
	static const char *const bad[] = {
		"",
		"36",
		"36 35 253:4",
		"36 35 253:4 /",
		"36 35 253:4 / /mnt",
		"36 35 253:4 / /mnt rw",
		"36 35 253:4 / /mnt rw - ext4",
		"a b 253:4 / /mnt rw - ext4 x rw",
	};
	char long_line[3 * PATH_MAX];
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		assert_false(found(bad[i]));
	snprintf(long_line, sizeof(long_line), "36 35 253:4 / /%0*d rw - x y z",
		 2 * PATH_MAX, 0);
	assert_false(found(long_line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_tells),
		cmocka_unit_test(the_source_tells),
		cmocka_unit_test(escapes_are_undone),
		cmocka_unit_test(garbage_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
