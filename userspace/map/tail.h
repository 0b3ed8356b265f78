/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The last unit of a device that has a map in its tail (dm-braid-map.h). */
#ifndef MAP_TAIL_H
#define MAP_TAIL_H

#include <stdbool.h>
#include <stdint.h>

#include "dm-braid-map.h"

/* Has the device the end of a tail? One that can't be read is none. */
bool tail_get(int fd, uint64_t sectors, struct braid_map_tail *end);

/* Say durably that the tail begins at @at. 0 or -errno. */
int tail_put(int fd, uint64_t at, const uint8_t *map_id);

/*
 * A tail that may have been here before must not be found any more; durable at the
 * caller's next fsync(). 0 or -errno.
 */
int tail_erase(int fd);

#endif
