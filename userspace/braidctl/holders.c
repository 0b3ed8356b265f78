// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "braidctl/holders.h"
#include "dm-braid.h"
#include "dm/scan.h"

struct search {
	char node[DM_DEV_NODE_SIZE];
	uint64_t era;
	struct holders *holders;
};

/* A view's table is "<major:minor of the tracked device> <era>". */
static int look(void *arg, const char *name)
{
	struct search *search = arg;
	struct dm_dev_line line;
	struct dm_scan scan;
	uint64_t era;
	bool ours;
	int r;

	r = dm_dev_table(name, BRAID_VIEW_TARGET, &line, NULL);
	if (r)
		return r;
	scan.at = line.params;
	ours = dm_scan_is(&scan, search->node) && dm_scan_u64(&scan, &era) &&
	       (!search->era || era == search->era);
	dm_dev_line_free(&line);
	if (!ours)
		return 0;
	if (search->holders->count == HOLDERS_MAX)
		return -E2BIG;
	strcpy(search->holders->name[search->holders->count++], name);
	return 0;
}

int holders_find(const char *track, uint64_t era, struct holders *holders,
		 struct err *error)
{
	struct search search = { .era = era, .holders = holders };
	int r;

	memset(holders, 0, sizeof(*holders));
	r = dm_dev_node(track, search.node, error);
	if (r)
		return r;
	r = dm_dev_each_of(BRAID_VIEW_TARGET, look, &search, error);
	if (r == -E2BIG)
		err_set(error, -r, "more than %d devices show views of %s",
			HOLDERS_MAX, track);
	return r;
}
