/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Waiting for device-mapper events without a thread: a descriptor that polls
 * readable once any device had an event since it was last armed. Arm it, then
 * look at the devices, then poll: what happens in between isn't missed.
 */
#ifndef DM_EVENTS_H
#define DM_EVENTS_H

#include <stdint.h>

#include "err/err.h"

/* Return: a descriptor to poll (armed) and close, or a negative errno. */
int dm_events_open(struct err *error);
int dm_events_arm(int fd, struct err *error);

/**
 * dm_events_wait() - wait until a device's event counter isn't @seen
 * @seen: the counter last seen (dm_dev_info's event_nr); receives the new one
 *
 * Return: 0, -ETIMEDOUT, -ENXIO if the device went away, or another errno.
 */
int dm_events_wait(const char *name, uint32_t *seen, int timeout_ms,
		   struct err *error);

#endif
