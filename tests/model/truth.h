/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is true of the tracked device, kept in the plainest way: for each block the
 * era in which it was changed last, as far as an onlooker can know it, and what the
 * device held at the close of each era. A change that was submitted in one era and
 * landed in a later one is of some era in between, hence two numbers.
 */
#ifndef MODEL_TRUTH_H
#define MODEL_TRUTH_H

#include "sim.h"

#define TRUTH_ERAS	6U		/* closed ones whose content is kept */
#define TRUTH_KNOWN	512U		/* whose number is */
#define TRUTH_WILD	(1ULL << 63)	/* in a tag: a discard, or zeroes */
#define ERA_ANY		UINT32_MAX

/* A change on its way. */
struct change {
	struct change *next, **pprev;
	u32 block, last;
	u32 submitted;			/* in this era */
	bool discard;
	bool shared;			/* another one overlapped */
};

/* The device at the close of an era. */
struct snapshot {
	u32 era;
	unsigned int refs;
	u32 nr_blocks;
	u64 content[];
};

struct truth {
	u32 nr_blocks;
	u32 *least, *most;		/* by block: eras of the last change */
	u64 *begun;			/* by block: the last change */
	u64 clock, asked;		/* changes, by then */
	bool *unclear;			/* discards and writes overlapped */
	u32 *reported;			/* scratch: a kind, or 0 */
	bool *must, *busy;		/* scratch */
	struct change *changes;
	unsigned int nr_changes;
	struct snapshot *closing;	/* an era that is being closed */
	struct snapshot *closed[TRUTH_ERAS];
	u32 newest;			/* era that was closed, 0: none */
	u32 known[TRUTH_KNOWN];		/* those that were closed */
	unsigned int nr_known;
	u64 checks;
};

extern struct truth truth;

void truth_make(u32 room, u32 nr_blocks);
void truth_free(void);
void truth_grow(u32 nr_blocks, u32 era);
void truth_begin(struct change *change, u32 block, u32 last, u32 era,
		 bool discard);
void truth_end(struct change *change, u64 tag, u32 written_in, u32 era);
void truth_end_mark(struct change *change, bool sure, u32 era);
void truth_mark(u32 block, u32 count, u32 least, u32 most);
void truth_close(u32 era);
struct snapshot *truth_closed(bool ok);
void truth_put(struct snapshot *snapshot);
void truth_crash(u32 era);
void truth_go_on(u32 era);
u32 truth_some_era(u32 back);
u32 truth_any_era(void);
void truth_forget(void);
u32 truth_suspects(u32 since, u32 era);

void truth_must(u32 since, u32 upto, u32 nr_blocks);
void truth_report(char kind, u32 block, u32 count);
void truth_judge(u32 since, u32 now, u32 nr_blocks, const char *what);

#endif
