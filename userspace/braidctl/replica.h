/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl replica: what braidd does for a volume, and what it shall do. */
#ifndef BRAIDCTL_REPLICA_H
#define BRAIDCTL_REPLICA_H

#include <json-c/json.h>

#include "braidctl/request.h"
#include "braidctl/volume.h"

#define STATUS_SECONDS 10

extern const struct command replica_commands[]; /* a NULL name ends them */

/**
 * replica_report() - what the braidds of these volumes say of themselves
 * @all: receives a JSON array; a volume whose braidd can't be asked has the
 *	state "unreachable" and the reason as its error
 */
void replica_report(const struct volumes *volumes, json_object **all);

/* The same report as a table, with a sentence on what could be lost now. */
void replica_print(json_object *all);

#endif
