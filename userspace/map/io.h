/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sectors of a metadata device, past the page cache. 0 or a negative errno. */
#ifndef MAP_IO_H
#define MAP_IO_H

#include <stddef.h>
#include <stdint.h>

#define SECTOR 512ULL

/* Direct I/O wants aligned memory. NULL if there is none. */
void *map_buffer(size_t size);

int map_put(int fd, const void *data, uint64_t sector, uint64_t sectors);
int map_get(int fd, void *data, uint64_t sector, uint64_t sectors);
int map_put_zeros(int fd, uint64_t sector, uint64_t sectors);

/* How long a device, or a file in its place, is. */
int map_device_sectors(int fd, uint64_t *sectors);

#endif
