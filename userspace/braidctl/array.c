// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Arrays that run. One without superblocks is made by its table alone, so that
 * whoever stops it has to know its members, their order and which of them are
 * stale. Hence the care about stopping a degraded one.
 */
#include "braidctl/array.h"
#include "braidctl/assemble.h"
#include "braidctl/complain.h"
#include "braidctl/create.h"
#include "braidctl/examine.h"
#include "braidctl/grow.h"
#include "braidctl/members.h"
#include "braidctl/print.h"
#include "braidctl/replace.h"
#include "braidctl/sync.h"
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
			   OPT(NO_SUPERBLOCK) | OPT(SPARES) |
			   OPT(ASSUME_CLEAN) | OPT(NO_LOG) |
			   OPT(NO_PPL),
		.needed = OPT(LEVEL),
		.summary =
			"Make /dev/mapper/NAME out of several block devices.",
		.more = "Each device gets a superblock, by which \"array assemble\" finds it again;\n"
			"what was on it is lost. With --no-superblock nothing is written: then you\n"
			"have to know the devices, their order, and which of them are stale.\n"
			"The devices are made alike while the array is in use already, unless they are\n"
			"said to be so by --assume-clean.",
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
		.summary = "Take a device out of use, as if it had failed.",
		.more = "The last one that holds the data is never dropped.",
		.run = array_fail,
	},
	{
		.family = "array",
		.name = "remove",
		.operands = "NAME DEV|SLOT",
		.operands_min = 2,
		.operands_max = 2,
		.summary = "Let go of a device that failed, or of a spare.",
		.more = "The slot is missing from then on, and the device can be pulled.",
		.run = array_remove,
	},
	{
		.family = "array",
		.name = "add",
		.operands = "NAME DEV",
		.operands_min = 2,
		.operands_max = 2,
		.options = OPT(JSON) | OPT(FORCE) | OPT(SPARE),
		.summary = "Give a device that is lacking to an array.",
		.more = "What was on it is lost, and a known signature is refused without --force.\n"
			"A former member of the array is brought up to date where that can be done;\n"
			"everything else is rebuilt. With --spare it waits until it is needed, and\n"
			"braidctl monitor takes it up then.",
		.run = array_add,
	},
	{
		.family = "array",
		.name = "replace",
		.operands = "NAME OLD|SLOT NEW",
		.operands_min = 3,
		.operands_max = 3,
		.options = OPT(JSON) | OPT(FORCE),
		.summary = "Put a device into the place of another one.",
		.more = "One in use serves until all of it was copied, and for so long this waits. If it\n"
			"is interrupted, the copy goes on, and the same command, or braidctl monitor,\n"
			"ends it; array remove NAME NEW gives it up. The place of one that failed is\n"
			"taken at once, and rebuilt.",
		.run = array_replace,
	},
	{
		.family = "array",
		.name = "grow",
		.operands = "NAME",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(JSON),
		.summary = "Use all that an array's devices have, in use or not.",
		.more = "After the smallest of them was replaced by a larger one, or got longer itself.\n"
			"A filesystem on it can be made larger then: resize2fs, xfs_growfs.",
		.run = array_grow,
	},
	{
		.family = "array",
		.name = "scrub",
		.operands = "NAME check|repair|stop",
		.operands_min = 2,
		.operands_max = 2,
		.summary =
			"Compare an array's devices: count, or mend, what differs.",
		.run = array_scrub,
	},
	{
		.family = "array",
		.name = "wait",
		.operands = "NAME",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(TIMEOUT),
		.summary =
			"Wait until nothing is rebuilt, resynchronised or checked.",
		.more = "After --timeout seconds it gives up with exit status 1.",
		.run = array_wait,
	},
	{
		.family = "array",
		.name = "status",
		.operands = "[NAME]",
		.operands_max = 1,
		.options = OPT(JSON),
		.summary = "Show the arrays, their health and their devices.",
		.more = "While one is rebuilt or checked it is watched for a second, to tell how fast\n"
			"that goes and when it ends.",
		.run = array_status,
	},
	{ 0 },
};
