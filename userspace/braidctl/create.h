/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl array create, and what assembling has in common with it. */
#ifndef BRAIDCTL_CREATE_H
#define BRAIDCTL_CREATE_H

#include <json-c/json.h>

#include "braidctl/request.h"

int array_create(const struct request *request);

/* Can a device be called so, and is none yet? 0 or an exit status. */
int create_check_name(const char *name);

/* The array that was made: a line for people, and an object for programs. */
void create_print(const char *name, uint64_t sectors);
json_object *create_report(const char *name, const char *uuid,
			   uint64_t sectors);

#endif
