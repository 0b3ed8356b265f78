/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Durable maps of tracked devices, on metadata devices and files: planned, made,
 * read, checked. What superblocks and sectors say is judged by kmod/map-sector.c,
 * which is compiled into the programs; device-mapper isn't needed here.
 */
#ifndef MAP_MAP_H
#define MAP_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "err/err.h"
#include "map-sector.h"

#define MAP_ID_TEXT 33

/* What is to be made; sizes in sectors of 512 bytes. */
struct map_shape {
	uint64_t device_sectors; /* of the metadata device */
	uint64_t origin_sectors;
	uint64_t max_sectors; /* to which the origin may grow */
	uint64_t store_sectors; /* at least so much for the copy store */
	uint32_t block_sectors, extent_blocks, log_slots;
};

/* What was found on a device. */
struct map_found {
	uint64_t at; /* where the metadata device begins: 0, or a tail's place */
	uint64_t sectors; /* of the metadata device */
	enum map_fault fault; /* of the newest copy */
	struct braid_map_super super; /* unless NONE or TORN */
	bool whole[2]; /* the copies at 8 KiB and at 4 KiB */
};

/**
 * map_plan() - decide about a new map: areas and sizes, not its id (pure)
 * @super: what it becomes, clean, with all blocks unchanged
 *
 * Return: 0, or -EINVAL or -ENOSPC with a sentence in @error.
 */
int map_plan(struct braid_map_super *super, const struct map_shape *shape,
	     struct err *error);

/* Past the page cache, where that can be done. A descriptor or -errno. */
int map_open(const char *path, int flags);

/* The origin's checksum as of a clean stop (dm-braid-map.h). 0 or -errno. */
int map_origin_sum(int fd, uint64_t sectors, uint32_t *sum);

/**
 * map_plan_tail() - the same for a map in the tail of the device itself (pure)
 * @shape: device_sectors is the length of the device; origin_sectors and
 *	max_sectors are set: the tail's place, to which there is no growth
 *
 * Return: as map_plan().
 */
int map_plan_tail(struct braid_map_super *super, struct map_shape *shape,
		  struct err *error);

/**
 * map_make() - draw an id, write areas and superblock, durably
 * @at: where the metadata device begins: 0, or a tail's place
 *
 * Crash: until the end there is no map on the device.
 *
 * Return: 0 or a negative errno.
 */
int map_make(int fd, uint64_t at, struct braid_map_super *super);

/* Take both copies of the superblock away, durably. 0 or -errno. */
int map_erase(int fd, uint64_t at);

/*
 * Read both copies, of the device's tail if it has one, and check the newer one: 0
 * whatever was found, or -errno.
 */
int map_read(int fd, struct map_found *found);

/*
 * Called for each sector of log and map. @first: the number of its first slot
 * or block. Anything but 0 ends the walk with it.
 */
struct map_visitor {
	int (*log)(void *arg, uint32_t first,
		   const struct braid_map_sector *sector, bool whole);
	int (*map)(void *arg, uint32_t first,
		   const struct braid_map_sector *sector, bool whole);
	void *arg;
};

/**
 * map_walk() - read all of the log and of the map
 * @found: a good superblock
 *
 * A sector that can't be read is one that isn't whole. Sectors behind the last
 * block are not visited.
 *
 * Return: 0, what a visitor returned, or -ENOMEM.
 */
int map_walk(int fd, const struct map_found *found,
	     const struct map_visitor *visitor);

void map_id_format(const uint8_t id[16], char text[MAP_ID_TEXT]);

#endif
