// SPDX-License-Identifier: GPL-2.0-only
/*
 * The words of braid-raid's table line: what is taken, what is refused and at
 * which word, and random words, which must do no harm.
 */
#include <kunit/test.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "raid-args.h"

#define WORDS_MAX	80

struct line {
	char buffer[512];
	char *argv[WORDS_MAX];
	unsigned int argc;
};

static void split(struct line *line, const char *text)
{
	char *rest = line->buffer, *word;

	strscpy(line->buffer, text, sizeof(line->buffer));
	line->argc = 0;
	while ((word = strsep(&rest, " ")) && line->argc < WORDS_MAX) {
		if (*word)
			line->argv[line->argc++] = word;
	}
}

static int parse(const char *text, sector_t len, struct raid_args *args,
		 struct line *line, struct raid_complaint *complaint)
{
	split(line, text);
	memset(complaint, 0, sizeof(*complaint));
	return raid_args_parse(args, line->argc, line->argv, len, complaint);
}

struct bench {
	struct raid_args args;
	struct raid_complaint complaint;
	struct line line;
};

static int raid_args_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct bench), GFP_KERNEL);
	return test->priv ? 0 : -ENOMEM;
}

#define UUID	"01234567-89ab-CDEF-8000-0123456789ab"

static void good_lines(struct kunit *test)
{
	struct bench *b = test->priv;
	struct raid_args *args = &b->args;

	KUNIT_ASSERT_EQ(test, 0, parse("raid0 128 0 3 a b c", 384, args,
				       &b->line, &b->complaint));
	KUNIT_EXPECT_EQ(test, args->level, RAID_LEVEL_0);
	KUNIT_EXPECT_EQ(test, args->chunk, 128U);
	KUNIT_EXPECT_EQ(test, args->members, 3U);
	KUNIT_EXPECT_STREQ(test, args->path[2], "c");
	KUNIT_EXPECT_TRUE(test, bitmap_empty(args->failed, 64));

	KUNIT_ASSERT_EQ(test, 0, parse("raid1 0 4 failed 1 failed 3 4 a b - d",
				       7, args, &b->line, &b->complaint));
	KUNIT_EXPECT_EQ(test, args->level, RAID_LEVEL_1);
	KUNIT_EXPECT_EQ(test, args->chunk, 0U);
	KUNIT_EXPECT_PTR_EQ(test, args->path[2], NULL);
	KUNIT_EXPECT_EQ(test, args->failed[0], 0xaUL);
	KUNIT_EXPECT_FALSE(test, args->superblock);

	KUNIT_ASSERT_EQ(test, 0, parse("raid1 0 4 failed 1 superblock " UUID " 2 a b",
				       7, args, &b->line, &b->complaint));
	KUNIT_EXPECT_EQ(test, args->failed[0], 0x2UL);
	KUNIT_EXPECT_TRUE(test, args->superblock);

	KUNIT_ASSERT_EQ(test, 0, parse("raid1 0 11 superblock " UUID
				       " no_log readd 0 rebuild 2 min_recovery_rate 7 max_recovery_rate 8 3 a b c",
				       8, args, &b->line, &b->complaint));
	KUNIT_EXPECT_EQ(test, args->rebuild[0], 0x4UL);
	KUNIT_EXPECT_EQ(test, args->readd[0], 0x1UL);
	KUNIT_EXPECT_TRUE(test, args->no_log);
	KUNIT_EXPECT_EQ(test, args->rate_min, 7U);
	KUNIT_EXPECT_EQ(test, args->rate_max, 8U);
	KUNIT_EXPECT_EQ(test, args->uuid.b[0], 0x01);
	KUNIT_EXPECT_EQ(test, args->uuid.b[6], 0xcd);
	KUNIT_EXPECT_EQ(test, args->uuid.b[15], 0xab);

	KUNIT_EXPECT_FALSE(test, args->stable_pages);
	KUNIT_ASSERT_EQ(test, 0, parse("raid5_ra 8 3 stable_pages failed 2 4 a b c d", 48,
				       args, &b->line, &b->complaint));
	KUNIT_EXPECT_TRUE(test, args->stable_pages);
	KUNIT_EXPECT_EQ(test, args->level, RAID_LEVEL_5);
	KUNIT_EXPECT_EQ(test, args->algorithm, RAID5_RIGHT_ASYMMETRIC);
	KUNIT_EXPECT_EQ(test, args->failed[0], 4UL);
	KUNIT_EXPECT_FALSE(test, args->no_ppl);
	KUNIT_ASSERT_EQ(test, 0, parse("raid5 8 3 failed 2 no_ppl 4 a b c d",
				       48, args, &b->line, &b->complaint));
	KUNIT_EXPECT_TRUE(test, args->no_ppl);
	KUNIT_ASSERT_EQ(test, 0, parse("raid5 2048 0 3 a - b", 8192, args,
				       &b->line, &b->complaint));
	KUNIT_EXPECT_STREQ(test, "raid5_ls",
			   raid_args_type_name(args->level, args->algorithm));
	KUNIT_EXPECT_EQ(test, 0, parse("raid0 8 0 1 a", 8, args, &b->line,
				       &b->complaint));
	KUNIT_EXPECT_EQ(test, 0, parse("raid1 2048 0 8 a b c d e f g h", 1,
				       args, &b->line, &b->complaint));
}

