// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "disk-sum.h"
#include "map/io.h"
#include "map/map.h"
#include "map/tail.h"

#define CHUNK_SECTORS 2048U /* as much is read or written at once */

/* The sum goes on over so many sectors. */
static int sum_part(int fd, uint64_t sector, uint64_t sectors, uint32_t *sum)
{
	void *buffer = map_buffer(sectors * SECTOR);
	int r = buffer ? map_get(fd, buffer, sector, sectors) : -ENOMEM;

	if (!r)
		*sum = disk_sum_add(*sum, buffer, sectors * SECTOR);
	free(buffer);
	return r;
}

int map_origin_sum(int fd, uint64_t sectors, uint32_t *sum)
{
	uint64_t tail = map_sum_tail(sectors);
	__le64 length = __cpu_to_le64(sectors);
	int r;

	*sum = DISK_SUM_INIT;
	r = sum_part(fd, 0, map_sum_head(sectors), sum);
	if (!r)
		r = sum_part(fd, tail, sectors - tail, sum);
	*sum = ~disk_sum_add(*sum, &length, sizeof(length));
	return r;
}

int map_erase(int fd, uint64_t at)
{
	int r = tail_erase(fd);

	if (!r)
		r = map_put_zeros(fd, at + BRAID_MAP_ODD_SECTOR,
				  2 * BRAID_MAP_SUPER_SECTORS);
	return r ? r : fsync(fd) < 0 ? -errno : 0;
}

/* Sectors in which all numbers are 0. */
static int put_empty(int fd, uint64_t at, const uint8_t *map_id,
		     uint64_t sector, uint64_t sectors)
{
	struct braid_map_sector *chunk = map_buffer(CHUNK_SECTORS * SECTOR);
	uint64_t i, count;
	int r = chunk ? 0 : -ENOMEM;

	while (!r && sectors) {
		count = sectors < CHUNK_SECTORS ? sectors : CHUNK_SECTORS;
		memset(chunk, 0, count * SECTOR);
		for (i = 0; i < count; i++)
			map_sector_seal(&chunk[i], map_id, sector + i);
		r = map_put(fd, chunk, at + sector, count);
		sector += count;
		sectors -= count;
	}
	free(chunk);
	return r;
}

static int put_super(int fd, uint64_t at, struct braid_map_super *super)
{
	struct braid_map_super *copy = map_buffer(sizeof(*copy));
	int r;

	if (!copy)
		return -ENOMEM;
	super->checksum = __cpu_to_le32(map_super_sum(super));
	*copy = *super;
	r = map_put(fd, copy,
		    at + map_super_sector(__le64_to_cpu(super->sequence)),
		    BRAID_MAP_SUPER_SECTORS);
	free(copy);
	if (!r && fsync(fd) < 0)
		r = -errno;
	return r;
}

int map_make(int fd, uint64_t at, struct braid_map_super *super)
{
	uint64_t areas = __le64_to_cpu(super->log_sectors) +
			 __le64_to_cpu(super->map_sectors);
	uint64_t now = time(NULL);
	int r = map_erase(fd, at);

	if (!r && getrandom(super->map_id, sizeof(super->map_id), 0) !=
			  sizeof(super->map_id))
		r = -EIO;
	if (!r)
		r = put_empty(fd, at, super->map_id,
			      __le64_to_cpu(super->log_offset), areas);
	if (!r && fsync(fd) < 0)
		r = -errno;
	if (r)
		return r;
	super->created = __cpu_to_le64(now);
	super->updated = super->created;
	super->sequence = __cpu_to_le64(1);
	r = put_super(fd, at, super);
	if (r)
		return r;
	super->sequence = __cpu_to_le64(2);
	r = put_super(fd, at, super);
	return r || !at ? r : tail_put(fd, at, super->map_id);
}

/* A copy that can't be read is none. */
static void read_copy(int fd, unsigned int parity, struct map_found *found,
		      struct braid_map_super *copy)
{
	if (map_get(fd, copy, found->at + map_super_sector(parity),
		    BRAID_MAP_SUPER_SECTORS))
		memset(copy, 0, sizeof(*copy));
	found->whole[parity] = map_super_whole(copy) &&
			       (__le64_to_cpu(copy->sequence) & 1) == parity;
}

