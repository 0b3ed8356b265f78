/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl track create and erase: durable maps on metadata devices. */
#ifndef BRAIDCTL_MAPCREATE_H
#define BRAIDCTL_MAPCREATE_H

#include "braidctl/request.h"

int map_create(const struct request *request);
int map_erase_found(const struct request *request);

#endif
