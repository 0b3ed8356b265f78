// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Jobs for the store. They run in the worker's thread, one at a time and in
 * order, and each takes a copy of the store's state along when it is done.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failpoint/failpoint.h"
#include "log/log.h"
#include "replica/internal.h"

static int reply_with(struct job *job, uint8_t *buf, size_t len)
{
	job->reply = buf;
	job->reply_len = len;
	return 0;
}

static int run_hello(struct job *job, const uint8_t *payload)
{
	const struct store_state *st;
	struct wire_hello m;
	struct wire_state reply = { .version = WIRE_VERSION };
	uint8_t *buf;
	int ret;

	ret = wire_get_hello(payload, job->header.length, &m, &job->err);
	if (ret == 0)
		ret = store_hello(job->replica->store, &m, &job->code,
				  &job->err);
	if (ret < 0)
		return ret;
	st = store_state(job->replica->store);
	reply.status = (uint8_t)st->status;
	reply.era = st->era;
	reply.committed_at_ms = st->committed_at_ms;
	reply.cursor = st->cursor;
	reply.image_bytes = st->image_bytes;
	memcpy(reply.lineage, st->lineage, sizeof(reply.lineage));
	memcpy(reply.key, st->key, sizeof(reply.key));
	buf = malloc(WIRE_HEADER_BYTES + 256);
	if (buf == NULL)
		return -ENOMEM;
	return reply_with(job, buf, wire_put_state(buf, &reply));
}

static int run_sigs(struct job *job, const uint8_t *payload)
{
	const size_t head = WIRE_HEADER_BYTES + 16;
	struct wire_range range;
	struct wire_sigs m;
	uint8_t *buf;
	int ret;

	ret = wire_get_sig_request(payload, job->header.length, &range,
				   &job->err);
	if (ret < 0)
		return ret;
	m.offset = range.offset;
	m.count = (uint32_t)((range.length + WIRE_BLOCK_BYTES - 1) /
			     WIRE_BLOCK_BYTES);
	buf = malloc(head + (size_t)m.count * WIRE_PRINT_BYTES);
	if (buf == NULL)
		return -ENOMEM;
	ret = store_sigs(job->replica->store, &range, buf + head, &job->err);
	if (ret < 0) {
		if (ret != -EBADMSG)
			job->code = WIRE_E_STORAGE;
		free(buf);
		return ret;
	}
	m.prints = buf + head;
	return reply_with(job, buf, wire_put_sigs(buf, &m));
}

static int run_begin(struct job *job, const uint8_t *payload)
{
	struct wire_era_begin m;
	int ret;

	ret = wire_get_era_begin(payload, job->header.length, &m, &job->err);
	if (ret < 0)
		return ret;
	return store_begin(job->replica->store, &m, &job->code, &job->err);
}

static int run_commit(struct job *job, const uint8_t *payload)
{
	struct wire_era_commit m;
	struct wire_ack ack;
	uint8_t *buf;
	int ret;

	ret = wire_get_era_commit(payload, job->header.length, &m, &job->err);
	if (ret == 0)
		ret = store_commit(job->replica->store, &m, &job->code,
				   &job->err);
	if (ret < 0)
		return ret;
	buf = malloc(WIRE_HEADER_BYTES + 8);
	if (buf == NULL)
		return -ENOMEM;
	ack.era = m.era;
	return reply_with(job, buf, wire_put_ack(buf, &ack));
}

static int run_instruction(struct job *job)
{
	FAILPOINT("replica.frame");
	return store_stage(job->replica->store, &job->header, job->frame,
			   &job->code, &job->err);
}

static int run_frame(struct job *job)
{
	const uint8_t *payload = job->frame + WIRE_HEADER_BYTES;

	switch (job->header.type) {
	case WIRE_HELLO:
		return run_hello(job, payload);
	case WIRE_SIG_REQUEST:
		return run_sigs(job, payload);
	case WIRE_ERA_BEGIN:
		return run_begin(job, payload);
	case WIRE_ERA_COMMIT:
		return run_commit(job, payload);
	default:
		return run_instruction(job);
	}
}

