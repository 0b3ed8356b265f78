// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dm-braid-disk.h"
#include "dm/raid.h"
#include "dm/scan.h"

static const char *const level_names[] = {
	[DM_RAID0] = "raid0",
	[DM_RAID1] = "raid1",
	[DM_RAID5_LS] = "raid5_ls",
	[DM_RAID5_LA] = "raid5_la",
	[DM_RAID5_RS] = "raid5_rs",
	[DM_RAID5_RA] = "raid5_ra",
};

#define LEVELS (sizeof(level_names) / sizeof(level_names[0]))

const char *dm_raid_level_name(enum dm_raid_level level)
{
	return (size_t)level < LEVELS ? level_names[level] : NULL;
}

bool dm_raid_level_of(const char *name, enum dm_raid_level *level)
{
	size_t i;

	for (i = 0; i < LEVELS; i++) {
		if (strcmp(level_names[i], name))
			continue;
		*level = i;
		return true;
	}
	*level = DM_RAID5_LS;
	return !strcmp(name, "raid5");
}

static const uint32_t layouts[] = {
	[DM_RAID5_LS] = BRAID_LAYOUT_LEFT_SYMMETRIC,
	[DM_RAID5_LA] = BRAID_LAYOUT_LEFT_ASYMMETRIC,
	[DM_RAID5_RS] = BRAID_LAYOUT_RIGHT_SYMMETRIC,
	[DM_RAID5_RA] = BRAID_LAYOUT_RIGHT_ASYMMETRIC,
};

uint32_t dm_raid_layout(enum dm_raid_level level)
{
	return dm_raid_is_raid5(level) ? layouts[level] : 0;
}

bool dm_raid_level_of_number(uint32_t number, uint32_t layout,
			     enum dm_raid_level *level)
{
	enum dm_raid_level i;

	*level = number ? DM_RAID1 : DM_RAID0;
	if (number < 2)
		return !layout;
	for (i = DM_RAID5_LS; i <= DM_RAID5_RA; i++) {
		if (number != 5 || layouts[i] != layout)
			continue;
		*level = i;
		return true;
	}
	return false;
}

bool dm_raid_is_raid5(enum dm_raid_level level)
{
	return level >= DM_RAID5_LS && level <= DM_RAID5_RA;
}

unsigned int dm_raid_members_min(enum dm_raid_level level)
{
	return dm_raid_is_raid5(level) ? 3 : 1;
}

unsigned int dm_raid_members_max(enum dm_raid_level level)
{
	if (dm_raid_is_raid5(level))
		return BRAID_RAID5_MEMBERS_MAX;
	return level == DM_RAID1 ? BRAID_RAID1_MEMBERS_MAX :
				   BRAID_RAID0_MEMBERS_MAX;
}

unsigned int dm_raid_missing_max(const struct dm_raid_table *table)
{
	if (dm_raid_is_raid5(table->level))
		return 1;
	return table->level == DM_RAID1 ? table->nr_members - 1 : 0;
}

unsigned int dm_raid_lost(const struct dm_raid_status *status)
{
	unsigned int i, lost = 0;

	for (i = 0; i < status->nr_members; i++)
		lost += status->health[i] != 'A' && status->health[i] != 'a';
	return lost;
}

int dm_raid_spare(const struct dm_raid_status *status)
{
	unsigned int i, whole = 0, needed;

	for (i = 0; i < status->nr_members; i++)
		whole += status->health[i] == 'A';
	if (!strcmp(status->level, level_names[DM_RAID0]))
		needed = status->nr_members;
	else if (!strcmp(status->level, level_names[DM_RAID1]))
		needed = 1;
	else
		needed = status->nr_members - 1;
	return whole < needed ? -1 : (int)(whole - needed);
}

uint64_t dm_raid_sectors(const struct dm_raid_table *table, uint64_t smallest)
{
	if (table->level == DM_RAID1)
		return smallest;
	return smallest / table->chunk_sectors * table->chunk_sectors *
	       (table->nr_members - dm_raid_is_raid5(table->level));
}

