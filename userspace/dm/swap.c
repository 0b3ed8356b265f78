// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <unistd.h>

#include "dm/kmsg.h"
#include "dm/swap.h"
#include "dm/task.h"

int dm_swap_clear(const char *name, struct err *error)
{
	struct dm_task *task;
	int r;

	r = dm_task_begin(DM_DEVICE_CLEAR, name, &task, error);
	if (r)
		return r;
	r = dm_task_do(task, "clear the inactive table of", name, error);
	dm_task_destroy(task);
	return r;
}

/* Suspend, exchange and resume in one request. */
static int resume(const char *name, struct err *error)
{
	struct dm_task *task;
	int r;

	r = dm_task_begin(DM_DEVICE_RESUME, name, &task, error);
	if (r)
		return r;
	dm_task_skip_lockfs(task);
	dm_task_no_flush(task);
	r = dm_task_do_settled(task, "exchange the table of", name, error);
	dm_task_destroy(task);
	return r;
}

/* The same, with the target's reason if it doesn't want to be live. */
static int resume_with_reason(const char *name, struct err *error)
{
	int log = dm_kmsg_open();
	char reason[256] = "";
	int r;

	r = resume(name, error);
	if (r && dm_kmsg_read(log, reason, sizeof(reason)))
		err_set(error, -r, "cannot exchange the table of %s: %s", name,
			reason);
	if (log >= 0)
		close(log);
	return r;
}

/* The kernel may have thrown the old table away, and left I/O waiting. */
static int back(const char *name, const struct dm_dev_line *old, int code,
		struct err *error)
{
	const struct dm_dev_table table = {
		.sectors = old->sectors,
		.target = old->target,
		.params = old->params,
	};
	struct err why = { "" };

	if (dm_dev_reload(name, &table, &why) || resume(name, &why)) {
		struct err first = error ? *error : why;

		err_set(error, -code,
			"%.200s; and its old table can't be brought back: %.200s",
			first.text, why.text);
	}
	return code;
}

int dm_swap(const char *name, const struct dm_dev_table *table,
	    struct err *error)
{
	struct dm_dev_line old;
	int r;

	r = dm_dev_table(name, NULL, &old, error);
	if (r)
		return r;
	r = dm_dev_reload(name, table, error);
	if (r) {
		dm_swap_clear(name, NULL);
	} else {
		r = resume_with_reason(name, error);
		if (r)
			r = back(name, &old, r, error);
	}
	dm_dev_line_free(&old);
	return r;
}
