// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libdevmapper.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "dm/udev.h"

#define POLL_US 5000
#define POLLS_MAX 2000

bool dm_udev_running(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	bool running;
	int fd;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return false;
	strcpy(address.sun_path, "/run/udev/control");
	running = !connect(fd, (struct sockaddr *)&address, sizeof(address)) ||
		  errno == EAGAIN; /* its queue is full: it is there */
	close(fd);
	return running;
}

void dm_udev_settle(uint32_t cookie)
{
	int i, ready;

	if (!cookie)
		return;
	for (i = 0; i < POLLS_MAX; i++) {
		ready = 0;
		if (!dm_udev_wait_immediate(cookie, &ready) || ready)
			return;
		usleep(POLL_US);
	}
	/* udev died over it: stand in for it, so that the cookie goes away */
	if (dm_udev_complete(cookie))
		dm_udev_wait_immediate(cookie, &ready);
}
