/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Ships one era: reads its ranges in pieces, asks the replica for fingerprints
 * of each, encodes what differs, sends it, commits. Pieces overlap in time
 * and leave in order; there is a fixed number of them.
 */
#ifndef SOURCE_SHIP_H
#define SOURCE_SHIP_H

#include "conn/conn.h"
#include "ring/worker.h"
#include "source/origin.h"

struct ship;

struct ship_result {
	int ret; /* 0: committed at the replica */
	struct origin_era era; /* as it was committed */
	struct err err;
	uint64_t data_bytes;
	bool has_sha256;
	uint8_t sha256[WIRE_SHA256_BYTES];
};

struct ship_user {
	/* Over, and nothing in flight; the ship can be started again. */
	void (*done)(void *arg, const struct ship_result *result);
};

/**
 * ship_open - make one
 * @patience_ms: for how long the replica may do nothing
 */
int ship_open(struct ship **out, struct ring *ring, struct worker *worker,
	      unsigned int patience_ms, const struct ship_user *user,
	      void *arg);
void ship_close(struct ship *ship);

/**
 * ship_start - begin
 * @era:	what origin->ops->close() said
 * @peer:	what the replica has
 * @hash:	hash the whole device as of this era into the commit
 */
void ship_start(struct ship *ship, struct conn *conn, struct origin *origin,
		const struct origin_era *era, const struct wire_state *peer,
		bool hash);

/** ship_discard - an era was closed, but it can't be shipped */
void ship_discard(struct ship *ship, struct origin *origin, const char *why);

/** ship_frame - a frame for the ship came: fingerprints or an ack */
int ship_frame(struct ship *ship, const struct wire_header *h,
	       const uint8_t *payload, struct err *e);

/** ship_pump - there may be room to send */
void ship_pump(struct ship *ship);

/**
 * ship_tick - now and then: is the replica taking or answering anything?
 * @now_ms:	monotonic
 * An era holds a view, which must not last for ever; keepalives don't count.
 */
void ship_tick(struct ship *ship, uint64_t now_ms);

/** ship_abort - the connection is gone; ->done follows */
void ship_abort(struct ship *ship, const char *why);

/** ship_progress - bytes looked at so far */
uint64_t ship_progress(const struct ship *ship);

/** ship_era - what is known so far of the era under way */
const struct origin_era *ship_era(const struct ship *ship);

#endif
