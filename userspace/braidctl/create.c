// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * braidctl array create. Everything is checked before anything is written. Then
 * all members get superblocks that call the array half made, and only when all
 * of them have one, those that call it made: whatever a crash leaves can't be
 * taken for an array, and can be overwritten by --force.
 */
#include <asm/byteorder.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "braidctl/array.h"
#include "braidctl/complain.h"
#include "braidctl/create-spares.h"
#include "braidctl/create.h"
#include "braidctl/member.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "dm/raid.h"
#include "member/super.h"

#define DEFAULT_CHUNK 65536

int create_check_name(const char *name)
{
	struct dm_dev_info info;
	struct err error;
	int r;

	if (!dm_dev_name_ok(name))
		return complain_usage(
			"'%s' is no name for a device: use up to %d letters, digits and #+-.:=@_",
			name, DM_DEV_NAME_SIZE - 1);
	r = dm_dev_info(name, &info, &error);
	if (!r)
		return complain("there is a device-mapper device %s already",
				name);
	return r == -ENXIO ? 0 : complain("%s", error.text);
}

/* What only those can have that redundancy has to be made for. */
static int create_options(const struct request *request,
			  const struct dm_raid_table *table)
{
	bool clean = request_has(request, OPT_ASSUME_CLEAN);

	if (request_has(request, OPT_NO_PPL) &&
	    (!dm_raid_is_raid5(table->level) ||
	     request_has(request, OPT_NO_SUPERBLOCK)))
		return complain_usage(
			"--no-ppl is for raid5 with superblocks");
	if (!clean && !request_has(request, OPT_NO_LOG))
		return 0;
	if (table->level == DM_RAID0 || request_has(request, OPT_NO_SUPERBLOCK))
		return complain_usage(
			"--%s is for arrays with redundancy and superblocks",
			clean ? "assume-clean" : "no-log");
	return 0;
}

/* The table's level and chunk, as far as the words themselves tell. */
static int create_shape(const struct request *request,
			struct dm_raid_table *table)
{
	const char *level = request->text[OPT_LEVEL];
	uint64_t chunk = DEFAULT_CHUNK;
	unsigned int i;

	if (!dm_raid_level_of(level, &table->level))
		return complain_usage(
			"--level %s: only raid0, raid1 and raid5 (raid5_ls, raid5_la, raid5_rs, raid5_ra) are known",
			level);
	if (request_has(request, OPT_CHUNK)) {
		if (table->level == DM_RAID1)
			return complain_usage(
				"--chunk is for raid0 and raid5: a mirror has no chunks");
		chunk = request->number[OPT_CHUNK];
	}
	if (chunk < 512ULL * BRAID_CHUNK_SECTORS_MIN ||
	    chunk > 512ULL * BRAID_CHUNK_SECTORS_MAX || chunk & (chunk - 1))
		return complain_usage(
			"--chunk %s: not a power of two from 4K to 1M",
			request->text[OPT_CHUNK]);
	table->chunk_sectors = table->level == DM_RAID1 ? 0 : chunk / 512;
	table->nr_members = request->operands - 1;
	for (i = 0; i < table->nr_members; i++)
		if (strlen(request->operand[i + 1]) >= DM_DEV_PATH_SIZE)
			return complain_usage("%.32s...: the path is too long",
					      request->operand[i + 1]);
	return 0;
}

static int create_counts(const struct dm_raid_table *table,
			 unsigned int missing)
{
	unsigned int least = dm_raid_members_min(table->level);
	unsigned int most = dm_raid_members_max(table->level);

	if (least < 2)
		least = 2;
	if (table->nr_members < least || table->nr_members > most)
		return complain_usage("%s takes %u to %u devices, not %u",
				      dm_raid_level_name(table->level), least,
				      most, table->nr_members);
	if (missing && table->level == DM_RAID0)
		return complain_usage(
			"raid0 needs all its devices: none can be missing");
	if (missing == table->nr_members)
		return complain_usage(
			"all devices are missing: there must be one");
	if (missing > dm_raid_missing_max(table))
		return complain_usage(
			"%s can do without one device, not without %u",
			dm_raid_level_name(table->level), missing);
	return 0;
}

