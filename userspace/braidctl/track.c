// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "braidctl/changed.h"
#include "braidctl/complain.h"
#include "braidctl/holders.h"
#include "braidctl/mapcheck.h"
#include "braidctl/mapcreate.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "braidctl/table.h"
#include "braidctl/tail.h"
#include "braidctl/track.h"
#include "braidctl/trackattach.h"
#include "braidctl/trackclose.h"
#include "braidctl/trackresize.h"
#include "dm/node.h"
#include "dm/track.h"
#include "dm/view.h"

int track_print_path(const struct request *request, const char *name)
{
	char path[DM_DEV_PATH_SIZE];
	json_object *object;

	dm_dev_path(name, path);
	if (!request_has(request, OPT_JSON)) {
		puts(path);
		return print_done();
	}
	object = print_object();
	print_add_text(object, "name", name);
	print_add_text(object, "path", path);
	return print_json(object);
}

static int track_detach(const struct request *request)
{
	const char *name = request->operand[0];
	struct dm_track_status status;
	struct dm_track_table table;
	struct err error;
	uint64_t start;
	bool tail;

	if (dm_track_status(name, &status, &error) ||
	    dm_track_table(name, &table, &error))
		return complain("%s", error.text);
	tail = tail_of(name, &table, &start);
	if (status.nr_views && !request_has(request, OPT_FORCE))
		return complain(
			"%s keeps %u views, which would be lost; --force detaches it all the same",
			name, status.nr_views);
	if (dm_dev_remove(name, &error))
		return complain("%s", error.text);
	if (status.map != DM_TRACK_DURABLE)
		remark("what changed on %s is no longer known: the next replication compares all of it",
		       name);
	return tail ? tail_detach(name) : EXIT_OK;
}

/* Messages mean something else to other targets, or the same by accident. */
static int check_tracked(const char *name)
{
	struct dm_dev_line line;
	struct err error;

	if (dm_dev_table(name, BRAID_TRACK_TARGET, &line, &error))
		return complain("%s", error.text);
	dm_dev_line_free(&line);
	return 0;
}

static int track_view(const struct request *request)
{
	char name[DM_DEV_NAME_SIZE];
	struct err error;
	uint64_t era;
	int r;

	r = request_number(request, 1, "an era", &era);
	if (r)
		return r;
	if (dm_view_name(request->operand[0], era, name))
		return complain(
			"%.32s...: too long a name for a view to be made of it",
			request->operand[0]);
	if (dm_view_create(name, NULL, request->operand[0], era, &error))
		return complain("%s", error.text);
	return track_print_path(request, name);
}

/* Three numbers behind the name: an era, a block and a count. */
static int track_release(const struct request *request)
{
	uint64_t era, block, count;
	struct err error;

	if (request_number(request, 1, "an era", &era) ||
	    request_number(request, 2, "a block", &block) ||
	    request_number(request, 3, "a number of blocks", &count))
		return EXIT_USAGE;
	if (check_tracked(request->operand[0]))
		return EXIT_FAILED;
	if (dm_track_release(request->operand[0], era, block, count, &error))
		return complain("%s", error.text);
	return EXIT_OK;
}

static int track_mark(const struct request *request)
{
	char kind = request_has(request, OPT_COMPARE) ? BRAID_EXTENT_COMPARE :
							BRAID_EXTENT_WRITTEN;
	uint64_t block, count;
	struct err error;

	if (request_number(request, 1, "a block", &block) ||
	    request_number(request, 2, "a number of blocks", &count))
		return EXIT_USAGE;
	if (check_tracked(request->operand[0]))
		return EXIT_FAILED;
	if (dm_track_mark(request->operand[0], kind, block, count, &error))
		return complain("%s", error.text);
	return EXIT_OK;
}

/* The devices that show the view go first: in use, they keep it. */
static int track_drop(const struct request *request)
{
	const char *name = request->operand[0];
	struct holders holders;
	struct err error;
	unsigned int i;
	uint64_t era;

	if (request_number(request, 1, "an era", &era))
		return EXIT_USAGE;
	if (check_tracked(name))
		return EXIT_FAILED;
	if (holders_find(name, era, &holders, &error))
		return complain("%s", error.text);
	for (i = 0; i < holders.count; i++)
		if (dm_view_remove(holders.name[i], &error))
			return complain("%s", error.text);
	if (dm_track_drop(name, era, &error))
		return complain("%s", error.text);
	return EXIT_OK;
}

static json_object *report_views(const struct dm_track_status *status)
{
	json_object *views = print_array();
	unsigned int i;

	for (i = 0; i < status->nr_views; i++) {
		const struct dm_track_view *view = &status->views[i];
		json_object *object = print_object();

		print_add_number(object, "era", view->era);
		print_add_text(object, "mode", dm_track_mode_name(view->mode));
		print_add_text(object, "state",
			       dm_track_state_name(view->state));
		print_add_number(object, "since", view->since);
		print_append(views, object);
	}
	return views;
}