static int run_promotion(struct job *job)
{
	struct replica *r = job->replica;
	int order = atomic_load(&r->promotion.order);

	if (order == PROMOTE_NOT) {
		store_calm(r->store);
		return err_set(&job->err, ECANCELED,
			       "who asked for it has hung up");
	}
	return store_promote(r->store, order == PROMOTE_BY_FORCE, &job->err);
}

static void job_run(struct work *work)
{
	struct job *job = ring_container(work, struct job, work);
	struct store *store = job->replica->store;

	job->code = WIRE_E_PROTOCOL;
	switch (job->kind) {
	case JOB_FRAME:
		job->ret = -ECANCELED;
		if (!job->session->broken)
			job->ret = run_frame(job);
		if (job->ret == -ENOMEM)
			err_set(&job->err, ENOMEM, "no memory");
		if (job->ret < 0)
			job->session->broken = true;
		break;
	case JOB_APPLY:
		job->ret = store_apply(store, &job->err);
		if (job->ret == 0)
			job->ret = store_verify(store, &job->err);
		if (job->ret < 0)
			job->session->broken = true;
		break;
	case JOB_ABORT:
		store_abort(store);
		break;
	case JOB_PROMOTE:
		job->ret = run_promotion(job);
		break;
	}
	job->state = *store_state(store);
	job->dead = store_failed(store);
}

static void apply_failed(struct session *s, const struct err *e)
{
	memcpy(s->replica->error, e->text, ERR_TEXT_MAX);
	log_error("%s", e->text);
	if (s->conn != NULL)
		conn_end(s->conn, WIRE_E_STORAGE, e->text);
}

static void apply_done(struct job *job)
{
	job->replica->applying = false;
	if (job->ret < 0)
		apply_failed(job->session, &job->err);
	else
		log_info("era %llu applied",
			 (unsigned long long)job->state.era);
	session_put_job(job->session);
}

static void committed(struct job *job)
{
	struct replica *r = job->replica;
	struct job *apply = job_new(r, JOB_APPLY, 0);

	r->error[0] = '\0';
	r->progress_era = r->progress_bytes = 0;
	log_info("era %llu committed", (unsigned long long)job->state.era);
	if (apply == NULL) { /* the next hello or begin applies it */
		err_set(&job->err, ENOMEM, "no memory");
		apply_failed(job->session, &job->err);
		return;
	}
	apply->session = job->session;
	apply->session->jobs++;
	r->applying = true;
	job_submit(apply);
}

static void frame_done(struct job *job)
{
	struct session *s = job->session;
	struct conn *conn = s->conn;

	if (job->ret == 0 && conn != NULL && job->reply_len > 0)
		conn_send(conn, job->reply, job->reply_len);
	if (job->ret < 0 && job->ret != -ECANCELED) {
		memcpy(job->replica->error, job->err.text, ERR_TEXT_MAX);
		log_error("source %s: %s", conn ? conn_peer(conn) : "(gone)",
			  job->err.text);
		if (conn != NULL)
			conn_end(conn, job->code, job->err.text);
	}
	FAILPOINT("replica.acked");
	if (job->ret == 0 && job->header.type == WIRE_ERA_COMMIT)
		committed(job);
	session_put_job(s);
}

static void job_done(struct work *work)
{
	struct job *job = ring_container(work, struct job, work);
	struct replica *r = job->replica;

	r->jobs--;
	r->state = job->state;
	if (job->dead) {
		log_error("%s", job->err.text);
		/* Nothing may be answered out of memory; what is on disk counts. */
		_exit(1);
	}
	switch (job->kind) {
	case JOB_FRAME:
		frame_done(job);
		break;
	case JOB_APPLY:
		apply_done(job);
		break;
	case JOB_ABORT:
		break;
	case JOB_PROMOTE:
		replica_promoted(job);
		break;
	}
	free(job->reply);
	free(job);
}

struct job *job_new(struct replica *r, enum job_kind kind, size_t frame_len)
{
	struct job *job = malloc(sizeof(*job) + frame_len);

	if (job == NULL)
		return NULL;
	memset(job, 0, sizeof(*job));
	job->kind = kind;
	job->replica = r;
	job->frame_len = frame_len;
	job->work.run = job_run;
	job->work.done = job_done;
	return job;
}

void job_submit(struct job *job)
{
	job->replica->jobs++;
	worker_submit(job->replica->worker, &job->work);
}
