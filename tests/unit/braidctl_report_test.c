// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "braidctl/progress.h"
#include "braidctl/report.h"

static struct progress_sample sample(double at, const char *line)
{
	struct progress_sample sample = { .at = at };

	assert_int_equal(dm_raid_status_parse(line, &sample.status), 0);
	return sample;
}

static void the_rate_comes_from_two_looks(void **state)
{
	struct progress_sample a = sample(10, "raid1 2 Aa 1000/9000 recover 0");
	struct progress_sample b = sample(12, "raid1 2 Aa 3000/9000 recover 0");
	struct progress progress = progress_of(&a, &b);

	assert_true(progress.under_way);
	assert_true(progress.rate_known);
	assert_true(progress.eta_known);
	assert_float_equal(progress.fraction, 1.0 / 3, 1e-9);
	assert_float_equal(progress.rate, 512000, 1e-6);
	assert_float_equal(progress.eta, 6, 1e-6);
}

static void what_cannot_be_told_is_not(void **state)
{
	struct progress_sample a = sample(10, "raid1 2 Aa 1000/9000 recover 0");
	struct progress_sample stuck =
		sample(12, "raid1 2 Aa 1000/9000 recover 0");
	struct progress_sample other =
		sample(12, "raid1 2 AA 2000/9000 check 0");
	struct progress_sample back =
		sample(12, "raid1 2 Aa 500/9000 recover 0");
	struct progress_sample done =
		sample(12, "raid1 2 AA 9000/9000 idle 0");
	struct progress_sample none = sample(12, "raid1 2 AA 0/0 frozen 0");

	assert_true(progress_of(&a, &stuck).rate_known);
	assert_false(progress_of(&a, &stuck).eta_known);
	assert_false(progress_of(&a, &other).rate_known);
	assert_false(progress_of(&a, &back).rate_known);
	assert_false(progress_of(&a, &a).rate_known);
	assert_false(progress_of(&a, &done).under_way);
	assert_false(progress_of(&a, &none).under_way);
	assert_float_equal(progress_of(&a, &none).fraction, 0, 1e-9);
}

static void fill(struct live *live, const char *status, const char *line)
{
	memset(live, 0, sizeof(*live));
	strcpy(live->name, "m");
	live->sectors = 9000;
	assert_int_equal(dm_raid_status_parse(status, &live->status), 0);
	assert_int_equal(raid_line_parse(line, &live->line), 0);
}

static const char *json_of(const struct live *live,
			   const struct progress_sample *first, double at)
{
	static char text[4096];
	json_object *object = report_of(live, first, at);

	snprintf(text, sizeof(text), "%s",
		 json_object_to_json_string_ext(object, JSON_C_TO_STRING_PLAIN));
	json_object_put(object);
	return text;
}

static void json_has_its_form(void **state)
{
	struct progress_sample first =
		sample(5, "raid1 3 AaD 1000/9000 recover 0 2048 -");
	static struct live live;

	fill(&live, "raid1 3 AaD 3000/9000 recover 8 2048 -",
	     "raid1 0 4 failed 2 rebuild 1 3 a b c");
	assert_string_equal(
		json_of(&live, &first, 6),
		"{\"name\":\"m\",\"uuid\":null,\"level\":\"raid1\",\"bytes\":4608000,"
		"\"chunk_bytes\":0,\"health\":\"degraded\",\"degraded\":true,"
		"\"members_lost\":1,\"action\":\"recover\",\"synced_bytes\":1536000,"
		"\"sync_bytes\":4608000,\"progress\":0.33333333333333331,"
		"\"rate_bytes_per_second\":1024000.0,\"eta_seconds\":3.0,"
		"\"mismatches\":8,\"log\":false,\"ppl\":false,\"members\":["
		"{\"slot\":0,\"device\":\"a\",\"health\":\"A\",\"failed\":false,\"uuid\":null},"
		"{\"slot\":1,\"device\":\"b\",\"health\":\"a\",\"failed\":false,\"uuid\":null},"
		"{\"slot\":2,\"device\":\"c\",\"health\":\"D\",\"failed\":true,\"uuid\":null}],"
		"\"replace\":null}");
	fill(&live, "raid1 2 AA 8/9000 replace 0 2048 - replace 1 a 8",
	     "raid1 0 5 superblock x replace 1 c 2 a b");
	assert_non_null(strstr(
		json_of(&live, NULL, 0),
		"\"replace\":{\"slot\":1,\"device\":\"c\",\"health\":\"a\",\"copied_bytes\":4096}}"));
}

static void superblocks_tell_more(void **state)
{
	static struct live live;

	fill(&live, "raid1 2 A- 9000/9000 idle 0 2048 -",
	     "raid1 0 2 superblock x 2 a -");
	strcpy(live.uuid, "x");
	assert_non_null(strstr(json_of(&live, NULL, 0),
			       "\"log\":null,\"ppl\":null"));
	live.known = true;
	live.truth.log_offset = 24;
	memset(live.truth.table[1].uuid, 0x11, 16);
	assert_non_null(strstr(json_of(&live, NULL, 0),
			       "\"log\":true,\"ppl\":false"));
	assert_non_null(strstr(
		json_of(&live, NULL, 0),
		"{\"slot\":1,\"device\":null,\"health\":\"-\",\"failed\":false,\"uuid\":\"11111111-1111-1111-1111-111111111111\"}"));
	assert_non_null(strstr(json_of(&live, NULL, 0),
			       "\"progress\":null,\"rate_bytes_per_second\":null,\"eta_seconds\":null"));
	strcpy(live.line.word[live.line.nr_words++], "no_log");
	assert_non_null(strstr(json_of(&live, NULL, 0),
			       "\"log\":false,\"ppl\":false"));
}

static void health_is_one_word(void **state)
{
	struct progress_sample a = sample(0, "raid1 2 AA 9/9 check 5");

	assert_string_equal(report_health(&a.status), "ok");
	a = sample(0, "raid1 2 Aa 9/9 recover 0");
	assert_string_equal(report_health(&a.status), "degraded");
	a = sample(0, "raid1 2 A- 9/9 idle 0");
	assert_string_equal(report_health(&a.status), "degraded");
	a = sample(0, "raid0 2 AD 9/9 idle 0");
	assert_string_equal(report_health(&a.status), "failed");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rate_comes_from_two_looks),
		cmocka_unit_test(what_cannot_be_told_is_not),
		cmocka_unit_test(json_has_its_form),
		cmocka_unit_test(superblocks_tell_more),
		cmocka_unit_test(health_is_one_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
