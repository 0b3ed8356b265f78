/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How far a resync, rebuild or check is, how fast, and how long it still takes. */
#ifndef BRAIDCTL_PROGRESS_H
#define BRAIDCTL_PROGRESS_H

#include <stdbool.h>

#include "dm/raid.h"

struct progress_sample {
	double at; /* seconds, of any clock that doesn't jump */
	struct dm_raid_status status;
};

struct progress {
	bool under_way;
	double fraction; /* 0 to 1 */
	bool rate_known;
	double rate; /* bytes a second, of each member */
	bool eta_known;
	double eta; /* seconds */
};

/* Is something under way that goes from a beginning to an end? */
bool progress_under_way(const struct dm_raid_status *status);

/**
 * progress_of() - from two looks at one array, the second later than the first
 *
 * The rate is known if both were at the same action and it went on meanwhile;
 * the end can be told if that was not for nothing. (pure)
 */
struct progress progress_of(const struct progress_sample *first,
			    const struct progress_sample *second);

#endif
