// SPDX-License-Identifier: GPL-2.0-or-later
/* Where everything is in a new durable map. */
#include <asm/byteorder.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "dm-braid.h"
#include "map/map.h"

#define SECTORS_MAX (UINT64_MAX / 1024)

static uint64_t round_up(uint64_t value, uint64_t step)
{
	return (value + step - 1) / step * step;
}

static bool power_of_two(uint32_t value, uint32_t min, uint32_t max)
{
	return value >= min && value <= max && !(value & (value - 1));
}

/* So many numbers, in whole units. */
static uint64_t area_sectors(uint64_t values)
{
	return round_up(round_up(values, BRAID_MAP_VALUES) / BRAID_MAP_VALUES,
			BRAID_MAP_UNIT);
}

static int check_shape(const struct map_shape *shape, struct err *error)
{
	if (!power_of_two(shape->block_sectors, BRAID_BLOCK_SECTORS_MIN,
			  BRAID_BLOCK_SECTORS_MAX))
		return err_set(
			error, EINVAL,
			"a block is a power of two from 4K to 1M, not %u sectors",
			shape->block_sectors);
	if (!power_of_two(shape->extent_blocks, 1, BRAID_MAP_EXTENT_MAX))
		return err_set(
			error, EINVAL,
			"an extent is a power of two from 1 to %u blocks, not %u",
			BRAID_MAP_EXTENT_MAX, shape->extent_blocks);
	if (!shape->log_slots || shape->log_slots > BRAID_MAP_SLOTS_MAX)
		return err_set(error, EINVAL,
			       "the activity log has 1 to %u slots, not %u",
			       BRAID_MAP_SLOTS_MAX, shape->log_slots);
	if (!shape->origin_sectors || shape->origin_sectors > SECTORS_MAX ||
	    shape->max_sectors > SECTORS_MAX)
		return err_set(
			error, EINVAL,
			"the device to be tracked is empty or too large");
	if (shape->max_sectors < shape->origin_sectors)
		return err_set(
			error, EINVAL,
			"the device to be tracked is larger already than what it may grow to: %" PRIu64
			" sectors, not %" PRIu64,
			shape->origin_sectors, shape->max_sectors);
	if (round_up(shape->max_sectors, shape->block_sectors) /
		    shape->block_sectors >=
	    UINT32_MAX)
		return err_set(
			error, EINVAL,
			"that makes more than 4294967294 blocks: choose a larger block size");
	return 0;
}

static int check_room(const struct map_shape *shape, uint64_t store,
		      struct err *error)
{
	uint64_t need = store + shape->store_sectors;

	if (need <= shape->device_sectors)
		return 0;
	return err_set(error, ENOSPC,
		       "the metadata device has %" PRIu64
		       " sectors, but %" PRIu64 " are needed: %" PRIu64
		       " for the map and %" PRIu64
		       " for copies; take a larger one or a larger block size",
		       shape->device_sectors, need, store,
		       shape->store_sectors);
}

int map_plan(struct braid_map_super *super, const struct map_shape *shape,
	     struct err *error)
{
	uint32_t block = shape->block_sectors;
	uint64_t capacity, log, map, store;
	int r = check_shape(shape, error);

	if (r)
		return r;
	capacity = round_up(shape->max_sectors, block) / block;
	log = area_sectors(shape->log_slots);
	map = area_sectors(capacity);
	store = round_up(BRAID_MAP_AREA + log + map, block);
	r = check_room(shape, store, error);
	if (r)
		return r;

	memset(super, 0, sizeof(*super));
	memcpy(super->magic, BRAID_MAP_MAGIC, sizeof(super->magic));
	super->version = __cpu_to_le32(BRAID_MAP_VERSION);
	super->flags = __cpu_to_le32(BRAID_MAP_CLEAN);
	super->origin_sectors = __cpu_to_le64(shape->origin_sectors);
	super->log_offset = __cpu_to_le64(BRAID_MAP_AREA);
	super->log_sectors = __cpu_to_le64(log);
	super->map_offset = __cpu_to_le64(BRAID_MAP_AREA + log);
	super->map_sectors = __cpu_to_le64(map);
	super->store_offset = __cpu_to_le64(store);
	super->block_sectors = __cpu_to_le32(block);
	super->nr_blocks =
		__cpu_to_le32(round_up(shape->origin_sectors, block) / block);
	super->capacity_blocks = __cpu_to_le32(capacity);
	super->extent_blocks = __cpu_to_le32(shape->extent_blocks);
	super->log_slots = __cpu_to_le32(shape->log_slots);
	return 0;
}

int map_plan_tail(struct braid_map_super *super, struct map_shape *shape,
		  struct err *error)
{
	uint64_t unit = BRAID_MAP_UNIT, step = BRAID_BLOCK_SECTORS_MAX;
	uint64_t end, tail;
	int r;

	if (shape->device_sectors < 2 * step)
		return err_set(error, ENOSPC,
			       "the device has %" PRIu64
			       " sectors, too few to keep a map in its tail",
			       shape->device_sectors);
	end = shape->device_sectors / unit * unit - unit;
	/* a map of all of it has room for one that is shorter */
	shape->origin_sectors = end;
	shape->max_sectors = end;
	shape->device_sectors = SECTORS_MAX;
	r = map_plan(super, shape, error);
	if (r)
		return r;
	tail = __le64_to_cpu(super->store_offset) + shape->store_sectors;
	if (tail + step > end)
		return err_set(
			error, ENOSPC,
			"the device has %" PRIu64 " sectors, and %" PRIu64
			" are needed for a map in its tail; choose a larger block size or less room for copies",
			end + unit, tail + step);
	shape->origin_sectors = (end - tail) / step * step;
	shape->max_sectors = shape->origin_sectors;
	shape->device_sectors = end - shape->origin_sectors;
	return map_plan(super, shape, error);
}

void map_id_format(const uint8_t id[16], char text[MAP_ID_TEXT])
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		snprintf(text + 2 * i, 3, "%02x", id[i]);
}
