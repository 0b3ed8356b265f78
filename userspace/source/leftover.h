/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Views that a killed process left behind, or that could not be ended. A person
 * may keep views of the same device, so only what is known to be ours is ended:
 *
 * - The device that shows a view of ours, made or half made, has a UUID of the
 *   source's lineage, the map's id and the era, so it is known, and its view.
 * - A view without such a device is known from the file "view" in the state
 *   directory. It says "closed" once the kernel has told the era of the view. A
 *   process that was killed before has left a note "closing", of the era that
 *   was open: the view of that era is taken for ours if it is of the same kind
 *   and begins where ours would have, and no device shows it. One of a later
 *   era, which is ours if somebody else closed one in between, stays.
 *
 * That file needs no sync: views don't outlive the kernel that keeps them.
 */
#ifndef SOURCE_LEFTOVER_H
#define SOURCE_LEFTOVER_H

#include "dm/track.h"
#include "wire/hex.h"
#include "wire/wire.h"

struct leftover {
	const char *track;
	int dir_fd; /* the state directory */
	char lineage[HEX_TEXT(WIRE_LINEAGE_BYTES)];
};

/* A view that is ours, or will be. */
struct leftover_view {
	bool closed; /* and told: else @era is the one that was open */
	char map_id[BRAID_MAP_ID_HEX + 1];
	uint64_t era, since;
	enum dm_track_mode mode;
};

/**
 * leftover_note - there may be this view of ours, and no other without a device
 * Crash: either note is there.
 * Return: 0 or -errno.
 */
int leftover_note(const struct leftover *l, const struct leftover_view *view);
/** leftover_forget - there is none any more */
void leftover_forget(const struct leftover *l);

/** leftover_uuid - of the device that shows @view */
void leftover_uuid(const struct leftover *l, const struct leftover_view *view,
		   char uuid[DM_DEV_UUID_SIZE]);

/**
 * leftover_drop - take them away
 * Return: whether all are gone; what is not was said.
 */
bool leftover_drop(const struct leftover *l,
		   const struct dm_track_status *status);

#endif
