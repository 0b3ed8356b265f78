// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table line of braid-raid, as words; see the header.
 *
 *	<level> <chunk_sectors> <#features> [<feature>...] <#devs> <dev|->...
 */
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/math64.h>
#include <linux/string.h>

#include "raid-args.h"

/* What differs between the levels as far as the words go. */
static const struct {
	unsigned int members_min;
	unsigned int members_max;
	bool redundant;
	const char *members_error;
} levels[] = {
	[RAID_LEVEL_0] = { 1, BRAID_RAID0_MEMBERS_MAX, false,
			   "raid0 takes 1 to 64 devices" },
	[RAID_LEVEL_1] = { 2, BRAID_RAID1_MEMBERS_MAX, true,
			   "raid1 takes 2 to 8 devices" },
	[RAID_LEVEL_5] = { 3, BRAID_RAID5_MEMBERS_MAX, true,
			   "raid5 takes 3 to 16 devices" },
};

/* The words for levels. Of two for the same thing the first is shown. */
static const struct {
	const char *name;
	enum raid_level_id level;
	enum raid5_algorithm algorithm;
} types[] = {
	{ "raid0", RAID_LEVEL_0 },
	{ "raid1", RAID_LEVEL_1 },
	{ "raid5_ls", RAID_LEVEL_5, RAID5_LEFT_SYMMETRIC },
	{ "raid5_la", RAID_LEVEL_5, RAID5_LEFT_ASYMMETRIC },
	{ "raid5_rs", RAID_LEVEL_5, RAID5_RIGHT_SYMMETRIC },
	{ "raid5_ra", RAID_LEVEL_5, RAID5_RIGHT_ASYMMETRIC },
	{ "raid5", RAID_LEVEL_5, RAID5_LEFT_SYMMETRIC },
};

/* The words that are left, and where they are in the line. */
struct words {
	char **argv;
	unsigned int argc;
	unsigned int at;
	struct raid_complaint *complaint;
};

/* Complains about the word that was taken last. */
static int complain(struct words *words, const char *error)
{
	unsigned int last = words->at ? words->at - 1 : 0;

	words->complaint->error = error;
	words->complaint->word = last < words->argc ? words->argv[last] : "";
	words->complaint->position = last + 1;
	return -EINVAL;
}

/* Beyond the end of the line this gives the empty word. */
static const char *take(struct words *words)
{
	unsigned int at = words->at++;

	return at < words->argc ? words->argv[at] : "";
}

static int take_number(struct words *words, unsigned int *number,
		       const char *error)
{
	return kstrtouint(take(words), 10, number) ? complain(words, error) : 0;
}

static int parse_level(struct raid_args *args, struct words *words)
{
	const char *word = take(words);
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (!strcmp(word, types[i].name)) {
			args->level = types[i].level;
			args->algorithm = types[i].algorithm;
			return 0;
		}
	}
	return complain(words,
			"the RAID level must be raid0, raid1, raid5 or raid5_ls, _la, _rs, _ra");
}

static int parse_chunk(struct raid_args *args, struct words *words)
{
	int r;

	r = take_number(words, &args->chunk,
			"the chunk size must be a number of sectors");
	if (r)
		return r;
	if (!args->chunk && args->level == RAID_LEVEL_1)
		return 0;
	if (args->chunk < BRAID_CHUNK_SECTORS_MIN ||
	    args->chunk > BRAID_CHUNK_SECTORS_MAX)
		return complain(words,
				"the chunk size must be 8 to 2048 sectors");
	if (!is_power_of_2(args->chunk))
		return complain(words, "the chunk size must be a power of two");
	return 0;
}

/* "failed <slot>"; whether there is such a slot is known later. */
static int parse_failed(struct raid_args *args, struct words *words)
{
	unsigned int slot;
	int r;

	r = take_number(words, &slot,
			"the feature failed needs the number of a slot");
	if (r)
		return r;
	if (!levels[args->level].redundant)
		return complain(words,
				"raid0 can't leave a failed device out");
	if (slot >= levels[args->level].members_max)
		return complain(words,
				"the feature failed names a slot that isn't there");
	__set_bit(slot, args->failed);
	return 0;
}

