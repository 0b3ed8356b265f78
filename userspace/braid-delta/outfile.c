// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/outfile.h"
#include "braid-delta/complain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_TRIES 16
#define SYNC_STEP (16U << 20)

/* The directory of @path, to be freed. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") :
			       strndup(path, (size_t)(slash - path));
}

/* A name beside @path that is hidden and most likely free. */
static char *name_beside(const char *path)
{
	const char *slash = strrchr(path, '/');
	int prefix = slash ? (int)(slash - path) + 1 : 0;
	unsigned int number = 0;
	char *name;

	if (getrandom(&number, sizeof(number), 0) < 0)
		number = (unsigned int)getpid();
	if (asprintf(&name, "%.*s.%.200s.%08x", prefix, path, path + prefix,
		     number) < 0)
		return NULL;
	return name;
}

static int open_named(struct outfile *file)
{
	int tries, fd = -1;

	for (tries = 0; fd < 0 && tries < NAME_TRIES; tries++) {
		free(file->beside);
		file->beside = name_beside(file->path);
		if (!file->beside)
			return -ENOMEM;
		fd = open(file->beside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
			  0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd >= 0)
		return fd;
	free(file->beside);
	file->beside = NULL;
	return -errno;
}

/* Without a name if the filesystem can do that, else with one. */
static int open_beside(struct outfile *file)
{
	char *directory = directory_of(file->path);
	int fd;

	if (!directory)
		return -ENOMEM;
	fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	free(directory);
	if (fd < 0 && errno != EACCES && errno != EROFS)
		return open_named(file);
	return fd < 0 ? -errno : fd;
}

/* The new file gets the old one's owner, if it may, and permissions. */
static int copy_attributes(int fd, const struct stat *old)
{
	if (fchown(fd, old->st_uid, old->st_gid) &&
	    fchown(fd, (uid_t)-1, old->st_gid))
		return fchmod(fd, old->st_mode & 0700) ? -errno : 0;
	return fchmod(fd, old->st_mode & 07777) ? -errno : 0;
}

static int open_path(struct outfile *file)
{
	struct stat st;
	bool exists;

	file->path = realpath(file->name, NULL);
	exists = file->path && !stat(file->path, &st);
	if (!file->path)
		file->path = strdup(file->name);
	if (!file->path)
		return -ENOMEM;
	if (exists && S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!exists || S_ISREG(st.st_mode)) {
		if (exists && access(file->path, W_OK))
			return -errno;
		file->fd = open_beside(file);
		if (file->fd >= 0 && exists)
			return copy_attributes(file->fd, &st);
		return file->fd < 0 ? file->fd : 0;
	}
	file->device = S_ISBLK(st.st_mode);
	file->pipe = !file->device;
	file->fd = open(file->path,
			O_WRONLY | O_CLOEXEC | (file->device ? O_EXCL : 0));
	return file->fd < 0 ? -errno : 0;
}

int bd_outfile_open(struct outfile *file, const char *name)
{
	int ret;

	memset(file, 0, sizeof(*file));
	file->name = name;
	file->fd = -1;
	if (!strcmp(name, "-")) {
		file->fd = STDOUT_FILENO;
		file->pipe = true;
		return 0;
	}
	ret = open_path(file);
	if (!ret)
		return 0;
	bd_outfile_close(file);
	return bd_complain_of(name, ret, NULL);
}

int bd_outfile_spares(const struct outfile *file, const char *input)
{
	struct stat out, in;
	bool same;

	if (file->pipe || stat(file->path, &out) || !strcmp(input, "-") ||
	    stat(input, &in))
		return 0;
	same = file->device ?
		       S_ISBLK(in.st_mode) && in.st_rdev == out.st_rdev :
		       in.st_dev == out.st_dev && in.st_ino == out.st_ino;
	if (!same)
		return 0;
	return bd_complain("%s would take the place of %s, which is read",
			   file->name, input);
}

int bd_outfile_write(void *file, const void *data, size_t size)
{
	struct outfile *f = file;

	while (size) {
		ssize_t put = write(f->fd, data, size);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -errno;
		data = (const char *)data + put;
		size -= (size_t)put;
		f->written += (uint64_t)put;
	}
	return 0;
}

void bd_outfile_start_sync(struct outfile *file)
{
	if (file->pipe || file->written - file->synced < SYNC_STEP)
		return;
	sync_file_range(file->fd, (off_t)file->synced,
			(off_t)(file->written - file->synced),
			SYNC_FILE_RANGE_WRITE);
	file->synced = file->written;
}

/* Give a file without a name one, so that it can be renamed. */
static int name_it(struct outfile *file)
{
	char self[64];
	int tries, ret = -EEXIST;

	snprintf(self, sizeof(self), "/proc/self/fd/%d", file->fd);
	for (tries = 0; ret == -EEXIST && tries < NAME_TRIES; tries++) {
		free(file->beside);
		file->beside = name_beside(file->path);
		if (!file->beside)
			return -ENOMEM;
		ret = linkat(AT_FDCWD, self, AT_FDCWD, file->beside,
			     AT_SYMLINK_FOLLOW) ?
			      -errno :
			      0;
	}
	if (ret) {
		free(file->beside);
		file->beside = NULL;
	}
	return ret;
}

static int sync_directory(const char *path)
{
	char *directory = directory_of(path);
	int fd, ret;

	if (!directory)
		return -ENOMEM;
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(directory);
	if (fd < 0)
		return -errno;
	ret = fsync(fd) ? -errno : 0;
	close(fd);
	return ret;
}

/*
 * The content first, then the name: a crash in between leaves the old file, one
 * after the rename either of them, whole.
 */
static int commit(struct outfile *file, bool durable)
{
	int ret = 0;

	if (file->pipe)
		return 0;
	if (durable && fsync(file->fd))
		return -errno;
	if (file->device)
		return 0;
	if (!file->beside)
		ret = name_it(file);
	if (ret)
		return ret;
	if (rename(file->beside, file->path))
		return -errno;
	free(file->beside);
	file->beside = NULL;
	return durable ? sync_directory(file->path) : 0;
}

int bd_outfile_commit(struct outfile *file, bool durable)
{
	int ret = commit(file, durable);

	return ret ? bd_complain_of(file->name, ret, NULL) : 0;
}

void bd_outfile_close(struct outfile *file)
{
	if (file->beside)
		unlink(file->beside);
	if (file->fd > STDERR_FILENO)
		close(file->fd);
	free(file->beside);
	free(file->path);
	file->beside = NULL;
	file->path = NULL;
	file->fd = -1;
}
