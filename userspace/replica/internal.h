/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the replica share. */
#ifndef REPLICA_INTERNAL_H
#define REPLICA_INTERNAL_H

#include <stdatomic.h>

#include "conn/conn.h"
#include "control/control.h"
#include "replica/replica.h"
#include "ring/listener.h"
#include "ring/worker.h"
#include "store/store.h"

#define SESSIONS_MAX 8
#define JOBS_MAX 32 /* frames of a session that wait for the store */
#define DEAD_MS (2 * CONN_KEEPALIVE_MS)

/* So many lines in so many seconds. */
#define STRANGERS_LINES 10
#define STRANGERS_MS 10000

struct quota {
	uint64_t since_ms;
	unsigned int said, unsaid;
};

/* At most one at a time; an order that nobody waits for is taken back. */
struct promotion {
	bool under_way;
	struct control_request *request; /* NULL: who asked is gone */
	atomic_int order;
};

enum promotion_order {
	PROMOTE_NOT,
	PROMOTE,
	PROMOTE_BY_FORCE
};

struct replica {
	const struct config *config;
	struct ring *ring;
	struct worker *worker;
	struct tls_ctx *tls;
	struct store *store; /* for the worker's jobs only */
	struct control *control;
	struct listener listener;
	bool stopping;
	unsigned int jobs;
	struct quota strangers; /* lines about those without the key */
	struct session *sessions[SESSIONS_MAX];
	struct session *active; /* the one that said hello */
	uint64_t opened; /* counts sessions */
	struct store_state state; /* as of the last job */
	bool applying;
	struct promotion promotion;
	char error[ERR_TEXT_MAX];
	uint64_t bytes_in, bytes_out; /* of connections that are over */
	uint64_t bytes_data;
	uint64_t progress_era, progress_bytes;
};

/* A connection; freed when it is closed and its last job is done. */
struct session {
	struct replica *replica;
	struct conn *conn; /* NULL once closed */
	uint64_t number; /* in the order in which they came */
	bool ready; /* has the key */
	bool hello;
	uint8_t lineage[WIRE_LINEAGE_BYTES];
	unsigned int jobs;
	bool broken; /* the worker's: a job has failed */
};

enum job_kind {
	JOB_FRAME,
	JOB_APPLY,
	JOB_ABORT,
	JOB_PROMOTE
};

/* Something for the store to do. */
struct job {
	struct work work;
	enum job_kind kind;
	struct replica *replica;
	struct session *session; /* of a frame, or of the era to apply */
	bool dead; /* the store is, from now on */
	struct wire_header header;
	/* The result. */
	int ret;
	unsigned int code;
	struct err err;
	struct store_state state;
	uint64_t bytes_data;
	uint8_t *reply;
	size_t reply_len;
	size_t frame_len;
	uint8_t frame[];
};

/* replica.c; accept the next connection, or make room for it first */
void replica_accept(struct replica *r);

/* session.c; takes @fd in any case */
int session_open(struct replica *r, int fd, struct err *e);
/** session_place - a free one, or NULL */
struct session **session_place(struct replica *r);
/** session_evict - end the oldest that never said hello, but for the newest */
void session_evict(struct replica *r);
void session_put_job(struct session *s);
void session_busy(struct session *s);

/* job.c */
struct job *job_new(struct replica *r, enum job_kind kind, size_t frame_len);
void job_submit(struct job *job);

/* status.c */
extern const struct control_user replica_control_user;
void replica_promoted(struct job *job);

#endif