/* The slot of a member that is to be rebuilt. */
static int parse_refilled(struct raid_args *args, struct words *words,
			  const char *error, unsigned long *slots)
{
	unsigned int slot;
	int r = take_number(words, &slot, error);

	if (r)
		return r;
	if (!levels[args->level].redundant)
		return complain(words, "raid0 has nothing to rebuild from");
	if (slot >= levels[args->level].members_max)
		return complain(words,
				"a slot that isn't there can't be rebuilt");
	__set_bit(slot, slots);
	return 0;
}

/* "rebuild <slot>" */
static int parse_rebuild(struct raid_args *args, struct words *words)
{
	return parse_refilled(args, words,
			      "the feature rebuild needs the number of a slot",
			      args->rebuild);
}

/* "readd <slot>" */
static int parse_readd(struct raid_args *args, struct words *words)
{
	return parse_refilled(args, words,
			      "the feature readd needs the number of a slot",
			      args->readd);
}

/* "replaced <slot>" */
static int parse_replaced(struct raid_args *args, struct words *words)
{
	return parse_refilled(args, words,
			      "the feature replaced needs the number of a slot",
			      args->replaced);
}

/* "replace <slot> <dev>" */
static int parse_replace(struct raid_args *args, struct words *words)
{
	int r;

	if (args->twin)
		return complain(words,
				"one device can be replaced at a time");
	r = take_number(words, &args->twin_of,
			"the feature replace needs the number of a slot");
	if (r)
		return r;
	if (!levels[args->level].redundant)
		return complain(words, "raid0 can't replace a device");
	args->twin = take(words);
	return 0;
}

/* "min_recovery_rate <KiB/s>", "max_recovery_rate <KiB/s>" */
static int parse_rate(struct words *words, u32 *rate)
{
	int r = take_number(words, rate, "a rate must be a number of KiB/s");

	if (r)
		return r;
	return *rate ? 0 : complain(words, "a rate must not be 0");
}

static int parse_rate_min(struct raid_args *args, struct words *words)
{
	return parse_rate(words, &args->rate_min);
}

static int parse_rate_max(struct raid_args *args, struct words *words)
{
	return parse_rate(words, &args->rate_max);
}

/* "superblock <uuid>" */
static int parse_superblock(struct raid_args *args, struct words *words)
{
	const char *word = take(words);

	if (args->superblock)
		return complain(words,
				"the feature superblock is given twice");
	if (strlen(word) != UUID_STRING_LEN || uuid_parse(word, &args->uuid))
		return complain(words,
				"the feature superblock needs the array's UUID");
	args->superblock = true;
	return 0;
}

/* "grow" */
static int parse_grow(struct raid_args *args, struct words *words)
{
	args->grow = true;
	return 0;
}

/* "no_log" */
static int parse_no_log(struct raid_args *args, struct words *words)
{
	args->no_log = true;
	return 0;
}

/* "stable_pages" */
static int parse_stable_pages(struct raid_args *args, struct words *words)
{
	if (args->level != RAID_LEVEL_5)
		return complain(words,
				"stable_pages is for raid5: no other level copies what is written");
	args->stable_pages = true;
	return 0;
}

/* "no_ppl" */
static int parse_no_ppl(struct raid_args *args, struct words *words)
{
	if (args->level != RAID_LEVEL_5)
		return complain(words,
				"only raid5 has a partial parity log to do without");
	args->no_ppl = true;
	return 0;
}

/* Those that need nothing are a word by themselves. */
static const struct {
	const char *name;
	int (*parse)(struct raid_args *args, struct words *words);
	const char *needs;
} features[] = {
	{ "failed", parse_failed,
	  "the feature failed needs the number of a slot" },
	{ "superblock", parse_superblock,
	  "the feature superblock needs the array's UUID" },
	{ "rebuild", parse_rebuild,
	  "the feature rebuild needs the number of a slot" },
	{ "readd", parse_readd,
	  "the feature readd needs the number of a slot" },
	{ "replace", parse_replace,
	  "the feature replace needs the number of a slot" },
	{ "replaced", parse_replaced,
	  "the feature replaced needs the number of a slot" },
	{ "grow", parse_grow, NULL },
	{ "no_log", parse_no_log, NULL },
	{ "no_ppl", parse_no_ppl, NULL },
	{ "min_recovery_rate", parse_rate_min,
	  "a rate must be a number of KiB/s" },
	{ "max_recovery_rate", parse_rate_max,
	  "a rate must be a number of KiB/s" },
	{ "stable_pages", parse_stable_pages, NULL },
};

