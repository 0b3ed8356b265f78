// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of a ship: an era begins, is committed, and ends in any case. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "failpoint/failpoint.h"
#include "source/piece.h"

#define STALL_BYTES 65536U /* keepalives alone are far fewer in that time */
#define CHECK_MS 5000U

void ship_abort(struct ship *ship, const char *why)
{
	if (ship->phase == IDLE || ship->phase == ENDING)
		return;
	ship->phase = ENDING;
	ship->result.ret = -EIO;
	err_set(&ship->result.err, EIO, "%s", why);
	ship_check(ship);
}

void ship_check(struct ship *ship)
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
		pieces_send(ship);
		pieces_fill(ship);
		pieces_work(ship);
	}
	if (ship->phase == PIECING && ranges_done(ship) &&
	    ship->sent == ship->filled && conn_room(ship->conn) > 4096)
		send_commit(ship);
	ship_check(ship);
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
		return pieces_sigs(ship, h, payload, e);
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
	ship->fetch.run = ranges_fetch;
	ship->fetch.done = ranges_fetched;
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
