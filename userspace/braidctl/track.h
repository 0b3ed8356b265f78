/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl track: devices of target braid-track, their eras and views. */
#ifndef BRAIDCTL_TRACK_H
#define BRAIDCTL_TRACK_H

#include <json-c/json.h>

#include "braidctl/request.h"

extern const struct command track_commands[]; /* a NULL name ends them */

/**
 * track_report() - the tracked devices there are
 * @name: only this one; NULL for all
 * @tracks: receives a JSON array of them
 *
 * Return: 0 or EXIT_FAILED, after a complaint.
 */
int track_report(const char *name, json_object **tracks);

/* The same report as a table. */
void track_print(json_object *tracks);

/* Print the path of a device that was made. Return: an exit status. */
int track_print_path(const struct request *request, const char *name);

#endif
