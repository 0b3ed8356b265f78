// SPDX-License-Identifier: GPL-2.0-or-later
/* One era of a source: closed by the worker, shipped, committed or not. */
#include <stdio.h>
#include <string.h>

#include "log/log.h"
#include "source/internal.h"
#include "wire/hex.h"

static void fail_waiters(struct waiters *w, const char *why)
{
	unsigned int i;

	for (i = 0; i < w->count; i++)
		control_fail(w->req[i], why);
	w->count = 0;
}

void source_fail_waiting(struct source *s, const char *why)
{
	s->wanted = false;
	fail_waiters(&s->waiting, why);
}

static void forget(struct waiters *w, const struct control_request *req)
{
	unsigned int i;

	for (i = 0; i < w->count; i++)
		if (w->req[i] == req)
			w->req[i--] = w->req[--w->count];
}

void source_forget(struct source *s, struct control_request *req)
{
	forget(&s->waiting, req);
	forget(&s->shipping, req);
}

static void reply_waiters(struct waiters *w, uint64_t era)
{
	struct json_object *o;
	unsigned int i;

	for (i = 0; i < w->count; i++) {
		o = json_object_new_object();
		json_object_object_add(o, "era", json_object_new_uint64(era));
		control_reply(w->req[i], o);
	}
	w->count = 0;
}

static void close_run(struct work *work)
{
	struct source *s = ring_container(work, struct source, close_work);

	s->close_ret = s->origin->ops->close(s->origin, &s->peer, &s->era,
					     &s->close_err);
}

static void close_failed(struct source *s)
{
	source_error(s, s->close_err.text);
	fail_waiters(&s->shipping, s->close_err.text);
	source_retry_later(s);
	s->next_era_ms = s->retry_at_ms;
	s->phase = s->conn != NULL ? SRC_IDLE : SRC_WAITING;
}

static void close_done(struct work *work)
{
	struct source *s = ring_container(work, struct source, close_work);

	if (s->close_ret < 0) {
		close_failed(s);
		return;
	}
	s->phase = SRC_SHIPPING;
	if (s->conn == NULL) { /* lost it meanwhile */
		ship_discard(s->ship, s->origin, s->error);
		return;
	}
	s->era_out_before = conn_bytes_out(s->conn);
	ship_start(s->ship, s->conn, s->origin, &s->era, &s->peer,
		   s->config->verify);
}

void source_era_begin(struct source *s)
{
	s->phase = SRC_CLOSING;
	s->shipping = s->waiting;
	s->waiting.count = 0;
	s->wanted = false;
	s->next_era_ms = source_mono_ms() + s->config->interval_s * 1000ULL;
	s->close_work.run = close_run;
	s->close_work.done = close_done;
	worker_submit(s->worker, &s->close_work);
}

static void log_committed(const struct source *s,
			  const struct ship_result *result)
{
	char hex[HEX_TEXT(WIRE_SHA256_BYTES)];
	uint64_t wire = 0;

	if (s->conn != NULL)
		wire = conn_bytes_out(s->conn) - s->era_out_before;
	log_info("era %llu committed: %llu bytes of data, %llu on the wire",
		 (unsigned long long)result->era.number,
		 (unsigned long long)result->data_bytes,
		 (unsigned long long)wire);
	if (result->has_sha256)
		log_info("era %llu sha256 %s",
			 (unsigned long long)result->era.number,
			 hex_text(hex, result->sha256, sizeof(result->sha256)));
}

static void committed(struct source *s, const struct ship_result *result)
{
	s->peer.era = result->era.number;
	s->peer.cursor = result->era.cursor;
	s->peer.committed_at_ms = result->era.closed_at_ms;
	s->peer.status = WIRE_COMMITTED;
	s->bytes_data += result->data_bytes;
	s->backoff_ms = BACKOFF_MIN_MS;
	s->error[0] = '\0';
	log_committed(s, result);
	reply_waiters(&s->shipping, result->era.number);
}

/* The replica waits for the rest: hang up, then it forgets what it has. */
static void given_up(struct source *s, const struct ship_result *result)
{
	source_error(s, result->err.text);
	fail_waiters(&s->shipping, result->err.text);
	s->next_era_ms = 0;
	s->phase = SRC_WAITING;
	if (s->conn != NULL) {
		s->phase = SRC_PARTING;
		conn_end(s->conn, 0, result->err.text);
	}
}

static void shipped(void *arg, const struct ship_result *result)
{
	struct source *s = arg;

	if (result->ret == 0) {
		committed(s, result);
		s->phase = s->conn != NULL ? SRC_IDLE : SRC_WAITING;
	} else {
		given_up(s, result);
	}
	source_act(s);
}

const struct ship_user source_ship_user = { .done = shipped };
