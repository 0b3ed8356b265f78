/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl array: arrays of target braid-raid. */
#ifndef BRAIDCTL_ARRAY_H
#define BRAIDCTL_ARRAY_H

#include <json-c/json.h>

#include "braidctl/request.h"

extern const struct command array_commands[]; /* a NULL name ends them */

/**
 * array_report() - the arrays there are
 * @name: only this one; NULL for all
 * @arrays: receives a JSON array of them
 *
 * Return: 0 or EXIT_FAILED, after a complaint.
 */
int array_report(const char *name, json_object **arrays);

/* The same report as a table. */
void array_print(json_object *arrays);

#endif
