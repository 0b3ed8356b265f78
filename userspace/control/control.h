/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket: a line with a JSON object in, a line with one out. An
 * answer may be given at once or later; a client's next line waits for it.
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

/* @command was asked; to be answered by control_reply() or control_fail(). */
typedef void control_fn(void *arg, struct control_request *req,
			const char *command);

/**
 * control_open - make the socket @path, mode 0600, and listen
 * A socket nobody listens on is replaced, one that is in use is an error.
 */
int control_open(struct control **out, struct ring *ring, const char *path,
		 control_fn *ask, void *arg, struct err *e);

/**
 * control_close - stop, after sending what was answered
 * Requests that were not answered are forgotten.
 */
void control_close(struct control *control);

/** control_force - whether the request said "force": true */
bool control_force(const struct control_request *req);

/**
 * control_gone - whether the one who asked has hung up
 * From any thread; the request is to be answered all the same.
 */
bool control_gone(const struct control_request *req);

/** control_reply - answer; takes @reply, adds "ok": true */
void control_reply(struct control_request *req, struct json_object *reply);

/** control_fail - answer that it did not work, with a sentence */
void control_fail(struct control_request *req, const char *why);

#endif
