// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dm/scan.h"
#include "dm/view.h"

int dm_view_name(const char *track, uint64_t era, char name[DM_DEV_NAME_SIZE])
{
	int n = snprintf(name, DM_DEV_NAME_SIZE, "%s@%" PRIu64, track, era);

	return n >= DM_DEV_NAME_SIZE ? -ENAMETOOLONG : 0;
}

int dm_view_status_parse(const char *line, struct dm_view_status *status)
{
	struct dm_scan scan = { line };
	char mode[16], state[16];

	if (!dm_scan_copy(&scan, mode, sizeof(mode)) ||
	    !dm_track_mode_of(mode, &status->mode) ||
	    status->mode == DM_TRACK_NO_VIEW ||
	    !dm_scan_copy(&scan, state, sizeof(state)) ||
	    !dm_scan_u64(&scan, &status->kept_blocks) ||
	    !dm_scan_u64(&scan, &status->released_blocks))
		return -EPROTO;
	status->valid = !strcmp(state, "open");
	return status->valid || !strcmp(state, "invalid") ? 0 : -EPROTO;
}

int dm_view_create(const char *name, const char *uuid, const char *track,
		   uint64_t era, struct err *error)
{
	char params[DM_DEV_NODE_SIZE + 32], node[DM_DEV_NODE_SIZE];
	struct dm_dev_table table = {
		.target = BRAID_VIEW_TARGET,
		.params = params,
		.read_only = true,
		.uuid = uuid,
	};
	struct dm_dev_line line;
	int r;

	r = dm_dev_table(track, BRAID_TRACK_TARGET, &line, error);
	if (r)
		return r;
	table.sectors = line.sectors;
	dm_dev_line_free(&line);
	r = dm_dev_node(track, node, error);
	if (r)
		return r;
	snprintf(params, sizeof(params), "%s %" PRIu64, node, era);
	return dm_dev_create(name, &table, error);
}

int dm_view_status(const char *name, struct dm_view_status *status,
		   struct err *error)
{
	struct dm_dev_line line;
	int r;

	r = dm_dev_status(name, BRAID_VIEW_TARGET, &line, error);
	if (r)
		return r;
	return dm_dev_line_done(&line, name, "status",
				dm_view_status_parse(line.params, status),
				error);
}

int dm_view_remove(const char *name, struct err *error)
{
	return dm_dev_remove(name, error);
}
