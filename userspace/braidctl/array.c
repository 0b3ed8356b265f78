// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The arrays have no superblocks: what makes one is its table alone, so that
 * whoever stops an array has to know its members, their order and which of them
 * are stale. Hence the care about stopping a degraded one.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "braidctl/array.h"
#include "braidctl/complain.h"
#include "braidctl/member.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "braidctl/table.h"
#include "dm/node.h"
#include "dm/raid.h"

#define DEFAULT_CHUNK 65536

static int new_name(const char *name)
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

/* The table's level and chunk, as far as the words themselves tell. */
static int create_shape(const struct request *request,
			struct dm_raid_table *table)
{
	const char *level = request->text[OPT_LEVEL];
	uint64_t chunk = DEFAULT_CHUNK;
	unsigned int i;

	if (!dm_raid_level_of(level, &table->level))
		return complain_usage(
			"--level %s: only raid0 and raid1 are known", level);
	if (request_has(request, OPT_CHUNK)) {
		if (table->level == DM_RAID1)
			return complain_usage(
				"--chunk is for raid0: a mirror has no chunks");
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
	unsigned int most = table->level == DM_RAID1 ? BRAID_RAID1_MEMBERS_MAX :
						       BRAID_RAID0_MEMBERS_MAX;

	if (table->nr_members < 2 || table->nr_members > most)
		return complain_usage("%s takes 2 to %u devices, not %u",
				      dm_raid_level_name(table->level), most,
				      table->nr_members);
	if (missing && table->level == DM_RAID0)
		return complain_usage(
			"raid0 needs all its devices: none can be missing");
	if (missing == table->nr_members)
		return complain_usage(
			"all devices are missing: there must be one");
	return 0;
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
		if (members[i].path &&
		    member_check_blank(&members[i],
				       request_has(request, OPT_FORCE)))
			return EXIT_FAILED;
	return 0;
}

static int print_made(const struct request *request, const char *name,
		      uint64_t sectors)
{
	char path[DM_DEV_PATH_SIZE], size[SIZE_TEXT];
	json_object *object;

	dm_dev_path(name, path);
	if (!request_has(request, OPT_JSON)) {
		printf("%s: %s\n", path, size_format(sectors * 512, size));
		return print_done();
	}
	object = print_object();
	print_add_text(object, "name", name);
	print_add_text(object, "path", path);
	print_add_number(object, "bytes", sectors * 512);
	return print_json(object);
}

static int array_create(const struct request *request)
{
	const char *name = request->operand[0];
	struct dm_raid_table table = { 0 };
	unsigned int i, missing = 0;
	uint64_t smallest, sectors;
	struct err error;
	int r;

	for (i = 1; i < (unsigned int)request->operands; i++)
		missing += !strcmp(request->operand[i], "missing");
	table.nr_members = request->operands - 1;
	r = create_shape(request, &table);
	if (!r)
		r = create_counts(&table, missing);
	if (!r)
		r = new_name(name);
	if (!r)
		r = create_members(request, &table, &smallest);
	if (r)
		return r;
	sectors = dm_raid_sectors(&table, smallest);
	if (!sectors)
		return complain("the smallest device has %" PRIu64
				" sectors, less than a chunk of %u",
				smallest, table.chunk_sectors);
	if (dm_raid_create(name, &table, sectors, &error))
		return complain("%s", error.text);
	if (table.level == DM_RAID1 && missing)
		remark("%s is degraded: %u of %u devices are missing", name,
		       missing, table.nr_members);
	return print_made(request, name, sectors);
}

static int array_stop(const struct request *request)
{
	const char *name = request->operand[0];
	struct dm_raid_status status;
	struct err error;

	if (dm_raid_status(name, &status, NULL, &error))
		return complain("%s", error.text);
	if (dm_raid_lost(&status) && !request_has(request, OPT_FORCE))
		return complain(
			"%s is degraded (%s), and once it is stopped nothing remembers which devices are stale; --force stops it",
			name, status.health);
	if (dm_dev_remove(name, &error))
		return complain("%s", error.text);
	return EXIT_OK;
}

/* The slot that an operand means: a number, or one of the members' paths. */
static int slot_of(const struct dm_raid_table *table, const char *name,
		   const char *operand, uint64_t *slot)
{
	char number[DM_DEV_NODE_SIZE];
	struct stat st;

	if (size_parse_number(operand, slot)) {
		if (*slot < table->nr_members)
			return 0;
		return complain("%s has no slot %s: they are 0 to %u", name,
				operand, table->nr_members - 1);
	}
	if (stat(operand, &st) < 0)
		return complain("cannot find %s: %s", operand, strerror(errno));
	snprintf(number, sizeof(number), "%u:%u", major(st.st_rdev),
		 minor(st.st_rdev));
	for (*slot = 0; *slot < table->nr_members; ++*slot)
		if (S_ISBLK(st.st_mode) &&
		    !strcmp(table->members[*slot], number))
			return 0;
	return complain("%s is not a member of %s", operand, name);
}

static int array_fail(const struct request *request)
{
	const char *name = request->operand[0];
	struct dm_raid_table table;
	struct err error;
	char message[32];
	uint64_t slot;

	if (dm_raid_table(name, &table, &error))
		return complain("%s", error.text);
	if (slot_of(&table, name, request->operand[1], &slot))
		return EXIT_FAILED;
	snprintf(message, sizeof(message), "fail %" PRIu64, slot);
	if (dm_dev_message(name, message, NULL, &error))
		return complain("%s", error.text);
	return EXIT_OK;
}

static const char *health_word(const struct dm_raid_status *status)
{
	if (dm_raid_spare(status) < 0)
		return "failed";
	return dm_raid_lost(status) ? "degraded" : "ok";
}

static json_object *report_members(const struct dm_raid_table *table,
				   const struct dm_raid_status *status)
{
	json_object *members = print_array();
	char path[DM_DEV_PATH_SIZE];
	unsigned int i;

	for (i = 0; i < table->nr_members && i < status->nr_members; i++) {
		const char letter[] = { status->health[i], '\0' };
		json_object *member = print_object();

		dm_node_path(table->members[i], path);
		print_add_number(member, "slot", i);
		print_add_text(member, "device",
			       strcmp(path, "-") ? path : NULL);
		print_add_text(member, "health", letter);
		print_add_flag(member, "failed", table->failed[i]);
		print_append(members, member);
	}
	return members;
}

/* The table was asked for later: a member may have gone in between. */
static void note_failed(struct dm_raid_status *status,
			const struct dm_raid_table *table)
{
	unsigned int i;

	for (i = 0; i < table->nr_members && i < status->nr_members; i++)
		if (table->failed[i])
			status->health[i] = 'D';
}

static int report_one(json_object *arrays, const char *name, struct err *error)
{
	struct dm_raid_status status;
	struct dm_raid_table table;
	json_object *array;
	uint64_t sectors;
	int r;

	r = dm_raid_status(name, &status, &sectors, error);
	if (!r)
		r = dm_raid_table(name, &table, error);
	if (r)
		return r;
	note_failed(&status, &table);
	array = print_object();
	print_add_text(array, "name", name);
	print_add_text(array, "level", status.level);
	print_add_number(array, "bytes", sectors * 512);
	print_add_number(array, "chunk_bytes", table.chunk_sectors * 512ULL);
	print_add_text(array, "health", health_word(&status));
	print_add_number(array, "members_lost", dm_raid_lost(&status));
	print_add_text(array, "action", status.action);
	print_add_number(array, "synced_bytes", status.synced * 512);
	print_add_number(array, "sync_bytes", status.total * 512);
	print_add_number(array, "mismatches", status.mismatches);
	print_add(array, "members", report_members(&table, &status));
	print_append(arrays, array);
	return 0;
}

struct report {
	json_object *arrays;
	struct err error;
};

static int report_next(void *arg, const char *name)
{
	struct report *report = arg;

	return report_one(report->arrays, name, &report->error);
}

int array_report(const char *name, json_object **arrays)
{
	struct report report = { .arrays = print_array() };
	int r;

	if (name)
		r = report_one(report.arrays, name, &report.error);
	else
		r = dm_dev_each_of(BRAID_RAID_TARGET, report_next, &report,
				   &report.error);
	if (r) {
		json_object_put(report.arrays);
		return complain("%s", report.error.text);
	}
	*arrays = report.arrays;
	return 0;
}

static const char *health_letter(const char *letter)
{
	switch (*letter) {
	case 'A':
		return "in sync";
	case 'a':
		return "not in sync";
	case 'D':
		return "dead";
	default:
		return "missing";
	}
}

static void print_members(json_object *array)
{
	json_object *members = json_object_object_get(array, "members");
	struct table table;
	size_t i;

	table_begin(&table, "  SLOT", "DEVICE", "HEALTH", NULL);
	for (i = 0; i < json_object_array_length(members); i++) {
		json_object *member = json_object_array_get_idx(members, i);

		table_cell(&table, "  %" PRIu64,
			   print_number_of(member, "slot"));
		table_cell(&table, "%s", print_text_of(member, "device"));
		table_cell(&table, "%s",
			   health_letter(print_text_of(member, "health")));
	}
	table_end(&table, stdout);
}

void array_print(json_object *arrays)
{
	size_t i, count = json_object_array_length(arrays);
	char size[SIZE_TEXT], chunk[SIZE_TEXT];
	struct table table;

	table_begin(&table, "ARRAY", "LEVEL", "SIZE", "CHUNK", "HEALTH", "LOST",
		    "ACTION", NULL);
	for (i = 0; i < count; i++) {
		json_object *array = json_object_array_get_idx(arrays, i);

		table_cell(&table, "%s", print_text_of(array, "name"));
		table_cell(&table, "%s", print_text_of(array, "level"));
		table_cell(&table, "%s",
			   size_format(print_number_of(array, "bytes"), size));
		table_cell(&table, "%s",
			   print_number_of(array, "chunk_bytes") ?
				   size_format(print_number_of(array,
							       "chunk_bytes"),
					       chunk) :
				   "-");
		table_cell(&table, "%s", print_text_of(array, "health"));
		table_cell(&table, "%" PRIu64,
			   print_number_of(array, "members_lost"));
		table_cell(&table, "%s", print_text_of(array, "action"));
	}
	table_end(&table, stdout);
	for (i = 0; i < count && count == 1; i++)
		print_members(json_object_array_get_idx(arrays, i));
}

static int array_status(const struct request *request)
{
	const char *name = request->operands ? request->operand[0] : NULL;
	json_object *arrays, *object;

	if (array_report(name, &arrays))
		return EXIT_FAILED;
	if (request_has(request, OPT_JSON)) {
		object = print_object();
		print_add(object, "arrays", arrays);
		return print_json(object);
	}
	if (json_object_array_length(arrays))
		array_print(arrays);
	else
		puts("no arrays");
	json_object_put(arrays);
	return print_done();
}

const struct command array_commands[] = {
	{
		.family = "array",
		.name = "create",
		.operands = "NAME DEV|missing...",
		.operands_min = 2,
		.operands_max = -1,
		.options = OPT(JSON) | OPT(FORCE) | OPT(LEVEL) | OPT(CHUNK),
		.needed = OPT(LEVEL),
		.summary =
			"Make /dev/mapper/NAME out of several block devices.",
		.more = "The array has no superblocks: after a restart it is made again with the\n"
			"same devices in the same order, and --force if it holds a filesystem. A\n"
			"mirror isn't synchronised: use new or equal devices.",
		.run = array_create,
	},
	{
		.family = "array",
		.name = "stop",
		.operands = "NAME",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(FORCE),
		.summary =
			"Take an array away that nobody uses; its data stays.",
		.more = "A degraded array is stopped with --force only: nothing remembers which of\n"
			"its devices are stale.",
		.run = array_stop,
	},
	{
		.family = "array",
		.name = "fail",
		.operands = "NAME DEV|SLOT",
		.operands_min = 2,
		.operands_max = 2,
		.summary = "Drop a device from a mirror, as if it had failed.",
		.run = array_fail,
	},
	{
		.family = "array",
		.name = "status",
		.operands = "[NAME]",
		.operands_max = 1,
		.options = OPT(JSON),
		.summary = "Show the arrays, their health and their devices.",
		.run = array_status,
	},
	{ 0 },
};
