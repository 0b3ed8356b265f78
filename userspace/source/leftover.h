/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Views that a killed process left behind: devices called braid-VOLUME-ERA,
 * and views of the tracked device that no device shows, so nobody can read
 * them.
 */
#ifndef SOURCE_LEFTOVER_H
#define SOURCE_LEFTOVER_H

#include "dm/track.h"
#include "err/err.h"

/** leftover_drop - take them away */
int leftover_drop(const char *track, const char *volume,
		  const struct dm_track_status *status, struct err *e);

#endif
