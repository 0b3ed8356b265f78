// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log/log.h"
#include "source/internal.h"

#define TICK_MS 100

uint64_t source_mono_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void source_error(struct source *s, const char *why)
{
	char text[ERR_TEXT_MAX];

	snprintf(text, sizeof(text), "%s", why);
	if (strcmp(s->error, text) != 0)
		log_warn("%s", text);
	memcpy(s->error, text, sizeof(s->error));
}

void source_retry_later(struct source *s)
{
	unsigned int wait = s->refused ? REFUSED_MS : s->backoff_ms;

	s->retry_at_ms = source_mono_ms() + wait;
	s->backoff_ms *= 2;
	if (s->backoff_ms > BACKOFF_MAX_MS)
		s->backoff_ms = BACKOFF_MAX_MS;
}

static bool era_is_due(const struct source *s)
{
	if (s->paused)
		return false;
	if (s->wanted)
		return true;
	return s->config->interval_s > 0 && source_mono_ms() >= s->next_era_ms;
}

void source_act(struct source *s)
{
	if (s->stopping)
		return;
	if (s->phase == SRC_WAITING && source_mono_ms() >= s->retry_at_ms) {
		s->phase = SRC_DIALLING;
		dial_start(&s->dial);
	} else if (s->phase == SRC_IDLE && era_is_due(s)) {
		source_era_begin(s);
	}
}

static void source_ticked(struct ring_op *op, int res)
{
	struct source *s = ring_container(op, struct source, tick);

	if (s->stopping)
		return;
	ring_timeout(s->ring, &s->tick, TICK_MS);
	if (s->phase == SRC_SHIPPING)
		ship_tick(s->ship, source_mono_ms());
	source_act(s);
}

/* The connection */

static void source_ready(struct conn *conn, void *arg)
{
	struct source *s = arg;
	struct wire_hello m = {
		.version_min = WIRE_VERSION,
		.version_max = WIRE_VERSION,
		.block_bytes = WIRE_BLOCK_BYTES,
		.device_bytes = s->origin->bytes,
	};
	uint8_t frame[WIRE_HEADER_BYTES + 128];

	memcpy(m.lineage, s->lineage.id, sizeof(m.lineage));
	memcpy(m.name, s->config->name, sizeof(m.name));
	conn_send(conn, frame, wire_put_hello(frame, &m));
}

static int check_state(struct source *s, const struct wire_state *m,
		       struct err *e)
{
	if (m->version != WIRE_VERSION)
		return err_set(e, EPROTONOSUPPORT,
			       "the replica speaks version %u of the format",
			       m->version);
	if (m->status == WIRE_PROMOTED)
		return err_set(e, EBADMSG, "the replica is promoted");
	if (m->status != WIRE_EMPTY &&
	    (memcmp(m->lineage, s->lineage.id, sizeof(m->lineage)) != 0 ||
	     m->image_bytes != s->origin->bytes))
		return err_set(e, EBADMSG,
			       "the replica's state is not about this source");
	return 0;
}

static int source_greeted(struct source *s, const struct wire_header *h,
			  const uint8_t *payload, struct err *e)
{
	struct wire_state m;
	int ret;

	if (h->type != WIRE_STATE)
		return err_set(e, EBADMSG, "%s came before the state",
			       wire_type_name(h->type));
	ret = wire_get_state(payload, h->length, &m, e);
	if (ret == 0)
		ret = check_state(s, &m, e);
	if (ret < 0)
		return ret;
	s->peer = m;
	s->peer_known = true;
	s->refused = false;
	s->error[0] = '\0';
	s->phase = SRC_IDLE;
	log_info("replica %s is at era %llu", conn_peer(s->conn),
		 (unsigned long long)m.era);
	source_act(s);
	return 0;
}

static int source_frame(struct conn *conn, void *arg,
			const struct wire_header *h, const uint8_t *frame,
			struct err *e)
{
	const uint8_t *payload = frame + WIRE_HEADER_BYTES;
	struct source *s = arg;

	if (s->phase == SRC_GREETING)
		return source_greeted(s, h, payload, e);
	return ship_frame(s->ship, h, payload, e);
}

static void source_room(struct conn *conn, void *arg)
{
	struct source *s = arg;

	if (s->phase == SRC_SHIPPING)
		ship_pump(s->ship);
}

static bool is_refusal(unsigned int code)
{
	return code == WIRE_E_LINEAGE || code == WIRE_E_PROMOTED ||
	       code == WIRE_E_SIZE || code == WIRE_E_VERSION;
}

