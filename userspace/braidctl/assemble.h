/* SPDX-License-Identifier: GPL-2.0-or-later */
/* braidctl array assemble: find the members of arrays and start them. */
#ifndef BRAIDCTL_ASSEMBLE_H
#define BRAIDCTL_ASSEMBLE_H

#include "braidctl/request.h"

int array_assemble(const struct request *request);

#endif
