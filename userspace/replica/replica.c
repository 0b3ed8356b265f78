// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "log/log.h"
#include "replica/internal.h"

static void replica_accepted(struct listener *listener, int fd)
{
	struct replica *r = ring_container(listener, struct replica, listener);
	struct err e;

	if (r->stopping)
		close(fd);
	else if (session_open(r, fd, &e) < 0)
		log_warn("a connection was turned away: %s", e.text);
	replica_accept(r);
}

/*
 * Who says nothing mustn't keep the source out: with all places taken, the
 * next connection waits in the kernel until the oldest of those is gone.
 */
void replica_accept(struct replica *r)
{
	if (r->stopping || listener_busy(&r->listener) || r->listener.fd < 0)
		return;
	if (session_place(r) != NULL)
		listener_next(&r->listener);
	else
		session_evict(r);
}

static int listen_on(const struct addrinfo *ai)
{
	const int one = 1;
	int fd = socket(ai->ai_family, ai->ai_socktype | SOCK_CLOEXEC,
			ai->ai_protocol);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, 16) < 0) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return fd;
}

/* The first that this machine has; one that is in use is waited for. */
static int listen_first(const struct addrinfo *ai)
{
	int fd = -EADDRNOTAVAIL;

	for (; ai != NULL; ai = ai->ai_next) {
		fd = listen_on(ai);
		if (fd >= 0 || fd == -EADDRINUSE)
			break;
	}
	return fd;
}

static int replica_listen(struct replica *r, struct err *e)
{
	const struct config_address *a = &r->config->listen;
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
					.ai_flags = AI_PASSIVE };
	const struct timespec pause = { .tv_nsec = 100000000 };
	struct addrinfo *list;
	int i, ret = getaddrinfo(a->host, a->port, &hints, &list);

	if (ret != 0)
		return err_set(e, EADDRNOTAVAIL, "cannot listen on %s:%s: %s",
			       a->host, a->port, gai_strerror(ret));
	/* Of a replica that was killed the kernel ends the ring a bit later. */
	for (i = 0; i < 30; i++) {
		r->listener.fd = listen_first(list);
		if (r->listener.fd != -EADDRINUSE)
			break;
		nanosleep(&pause, NULL);
	}
	freeaddrinfo(list);
	if (r->listener.fd < 0)
		return err_sys(e, -r->listener.fd, "cannot listen on %s:%s",
			       a->host, a->port);
	replica_accept(r);
	return 0;
}

static int replica_open(struct replica *r, struct err *e)
{
	const struct config *c = r->config;
	uint8_t key[TLS_KEY_BYTES];
	int ret;

	ret = tls_key_load(c->key, key, e);
	if (ret == 0)
		ret = tls_ctx_open(&r->tls, key, true, e);
	explicit_bzero(key, sizeof(key));
	if (ret == 0)
		ret = store_open(&r->store, c->state, c->image, e);
	if (ret == 0 && !c->overwrite)
		ret = store_check_blank(r->store, e);
	if (ret == 0)
		ret = store_recover(r->store, e);
	if (ret < 0)
		return ret;
	r->state = *store_state(r->store);
	ret = worker_open(&r->worker, r->ring);
	if (ret < 0)
		return err_sys(e, -ret, "cannot start a thread");
	ret = control_open(&r->control, r->ring, c->control,
			   &replica_control_user, r, e);
	return ret < 0 ? ret : replica_listen(r, e);
}

int replica_start(struct replica **out, const struct config *config,
		  struct ring *ring, struct err *e)
{
	struct replica *r = calloc(1, sizeof(*r));
	int ret;

	if (r == NULL)
		return err_set(e, ENOMEM, "no memory for a replica");
	r->config = config;
	r->ring = ring;
	r->listener = (struct listener){
		.ring = ring,
		.fd = -1,
		.accepted = replica_accepted,
	};
	ret = replica_open(r, e);
	if (ret < 0) {
		replica_stop(r);
		return ret;
	}
	log_info("replica %s listens on %s:%s, its image %s is at era %llu",
		 config->name, config->listen.host, config->listen.port,
		 config->image, (unsigned long long)r->state.era);
	*out = r;
	return 0;
}

static bool sessions_left(const struct replica *r)
{
	size_t i;

	for (i = 0; i < SESSIONS_MAX; i++)
		if (r->sessions[i] != NULL)
			return true;
	return false;
}

static void stop_sessions(struct replica *r)
{
	size_t i;

	for (i = 0; i < SESSIONS_MAX; i++)
		if (r->sessions[i] != NULL && r->sessions[i]->conn != NULL)
			conn_end(r->sessions[i]->conn, 0, "the replica stops");
	listener_stop(&r->listener);
	while (listener_busy(&r->listener) || r->jobs > 0 || sessions_left(r)) {
		if (ring_turn(r->ring) < 0) {
			log_error("the event loop failed");
			_exit(1); /* the kernel may still write to what we have */
		}
	}
}

void replica_stop(struct replica *r)
{
	if (r == NULL)
		return;
	r->stopping = true;
	if (r->store != NULL)
		store_hurry(r->store);
	stop_sessions(r);
	control_close(r->control);
	worker_close(r->worker);
	store_close(r->store);
	tls_ctx_close(r->tls);
	if (r->listener.fd >= 0)
		close(r->listener.fd);
	free(r);
}
