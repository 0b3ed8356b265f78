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
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "failpoint/failpoint.h"
#include "source/piece.h"

#define PIECE_ALIGN 4096U

static struct piece *piece_at(struct ship *ship, uint64_t number)
{
	return &ship->pieces[number % PIECES];
}

bool piece_busy(const struct piece *p)
{
	return p->read.busy || p->in_work;
}

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
	p->discarded = ship->rest.discarded;
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

void pieces_fill(struct ship *ship)
{
	while (ship->phase == PIECING && ship->filled - ship->sent < PIECES &&
	       conn_room(ship->conn) > 4096) {
		if (!ranges_next(ship))
			return;
		piece_fill(ship);
	}
}

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
			    p->range.offset, p->prints, p->discarded, p->out);
}

static void piece_done(struct work *work)
{
	struct piece *p = ring_container(work, struct piece, work);

	p->in_work = false;
	p->encoded = true;
	ship_pump(p->ship);
}

void pieces_work(struct ship *ship)
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

void pieces_send(struct ship *ship)
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

int pieces_sigs(struct ship *ship, const struct wire_header *h,
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

int piece_open(struct ship *ship, struct piece *p)
{
	p->ship = ship;
	p->read.done = piece_read_done;
	p->work.run = piece_run;
	p->work.done = piece_done;
	p->buf = aligned_alloc(PIECE_ALIGN, ENCODE_PIECE_BYTES);
	p->out = malloc(ENCODE_OUT_BYTES);
	return p->buf == NULL || p->out == NULL ? -ENOMEM : 0;
}