/* What nothing is written to must not go on saying that it is a member. */
static int check_content(const struct request *request,
			 const struct member *member)
{
	if (request_has(request, OPT_NO_SUPERBLOCK) &&
	    member_check_unmarked(member))
		return EXIT_FAILED;
	return member_check_blank(member, request_has(request, OPT_FORCE));
}

/* Fill in the members, each checked; @smallest receives their common size. */
static int create_members(const struct request *request,
			  struct dm_raid_table *table, uint64_t *smallest)
{
	struct member members[DM_RAID_MEMBERS_MAX] = { 0 };
	unsigned int i;

	*smallest = UINT64_MAX;
	for (i = 0; i < table->nr_members; i++) {
		const char *path = request->operand[i + 1];

		strcpy(table->members[i], "-");
		if (!strcmp(path, "missing"))
			continue;
		if (member_check(path, &members[i]))
			return EXIT_FAILED;
		strcpy(table->members[i], path);
		if (members[i].sectors < *smallest)
			*smallest = members[i].sectors;
	}
	if (member_check_distinct(members, table->nr_members))
		return EXIT_FAILED;
	for (i = 0; i < table->nr_members; i++)
		if (members[i].path && check_content(request, &members[i]))
			return EXIT_FAILED;
	return 0;
}

void create_print(const char *name, uint64_t sectors)
{
	char path[DM_DEV_PATH_SIZE], size[SIZE_TEXT];

	dm_dev_path(name, path);
	printf("%s: %s\n", path, size_format(sectors * 512, size));
}

json_object *create_report(const char *name, const char *uuid, uint64_t sectors)
{
	json_object *object = print_object();
	char path[DM_DEV_PATH_SIZE];

	dm_dev_path(name, path);
	print_add_text(object, "name", name);
	print_add_text(object, "path", path);
	print_add_text(object, "uuid", *uuid ? uuid : NULL);
	print_add_number(object, "bytes", sectors * 512);
	return object;
}

/* The members' descriptors while superblocks are written; -1: missing. */
struct making {
	const struct dm_raid_table *table;
	struct braid_super super;
	int fd[DM_RAID_MEMBERS_MAX];
};

static int making_failed(const struct making *making, unsigned int slot,
			 int code)
{
	return complain(
		"cannot write the superblock of %s: %s; members that were written are half made until create --force makes them again",
		making->table->members[slot], strerror(-code));
}

/* Nobody else may have them until all is written. */
static int open_members(struct making *making)
{
	unsigned int slot;

	for (slot = 0; slot < making->table->nr_members; slot++) {
		const char *path = making->table->members[slot];

		if (!strcmp(path, "-"))
			continue;
		making->fd[slot] = super_open(path, O_RDWR | O_EXCL);
		if (making->fd[slot] < 0)
			return complain("cannot open %s: %s", path,
					strerror(-making->fd[slot]));
	}
	return 0;
}

/* What was there before must not be found any more. */
static int clear_members(struct making *making)
{
	unsigned int slot;
	int r;

	for (slot = 0; slot < making->table->nr_members; slot++) {
		if (making->fd[slot] < 0)
			continue;
		r = member_wipe(making->table->members[slot]);
		if (!r)
			r = super_erase(making->fd[slot]);
		if (r)
			return making_failed(making, slot, r);
	}
	return 0;
}

/* One round of superblocks; they say what making->super says. */
static int write_round(struct making *making)
{
	unsigned int slot;
	int r;

	for (slot = 0; slot < making->table->nr_members; slot++) {
		struct braid_super super = making->super;

		if (making->fd[slot] < 0)
			continue;
		super.slot = __cpu_to_le16(slot);
		memcpy(super.member_uuid, super.table[slot].uuid,
		       sizeof(super.member_uuid));
		r = super_write(making->fd[slot], &super);
		if (r)
			return making_failed(making, slot, r);
	}
	return 0;
}

/*
 * Crash: before the first round, some members have no superblock; in it, some
 * are half made; in the second, some are made and others half made, which is
 * refused like any set that lacks members.
 */
static int write_members(struct making *making)
{
	int r = clear_members(making);

	if (!r)
		r = write_round(making);
	if (r)
		return r;
	making->super.events = __cpu_to_le64(1);
	making->super.sequence = __cpu_to_le64(1);
	return write_round(making);
}

