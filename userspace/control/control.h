/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: a line with a JSON object in, a line with one out. An
 * answer may be given at once or later; a client's next line waits for it.
 *
 * There are CONTROL_CLIENTS_MAX places. Who hangs up leaves at once; when all
 * are taken, the next one gets that of the client who did nothing for longest,
 * one who waits for no answer if there is any.
 */
#ifndef CONTROL_CONTROL_H
#define CONTROL_CONTROL_H

#include <json-c/json.h>

#include "err/err.h"
#include "ring/ring.h"

#define CONTROL_LINE_MAX 4096
#define CONTROL_CLIENTS_MAX 16

struct control;
struct control_request;

struct control_user {
	/* To be answered by control_reply() or control_fail(). */
	void (*ask)(void *arg, struct control_request *req,
		    const char *command);
	/* Who asked is gone: there is nobody to answer, and @req ends here. */
	void (*gone)(void *arg, struct control_request *req);
};

/**
 * control_open - make the socket @path, mode 0600, and listen
 * A socket nobody listens on is replaced, one that is in use is an error.
 */
int control_open(struct control **out, struct ring *ring, const char *path,
		 const struct control_user *user, void *arg, struct err *e);

/**
 * control_close - stop, after sending what was answered
 * Requests that were not answered are forgotten.
 */
void control_close(struct control *control);

/** control_force - whether the request said "force": true */
bool control_force(const struct control_request *req);

/** control_gone - whether who asked has hung up by now, though not yet told */
bool control_gone(const struct control_request *req);

/** control_reply - answer; takes @reply, adds "ok": true */
void control_reply(struct control_request *req, struct json_object *reply);

/** control_fail - answer that it did not work, with a sentence */
void control_fail(struct control_request *req, const char *why);

#endif