static void source_closed(struct conn *conn, void *arg, unsigned int code,
			  const char *why)
{
	struct source *s = arg;
	char text[ERR_TEXT_MAX + 100];

	snprintf(text, sizeof(text), "replica %s: %s", conn_peer(conn), why);
	s->bytes_in += conn_bytes_in(conn);
	s->bytes_out += conn_bytes_out(conn);
	s->conn = NULL;
	if (is_refusal(code))
		s->refused = true;
	if (!s->stopping)
		source_error(s, text);
	/* Those who came after the era was given up wait for the next one. */
	if (s->phase != SRC_PARTING)
		source_fail_waiting(s, text);
	source_retry_later(s);
	if (s->phase == SRC_SHIPPING)
		ship_abort(s->ship, text);
	else if (s->phase != SRC_CLOSING)
		s->phase = SRC_WAITING;
}

static const struct conn_user source_conn_user = {
	.ready = source_ready,
	.frame = source_frame,
	.room = source_room,
	.closed = source_closed,
};

static void source_dialled(struct dial *dial, int fd, struct err *e)
{
	struct source *s = ring_container(dial, struct source, dial);

	if (fd >= 0 && s->stopping)
		close(fd);
	s->phase = SRC_WAITING;
	if (s->stopping)
		return;
	if (fd >= 0 && conn_open(&s->conn, s->ring, fd, s->tls,
				 &source_conn_user, s, e) == 0) {
		s->phase = SRC_GREETING;
		return;
	}
	source_error(s, e->text);
	source_fail_waiting(s, e->text);
	source_retry_later(s);
}

/* Start and stop */

static int source_secure(struct source *s, struct err *e)
{
	uint8_t key[TLS_KEY_BYTES];
	int ret = tls_key_load(s->config->key, key, e);

	if (ret == 0)
		ret = tls_ctx_open(&s->tls, key, false, e);
	explicit_bzero(key, sizeof(key));
	return ret;
}

static int source_origin(struct source *s, struct err *e)
{
	if (s->config->mode == MODE_TRACK)
		return origin_track_open(&s->origin, s->config, &s->lineage, e);
	return origin_scan_open(&s->origin, s->config, e);
}

static int source_open(struct source *s, struct err *e)
{
	int ret = source_secure(s, e);

	if (ret == 0) /* takes the lock, without which nothing is ours */
		ret = lineage_open(&s->lineage, s->config->state, e);
	if (ret == 0)
		ret = source_origin(s, e);
	if (ret < 0)
		return ret;
	ret = worker_open(&s->worker, s->ring);
	if (ret == 0)
		ret = ship_open(&s->ship, s->ring, s->worker,
				s->config->patience_s * 1000, &source_ship_user,
				s);
	if (ret < 0)
		return err_sys(e, -ret, "cannot start the source");
	return control_open(&s->control, s->ring, s->config->control,
			    &source_control_user, s, e);
}

int source_start(struct source **out, const struct config *config,
		 struct ring *ring, struct err *e)
{
	struct source *s = calloc(1, sizeof(*s));
	int ret;

	if (s == NULL)
		return err_set(e, ENOMEM, "no memory for a source");
	s->config = config;
	s->ring = ring;
	s->lineage.sd.fd = s->lineage.sd.lock_fd = -1;
	s->tick.done = source_ticked;
	s->backoff_ms = BACKOFF_MIN_MS;
	ret = source_open(s, e);
	if (ret < 0) {
		source_stop(s);
		return ret;
	}
	s->dial.ring = ring;
	s->dial.worker = s->worker;
	s->dial.to = &config->peer;
	s->dial.done = source_dialled;
	ring_timeout(ring, &s->tick, 0);
	log_info("source %s ships %s to %s:%s", config->name, config->device,
		 config->peer.host, config->peer.port);
	*out = s;
	return 0;
}

static bool source_at_rest(const struct source *s)
{
	return s->conn == NULL && !dial_busy(&s->dial) && !s->tick.busy &&
	       s->phase != SRC_CLOSING && s->phase != SRC_SHIPPING;
}

void source_stop(struct source *s)
{
	if (s == NULL)
		return;
	s->stopping = true;
	if (s->conn != NULL)
		conn_end(s->conn, 0, "the source stops");
	dial_cancel(&s->dial);
	ring_cancel(&s->tick);
	while (!source_at_rest(s))
		ring_turn_on(s->ring);
	control_close(s->control);
	worker_close(s->worker);
	ship_close(s->ship);
	if (s->origin != NULL)
		s->origin->ops->free(s->origin);
	lineage_close(&s->lineage);
	tls_ctx_close(s->tls);
	free(s);
}
