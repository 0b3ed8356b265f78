// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "statedir/statedir.h"

/* /var/lib/braid, mostly; whether that worked shows with the next step. */
static void make_parent(const char *path)
{
	char copy[PATH_MAX];

	snprintf(copy, sizeof(copy), "%s", path);
	mkdir(dirname(copy), 0755);
}

static int lock(struct statedir *sd, const char *path, struct err *e)
{
	sd->lock_fd =
		openat(sd->fd, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (sd->lock_fd < 0)
		return err_sys(e, errno, "cannot write the state directory %s",
			       path);
	if (flock(sd->lock_fd, LOCK_EX | LOCK_NB) < 0)
		return err_set(
			e, EBUSY,
			"the state directory %s is in use by another process",
			path);
	return 0;
}

int statedir_open(struct statedir *sd, const char *path, struct err *e)
{
	int ret;

	sd->fd = sd->lock_fd = -1;
	make_parent(path);
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return err_sys(e, errno, "cannot make the state directory %s",
			       path);
	sd->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (sd->fd < 0)
		return err_sys(e, errno, "cannot open the state directory %s",
			       path);
	ret = lock(sd, path, e);
	if (ret < 0)
		statedir_close(sd);
	return ret;
}

void statedir_close(struct statedir *sd)
{
	if (sd->lock_fd >= 0)
		close(sd->lock_fd);
	if (sd->fd >= 0)
		close(sd->fd);
	sd->fd = sd->lock_fd = -1;
}
