/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl track resize: a tracked device grows with its origin. */
#ifndef BRAIDCTL_TRACKRESIZE_H
#define BRAIDCTL_TRACKRESIZE_H

#include "braidctl/request.h"

int trackresize_run(const struct request *request);

#endif