static bool shape_ok(const struct dm_raid_table *table)
{
	if (table->nr_members < dm_raid_members_min(table->level) ||
	    table->nr_members > dm_raid_members_max(table->level))
		return false;
	if (!table->chunk_sectors)
		return table->level == DM_RAID1;
	return table->chunk_sectors >= BRAID_CHUNK_SECTORS_MIN &&
	       table->chunk_sectors <= BRAID_CHUNK_SECTORS_MAX &&
	       !(table->chunk_sectors & (table->chunk_sectors - 1));
}

static bool member_ok(const struct dm_raid_table *table, unsigned int slot)
{
	const char *member = table->members[slot];

	if (table->failed[slot] &&
	    (table->level == DM_RAID0 || !strcmp(member, "-")))
		return false;
	return *member && !member[strcspn(member, " \t\r\n\\")];
}

int dm_raid_table_format(const struct dm_raid_table *table, char *line,
			 size_t size)
{
	const char *level = dm_raid_level_name(table->level);
	unsigned int i, words = *table->uuid ? 2 : 0;
	FILE *out;
	int r;

	if (!level || !shape_ok(table))
		return -EINVAL;
	for (i = 0; i < table->nr_members; i++) {
		if (!member_ok(table, i))
			return -EINVAL;
		words += table->failed[i] ? 2 : 0;
	}
	out = fmemopen(line, size, "w");
	if (!out)
		return -errno;
	fprintf(out, "%s %" PRIu32 " %u", level, table->chunk_sectors, words);
	if (*table->uuid)
		fprintf(out, " superblock %s", table->uuid);
	for (i = 0; i < table->nr_members; i++)
		if (table->failed[i])
			fprintf(out, " failed %u", i);
	fprintf(out, " %u", table->nr_members);
	for (i = 0; i < table->nr_members; i++)
		fprintf(out, " %s", table->members[i]);
	fputc('\0', out);
	r = ferror(out);
	return fclose(out) || r ? -ENAMETOOLONG : 0;
}

/* "failed <slot>": there are as many words to come as @left says. */
static bool failed_parse(struct dm_scan *scan, struct dm_raid_table *table,
			 uint32_t *left)
{
	uint32_t slot;

	if (!*left || !dm_scan_u32(scan, &slot) || slot >= DM_RAID_MEMBERS_MAX)
		return false;
	--*left;
	table->failed[slot] = true;
	return true;
}

/* "superblock <uuid>", likewise. */
static bool superblock_parse(struct dm_scan *scan, struct dm_raid_table *table,
			     uint32_t *left)
{
	if (!*left)
		return false;
	--*left;
	return dm_scan_copy(scan, table->uuid, sizeof(table->uuid));
}

static bool is_word(const char *word, size_t length, const char *wanted)
{
	return length == strlen(wanted) && !memcmp(word, wanted, length);
}

/* "<#words> [<word>...]"; words that are newer than this are skipped. */
static bool features_parse(struct dm_scan *scan, struct dm_raid_table *table)
{
	const char *word;
	uint32_t left;
	size_t length;

	if (!dm_scan_u32(scan, &left))
		return false;
	while (left--) {
		if (!dm_scan_word(scan, &word, &length))
			return false;
		if (is_word(word, length, "failed") &&
		    !failed_parse(scan, table, &left))
			return false;
		if (is_word(word, length, "superblock") &&
		    !superblock_parse(scan, table, &left))
			return false;
	}
	return true;
}

static bool members_parse(struct dm_scan *scan, struct dm_raid_table *table)
{
	unsigned int i;

	for (i = 0; i < table->nr_members; i++)
		if (!dm_scan_copy(scan, table->members[i],
				  sizeof(table->members[i])) ||
		    !member_ok(table, i))
			return false;
	for (; i < DM_RAID_MEMBERS_MAX; i++)
		if (table->failed[i])
			return false;
	return dm_scan_end(scan);
}

