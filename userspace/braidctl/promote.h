/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl promote: make a replica's image usable in the source's place. */
#ifndef BRAIDCTL_PROMOTE_H
#define BRAIDCTL_PROMOTE_H

#include "braidctl/request.h"

extern const struct command promote_commands[]; /* a NULL name ends them */

#endif
