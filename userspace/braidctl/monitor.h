/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl monitor: watch arrays, tell what happens, take spares up. */
#ifndef BRAIDCTL_MONITOR_H
#define BRAIDCTL_MONITOR_H

#include "braidctl/request.h"

extern const struct command monitor_commands[]; /* a NULL name ends them */

#endif
