/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table line of a braid-raid array as words, to change one slot of it and
 * leave all else as the kernel printed it: features that are newer than this
 * program are kept. (pure)
 *
 *	<level> <chunk_sectors> <#features> [<feature>...] <#devs> <dev|->...
 */
#ifndef DM_RAID_LINE_H
#define DM_RAID_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "dm/raid.h"

#define RAID_LINE_WORDS_MAX 384
#define RAID_LINE_WORD_SIZE 64

struct raid_line {
	char level[RAID_LINE_WORD_SIZE], chunk[RAID_LINE_WORD_SIZE];
	unsigned int nr_words; /* of features and their values */
	char word[RAID_LINE_WORDS_MAX][RAID_LINE_WORD_SIZE];
	unsigned int nr_members;
	char member[DM_RAID_MEMBERS_MAX][DM_DEV_PATH_SIZE]; /* "-": missing */
};

/* Return: 0 or -EINVAL. */
int raid_line_parse(const char *text, struct raid_line *line);

/* Return: 0, -EINVAL or -ENAMETOOLONG. */
int raid_line_format(const struct raid_line *line, char *text, size_t size);

/* "<feature> <slot>" is in it. */
bool raid_line_has(const struct raid_line *line, const char *feature,
		   unsigned int slot);

/* Add a feature that is one word. Return: 0 or -ENOSPC. */
int raid_line_add_word(struct raid_line *line, const char *word);

/* Add "<feature> <slot>". Return: 0 or -ENOSPC. */
int raid_line_add(struct raid_line *line, const char *feature,
		  unsigned int slot);

/*
 * Add "replace <slot> <device>", or take it away again: then all three words go.
 * Return: 0 or -ENOSPC.
 */
int raid_line_add_twin(struct raid_line *line, unsigned int slot,
		       const char *device);
void raid_line_drop_twin(struct raid_line *line, unsigned int slot);

/* The device that a slot's member is copied to; NULL if there is none. */
const char *raid_line_twin(const struct raid_line *line, unsigned int slot);

/*
 * Put another device into a slot ("-": none). What was said of the slot's
 * device before (failed, rebuild, readd, replace) goes with it.
 */
int raid_line_set(struct raid_line *line, unsigned int slot, const char *path);

#endif
