/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl status: everything at a glance. */
#ifndef BRAIDCTL_STATUS_H
#define BRAIDCTL_STATUS_H

#include "braidctl/request.h"

extern const struct command status_commands[]; /* a NULL name ends them */

#endif
