/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What "array status" says, as JSON and as a table. */
#ifndef BRAIDCTL_REPORT_H
#define BRAIDCTL_REPORT_H

#include <json-c/json.h>

#include "braidctl/live.h"
#include "braidctl/progress.h"

/**
 * report_of() - one array
 * @live: looked at now
 * @first: an earlier look at it; NULL if there was none
 *
 * (pure but for the members' paths, which come from sysfs)
 */
json_object *report_of(const struct live *live,
		       const struct progress_sample *first, double at);

/* "ok", "degraded" or "failed". */
const char *report_health(const struct dm_raid_status *status);

/**
 * array_report() - the arrays there are
 * @name: only this one; NULL for all
 * @arrays: receives a JSON array of them
 *
 * Takes a second if a resync, rebuild or check is under way: that long it is
 * watched.
 *
 * Return: 0 or EXIT_FAILED, after a complaint.
 */
int array_report(const char *name, json_object **arrays);

/* The same report as a table. */
void array_print(json_object *arrays);

#endif
