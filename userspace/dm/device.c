// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "dm/device.h"
#include "dm/kmsg.h"
#include "dm/task.h"

#define REMOVE_TRIES 20
#define REMOVE_PAUSE_US 100000

bool dm_dev_name_ok(const char *name)
{
	size_t length = strspn(
		name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789#+-.:=@_");

	return length > 0 && length < DM_DEV_NAME_SIZE && !name[length] &&
	       strcmp(name, ".") && strcmp(name, "..");
}

void dm_dev_path(const char *name, char path[DM_DEV_PATH_SIZE])
{
	snprintf(path, DM_DEV_PATH_SIZE, "/dev/mapper/%s", name);
}

/* The name that sysfs has for a device number. */
static int sysfs_name(dev_t number, char name[DM_DEV_NAME_SIZE])
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/dm/name",
		 major(number), minor(number));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -ENOTBLK;
	n = read(fd, name, DM_DEV_NAME_SIZE - 1);
	close(fd);
	name[n > 0 ? n : 0] = '\0';
	name[strcspn(name, "\n")] = '\0';
	return *name ? 0 : -ENOTBLK;
}

int dm_dev_name_of(const char *path, char name[DM_DEV_NAME_SIZE],
		   struct err *error)
{
	struct stat st;

	if (!strchr(path, '/')) {
		if (!dm_dev_name_ok(path))
			return err_set(error, EINVAL,
				       "'%.64s' is not a device-mapper name",
				       path);
		strcpy(name, path);
		return 0;
	}
	if (stat(path, &st) < 0)
		return err_set(error, errno, "cannot find %s: %s", path,
			       strerror(errno));
	if (!S_ISBLK(st.st_mode) || sysfs_name(st.st_rdev, name))
		return err_set(error, ENOTBLK,
			       "%s is not a device-mapper device", path);
	return 0;
}

/* A request with no arguments and no answer. */
static int simple(int type, const char *doing, const char *name,
		  struct err *error)
{
	struct dm_task *task;
	int r;

	r = dm_task_begin(type, name, &task, error);
	if (r)
		return r;
	if (type == DM_DEVICE_RESUME || type == DM_DEVICE_REMOVE)
		r = dm_task_do_settled(task, doing, name, error);
	else
		r = dm_task_do(task, doing, name, error);
	dm_task_destroy(task);
	return r;
}

static int load_task(const char *doing, const char *name,
		     const struct dm_dev_table *table, struct err *error)
{
	struct dm_task *task;
	int r;

	r = dm_task_begin(DM_DEVICE_RELOAD, name, &task, error);
	if (r)
		return r;
	if ((table->read_only && !dm_task_set_ro(task)) ||
	    !dm_task_add_target(task, 0, table->sectors, table->target,
				table->params))
		r = err_set(error, ENOMEM, "cannot %s %s: no memory", doing,
			    name);
	else
		r = dm_task_do(task, doing, name, error);
	dm_task_destroy(task);
	return r;
}

/*
 * Load a table, with the kernel's own reason if it refuses it. A missing module
 * is named, where the kernel only says that the target's type is unknown.
 */
static int load(const char *doing, const char *name,
		const struct dm_dev_table *table, struct err *error)
{
	int log = dm_kmsg_open();
	char reason[256] = "";
	int r;

	r = load_task(doing, name, table, error);
	if (r && dm_kmsg_read(log, reason, sizeof(reason)))
		err_set(error, -r, "cannot %s %s: %s", doing, name, reason);
	if (log >= 0)
		close(log);
	if (r == -EINVAL && !dm_dev_target_known(table->target))
		err_set(error, -r,
			"cannot %s %s: the kernel has no target %s (is its module loaded?)",
			doing, name, table->target);
	return r;
}

/* Where neither udev nor libdevmapper made the node, ask for it by itself. */
static int make_node(const char *name, struct err *error)
{
	char path[DM_DEV_PATH_SIZE];
	struct stat st;

	dm_dev_path(name, path);
	if (!stat(path, &st) && S_ISBLK(st.st_mode))
		return 0;
	dm_mknodes(name);
	dm_task_update_nodes();
	if (!stat(path, &st) && S_ISBLK(st.st_mode))
		return 0;
	return err_set(error, ENOENT, "%s was made but its node %s was not",
		       name, path);
}

static int create(const char *name, const char *uuid, struct err *error)
{
	struct dm_task *task;
	int r;

	r = dm_task_begin(DM_DEVICE_CREATE, name, &task, error);
	if (r)
		return r;
	if (uuid && !dm_task_set_uuid(task, uuid))
		r = err_set(error, ENOMEM, "cannot create %s: no memory", name);
	else
		r = dm_task_do(task, "create", name, error);
	dm_task_destroy(task);
	return r;
}

