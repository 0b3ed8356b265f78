/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The side that sends: connects, closes eras, ships them, for ever. */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "config/config.h"
#include "err/err.h"
#include "ring/ring.h"

struct source;

/** source_start - take the device and begin to connect */
int source_start(struct source **out, const struct config *config,
		 struct ring *ring, struct err *e);

/** source_stop - give up the era under way, say goodbye, free it */
void source_stop(struct source *source);

#endif
