/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One request to device-mapper, from libdevmapper's task to a sentence. */
#ifndef DM_TASK_H
#define DM_TASK_H

#include <libdevmapper.h>

#include "err/err.h"

/**
 * dm_task_begin() - make a task for a named device
 * @type: DM_DEVICE_...
 * @name: the device; NULL for requests that have none
 * @task: the task, to be destroyed with dm_task_destroy()
 */
int dm_task_begin(int type, const char *name, struct dm_task **task,
		  struct err *error);

/* Run it; @doing completes "cannot ... NAME" in the error's sentence. */
int dm_task_do(struct dm_task *task, const char *doing, const char *name,
	       struct err *error);

/* The same for what udev has to follow: waits for the device's nodes. */
int dm_task_do_settled(struct dm_task *task, const char *doing,
		       const char *name, struct err *error);

#endif