/* Make the table live, with the target's own reason if it doesn't want to be. */
static int start(const char *name, struct err *error)
{
	int log = dm_kmsg_open();
	char reason[256] = "";
	int r;

	r = simple(DM_DEVICE_RESUME, "create", name, error);
	if (r && dm_kmsg_read(log, reason, sizeof(reason)))
		err_set(error, -r, "cannot create %s: %s", name, reason);
	if (log >= 0)
		close(log);
	return r;
}

int dm_dev_create(const char *name, const struct dm_dev_table *table,
		  struct err *error)
{
	int r;

	r = create(name, table->uuid, error);
	if (r == -EBUSY)
		return err_set(error, EEXIST,
			       "there is a device-mapper device %s already",
			       name);
	if (r)
		return r;
	r = load("create", name, table, error);
	if (!r)
		r = start(name, error);
	if (!r)
		r = make_node(name, error);
	if (r)
		dm_dev_remove(name, NULL);
	return r;
}

int dm_dev_reload(const char *name, const struct dm_dev_table *table,
		  struct err *error)
{
	return load("load a table into", name, table, error);
}

int dm_dev_suspend(const char *name, bool freeze, struct err *error)
{
	struct dm_task *task;
	int r;

	r = dm_task_begin(DM_DEVICE_SUSPEND, name, &task, error);
	if (r)
		return r;
	if (!freeze) {
		dm_task_skip_lockfs(task);
		dm_task_no_flush(task);
	}
	r = dm_task_do(task, "suspend", name, error);
	dm_task_destroy(task);
	return r;
}

int dm_dev_resume(const char *name, struct err *error)
{
	return simple(DM_DEVICE_RESUME, "resume", name, error);
}

int dm_dev_remove(const char *name, struct err *error)
{
	struct dm_dev_info info;
	int i, r = 0;

	for (i = 0; i < REMOVE_TRIES; i++) {
		if (i)
			usleep(REMOVE_PAUSE_US);
		r = simple(DM_DEVICE_REMOVE, "remove", name, error);
		if (r != -EBUSY)
			return r;
	}
	if (!dm_dev_info(name, &info, NULL))
		err_set(error, -r,
			"cannot remove %s: it is in use (opened %u times)",
			name, info.open_count);
	return r;
}

static int copy_reply(struct dm_task *task, const char *name, char **reply,
		      struct err *error)
{
	const char *text = dm_task_get_message_response(task);

	*reply = strdup(text ? text : "");
	if (!*reply)
		return err_set(error, ENOMEM, "no memory for the reply of %s",
			       name);
	return 0;
}

/* A message that came as far as the target was refused with a reason. */
static int message_error(const char *name, const char *message, int r, int log,
			 struct err *error)
{
	char reason[256];

	if (r == -ENXIO || r == -ENODEV || r == -EPERM || r == -EACCES)
		return r;
	if (!dm_kmsg_read(log, reason, sizeof(reason)))
		snprintf(reason, sizeof(reason), "%s", strerror(-r));
	return err_set(error, -r, "%s refused '%s': %s", name, message, reason);
}

int dm_dev_message(const char *name, const char *message, char **reply,
		   struct err *error)
{
	int log = dm_kmsg_open(), r;
	struct dm_task *task;

	if (reply)
		*reply = NULL;
	r = dm_task_begin(DM_DEVICE_TARGET_MSG, name, &task, error);
	if (r)
		goto out_with_log;
	if (!dm_task_set_message(task, message) || !dm_task_set_sector(task, 0))
		r = err_set(error, ENOMEM, "cannot ask %s: no memory", name);
	else
		r = dm_task_do(task, "send a message to", name, error);
	if (r)
		r = message_error(name, message, r, log, error);
	else if (reply)
		r = copy_reply(task, name, reply, error);
	dm_task_destroy(task);
out_with_log:
	if (log >= 0)
		close(log);
	return r;
}

/* Copy the only line out of a status or table task that has run. */
static int copy_line(struct dm_task *task, const char *name,
		     struct dm_dev_line *line, struct err *error)
{
	char *target = NULL, *params = NULL;
	struct dm_info info;
	void *next;

	if (!dm_task_get_info(task, &info) || !info.exists)
		return err_set(error, ENXIO,
			       "there is no device-mapper device %s", name);
	next = dm_get_next_target(task, NULL, &line->start, &line->sectors,
				  &target, &params);
	if (!target)
		return err_set(error, ENODATA, "%s has no table", name);
	if (next)
		return err_set(error, E2BIG,
			       "%s has more than one line in its table", name);
	if (strlen(target) >= sizeof(line->target))
		return err_set(error, EPROTO,
			       "the target of %s has an impossible name", name);
	strcpy(line->target, target);
	line->params = strdup(params ? params : "");
	if (!line->params)
		return err_set(error, ENOMEM, "no memory for the status of %s",
			       name);
	return 0;
}

