/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What changed since an era, printed extent by extent as the kernel tells it. */
#ifndef BRAIDCTL_CHANGED_H
#define BRAIDCTL_CHANGED_H

#include <stdint.h>

#include "braidctl/request.h"
#include "err/err.h"

/* braidctl track changed */
int changed_run(const struct request *request);

/* How many bytes changed since an era, up to now. 0 or a negative errno. */
int changed_bytes(const char *name, uint64_t since, uint32_t block_sectors,
		  uint64_t *bytes, struct err *error);

#endif
