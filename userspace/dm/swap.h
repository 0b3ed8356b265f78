/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Another table under whoever uses a device, so that neither a refusal nor the
 * end of this program leaves the device without a table, or suspended.
 */
#ifndef DM_SWAP_H
#define DM_SWAP_H

#include "dm/device.h"

/**
 * dm_swap() - exchange a device's table while it is in use
 * @table: the new one; its uuid doesn't matter
 *
 * I/O waits while the tables are exchanged; a filesystem is not frozen.
 *
 * 1. The new table is loaded beside the live one. If it is refused, what was
 *    loaded is cleared away and nothing has changed. Crash: the live table goes
 *    on; the other one holds its devices until dm_swap_clear(), the next load,
 *    or the device's end.
 * 2. One resume, within which the kernel suspends, exchanges and resumes: who
 *    dies can't leave the device suspended. If the new table can't become live,
 *    the line of the old one is loaded again and resumed.
 *
 * Return: 0, or a negative errno with the kernel's reason; then the old table
 * is live, unless the sentence says that it isn't.
 */
int dm_swap(const char *name, const struct dm_dev_table *table,
	    struct err *error);

/* Take away a table that was loaded and is not live; none is no error. */
int dm_swap_clear(const char *name, struct err *error);

#endif
