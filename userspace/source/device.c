// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "source/origin.h"

uint64_t origin_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static int measure(struct origin *o, int fd, const char *path, struct err *e)
{
	uint64_t bytes;
	struct stat st;
	bool block;

	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "cannot look at %s", path);
	block = S_ISBLK(st.st_mode);
	if (!block && !S_ISREG(st.st_mode))
		return err_set(e, EINVAL,
			       "%s is neither a block device nor a file", path);
	bytes = (uint64_t)st.st_size;
	if (block && ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		return err_sys(e, errno, "cannot measure %s", path);
	if (bytes == 0 || bytes % 512 != 0)
		return err_set(
			e, EINVAL,
			"%s has %llu bytes, which is no number of whole sectors",
			path, (unsigned long long)bytes);
	o->block = block;
	o->bytes = bytes;
	return 0;
}

/* O_NONBLOCK, as a pipe that nobody writes to would hold us up for ever. */
static int device_open(const char *path)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
	int fd = open(path, flags | O_DIRECT);

	if (fd < 0 && errno == EINVAL) /* a filesystem without O_DIRECT */
		fd = open(path, flags);
	return fd;
}

/* With O_NONBLOCK, the ring would fail what the device can't do at once. */
static int device_may_block(int fd, const char *path, struct err *e)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
		return err_sys(e, errno, "cannot open the device %s", path);
	return 0;
}

int origin_device_open(struct origin *o, const char *path, struct err *e)
{
	int fd = device_open(path), ret;

	if (fd < 0)
		return err_sys(e, errno, "cannot open the device %s", path);
	ret = measure(o, fd, path, e);
	if (ret == 0)
		ret = device_may_block(fd, path, e);
	if (ret < 0) {
		close(fd);
		return ret;
	}
	return fd;
}
