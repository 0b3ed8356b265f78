/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BRAID_TARGETS_H
#define BRAID_TARGETS_H

struct target_type;

/* One line a target. */
extern struct target_type braid_raid_target;
extern struct target_type braid_track_target;
extern struct target_type braid_view_target;

#endif
