// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dm/scan.h"
#include "dm/view.h"
#include "log/log.h"
#include "source/leftover.h"

#define NOTE "view"
#define NOTE_FORMAT "%s %020" PRIu64 " %020" PRIu64 "\n"
#define NOTE_BYTES (BRAID_MAP_ID_HEX + 1 + 20 + 1 + 20 + 1)

struct note {
	char map_id[BRAID_MAP_ID_HEX + 1];
	uint64_t first, last;
};

struct search {
	const struct leftover *l;
	char node[DM_DEV_NODE_SIZE]; /* of the tracked device */
	uint64_t removed[DM_TRACK_VIEWS_MAX];
	unsigned int nr_removed;
	bool clean;
};

/* One write over the one before, of the same length: never half of each. */
int leftover_note(const struct leftover *l, const char *map_id, uint64_t first,
		  uint64_t last)
{
	char text[NOTE_BYTES + 1];
	int fd, ret = 0;

	snprintf(text, sizeof(text), NOTE_FORMAT, map_id, first, last);
	fd = openat(l->dir_fd, NOTE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	errno = ENOSPC;
	if (pwrite(fd, text, NOTE_BYTES, 0) != NOTE_BYTES)
		ret = -errno;
	close(fd);
	return ret;
}

void leftover_forget(const struct leftover *l)
{
	unlinkat(l->dir_fd, NOTE, 0);
}

static bool note_read(const struct leftover *l, struct note *note)
{
	char text[NOTE_BYTES + 1] = "";
	struct dm_scan scan = { text };
	ssize_t len = -1;
	int fd = openat(l->dir_fd, NOTE, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		len = read(fd, text, NOTE_BYTES);
		close(fd);
	}
	return len == NOTE_BYTES &&
	       dm_scan_copy(&scan, note->map_id, sizeof(note->map_id)) &&
	       dm_scan_u64(&scan, &note->first) &&
	       dm_scan_u64(&scan, &note->last);
}

/* The era in "braid-VOLUME-ERA", or 0 if it is no such name. */
static uint64_t era_named(const struct leftover *l, const char *name)
{
	char prefix[DM_DEV_NAME_SIZE];
	struct dm_scan scan;
	uint64_t era;
	int len = snprintf(prefix, sizeof(prefix), "braid-%s-", l->volume);

	if (strncmp(name, prefix, (size_t)len) != 0)
		return 0;
	scan.at = name + len;
	return dm_scan_u64(&scan, &era) && dm_scan_end(&scan) ? era : 0;
}

/* It shows a view of our device, or it was never finished and shows nothing. */
static bool is_ours(const struct search *s, const char *name)
{
	size_t len = strlen(s->node);
	struct dm_dev_line line;
	struct err error;
	bool ours;
	int ret = dm_dev_table(name, BRAID_VIEW_TARGET, &line, &error);

	if (ret < 0)
		return ret == -ENODATA;
	ours = strncmp(line.params, s->node, len) == 0 &&
	       line.params[len] == ' ';
	dm_dev_line_free(&line);
	return ours;
}

static int look(void *arg, const char *name)
{
	struct search *s = arg;
	uint64_t era = era_named(s->l, name);
	struct err error;

	if (era == 0 || !is_ours(s, name))
		return 0;
	log_info("removing the view %s, left behind", name);
	if (dm_view_remove(name, &error) < 0) {
		log_warn("%s", error.text);
		s->clean = false;
	} else if (s->nr_removed < DM_TRACK_VIEWS_MAX) {
		s->removed[s->nr_removed++] = era;
	}
	return 0;
}

static bool was_removed(const struct search *s, uint64_t era)
{
	unsigned int i;

	for (i = 0; i < s->nr_removed; i++)
		if (s->removed[i] == era)
			return true;
	return false;
}

static void drop_views(struct search *s, const struct dm_track_status *status)
{
	struct note note;
	bool noted = note_read(s->l, &note) &&
		     strcmp(note.map_id, status->map_id) == 0;
	struct err error;
	unsigned int i;
	uint64_t era;

	for (i = 0; i < status->nr_views; i++) {
		era = status->views[i].era;
		if (status->views[i].state == DM_TRACK_DRAINING)
			continue;
		if (!was_removed(s, era) &&
		    (!noted || era < note.first || era > note.last))
			continue;
		log_info("dropping the view of era %" PRIu64
			 " of %s, left behind",
			 era, s->l->track);
		if (dm_track_drop(s->l->track, era, &error) < 0) {
			log_warn("%s", error.text);
			s->clean = false;
		}
	}
}

bool leftover_drop(const struct leftover *l,
		   const struct dm_track_status *status)
{
	struct search s = { .l = l, .clean = true };
	struct err error;
	int ret;

	ret = dm_dev_node(l->track, s.node, &error);
	if (ret == 0)
		ret = dm_dev_each(look, &s, &error);
	if (ret < 0) {
		log_warn("%s", error.text);
		s.clean = false;
	}
	drop_views(&s, status);
	if (s.clean)
		leftover_forget(l);
	return s.clean;
}
