// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A piece goes through three stations, always in order:
 *
 *	filled	a range is cut, its read and its fingerprints are asked for
 *	worked	both are there, the worker encodes it
 *	sent	its frames are queued at the connection
 *
 * "filled", "worked" and "sent" count pieces that have passed; a piece's slot
 * is its number modulo PIECES, so filled - sent never exceeds PIECES. With a
 * hash over a tracked device, a second pass of the whole device follows whose
 * pieces are only hashed.
 */
#include <assert.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "failpoint/failpoint.h"
#include "source/encode.h"
#include "source/ship.h"

#define PIECES 24U
#define PIECE_ALIGN 4096U
#define RANGES 64U
#define STALL_BYTES 65536U /* keepalives alone are far fewer in that time */
#define CHECK_MS 5000U

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
	bool hash_only, blind;
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

static struct piece *piece_at(struct ship *ship, uint64_t number)
{
	return &ship->pieces[number % PIECES];
}

static void ship_check(struct ship *ship);

void ship_abort(struct ship *ship, const char *why)
{
	if (ship->phase == IDLE || ship->phase == ENDING)
		return;
	ship->phase = ENDING;
	ship->result.ret = -EIO;
	err_set(&ship->result.err, EIO, "%s", why);
	ship_check(ship);
}

static bool piece_busy(const struct piece *p)
{
	return p->read.busy || p->in_work;
}

/* When it is ending and everything is home, say so. */
static void ship_check(struct ship *ship)
{
	size_t i;

	if (ship->phase != ENDING)
		return;
	for (i = 0; i < PIECES; i++)
		if (piece_busy(&ship->pieces[i]))
			return;
	if (ship->fetching || ship->checking || ship->at_end)
		return;
	ship->at_end = true;
	worker_submit(ship->worker, &ship->end);
}

static void end_run(struct work *work)
{
	struct ship *ship = ring_container(work, struct ship, end);

	ship->origin->ops->end(ship->origin);
}

static void end_done(struct work *work)
{
	struct ship *ship = ring_container(work, struct ship, end);

	ship->phase = IDLE;
	EVP_MD_CTX_free(ship->md);
	ship->md = NULL;
	ship->user->done(ship->arg, &ship->result);
}

/* Filling */

static void piece_read(struct piece *p)
{
	struct ship *ship = p->ship;
	uint64_t want = p->range.length - p->have;

	/* The last block of a file may be asked for beyond the file's end. */
	if (!ship->origin->block)
		want = (want + PIECE_ALIGN - 1) / PIECE_ALIGN * PIECE_ALIGN;
	ring_pread(ship->ring, &p->read, p->fd, p->buf + p->have,
		   (unsigned int)want, p->range.offset + p->have);
}

static void piece_read_done(struct ring_op *op, int res)
{
	struct piece *p = ring_container(op, struct piece, read);
	struct ship *ship = p->ship;
	struct err e;

	if (res > 0)
		p->have += (uint32_t)res;
	if (ship->phase != PIECING) {
		ship_check(ship);
	} else if (res < 0) {
		err_sys(&e, -res, "cannot read the device at %llu",
			(unsigned long long)p->range.offset);
		ship_abort(ship, e.text);
	} else if (p->have >= p->range.length) {
		ship_pump(ship);
	} else if (res == 0) {
		ship_abort(ship, "the device became shorter while it was read");
	} else {
		piece_read(p);
	}
}

static void fetch_run(struct work *work)
{
	struct ship *ship = ring_container(work, struct ship, fetch);
	unsigned int n = 0;
	int ret = 1;

	while (n < RANGES && ret == 1) {
		ret = ship->origin->ops->next(ship->origin, &ship->fetched,
					      &ship->batch[n],
					      &ship->fetch_err);
		n += ret == 1;
	}
	ship->batch_len = n;
	ship->batch_next = 0;
	ship->fetch_ret = ret;
}

static void fetch_done(struct work *work)
{
	struct ship *ship = ring_container(work, struct ship, fetch);

	ship->fetching = false;
	ship->era = ship->fetched;
	ship->no_more = ship->fetch_ret <= 0;
	ship->barrier = ship->fetch_ret == ORIGIN_BARRIER;
	if (ship->phase == PIECING && ship->fetch_ret < 0)
		ship_abort(ship, ship->fetch_err.text);
	ship_pump(ship);
}

