// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "dm/device.h"
#include "dm/log.h"
#include "dm/task.h"
#include "dm/udev.h"

int dm_task_begin(int type, const char *name, struct dm_task **task,
		  struct err *error)
{
	*task = NULL;
	if (name && !dm_dev_name_ok(name))
		return err_set(
			error, EINVAL,
			"'%.64s' is not a device-mapper name: 1 to %d letters, digits and #+-.:=@_",
			name, DM_DEV_NAME_SIZE - 1);
	dm_log_capture();
	dm_log_forget();
	dm_set_name_mangling_mode(DM_STRING_MANGLING_NONE);
	*task = dm_task_create(type);
	if (*task && (!name || dm_task_set_name(*task, name)))
		return 0;
	if (*task) {
		dm_task_destroy(*task);
		*task = NULL;
		return err_set(error, ENOMEM,
			       "no memory for a device-mapper request");
	}
	/* libdevmapper asks for the driver's version first, and tells why once */
	return err_set(error, ENODEV,
		       "this kernel's device-mapper can't be reached%s%s",
		       *dm_log_first_error() ? ": " : "", dm_log_first_error());
}

/* What the kernel's errno means for the device it was about. */
static const char *meaning(int code)
{
	switch (code) {
	case -ENXIO:
		return "there is no device-mapper device of that name";
	case -EPERM:
	case -EACCES:
		return "only root may do this";
	default:
		return strerror(-code);
	}
}

int dm_task_do(struct dm_task *task, const char *doing, const char *name,
	       struct err *error)
{
	int code;

	if (dm_task_run(task))
		return 0;
	code = -dm_task_get_errno(task);
	if (code)
		return err_set(error, -code, "cannot %s %s: %s", doing, name,
			       meaning(code));
	/* it didn't come as far as the ioctl */
	return err_set(error, ENODEV,
		       "cannot %s %s: device-mapper can't be reached: %s",
		       doing, name, dm_log_first_error());
}

int dm_task_do_settled(struct dm_task *task, const char *doing,
		       const char *name, struct err *error)
{
	bool udev = dm_udev_running();
	uint32_t cookie = 0;
	int r;

	dm_udev_set_sync_support(udev);
	dm_udev_set_checking(udev);
	if (!dm_task_set_cookie(task, &cookie, 0))
		return err_set(error, EIO,
			       "cannot %s %s: no cookie for udev: %s", doing,
			       name, dm_log_first_error());
	r = dm_task_do(task, doing, name, error);
	dm_udev_settle(cookie);
	dm_task_update_nodes();
	return r;
}
