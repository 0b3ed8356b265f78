// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "braidctl/watch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char told[1024];

static void note(void *arg, const struct watch_event *event)
{
	char sentence[256];

	watch_sentence(event, sentence, sizeof(sentence));
	snprintf(told + strlen(told), sizeof(told) - strlen(told),
		 "%s%s%s: %s\n", watch_is_grave(event) ? "! " : "",
		 watch_word(event->kind), event->slot < 0 ? "" : " slot",
		 sentence);
}

static struct watch_look look_at(const char *status)
{
	struct watch_look look = { .name = "m", .uuid = "u" };
	unsigned int i;

	assert_int_equal(dm_raid_status_parse(status, &look.status), 0);
	for (i = 0; i < look.status.nr_members; i++)
		snprintf(look.member[i], sizeof(look.member[i]),
			 look.status.health[i] == '-' ? "-" : "/dev/%c",
			 'a' + i);
	return look;
}

static const char *compared(const char *before, const char *now)
{
	struct watch_look a, b;

	*told = '\0';
	if (before)
		a = look_at(before);
	if (now)
		b = look_at(now);
	watch_compare(before ? &a : NULL, now ? &b : NULL, note, NULL);
	return told;
}

static void each_change_is_told(void **state)
{
	static const struct {
		const char *before, *now, *told;
	} cases[] = {
		{ NULL, "raid1 2 AA 9/9 idle 0",
		  "appeared: raid1 is running (AA)\n" },
		{ NULL, "raid1 3 A-a 2/9 recover 0",
		  "appeared: raid1 is running (A-a)\n"
		  "! degraded: 1 of 3 devices are lacking (A-a)\n"
		  "started: recover began\n" },
		{ "raid1 2 AA 9/9 idle 0", "raid1 2 AA 9/9 idle 0", "" },
		{ "raid1 2 Aa 1/9 recover 0", "raid1 2 Aa 5/9 recover 0", "" },
		{ "raid1 2 AA 9/9 idle 0", "raid1 2 AD 9/9 idle 0",
		  "! failed slot: slot 1 (/dev/b) failed\n" },
		{ "raid1 2 AA 9/9 idle 0", "raid1 2 A- 9/9 idle 0",
		  "! failed slot: slot 1 (/dev/b) failed\n"
		  "removed slot: slot 1 (/dev/b) was let go of\n" },
		{ "raid1 2 AD 9/9 idle 0", "raid1 2 A- 9/9 idle 0",
		  "removed slot: slot 1 (/dev/b) was let go of\n" },
		{ "raid1 2 A- 9/9 idle 0", "raid1 2 Aa 0/9 recover 0",
		  "added slot: slot 1 (/dev/b) is being rebuilt\n"
		  "started: recover began\n" },
		{ "raid1 2 Aa 8/9 recover 0", "raid1 2 AA 9/9 idle 0",
		  "in-sync slot: slot 1 (/dev/b) is in sync\n"
		  "ended: recover ended\n" },
		{ "raid1 2 A- 9/9 idle 0", "raid1 2 AA 9/9 idle 0",
		  "added slot: slot 1 (/dev/b) is being rebuilt\n"
		  "in-sync slot: slot 1 (/dev/b) is in sync\n" },
		{ "raid1 2 Aa 5/9 recover 0", "raid1 2 AD 9/9 idle 0",
		  "! failed slot: slot 1 (/dev/b) failed\n"
		  "ended: recover ended\n" },
		{ "raid1 2 AA 5/9 check 0", "raid1 2 AA 9/9 idle 8",
		  "! ended: check ended, 8 sectors differed\n" },
		{ "raid1 2 AA 5/9 check 0", "raid1 2 AA 9/9 idle 0",
		  "ended: check ended, 0 sectors differed\n" },
		{ "raid1 2 AA 5/9 repair 8", "raid1 2 AA 9/9 idle 8",
		  "ended: repair ended, 8 sectors differed\n" },
		{ "raid1 2 Aa 5/9 recover 0", "raid1 2 Aa 5/9 frozen 0",
		  "ended: recover ended\n" },
		{ "raid1 2 AA 5/9 resync 0", "raid1 2 AA 1/9 check 0",
		  "ended: resync ended\nstarted: check began\n" },
		{ "raid1 2 AA 9/9 idle 0", NULL,
		  "gone: it is not running any more\n" },
	};
	size_t i;

	for (i = 0; i < COUNT(cases); i++)
		assert_string_equal(compared(cases[i].before, cases[i].now),
				    cases[i].told);
}

static void another_array_of_the_name_is_another(void **state)
{
	struct watch_look a = look_at("raid1 2 AA 9/9 idle 0");
	struct watch_look b = look_at("raid1 3 AAA 9/9 idle 0");

	*told = '\0';
	watch_compare(&a, &b, note, NULL);
	assert_string_equal(
		told,
		"gone: it is not running any more\nappeared: raid1 is running (AAA)\n");
	b = a;
	strcpy(b.uuid, "other");
	*told = '\0';
	watch_compare(&a, &b, note, NULL);
	assert_string_equal(
		told,
		"gone: it is not running any more\nappeared: raid1 is running (AA)\n");
}

static void what_was_unplugged_keeps_its_name(void **state)
{
	struct watch_look a = look_at("raid1 2 AA 9/9 idle 0");
	struct watch_look b = look_at("raid1 2 AD 9/9 idle 0");

	strcpy(b.member[1], "8:16");
	*told = '\0';
	watch_compare(&a, &b, note, NULL);
	assert_string_equal(told, "! failed slot: slot 1 (/dev/b) failed\n");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_change_is_told),
		cmocka_unit_test(another_array_of_the_name_is_another),
		cmocka_unit_test(what_was_unplugged_keeps_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
