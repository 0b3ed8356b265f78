/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl array scrub and wait. */
#ifndef BRAIDCTL_SYNC_H
#define BRAIDCTL_SYNC_H

#include "braidctl/request.h"

int array_scrub(const struct request *request);
int array_wait(const struct request *request);

#endif
