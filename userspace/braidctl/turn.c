// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/turn.h"

/* It is there wherever an array is, and nobody else locks it. */
#define CONTROL "/dev/mapper/control"
#define TRIES 300
#define PAUSE_US 100000

int turn_begin(void)
{
	int fd = open(CONTROL, O_RDWR | O_CLOEXEC), i;

	if (fd < 0) {
		complain("cannot open %s: %s", CONTROL, strerror(errno));
		return -1;
	}
	for (i = 0; i < TRIES; i++) {
		if (!flock(fd, LOCK_EX | LOCK_NB))
			return fd;
		if (errno != EWOULDBLOCK && errno != EINTR)
			break;
		usleep(PAUSE_US);
	}
	close(fd);
	complain(
		"another braidctl has been changing an array for half a minute: try again once it is done");
	return -1;
}

void turn_end(int turn)
{
	close(turn);
}
