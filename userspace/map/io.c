// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "map/io.h"
#include "map/map.h"

int map_open(const char *path, int flags)
{
	int fd = open(path, flags | O_DIRECT | O_CLOEXEC);

	if (fd < 0 && errno == EINVAL)
		fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

void *map_buffer(size_t size)
{
	void *buffer;

	return posix_memalign(&buffer, BRAID_MAP_SUPER_BYTES, size) ? NULL :
								      buffer;
}

int map_put(int fd, const void *data, uint64_t sector, uint64_t sectors)
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

int map_get(int fd, void *data, uint64_t sector, uint64_t sectors)
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

int map_put_zeros(int fd, uint64_t sector, uint64_t sectors)
{
	void *zeros = map_buffer(sectors * SECTOR);
	int r;

	if (!zeros)
		return -ENOMEM;
	memset(zeros, 0, sectors * SECTOR);
	r = map_put(fd, zeros, sector, sectors);
	free(zeros);
	return r;
}

int map_device_sectors(int fd, uint64_t *sectors)
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