static int make_members(struct making *making)
{
	unsigned int slot;
	int r;

	for (slot = 0; slot < DM_RAID_MEMBERS_MAX; slot++)
		making->fd[slot] = -1;
	r = open_members(making);
	if (!r)
		r = write_members(making);
	for (slot = 0; slot < DM_RAID_MEMBERS_MAX; slot++)
		if (making->fd[slot] >= 0)
			close(making->fd[slot]);
	return r;
}

/* Decide where everything is; @smallest becomes what the array uses of each. */
static int plan(struct making *making, const struct request *request,
		struct dm_raid_table *table, uint64_t *smallest)
{
	const char *name = request->operand[0];
	struct super_shape shape = {
		.name = name,
		.level =
			strtoul(dm_raid_level_name(table->level) + 4, NULL, 10),
		.layout = dm_raid_layout(table->level),
		.chunk_sectors = table->chunk_sectors,
		.members = table->nr_members,
		.smallest = *smallest,
		.synced = request_has(request, OPT_ASSUME_CLEAN),
		.no_log = request_has(request, OPT_NO_LOG),
		.no_ppl = request_has(request, OPT_NO_PPL),
	};
	unsigned int slot;
	int r;

	if (strlen(name) >= BRAID_SUPER_NAME_BYTES)
		return complain_usage(
			"'%s' is too long for a superblock: use up to %u letters",
			name, BRAID_SUPER_NAME_BYTES - 1);
	making->table = table;
	r = super_plan(&making->super, &shape);
	if (r == -ENOSPC)
		return complain("the smallest device has %" PRIu64
				" sectors, too few for a superblock and data",
				*smallest);
	if (r)
		return complain("cannot plan the superblocks: %s",
				strerror(-r));
	for (slot = 0; slot < table->nr_members; slot++)
		if (!strcmp(table->members[slot], "-"))
			super_plan_missing(&making->super, slot);
	super_uuid_format(making->super.array_uuid, table->uuid);
	*smallest = __le64_to_cpu(making->super.member_sectors);
	return 0;
}

static int start(const struct request *request,
		 const struct dm_raid_table *table, uint64_t smallest)
{
	uint64_t sectors = dm_raid_sectors(table, smallest);
	const char *name = request->operand[0];
	struct err error;

	if (dm_raid_create(name, table, sectors, &error))
		return complain(
			"%s%s", error.text,
			*table->uuid ?
				"; its members are made, and array assemble can start it" :
				"");
	if (request_has(request, OPT_JSON))
		return print_json(create_report(name, table->uuid, sectors));
	create_print(name, sectors);
	return print_done();
}

static int create_checked(const struct request *request,
			  struct dm_raid_table *table, uint64_t smallest)
{
	static struct making making;
	int r;

	if (!dm_raid_sectors(table, smallest))
		return complain("the smallest device has %" PRIu64
				" sectors, less than a chunk of %u",
				smallest, table->chunk_sectors);
	if (!request_has(request, OPT_NO_SUPERBLOCK)) {
		r = plan(&making, request, table, &smallest);
		if (!r)
			r = make_members(&making);
		if (r)
			return r;
	}
	return start(request, table, smallest);
}

int array_create(const struct request *request)
{
	static struct dm_raid_table table;
	unsigned int i, missing = 0;
	uint64_t smallest;
	int r;

	for (i = 1; i < (unsigned int)request->operands; i++)
		missing += !strcmp(request->operand[i], "missing");
	table.nr_members = request->operands - 1;
	r = create_shape(request, &table);
	if (!r)
		r = create_counts(&table, missing);
	if (!r)
		r = create_options(request, &table);
	if (!r)
		r = create_check_name(request->operand[0]);
	if (!r)
		r = create_members(request, &table, &smallest);
	if (!r)
		r = create_spares_check(request, &table, smallest);
	if (!r)
		r = create_checked(request, &table, smallest);
	if (!r)
		r = create_spares_make(request);
	if (!r && missing)
		remark("%s is degraded: %u of %u devices are missing",
		       request->operand[0], missing, table.nr_members);
	if (!r && dm_raid_is_raid5(table.level) && !table.uuid[0])
		remark("the parity of %s is right only where its devices were blank, or whole stripes were written since",
		       request->operand[0]);
	return r;
}
