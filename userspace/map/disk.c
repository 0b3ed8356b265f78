// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "disk-sum.h"
#include "map/map.h"

#define SECTOR 512ULL
#define CHUNK_SECTORS 2048U /* as much is read or written at once */

int map_open(const char *path, int flags)
{
	int fd = open(path, flags | O_DIRECT | O_CLOEXEC);

	if (fd < 0 && errno == EINVAL)
		fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Direct I/O wants aligned memory. NULL if there is none. */
static void *buffer_new(size_t size)
{
	void *buffer;

	return posix_memalign(&buffer, BRAID_MAP_SUPER_BYTES, size) ? NULL :
								      buffer;
}

static int put(int fd, const void *data, uint64_t sector, uint64_t sectors)
{
	const char *at = data;
	uint64_t done = 0, size = sectors * SECTOR;
	ssize_t n;

	while (done < size) {
		n = pwrite(fd, at + done, size - done, sector * SECTOR + done);
		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

static int get(int fd, void *data, uint64_t sector, uint64_t sectors)
{
	uint64_t done = 0, size = sectors * SECTOR;
	char *at = data;
	ssize_t n;

	while (done < size) {
		n = pread(fd, at + done, size - done, sector * SECTOR + done);
		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return 0;
}

/* The sum goes on over so many sectors. */
static int sum_part(int fd, uint64_t sector, uint64_t sectors, uint32_t *sum)
{
	void *buffer = buffer_new(sectors * SECTOR);
	int r = buffer ? get(fd, buffer, sector, sectors) : -ENOMEM;

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

static int put_zeros(int fd, uint64_t sector, uint64_t sectors)
{
	void *zeros = buffer_new(sectors * SECTOR);
	int r;

	if (!zeros)
		return -ENOMEM;
	memset(zeros, 0, sectors * SECTOR);
	r = put(fd, zeros, sector, sectors);
	free(zeros);
	return r;
}

int map_erase(int fd)
{
	int r = put_zeros(fd, BRAID_MAP_ODD_SECTOR,
			  2 * BRAID_MAP_SUPER_SECTORS);

	return r ? r : fsync(fd) < 0 ? -errno : 0;
}

/* Sectors in which all numbers are 0. */
static int put_empty(int fd, const uint8_t *map_id, uint64_t sector,
		     uint64_t sectors)
{
	struct braid_map_sector *chunk = buffer_new(CHUNK_SECTORS * SECTOR);
	uint64_t i, count;
	int r = chunk ? 0 : -ENOMEM;

	while (!r && sectors) {
		count = sectors < CHUNK_SECTORS ? sectors : CHUNK_SECTORS;
		memset(chunk, 0, count * SECTOR);
		for (i = 0; i < count; i++)
			map_sector_seal(&chunk[i], map_id, sector + i);
		r = put(fd, chunk, sector, count);
		sector += count;
		sectors -= count;
	}
	free(chunk);
	return r;
}

static int put_super(int fd, struct braid_map_super *super)
{
	struct braid_map_super *copy = buffer_new(sizeof(*copy));
	int r;

	if (!copy)
		return -ENOMEM;
	super->checksum = __cpu_to_le32(map_super_sum(super));
	*copy = *super;
	r = put(fd, copy, map_super_sector(__le64_to_cpu(super->sequence)),
		BRAID_MAP_SUPER_SECTORS);
	free(copy);
	if (!r && fsync(fd) < 0)
		r = -errno;
	return r;
}

int map_make(int fd, struct braid_map_super *super)
{
	uint64_t areas = __le64_to_cpu(super->log_sectors) +
			 __le64_to_cpu(super->map_sectors);
	uint64_t now = time(NULL);
	int r = map_erase(fd);

	if (!r && getrandom(super->map_id, sizeof(super->map_id), 0) !=
			  sizeof(super->map_id))
		r = -EIO;
	if (!r)
		r = put_empty(fd, super->map_id,
			      __le64_to_cpu(super->log_offset), areas);
	if (!r && fsync(fd) < 0)
		r = -errno;
	if (r)
		return r;
	super->created = __cpu_to_le64(now);
	super->updated = super->created;
	super->sequence = __cpu_to_le64(1);
	r = put_super(fd, super);
	if (r)
		return r;
	super->sequence = __cpu_to_le64(2);
	return put_super(fd, super);
}

static int device_sectors(int fd, uint64_t *sectors)
{
	uint64_t bytes;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	bytes = st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		return -errno;
	*sectors = bytes / SECTOR;
	return 0;
}

/* A copy that can't be read is none. */
static void read_copy(int fd, unsigned int parity, struct map_found *found,
		      struct braid_map_super *copy)
{
	if (get(fd, copy, map_super_sector(parity), BRAID_MAP_SUPER_SECTORS))
		memset(copy, 0, sizeof(*copy));
	found->whole[parity] = map_super_whole(copy) &&
			       (__le64_to_cpu(copy->sequence) & 1) == parity;
}

int map_read(int fd, struct map_found *found)
{
	struct braid_map_super *copy;
	int r, newest;

	memset(found, 0, sizeof(*found));
	found->fault = MAP_NONE;
	r = device_sectors(fd, &found->sectors);
	if (r || found->sectors < BRAID_MAP_AREA)
		return r;
	copy = buffer_new(2 * sizeof(*copy));
	if (!copy)
		return -ENOMEM;
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

/* A chunk of which not all can be read is read sector by sector. */
static void get_chunk(int fd, struct braid_map_sector *chunk, uint64_t sector,
		      uint64_t count)
{
	uint64_t i;

	if (!get(fd, chunk, sector, count))
		return;
	for (i = 0; i < count; i += BRAID_MAP_UNIT)
		if (get(fd, chunk + i, sector + i, BRAID_MAP_UNIT))
			memset(chunk + i, 0, BRAID_MAP_UNIT * SECTOR);
}

static int
walk_area(int fd, const uint8_t *map_id, uint64_t sector, uint64_t values,
	  int (*fn)(void *arg, uint32_t first,
		    const struct braid_map_sector *sector, bool whole),
	  void *arg)
{
	struct braid_map_sector *chunk = buffer_new(CHUNK_SECTORS * SECTOR);
	uint64_t done = 0, i, count = 0;
	int r = chunk ? 0 : -ENOMEM;

	for (i = 0; !r && done < values; i++) {
		if (i == count) {
			sector += count;
			count = (values - done + BRAID_MAP_UNIT_VALUES - 1) /
				BRAID_MAP_UNIT_VALUES * BRAID_MAP_UNIT;
			if (count > CHUNK_SECTORS)
				count = CHUNK_SECTORS;
			get_chunk(fd, chunk, sector, count);
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

	r = walk_area(fd, super->map_id, __le64_to_cpu(super->log_offset),
		      __le32_to_cpu(super->log_slots), visitor->log,
		      visitor->arg);
	if (r)
		return r;
	return walk_area(fd, super->map_id, __le64_to_cpu(super->map_offset),
			 __le32_to_cpu(super->nr_blocks), visitor->map,
			 visitor->arg);
}
