// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dm/raid-line.h"
#include "dm/scan.h"

static bool words_parse(struct dm_scan *scan, struct raid_line *line)
{
	unsigned int i;

	if (!dm_scan_u32(scan, &line->nr_words) ||
	    line->nr_words > RAID_LINE_WORDS_MAX)
		return false;
	for (i = 0; i < line->nr_words; i++)
		if (!dm_scan_copy(scan, line->word[i], sizeof(line->word[i])))
			return false;
	return true;
}

static bool members_parse(struct dm_scan *scan, struct raid_line *line)
{
	unsigned int i;

	if (!dm_scan_u32(scan, &line->nr_members) || !line->nr_members ||
	    line->nr_members > DM_RAID_MEMBERS_MAX)
		return false;
	for (i = 0; i < line->nr_members; i++)
		if (!dm_scan_copy(scan, line->member[i],
				  sizeof(line->member[i])))
			return false;
	return dm_scan_end(scan);
}

int raid_line_parse(const char *text, struct raid_line *line)
{
	struct dm_scan scan = { text };

	memset(line, 0, sizeof(*line));
	if (!dm_scan_copy(&scan, line->level, sizeof(line->level)) ||
	    !dm_scan_copy(&scan, line->chunk, sizeof(line->chunk)) ||
	    !words_parse(&scan, line) || !members_parse(&scan, line))
		return -EINVAL;
	return 0;
}

int raid_line_format(const struct raid_line *line, char *text, size_t size)
{
	FILE *out = fmemopen(text, size, "w");
	unsigned int i;
	int r;

	if (!out)
		return -EINVAL;
	fprintf(out, "%s %s %u", line->level, line->chunk, line->nr_words);
	for (i = 0; i < line->nr_words; i++)
		fprintf(out, " %s", line->word[i]);
	fprintf(out, " %u", line->nr_members);
	for (i = 0; i < line->nr_members; i++)
		fprintf(out, " %s", line->member[i]);
	fputc('\0', out);
	r = ferror(out);
	return fclose(out) || r ? -ENAMETOOLONG : 0;
}

/* Where "<feature> <slot>" begins; nr_words if it isn't there. */
static unsigned int find(const struct raid_line *line, const char *feature,
			 unsigned int slot)
{
	char number[16];
	unsigned int i;

	snprintf(number, sizeof(number), "%u", slot);
	for (i = 0; i + 1 < line->nr_words; i++)
		if (!strcmp(line->word[i], feature) &&
		    !strcmp(line->word[i + 1], number))
			return i;
	return line->nr_words;
}

bool raid_line_has(const struct raid_line *line, const char *feature,
		   unsigned int slot)
{
	return find(line, feature, slot) < line->nr_words;
}

static void drop_words(struct raid_line *line, const char *feature,
		       unsigned int slot, unsigned int words)
{
	unsigned int at = find(line, feature, slot);

	if (at + words > line->nr_words)
		return;
	memmove(line->word[at], line->word[at + words],
		(line->nr_words - at - words) * sizeof(line->word[0]));
	line->nr_words -= words;
}

static void drop(struct raid_line *line, const char *feature, unsigned int slot)
{
	drop_words(line, feature, slot, 2);
}

int raid_line_add_word(struct raid_line *line, const char *word)
{
	if (line->nr_words == RAID_LINE_WORDS_MAX ||
	    strlen(word) >= RAID_LINE_WORD_SIZE)
		return -ENOSPC;
	strcpy(line->word[line->nr_words++], word);
	return 0;
}

int raid_line_add(struct raid_line *line, const char *feature,
		  unsigned int slot)
{
	if (line->nr_words + 2 > RAID_LINE_WORDS_MAX)
		return -ENOSPC;
	snprintf(line->word[line->nr_words++], RAID_LINE_WORD_SIZE, "%s",
		 feature);
	snprintf(line->word[line->nr_words++], RAID_LINE_WORD_SIZE, "%u", slot);
	return 0;
}

int raid_line_add_twin(struct raid_line *line, unsigned int slot,
		       const char *device)
{
	if (line->nr_words + 3 > RAID_LINE_WORDS_MAX ||
	    strlen(device) >= RAID_LINE_WORD_SIZE)
		return -ENOSPC;
	raid_line_add(line, "replace", slot);
	strcpy(line->word[line->nr_words++], device);
	return 0;
}

void raid_line_drop_twin(struct raid_line *line, unsigned int slot)
{
	drop_words(line, "replace", slot, 3);
}

const char *raid_line_twin(const struct raid_line *line, unsigned int slot)
{
	unsigned int at = find(line, "replace", slot);

	return at + 2 < line->nr_words ? line->word[at + 2] : NULL;
}

int raid_line_set(struct raid_line *line, unsigned int slot, const char *path)
{
	if (slot >= line->nr_members || !*path ||
	    path[strcspn(path, " \t\r\n\\")] ||
	    strlen(path) >= sizeof(line->member[slot]))
		return -EINVAL;
	drop(line, "failed", slot);
	drop(line, "rebuild", slot);
	drop(line, "readd", slot);
	drop(line, "replaced", slot);
	raid_line_drop_twin(line, slot);
	strcpy(line->member[slot], path);
	return 0;
}
