// SPDX-License-Identifier: GPL-2.0-or-later
/* What braidctl asks of a source. */
#include <stdio.h>
#include <string.h>

#include "source/internal.h"
#include "control/json.h"
#include "wire/hex.h"

static const char *phase_name(const struct source *s)
{
	if (s->refused)
		return "refused";
	switch (s->phase) {
	case SRC_IDLE:
		return s->paused ? "paused" : "idle";
	case SRC_CLOSING:
	case SRC_SHIPPING:
		return "shipping";
	default:
		return "connecting";
	}
}

static void add_behind(struct json_object *o, const struct source *s)
{
	uint64_t at = s->peer_known ? s->peer.committed_at_ms : 0;
	uint64_t now = origin_now_ms();
	struct json_object *committed = NULL, *behind = NULL;

	if (at != 0) {
		committed = json_ms(at);
		behind = json_ms(now > at ? now - at : 0);
	}
	json_object_object_add(o, "committed_at", committed);
	json_object_object_add(o, "behind_seconds", behind);
}

static void add_progress(struct json_object *o, const struct source *s)
{
	struct json_object *p = NULL;

	if (s->phase == SRC_SHIPPING) {
		p = json_object_new_object();
		json_add_number(p, "era", ship_era(s->ship)->number);
		json_add_number(p, "done_bytes", ship_progress(s->ship));
		json_add_number(p, "total_bytes",
				ship_era(s->ship)->total_bytes);
	}
	json_object_object_add(o, "progress", p);
}

/* Where in the map's history the replica is: what changed since is at risk. */
static void add_cursor(struct json_object *o, const struct source *s)
{
	const struct wire_cursor *c = &s->peer.cursor;
	char hex[HEX_TEXT(sizeof(c->map_id))];
	struct json_object *map_id, *era = NULL;

	if (!json_object_object_get_ex(o, "map_id", &map_id))
		return;
	if (s->peer_known && c->map_era != 0 &&
	    strcmp(json_object_get_string(map_id),
		   hex_text(hex, c->map_id, sizeof(c->map_id))) == 0)
		era = json_object_new_uint64(c->map_era);
	json_object_object_add(o, "kernel_era", era);
}

static void tell_status(struct source *s, struct control_request *req)
{
	struct json_object *o = json_object_new_object();
	char hex[HEX_TEXT(WIRE_LINEAGE_BYTES)], peer[300];
	const struct config_address *to = &s->config->peer;

	json_add_text(o, "name", s->config->name);
	json_add_text(o, "role", "source");
	json_add_text(o, "state", phase_name(s));
	json_add_text(o, "device", s->config->device);
	json_add_text(o, "mode",
		      s->config->mode == MODE_TRACK ? "track" : "scan");
	json_add_text(o, "lineage",
		      hex_text(hex, s->lineage.id, sizeof(s->lineage.id)));
	json_add_number(o, "era", s->peer_known ? s->peer.era : 0);
	add_behind(o, s);
	json_add_number(o, "bytes_wire_out",
			s->bytes_out + (s->conn ? conn_bytes_out(s->conn) : 0));
	json_add_number(o, "bytes_wire_in",
			s->bytes_in + (s->conn ? conn_bytes_in(s->conn) : 0));
	json_add_number(o, "bytes_data", s->bytes_data);
	add_progress(o, s);
	json_object_object_add(o, "paused", json_object_new_boolean(s->paused));
	json_add_text(o, "error", s->error[0] ? s->error : NULL);
	snprintf(peer, sizeof(peer),
		 strchr(to->host, ':') ? "[%s]:%s" : "%s:%s", to->host,
		 to->port);
	json_add_text(o, "peer", peer);
	s->origin->ops->status(s->origin, o);
	add_cursor(o, s);
	control_reply(req, o);
}

/*
 * Without a connection, what the next attempt at one comes to is the answer,
 * and that attempt is now.
 */
static void ask_ship(struct source *s, struct control_request *req)
{
	struct waiters *w = &s->waiting;

	if (s->paused) {
		control_fail(req, "replication is paused");
	} else if (s->refused && s->phase < SRC_IDLE) {
		control_fail(req, s->error);
	} else {
		w->req[w->count++] = req;
		s->wanted = true;
		if (s->phase == SRC_WAITING)
			s->retry_at_ms = 0;
		source_act(s);
	}
}

static void ask_pause(struct source *s, struct control_request *req, bool pause)
{
	s->paused = pause;
	if (pause)
		source_fail_waiting(s, "replication is paused");
	control_reply(req, json_object_new_object());
	source_act(s);
}

static void source_ask(void *arg, struct control_request *req,
		       const char *command)
{
	struct source *s = arg;

	if (strcmp(command, "status") == 0) {
		tell_status(s, req);
	} else if (strcmp(command, "ship") == 0) {
		ask_ship(s, req);
	} else if (strcmp(command, "pause") == 0) {
		ask_pause(s, req, true);
	} else if (strcmp(command, "resume") == 0) {
		ask_pause(s, req, false);
	} else if (strcmp(command, "stop") == 0) {
		control_reply(req, json_object_new_object());
		ring_stop(s->ring);
	} else {
		control_fail(
			req,
			"a source knows status, ship, pause, resume and stop");
	}
}

static void source_gone(void *arg, struct control_request *req)
{
	source_forget(arg, req);
}

const struct control_user source_control_user = {
	.ask = source_ask,
	.gone = source_gone,
};