/* The ranges are cut; is there still the device as a whole to be hashed? */
static bool next_pass(struct ship *ship)
{
	if (ship->md == NULL || ship->era.whole || ship->second_pass)
		return false;
	ship->second_pass = true;
	ship->rest = (struct origin_range){ .at = { 0, ship->origin->bytes },
					    .fd = ship->era.fd };
	return true;
}

/* Whether there is a range to cut now. */
static bool next_range(struct ship *ship)
{
	if (ship->rest.at.length > 0)
		return true;
	if (ship->fetching)
		return false;
	if (ship->batch_next < ship->batch_len) {
		ship->rest = ship->batch[ship->batch_next++];
		return true;
	}
	if (ship->no_more)
		return next_pass(ship);
	if (ship->barrier && ship->sent != ship->filled)
		return false;
	ship->fetching = true;
	worker_submit(ship->worker, &ship->fetch);
	return false;
}

static bool all_cut(const struct ship *ship)
{
	return ship->no_more && !ship->fetching && ship->rest.at.length == 0 &&
	       ship->batch_next == ship->batch_len &&
	       (ship->md == NULL || ship->era.whole || ship->second_pass);
}

/* Nobody is asked about a blind piece, so the answers are not about it. */
static void skip_blind(struct ship *ship)
{
	while (ship->answered < ship->filled &&
	       piece_at(ship, ship->answered)->blind)
		ship->answered++;
}

static void piece_fill(struct ship *ship)
{
	struct piece *p = piece_at(ship, ship->filled);
	struct wire_range *rest = &ship->rest.at;
	uint64_t len = ENCODE_PIECE_BYTES - rest->offset % ENCODE_PIECE_BYTES;
	uint8_t frame[WIRE_HEADER_BYTES + 16];

	if (len > rest->length)
		len = rest->length;
	p->range = (struct wire_range){ rest->offset, len };
	rest->offset += len;
	rest->length -= len;
	p->fd = ship->rest.fd;
	p->have = 0;
	p->out_len = 0;
	p->encoded = false;
	p->hash_only = ship->second_pass;
	p->blind = p->hash_only || ship->rest.blind;
	ship->filled++;
	skip_blind(ship);
	p->has_prints = p->blind;
	if (p->blind)
		memset(p->prints, 0, sizeof(p->prints));
	else
		conn_send(ship->conn, frame,
			  wire_put_sig_request(frame, &p->range));
	piece_read(p);
}

static void fill(struct ship *ship)
{
	while (ship->phase == PIECING && ship->filled - ship->sent < PIECES &&
	       conn_room(ship->conn) > 4096) {
		if (!next_range(ship))
			return;
		piece_fill(ship);
	}
}

/* Working */

static void piece_run(struct work *work)
{
	struct piece *p = ring_container(work, struct piece, work);
	struct ship *ship = p->ship;

	if (ship->md != NULL && (p->hash_only || ship->era.whole))
		EVP_DigestUpdate(ship->md, p->buf, p->range.length);
	if (p->hash_only)
		return;
	ship->origin->ops->release(ship->origin, &p->range);
	p->out_len = encode(&ship->enc, p->buf, (uint32_t)p->range.length,
			    p->range.offset, p->prints, p->out);
}

static void piece_done(struct work *work)
{
	struct piece *p = ring_container(work, struct piece, work);

	p->in_work = false;
	p->encoded = true;
	ship_pump(p->ship);
}

static void submit(struct ship *ship)
{
	struct piece *p;

	while (ship->phase == PIECING && ship->worked < ship->filled) {
		p = piece_at(ship, ship->worked);
		if (!p->has_prints || p->read.busy || p->have < p->range.length)
			return;
		ship->worked++;
		p->in_work = true;
		worker_submit(ship->worker, &p->work);
	}
}

/* Sending */

static void send_pieces(struct ship *ship)
{
	struct piece *p;

	while (ship->phase == PIECING && ship->sent < ship->worked) {
		p = piece_at(ship, ship->sent);
		if (!p->encoded || conn_room(ship->conn) < p->out_len + 4096)
			return;
		if (p->out_len > 0)
			conn_send(ship->conn, p->out, p->out_len);
		FAILPOINT("source.piece");
		if (!p->hash_only)
			ship->done_bytes += p->range.length;
		ship->sent++;
	}
}

