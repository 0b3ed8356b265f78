/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A source's state directory: the file "lineage" with the id of the history
 * it writes, 32 hex digits, and a lock. Where a promoted replica's state is
 * found instead, its new lineage is the one.
 */
#ifndef SOURCE_LINEAGE_H
#define SOURCE_LINEAGE_H

#include "statedir/statedir.h"
#include "wire/wire.h"

struct lineage {
	struct statedir sd;
	uint8_t id[WIRE_LINEAGE_BYTES];
};

/**
 * lineage_open - take the state directory, read or make the lineage
 * Crash: there is either no lineage, and nothing was sent yet, or the whole.
 */
int lineage_open(struct lineage *lineage, const char *dir, struct err *e);
void lineage_close(struct lineage *lineage);

#endif
