/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl array examine, erase: what a device says of the array it is of. */
#ifndef BRAIDCTL_EXAMINE_H
#define BRAIDCTL_EXAMINE_H

#include "braidctl/request.h"

int array_examine(const struct request *request);
int array_erase(const struct request *request);

#endif
