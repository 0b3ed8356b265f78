// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Two lists in front of the kernel's queue: operations and cancellations.
 * Operations go first, so a cancellation always finds its target submitted;
 * a target that ends before its cancellation was submitted takes it off the
 * list, so none ever meets an op that was used again.
 */
#include <errno.h>
#include <liburing.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"
#include "ring/ring.h"

struct ring {
	struct io_uring uring;
	struct ring_op *head, **tail;
	struct ring_op *cancels[64];
	unsigned int nr_cancels;
	bool stopped;
};

int ring_open(struct ring **out, unsigned int entries)
{
	struct ring *ring = calloc(1, sizeof(*ring));
	int ret;

	if (ring == NULL)
		return -ENOMEM;
	ret = io_uring_queue_init(entries, &ring->uring, 0);
	if (ret < 0) {
		free(ring);
		return ret;
	}
	ring->tail = &ring->head;
	*out = ring;
	return 0;
}

void ring_close(struct ring *ring)
{
	if (ring == NULL)
		return;
	io_uring_queue_exit(&ring->uring);
	free(ring);
}

static void ring_prep(struct io_uring_sqe *sqe, struct ring_op *op)
{
	io_uring_prep_rw(op->code, sqe, op->fd, op->buf, op->len, op->offset);
	switch (op->code) {
	case IORING_OP_READ:
	case IORING_OP_WRITE:
		sqe->flags |= op->flags;
		break;
	case IORING_OP_FSYNC:
		sqe->fsync_flags = IORING_FSYNC_DATASYNC;
		break;
	case IORING_OP_ACCEPT:
		sqe->accept_flags = SOCK_CLOEXEC;
		break;
	case IORING_OP_SEND:
		sqe->msg_flags = MSG_NOSIGNAL;
		break;
	case IORING_OP_POLL_ADD:
		sqe->poll32_events = op->flags;
		break;
	}
	io_uring_sqe_set_data(sqe, op);
}

/* Fill the submission queue from the lists as far as it goes. */
static void ring_fill(struct ring *ring)
{
	struct io_uring_sqe *sqe;
	struct ring_op *op;

	while (ring->head != NULL) {
		sqe = io_uring_get_sqe(&ring->uring);
		if (sqe == NULL)
			return;
		op = ring->head;
		ring->head = op->next;
		if (ring->head == NULL)
			ring->tail = &ring->head;
		op->queued = false;
		ring_prep(sqe, op);
	}
	while (ring->nr_cancels > 0) {
		sqe = io_uring_get_sqe(&ring->uring);
		if (sqe == NULL)
			return;
		op = ring->cancels[--ring->nr_cancels];
		io_uring_prep_rw(IORING_OP_ASYNC_CANCEL, sqe, -1, op, 0, 0);
		io_uring_sqe_set_data(sqe, NULL);
	}
}

static void ring_forget_cancel(struct ring *ring, const struct ring_op *op)
{
	unsigned int i;

	for (i = 0; i < ring->nr_cancels; i++)
		if (ring->cancels[i] == op)
			ring->cancels[i] = ring->cancels[--ring->nr_cancels];
}

static void ring_end(struct ring *ring, struct ring_op *op, int res)
{
	if (op->cancelling)
		ring_forget_cancel(ring, op);
	op->busy = false;
	op->cancelling = false;
	if (op->code == IORING_OP_TIMEOUT && res == -ETIME)
		res = 0;
	op->done(op, res);
}

int ring_turn(struct ring *ring)
{
	struct io_uring_cqe *cqe;
	struct ring_op *op;
	int ret, res;

	ring_fill(ring);
	/* With more than fits into the queue, don't sleep on its first part. */
	ret = io_uring_submit_and_wait(&ring->uring, ring->head == NULL);
	if (ret < 0 && ret != -EINTR && ret != -EAGAIN && ret != -EBUSY)
		return ret;
	while (io_uring_peek_cqe(&ring->uring, &cqe) == 0) {
		op = io_uring_cqe_get_data(cqe);
		res = cqe->res;
		io_uring_cqe_seen(&ring->uring, cqe);
		if (op != NULL)
			ring_end(ring, op, res);
	}
	return 0;
}