/* One feature and its word, if it needs one, which must be within the words announced. */
static int parse_feature(struct raid_args *args, struct words *words,
			 unsigned int end)
{
	const char *word = take(words);
	int i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		if (strcmp(word, features[i].name))
			continue;
		if (words->at < end || !features[i].needs)
			return features[i].parse(args, words);
		take(words);
		return complain(words, features[i].needs);
	}
	return complain(words,
			"unknown feature: failed, superblock, rebuild, readd, replace, replaced, grow, no_log, no_ppl, min_recovery_rate, max_recovery_rate and stable_pages are known");
}

static int parse_features(struct raid_args *args, struct words *words)
{
	unsigned int count, end;
	int r;

	r = take_number(words, &count,
			"the number of feature words must be a number");
	if (r)
		return r;
	if (count > words->argc || words->at + count > words->argc)
		return complain(words,
				"fewer feature words are given than announced");
	end = words->at + count;
	while (words->at < end) {
		r = parse_feature(args, words, end);
		if (r)
			return r;
		if (words->at > end)
			return complain(words,
					"the feature replace needs a slot and a device");
	}
	return 0;
}

static int parse_members(struct raid_args *args, struct words *words)
{
	unsigned int slot;
	const char *word;
	int r;

	r = take_number(words, &args->members,
			"the number of devices must be a number");
	if (r)
		return r;
	if (args->members < levels[args->level].members_min ||
	    args->members > levels[args->level].members_max)
		return complain(words, levels[args->level].members_error);
	for (slot = 0; slot < args->members; slot++) {
		word = take(words);
		if (words->at > words->argc)
			return complain(words,
					"fewer devices are given than announced");
		args->path[slot] = strcmp(word, "-") ? word : NULL;
		if (!args->path[slot] && !levels[args->level].redundant)
			return complain(words,
					"raid0 can't do without a device: - is for raid1 and raid5");
	}
	if (words->at == words->argc)
		return 0;
	take(words);
	return complain(words, "more devices are given than announced");
}

static int check_refilled(struct raid_args *args, struct words *words,
			  const unsigned long *slots)
{
	unsigned int slot;

	if (!bitmap_empty(slots, BRAID_RAID0_MEMBERS_MAX) && !args->superblock)
		return complain(words,
				"to rebuild a slot needs the feature superblock");
	for_each_set_bit(slot, slots, BRAID_RAID0_MEMBERS_MAX) {
		if (slot >= args->members)
			return complain(words,
					"a slot that isn't there can't be rebuilt");
		if (!args->path[slot] || test_bit(slot, args->failed))
			return complain(words,
					"there is no device to rebuild in that slot");
	}
	return 0;
}

/* Only what is whole can be copied, or was. */
static int check_replaced(struct raid_args *args, struct words *words,
			  unsigned int slot, const unsigned long *refilled)
{
	if (!args->superblock)
		return complain(words,
				"to replace a device needs the feature superblock");
	if (slot >= args->members || !args->path[slot])
		return complain(words,
				"there is no device to be replaced in that slot");
	if (test_bit(slot, args->failed) || test_bit(slot, refilled))
		return complain(words,
				"a device that failed, or is to be rebuilt, can't be replaced");
	return 0;
}

static int check_twin(struct raid_args *args, struct words *words,
		      const unsigned long *refilled)
{
	unsigned int slot;
	int r = 0;

	if (args->twin)
		r = check_replaced(args, words, args->twin_of, refilled);
	for_each_set_bit(slot, args->replaced, BRAID_RAID0_MEMBERS_MAX) {
		if (!r)
			r = check_replaced(args, words, slot, refilled);
	}
	if (r || !args->twin || !test_bit(args->twin_of, args->replaced))
		return r;
	return complain(words, "a slot can't be both replace and replaced");
}

