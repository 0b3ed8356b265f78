/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the store share. */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <limits.h>
#include <stdatomic.h>
#include <zstd.h>

#include "store/image.h"
#include "store/prints.h"
#include "store/state.h"
#include "statedir/statedir.h"
#include "store/store.h"

struct store {
	char dir[PATH_MAX], image_path[PATH_MAX];
	struct statedir sd;
	int stage_fd;
	struct store_state state;
	struct image image;
	struct prints prints;
	bool failed; /* to write the state */
	bool verify_tried; /* in vain */
	atomic_bool hurry;
	/* Between hello and begin: who is talking. */
	uint8_t peer_lineage[WIRE_LINEAGE_BYTES];
	uint64_t peer_bytes;
	/* The era that comes in. */
	bool open;
	uint64_t frames, digest;
	uint64_t stage_bytes;
	struct stage_sum *sum;
	/* Room to work in. */
	ZSTD_DCtx *zstd;
	uint8_t *raw; /* WIRE_DATA_MAX */
	uint8_t *frame; /* WIRE_FRAME_MAX */
};

/** store_save - make @next the state, in the file and then here */
int store_save(struct store *s, const struct store_state *next, struct err *e);
/**
 * store_save_twice - and over what was before, so that no damage to the one
 * brings the other back
 */
int store_save_twice(struct store *s, const struct store_state *next,
		     struct err *e);
/** store_usable - Return: 0, or -EIO once a write of the state has failed */
int store_usable(const struct store *s, struct err *e);

/** store_initial - whether what comes in goes straight into the image */
static inline bool store_initial(const struct store *s)
{
	return s->state.status != WIRE_COMMITTED;
}

/* instruction.c: one frame of an era */
struct instruction {
	uint8_t type;
	struct wire_range to;
	uint64_t from; /* of a reference */
	const uint8_t *bytes; /* of data, uncompressed */
};

/**
 * instruction_get - check a frame against the image, uncompress its data
 * Return: 0, or -EBADMSG for what a proper peer would not send.
 */
int instruction_get(struct store *s, struct instruction *in, uint8_t type,
		    const uint8_t *payload, size_t len, struct err *e);

/** instruction_apply - into the image and the fingerprints */
int instruction_apply(struct store *s, const struct instruction *in,
		      struct err *e);

/* stage.c: the log of frames */
/** stage_reset - empty it; -EBUSY while a committed era is in it */
int stage_reset(struct store *s);
/** stage_append - -EMSGSIZE: no era of a proper source is that long */
int stage_append(struct store *s, const uint8_t *frame, size_t len,
		 struct err *e);
/** stage_sync - make it durable and tell its sum */
int stage_sync(struct store *s, uint64_t *sum, struct err *e);
/** stage_replay - apply the first log_bytes of the log to the image */
int stage_replay(struct store *s, struct err *e);
int stage_open(struct store *s, struct err *e);
void stage_close(struct store *s);

#endif
