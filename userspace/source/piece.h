/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of a ship share: the era under way, its ranges and pieces. */
#ifndef SOURCE_PIECE_H
#define SOURCE_PIECE_H

#include <openssl/evp.h>

#include "source/encode.h"
#include "source/ship.h"

#define PIECES 24U
#define RANGES 64U

enum phase {
	IDLE,
	PIECING,
	COMMITTING,
	ENDING
};

struct piece {
	struct ship *ship;
	struct ring_op read;
	struct work work;
	struct wire_range range;
	int fd;
	uint32_t have; /* bytes read */
	bool has_prints, encoded, in_work;
	bool hash_only, blind, discarded;
	uint8_t *buf, *out;
	size_t out_len;
	uint8_t prints[ENCODE_BLOCKS * WIRE_PRINT_BYTES];
};

struct ship {
	struct ring *ring;
	struct worker *worker;
	unsigned int patience_ms;
	const struct ship_user *user;
	void *arg;
	struct conn *conn;
	struct origin *origin;
	struct origin_era era;
	uint64_t base_era;
	enum phase phase;
	struct encoder enc;
	EVP_MD_CTX *md; /* NULL: no hash */
	bool second_pass; /* hash the device again, from end to end */
	struct origin_range rest; /* of the range that is being cut */
	struct origin_range batch[RANGES]; /* those after it */
	unsigned int batch_len, batch_next;
	bool no_more; /* ranges beyond the batch */
	struct work fetch, end;
	bool fetching, barrier, at_end;
	int fetch_ret;
	struct origin_era fetched; /* as of the last batch */
	struct err fetch_err;
	uint64_t filled, worked, sent, answered;
	uint64_t done_bytes;
	/* As of when the replica last did something; 0: not yet begun. */
	uint64_t moved_ms, moved_sent, moved_answered, moved_out;
	uint64_t checked_ms;
	struct work check;
	bool checking;
	int check_ret;
	struct err check_err;
	struct ship_result result;
	struct piece pieces[PIECES];
};

/* ship.c */
/** ship_check - when it is ending and everything is home, say so */
void ship_check(struct ship *ship);

/* ranges.c */
/** ranges_next - whether there is a range to cut, ship->rest; else it may come */
bool ranges_next(struct ship *ship);
/** ranges_done - none is left, and none will come */
bool ranges_done(const struct ship *ship);
/* ship->fetch */
void ranges_fetch(struct work *work);
void ranges_fetched(struct work *work);

/* piece.c */
int piece_open(struct ship *ship, struct piece *p);
/** piece_busy - whether it is being read or worked on */
bool piece_busy(const struct piece *p);
/** pieces_send, pieces_fill, pieces_work - as many as can go on now */
void pieces_send(struct ship *ship);
void pieces_fill(struct ship *ship);
void pieces_work(struct ship *ship);
/** pieces_sigs - fingerprints came; in the order in which they were asked for */
int pieces_sigs(struct ship *ship, const struct wire_header *h,
		const uint8_t *payload, struct err *e);

#endif
