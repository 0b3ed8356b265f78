// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file/file.h"
#include "store/image.h"

static int image_hold(struct image *image, const char *path, struct err *e)
{
	if (flock(image->fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(e, EBUSY, "the image %s is in use", path);
	return 0;
}

static int image_measure(struct image *image, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(image->fd, &st) < 0)
		return err_sys(e, errno, "cannot look at the image %s", path);
	image->block = S_ISBLK(st.st_mode);
	if (!image->block && !S_ISREG(st.st_mode))
		return err_set(
			e, EINVAL,
			"the image %s is neither a file nor a block device",
			path);
	image->bytes = (uint64_t)st.st_size;
	if (image->block && ioctl(image->fd, BLKGETSIZE64, &image->bytes) < 0)
		return err_sys(e, errno, "cannot measure the image %s", path);
	return 0;
}

int image_open(struct image *image, const char *path, struct err *e)
{
	struct stat st;
	int flags = O_RDWR | O_CLOEXEC | O_NONBLOCK, ret;

	image->fd = -1;
	if (stat(path, &st) < 0) {
		if (errno == ENOENT && strncmp(path, "/dev/", 5) != 0)
			return -ENOENT;
		if (errno == ENOENT) /* not for us to make */
			return err_set(e, ENODEV, "there is no image %s", path);
		return err_sys(e, errno, "cannot find the image %s", path);
	}
	if (S_ISBLK(st.st_mode))
		flags |= O_EXCL; /* not while mounted or part of another */
	image->fd = open(path, flags);
	if (image->fd < 0 && errno == EBUSY)
		return err_set(e, EBUSY, "the image %s is in use", path);
	if (image->fd < 0)
		return err_sys(e, errno, "cannot open the image %s", path);
	ret = image_measure(image, path, e);
	if (ret == 0)
		ret = image_hold(image, path, e);
	if (ret < 0)
		image_close(image);
	return ret;
}

static int parent_sync(const char *path)
{
	char copy[PATH_MAX];
	int fd, ret;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = fsync(fd) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

int image_make(struct image *image, const char *path, uint64_t bytes,
	       struct err *e)
{
	bool fresh = image->fd < 0;
	int ret = 0;

	if (fresh) {
		image->block = false;
		image->fd =
			open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (image->fd < 0)
			return err_sys(e, errno, "cannot make the image %s",
				       path);
		ret = image_hold(image, path, e);
	}
	if (ret == 0 && (ftruncate(image->fd, (off_t)bytes) < 0 ||
			 fsync(image->fd) < 0 || parent_sync(path) < 0))
		ret = err_sys(e, errno,
			      "cannot make the image %s of %llu bytes", path,
			      (unsigned long long)bytes);
	if (ret == 0)
		image->bytes = bytes;
	if (ret < 0 && fresh) {
		image_close(image);
		unlink(path);
	}
	return ret;
}

bool image_is_unmade(const struct image *image)
{
	return image->fd < 0 || (!image->block && image->bytes == 0);
}

void image_close(struct image *image)
{
	if (image->fd >= 0)
		close(image->fd);
	image->fd = -1;
}

int image_read(const struct image *image, void *buf, uint64_t len,
	       uint64_t offset)
{
	return file_read(image->fd, buf, len, offset);
}

int image_write(const struct image *image, const void *buf, uint64_t len,
		uint64_t offset)
{
	return file_write(image->fd, buf, len, offset);
}

static int image_write_zeros(const struct image *image, uint64_t len,
			     uint64_t offset)
{
	static const uint8_t zeros[256 << 10];
	uint64_t part;
	int ret = 0;

	while (len > 0 && ret == 0) {
		part = len < sizeof(zeros) ? len : sizeof(zeros);
		ret = image_write(image, zeros, part, offset);
		len -= part;
		offset += part;
	}
	return ret;
}

int image_zero(const struct image *image, uint64_t len, uint64_t offset)
{
	int mode = FALLOC_FL_KEEP_SIZE;

	mode |= image->block ? FALLOC_FL_ZERO_RANGE : FALLOC_FL_PUNCH_HOLE;
	if (fallocate(image->fd, mode, (off_t)offset, (off_t)len) == 0)
		return 0;
	return image_write_zeros(image, len, offset);
}

int image_discard(const struct image *image, uint64_t len, uint64_t offset)
{
	const int mode = FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE;

	/* a device that doesn't read as zeros afterwards refuses it */
	if (fallocate(image->fd, mode, (off_t)offset, (off_t)len) == 0)
		return 0;
	return image_zero(image, len, offset);
}

int image_sync(const struct image *image)
{
	return fdatasync(image->fd) < 0 ? -errno : 0;
}

bool image_is_hole(const struct image *image, uint64_t len, uint64_t offset)
{
	off_t data;

	if (image->block)
		return false;
	data = lseek(image->fd, (off_t)offset, SEEK_DATA);
	if (data < 0)
		return errno == ENXIO;
	return (uint64_t)data >= offset + len;
}
