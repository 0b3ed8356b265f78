// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A connection to a source. Frames become jobs for the store; the connection
 * is held while JOBS_MAX of them wait, so a fast peer can't fill the memory.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log/log.h"
#include "replica/internal.h"

static void session_free(struct session *s)
{
	struct replica *r = s->replica;
	size_t i;

	for (i = 0; i < SESSIONS_MAX; i++)
		if (r->sessions[i] == s)
			r->sessions[i] = NULL;
	free(s);
	replica_accept(r);
}

void session_put_job(struct session *s)
{
	s->jobs--;
	if (s->conn != NULL)
		session_busy(s);
	else if (s->jobs == 0)
		session_free(s);
}

/* Replies need room as well: the largest times the jobs that may come. */
void session_busy(struct session *s)
{
	bool full = s->jobs >= JOBS_MAX ||
		    conn_room(s->conn) < CONN_QUEUE_BYTES / 2;

	conn_hold(s->conn, full);
}

/* Whether this session may become the active one. */
static int session_claim(struct session *s, const struct wire_hello *m,
			 struct err *e)
{
	struct replica *r = s->replica;
	struct session *old = r->active;
	struct job *abort_job;

	memcpy(s->lineage, m->lineage, sizeof(s->lineage));
	if (old != NULL && old->conn != NULL) {
		if (memcmp(old->lineage, m->lineage, sizeof(m->lineage)) != 0 ||
		    conn_silence_ms(old->conn) < DEAD_MS) {
			conn_end(s->conn, WIRE_E_BUSY,
				 "another source is connected");
			return err_set(e, EBUSY, "another source is connected");
		}
		/* Before the new one's hello: its era must not be the victim. */
		abort_job = job_new(r, JOB_ABORT, 0);
		if (abort_job == NULL)
			return err_set(e, ENOMEM, "no memory for a source");
		job_submit(abort_job);
		conn_end(old->conn, WIRE_E_BUSY,
			 "the source came back on another connection");
	}
	s->hello = true;
	r->active = s;
	return 0;
}

static int session_hello(struct session *s, const struct wire_header *h,
			 const uint8_t *payload, struct err *e)
{
	struct wire_hello m;

	if (s->hello)
		return err_set(e, EBADMSG, "a second hello came");
	if (h->type != WIRE_HELLO)
		return err_set(e, EBADMSG, "%s came before hello",
			       wire_type_name(h->type));
	if (wire_get_hello(payload, h->length, &m, e) < 0)
		return -EBADMSG;
	if (m.version_min > WIRE_VERSION || m.version_max < WIRE_VERSION)
		return err_set(
			e, EPROTONOSUPPORT,
			"the source speaks versions %u to %u of the format, the replica speaks %u",
			m.version_min, m.version_max, WIRE_VERSION);
	return session_claim(s, &m, e);
}

static bool for_replica(uint8_t type)
{
	return wire_is_instruction(type) || type == WIRE_SIG_REQUEST ||
	       type == WIRE_ERA_BEGIN || type == WIRE_ERA_COMMIT ||
	       type == WIRE_HELLO;
}

static void session_progress(struct session *s, const struct wire_header *h,
			     const uint8_t *payload)
{
	struct replica *r = s->replica;
	struct wire_era_begin begin;
	struct wire_data data;
	struct err e;

	if (h->type == WIRE_ERA_BEGIN &&
	    wire_get_era_begin(payload, h->length, &begin, &e) == 0) {
		r->progress_era = begin.base_era + 1;
		r->progress_bytes = 0;
	} else if (h->type == WIRE_DATA &&
		   wire_get_data(payload, h->length, &data, &e) == 0) {
		r->progress_bytes += data.raw_bytes;
		r->bytes_data += data.raw_bytes;
	}
}

static int session_frame(struct conn *conn, void *arg,
			 const struct wire_header *h, const uint8_t *frame,
			 struct err *e)
{
	const uint8_t *payload = frame + WIRE_HEADER_BYTES;
	size_t len = WIRE_HEADER_BYTES + h->length;
	struct session *s = arg;
	struct job *job;
	int ret = 0;

