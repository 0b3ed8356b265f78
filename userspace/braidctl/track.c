// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "braidctl/changed.h"
#include "braidctl/complain.h"
#include "braidctl/holders.h"
#include "braidctl/member.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "braidctl/table.h"
#include "braidctl/track.h"
#include "dm/node.h"
#include "dm/track.h"
#include "dm/view.h"

#define DEFAULT_BLOCK 65536

static int attach_block(const struct request *request, uint32_t *sectors)
{
	uint64_t block = DEFAULT_BLOCK;

	if (request_has(request, OPT_BLOCK))
		block = request->number[OPT_BLOCK];
	if (block < 512ULL * BRAID_BLOCK_SECTORS_MIN ||
	    block > 512ULL * BRAID_BLOCK_SECTORS_MAX || block & (block - 1))
		return complain_usage(
			"--block %s: not a power of two from 4K to 1M",
			request->text[OPT_BLOCK]);
	*sectors = block / 512;
	return 0;
}

/* What is on the origin stays; what is on the metadata device doesn't. */
static int attach_devices(const struct request *request, struct member *origin,
			  struct dm_track_table *table)
{
	struct member members[2] = { 0 };

	if (strlen(request->operand[1]) >= sizeof(table->origin))
		return complain_usage("%.32s...: the path is too long",
				      request->operand[1]);
	if (member_check(request->operand[1], &members[0]))
		return EXIT_FAILED;
	strcpy(table->origin, request->operand[1]);
	strcpy(table->meta, "-");
	*origin = members[0];
	if (!request_has(request, OPT_META))
		return 0;
	if (strlen(request->text[OPT_META]) >= sizeof(table->meta))
		return complain_usage("--meta %.32s...: the path is too long",
				      request->text[OPT_META]);
	if (member_check(request->text[OPT_META], &members[1]) ||
	    member_check_distinct(members, 2) ||
	    member_check_blank(&members[1], request_has(request, OPT_FORCE)))
		return EXIT_FAILED;
	strcpy(table->meta, request->text[OPT_META]);
	return 0;
}

static int print_path(const struct request *request, const char *name)
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

static int track_attach(const struct request *request)
{
	const char *name = request->operand[0];
	struct dm_track_table table = { 0 };
	struct dm_dev_info info;
	struct err error;
	struct member origin = { 0 };
	int r;

	if (!dm_dev_name_ok(name) || strchr(name, '@'))
		return complain_usage(
			"'%s' is no name for a tracked device: use letters, digits and #+-.:=_",
			name);
	if (attach_block(request, &table.block_sectors))
		return EXIT_USAGE;
	if (!dm_dev_info(name, &info, NULL))
		return complain("there is a device-mapper device %s already",
				name);
	r = attach_devices(request, &origin, &table);
	if (r)
		return r;
	if (dm_track_create(name, &table, origin.sectors, &error))
		return complain("%s", error.text);
	return print_path(request, name);
}

static int track_detach(const struct request *request)
{
	const char *name = request->operand[0];
	struct dm_track_status status;
	struct err error;

	if (dm_track_status(name, &status, &error))
		return complain("%s", error.text);
	if (status.nr_views && !request_has(request, OPT_FORCE))
		return complain(
			"%s keeps %u views, which would be lost; --force detaches it all the same",
			name, status.nr_views);
	if (dm_dev_remove(name, &error))
		return complain("%s", error.text);
	remark("what changed on %s is no longer known: the next replication compares all of it",
	       name);
	return EXIT_OK;
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

static int track_close(const struct request *request)
{
	enum dm_track_mode mode = DM_TRACK_NO_VIEW;
	const char *name = request->operand[0];
	struct err error;
	json_object *object;
	uint64_t era;

	if (request_has(request, OPT_VIEW) &&
	    (!dm_track_mode_of(request->text[OPT_VIEW], &mode) ||
	     mode == DM_TRACK_NO_VIEW))
		return complain_usage(
			"--view %s: only whole and shipped are known",
			request->text[OPT_VIEW]);
	if (request_has(request, OPT_VIEW) != request_has(request, OPT_SINCE))
		return complain_usage("--view and --since belong together");
	if (check_tracked(name))
		return EXIT_FAILED;
	if (dm_track_close(name, mode, request->number[OPT_SINCE], &era,
			   &error))
		return complain("%s", error.text);
	if (!request_has(request, OPT_JSON)) {
		printf("%" PRIu64 "\n", era);
		return print_done();
	}
	object = print_object();
	print_add_text(object, "name", name);
	print_add_number(object, "era", era);
	print_add_text(object, "view",
		       mode == DM_TRACK_NO_VIEW ? NULL :
						  dm_track_mode_name(mode));
	return print_json(object);
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
	return print_path(request, name);
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
	table_cell(table, "%" PRIu64, print_number_of(track, "oldest"));
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

	table_begin(&table, "TRACK", "ORIGIN", "BLOCK", "ERA", "OLDEST",
		    "VIEWS", "STORE", NULL);
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
		.name = "attach",
		.operands = "NAME ORIGIN",
		.operands_min = 2,
		.operands_max = 2,
		.options = OPT(JSON) | OPT(FORCE) | OPT(BLOCK) | OPT(META),
		.summary =
			"Make /dev/mapper/NAME, which tracks what changes on ORIGIN.",
		.more = "What is on ORIGIN stays and is seen through NAME; use NAME in its place\n"
			"from then on. What is on the metadata device is overwritten. Without one,\n"
			"no views can be kept.",
		.run = track_attach,
	},
	{
		.family = "track",
		.name = "detach",
		.operands = "NAME",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(FORCE),
		.summary = "Stop tracking; the data on the origin stays.",
		.more = "What changed is forgotten, so the next replication compares all of it.\n"
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
		.operands = "NAME",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(JSON) | OPT(VIEW) | OPT(SINCE),
		.summary = "Close the current era and print its number.",
		.more = "With --view, the device as it is at that instant is kept: every block, or\n"
			"those that changed since the era of --since until they are released.",
		.run = track_close,
	},
	{
		.family = "track",
		.name = "changed",
		.operands = "NAME",
		.operands_min = 1,
		.operands_max = 1,
		.options = OPT(JSON) | OPT(SINCE) | OPT(VIEW_ERA),
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
