/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl track attach: a tracked device, with a durable map or without. */
#ifndef BRAIDCTL_TRACKATTACH_H
#define BRAIDCTL_TRACKATTACH_H

#include "braidctl/request.h"

int trackattach_run(const struct request *request);

#endif
