// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control/control.h"

struct control_request {
	struct control *control;
	int fd; /* -1: a free place */
	bool asked; /* a line waits for its answer */
	bool force;
	atomic_bool gone; /* the client is, while it waits */
	struct ring_op recv, send, hup;
	char in[CONTROL_LINE_MAX];
	size_t in_len, line_len;
	char *out;
	size_t out_len, out_done;
};

struct control {
	struct ring *ring;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	int fd;
	bool closing;
	struct ring_op accept;
	control_fn *ask;
	void *arg;
	struct control_request clients[CONTROL_CLIENTS_MAX];
};

static void client_close(struct control_request *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	free(c->out);
	c->out = NULL;
}

static void client_read(struct control_request *c)
{
	ring_recv(c->control->ring, &c->recv, c->fd, c->in + c->in_len,
		  (unsigned int)(sizeof(c->in) - c->in_len));
}

static void client_line(struct control_request *c)
{
	struct json_object *json, *command, *force = NULL;
	struct control *control = c->control;

	c->in[c->line_len - 1] = '\0';
	json = json_tokener_parse(c->in);
	c->asked = true;
	c->force = json_object_is_type(json, json_type_object) &&
		   json_object_object_get_ex(json, "force", &force) &&
		   json_object_get_boolean(force);
	if (!json_object_is_type(json, json_type_object) ||
	    !json_object_object_get_ex(json, "command", &command) ||
	    !json_object_is_type(command, json_type_string))
		control_fail(c, "a request is an object with a \"command\"");
	else
		control->ask(control->arg, c, json_object_get_string(command));
	json_object_put(json);
	if (c->asked && !c->hup.busy) /* only a hang-up ends this poll */
		ring_poll(control->ring, &c->hup, c->fd, 0);
}

static void client_hung_up(struct ring_op *op, int res)
{
	struct control_request *c =
		ring_container(op, struct control_request, hup);

	if (res > 0 && c->asked)
		atomic_store(&c->gone, true);
}

/* The next line, if one is there; else read on. */
static void client_next(struct control_request *c)
{
	char *end = memchr(c->in, '\n', c->in_len);

	if (end != NULL) {
		c->line_len = (size_t)(end - c->in) + 1;
		client_line(c);
	} else if (c->in_len == sizeof(c->in)) {
		client_close(c); /* no line is that long */
	} else {
		client_read(c);
	}
}

static void client_received(struct ring_op *op, int res)
{
	struct control_request *c =
		ring_container(op, struct control_request, recv);

	if (res <= 0 || c->control->closing) {
		client_close(c);
		return;
	}
	c->in_len += (size_t)res;
	client_next(c);
}

static void client_send(struct control_request *c)
{
	ring_send(c->control->ring, &c->send, c->fd, c->out + c->out_done,
		  (unsigned int)(c->out_len - c->out_done));
}

static void client_sent(struct ring_op *op, int res)
{
	struct control_request *c =
		ring_container(op, struct control_request, send);

	if (res <= 0) {
		client_close(c);
		return;
	}
	c->out_done += (size_t)res;
	if (c->out_done < c->out_len) {
		client_send(c);
		return;
	}
	free(c->out);
	c->out = NULL;
	c->in_len -= c->line_len;
	memmove(c->in, c->in + c->line_len, c->in_len);
	if (c->control->closing)
		client_close(c);
	else
		client_next(c);
}

static void answer(struct control_request *c, struct json_object *reply)
{
	const char *text = json_object_to_json_string_ext(
		reply, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	int len;

	c->asked = false;
	ring_cancel(&c->hup);
	len = asprintf(&c->out, "%s\n", text);
	json_object_put(reply);
	if (len < 0)
		c->out = NULL;
	if (len < 0 || atomic_load(&c->gone)) {
		client_close(c);
		return;
	}
	c->out_len = (size_t)len;
	c->out_done = 0;
	client_send(c);
}

bool control_gone(const struct control_request *req)
{
	return atomic_load(&req->gone);
}

bool control_force(const struct control_request *req)
{
	return req->force;
}

void control_reply(struct control_request *req, struct json_object *reply)
{
	json_object_object_add(reply, "ok", json_object_new_boolean(1));
	answer(req, reply);
}

void control_fail(struct control_request *req, const char *why)
{
	struct json_object *reply = json_object_new_object();

	json_object_object_add(reply, "ok", json_object_new_boolean(0));
	json_object_object_add(reply, "error", json_object_new_string(why));
	answer(req, reply);
}

static struct control_request *free_place(struct control *control)
{
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].fd < 0 && !control->clients[i].hup.busy)
			return &control->clients[i];
	return NULL;
}

