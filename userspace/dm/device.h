/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device-mapper devices by name: a thin layer over libdevmapper that doesn't
 * depend on udev, waits for nothing without a bound, and says in one sentence
 * what failed on which device.
 *
 * Every function blocks until the kernel has answered, and returns 0 or a
 * negative errno unless it says otherwise. libdevmapper keeps its state in the
 * process: call these from one thread.
 */
#ifndef DM_DEVICE_H
#define DM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err/err.h"

#define DM_DEV_NAME_SIZE 128 /* with the closing NUL, as the kernel has it */
#define DM_DEV_TARGET_SIZE 16
#define DM_DEV_PATH_SIZE (DM_DEV_NAME_SIZE + 16)
#define DM_DEV_UUID_SIZE 129 /* the same */
#define DM_DEV_NODE_SIZE 24 /* "major:minor" */

/* One line of a table. Braid's devices have exactly one. */
struct dm_dev_table {
	uint64_t sectors;
	const char *target;
	const char *params;
	bool read_only;
	const char *uuid; /* for one that is made; NULL: none */
};

/* What the kernel says of a device's only line; params is allocated. */
struct dm_dev_line {
	uint64_t start;
	uint64_t sectors;
	char target[DM_DEV_TARGET_SIZE];
	char *params;
};

struct dm_dev_info {
	unsigned int major, minor;
	unsigned int open_count;
	uint32_t event_nr;
	bool suspended, read_only, live_table;
	char uuid[DM_DEV_UUID_SIZE]; /* "" if it has none */
};

/**
 * dm_dev_name_ok() - can a device have this name?
 *
 * Letters, digits and #+-.:=@_ are what libdevmapper and udev write as they
 * are; every other character would be mangled in /dev/mapper.
 */
bool dm_dev_name_ok(const char *name);

/* The path of a device's node, /dev/mapper/NAME. */
void dm_dev_path(const char *name, char path[DM_DEV_PATH_SIZE]);

/**
 * dm_dev_name_of() - the name of the device at a path
 * @path: a node, a link to one, or (without a slash) already a name
 *
 * Return: 0, -ENOTBLK if it isn't a device-mapper device, or another errno.
 */
int dm_dev_name_of(const char *path, char name[DM_DEV_NAME_SIZE],
		   struct err *error);

/**
 * dm_dev_create() - make a device, load its table, resume it, make its node
 *
 * If it fails, no device is left. A refused table's reason is the kernel's.
 */
int dm_dev_create(const char *name, const struct dm_dev_table *table,
		  struct err *error);

/* Load another table; it takes effect at the next resume. */
int dm_dev_reload(const char *name, const struct dm_dev_table *table,
		  struct err *error);

/**
 * dm_dev_suspend() - hold the device's I/O back
 * @freeze: freeze the filesystem on it, and flush what is in flight
 */
int dm_dev_suspend(const char *name, bool freeze, struct err *error);
int dm_dev_resume(const char *name, struct err *error);

/**
 * dm_dev_remove() - take a device away
 *
 * A device that is open is tried again for two seconds: udev's probes open
 * devices briefly. Then it is -EBUSY.
 */
int dm_dev_remove(const char *name, struct err *error);

/**
 * dm_dev_message() - send a message to the device's target
 * @reply: receives the reply's text, to be freed; NULL if none is wanted. A
 *	target that doesn't reply gives an empty text.
 *
 * A long reply makes libdevmapper send the message again with a larger buffer,
 * so messages with an effect must have replies under 16 KiB.
 */
int dm_dev_message(const char *name, const char *message, char **reply,
		   struct err *error);

/**
 * dm_dev_status(), dm_dev_table() - the line as the kernel prints it
 * @target: which target it must be; NULL for any
 * @line: to be freed with dm_dev_line_free() if this succeeds
 *
 * Return: 0, -ENXIO if there is no such device, -EMEDIUMTYPE if it is of
 * another target, or another errno.
 */
int dm_dev_status(const char *name, const char *target,
		  struct dm_dev_line *line, struct err *error);
int dm_dev_table(const char *name, const char *target, struct dm_dev_line *line,
		 struct err *error);
void dm_dev_line_free(struct dm_dev_line *line);

/**
 * dm_dev_line_done() - free a line that was parsed
 * @what: it is, "status" or "table"
 * @parsed: what the parser said: 0, or anything else if it makes no sense
 *
 * Return: 0 or -EPROTO.
 */
int dm_dev_line_done(struct dm_dev_line *line, const char *name,
		     const char *what, int parsed, struct err *error);

/* -ENXIO if there is no such device. */
int dm_dev_info(const char *name, struct dm_dev_info *info, struct err *error);

/* A device's number as tables have it, "major:minor". */
int dm_dev_node(const char *name, char node[DM_DEV_NODE_SIZE],
		struct err *error);

/**
 * dm_dev_each() - call @fn for the name of every device, whatever its table
 *
 * One that goes away meanwhile is no error (@fn returns -ENXIO). The names are
 * those of the beginning: @fn may make and remove devices.
 *
 * Return: 0, what else @fn returned if that wasn't 0, or a negative errno.
 */
int dm_dev_each(int (*fn)(void *arg, const char *name), void *arg,
		struct err *error);

/**
 * dm_dev_each_of() - call @fn for the name of every device of one target
 *
 * Devices that can't be looked at, as those whose names need mangling, are left
 * out; so is one that goes away meanwhile (@fn returns -ENXIO).
 *
 * Return: 0, what else @fn returned if that wasn't 0, or a negative errno.
 */
int dm_dev_each_of(const char *target, int (*fn)(void *arg, const char *name),
		   void *arg, struct err *error);

/* Is this target there now? (It may still be loaded on demand.) */
bool dm_dev_target_known(const char *target);

#endif