static int get_line(int type, const char *name, const char *wanted,
		    struct dm_dev_line *line, struct err *error)
{
	struct dm_task *task;
	int r;

	memset(line, 0, sizeof(*line));
	r = dm_task_begin(type, name, &task, error);
	if (r)
		return r;
	/* a status must not flush: it may be asked while I/O is stuck */
	dm_task_no_flush(task);
	r = dm_task_do(task, "look at", name, error);
	if (!r)
		r = copy_line(task, name, line, error);
	dm_task_destroy(task);
	if (!r && wanted && strcmp(line->target, wanted)) {
		dm_dev_line_free(line);
		r = err_set(error, EMEDIUMTYPE, "%s is not a %s device but %s",
			    name, wanted, line->target);
	}
	return r;
}

int dm_dev_status(const char *name, const char *target,
		  struct dm_dev_line *line, struct err *error)
{
	return get_line(DM_DEVICE_STATUS, name, target, line, error);
}

int dm_dev_table(const char *name, const char *target, struct dm_dev_line *line,
		 struct err *error)
{
	return get_line(DM_DEVICE_TABLE, name, target, line, error);
}

void dm_dev_line_free(struct dm_dev_line *line)
{
	free(line->params);
	line->params = NULL;
}

int dm_dev_line_done(struct dm_dev_line *line, const char *name,
		     const char *what, int parsed, struct err *error)
{
	if (parsed)
		err_set(error, EPROTO, "the %s of %s makes no sense: '%s'",
			what, name, line->params);
	dm_dev_line_free(line);
	return parsed ? -EPROTO : 0;
}

int dm_dev_info(const char *name, struct dm_dev_info *info, struct err *error)
{
	struct dm_info found = { 0 };
	struct dm_task *task;
	int r;

	r = dm_task_begin(DM_DEVICE_INFO, name, &task, error);
	if (r)
		return r;
	r = dm_task_do(task, "look up", name, error);
	if (!r && (!dm_task_get_info(task, &found) || !found.exists))
		r = err_set(error, ENXIO, "there is no device-mapper device %s",
			    name);
	*info = (struct dm_dev_info){
		.major = found.major,
		.minor = found.minor,
		.open_count = found.open_count,
		.event_nr = found.event_nr,
		.suspended = found.suspended,
		.read_only = found.read_only,
		.live_table = found.live_table,
	};
	if (!r)
		snprintf(info->uuid, sizeof(info->uuid), "%s",
			 dm_task_get_uuid(task) ?: "");
	dm_task_destroy(task);
	return r;
}

int dm_dev_node(const char *name, char node[DM_DEV_NODE_SIZE],
		struct err *error)
{
	struct dm_dev_info info;
	int r;

	r = dm_dev_info(name, &info, error);
	if (r)
		return r;
	snprintf(node, DM_DEV_NODE_SIZE, "%u:%u", info.major, info.minor);
	return 0;
}

int dm_dev_each(int (*fn)(void *arg, const char *name), void *arg,
		struct err *error)
{
	struct dm_names *names;
	struct dm_task *task;
	int r;

	r = dm_task_begin(DM_DEVICE_LIST, NULL, &task, error);
	if (r)
		return r;
	r = dm_task_do(task, "list", "devices", error);
	names = r ? NULL : dm_task_get_names(task);
	while (names && names->dev && !r) {
		r = fn(arg, names->name);
		if (r == -ENXIO)
			r = 0;
		if (!names->next)
			break;
		names = (struct dm_names *)((char *)names + names->next);
	}
	dm_task_destroy(task);
	return r;
}

struct each_of {
	const char *target;
	int (*fn)(void *arg, const char *name);
	void *arg;
};

static int call_if(void *arg, const char *name)
{
	const struct each_of *each = arg;
	struct dm_dev_line line;

	if (dm_dev_table(name, each->target, &line, NULL))
		return 0;
	dm_dev_line_free(&line);
	return each->fn(each->arg, name);
}

int dm_dev_each_of(const char *target, int (*fn)(void *arg, const char *name),
		   void *arg, struct err *error)
{
	struct each_of each = { target, fn, arg };

	return dm_dev_each(call_if, &each, error);
}

bool dm_dev_target_known(const char *target)
{
	struct dm_versions *version;
	struct dm_task *task;
	bool known = false;

	if (dm_task_begin(DM_DEVICE_LIST_VERSIONS, NULL, &task, NULL))
		return false;
	version = dm_task_run(task) ? dm_task_get_versions(task) : NULL;
	while (version && !known) {
		known = !strcmp(version->name, target);
		if (!version->next)
			break;
		version = (void *)((char *)version + version->next);
	}
	dm_task_destroy(task);
	return known;
}