static const struct {
	const char *text;
	unsigned int position;
	const char *error;
} bad[] = {
	{ "", 1, "level" },
	{ "raid", 1, "level" },
	{ "raid1", 2, "number of sectors" },
	{ "raid1 -8", 2, "number of sectors" },
	{ "raid1 4", 2, "8 to 2048" },
	{ "raid0 0", 2, "8 to 2048" },
	{ "raid0 2049", 2, "8 to 2048" },
	{ "raid0 4294967296", 2, "number of sectors" },
	{ "raid0 96", 2, "power of two" },
	{ "raid0 8", 3, "number of feature words" },
	{ "raid0 8 1", 3, "fewer feature words" },
	{ "raid0 8 4294967295 a", 3, "fewer feature words" },
	{ "raid0 8 1 x 2 a b", 4, "unknown feature" },
	{ "raid1 8 1 failed 2 a b", 5, "needs the number" },
	{ "raid1 8 2 failed x 2 a b", 5, "needs the number" },
	{ "raid1 8 2 failed 8 2 a b", 5, "isn't there" },
	{ "raid1 8 2 failed 2 2 a b", 8, "isn't there" },
	{ "raid0 8 2 failed 0 2 a b", 5, "raid0 can't leave" },
	{ "raid1 8 1 superblock 2 a b", 5, "needs the array's UUID" },
	{ "raid1 8 1 no_ppl 2 a b", 4, "only raid5 has a partial parity log" },
	{ "raid1 8 2 superblock " UUID "0 2 a b", 5, "needs the array's UUID" },
	{ "raid1 8 2 superblock - 2 a b", 5, "needs the array's UUID" },
	{ "raid1 8 4 superblock " UUID " superblock " UUID " 2 a b", 7,
	  "given twice" },
	{ "raid1 8 3 superblock " UUID " failed 2 a b", 7, "needs the number" },
	{ "raid1 8 0", 4, "number of devices" },
	{ "raid1 8 0 1 a", 4, "2 to 8" },
	{ "raid1 8 0 9 a b c d e f g h i", 4, "2 to 8" },
	{ "raid0 8 0 65", 4, "1 to 64" },
	{ "raid0 8 0 2 a", 6, "fewer devices" },
	{ "raid0 8 0 2 a b c", 7, "more devices" },
	{ "raid0 8 0 2 - b", 5, "can't do without" },
	{ "raid1 8 0 2 - -", 6, "at least one" },
	{ "raid1 8 4 failed 0 failed 1 2 a b", 10, "at least one" },
	{ "raid1 8 2 rebuild 1 2 a b", 8, "needs the feature superblock" },
	{ "raid1 8 2 readd 1 2 a b", 8, "needs the feature superblock" },
	{ "raid1 8 3 superblock " UUID " rebuild 2 a b", 7, "needs the number" },
	{ "raid0 8 4 superblock " UUID " rebuild 0 2 a b", 7, "nothing to rebuild" },
	{ "raid1 8 4 superblock " UUID " rebuild 8 2 a b", 7, "isn't there" },
	{ "raid1 8 4 superblock " UUID " rebuild 2 2 a b", 10, "isn't there" },
	{ "raid1 8 4 superblock " UUID " readd 1 2 a -", 10, "no device" },
	{ "raid1 8 6 superblock " UUID " failed 1 rebuild 1 2 a b", 12, "no device" },
	{ "raid1 8 6 superblock " UUID " rebuild 0 readd 1 2 a b", 12, "at least one" },
	{ "raid1 8 3 replace 1 c 2 a b", 9, "needs the feature superblock" },
	{ "raid1 8 2 replaced 1 2 a b", 8, "needs the feature superblock" },
	{ "raid1 8 4 superblock " UUID " replace 1 2 a b", 8, "a slot and a device" },
	{ "raid1 8 5 superblock " UUID " replace c 1 2 a b", 7, "needs the number" },
	{ "raid0 8 5 superblock " UUID " replace 1 c 2 a b", 7, "can't replace" },
	{ "raid1 8 5 superblock " UUID " replace 2 c 2 a b", 11, "no device to be replaced" },
	{ "raid1 8 5 superblock " UUID " replace 1 c 2 a -", 11, "no device to be replaced" },
	{ "raid1 8 7 superblock " UUID " replace 1 c rebuild 1 2 a b", 13, "that failed, or" },
	{ "raid1 8 7 superblock " UUID " replace 1 c failed 1 2 a b", 13, "that failed, or" },
	{ "raid1 8 8 superblock " UUID " replace 1 c replace 0 d 2 a b", 9, "one device" },
	{ "raid1 8 7 superblock " UUID " replace 1 c replaced 1 2 a b", 13, "both replace" },
	{ "raid1 8 1 grow 2 a b", 7, "needs the feature superblock" },
	{ "raid1 8 3 superblock " UUID " grow 2 a -", 9, "lacks a device" },
	{ "raid1 8 5 superblock " UUID " grow failed 0 2 a b", 11, "lacks a device" },
	{ "raid1 8 5 superblock " UUID " rebuild 0 grow 2 a b", 11, "lacks a device" },
	{ "raid1 8 6 superblock " UUID " grow replace 0 c 2 a b", 12, "while a device" },
	{ "raid1 8 2 max_recovery_rate 0 2 a b", 5, "must not be 0" },
	{ "raid1 8 2 min_recovery_rate x 2 a b", 5, "a number of KiB/s" },
	{ "raid1 8 2 failed 0 2 - b", 8, "both" },
	{ "raid0 8 0 3 a b c", 7, "multiple" },
	{ "raid1 8 1 stable_pages 2 a b", 4, "is for raid5" },
	{ "raid5_n", 1, "level" },
	{ "raid5 0", 2, "8 to 2048" },
	{ "raid5 8 0 2 a b", 4, "3 to 16" },
	{ "raid5 8 0 17 a", 4, "3 to 16" },
	{ "raid5 8 2 failed 3 3 a b c", 9, "isn't there" },
	{ "raid5 8 0 3 a - -", 7, "without two" },
	{ "raid5 8 2 failed 0 3 a - b", 9, "without two" },
	{ "raid5 16 0 3 a b c", 7, "less one" },
};

