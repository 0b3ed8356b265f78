/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether there is a udev that makes the nodes in /dev, and waiting for it.
 * In an initramfs, or in a lab's kernel, there is none, and then libdevmapper
 * makes the nodes itself.
 */
#ifndef DM_UDEV_H
#define DM_UDEV_H

#include <stdbool.h>
#include <stdint.h>

/* A daemon listens at udev's socket (a socket left behind isn't enough). */
bool dm_udev_running(void);

/* Wait until udev has dealt with @cookie (0: none), ten seconds at most. */
void dm_udev_settle(uint32_t cookie);

#endif
