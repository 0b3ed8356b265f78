/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices that were looked at for superblocks, and what was found.
 */
#ifndef BRAIDCTL_FINDS_H
#define BRAIDCTL_FINDS_H

#include <stdbool.h>

#include "dm/device.h"
#include "member/super.h"

#define FINDS_MAX 1024

struct find {
	char path[DM_DEV_PATH_SIZE];
	bool busy; /* somebody holds the device */
	struct super_found found;
};

struct finds {
	unsigned int count;
	struct find *find; /* allocated */
};

/* Look at one device. 0, or EXIT_FAILED after a complaint. */
int finds_add(struct finds *finds, const char *path);

/*
 * Look at all block devices. Those that can't be read, or hold nothing of ours,
 * are left out. 0, or EXIT_FAILED after a complaint.
 */
int finds_scan(struct finds *finds);

void finds_free(struct finds *finds);

/* Does the superblock at least say which array it is of? */
bool finds_known(const struct find *find);

#endif