/* All of the members have to get longer. */
static int check_grow(struct raid_args *args, struct words *words)
{
	unsigned int slot;

	if (!args->grow)
		return 0;
	if (!args->superblock)
		return complain(words,
				"to grow needs the feature superblock");
	for (slot = 0; slot < args->members; slot++) {
		if (!args->path[slot] || test_bit(slot, args->failed) ||
		    test_bit(slot, args->rebuild) ||
		    test_bit(slot, args->readd))
			return complain(words,
					"an array that lacks a device can't grow");
	}
	return args->twin ? complain(words,
				     "an array can't grow while a device is replaced") : 0;
}

/* How many devices can be used, and how many must be. */
static int check_usable(struct raid_args *args, struct words *words)
{
	DECLARE_BITMAP(refilled, BRAID_RAID0_MEMBERS_MAX);
	unsigned int slot, usable = 0;
	int r;

	bitmap_or(refilled, args->rebuild, args->readd,
		  BRAID_RAID0_MEMBERS_MAX);
	r = check_refilled(args, words, refilled);
	if (!r)
		r = check_twin(args, words, refilled);
	if (r)
		return r;
	for (slot = 0; slot < args->members; slot++) {
		if (args->path[slot] && !test_bit(slot, args->failed) &&
		    !test_bit(slot, refilled))
			usable++;
		if (!args->path[slot] && test_bit(slot, args->failed))
			return complain(words,
					"a slot can't be both - and failed");
	}
	if (!usable)
		return complain(words,
				"at least one device must be there and neither failed nor to be rebuilt");
	if (args->level == RAID_LEVEL_5 && usable < args->members - 1)
		return complain(words,
				"raid5 can do without one device, but not without two");
	return 0;
}

static int check_length(struct raid_args *args, sector_t len,
			struct words *words)
{
	unsigned int disks = args->members;
	u64 rest;

	if (args->level == RAID_LEVEL_1)
		return 0;
	if (args->level == RAID_LEVEL_5)
		disks--;
	div64_u64_rem(len, (u64)args->chunk * disks, &rest);
	if (!rest)
		return 0;
	if (args->level == RAID_LEVEL_5)
		return complain(words,
				"the length of raid5 must be a multiple of chunk size times devices less one");
	return complain(words,
			"the length of raid0 must be a multiple of chunk size times devices");
}

/* What can be said only once all words are known. */
static int check_whole(struct raid_args *args, sector_t len,
		       struct words *words)
{
	int r;

	if (find_last_bit(args->failed, BRAID_RAID0_MEMBERS_MAX) <
	    BRAID_RAID0_MEMBERS_MAX &&
	    find_last_bit(args->failed, BRAID_RAID0_MEMBERS_MAX) >=
	    args->members)
		return complain(words,
				"the feature failed names a slot that isn't there");
	r = check_usable(args, words);
	if (!r)
		r = check_grow(args, words);
	return r ? r : check_length(args, len, words);
}

/**
 * raid_args_parse() - read a table line
 * @args: filled in; only meaningful on success
 * @argc: number of words
 * @argv: the words; @args keeps pointers to some of them
 * @len: length of the target in sectors
 * @complaint: filled in on failure
 *
 * Return: 0, or -EINVAL with a complaint.
 */
int raid_args_parse(struct raid_args *args, unsigned int argc, char **argv,
		    sector_t len, struct raid_complaint *complaint)
{
	struct words words = {
		.argv = argv,
		.argc = argc,
		.complaint = complaint,
	};
	int r;

	memset(args, 0, sizeof(*args));
	r = parse_level(args, &words);
	if (!r)
		r = parse_chunk(args, &words);
	if (!r)
		r = parse_features(args, &words);
	if (!r)
		r = parse_members(args, &words);
	if (!r)
		r = check_whole(args, len, &words);
	return r;
}

/**
 * raid_args_type_name() - the word for a level
 * @level: the level
 * @algorithm: for raid5, how data and parity are dealt to the members
 *
 * Return: the word, as in the table line.
 */
const char *raid_args_type_name(enum raid_level_id level,
				enum raid5_algorithm algorithm)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		if (types[i].level == level && types[i].algorithm == algorithm)
			return types[i].name;
	}
	return "";
}
