// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "braidctl/complain.h"
#include "braidctl/tail.h"
#include "dm/device.h"

#define TAIL_SUFFIX "-tail"

static bool tail_name(const char *name, char tail[DM_DEV_NAME_SIZE])
{
	return snprintf(tail, DM_DEV_NAME_SIZE, "%s" TAIL_SUFFIX, name) <
	       DM_DEV_NAME_SIZE;
}

int tail_attach(const char *name, const char *origin,
		const struct map_found *found, char path[DM_DEV_PATH_SIZE])
{
	char tail[DM_DEV_NAME_SIZE], params[DM_DEV_PATH_SIZE + 32];
	struct dm_dev_table table = {
		.sectors = found->sectors,
		.target = "linear",
		.params = params,
	};
	struct dm_dev_info info;
	struct err error;

	if (!tail_name(name, tail))
		return complain_usage("%.32s...: the name is too long", name);
	if (!dm_dev_info(tail, &info, NULL))
		return complain("there is a device-mapper device %s already",
				tail);
	snprintf(params, sizeof(params), "%s %" PRIu64, origin, found->at);
	if (dm_dev_create(tail, &table, &error))
		return complain("%s", error.text);
	dm_dev_path(tail, path);
	return 0;
}

int tail_detach(const char *name)
{
	char tail[DM_DEV_NAME_SIZE];
	struct err error;

	if (tail_name(name, tail) && dm_dev_remove(tail, &error))
		return complain("%s", error.text);
	return 0;
}

bool tail_of(const char *name, const struct dm_track_table *table,
	     uint64_t *start)
{
	char tail[DM_DEV_NAME_SIZE], node[DM_DEV_NODE_SIZE];
	char origin[DM_DEV_NODE_SIZE] = "";
	struct dm_dev_line line;
	bool is;

	if (!tail_name(name, tail) || dm_dev_node(tail, node, NULL) ||
	    strcmp(node, table->meta) ||
	    dm_dev_table(tail, "linear", &line, NULL))
		return false;
	is = sscanf(line.params, "%23s %" SCNu64, origin, start) == 2 &&
	     !strcmp(origin, table->origin);
	dm_dev_line_free(&line);
	return is;
}