static int report_one(json_object *tracks, const char *name, struct err *error)
{
	char path[DM_DEV_PATH_SIZE];
	struct dm_track_status status;
	struct dm_track_table table;
	json_object *track;
	uint64_t block;
	int r;

	r = dm_track_status(name, &status, error);
	if (!r)
		r = dm_track_table(name, &table, error);
	if (r)
		return r;
	block = status.block_sectors * 512ULL;
	track = print_object();
	print_add_text(track, "name", name);
	dm_node_path(table.origin, path);
	print_add_text(track, "origin", path);
	dm_node_path(table.meta, path);
	print_add_text(track, "meta", strcmp(path, "-") ? path : NULL);
	print_add_number(track, "block_bytes", block);
	print_add_number(track, "blocks", status.nr_blocks);
	print_add_text(track, "map_id", status.map_id);
	print_add_number(track, "era", status.era);
	print_add_number(track, "oldest", status.oldest);
	print_add_number(track, "store_used_bytes", status.store_used * block);
	print_add_number(track, "store_bytes", status.store_total * block);
	print_add_text(track, "map", dm_track_map_name(status.map));
	print_add_number(track, "hot_extents", status.hot);
	print_add_number(track, "log_slots", status.slots);
	print_add_number(track, "extent_bytes", status.extent_blocks * block);
	print_add_number(track, "suspect_blocks", status.suspect_blocks);
	print_add_number(track, "log_writes", status.log_writes);
	print_add_number(track, "map_writes", status.map_writes);
	print_add(track, "views", report_views(&status));
	print_append(tracks, track);
	return 0;
}

struct report {
	json_object *tracks;
	struct err error;
};

static int report_next(void *arg, const char *name)
{
	struct report *report = arg;

	return report_one(report->tracks, name, &report->error);
}

int track_report(const char *name, json_object **tracks)
{
	struct report report = { .tracks = print_array() };
	int r;

	if (name)
		r = report_one(report.tracks, name, &report.error);
	else
		r = dm_dev_each_of(BRAID_TRACK_TARGET, report_next, &report,
				   &report.error);
	if (r) {
		json_object_put(report.tracks);
		return complain("%s", report.error.text);
	}
	*tracks = report.tracks;
	return 0;
}

static void print_views(json_object *track)
{
	json_object *views = json_object_object_get(track, "views");
	struct table table;
	size_t i;

	if (!json_object_array_length(views))
		return;
	table_begin(&table, "  VIEW", "MODE", "STATE", "SINCE", NULL);
	for (i = 0; i < json_object_array_length(views); i++) {
		json_object *view = json_object_array_get_idx(views, i);

		table_cell(&table, "  %s@%" PRIu64,
			   print_text_of(track, "name"),
			   print_number_of(view, "era"));
		table_cell(&table, "%s", print_text_of(view, "mode"));
		table_cell(&table, "%s", print_text_of(view, "state"));
		table_cell(&table, "%" PRIu64, print_number_of(view, "since"));
	}
	table_end(&table, stdout);
}

static void print_row(struct table *table, json_object *track)
{
	json_object *views = json_object_object_get(track, "views");
	uint64_t store = print_number_of(track, "store_bytes");
	char used[SIZE_TEXT], total[SIZE_TEXT], block[SIZE_TEXT];

	table_cell(table, "%s", print_text_of(track, "name"));
	table_cell(table, "%s", print_text_of(track, "origin"));
	table_cell(table, "%s",
		   size_format(print_number_of(track, "block_bytes"), block));
	table_cell(table, "%" PRIu64, print_number_of(track, "era"));
	table_cell(table, "%s", print_text_of(track, "map"));
	table_cell(table, "%zu", json_object_array_length(views));
	if (store)
		table_cell(
			table, "%s of %s",
			size_format(print_number_of(track, "store_used_bytes"),
				    used),
			size_format(store, total));
	else
		table_cell(table, "none");
}

void track_print(json_object *tracks)
{
	size_t i, count = json_object_array_length(tracks);
	struct table table;

	table_begin(&table, "TRACK", "ORIGIN", "BLOCK", "ERA", "MAP", "VIEWS",
		    "STORE", NULL);
	for (i = 0; i < count; i++)
		print_row(&table, json_object_array_get_idx(tracks, i));
	table_end(&table, stdout);
	for (i = 0; i < count; i++)
		print_views(json_object_array_get_idx(tracks, i));
}

static int track_status(const struct request *request)
{
	const char *name = request->operands ? request->operand[0] : NULL;
	json_object *tracks, *object;

	if (track_report(name, &tracks))
		return EXIT_FAILED;
	if (request_has(request, OPT_JSON)) {
		object = print_object();
		print_add(object, "tracks", tracks);
		return print_json(object);
	}
	if (json_object_array_length(tracks))
		track_print(tracks);
	else
		puts("no tracked devices");
	json_object_put(tracks);
	return print_done();
}

