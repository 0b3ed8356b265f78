/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filesystems on devices are frozen for a moment. A process of its own freezes
 * them and thaws them when it is told to, when we end in whatever way (killed,
 * too), or when it has waited long enough: nothing that happens to us leaves a
 * filesystem frozen.
 */
#ifndef BRAIDCTL_FREEZE_H
#define BRAIDCTL_FREEZE_H

#include <sys/types.h>

#include "dm/device.h"
#include "err/err.h"

#define FREEZE_MAX 16
#define FREEZE_SECONDS 30 /* that one is held at most */

struct freeze {
	pid_t guard;
	int hold; /* closed to thaw */
};

/**
 * freeze_begin() - freeze the filesystems that are mounted from these devices
 * @names: of device-mapper devices
 *
 * Return: 0 or a negative errno with a sentence; then all are thawed.
 */
int freeze_begin(struct freeze *freeze, const char *const *names,
		 unsigned int count, struct err *error);

/**
 * freeze_end() - thaw them, and wait until that is done
 *
 * Return: 0, -ETIMEDOUT if they had to be thawed before, another errno.
 */
int freeze_end(struct freeze *freeze, struct err *error);

/**
 * freeze_mount_point() - where a device is mounted, of a line of mountinfo (pure)
 * @path: receives the mount point, its escapes undone; of PATH_MAX bytes
 *
 * Return: whether the line is about the device, by its number or by its path.
 */
bool freeze_mount_point(const char *line, unsigned int major,
			unsigned int minor, const char *device, char *path);

#endif
