/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl array grow: use all that the devices have now. */
#ifndef BRAIDCTL_GROW_H
#define BRAIDCTL_GROW_H

#include "braidctl/request.h"

int array_grow(const struct request *request);

#endif
