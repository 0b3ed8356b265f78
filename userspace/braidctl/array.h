/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl array: arrays of target braid-raid. */
#ifndef BRAIDCTL_ARRAY_H
#define BRAIDCTL_ARRAY_H

#include "braidctl/report.h"
#include "braidctl/request.h"

extern const struct command array_commands[]; /* a NULL name ends them */

#endif
