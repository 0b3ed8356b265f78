/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Views that a killed process left behind, or that could not be ended: devices
 * called braid-VOLUME-ERA, made or half made, and views without a device. Of
 * the latter only those are ours that the file "view" in the state directory
 * is about: a person may keep views of the same device.
 *
 * That file needs no sync: views don't outlive the kernel that keeps them.
 */
#ifndef SOURCE_LEFTOVER_H
#define SOURCE_LEFTOVER_H

#include "dm/track.h"

struct leftover {
	const char *track, *volume;
	int dir_fd; /* the state directory */
};

/* In place of the last era: the close has not told which it was. */
#define LEFTOVER_ANY UINT64_MAX

/**
 * leftover_note - there may be views of ours, of these eras of this map
 * Crash: either note is there.
 * Return: 0 or -errno.
 */
int leftover_note(const struct leftover *l, const char *map_id, uint64_t first,
		  uint64_t last);
/** leftover_forget - there is none any more */
void leftover_forget(const struct leftover *l);

/**
 * leftover_drop - take them away
 * Return: whether all are gone; what is not was said.
 */
bool leftover_drop(const struct leftover *l,
		   const struct dm_track_status *status);

#endif