/* Of the metadata device that begins at found->at. */
static int read_supers(int fd, struct map_found *found)
{
	struct braid_map_super *copy = map_buffer(2 * sizeof(*copy));
	int newest;

	if (!copy)
		return -ENOMEM;
	found->fault = MAP_NONE;
	read_copy(fd, 0, found, &copy[0]);
	read_copy(fd, 1, found, &copy[1]);
	newest = map_super_newest(&copy[1], &copy[0]);
	if (newest >= 0) {
		found->super = copy[newest];
		found->fault = map_super_check(&found->super, found->sectors);
	} else if (newest == -EBADMSG) {
		found->fault = MAP_TORN;
	}
	free(copy);
	return 0;
}

/*
 * Has the device a tail with a map? One that is damaged is a map, too, but none
 * whose end was left behind by an earlier map is. Return: 1, 0 or -errno.
 */
static int read_tail(int fd, uint64_t sectors, struct map_found *found)
{
	struct braid_map_tail *end = map_buffer(sizeof(*end));
	int r = end ? tail_get(fd, sectors, end) : -ENOMEM;

	if (r == 1) {
		found->at = __le64_to_cpu(end->tail_offset);
		found->sectors = __le64_to_cpu(end->tail_sectors);
		r = read_supers(fd, found) ?: 1;
	}
	if (r == 1)
		r = found->fault == MAP_TORN ||
		    (found->fault != MAP_NONE &&
		     !memcmp(found->super.map_id, end->map_id,
			     sizeof(end->map_id)));
	free(end);
	return r;
}

int map_read(int fd, struct map_found *found)
{
	uint64_t sectors;
	int r;

	memset(found, 0, sizeof(*found));
	found->fault = MAP_NONE;
	r = map_device_sectors(fd, &sectors);
	found->sectors = sectors;
	if (r || sectors < BRAID_MAP_AREA)
		return r;
	r = read_tail(fd, sectors, found);
	if (r)
		return r < 0 ? r : 0;
	memset(found, 0, sizeof(*found));
	found->sectors = sectors;
	return read_supers(fd, found);
}

/* A chunk of which not all can be read is read sector by sector. */
static void get_chunk(int fd, struct braid_map_sector *chunk, uint64_t sector,
		      uint64_t count)
{
	uint64_t i;

	if (!map_get(fd, chunk, sector, count))
		return;
	for (i = 0; i < count; i += BRAID_MAP_UNIT)
		if (map_get(fd, chunk + i, sector + i, BRAID_MAP_UNIT))
			memset(chunk + i, 0, BRAID_MAP_UNIT * SECTOR);
}

static int walk_area(int fd, uint64_t at, const uint8_t *map_id,
		     uint64_t sector, uint64_t values,
		     int (*fn)(void *arg, uint32_t first,
			       const struct braid_map_sector *sector,
			       bool whole),
		     void *arg)
{
	struct braid_map_sector *chunk = map_buffer(CHUNK_SECTORS * SECTOR);
	uint64_t done = 0, i, count = 0;
	int r = chunk ? 0 : -ENOMEM;

	for (i = 0; !r && done < values; i++) {
		if (i == count) {
			sector += count;
			count = (values - done + BRAID_MAP_UNIT_VALUES - 1) /
				BRAID_MAP_UNIT_VALUES * BRAID_MAP_UNIT;
			if (count > CHUNK_SECTORS)
				count = CHUNK_SECTORS;
			get_chunk(fd, chunk, at + sector, count);
			i = 0;
		}
		r = fn(arg, done, &chunk[i],
		       map_sector_whole(&chunk[i], map_id, sector + i));
		done += BRAID_MAP_VALUES;
	}
	free(chunk);
	return r;
}

int map_walk(int fd, const struct map_found *found,
	     const struct map_visitor *visitor)
{
	const struct braid_map_super *super = &found->super;
	int r;

	r = walk_area(fd, found->at, super->map_id,
		      __le64_to_cpu(super->log_offset),
		      __le32_to_cpu(super->log_slots), visitor->log,
		      visitor->arg);
	if (r)
		return r;
	return walk_area(fd, found->at, super->map_id,
			 __le64_to_cpu(super->map_offset),
			 __le32_to_cpu(super->nr_blocks), visitor->map,
			 visitor->arg);
}
