// SPDX-License-Identifier: GPL-2.0-or-later
/* The event loop: files, time, cancelling, the second thread. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "ring/listener.h"
#include "ring/ring.h"
#include "ring/worker.h"

#define MANY 600

struct one {
	struct ring_op op;
	int res, ends;
};

static struct ring *ring;

static void one_done(struct ring_op *op, int res)
{
	struct one *o = ring_container(op, struct one, op);

	o->res = res;
	o->ends++;
}

static void wait_for(struct one *o)
{
	while (o->op.busy)
		assert_int_equal(ring_turn(ring), 0);
}

static int setup(void **state)
{
	return ring_open(&ring, 64);
}

static int teardown(void **state)
{
	ring_close(ring);
	return 0;
}

static void files(void **state)
{
	char path[] = "/tmp/braid-ring-XXXXXX", in[8] = "";
	struct one o = { .op.done = one_done };
	int fd = mkstemp(path);

	unlink(path);
	ring_pwrite(ring, &o.op, fd, "abcdef", 6, 4096);
	wait_for(&o);
	assert_int_equal(o.res, 6);
	ring_fdatasync(ring, &o.op, fd);
	wait_for(&o);
	assert_int_equal(o.res, 0);
	ring_pread(ring, &o.op, fd, in, 3, 4098);
	wait_for(&o);
	assert_int_equal(o.res, 3);
	assert_string_equal(in, "cde");
	close(fd);
	ring_pread(ring, &o.op, fd, in, 3, 0);
	wait_for(&o);
	assert_int_equal(o.res, -EBADF);
}

static void sockets(void **state)
{
	struct one a = { .op.done = one_done }, b = { .op.done = one_done };
	char in[8] = "";
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	ring_recv(ring, &a.op, fd[0], in, sizeof(in));
	ring_send(ring, &b.op, fd[1], "hey", 3);
	wait_for(&a);
	wait_for(&b);
	assert_int_equal(a.res, 3);
	assert_string_equal(in, "hey");
	ring_recv(ring, &a.op, fd[0], in, sizeof(in));
	ring_cancel(&a.op);
	wait_for(&a);
	assert_int_equal(a.res, -ECANCELED);
	ring_recv(ring, &a.op, fd[0], in, sizeof(in));
	ring_timeout(ring, &b.op, 5); /* to have it under way */
	wait_for(&b);
	shutdown(fd[0], SHUT_RDWR);
	wait_for(&a);
	assert_int_equal(a.res, 0);
	close(fd[0]);
	close(fd[1]);
}

static void time_passes_or_is_cancelled(void **state)
{
	struct one soon = { .op.done = one_done };
	struct one late = { .op.done = one_done };

	ring_timeout(ring, &soon.op, 20);
	ring_timeout(ring, &late.op, 3600000);
	wait_for(&soon);
	assert_int_equal(soon.res, 0);
	assert_true(late.op.busy);
	ring_cancel(&late.op);
	ring_cancel(&late.op);
	wait_for(&late);
	assert_int_equal(late.res, -ECANCELED);
	assert_int_equal(late.ends, 1);
	ring_cancel(&late.op); /* not busy: nothing happens */
}

/* More than the queue holds, all at once. */
static void more_than_fits(void **state)
{
	static struct one many[MANY];
	int i;

	for (i = 0; i < MANY; i++) {
		many[i].op.done = one_done;
		ring_timeout(ring, &many[i].op, (uint64_t)(i % 7));
	}
	for (i = 0; i < MANY; i++) {
		wait_for(&many[i]);
		assert_int_equal(many[i].ends, 1);
	}
}

static int came = -1;

static void connection_came(struct listener *listener, int fd)
{
	came = fd;
}

/* Without a descriptor for it, a connection waits, and the loop rests. */
static void no_descriptor_is_waited_for(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct listener l = { .ring = ring, .accepted = connection_came };
	struct one tick = { .op.done = one_done };
	int client = socket(AF_UNIX, SOCK_STREAM, 0), turns;
	struct rlimit limit, none;

	l.fd = socket(AF_UNIX, SOCK_STREAM, 0);
	snprintf(addr.sun_path + 1, sizeof(addr.sun_path) - 1, "braid-%d",
		 getpid());
	assert_int_equal(bind(l.fd, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(l.fd, 1), 0);
	listener_next(&l);
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	assert_int_equal(connect(client, (void *)&addr, sizeof(addr)), 0);
	ring_timeout(ring, &tick.op, 500);
	for (turns = 0; tick.op.busy; turns++)
		assert_int_equal(ring_turn(ring), 0);
	setrlimit(RLIMIT_NOFILE, &limit);
	assert_in_range(turns, 1, 20);
	assert_int_equal(came, -1);
	while (came < 0)
		assert_int_equal(ring_turn(ring), 0);
	listener_stop(&l);
	while (listener_busy(&l))
		assert_int_equal(ring_turn(ring), 0);
	close(came);
	close(client);
	close(l.fd);
}

struct job {
	struct work work;
	int number, *order, *ran;
};

static void job_run(struct work *work)
{
	struct job *job = ring_container(work, struct job, work);

	job->order[(*job->ran)++] = job->number;
}

static int finished;

static void job_done(struct work *work)
{
	finished++;
}

static void jobs_run_in_order(void **state)
{
	static struct job jobs[MANY];
	static int order[MANY];
	struct worker *worker;
	int i, ran = 0;

	assert_int_equal(worker_open(&worker, ring), 0);
	for (i = 0; i < MANY; i++) {
		jobs[i] = (struct job){ .work = { job_run, job_done, NULL },
					.number = i,
					.order = order,
					.ran = &ran };
		worker_submit(worker, &jobs[i].work);
	}
	while (finished < MANY)
		assert_int_equal(ring_turn(ring), 0);
	for (i = 0; i < MANY; i++)
		assert_int_equal(order[i], i);
	worker_close(worker);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files),
		cmocka_unit_test(sockets),
		cmocka_unit_test(time_passes_or_is_cancelled),
		cmocka_unit_test(more_than_fits),
		cmocka_unit_test(no_descriptor_is_waited_for),
		cmocka_unit_test(jobs_run_in_order),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
