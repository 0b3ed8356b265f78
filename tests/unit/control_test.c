// SPDX-License-Identifier: GPL-2.0-or-later
/* The control socket's places: who gets one, who keeps it, who has to go. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "control/control.h"

#define PLACES CONTROL_CLIENTS_MAX

static struct ring *ring;
static struct control *control;
static char dir[] = "/tmp/braid-control-XXXXXX", path[64];
/* Those who asked "later", by the order in which they did. */
static struct control_request *asked[256];
static unsigned int nr_asked, nr_gone;

static void ask(void *arg, struct control_request *req, const char *command)
{
	if (strcmp(command, "later") == 0)
		asked[nr_asked++] = req;
	else
		control_reply(req, json_object_new_object());
}

static void gone(void *arg, struct control_request *req)
{
	nr_gone++;
}

static const struct control_user user = { .ask = ask, .gone = gone };

static int setup(void **state)
{
	struct err e;

	strcpy(strrchr(dir, '-'), "-XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(path, sizeof(path), "%s/sock", dir);
	nr_asked = nr_gone = 0;
	if (ring_open(&ring, 64) < 0)
		return -1;
	return control_open(&control, ring, path, &user, NULL, &e);
}

static int teardown(void **state)
{
	control_close(control);
	ring_close(ring);
	return rmdir(dir);
}

static void ticked(struct ring_op *op, int res)
{
}

/*
 * More turns than anything under way needs to come home: on local sockets and
 * in one thread the kernel has ended each step by the next turn.
 */
static void settle(void)
{
	struct ring_op tick = { .done = ticked };
	int i;

	for (i = 0; i < 12; i++) {
		ring_timeout(ring, &tick, 1);
		while (tick.busy)
			assert_int_equal(ring_turn(ring), 0);
	}
}

static int client(const char *line)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	strcpy(addr.sun_path, path);
	assert_int_equal(connect(fd, (void *)&addr, sizeof(addr)), 0);
	if (line != NULL)
		assert_int_equal(send(fd, line, strlen(line), 0), strlen(line));
	settle();
	return fd;
}

/* What came: 0 nothing yet, 'n' no, 'y' yes, 'e' the end. */
static char answer(int fd)
{
	char text[4096];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);

	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return 'e';
	text[n] = '\0';
	assert_ptr_equal(strchr(text, '\n'), text + n - 1);
	return strstr(text, "\"ok\":true") ? 'y' : 'n';
}

#define NOW "{\"command\":\"now\"}\n"
#define LATER "{\"command\":\"later\"}\n"

static void the_silent_make_room(void **state)
{
	int fds[3 * PLACES], i;

	for (i = 0; i < 3 * PLACES; i++)
		fds[i] = client(NULL);
	assert_int_equal(send(fds[2 * PLACES], "{", 1, 0), 1);
	settle();
	i = client(NOW);
	assert_int_equal(answer(i), 'y');
	close(i);
	assert_int_equal(answer(fds[2 * PLACES - 1]), 'e');
	assert_int_equal(answer(fds[2 * PLACES]), 0); /* it has stirred */
	assert_int_equal(answer(fds[2 * PLACES + 1]), 'e');
	assert_int_equal(answer(fds[2 * PLACES + 2]), 0);
	for (i = 0; i < 3 * PLACES; i++)
		close(fds[i]);
}

static void who_hangs_up_leaves_at_once(void **state)
{
	int first = client(NULL), i;

	for (i = 0; i < 3 * PLACES; i++)
		close(client(LATER));
	settle();
	assert_int_equal(nr_asked, 3 * PLACES);
	assert_int_equal(nr_gone, 3 * PLACES);
	assert_int_equal(answer(first), 0); /* nobody had to go for them */
	close(first);
}

static void who_waits_goes_last(void **state)
{
	int waits[PLACES], silent, i;

	for (i = 0; i < PLACES - 1; i++)
		waits[i] = client(LATER);
	silent = client(NULL);
	waits[i] = client(LATER);
	assert_int_equal(answer(silent), 'e');
	assert_int_equal(nr_gone, 0);
	close(silent);
	silent = client(NOW);
	assert_int_equal(answer(silent), 'y');
	assert_int_equal(nr_gone, 1);
	assert_int_equal(answer(waits[0]), 'n'); /* told why */
	assert_int_equal(answer(waits[0]), 'e');
	for (i = 1; i < PLACES; i++)
		control_reply(asked[i], json_object_new_object());
	settle();
	for (i = 0; i < PLACES; i++) {
		if (i > 0)
			assert_int_equal(answer(waits[i]), 'y');
		close(waits[i]);
	}
	close(silent);
}

static void who_never_reads_makes_room(void **state)
{
	static char sentence[1 << 20];
	int fds[PLACES], i;

	memset(sentence, 'x', sizeof(sentence) - 1);
	for (i = 0; i < PLACES; i++) {
		fds[i] = client(LATER);
		control_fail(asked[i], sentence);
		settle();
	}
	i = client(NOW);
	assert_int_equal(answer(i), 'y');
	close(i);
	for (i = 0; i < PLACES; i++)
		close(fds[i]);
}

/* "echo ... | nc -N": no more lines will come, the answer is waited for. */
static void half_closed_is_not_gone(void **state)
{
	int fd = client(LATER);

	shutdown(fd, SHUT_WR);
	settle();
	assert_int_equal(nr_gone, 0);
	control_reply(asked[0], json_object_new_object());
	settle();
	assert_int_equal(answer(fd), 'y');
	assert_int_equal(answer(fd), 'e');
	close(fd);
}

static void half_closed_makes_room(void **state)
{
	int fds[PLACES], i;

	for (i = 0; i < PLACES; i++) {
		fds[i] = client(LATER);
		shutdown(fds[i], SHUT_WR);
	}
	settle();
	i = client(NOW);
	assert_int_equal(answer(i), 'y');
	assert_int_equal(nr_gone, 1);
	close(i);
	for (i = 0; i < PLACES; i++)
		close(fds[i]);
}

/* The second of two lines that came together is watched as well. */
static void the_second_line_is_watched(void **state)
{
	int fd = client(LATER LATER);

	assert_int_equal(nr_asked, 1);
	control_reply(asked[0], json_object_new_object());
	settle();
	assert_int_equal(nr_asked, 2);
	close(fd);
	settle();
	assert_int_equal(nr_gone, 1);
}

static void a_line_has_an_end(void **state)
{
	char line[CONTROL_LINE_MAX + 1];
	int fd;

	memset(line, ' ', sizeof(line));
	line[sizeof(line) - 1] = '\0';
	fd = client(line);
	assert_int_equal(answer(fd), 'e');
	close(fd);
}

/* A braidd that is stuck has its socket all the same. */
static void a_stuck_listener_is_one(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct control *second;
	struct err e;

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/stuck", dir);
	assert_int_equal(bind(fd, (void *)&addr, sizeof(addr)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(control_open(&second, ring, addr.sun_path, &user, NULL,
				      &e),
			 -EADDRINUSE);
	assert_int_equal(unlink(addr.sun_path), 0);
	close(fd);
}

#define TEST(function) \
	cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_silent_make_room),
		TEST(who_hangs_up_leaves_at_once),
		TEST(who_waits_goes_last),
		TEST(who_never_reads_makes_room),
		TEST(half_closed_is_not_gone),
		TEST(half_closed_makes_room),
		TEST(the_second_line_is_watched),
		TEST(a_line_has_an_end),
		TEST(a_stuck_listener_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
