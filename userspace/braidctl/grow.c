// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * An array gets longer by one exchange of tables, in which the kernel makes the
 * new size durable on all members. Crash: the old size, or the new one, and what was
 * added isn't synchronised yet; nothing was written there before.
 */
#include <asm/byteorder.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "braidctl/adopt.h"
#include "braidctl/complain.h"
#include "braidctl/grow.h"
#include "braidctl/live.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "braidctl/turn.h"
#include "dm/node.h"

static int check_whole(const struct live *live)
{
	if (!*live->uuid)
		return complain(
			"%s has no superblocks: load a longer table by hand, then repair it",
			live->name);
	if (!live->known)
		return complain("no superblock of %s can be read now",
				live->name);
	if (strspn(live->status.health, "A") != live->status.nr_members)
		return complain(
			"%s can't grow while it lacks a device (%s): only all of them can get longer",
			live->name, live->status.health);
	if (live->status.twin_of >= 0 && live->status.twin_health == 'a')
		return complain(
			"%s can't grow while a device of it is being replaced",
			live->name);
	return 0;
}

/* The device that has the fewest sectors. */
static int find_smallest(const struct live *live, uint64_t *sectors,
			 char path[DM_DEV_PATH_SIZE])
{
	char member[DM_DEV_PATH_SIZE];
	struct super_found found;
	unsigned int slot;
	int fd, r;

	*sectors = UINT64_MAX;
	for (slot = 0; slot < live->line.nr_members; slot++) {
		dm_node_path(live->line.member[slot], member);
		fd = super_open(member, O_RDONLY);
		r = fd < 0 ? fd : super_read(fd, &found);
		if (fd >= 0)
			close(fd);
		if (r)
			return complain("cannot read %s: %s", member,
					strerror(-r));
		if (found.sectors >= *sectors)
			continue;
		*sectors = found.sectors;
		strcpy(path, member);
	}
	return 0;
}

/* The length that the array can have. */
static int find_length(const struct live *live, uint64_t *length)
{
	uint64_t offset = __le64_to_cpu(live->truth.data_offset);
	uint32_t chunk = __le32_to_cpu(live->truth.chunk_sectors);
	char path[DM_DEV_PATH_SIZE] = "";
	struct dm_raid_table table = {
		.chunk_sectors = chunk,
		.nr_members = live->line.nr_members,
	};
	uint64_t smallest;

	if (!dm_raid_level_of(live->line.level, &table.level))
		return complain("%s is a %s, which this braidctl doesn't know",
				live->name, live->line.level);
	if (find_smallest(live, &smallest, path))
		return EXIT_FAILED;
	if (chunk < BRAID_SUPER_SECTORS)
		chunk = BRAID_SUPER_SECTORS;
	smallest = smallest > offset ? (smallest - offset) / chunk * chunk : 0;
	*length = dm_raid_sectors(&table, smallest);
	if (*length > live->sectors)
		return 0;
	return complain(
		"%s uses all that its devices have in common: %s has no more",
		live->name, path);
}

static int report(const struct request *request, const struct live *live,
		  uint64_t length)
{
	char now[SIZE_TEXT], before[SIZE_TEXT];
	json_object *object;

	if (!request_has(request, OPT_JSON)) {
		printf("%s: %s, was %s\n", live->name,
		       size_format(length * 512, now),
		       size_format(live->sectors * 512, before));
		return print_done();
	}
	object = print_object();
	print_add_text(object, "name", live->name);
	print_add_number(object, "bytes", length * 512);
	print_add_number(object, "bytes_before", live->sectors * 512);
	return print_json(object);
}

static int grow(const struct request *request)
{
	static struct live live;
	struct err error;
	uint64_t length;

	if (live_get(request->operand[0], &live, &error))
		return complain("%s", error.text);
	live_read(&live);
	if (check_whole(&live) || find_length(&live, &length) ||
	    adopt_length(&live, length))
		return EXIT_FAILED;
	return report(request, &live, length);
}

int array_grow(const struct request *request)
{
	int turn = turn_begin(), r;

	if (turn < 0)
		return EXIT_FAILED;
	r = grow(request);
	turn_end(turn);
	return r;
}