const struct command track_commands[] = {
	{
		.family = "track",
		.name = "create",
		.operands = "[META] ORIGIN",
		.operands_min = 1,
		.operands_max = 2,
		.options = OPT(JSON) | OPT(FORCE) | OPT(BLOCK) | OPT(EXTENT) |
			   OPT(SLOTS) | OPT(MAX_SIZE) | OPT(STORE) | OPT(TAIL),
		.summary =
			"Make a durable map for ORIGIN on the device META, or in its own tail.",
		.more = "What is on META is overwritten; ORIGIN is only read. Then attach ORIGIN with\n"
			"--meta META: what changes is known across restarts and crashes.\n"
			"With --tail there is no META: the end of ORIGIN is overwritten, and what is\n"
			"tracked is shorter by it.",
		.run = map_create,
	},
	{
		.family = "track",
		.name = "erase",
		.operands = "META",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(FORCE),
		.summary = "Take the durable map on META away.",
		.run = map_erase_found,
	},
	{
		.family = "track",
		.name = "check",
		.operands = "META",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(JSON),
		.summary =
			"Read all of a durable map that is not in use; status 1 if it is damaged.",
		.run = map_check,
	},
	{
		.family = "track",
		.name = "dump",
		.operands = "META",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(JSON),
		.summary = "Print all of a durable map that is not in use.",
		.run = map_dump,
	},
	{
		.family = "track",
		.name = "attach",
		.operands = "NAME ORIGIN",
		.operands_min = 2,
		.operands_max = 2,
		.options = OPT(JSON) | OPT(FORCE) | OPT(BLOCK) | OPT(META) |
			   OPT(TAIL),
		.summary =
			"Make /dev/mapper/NAME, which tracks what changes on ORIGIN.",
		.more = "What is on ORIGIN stays and is seen through NAME; use NAME in its place\n"
			"from then on. If the metadata device has a map (track create), what changes is\n"
			"known across restarts; otherwise what is on it is overwritten. Without one, no\n"
			"views can be kept.",
		.run = trackattach_run,
	},
	{
		.family = "track",
		.name = "detach",
		.operands = "NAME",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(FORCE),
		.summary = "Stop tracking; the data on the origin stays.",
		.more = "Unless the map is durable, what changed is forgotten, and the next replication\n"
			"compares all of it.\n"
			"Open views are lost, with --force only.",
		.run = track_detach,
	},
	{
		.family = "track",
		.name = "status",
		.operands = "[NAME]",
		.operands_max = 1,
		.options = OPT(JSON),
		.summary = "Show the tracked devices, their eras and views.",
		.run = track_status,
	},
	{
		.family = "track",
		.name = "close",
		.operands = "NAME[@SINCE]...",
		.operands_min = 1,
		.operands_max = BRAID_GROUP_MAX,
		.options = OPT(JSON) | OPT(VIEW) | OPT(SINCE) | OPT(GROUP) |
			   OPT(FSFREEZE),
		.summary = "Close the current era and print its number.",
		.more = "With --view, the device as it is at that instant is kept: every block, or\n"
			"those that changed since the era of --since until they are released.\n"
			"Several devices are closed at one instant with --group; each may have a\n"
			"SINCE of its own. With --fsfreeze their filesystems are frozen meanwhile.",
		.run = trackclose_run,
	},
	{
		.family = "track",
		.name = "changed",
		.operands = "NAME",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(JSON) | OPT(SINCE) | OPT(VIEW_ERA) | OPT(MAP),
		.needed = OPT(SINCE),
		.summary =
			"List what changed since an era: kind, block, count.",
		.run = changed_run,
	},
	{
		.family = "track",
		.name = "view",
		.operands = "NAME ERA",
		.operands_min = 2,
		.operands_max = 2,
		.options = OPT(JSON),
		.summary =
			"Make /dev/mapper/NAME@ERA, the read-only view of a closed era.",
		.run = track_view,
	},
	{
		.family = "track",
		.name = "release",
		.operands = "NAME ERA BLOCK COUNT",
		.operands_min = 4,
		.operands_max = 4,
		.summary = "Keep these blocks no longer for the view of ERA.",
		.run = track_release,
	},
	{
		.family = "track",
		.name = "drop",
		.operands = "NAME ERA",
		.operands_min = 2,
		.operands_max = 2,
		.summary =
			"End the view of ERA and remove the devices that show it.",
		.run = track_drop,
	},
	{
		.family = "track",
		.name = "abort",
		.operands = "NAME ERA",
		.operands_min = 2,
		.operands_max = 2,
		.summary = "The same: what was not shipped is not kept.",
		.run = track_drop,
	},
	{
		.family = "track",
		.name = "resize",
		.operands = "NAME [SIZE]",
		.operands_min = 1,
		.operands_max = 2,
		.summary = "Grow to the size of the origin, or to SIZE.",
		.more = "What is added counts as written. Map, eras and views stay.",
		.run = trackresize_run,
	},
	{
		.family = "track",
		.name = "mark",
		.operands = "NAME BLOCK COUNT",
		.operands_min = 3,
		.operands_max = 3,
		.options = OPT(COMPARE),
		.summary =
			"Note these blocks as written, or as to be compared.",
		.run = track_mark,
	},
	{ 0 },
};
