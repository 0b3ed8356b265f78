// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/live.h"
#include "braidctl/size.h"
#include "dm/node.h"

/* The array's UUID, as the table has it. */
static void find_uuid(struct live *live)
{
	const struct raid_line *line = &live->line;
	unsigned int i;

	*live->uuid = '\0';
	for (i = 0; i + 1 < line->nr_words; i++)
		if (!strcmp(line->word[i], "superblock") &&
		    strlen(line->word[i + 1]) < sizeof(live->uuid))
			strcpy(live->uuid, line->word[i + 1]);
}

/* The table was asked for later: a member may have gone in between. */
static void note_failed(struct live *live)
{
	unsigned int i;

	for (i = 0; i < live->status.nr_members; i++)
		if (raid_line_has(&live->line, "failed", i))
			live->status.health[i] = 'D';
}

int live_get(const char *name, struct live *live, struct err *error)
{
	struct dm_dev_line line;
	int r;

	memset(live, 0, sizeof(*live));
	r = dm_raid_status(name, &live->status, &live->sectors, error);
	if (!r)
		r = dm_dev_table(name, BRAID_RAID_TARGET, &line, error);
	if (r)
		return r;
	r = dm_dev_line_done(&line, name, "table",
			     raid_line_parse(line.params, &live->line), error);
	if (r)
		return r;
	if (live->line.nr_members != live->status.nr_members)
		return err_set(error, EPROTO,
			       "%s changed while it was looked at", name);
	snprintf(live->name, sizeof(live->name), "%s", name);
	find_uuid(live);
	note_failed(live);
	return 0;
}

static void read_member(struct live *live, unsigned int slot)
{
	char path[DM_DEV_PATH_SIZE], uuid[SUPER_UUID_TEXT];
	struct super_found found;
	int fd, r;

	dm_node_path(live->line.member[slot], path);
	fd = super_open(path, O_RDONLY);
	if (fd < 0)
		return;
	r = super_read(fd, &found);
	close(fd);
	if (r || found.fault != RAID_SUPER_GOOD)
		return;
	super_uuid_format(found.super.array_uuid, uuid);
	if (strcmp(uuid, live->uuid))
		return;
	if (live->known && __le64_to_cpu(found.super.events) <=
				   __le64_to_cpu(live->truth.events))
		return;
	live->truth = found.super;
	live->known = true;
}

void live_read(struct live *live)
{
	unsigned int slot;

	for (slot = 0; *live->uuid && slot < live->line.nr_members; slot++)
		if (live->status.health[slot] == 'A')
			read_member(live, slot);
}

uint64_t live_member_sectors(const struct live *live)
{
	if (live->known)
		return __le64_to_cpu(live->truth.data_offset) +
		       __le64_to_cpu(live->truth.member_sectors);
	return live->status.total;
}

int live_slot(const struct live *live, const char *operand, unsigned int *slot)
{
	char number[DM_DEV_NODE_SIZE];
	uint64_t wanted;
	struct stat st;

	if (size_parse_number(operand, &wanted)) {
		*slot = wanted;
		if (wanted < live->line.nr_members)
			return 0;
		return complain("%s has no slot %s: they are 0 to %u",
				live->name, operand, live->line.nr_members - 1);
	}
	if (stat(operand, &st) < 0)
		return complain(
			"cannot find %s: %s (a device that is gone is called by its slot)",
			operand, strerror(errno));
	snprintf(number, sizeof(number), "%u:%u", major(st.st_rdev),
		 minor(st.st_rdev));
	for (*slot = 0; *slot < live->line.nr_members; ++*slot)
		if (S_ISBLK(st.st_mode) &&
		    !strcmp(live->line.member[*slot], number))
			return 0;
	return complain("%s is not a member of %s", operand, live->name);
}
