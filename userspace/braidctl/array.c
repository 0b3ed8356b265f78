// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arrays that run. One without superblocks is made by its table alone, so that
 * whoever stops it has to know its members, their order and which of them are
 * stale. Hence the care about stopping a degraded one.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "braidctl/array.h"
#include "braidctl/assemble.h"
#include "braidctl/complain.h"
#include "braidctl/create.h"
#include "braidctl/examine.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "braidctl/table.h"
#include "dm/node.h"
#include "dm/raid.h"

static int array_stop(const struct request *request)
{
	const char *name = request->operand[0];
	struct dm_raid_status status;
	struct dm_raid_table table;
	struct err error;

	if (dm_raid_status(name, &status, NULL, &error) ||
	    dm_raid_table(name, &table, &error))
		return complain("%s", error.text);
	if (!*table.uuid && dm_raid_lost(&status) &&
	    !request_has(request, OPT_FORCE))
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
	print_add_text(array, "uuid", *table.uuid ? table.uuid : NULL);
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
		.options = OPT(JSON) | OPT(FORCE) | OPT(LEVEL) | OPT(CHUNK) |
			   OPT(NO_SUPERBLOCK),
		.needed = OPT(LEVEL),
		.summary =
			"Make /dev/mapper/NAME out of several block devices.",
		.more = "Each device gets a superblock, by which \"array assemble\" finds it again;\n"
			"what was on it is lost. With --no-superblock nothing is written: then you\n"
			"have to know the devices, their order, and which of them are stale. A\n"
			"mirror isn't synchronised: a block that was never written may differ.",
		.run = array_create,
	},
	{
		.family = "array",
		.name = "assemble",
		.operands = "[NAME|UUID] [DEV...]",
		.operands_max = -1,
		.options = OPT(JSON) | OPT(FORCE) | OPT(SCAN),
		.summary = "Start an array whose devices have superblocks.",
		.more = "Without devices all block devices are looked at; --scan without a name\n"
			"starts every array that is found. --force starts one that lacks a device\n"
			"which was in use: what was written without these devices is lost then.",
		.run = array_assemble,
	},
	{
		.family = "array",
		.name = "examine",
		.operands = "DEV",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(JSON),
		.summary = "Show what the superblock of a device says.",
		.run = array_examine,
	},
	{
		.family = "array",
		.name = "erase",
		.operands = "DEV",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(FORCE),
		.summary = "Take the superblock off a device.",
		.more = "Its array doesn't know it any more.",
		.run = array_erase,
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
		.more = "A degraded array without superblocks is stopped with --force only: nothing\n"
			"remembers which of its devices are stale.",
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