int dm_raid_table_parse(const char *line, struct dm_raid_table *table)
{
	struct dm_scan scan = { line };
	char level[16];

	memset(table, 0, sizeof(*table));
	if (!dm_scan_copy(&scan, level, sizeof(level)) ||
	    !dm_raid_level_of(level, &table->level) ||
	    !dm_scan_u32(&scan, &table->chunk_sectors) ||
	    !features_parse(&scan, table) ||
	    !dm_scan_u32(&scan, &table->nr_members) || !shape_ok(table) ||
	    !members_parse(&scan, table))
		return -EINVAL;
	return 0;
}

/* The data offset and the journal's character: as dm-raid; then the copy. */
static bool twin_parse(struct dm_scan *scan, struct dm_raid_status *status)
{
	char health[8];
	uint64_t offset;
	uint32_t slot;
	const char *word;
	size_t length;

	status->twin_of = -1;
	if (!dm_scan_u64(scan, &offset) ||
	    !dm_scan_word(scan, &word, &length) ||
	    !dm_scan_word(scan, &word, &length) ||
	    !is_word(word, length, "replace"))
		return true;
	if (!dm_scan_u32(scan, &slot) || slot >= status->nr_members ||
	    !dm_scan_copy(scan, health, sizeof(health)) ||
	    strlen(health) != 1 || !strchr("aD", *health) ||
	    !dm_scan_u64(scan, &status->twin_done) ||
	    status->twin_done > status->total)
		return false;
	status->twin_of = slot;
	status->twin_health = *health;
	return true;
}

int dm_raid_status_parse(const char *line, struct dm_raid_status *status)
{
	struct dm_scan scan = { line };

	memset(status, 0, sizeof(*status));
	if (!dm_scan_copy(&scan, status->level, sizeof(status->level)) ||
	    !dm_scan_u32(&scan, &status->nr_members) || !status->nr_members ||
	    status->nr_members > DM_RAID_MEMBERS_MAX ||
	    !dm_scan_copy(&scan, status->health, sizeof(status->health)) ||
	    strlen(status->health) != status->nr_members ||
	    strspn(status->health, "AaD-") != status->nr_members ||
	    !dm_scan_ratio(&scan, &status->synced, &status->total) ||
	    status->synced > status->total ||
	    !dm_scan_copy(&scan, status->action, sizeof(status->action)) ||
	    !dm_scan_u64(&scan, &status->mismatches) ||
	    !twin_parse(&scan, status))
		return -EPROTO;
	return 0;
}

int dm_raid_create(const char *name, const struct dm_raid_table *table,
		   uint64_t sectors, struct err *error)
{
	char params[DM_RAID_LINE_SIZE];
	struct dm_dev_table line = {
		.sectors = sectors,
		.target = BRAID_RAID_TARGET,
		.params = params,
	};
	int r;

	r = dm_raid_table_format(table, params, sizeof(params));
	if (r)
		return err_set(
			error, -r,
			"cannot create %s: bad chunk of %u sectors, number of members %u, or member's path",
			name, table->chunk_sectors, table->nr_members);
	return dm_dev_create(name, &line, error);
}

int dm_raid_status(const char *name, struct dm_raid_status *status,
		   uint64_t *sectors, struct err *error)
{
	struct dm_dev_line line;
	int r;

	r = dm_dev_status(name, BRAID_RAID_TARGET, &line, error);
	if (r)
		return r;
	if (sectors)
		*sectors = line.sectors;
	return dm_dev_line_done(&line, name, "status",
				dm_raid_status_parse(line.params, status),
				error);
}

int dm_raid_table(const char *name, struct dm_raid_table *table,
		  struct err *error)
{
	struct dm_dev_line line;
	int r;

	r = dm_dev_table(name, BRAID_RAID_TARGET, &line, error);
	if (r)
		return r;
	return dm_dev_line_done(&line, name, "table",
				dm_raid_table_parse(line.params, table), error);
}
