// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes a durable map of a size that no user would choose, for tests:
 *
 *	durable-map DEVICE ORIGIN_SECTORS BLOCK_SECTORS CAPACITY EXTENT SLOTS [ERA]
 *
 * ERA is the newest that was closed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../kmod/disk-sum.c"
#include "../../../kmod/map-sector.c"

static int fd;

static unsigned long long round_up(unsigned long long n, unsigned int unit)
{
	return (n + unit - 1) / unit * unit;
}

static void put(const void *data, size_t size, unsigned long long sector)
{
	if (pwrite(fd, data, size, sector * 512) != (ssize_t)size) {
		perror("durable-map");
		exit(1);
	}
}

/* All numbers are 0: no extent is hot, no block was ever written. */
static void fill(const struct braid_map_super *super, unsigned long long sector,
		 unsigned long long count)
{
	struct braid_map_sector s;

	memset(&s, 0, sizeof(s));
	while (count--) {
		map_sector_seal(&s, super->map_id, sector);
		put(&s, sizeof(s), sector++);
	}
}

static void put_super(struct braid_map_super *super, unsigned int sequence)
{
	super->sequence = __cpu_to_le64(sequence);
	super->checksum = __cpu_to_le32(map_super_sum(super));
	put(super, sizeof(*super), map_super_sector(sequence));
}

int main(int argc, char **argv)
{
	struct braid_map_super super;
	unsigned long long origin, log, map;
	unsigned int block, capacity, slots, i;

	if (argc != 7 && argc != 8)
		return 2;
	origin = strtoull(argv[2], NULL, 10);
	block = atoi(argv[3]);
	capacity = atoi(argv[4]);
	slots = atoi(argv[6]);
	log = round_up(round_up(slots, BRAID_MAP_VALUES) / BRAID_MAP_VALUES,
		       BRAID_MAP_UNIT);
	map = round_up(round_up(capacity, BRAID_MAP_VALUES) / BRAID_MAP_VALUES,
		       BRAID_MAP_UNIT);

	memset(&super, 0, sizeof(super));
	memcpy(super.magic, BRAID_MAP_MAGIC, sizeof(super.magic));
	super.version = __cpu_to_le32(BRAID_MAP_VERSION);
	super.flags = __cpu_to_le32(BRAID_MAP_CLEAN);
	for (i = 0; i < sizeof(super.map_id); i++)
		super.map_id[i] = 0xa0 + i;
	if (argc == 8)
		super.era = __cpu_to_le32(atoi(argv[7]));
	super.origin_sectors = __cpu_to_le64(origin);
	super.log_offset = __cpu_to_le64(BRAID_MAP_AREA);
	super.log_sectors = __cpu_to_le64(log);
	super.map_offset = __cpu_to_le64(BRAID_MAP_AREA + log);
	super.map_sectors = __cpu_to_le64(map);
	super.store_offset =
		__cpu_to_le64(round_up(BRAID_MAP_AREA + log + map, block));
	super.block_sectors = __cpu_to_le32(block);
	super.nr_blocks = __cpu_to_le32(round_up(origin, block) / block);
	super.capacity_blocks = __cpu_to_le32(capacity);
	super.extent_blocks = __cpu_to_le32(atoi(argv[5]));
	super.log_slots = __cpu_to_le32(slots);

	fd = open(argv[1], O_WRONLY);
	if (fd < 0) {
		perror(argv[1]);
		return 1;
	}
	fill(&super, BRAID_MAP_AREA, log + map);
	put_super(&super, 1);
	put_super(&super, 2);
	if (fsync(fd))
		return 1;
	return map_super_check(&super, ~0ULL >> 10) != MAP_GOOD;
}
