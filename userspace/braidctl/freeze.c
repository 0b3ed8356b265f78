// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "braidctl/freeze.h"

/* What the guard ends with. */
enum {
	THAWED,
	THAWED_LATE,
	NOT_THAWED,
};

/* Mountinfo writes blanks and backslashes as "\040". */
static void unescape(const char *from, size_t length, char *to)
{
	size_t i = 0;

	while (i < length) {
		if (from[i] == '\\' && i + 3 < length) {
			*to++ = (from[i + 1] - '0') * 64 +
				(from[i + 2] - '0') * 8 + from[i + 3] - '0';
			i += 4;
		} else {
			*to++ = from[i++];
		}
	}
	*to = '\0';
}

bool freeze_mount_point(const char *line, unsigned int major,
			unsigned int minor, const char *device, char *path)
{
	unsigned int found_major, found_minor;
	char source[PATH_MAX] = "";
	const char *rest;
	int root = 0, point = 0, end = 0;

	if (sscanf(line, "%*u %*u %u:%u %n%*s %n%*s%n", &found_major,
		   &found_minor, &root, &point, &end) != 2 ||
	    !end || end - point >= PATH_MAX)
		return false;
	/* some filesystems have a number of their own: then the source tells */
	rest = strstr(line + end, " - ");
	if (!rest || sscanf(rest, " - %*s %4095s", source) != 1)
		return false;
	if ((found_major != major || found_minor != minor) &&
	    strcmp(source, device))
		return false;
	unescape(line + point, end - point, path);
	return true;
}

/* Open where a device is mounted. A descriptor, or -errno with a sentence. */
static int open_mount(const char *name, struct err *error)
{
	char device[DM_DEV_PATH_SIZE], path[PATH_MAX], *line = NULL;
	struct dm_dev_info info;
	size_t size = 0;
	bool found = false;
	FILE *mounts;
	int fd, r;

	r = dm_dev_info(name, &info, error);
	if (r)
		return r;
	dm_dev_path(name, device);
	mounts = fopen("/proc/self/mountinfo", "re");
	if (!mounts)
		return err_sys(error, errno, "cannot read mountinfo");
	while (!found && getline(&line, &size, mounts) > 0)
		found = freeze_mount_point(line, info.major, info.minor, device,
					   path);
	free(line);
	fclose(mounts);
	if (!found)
		return err_set(
			error, ENOENT,
			"%s is not mounted here: leave --fsfreeze out if there is nothing to freeze",
			name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_sys(error, errno, "cannot open %s", path) : fd;
}

static int thaw_all(const int *fds, unsigned int count)
{
	int r = THAWED;

	while (count--)
		if (ioctl(fds[count], FITHAW, 0) < 0)
			r = NOT_THAWED;
	return r;
}

/* The guard: nothing but a pipe's end, or time, makes it thaw. */
static int guard(const int *fds, const char *const *names, unsigned int count,
		 int hold, int say)
{
	struct pollfd wait = { .fd = hold };
	struct err error = { "" };
	unsigned int i;
	int r = 0, late;

	for (i = 0; i < count && !r; i++)
		if (ioctl(fds[i], FIFREEZE, 0) < 0)
			r = err_sys(&error, errno,
				    "cannot freeze the filesystem on %s",
				    names[i]);
	if (r)
		thaw_all(fds, i - 1);
	if (write(say, error.text, strlen(error.text) + 1) < 0 && !r) {
		thaw_all(fds, count);
		return NOT_THAWED;
	}
	if (r)
		return THAWED;
	late = poll(&wait, 1, FREEZE_SECONDS * 1000) == 0;
	r = thaw_all(fds, count);
	return r == THAWED && late ? THAWED_LATE : r;
}

static void no_signals(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid(); /* what is sent to our group is not for it */
}

/* What the guard says once all are frozen: nothing, or why they aren't. */
static int heard(int say, struct err *error)
{
	ssize_t n = read(say, error->text, sizeof(error->text) - 1);

	if (n <= 0)
		return err_set(error, EIO, "the filesystems can't be frozen");
	error->text[n] = '\0';
	return *error->text ? -EIO : 0;
}

static int start(struct freeze *freeze, const int *fds,
		 const char *const *names, unsigned int count,
		 struct err *error)
{
	int hold[2], say[2], r;

	if (pipe2(hold, O_CLOEXEC) < 0)
		return err_sys(error, errno, "cannot make a pipe");
	if (pipe2(say, O_CLOEXEC) < 0) {
		r = err_sys(error, errno, "cannot make a pipe");
		goto out_with_hold;
	}
	freeze->guard = fork();
	if (freeze->guard == 0) {
		no_signals();
		close(hold[1]);
		close(say[0]);
		_exit(guard(fds, names, count, hold[0], say[1]));
	}
	close(say[1]);
	if (freeze->guard < 0)
		r = err_sys(error, errno, "cannot start a process");
	else
		r = heard(say[0], error);
	close(say[0]);
	close(hold[0]);
	freeze->hold = hold[1];
	if (r && freeze->guard > 0) {
		close(freeze->hold);
		waitpid(freeze->guard, NULL, 0);
	}
	return r;

out_with_hold:
	close(hold[0]);
	close(hold[1]);
	return r;
}

int freeze_begin(struct freeze *freeze, const char *const *names,
		 unsigned int count, struct err *error)
{
	int fds[FREEZE_MAX], r = 0;
	unsigned int opened;

	for (opened = 0; opened < count; opened++) {
		fds[opened] = open_mount(names[opened], error);
		if (fds[opened] < 0) {
			r = fds[opened];
			break;
		}
	}
	if (!r)
		r = start(freeze, fds, names, count, error);
	while (opened--)
		close(fds[opened]);
	return r;
}

int freeze_end(struct freeze *freeze, struct err *error)
{
	int status;

	close(freeze->hold);
	while (waitpid(freeze->guard, &status, 0) < 0)
		if (errno != EINTR)
			return err_sys(error, errno,
				       "cannot wait for the thaw");
	if (WIFEXITED(status) && WEXITSTATUS(status) == THAWED)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == THAWED_LATE)
		return err_set(
			error, ETIMEDOUT,
			"the filesystems were thawed after %d seconds, before the era was closed",
			FREEZE_SECONDS);
	return err_set(error, EIO,
		       "a filesystem could not be thawed: fsfreeze -u does it");
}