static void send_begin(struct ship *ship)
{
	const struct wire_era_begin m = {
		.base_era = ship->base_era,
		.device_bytes = ship->origin->bytes,
	};
	uint8_t frame[WIRE_HEADER_BYTES + 64];

	conn_send(ship->conn, frame, wire_put_era_begin(frame, &m));
	FAILPOINT("source.begin");
}

static void send_commit(struct ship *ship)
{
	struct wire_era_commit m = {
		.era = ship->era.number,
		.closed_at_ms = ship->era.closed_at_ms,
		.cursor = ship->era.cursor,
		.frames = ship->enc.frames,
		.digest = ship->enc.digest,
		.has_sha256 = ship->md != NULL,
	};
	uint8_t frame[WIRE_HEADER_BYTES + 96];

	if (ship->md != NULL &&
	    EVP_DigestFinal_ex(ship->md, m.sha256, NULL) != 1) {
		ship_abort(ship, "cannot hash the device");
		return;
	}
	ship->result.data_bytes = ship->enc.data_bytes;
	ship->result.has_sha256 = m.has_sha256;
	memcpy(ship->result.sha256, m.sha256, sizeof(m.sha256));
	FAILPOINT("source.commit");
	ship->phase = COMMITTING;
	conn_send(ship->conn, frame, wire_put_era_commit(frame, &m));
	FAILPOINT("source.committed");
}

void ship_pump(struct ship *ship)
{
	if (ship->phase == PIECING) {
		send_pieces(ship);
		fill(ship);
		submit(ship);
	}
	if (ship->phase == PIECING && all_cut(ship) &&
	    ship->sent == ship->filled && conn_room(ship->conn) > 4096)
		send_commit(ship);
	ship_check(ship);
}

/* Answers come in the order of the questions. */
static int take_sigs(struct ship *ship, const struct wire_header *h,
		     const uint8_t *payload, struct err *e)
{
	struct piece *p = piece_at(ship, ship->answered);
	struct wire_sigs m;
	uint64_t blocks;

	if (wire_get_sigs(payload, h->length, &m, e) < 0)
		return -EBADMSG;
	blocks = (p->range.length + WIRE_BLOCK_BYTES - 1) / WIRE_BLOCK_BYTES;
	if (ship->answered == ship->filled || m.offset != p->range.offset ||
	    m.count != blocks)
		return err_set(e, EBADMSG,
			       "fingerprints came that were not asked for");
	memcpy(p->prints, m.prints, (size_t)m.count * WIRE_PRINT_BYTES);
	p->has_prints = true;
	ship->answered++;
	skip_blind(ship);
	ship_pump(ship);
	return 0;
}

static int take_ack(struct ship *ship, const struct wire_header *h,
		    const uint8_t *payload, struct err *e)
{
	struct wire_ack m;

	if (wire_get_ack(payload, h->length, &m, e) < 0)
		return -EBADMSG;
	if (ship->phase != COMMITTING || m.era != ship->era.number)
		return err_set(e, EBADMSG,
			       "an ack came for era %llu, which was not sent",
			       (unsigned long long)m.era);
	FAILPOINT("source.acked");
	ship->result.ret = 0;
	ship->result.era = ship->era;
	ship->phase = ENDING;
	ship_check(ship);
	return 0;
}

int ship_frame(struct ship *ship, const struct wire_header *h,
	       const uint8_t *payload, struct err *e)
{
	if (ship->phase == PIECING && h->type == WIRE_SIGS)
		return take_sigs(ship, h, payload, e);
	if (h->type == WIRE_ACK)
		return take_ack(ship, h, payload, e);
	if (ship->phase == ENDING)
		return 0;
	return err_set(e, EBADMSG, "%s came from a replica out of turn",
		       wire_type_name(h->type));
}

/* The time */

static void check_run(struct work *work)
{
	struct ship *ship = ring_container(work, struct ship, check);

	ship->check_ret =
		ship->origin->ops->check(ship->origin, &ship->check_err);
}

static void check_done(struct work *work)
{
	struct ship *ship = ring_container(work, struct ship, check);

	ship->checking = false;
	if (ship->check_ret < 0)
		ship_abort(ship, ship->check_err.text);
	ship_check(ship);
}

