// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <linux/dm-ioctl.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "dm/device.h"
#include "dm/events.h"

#define CONTROL "/dev/mapper/" DM_CONTROL_NODE

int dm_events_open(struct err *error)
{
	int fd, r;

	fd = open(CONTROL, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return err_set(error, errno, "cannot open %s: %s", CONTROL,
			       strerror(errno));
	r = dm_events_arm(fd, error);
	if (r) {
		close(fd);
		return r;
	}
	return fd;
}

int dm_events_arm(int fd, struct err *error)
{
	struct dm_ioctl request = {
		.version = { DM_VERSION_MAJOR, 0, 0 },
		.data_size = sizeof(request),
		.data_start = sizeof(request),
	};

	if (ioctl(fd, DM_DEV_ARM_POLL, &request) < 0)
		return err_set(error, errno,
			       "cannot wait for device-mapper events: %s",
			       strerror(errno));
	return 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Armed before the counter is read, so an event after that wakes the poll. */
static int wait_armed(int fd, const char *name, uint32_t *seen, int64_t until,
		      struct err *error)
{
	struct pollfd pollfd = { .fd = fd, .events = POLLIN };
	struct dm_dev_info info;
	int64_t left;
	int r;

	do {
		r = dm_events_arm(fd, error);
		if (!r)
			r = dm_dev_info(name, &info, error);
		if (r)
			return r;
		if (info.event_nr != *seen) {
			*seen = info.event_nr;
			return 0;
		}
		left = until - now_ms();
	} while (left > 0 && (poll(&pollfd, 1, left) >= 0 || errno == EINTR));
	return err_set(error, ETIMEDOUT, "no event came from %s in time", name);
}

int dm_events_wait(const char *name, uint32_t *seen, int timeout_ms,
		   struct err *error)
{
	int64_t until = now_ms() + timeout_ms;
	int fd, r;

	fd = dm_events_open(error);
	if (fd < 0)
		return fd;
	r = wait_armed(fd, name, seen, until, error);
	close(fd);
	return r;
}
