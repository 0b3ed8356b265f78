/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the source share. */
#ifndef SOURCE_INTERNAL_H
#define SOURCE_INTERNAL_H

#include "conn/conn.h"
#include "control/control.h"
#include "ring/worker.h"
#include "source/dial.h"
#include "source/lineage.h"
#include "source/origin.h"
#include "source/ship.h"
#include "source/source.h"

#define BACKOFF_MIN_MS 200
#define BACKOFF_MAX_MS 10000
#define REFUSED_MS 30000

enum source_phase {
	SRC_WAITING, /* not connected, until retry_at_ms */
	SRC_DIALLING,
	SRC_GREETING, /* connected, the replica's state is to come */
	SRC_PARTING, /* an era was given up, the connection comes to its end */
	SRC_IDLE, /* until an era is due, or somebody asks */
	SRC_CLOSING, /* the worker closes an era */
	SRC_SHIPPING
};

/* Those who asked for an era and wait for its commit. */
struct waiters {
	struct control_request *req[CONTROL_CLIENTS_MAX];
	unsigned int count;
};

struct source {
	const struct config *config;
	struct ring *ring;
	struct worker *worker;
	struct tls_ctx *tls;
	struct control *control;
	struct lineage lineage;
	struct origin *origin;
	struct ship *ship;
	struct dial dial;
	struct conn *conn;
	enum source_phase phase;
	bool stopping, paused, refused;
	struct ring_op tick;
	unsigned int backoff_ms;
	uint64_t retry_at_ms; /* when to dial again, monotonic */
	uint64_t next_era_ms; /* when an era is due, monotonic */
	struct wire_state peer;
	bool peer_known;
	/* The era under way. */
	struct work close_work;
	int close_ret;
	struct err close_err;
	struct origin_era era;
	uint64_t era_out_before; /* bytes sent before it */
	struct waiters waiting, shipping;
	bool wanted; /* somebody asked for an era, and may be gone since */
	/* For the status. */
	char error[ERR_TEXT_MAX];
	uint64_t bytes_in, bytes_out, bytes_data;
};

/* source.c */
uint64_t source_mono_ms(void);
/** source_act - do what is due */
void source_act(struct source *s);
/** source_error - note and log what went wrong, once */
void source_error(struct source *s, const char *why);
/** source_retry_later - when the next attempt is, a bit later each time */
void source_retry_later(struct source *s);

/* era.c */
extern const struct ship_user source_ship_user;
void source_era_begin(struct source *s);
/** source_fail_waiting - those who wait for the next era won't get it */
void source_fail_waiting(struct source *s, const char *why);
/** source_forget - this one is gone */
void source_forget(struct source *s, struct control_request *req);

/* status.c */
extern const struct control_user source_control_user;

#endif
