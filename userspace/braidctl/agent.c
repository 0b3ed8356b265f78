// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "braidctl/agent.h"

#define REPLY_MAX (1 << 20)
#define REPLY_DEPTH_MAX 8

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int dial(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd, r;

	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	strcpy(address.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return fd;
	r = -errno;
	close(fd);
	return r;
}

static int wait_until(int fd, short events, int64_t until)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	int64_t left = until - now_ms();
	int r;

	if (left <= 0)
		return -ETIMEDOUT;
	r = poll(&pollfd, 1, left > INT32_MAX ? INT32_MAX : left);
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	return r ? 0 : -ETIMEDOUT;
}

static int send_all(int fd, const char *text, int64_t until)
{
	size_t left = strlen(text);
	ssize_t n;
	int r;

	while (left) {
		n = send(fd, text, left, MSG_NOSIGNAL);
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			left -= n;
			continue;
		}
		r = wait_until(fd, POLLOUT, until);
		if (r)
			return r;
	}
	return 0;
}

/* One line into @line, without its newline. */
static int receive_line(int fd, char *line, int64_t until)
{
	size_t have = 0;
	ssize_t n;
	char *end;
	int r;

	while (have < REPLY_MAX) {
		r = wait_until(fd, POLLIN, until);
		if (r)
			return r;
		n = recv(fd, line + have, REPLY_MAX - have, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return -ECONNRESET;
		end = memchr(line + have, '\n', n);
		have += n;
		if (end) {
			*end = '\0';
			return 0;
		}
	}
	return -EMSGSIZE;
}

int agent_read_reply(const char *line, json_object **reply, char why[AGENT_WHY])
{
	struct json_tokener *tokener = json_tokener_new_ex(REPLY_DEPTH_MAX);
	json_object *object = NULL, *ok, *error;

	*reply = NULL;
	if (tokener) {
		object = json_tokener_parse_ex(tokener, line, -1);
		json_tokener_free(tokener);
	}
	if (!json_object_is_type(object, json_type_object) ||
	    !json_object_object_get_ex(object, "ok", &ok) ||
	    !json_object_is_type(ok, json_type_boolean)) {
		json_object_put(object);
		snprintf(why, AGENT_WHY, "its answer makes no sense: '%.64s'",
			 line);
		return -EPROTO;
	}
	if (json_object_get_boolean(ok)) {
		json_object_object_del(object, "ok");
		*reply = object;
		return 0;
	}
	error = json_object_object_get(object, "error");
	snprintf(why, AGENT_WHY, "%s",
		 error ? json_object_get_string(error) : "no reason given");
	json_object_put(object);
	return -EREMOTEIO;
}

static int converse(int fd, const char *command, bool force, int64_t until,
		    char *line)
{
	char request[128];
	int r;

	snprintf(request, sizeof(request), "{\"command\":\"%s\"%s}\n", command,
		 force ? ",\"force\":true" : "");
	r = send_all(fd, request, until);
	return r ? r : receive_line(fd, line, until);
}

int agent_ask(const char *socket, const char *command, unsigned int seconds,
	      json_object **reply, char why[AGENT_WHY])
{
	return agent_insist(socket, command, false, seconds, reply, why);
}

int agent_insist(const char *socket, const char *command, bool force,
		 unsigned int seconds, json_object **reply, char why[AGENT_WHY])
{
	int64_t until = now_ms() + seconds * 1000LL;
	char *line = malloc(REPLY_MAX + 1);
	int fd, r;

	*reply = NULL;
	fd = line ? dial(socket) : -ENOMEM;
	if (fd < 0) {
		free(line);
		snprintf(why, AGENT_WHY, "cannot reach braidd at %s: %s",
			 socket, strerror(-fd));
		return fd;
	}
	r = converse(fd, command, force, until, line);
	close(fd);
	if (r)
		snprintf(why, AGENT_WHY, "braidd at %s did not answer '%s': %s",
			 socket, command, strerror(-r));
	else
		r = agent_read_reply(line, reply, why);
	free(line);
	return r;
}