/* Is the replica at work, or are we? */
static bool is_moving(const struct ship *ship)
{
	size_t i;

	for (i = 0; i < PIECES; i++)
		if (piece_busy(&ship->pieces[i]))
			return true;
	return ship->fetching || ship->moved_ms == 0 ||
	       ship->sent != ship->moved_sent ||
	       ship->answered != ship->moved_answered ||
	       conn_bytes_out(ship->conn) - ship->moved_out >= STALL_BYTES;
}

void ship_tick(struct ship *ship, uint64_t now_ms)
{
	if (ship->phase == IDLE || ship->phase == ENDING)
		return;
	if (is_moving(ship)) {
		ship->moved_ms = now_ms;
		ship->moved_sent = ship->sent;
		ship->moved_answered = ship->answered;
		ship->moved_out = conn_bytes_out(ship->conn);
	} else if (now_ms - ship->moved_ms > ship->patience_ms) {
		ship_abort(ship, "the replica is there, but does nothing");
		return;
	}
	if (ship->origin->ops->check != NULL && !ship->checking &&
	    now_ms - ship->checked_ms >= CHECK_MS) {
		ship->checked_ms = now_ms;
		ship->checking = true;
		worker_submit(ship->worker, &ship->check);
	}
}

static void ship_take(struct ship *ship, struct origin *origin)
{
	assert(ship->phase == IDLE);
	ship->phase = PIECING;
	ship->origin = origin;
	ship->at_end = false;
	memset(&ship->result, 0, sizeof(ship->result));
}

void ship_discard(struct ship *ship, struct origin *origin, const char *why)
{
	ship_take(ship, origin);
	ship_abort(ship, why);
}

void ship_start(struct ship *ship, struct conn *conn, struct origin *origin,
		const struct origin_era *era, const struct wire_state *peer,
		bool hash)
{
	ship_take(ship, origin);
	ship->conn = conn;
	ship->era = *era;
	ship->base_era = peer->era;
	ship->fetched = *era;
	ship->second_pass = ship->no_more = ship->barrier = false;
	ship->rest.at.length = 0;
	ship->batch_len = ship->batch_next = 0;
	ship->filled = ship->worked = ship->sent = ship->answered = 0;
	ship->done_bytes = ship->moved_ms = 0;
	encoder_begin(&ship->enc, peer->key);
	if (hash) {
		ship->md = EVP_MD_CTX_new();
		if (ship->md == NULL ||
		    EVP_DigestInit_ex(ship->md, EVP_sha256(), NULL) != 1) {
			ship_abort(ship, "cannot hash the device");
			return;
		}
	}
	send_begin(ship);
	ship_pump(ship);
}

const struct origin_era *ship_era(const struct ship *ship)
{
	return &ship->era;
}

uint64_t ship_progress(const struct ship *ship)
{
	return ship->done_bytes;
}

static int piece_open(struct ship *ship, struct piece *p)
{
	p->ship = ship;
	p->read.done = piece_read_done;
	p->work.run = piece_run;
	p->work.done = piece_done;
	p->buf = aligned_alloc(PIECE_ALIGN, ENCODE_PIECE_BYTES);
	p->out = malloc(ENCODE_OUT_BYTES);
	return p->buf == NULL || p->out == NULL ? -ENOMEM : 0;
}

int ship_open(struct ship **out, struct ring *ring, struct worker *worker,
	      unsigned int patience_ms, const struct ship_user *user, void *arg)
{
	struct ship *ship = calloc(1, sizeof(*ship));
	size_t i;
	int ret;

	if (ship == NULL)
		return -ENOMEM;
	ship->ring = ring;
	ship->worker = worker;
	ship->patience_ms = patience_ms;
	ship->user = user;
	ship->arg = arg;
	ship->fetch.run = fetch_run;
	ship->fetch.done = fetch_done;
	ship->check.run = check_run;
	ship->check.done = check_done;
	ship->end.run = end_run;
	ship->end.done = end_done;
	ret = encoder_open(&ship->enc);
	for (i = 0; i < PIECES && ret == 0; i++)
		ret = piece_open(ship, &ship->pieces[i]);
	if (ret < 0)
		ship_close(ship);
	else
		*out = ship;
	return ret;
}

void ship_close(struct ship *ship)
{
	size_t i;

	if (ship == NULL)
		return;
	for (i = 0; i < PIECES; i++) {
		free(ship->pieces[i].buf);
		free(ship->pieces[i].out);
	}
	encoder_close(&ship->enc);
	free(ship);
}
