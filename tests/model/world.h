/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine with a tracked device, and what is done to it: what device-mapper, its
 * users and fate would do.
 */
#ifndef MODEL_WORLD_H
#define MODEL_WORLD_H

#include "sim.h"

enum op_kind {
	OP_WRITE,
	OP_DISCARD,
	OP_FLUSH,
	OP_CLOSE,
	OP_CLOSE_WHOLE,
	OP_CLOSE_SHIPPED,
	OP_CHANGED,
	OP_CHANGED_VIEW,
	OP_READ_VIEW,
	OP_RELEASE,
	OP_DROP,
	OP_MARK,
	OP_SUSPEND,
	OP_RELOAD,
	OP_GROW,
	OP_STOP,
	OP_AWAY,
	OP_ROT,
	OP_FAIL,
	OP_CRASH,
	OP_WAIT,
	OP_KINDS
};

struct op {
	enum op_kind kind;
	u64 seed;
};

extern const char *const op_names[OP_KINDS];
extern const unsigned int op_weights[OP_KINDS];

/* What came of it, for the person who runs it. */
struct world_counts {
	u64 crashes, closes, views, reads, invalid, suspects, rotten, failed;
};

extern struct world_counts world_counts;

void world_begin(u64 seed);
void world_do(const struct op *op);
void world_end(void);

#endif
