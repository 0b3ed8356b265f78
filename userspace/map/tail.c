// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "disk-sum.h"
#include "map/io.h"
#include "map/tail.h"

/* Where the end of a tail is on a device of this length. */
static uint64_t end_sector(uint64_t sectors)
{
	return sectors / BRAID_MAP_UNIT * BRAID_MAP_UNIT - BRAID_MAP_UNIT;
}

static uint32_t end_sum(const struct braid_map_tail *end)
{
	struct braid_map_tail copy = *end;

	copy.checksum = 0;
	return ~disk_sum_add(DISK_SUM_INIT, &copy, sizeof(copy));
}

bool tail_get(int fd, uint64_t sectors, struct braid_map_tail *end)
{
	uint64_t at;

	if (map_get(fd, end, end_sector(sectors), BRAID_MAP_UNIT) ||
	    memcmp(end->magic, BRAID_MAP_TAIL_MAGIC, sizeof(end->magic)) ||
	    __le32_to_cpu(end->checksum) != end_sum(end) ||
	    __le64_to_cpu(end->device_sectors) != sectors)
		return false;
	at = __le64_to_cpu(end->tail_offset);
	return at && at < end_sector(sectors) &&
	       __le64_to_cpu(end->tail_sectors) == end_sector(sectors) - at;
}

int tail_put(int fd, uint64_t at, const uint8_t *map_id)
{
	struct braid_map_tail *end = map_buffer(sizeof(*end));
	uint64_t sectors;
	int r = end ? map_device_sectors(fd, &sectors) : -ENOMEM;

	if (!r) {
		memset(end, 0, sizeof(*end));
		memcpy(end->magic, BRAID_MAP_TAIL_MAGIC, sizeof(end->magic));
		end->version = __cpu_to_le32(BRAID_MAP_VERSION);
		memcpy(end->map_id, map_id, sizeof(end->map_id));
		end->device_sectors = __cpu_to_le64(sectors);
		end->tail_offset = __cpu_to_le64(at);
		end->tail_sectors = __cpu_to_le64(end_sector(sectors) - at);
		end->checksum = __cpu_to_le32(end_sum(end));
		r = map_put(fd, end, end_sector(sectors), BRAID_MAP_UNIT);
	}
	free(end);
	if (!r && fsync(fd) < 0)
		r = -errno;
	return r;
}

int tail_erase(int fd)
{
	struct braid_map_tail *end = map_buffer(sizeof(*end));
	uint64_t sectors;
	int r = end ? map_device_sectors(fd, &sectors) : -ENOMEM;

	if (!r && sectors >= BRAID_MAP_AREA && tail_get(fd, sectors, end))
		r = map_put_zeros(fd, end_sector(sectors), BRAID_MAP_UNIT);
	free(end);
	return r;
}