static void control_accepted(struct ring_op *op, int res)
{
	struct control *control = ring_container(op, struct control, accept);
	struct control_request *c;

	if (control->closing)
		return;
	ring_accept(control->ring, &control->accept, control->fd);
	if (res < 0)
		return;
	c = free_place(control);
	if (c == NULL) {
		close(res);
		return;
	}
	c->fd = res;
	c->in_len = 0;
	c->asked = false;
	atomic_store(&c->gone, false);
	client_read(c);
}

static bool connects(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool yes;

	yes = fd >= 0 &&
	      connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0;
	if (fd >= 0)
		close(fd);
	return yes;
}

/*
 * A process that was killed lets go of its sockets when the kernel has ended
 * its ring, a little after it is gone.
 */
static bool somebody_listens(const struct sockaddr_un *addr)
{
	const struct timespec pause = { .tv_nsec = 100000000 };
	int i;

	for (i = 0; i < 30 && connects(addr); i++)
		nanosleep(&pause, NULL);
	return i == 30;
}

static int control_bind(struct control *control, struct err *e)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char copy[sizeof(control->path)];
	struct stat st;
	mode_t mask;
	int ret;

	strcpy(addr.sun_path, control->path);
	strcpy(copy, control->path);
	if (mkdir(dirname(copy), 0755) < 0 && errno != EEXIST)
		return err_sys(e, errno,
			       "cannot make the folder of the socket %s",
			       control->path);
	if (lstat(control->path, &st) == 0) {
		if (!S_ISSOCK(st.st_mode))
			return err_set(
				e, EEXIST,
				"the control socket %s is something else",
				control->path);
		if (somebody_listens(&addr))
			return err_set(e, EADDRINUSE,
				       "another braidd listens on %s",
				       control->path);
		unlink(control->path);
	}
	mask = umask(0177);
	ret = bind(control->fd, (struct sockaddr *)&addr, sizeof(addr));
	umask(mask);
	if (ret < 0 || listen(control->fd, CONTROL_CLIENTS_MAX) < 0)
		return err_sys(e, errno, "cannot listen on %s", control->path);
	return 0;
}

int control_open(struct control **out, struct ring *ring, const char *path,
		 control_fn *ask, void *arg, struct err *e)
{
	struct control *control = calloc(1, sizeof(*control));
	size_t i;
	int ret;

	if (control == NULL)
		return err_set(e, ENOMEM, "no memory for the control socket");
	control->ring = ring;
	control->ask = ask;
	control->arg = arg;
	control->accept.done = control_accepted;
	snprintf(control->path, sizeof(control->path), "%s", path);
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		control->clients[i].control = control;
		control->clients[i].fd = -1;
		control->clients[i].recv.done = client_received;
		control->clients[i].send.done = client_sent;
		control->clients[i].hup.done = client_hung_up;
	}
	control->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (control->fd < 0)
		ret = err_sys(e, errno, "cannot make a socket");
	else
		ret = control_bind(control, e);
	if (ret < 0) {
		if (control->fd >= 0)
			close(control->fd);
		free(control);
		return ret;
	}
	ring_accept(ring, &control->accept, control->fd);
	*out = control;
	return 0;
}

static bool control_busy(const struct control *control)
{
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].recv.busy ||
		    control->clients[i].send.busy ||
		    control->clients[i].hup.busy)
			return true;
	return control->accept.busy;
}

void control_close(struct control *control)
{
	size_t i;

	if (control == NULL)
		return;
	control->closing = true;
	unlink(control->path);
	ring_cancel(&control->accept);
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		ring_cancel(&control->clients[i].hup);
		if (control->clients[i].recv.busy)
			shutdown(control->clients[i].fd, SHUT_RD);
	}
	while (control_busy(control))
		if (ring_turn(control->ring) < 0)
			_exit(1); /* the kernel may still write to them */
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++)
		client_close(&control->clients[i]);
	close(control->fd);
	free(control);
}
