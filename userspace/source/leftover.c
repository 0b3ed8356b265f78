// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dm/scan.h"
#include "dm/view.h"
#include "file/file.h"
#include "log/log.h"
#include "source/leftover.h"

#define NOTE "view"
/* closed or closing, map, era, mode, since */
#define NOTE_FORMAT "%-7s %s %020" PRIu64 " %-7s %020" PRIu64 "\n"
#define NOTE_BYTES (7 + 1 + BRAID_MAP_ID_HEX + 1 + 20 + 1 + 7 + 1 + 20 + 1)

struct search {
	const struct leftover *l;
	const struct dm_track_status *status;
	uint64_t removed[DM_TRACK_VIEWS_MAX]; /* eras of their views */
	unsigned int nr_removed;
	bool clean;
};

/* One write over the one before, of the same length: never half of each. */
int leftover_note(const struct leftover *l, const struct leftover_view *view)
{
	char text[NOTE_BYTES + 1];
	int fd, ret;

	snprintf(text, sizeof(text), NOTE_FORMAT,
		 view->closed ? "closed" : "closing", view->map_id, view->era,
		 dm_track_mode_name(view->mode), view->since);
	fd = openat(l->dir_fd, NOTE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	ret = file_write(fd, text, NOTE_BYTES, 0);
	close(fd);
	return ret;
}

void leftover_forget(const struct leftover *l)
{
	unlinkat(l->dir_fd, NOTE, 0);
}

static bool note_parse(const char *text, struct leftover_view *note)
{
	struct dm_scan scan = { text };
	char state[8], mode[8];

	if (!dm_scan_copy(&scan, state, sizeof(state)) ||
	    !dm_scan_copy(&scan, note->map_id, sizeof(note->map_id)) ||
	    !dm_scan_u64(&scan, &note->era) ||
	    !dm_scan_copy(&scan, mode, sizeof(mode)) ||
	    !dm_track_mode_of(mode, &note->mode) ||
	    !dm_scan_u64(&scan, &note->since) || !dm_scan_end(&scan))
		return false;
	note->closed = strcmp(state, "closed") == 0;
	return note->closed || strcmp(state, "closing") == 0;
}

static bool note_read(const struct leftover *l, struct leftover_view *note)
{
	char text[NOTE_BYTES + 1] = "";
	int ret = -EIO, fd = openat(l->dir_fd, NOTE, O_RDONLY | O_CLOEXEC);

	if (fd >= 0) {
		ret = file_read(fd, text, NOTE_BYTES, 0);
		close(fd);
	}
	return ret == 0 && note_parse(text, note);
}

void leftover_uuid(const struct leftover *l, const struct leftover_view *view,
		   char uuid[DM_DEV_UUID_SIZE])
{
	snprintf(uuid, DM_DEV_UUID_SIZE, "BRAID-%s-%s-%" PRIu64, l->lineage,
		 view->map_id, view->era);
}

/* Whether the UUID is one of ours, and of which view. */
static bool uuid_parse(const struct leftover *l, const char *uuid,
		       struct leftover_view *view)
{
	char prefix[DM_DEV_UUID_SIZE];
	int len = snprintf(prefix, sizeof(prefix), "BRAID-%s-", l->lineage);
	struct dm_scan scan = { uuid + len };

	if (strncmp(uuid, prefix, (size_t)len) != 0 ||
	    strcspn(scan.at, "-") != BRAID_MAP_ID_HEX)
		return false;
	memcpy(view->map_id, scan.at, BRAID_MAP_ID_HEX);
	view->map_id[BRAID_MAP_ID_HEX] = '\0';
	scan.at += BRAID_MAP_ID_HEX;
	if (*scan.at++ != '-')
		return false;
	return dm_scan_u64(&scan, &view->era) && dm_scan_end(&scan);
}

static int look(void *arg, const char *name)
{
	struct search *s = arg;
	struct leftover_view view;
	struct dm_dev_info info;
	struct err error;

	if (dm_dev_info(name, &info, NULL) < 0 ||
	    !uuid_parse(s->l, info.uuid, &view))
		return 0;
	log_info("removing the view %s, left behind", name);
	if (dm_view_remove(name, &error) < 0) {
		log_warn("%s", error.text);
		s->clean = false;
	} else if (strcmp(view.map_id, s->status->map_id) == 0 &&
		   s->nr_removed < DM_TRACK_VIEWS_MAX) {
		s->removed[s->nr_removed++] = view.era;
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

static bool same_kind(const struct leftover_view *note,
		      const struct dm_track_view *view)
{
	return view->mode == note->mode && view->since == note->since;
}

/* By the note; "closing" says less than "closed". */
static bool is_noted(const struct search *s, const struct leftover_view *note,
		     const struct dm_track_view *view)
{
	if (view->era == note->era)
		return note->closed || same_kind(note, view);
	if (!note->closed && view->era > note->era && same_kind(note, view))
		log_warn(
			"the view of era %" PRIu64
			" of %s may be one that this source left behind; if it is nobody's, end it with: dmsetup message %s 0 drop %" PRIu64,
			view->era, s->l->track, s->l->track, view->era);
	return false;
}

/* @sure: it is ours; if not, one that a device shows is somebody else's. */
static void drop_view(struct search *s, uint64_t era, bool sure)
{
	struct err error;
	int ret = dm_track_drop(s->l->track, era, &error);

	if (ret == 0) {
		log_info("dropped the view of era %" PRIu64
			 " of %s, left behind",
			 era, s->l->track);
	} else if (sure || ret != -EBUSY) {
		log_warn("%s", error.text);
		s->clean = false;
	}
}

static void drop_views(struct search *s)
{
	const struct dm_track_status *status = s->status;
	const struct dm_track_view *view;
	struct leftover_view note;
	bool noted = note_read(s->l, &note) &&
		     strcmp(note.map_id, status->map_id) == 0;
	unsigned int i;

	for (i = 0; i < status->nr_views; i++) {
		view = &status->views[i];
		if (view->state == DM_TRACK_DRAINING) /* its closer lives */
			continue;
		if (was_removed(s, view->era))
			drop_view(s, view->era, true);
		else if (noted && is_noted(s, &note, view))
			drop_view(s, view->era, note.closed);
	}
}

bool leftover_drop(const struct leftover *l,
		   const struct dm_track_status *status)
{
	struct search s = { .l = l, .status = status, .clean = true };
	struct err error;

	if (dm_dev_each(look, &s, &error) < 0) {
		log_warn("%s", error.text);
		s.clean = false;
	}
	drop_views(&s);
	if (s.clean)
		leftover_forget(l);
	return s.clean;
}
