/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the kernel refused a table or a message. A target puts its reason into
 * the kernel's log only; the ioctl returns a bare EINVAL. So the log is opened
 * before the ioctl, and what device-mapper wrote since is looked up if it
 * fails. Where the log can't be read, the errno has to do.
 */
#ifndef DM_KMSG_H
#define DM_KMSG_H

#include <stdbool.h>
#include <stddef.h>

enum dm_kmsg_kind {
	DM_KMSG_OTHER,
	DM_KMSG_TABLE, /* device-mapper's line for a refused table */
	DM_KMSG_TARGET, /* a target's own error, which says more */
};

/* Open the log at its end; -1 if it can't be read. */
int dm_kmsg_open(void);

/* Find the best reason written since @log (which may be -1) was opened. */
bool dm_kmsg_read(int log, char *reason, size_t size);

/* What one record of /dev/kmsg is; the reason in it, if it isn't OTHER. */
enum dm_kmsg_kind dm_kmsg_reason(const char *record, char *reason, size_t size);

#endif
