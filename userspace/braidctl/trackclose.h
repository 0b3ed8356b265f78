/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl track close: one device or a group, filesystems frozen or not. */
#ifndef BRAIDCTL_TRACKCLOSE_H
#define BRAIDCTL_TRACKCLOSE_H

#include "braidctl/request.h"

int trackclose_run(const struct request *request);

#endif
