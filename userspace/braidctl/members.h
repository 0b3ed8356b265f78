/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl array fail, remove and add. */
#ifndef BRAIDCTL_MEMBERS_H
#define BRAIDCTL_MEMBERS_H

#include "braidctl/request.h"

int array_fail(const struct request *request);
int array_remove(const struct request *request);
int array_add(const struct request *request);

#endif
