// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <unistd.h>

#include "file/file.h"

static int transfer(int fd, uint8_t *p, uint64_t len, uint64_t offset,
		    bool writes)
{
	ssize_t n;

	while (len > 0) {
		n = writes ? pwrite(fd, p, len, (off_t)offset) :
			     pread(fd, p, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		p += n;
		len -= (uint64_t)n;
		offset += (uint64_t)n;
	}
	return 0;
}

int file_read(int fd, void *buf, uint64_t len, uint64_t offset)
{
	return transfer(fd, buf, len, offset, false);
}

int file_write(int fd, const void *buf, uint64_t len, uint64_t offset)
{
	return transfer(fd, (uint8_t *)buf, len, offset, true);
}
