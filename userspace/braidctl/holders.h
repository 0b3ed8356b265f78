/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The braid-view devices that show a view of a tracked device. */
#ifndef BRAIDCTL_HOLDERS_H
#define BRAIDCTL_HOLDERS_H

#include <stdint.h>

#include "dm/device.h"

#define HOLDERS_MAX 16

struct holders {
	unsigned int count;
	char name[HOLDERS_MAX][DM_DEV_NAME_SIZE];
};

/* Find them for the view of @era; 0 means of any era. 0 or a negative errno. */
int holders_find(const char *track, uint64_t era, struct holders *holders,
		 struct err *error);

#endif
