/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the kernel refused a table. A target puts its reason into the kernel's
 * log only; the ioctl returns a bare EINVAL. So the log is opened before the
 * ioctl, and what device-mapper wrote since is looked up if it fails. Where the
 * log can't be read, the errno has to do.
 */
#ifndef DM_KMSG_H
#define DM_KMSG_H

#include <stdbool.h>
#include <stddef.h>

/* Open the log at its end; -1 if it can't be read. */
int dm_kmsg_open(void);

/* Find the reason written since, and close @log (which may be -1). */
bool dm_kmsg_close(int log, char *reason, size_t size);

/* Is this record of /dev/kmsg device-mapper's refusal of a table? (pure) */
bool dm_kmsg_reason(const char *record, char *reason, size_t size);

#endif
