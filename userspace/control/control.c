// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "control/control.h"
#include "ring/listener.h"

struct control_request {
	struct control *control;
	int fd; /* -1: a free place, once hup is home */
	bool asked; /* a line waits for its answer */
	bool dropped; /* its socket was shut, its operations come home */
	bool force;
	uint64_t stirred; /* when it last did something, see control.stirs */
	struct ring_op recv, send, hup;
	char in[CONTROL_LINE_MAX];
	size_t in_len, line_len;
	char *out;
	size_t out_len, out_done;
};

struct control {
	struct ring *ring;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)];
	bool closing;
	int next_fd; /* accepted, and waits for a place; or -1 */
	uint64_t stirs; /* counts what clients do */
	struct listener listener;
	const struct control_user *user;
	void *arg;
	struct control_request clients[CONTROL_CLIENTS_MAX];
};

static void control_seat(struct control *control);

static void client_close(struct control_request *c)
{
	if (c->fd >= 0) {
		shutdown(c->fd, SHUT_RDWR); /* ends the poll, if there is one */
		close(c->fd);
	}
	c->fd = -1;
	c->asked = false;
	free(c->out);
	c->out = NULL;
	control_seat(c->control);
}

static void client_stirs(struct control_request *c)
{
	c->stirred = ++c->control->stirs;
}

/* Only a hang-up ends this poll, or half of one. */
static void client_watch(struct control_request *c)
{
	if (c->asked && !c->hup.busy && !c->control->closing)
		ring_poll(c->control->ring, &c->hup, c->fd, 0);
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
		control->user->ask(control->arg, c,
				   json_object_get_string(command));
	json_object_put(json);
	client_watch(c);
}

static void client_gone(struct control_request *c)
{
	c->control->user->gone(c->control->arg, c);
	client_close(c);
}

static void client_hung_up(struct ring_op *op, int res)
{
	struct control_request *c =
		ring_container(op, struct control_request, hup);

	if (c->fd < 0) {
		control_seat(c->control);
	} else if (res == -ECANCELED) { /* and has asked again meanwhile */
		client_watch(c);
	} else if (c->asked && (res < 0 || (res & POLLHUP) != 0)) {
		client_gone(c);
	} /* else it has said all it will, and waits for the answer */
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

	if (res <= 0 || c->dropped || c->control->closing) {
		client_close(c);
		return;
	}
	client_stirs(c);
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

	if (res <= 0 || c->dropped) {
		client_close(c);
		return;
	}
	client_stirs(c);
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
	if (len < 0) {
		client_close(c);
		return;
	}
	c->out_len = (size_t)len;
	c->out_done = 0;
	client_send(c);
}

bool control_gone(const struct control_request *req)
{
	struct pollfd pfd = { .fd = req->fd };

	return poll(&pfd, 1, 0) > 0 && (pfd.revents & POLLHUP) != 0;
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

/* Those who wait for an answer are the last to go. */
static bool is_idler(const struct control_request *a,
		     const struct control_request *b)
{
	return a->asked != b->asked ? b->asked : a->stirred < b->stirred;
}

/* Its operations come home, and the last of them frees the place. */
static void client_drop(struct control_request *c)
{
	static const char why[] =
		"{\"ok\":false,\"error\":\"another client needed the place\"}\n";

	if (c->asked) /* as far as it goes: who doesn't read isn't told */
		send(c->fd, why, sizeof(why) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
	c->dropped = true;
	shutdown(c->fd, SHUT_RDWR);
	if (c->asked && !c->hup.busy)
		client_gone(c);
}

/* Unless one is on its way out already. */
static void control_make_room(struct control *control)
{
	struct control_request *c, *idlest = NULL;
	size_t i;

	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		c = &control->clients[i];
		if (c->fd < 0 || c->dropped)
			return;
		if (idlest == NULL || is_idler(c, idlest))
			idlest = c;
	}
	client_drop(idlest);
}

/* The one who waits gets a free place, and the next one may come. */
static void control_seat(struct control *control)
{
	struct control_request *c = free_place(control);

	if (control->next_fd < 0 || control->closing)
		return;
	if (c == NULL) {
		control_make_room(control);
		return;
	}
	c->fd = control->next_fd;
	control->next_fd = -1;
	c->in_len = 0;
	c->dropped = false;
	client_stirs(c);
	client_read(c);
	listener_next(&control->listener);
}

static void control_accepted(struct listener *listener, int fd)
{
	struct control *control =
		ring_container(listener, struct control, listener);

	control->next_fd = fd;
	control_seat(control);
}

static bool connects(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool yes;

	/* One that is stuck and has a full queue listens as well. */
	yes = fd >= 0 &&
	      (connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0 ||
	       errno == EAGAIN);
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
	ret = bind(control->listener.fd, (struct sockaddr *)&addr,
		   sizeof(addr));
	umask(mask);
	if (ret < 0 || listen(control->listener.fd, CONTROL_CLIENTS_MAX) < 0)
		return err_sys(e, errno, "cannot listen on %s", control->path);
	return 0;
}

int control_open(struct control **out, struct ring *ring, const char *path,
		 const struct control_user *user, void *arg, struct err *e)
{
	struct control *control = calloc(1, sizeof(*control));
	size_t i;
	int ret;

	if (control == NULL)
		return err_set(e, ENOMEM, "no memory for the control socket");
	control->ring = ring;
	control->user = user;
	control->arg = arg;
	control->next_fd = -1;
	snprintf(control->path, sizeof(control->path), "%s", path);
	for (i = 0; i < CONTROL_CLIENTS_MAX; i++) {
		control->clients[i].control = control;
		control->clients[i].fd = -1;
		control->clients[i].recv.done = client_received;
		control->clients[i].send.done = client_sent;
		control->clients[i].hup.done = client_hung_up;
	}
	control->listener = (struct listener){
		.ring = ring,
		.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
		.accepted = control_accepted,
	};
	if (control->listener.fd < 0)
		ret = err_sys(e, errno, "cannot make a socket");
	else
		ret = control_bind(control, e);
	if (ret < 0) {
		if (control->listener.fd >= 0)
			close(control->listener.fd);
		free(control);
		return ret;
	}
	listener_next(&control->listener);
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
	return listener_busy(&control->listener);
}

void control_close(struct control *control)
{
	size_t i;

	if (control == NULL)
		return;
	control->closing = true;
	unlink(control->path);
	listener_stop(&control->listener);
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
	if (control->next_fd >= 0)
		close(control->next_fd);
	close(control->listener.fd);
	free(control);
}
