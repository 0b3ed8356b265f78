/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl keygen: the key that a source and its replica share. */
#ifndef BRAIDCTL_KEYGEN_H
#define BRAIDCTL_KEYGEN_H

#include "braidctl/request.h"

extern const struct command keygen_commands[]; /* a NULL name ends them */

#endif