static void bad_lines(struct kunit *test)
{
	struct bench *b = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		KUNIT_EXPECT_EQ_MSG(test, -EINVAL,
				    parse(bad[i].text, 1000, &b->args,
					  &b->line, &b->complaint),
				    "'%s'", bad[i].text);
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, b->complaint.error);
		KUNIT_EXPECT_TRUE_MSG(test,
				      strstr(b->complaint.error, bad[i].error),
				      "'%s': %s", bad[i].text,
				      b->complaint.error);
		KUNIT_EXPECT_EQ_MSG(test, b->complaint.position,
				    bad[i].position, "'%s'", bad[i].text);
	}
}

/* What is taken obeys the limits; what is refused is refused with words. */
static void random_lines(struct kunit *test)
{
	static const char *const words[] = {
		"raid0", "raid1", "raid5", "0", "1", "2", "3", "8", "128", "failed",
		"superblock", UUID, "rebuild", "readd", "replace", "replaced", "grow", "no_log", "no_ppl", "max_recovery_rate", "stable_pages", "-", "a", "b", "c",
		"4294967295", "18446744073709551616", "",
	};
	struct bench *b = test->priv;
	struct rnd_state rnd;
	int round, i, r;

	prandom_seed_state(&rnd, 6);
	for (round = 0; round < 200000; round++) {
		b->line.argc = prandom_u32_state(&rnd) % 12;
		for (i = 0; i < b->line.argc; i++)
			b->line.argv[i] = (char *)words[prandom_u32_state(&rnd) %
							ARRAY_SIZE(words)];
		memset(&b->complaint, 0, sizeof(b->complaint));
		r = raid_args_parse(&b->args, b->line.argc, b->line.argv, 768,
				    &b->complaint);
		if (r) {
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, b->complaint.error);
			KUNIT_ASSERT_NOT_ERR_OR_NULL(test, b->complaint.word);
			continue;
		}
		KUNIT_ASSERT_GE(test, b->args.members, 1U);
		KUNIT_ASSERT_LE(test, b->args.members,
				BRAID_RAID0_MEMBERS_MAX);
		KUNIT_ASSERT_LE(test, b->args.chunk, BRAID_CHUNK_SECTORS_MAX);
	}
}

static struct kunit_case raid_args_cases[] = {
	KUNIT_CASE(good_lines),
	KUNIT_CASE(bad_lines),
	KUNIT_CASE(random_lines),
	{}
};

static struct kunit_suite raid_args_suite = {
	.name = "braid-raid-args",
	.init = raid_args_init,
	.test_cases = raid_args_cases,
};

kunit_test_suite(raid_args_suite);

MODULE_LICENSE("GPL");
