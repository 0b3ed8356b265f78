/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a replica keeps: its image, and in a state directory
 *
 *	state		which era of which lineage the image holds (state.h)
 *	stage		the frames of the era that comes in
 *	fingerprints	one for each 4 KiB of the image, 0 where not known
 *	lock		held while somebody has the store open
 *
 * An era after the first is staged, made durable, committed by one write of
 * the state, and only then applied to the image; applying it twice does no
 * harm. The first image is written in place, as there is nothing yet to be
 * protected; until it is complete the state says "initialising".
 *
 * Nothing here is for two threads at a time.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "wire/wire.h"

struct store;

/* What the state file says; see state.h for how. */
struct store_state {
	uint64_t sequence;
	enum wire_status status;
	uint8_t lineage[WIRE_LINEAGE_BYTES]; /* whose eras the image holds */
	uint64_t era; /* the last one committed */
	uint64_t committed_at_ms; /* when it was closed */
	struct wire_cursor cursor;
	uint64_t image_bytes;
	uint8_t key[WIRE_KEY_BYTES]; /* of the fingerprints */
	uint64_t log_bytes; /* committed, not yet applied */
	uint64_t log_sum;
	bool verify; /* sha256 is still to be compared */
	bool diverged; /* ... and was found to differ */
	/*
	 * A sync of the first image failed: what reads well may be in memory
	 * only, so nothing counts as being there.
	 */
	bool distrust;
	uint8_t sha256[WIRE_SHA256_BYTES];
	uint8_t own_lineage[WIRE_LINEAGE_BYTES]; /* once promoted */
	uint64_t promoted_at_ms;
};

/**
 * store_open - take the state directory and the image
 * @dir:	made, mode 0700, if missing
 * @image:	a block device, or a file; if it is missing and nothing was
 *		ever received, it is made when the first image begins
 *
 * Both are held exclusively. The image is only looked at, not changed.
 */
int store_open(struct store **out, const char *dir, const char *image,
	       struct err *e);
void store_close(struct store *store);

/**
 * store_check_blank - refuse to begin on an image with something known on it
 * Something known: a filesystem, a partition table, a volume. Once the first
 * image has begun there is nothing to be refused any more.
 */
int store_check_blank(struct store *store, struct err *e);

/**
 * store_recover - after store_open(): bring the image to a committed era
 * Applies what was committed, discards what was not, and writes the state
 * again: what was read may never have reached the disk. Verifies nothing.
 */
int store_recover(struct store *store, struct err *e);

/**
 * store_promote - end replication: the image is its owner's from now on
 * @force:	also if the image is known to differ from the source's
 *
 * Recovers first. Refused, with nothing changed, while no era was ever
 * committed. Done again, it tells the same. The image is let go. What was
 * still to be verified stays so: state->verify tells.
 */
int store_promote(struct store *store, bool force, struct err *e);

/** store_state - what the state file says; valid until the next call */
const struct store_state *store_state(const struct store *store);
const char *store_image(const struct store *store);

/**
 * store_failed - whether a write of the state has failed
 * Which state counts is not known then, and everything is refused until the
 * store is opened again.
 */
bool store_failed(const struct store *store);

/*
 * For the replica. Those that can be the peer's fault return one of enum
 * wire_error through @code.
 */

/** store_hello - whether a source may go on */
int store_hello(struct store *store, const struct wire_hello *m,
		unsigned int *code, struct err *e);

/** store_sigs - fingerprints of a range of the image; one a block */
int store_sigs(struct store *store, const struct wire_range *range,
	       uint8_t *prints, struct err *e);

/** store_begin - an era of the lineage that said hello starts */
int store_begin(struct store *store, const struct wire_era_begin *m,
		unsigned int *code, struct err *e);

/** store_stage - take one instruction, a whole frame that was checked */
int store_stage(struct store *store, const struct wire_header *h,
		const uint8_t *frame, unsigned int *code, struct err *e);

/** store_commit - make the era durable: once it returns, it can be acked */
int store_commit(struct store *store, const struct wire_era_commit *m,
		 unsigned int *code, struct err *e);

/** store_apply - bring a committed era into the image */
int store_apply(struct store *store, struct err *e);

/**
 * store_verify - compare the image with the hash that came with its era
 * A read error is only a warning. Return: 0 also if there is nothing to do,
 * -EUCLEAN if it differs, which makes the next era compare all of it.
 */
int store_verify(struct store *store, struct err *e);

/**
 * store_hurry - end a verification that is under way; it remains to be done
 * From any thread; holds until store_promote() or store_calm().
 */
void store_hurry(struct store *store);
void store_calm(struct store *store);

/** store_abort - forget an era that wasn't committed */
void store_abort(struct store *store);

#endif
