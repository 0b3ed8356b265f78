// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/scan.h"
#include "dm/track.h"

#define MESSAGE_SIZE 96
#define GROUP_SIZE 1024 /* of the largest group's message */

static const char *const mode_names[] = {
	[DM_TRACK_NO_VIEW] = "none",
	[DM_TRACK_WHOLE] = "whole",
	[DM_TRACK_SHIPPED] = "shipped",
};

static const char *const state_names[] = {
	[DM_TRACK_DRAINING] = "draining",
	[DM_TRACK_OPEN] = "open",
	[DM_TRACK_INVALID] = "invalid",
};

static const char *const map_names[] = {
	[DM_TRACK_MEMORY] = "memory",
	[DM_TRACK_DURABLE] = "durable",
	[DM_TRACK_FAILED] = "failed",
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int index_of(const char *const *names, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (!strcmp(names[i], name))
			return i;
	return -1;
}

const char *dm_track_mode_name(enum dm_track_mode mode)
{
	return (size_t)mode < COUNT(mode_names) ? mode_names[mode] : NULL;
}

bool dm_track_mode_of(const char *name, enum dm_track_mode *mode)
{
	int i = index_of(mode_names, COUNT(mode_names), name);

	if (i < 0)
		return false;
	*mode = i;
	return true;
}

const char *dm_track_state_name(enum dm_track_view_state state)
{
	return (size_t)state < COUNT(state_names) ? state_names[state] : NULL;
}

const char *dm_track_map_name(enum dm_track_map map)
{
	return (size_t)map < COUNT(map_names) ? map_names[map] : NULL;
}

static bool device_word(const char *device)
{
	return *device && !device[strcspn(device, " \t\r\n\\")];
}

static bool block_sectors_ok(uint32_t sectors)
{
	return sectors >= BRAID_BLOCK_SECTORS_MIN &&
	       sectors <= BRAID_BLOCK_SECTORS_MAX && !(sectors & (sectors - 1));
}

int dm_track_table_format(const struct dm_track_table *table, char *line,
			  size_t size)
{
	int n;

	if (!device_word(table->meta) || !device_word(table->origin) ||
	    !block_sectors_ok(table->block_sectors))
		return -EINVAL;
	n = snprintf(line, size, "%s %s %" PRIu32 "%s", table->meta,
		     table->origin, table->block_sectors,
		     table->durable ? " 1 durable" : "");
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int dm_track_table_parse(const char *line, struct dm_track_table *table)
{
	struct dm_scan scan = { line };
	char feature[32];
	uint32_t count;

	table->durable = false;
	if (!dm_scan_copy(&scan, table->meta, sizeof(table->meta)) ||
	    !dm_scan_copy(&scan, table->origin, sizeof(table->origin)) ||
	    !dm_scan_u32(&scan, &table->block_sectors) ||
	    !block_sectors_ok(table->block_sectors))
		return -EINVAL;
	if (!dm_scan_u32(&scan, &count))
		return 0;
	/* there may be features that are newer than this */
	while (count-- && dm_scan_copy(&scan, feature, sizeof(feature)))
		table->durable |= !strcmp(feature, "durable");
	return 0;
}

static bool view_parse(struct dm_scan *scan, struct dm_track_view *view)
{
	char mode[16], state[16];
	int i;

	if (!dm_scan_u64(scan, &view->era) || !view->era ||
	    !dm_scan_copy(scan, mode, sizeof(mode)) ||
	    !dm_scan_copy(scan, state, sizeof(state)) ||
	    !dm_scan_u64(scan, &view->since))
		return false;
	if (!dm_track_mode_of(mode, &view->mode) ||
	    view->mode == DM_TRACK_NO_VIEW)
		return false;
	i = index_of(state_names, COUNT(state_names), state);
	view->state = i;
	return i >= 0;
}

/* What a kernel without durable maps doesn't say. */
static bool map_parse(struct dm_scan *scan, struct dm_track_status *status)
{
	char word[16];
	int map;

	if (dm_scan_end(scan))
		return true;
	if (!dm_scan_copy(scan, word, sizeof(word)))
		return false;
	map = index_of(map_names, COUNT(map_names), word);
	status->map = map;
	return map >= 0 && dm_scan_ratio(scan, &status->hot, &status->slots) &&
	       dm_scan_u64(scan, &status->extent_blocks) &&
	       dm_scan_u64(scan, &status->suspect_blocks) &&
	       dm_scan_u64(scan, &status->log_writes) &&
	       dm_scan_u64(scan, &status->map_writes);
}

static bool map_id_ok(const char *id)
{
	return strspn(id, "0123456789abcdef") == BRAID_MAP_ID_HEX;
}

int dm_track_status_parse(const char *line, struct dm_track_status *status)
{
	struct dm_scan scan = { line };
	unsigned int i;

	memset(status, 0, sizeof(*status));
	if (!dm_scan_u32(&scan, &status->block_sectors) ||
	    !block_sectors_ok(status->block_sectors) ||
	    !dm_scan_u64(&scan, &status->nr_blocks) || !status->nr_blocks ||
	    status->nr_blocks > UINT64_MAX / 512 / status->block_sectors ||
	    !dm_scan_copy(&scan, status->map_id, sizeof(status->map_id)) ||
	    !map_id_ok(status->map_id) || !dm_scan_u64(&scan, &status->era) ||
	    !status->era || !dm_scan_u64(&scan, &status->oldest) ||
	    !dm_scan_ratio(&scan, &status->store_used, &status->store_total) ||
	    !dm_scan_u32(&scan, &status->nr_views) ||
	    status->nr_views > DM_TRACK_VIEWS_MAX)
		return -EPROTO;
	for (i = 0; i < status->nr_views; i++)
		if (!view_parse(&scan, &status->views[i]))
			return -EPROTO;
	return map_parse(&scan, status) ? 0 : -EPROTO;
}

/* The extents of a page, each checked; called once to check, once to tell. */
static int page_extents(struct dm_scan scan, uint64_t from, uint64_t end,
			dm_track_extent_fn *fn, void *arg)
{
	struct dm_track_extent extent;
	char kind[2];
	int r = 0;

	while (!r && !dm_scan_end(&scan)) {
		if (!dm_scan_copy(&scan, kind, sizeof(kind)) || *kind < 'a' ||
		    *kind > 'z' || !dm_scan_u64(&scan, &extent.block) ||
		    !dm_scan_u64(&scan, &extent.count) || !extent.count ||
		    extent.block < from || extent.block > end ||
		    extent.count > end - extent.block)
			return -EPROTO;
		extent.kind = *kind;
		from = extent.block + extent.count;
		if (fn)
			r = fn(arg, &extent);
	}
	return r;
}

int dm_track_page_parse(const char *text, uint64_t from, uint64_t nr_blocks,
			uint64_t *next, dm_track_extent_fn *fn, void *arg)
{
	struct dm_scan first = { text }, rest;
	uint64_t end = nr_blocks;
	int r;

	rest = first;
	if (dm_scan_is(&first, "end")) {
		*next = DM_TRACK_END;
		rest = first;
	} else if (dm_scan_u64(&rest, next) && *next > from && *next <= end) {
		end = *next;
	} else {
		return -EPROTO;
	}
	r = page_extents(rest, from, end, NULL, NULL);
	return r ? r : page_extents(rest, from, end, fn, arg);
}

int dm_track_status(const char *name, struct dm_track_status *status,
		    struct err *error)
{
	struct dm_dev_line line;
	int r;

	r = dm_dev_status(name, BRAID_TRACK_TARGET, &line, error);
	if (r)
		return r;
	return dm_dev_line_done(&line, name, "status",
				dm_track_status_parse(line.params, status),
				error);
}

int dm_track_table(const char *name, struct dm_track_table *table,
		   struct err *error)
{
	struct dm_dev_line line;
	int r;

	r = dm_dev_table(name, BRAID_TRACK_TARGET, &line, error);
	if (r)
		return r;
	return dm_dev_line_done(&line, name, "table",
				dm_track_table_parse(line.params, table),
				error);
}

int dm_track_create(const char *name, const struct dm_track_table *table,
		    uint64_t sectors, struct err *error)
{
	char params[2 * DM_DEV_PATH_SIZE + 32];
	struct dm_dev_table line = {
		.sectors = sectors,
		.target = BRAID_TRACK_TARGET,
		.params = params,
	};
	int r;

	r = dm_track_table_format(table, params, sizeof(params));
	if (r)
		return err_set(
			error, -r,
			"cannot create %s: bad origin '%s', metadata device '%s' or block size of %u sectors",
			name, table->origin, table->meta, table->block_sectors);
	return dm_dev_create(name, &line, error);
}

int dm_track_close(const char *name, enum dm_track_mode mode, uint64_t since,
		   uint64_t *era, struct err *error)
{
	char message[MESSAGE_SIZE];
	struct dm_scan scan;
	char *reply;
	int r;

	if (mode == DM_TRACK_NO_VIEW)
		strcpy(message, "close");
	else
		snprintf(message, sizeof(message), "close %s %" PRIu64,
			 mode_names[mode], since);
	r = dm_dev_message(name, message, &reply, error);
	if (r)
		return r;
	scan.at = reply;
	if (!dm_scan_u64(&scan, era) || !*era || !dm_scan_end(&scan))
		r = err_set(error, EPROTO,
			    "%s closed its era but answered '%.64s'", name,
			    reply);
	free(reply);
	return r;
}

int dm_track_group_parse(const char *reply, struct dm_track_member *members,
			 unsigned int count)
{
	struct dm_scan scan = { reply };
	char node[DM_DEV_NODE_SIZE];
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!dm_scan_copy(&scan, node, sizeof(node)) ||
		    !dm_scan_u64(&scan, &members[i].era) || !members[i].era)
			return -EPROTO;
	return dm_scan_end(&scan) ? 0 : -EPROTO;
}

/* Append a member by its number: its path may be long. */
static int group_add(const struct dm_track_member *member, bool view,
		     char message[GROUP_SIZE], struct err *error)
{
	size_t used = strlen(message);
	struct dm_dev_info info;
	int n, r = dm_dev_info(member->name, &info, error);

	if (r)
		return r;
	n = snprintf(message + used, GROUP_SIZE - used, " %u:%u", info.major,
		     info.minor);
	if (view)
		snprintf(message + used + n, GROUP_SIZE - used - n, " %" PRIu64,
			 member->since);
	return 0;
}

int dm_track_close_group(struct dm_track_member *members, unsigned int count,
			 enum dm_track_mode mode, struct err *error)
{
	char message[GROUP_SIZE], *reply;
	unsigned int i;
	int r = 0;

	if (count < 1 || count > BRAID_GROUP_MAX)
		return err_set(error, EINVAL,
			       "a group has 1 to %u devices, not %u",
			       BRAID_GROUP_MAX, count);
	snprintf(message, sizeof(message), "close-group %s", mode_names[mode]);
	for (i = 0; i < count && !r; i++)
		r = group_add(&members[i], mode != DM_TRACK_NO_VIEW, message,
			      error);
	if (!r)
		r = dm_dev_message(members[0].name, message, &reply, error);
	if (r)
		return r;
	r = dm_track_group_parse(reply, members, count);
	if (r)
		err_set(error, -r,
			"%s closed the eras of its group but answered '%.64s'",
			members[0].name, reply);
	free(reply);
	return r;
}

int dm_track_changed_page(const char *name, uint64_t since, uint64_t view_era,
			  uint64_t from, uint64_t nr_blocks, uint64_t *next,
			  dm_track_extent_fn *fn, void *arg, struct err *error)
{
	char message[MESSAGE_SIZE], view[24] = "now", *reply;
	int r;

	if (view_era != DM_TRACK_NOW)
		snprintf(view, sizeof(view), "%" PRIu64, view_era);
	snprintf(message, sizeof(message), "changed %" PRIu64 " %s %" PRIu64,
		 since, view, from);
	r = dm_dev_message(name, message, &reply, error);
	if (r)
		return r;
	r = dm_track_page_parse(reply, from, nr_blocks, next, fn, arg);
	if (r == -EPROTO)
		err_set(error, -r, "%s answered '%s' with '%.64s...'", name,
			message, reply);
	free(reply);
	return r;
}

int dm_track_changed(const char *name, uint64_t since, uint64_t view_era,
		     dm_track_extent_fn *fn, void *arg, struct err *error)
{
	struct dm_track_status status;
	uint64_t from = 0;
	int r;

	r = dm_track_status(name, &status, error);
	while (!r && from != DM_TRACK_END)
		r = dm_track_changed_page(name, since, view_era, from,
					  status.nr_blocks, &from, fn, arg,
					  error);
	return r;
}

/* A message takes a part of the range. An empty one is sent to be judged. */
static int range_message(const char *name, const char *what, uint64_t block,
			 uint64_t count, const char *how, struct err *error)
{
	char message[MESSAGE_SIZE];
	uint64_t part;
	int r;

	do {
		part = count < BRAID_RANGE_MAX ? count : BRAID_RANGE_MAX;
		snprintf(message, sizeof(message),
			 "%s %" PRIu64 " %" PRIu64 "%s", what, block, part,
			 how);
		r = dm_dev_message(name, message, NULL, error);
		block += part;
		count -= part;
	} while (!r && count);
	return r;
}

int dm_track_release(const char *name, uint64_t era, uint64_t block,
		     uint64_t count, struct err *error)
{
	char what[MESSAGE_SIZE / 2];

	snprintf(what, sizeof(what), "release %" PRIu64, era);
	return range_message(name, what, block, count, "", error);
}

int dm_track_drop(const char *name, uint64_t era, struct err *error)
{
	char message[MESSAGE_SIZE];

	snprintf(message, sizeof(message), "drop %" PRIu64, era);
	return dm_dev_message(name, message, NULL, error);
}

int dm_track_mark(const char *name, char kind, uint64_t block, uint64_t count,
		  struct err *error)
{
	return range_message(name, "mark", block, count,
			     kind == BRAID_EXTENT_COMPARE ? " compare" : "",
			     error);
}
