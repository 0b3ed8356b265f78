/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a device's number to a path that a person knows it by: tables and status
 * lines have numbers only.
 */
#ifndef DM_NODE_H
#define DM_NODE_H

#include "dm/device.h"

/* "253:0" becomes /dev/mapper/NAME or /dev/NAME; anything else stays. */
void dm_node_path(const char *device, char path[DM_DEV_PATH_SIZE]);

/* The same for what stands in sysfs' uevent file. (pure) */
int dm_node_from_uevent(const char *uevent, char path[DM_DEV_PATH_SIZE]);

#endif
