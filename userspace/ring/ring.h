/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event loop: io_uring, and the only place that knows of it.
 *
 * An operation is a struct ring_op embedded in whatever it belongs to; the
 * ring allocates nothing for it, so what is in flight is bounded by what
 * exists. Asking for an operation never fails: it is queued, handed to the
 * kernel on the next turn of the loop, and its end is told by ->done with the
 * system call's result (a count or -errno). The op and its buffer must stay
 * put until then. All of it is for one thread; see worker.h for the other.
 */
#ifndef RING_RING_H
#define RING_RING_H

#include <linux/time_types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct ring;
struct ring_op;

typedef void ring_done_fn(struct ring_op *op, int res);

/* Opaque to users, but for ->done, and embedded by them. */
struct ring_op {
	ring_done_fn *done;
	struct ring *ring;
	struct ring_op *next; /* waiting for a place in the queue */
	bool busy; /* asked for, ->done not yet called */
	bool queued; /* on the list of those waiting */
	bool cancelling;
	uint8_t code;
	int fd;
	unsigned int len;
	unsigned int flags;
	uint64_t offset;
	void *buf;
	struct __kernel_timespec ts;
};

/* clang-format off */
#define ring_container(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
/* clang-format on */

/**
 * ring_open - make a ring
 * @out:	the ring
 * @entries:	length of the submission queue
 * Return: 0 or -errno.
 */
int ring_open(struct ring **out, unsigned int entries);
void ring_close(struct ring *ring);

/**
 * ring_run - turn the loop until ring_stop()
 * Return: 0 or the -errno of a ring that is beyond help.
 */
int ring_run(struct ring *ring);

/** ring_turn - one turn: submit, wait for at least one end, call ->done */
int ring_turn(struct ring *ring);

/**
 * ring_turn_on - a turn on the way out
 * If it fails, the kernel may still write to what is about to be freed: the
 * process ends here, with status 1.
 */
void ring_turn_on(struct ring *ring);
void ring_stop(struct ring *ring);

void ring_pread(struct ring *ring, struct ring_op *op, int fd, void *buf,
		unsigned int len, uint64_t offset);
void ring_pwrite(struct ring *ring, struct ring_op *op, int fd, const void *buf,
		 unsigned int len, uint64_t offset);
/* For what has no offset: pipes, event, signal and timer descriptors. */
void ring_read(struct ring *ring, struct ring_op *op, int fd, void *buf,
	       unsigned int len);
void ring_fdatasync(struct ring *ring, struct ring_op *op, int fd);
void ring_accept(struct ring *ring, struct ring_op *op, int fd);
/* @addr must stay put until ->done. */
void ring_connect(struct ring *ring, struct ring_op *op, int fd,
		  const struct sockaddr *addr, socklen_t len);
void ring_recv(struct ring *ring, struct ring_op *op, int fd, void *buf,
	       unsigned int len);
void ring_send(struct ring *ring, struct ring_op *op, int fd, const void *buf,
	       unsigned int len);
void ring_poll(struct ring *ring, struct ring_op *op, int fd,
	       unsigned int events);
/* ->done gets 0 when the time is over, -ECANCELED after ring_cancel(). */
void ring_timeout(struct ring *ring, struct ring_op *op, uint64_t ms);

/**
 * ring_cancel - ask for an early end; ->done is still called
 * Does nothing for an op that isn't busy.
 */
void ring_cancel(struct ring_op *op);

#endif
