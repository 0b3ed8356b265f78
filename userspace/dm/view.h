/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * braid-view from userspace: the read-only device that shows a tracked device
 * as it was when an era was closed.
 */
#ifndef DM_VIEW_H
#define DM_VIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/device.h"
#include "err/err.h"
#include "dm/track.h"

struct dm_view_status {
	enum dm_track_mode mode;
	bool valid;
	uint64_t kept_blocks, released_blocks;
};

/* The name a view has if nobody chose another: TRACK@ERA. */
int dm_view_name(const char *track, uint64_t era, char name[DM_DEV_NAME_SIZE]);

/* Return: 0 or -EPROTO. */
int dm_view_status_parse(const char *line, struct dm_view_status *status);

/* Make the device @name for the view of @era that the device @track keeps. */
int dm_view_create(const char *name, const char *uuid, const char *track,
		   uint64_t era, struct err *error);
int dm_view_status(const char *name, struct dm_view_status *status,
		   struct err *error);

/* Remove the device @name; the view itself ends with dm_track_drop(). */
int dm_view_remove(const char *name, struct err *error);

#endif
