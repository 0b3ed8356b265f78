/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl track check and dump: a durable map, read while nobody uses it. */
#ifndef BRAIDCTL_MAPCHECK_H
#define BRAIDCTL_MAPCHECK_H

#include "braidctl/request.h"

int map_check(const struct request *request);
int map_dump(const struct request *request);

#endif
