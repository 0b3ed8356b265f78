// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dm/view.h"
#include "log/log.h"
#include "source/leftover.h"

struct leftover {
	char prefix[DM_DEV_NAME_SIZE];
	char node[DM_DEV_NODE_SIZE]; /* of the tracked device */
	char found[DM_DEV_NAME_SIZE]; /* one of ours */
	uint64_t shown[DM_TRACK_VIEWS_MAX];
	unsigned int nr_shown;
};

/* Its era, if a device shows a view of ours; 0 otherwise. */
static uint64_t era_shown(const struct leftover *l, const char *name)
{
	struct dm_dev_line line;
	struct dm_error error;
	size_t len = strlen(l->node);
	uint64_t era = 0;

	if (dm_dev_table(name, BRAID_VIEW_TARGET, &line, &error) < 0)
		return 0;
	if (strncmp(line.params, l->node, len) == 0 && line.params[len] == ' ')
		era = strtoull(line.params + len + 1, NULL, 10);
	dm_dev_line_free(&line);
	return era;
}

static int look(void *arg, const char *name)
{
	struct leftover *l = arg;
	uint64_t era = era_shown(l, name);

	if (era == 0)
		return 0;
	if (strncmp(name, l->prefix, strlen(l->prefix)) == 0)
		snprintf(l->found, sizeof(l->found), "%s", name);
	else if (l->nr_shown < DM_TRACK_VIEWS_MAX)
		l->shown[l->nr_shown++] = era;
	return 0;
}

static bool is_shown(const struct leftover *l, uint64_t era)
{
	unsigned int i;

	for (i = 0; i < l->nr_shown; i++)
		if (l->shown[i] == era)
			return true;
	return false;
}

/* Removing one changes the list that is being gone through: one at a time. */
static int remove_ours(struct leftover *l, struct dm_error *error)
{
	int ret;

	do {
		l->found[0] = '\0';
		l->nr_shown = 0;
		ret = dm_dev_each_of(BRAID_VIEW_TARGET, look, l, error);
		if (ret < 0 || l->found[0] == '\0')
			return ret;
		log_info("removing the view %s, left behind", l->found);
		ret = dm_view_remove(l->found, error);
	} while (ret == 0);
	return ret;
}

int leftover_drop(const char *track, const char *volume,
		  const struct dm_track_status *status, struct err *e)
{
	struct leftover l = { .nr_shown = 0 };
	struct dm_error error;
	unsigned int i;
	int ret;

	snprintf(l.prefix, sizeof(l.prefix), "braid-%s-", volume);
	ret = dm_dev_node(track, l.node, &error);
	if (ret == 0)
		ret = remove_ours(&l, &error);
	for (i = 0; i < status->nr_views && ret == 0; i++) {
		if (is_shown(&l, status->views[i].era) ||
		    status->views[i].state == DM_TRACK_DRAINING)
			continue;
		log_info("dropping the view of era %" PRIu64
			 " of %s, left behind",
			 status->views[i].era, track);
		ret = dm_track_drop(track, status->views[i].era, &error);
	}
	return ret < 0 ? err_set(e, -ret, "%s", error.text) : 0;
}