	if (!for_replica(h->type))
		return err_set(e, EBADMSG, "%s came from a source",
			       wire_type_name(h->type));
	if (!s->hello || h->type == WIRE_HELLO)
		ret = session_hello(s, h, payload, e);
	if (ret < 0)
		return ret;
	job = job_new(s->replica, JOB_FRAME, len);
	if (job == NULL)
		return err_set(e, ENOMEM, "no memory for a frame");
	session_progress(s, h, payload);
	job->session = s;
	job->header = *h;
	memcpy(job->frame, frame, len);
	s->jobs++;
	job_submit(job);
	session_busy(s);
	return 0;
}

static void session_ready(struct conn *conn, void *arg)
{
	struct session *s = arg;

	s->ready = true;
	log_info("source %s connected", conn_peer(conn));
}

static void session_room(struct conn *conn, void *arg)
{
	session_busy(arg);
}

/* Anybody can connect and hang up; the log shall not be theirs to fill. */
static bool may_say(struct quota *q)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
	if (now - q->since_ms >= STRANGERS_MS) {
		if (q->unsaid > 0)
			log_info("%u more connections ended without the key",
				 q->unsaid);
		*q = (struct quota){ .since_ms = now };
	}
	if (q->said == STRANGERS_LINES) {
		q->unsaid++;
		return false;
	}
	q->said++;
	return true;
}

static void session_closed(struct conn *conn, void *arg, unsigned int code,
			   const char *why)
{
	struct session *s = arg;
	struct replica *r = s->replica;
	struct job *abort_job;

	if (s->ready || may_say(&r->strangers))
		log_info("source %s: %s", conn_peer(conn), why);
	r->bytes_in += conn_bytes_in(conn);
	r->bytes_out += conn_bytes_out(conn);
	s->conn = NULL;
	if (r->active == s) {
		/* Without memory for it, the next begin says so. */
		abort_job = job_new(r, JOB_ABORT, 0);
		if (abort_job != NULL)
			job_submit(abort_job);
		r->active = NULL;
		r->progress_era = r->progress_bytes = 0;
		if (!r->stopping && r->state.status != WIRE_PROMOTED &&
		    strcmp(why, "the peer said goodbye") != 0)
			snprintf(r->error, sizeof(r->error), "%s", why);
	}
	if (s->jobs == 0)
		session_free(s);
}

static const struct conn_user session_user = {
	.ready = session_ready,
	.frame = session_frame,
	.room = session_room,
	.closed = session_closed,
};

struct session **session_place(struct replica *r)
{
	size_t i;

	for (i = 0; i < SESSIONS_MAX; i++)
		if (r->sessions[i] == NULL)
			return &r->sessions[i];
	return NULL;
}

void session_evict(struct replica *r)
{
	struct session *s, *oldest = NULL;
	size_t i;

	for (i = 0; i < SESSIONS_MAX; i++) {
		s = r->sessions[i];
		if (s == NULL || s->conn == NULL || s->hello ||
		    s->number == r->opened)
			continue;
		if (oldest == NULL || s->number < oldest->number)
			oldest = s;
	}
	if (oldest != NULL)
		conn_end(oldest->conn, WIRE_E_BUSY,
			 "another connection needed the place");
}

int session_open(struct replica *r, int fd, struct err *e)
{
	struct session **place = session_place(r);
	struct session *s = NULL;
	int ret;

	if (place != NULL)
		s = calloc(1, sizeof(*s));
	if (s == NULL) {
		close(fd);
		return err_set(e, EMFILE, "too many connections");
	}
	s->replica = r;
	s->number = ++r->opened;
	ret = conn_open(&s->conn, r->ring, fd, r->tls, &session_user, s, e);
	if (ret < 0)
		free(s);
	else
		*place = s;
	return ret;
}
