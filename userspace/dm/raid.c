// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dm/raid.h"
#include "dm/scan.h"

static const char *const level_names[] = {
	[DM_RAID0] = "raid0",
	[DM_RAID1] = "raid1",
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
	return false;
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
	unsigned int i, whole = 0;

	for (i = 0; i < status->nr_members; i++)
		whole += status->health[i] == 'A';
	if (!strcmp(status->level, level_names[DM_RAID0]))
		return whole == status->nr_members ? 0 : -1;
	return (int)whole - 1;
}

uint64_t dm_raid_sectors(const struct dm_raid_table *table, uint64_t smallest)
{
	if (table->level == DM_RAID1)
		return smallest;
	return smallest / table->chunk_sectors * table->chunk_sectors *
	       table->nr_members;
}

static bool shape_ok(const struct dm_raid_table *table)
{
	unsigned int most = table->level == DM_RAID1 ? BRAID_RAID1_MEMBERS_MAX :
						       BRAID_RAID0_MEMBERS_MAX;

	if (table->nr_members < 1 || table->nr_members > most)
		return false;
	if (!table->chunk_sectors)
		return table->level == DM_RAID1;
	return table->chunk_sectors >= BRAID_CHUNK_SECTORS_MIN &&
	       table->chunk_sectors <= BRAID_CHUNK_SECTORS_MAX &&
	       !(table->chunk_sectors & (table->chunk_sectors - 1));
}

int dm_raid_table_format(const struct dm_raid_table *table, char *line,
			 size_t size)
{
	const char *level = dm_raid_level_name(table->level);
	size_t used;
	unsigned int i;
	int n;

	if (!level || !shape_ok(table))
		return -EINVAL;
	n = snprintf(line, size, "%s %" PRIu32 " 0 %u", level,
		     table->chunk_sectors, table->nr_members);
	for (i = 0; i < table->nr_members; i++) {
		const char *member = table->members[i];

		if (!*member || member[strcspn(member, " \t\r\n\\")])
			return -EINVAL;
		if (n < 0 || (size_t)n >= size)
			return -ENAMETOOLONG;
		used = n;
		n = snprintf(line + used, size - used, " %s", member);
		n += n < 0 ? 0 : used;
	}
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* "<#features> <feature>...", which are skipped, as this knows none. */
static bool skip_features(struct dm_scan *scan)
{
	const char *word;
	uint32_t count;
	size_t length;

	if (!dm_scan_u32(scan, &count))
		return false;
	while (count--)
		if (!dm_scan_word(scan, &word, &length))
			return false;
	return true;
}

int dm_raid_table_parse(const char *line, struct dm_raid_table *table)
{
	struct dm_scan scan = { line };
	char level[16];
	unsigned int i;

	if (!dm_scan_copy(&scan, level, sizeof(level)) ||
	    !dm_raid_level_of(level, &table->level) ||
	    !dm_scan_u32(&scan, &table->chunk_sectors) ||
	    !skip_features(&scan) || !dm_scan_u32(&scan, &table->nr_members) ||
	    !shape_ok(table))
		return -EINVAL;
	for (i = 0; i < table->nr_members; i++)
		if (!dm_scan_copy(&scan, table->members[i],
				  sizeof(table->members[i])))
			return -EINVAL;
	return dm_scan_end(&scan) ? 0 : -EINVAL;
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
	    !dm_scan_u64(&scan, &status->mismatches))
		return -EPROTO;
	return 0; /* the data offset and the journal's character: as dm-raid */
}

int dm_raid_create(const char *name, const struct dm_raid_table *table,
		   uint64_t sectors, struct dm_error *error)
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
		return dm_error_set(
			error, r,
			"cannot create %s: bad chunk of %u sectors, number of members %u, or member's path",
			name, table->chunk_sectors, table->nr_members);
	return dm_dev_create(name, &line, error);
}

int dm_raid_status(const char *name, struct dm_raid_status *status,
		   uint64_t *sectors, struct dm_error *error)
{
	struct dm_dev_line line;
	int r;

	r = dm_dev_status(name, BRAID_RAID_TARGET, &line, error);
	if (r)
		return r;
	r = dm_raid_status_parse(line.params, status);
	if (r)
		dm_error_set(error, r, "the status of %s makes no sense: '%s'",
			     name, line.params);
	if (sectors)
		*sectors = line.sectors;
	dm_dev_line_free(&line);
	return r;
}

int dm_raid_table(const char *name, struct dm_raid_table *table,
		  struct dm_error *error)
{
	struct dm_dev_line line;
	int r;

	r = dm_dev_table(name, BRAID_RAID_TARGET, &line, error);
	if (r)
		return r;
	r = dm_raid_table_parse(line.params, table);
	if (r)
		r = dm_error_set(error, -EPROTO,
				 "the table of %s makes no sense: '%s'", name,
				 line.params);
	dm_dev_line_free(&line);
	return r;
}