void ring_turn_on(struct ring *ring)
{
	int ret = ring_turn(ring);

	if (ret == 0)
		return;
	log_error("the event loop failed: %s", strerror(-ret));
	_exit(1);
}

int ring_run(struct ring *ring)
{
	int ret = 0;

	while (!ring->stopped && ret == 0)
		ret = ring_turn(ring);
	return ret;
}

void ring_stop(struct ring *ring)
{
	ring->stopped = true;
}

static void ring_queue(struct ring *ring, struct ring_op *op)
{
	op->ring = ring;
	op->busy = true;
	op->queued = true;
	op->cancelling = false;
	op->next = NULL;
	*ring->tail = op;
	ring->tail = &op->next;
}

static void ring_ask(struct ring *ring, struct ring_op *op, int code, int fd,
		     const void *buf, unsigned int len, uint64_t offset)
{
	op->code = (uint8_t)code;
	op->fd = fd;
	op->buf = (void *)buf;
	op->len = len;
	op->offset = offset;
	op->flags = 0;
	ring_queue(ring, op);
}

/*
 * Reads and writes of disks are done by the kernel's workers, that is without
 * REQ_NOWAIT: Linux 6.1 loses a direct read of a device-mapper device whose
 * bio was split if a part of it is refused for want of a tag while another
 * request is being submitted; it ends with no completion at all.
 */
static void ring_ask_disk(struct ring *ring, struct ring_op *op, int code,
			  int fd, const void *buf, unsigned int len,
			  uint64_t offset)
{
	ring_ask(ring, op, code, fd, buf, len, offset);
	op->flags = IOSQE_ASYNC;
}

void ring_pread(struct ring *ring, struct ring_op *op, int fd, void *buf,
		unsigned int len, uint64_t offset)
{
	ring_ask_disk(ring, op, IORING_OP_READ, fd, buf, len, offset);
}

void ring_pwrite(struct ring *ring, struct ring_op *op, int fd, const void *buf,
		 unsigned int len, uint64_t offset)
{
	ring_ask_disk(ring, op, IORING_OP_WRITE, fd, buf, len, offset);
}

void ring_read(struct ring *ring, struct ring_op *op, int fd, void *buf,
	       unsigned int len)
{
	ring_ask(ring, op, IORING_OP_READ, fd, buf, len, 0);
}

void ring_fdatasync(struct ring *ring, struct ring_op *op, int fd)
{
	ring_ask(ring, op, IORING_OP_FSYNC, fd, NULL, 0, 0);
}

void ring_accept(struct ring *ring, struct ring_op *op, int fd)
{
	ring_ask(ring, op, IORING_OP_ACCEPT, fd, NULL, 0, 0);
}

void ring_connect(struct ring *ring, struct ring_op *op, int fd,
		  const struct sockaddr *addr, socklen_t len)
{
	ring_ask(ring, op, IORING_OP_CONNECT, fd, addr, 0, len);
}

void ring_recv(struct ring *ring, struct ring_op *op, int fd, void *buf,
	       unsigned int len)
{
	ring_ask(ring, op, IORING_OP_RECV, fd, buf, len, 0);
}

void ring_send(struct ring *ring, struct ring_op *op, int fd, const void *buf,
	       unsigned int len)
{
	ring_ask(ring, op, IORING_OP_SEND, fd, buf, len, 0);
}

void ring_poll(struct ring *ring, struct ring_op *op, int fd,
	       unsigned int events)
{
	ring_ask(ring, op, IORING_OP_POLL_ADD, fd, NULL, 0, 0);
	op->flags = events;
}

void ring_timeout(struct ring *ring, struct ring_op *op, uint64_t ms)
{
	op->ts.tv_sec = (long long)(ms / 1000);
	op->ts.tv_nsec = (long long)(ms % 1000) * 1000000;
	ring_ask(ring, op, IORING_OP_TIMEOUT, -1, &op->ts, 1, 0);
}

void ring_cancel(struct ring_op *op)
{
	struct ring *ring = op->ring;
	const unsigned int max = sizeof(ring->cancels) / sizeof(op);

	if (!op->busy || op->cancelling || ring->nr_cancels == max)
		return;
	op->cancelling = true;
	ring->cancels[ring->nr_cancels++] = op;
}
