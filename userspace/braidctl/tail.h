/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A tracked device whose metadata device is the tail of its own origin
 * (dm-braid-map.h): a linear device NAME-tail, which comes and goes with NAME.
 */
#ifndef BRAIDCTL_TAIL_H
#define BRAIDCTL_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/track.h"
#include "map/map.h"

/**
 * tail_attach() - make the metadata device of @name
 * @origin: the device whose tail it is
 * @found: the map in it
 * @path: receives where it is
 *
 * Return: 0 or EXIT_FAILED, after a complaint.
 */
int tail_attach(const char *name, const char *origin,
		const struct map_found *found, char path[DM_DEV_PATH_SIZE]);

/* Take it away. Return: 0 or EXIT_FAILED, after a complaint. */
int tail_detach(const char *name);

/**
 * tail_of() - is the metadata device of @name the tail of its origin?
 * @start: receives where it begins
 */
bool tail_of(const char *name, const struct dm_track_table *table,
	     uint64_t *start);

#endif
