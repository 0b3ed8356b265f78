// SPDX-License-Identifier: GPL-2.0-or-later
/* What braidctl asks of a replica. */
#include <errno.h>
#include <string.h>

#include "log/log.h"
#include "replica/internal.h"
#include "control/json.h"
#include "wire/hex.h"

static const char *replica_phase(const struct replica *r)
{
	if (r->state.status == WIRE_PROMOTED)
		return "promoted";
	if (r->applying)
		return "applying";
	return r->active != NULL ? "receiving" : "listening";
}

static void add_lineage(struct json_object *o, const struct store_state *st)
{
	char text[HEX_TEXT(WIRE_LINEAGE_BYTES)];
	const uint8_t *lineage = st->lineage;

	if (st->status == WIRE_PROMOTED)
		lineage = st->own_lineage;
	json_add_text(o, "lineage",
		      st->status == WIRE_EMPTY ?
			      NULL :
			      hex_text(text, lineage, WIRE_LINEAGE_BYTES));
}

/* What is known of the image against the source's hash of it. */
static void add_verdict(struct json_object *o, const struct store_state *st)
{
	json_object_object_add(o, "diverged",
			       json_object_new_boolean(st->diverged));
	json_object_object_add(o, "unverified",
			       json_object_new_boolean(st->verify));
}

static void add_time(struct json_object *o, const char *key, uint64_t ms)
{
	json_object_object_add(o, key, ms ? json_ms(ms) : NULL);
}

static void add_progress(struct json_object *o, const struct replica *r)
{
	struct json_object *p = NULL;

	if (r->progress_era != 0) {
		p = json_object_new_object();
		json_add_number(p, "era", r->progress_era);
		json_add_number(p, "done_bytes", r->progress_bytes);
		json_add_number(p, "total_bytes", 0);
	}
	json_object_object_add(o, "progress", p);
}

static void tell_status(struct replica *r, struct control_request *req)
{
	static const char *const images[] = { "empty", "initialising",
					      "committed", "promoted" };
	const struct store_state *st = &r->state;
	struct conn *conn = r->active ? r->active->conn : NULL;
	struct json_object *o = json_object_new_object();

	json_add_text(o, "name", r->config->name);
	json_add_text(o, "role", "replica");
	json_add_text(o, "state", replica_phase(r));
	json_add_text(o, "image", r->config->image);
	json_add_text(o, "image_state", images[st->status]);
	add_verdict(o, st);
	add_lineage(o, st);
	json_add_number(o, "era", st->era);
	add_time(o, "committed_at", st->committed_at_ms);
	json_add_number(o, "bytes_wire_out",
			r->bytes_out + (conn ? conn_bytes_out(conn) : 0));
	json_add_number(o, "bytes_wire_in",
			r->bytes_in + (conn ? conn_bytes_in(conn) : 0));
	json_add_number(o, "bytes_data", r->bytes_data);
	add_progress(o, r);
	json_add_text(o, "error", r->error[0] ? r->error : NULL);
	json_add_text(o, "peer", conn ? conn_peer(conn) : NULL);
	control_reply(req, o);
}

static void promote_job(struct replica *r)
{
	struct job *job = job_new(r, JOB_PROMOTE, 0);

	if (job == NULL) {
		control_fail(r->promotion.request, "no memory");
		r->promotion.request = NULL;
		return;
	}
	r->promotion.under_way = true;
	store_hurry(r->store);
	job_submit(job);
}

static void promotion_reply(struct replica *r, struct control_request *req)
{
	struct json_object *o = json_object_new_object();

	json_add_number(o, "era", r->state.era);
	json_add_text(o, "image", r->config->image);
	add_lineage(o, &r->state);
	add_verdict(o, &r->state);
	add_time(o, "committed_at", r->state.committed_at_ms);
	control_reply(req, o);
}

static void promoted(struct replica *r)
{
	log_info("promoted at era %llu; the image %s is free to use",
		 (unsigned long long)r->state.era, r->config->image);
	if (r->active != NULL && r->active->conn != NULL)
		conn_end(r->active->conn, WIRE_E_PROMOTED,
			 "the replica was promoted and is on its own now");
}

void replica_promoted(struct job *job)
{
	struct replica *r = job->replica;
	struct control_request *req = r->promotion.request;

	r->promotion.under_way = false;
	if (job->ret == -ECANCELED && req != NULL) {
		promote_job(r); /* somebody else asked since */
		return;
	}
	r->promotion.request = NULL;
	if (job->ret == 0)
		promoted(r);
	else
		log_error("promote: %s", job->err.text);
	if (req == NULL)
		return;
	if (job->ret == 0)
		promotion_reply(r, req);
	else
		control_fail(req, job->err.text);
}

/* An order whose giver is gone while the store is busy is taken over. */
static void promote(struct replica *r, struct control_request *req)
{
	struct promotion *p = &r->promotion;

	if (control_gone(req)) { /* while we were busy, or stopped */
		control_fail(req, "who asked for it has hung up");
		return;
	}
	if (p->under_way && p->request != NULL) {
		control_fail(req, "another promotion is under way");
		return;
	}
	p->request = req;
	atomic_store(&p->order,
		     control_force(req) ? PROMOTE_BY_FORCE : PROMOTE);
	if (!p->under_way)
		promote_job(r);
}

static void replica_ask(void *arg, struct control_request *req,
			const char *command)
{
	struct replica *r = arg;

	if (strcmp(command, "status") == 0) {
		tell_status(r, req);
	} else if (strcmp(command, "promote") == 0) {
		promote(r, req);
	} else if (strcmp(command, "stop") == 0) {
		control_reply(req, json_object_new_object());
		ring_stop(r->ring);
	} else {
		control_fail(req, "a replica knows status, promote and stop");
	}
}

static void replica_gone(void *arg, struct control_request *req)
{
	struct replica *r = arg;

	if (r->promotion.request != req)
		return;
	r->promotion.request = NULL;
	atomic_store(&r->promotion.order, PROMOTE_NOT);
}

const struct control_user replica_control_user = {
	.ask = replica_ask,
	.gone = replica_gone,
};
