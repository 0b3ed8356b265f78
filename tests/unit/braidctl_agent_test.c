// SPDX-License-Identifier: GPL-2.0-or-later
/* braidctl's end of the control socket, against a daemon that isn't one. */
#include <errno.h>
#include <pthread.h>
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

#include "braidctl/agent.h"

struct fake {
	char folder[32], path[64];
	int fd;
	pthread_t thread;
	const char *answer; /* NULL: none, until the client goes */
	size_t piece; /* bytes that are sent at once */
	char asked[128];
};

static void answer(struct fake *fake, int fd)
{
	size_t left = strlen(fake->answer);
	const char *at = fake->answer;

	while (left) {
		size_t n = left < fake->piece ? left : fake->piece;

		if (send(fd, at, n, MSG_NOSIGNAL) != (ssize_t)n)
			return;
		at += n;
		left -= n;
		usleep(1000);
	}
}

static void *serve(void *arg)
{
	struct fake *fake = arg;
	int fd = accept(fake->fd, NULL, NULL);
	char rest;

	if (fd < 0)
		return NULL;
	if (recv(fd, fake->asked, sizeof(fake->asked) - 1, 0) > 0) {
		if (fake->answer)
			answer(fake, fd);
		else
			recv(fd, &rest, 1, 0);
	}
	close(fd);
	return NULL;
}

static void fake_start(struct fake *fake, const char *text, size_t piece)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memset(fake, 0, sizeof(*fake));
	fake->answer = text;
	fake->piece = piece;
	strcpy(fake->folder, "/tmp/braidctl.XXXXXX");
	assert_non_null(mkdtemp(fake->folder));
	snprintf(fake->path, sizeof(fake->path), "%s/s", fake->folder);
	strcpy(address.sun_path, fake->path);
	fake->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fake->fd, (struct sockaddr *)&address,
			      sizeof(address)),
			 0);
	assert_int_equal(listen(fake->fd, 1), 0);
	assert_int_equal(pthread_create(&fake->thread, NULL, serve, fake), 0);
}

static void fake_end(struct fake *fake)
{
	pthread_join(fake->thread, NULL);
	close(fake->fd);
	unlink(fake->path);
	rmdir(fake->folder);
}

static int ask(const char *text, size_t piece, json_object **reply, char *why)
{
	struct fake fake;
	int r;

	fake_start(&fake, text, piece);
	r = agent_ask(fake.path, "status", 1, reply, why);
	fake_end(&fake);
	assert_string_equal(fake.asked, "{\"command\":\"status\"}\n");
	return r;
}

static void an_answer_is_read(void **state)
{
	char why[AGENT_WHY];
	json_object *reply;

	assert_int_equal(ask("{\"ok\":true,\"era\":12}\n", 1000, &reply, why),
			 0);
	assert_int_equal(
		json_object_get_int(json_object_object_get(reply, "era")), 12);
	assert_null(json_object_object_get(reply, "ok"));
	json_object_put(reply);
}

static void an_answer_may_come_in_pieces(void **state)
{
	char why[AGENT_WHY];
	json_object *reply;

	assert_int_equal(ask("{\"ok\":true,\"era\":12}\n", 1, &reply, why), 0);
	json_object_put(reply);
}

static void a_refusal_has_its_reason(void **state)
{
	char why[AGENT_WHY];
	json_object *reply;

	assert_int_equal(ask("{\"ok\":false,\"error\":\"it is paused\"}\n",
			     1000, &reply, why),
			 -EREMOTEIO);
	assert_null(reply);
	assert_string_equal(why, "it is paused");
	assert_int_equal(agent_read_reply("{\"ok\":false}", &reply, why),
			 -EREMOTEIO);
	assert_string_equal(why, "no reason given");
}

static void no_answer_is_not_waited_for_long(void **state)
{
	char why[AGENT_WHY];
	json_object *reply;

	assert_int_equal(ask(NULL, 0, &reply, why), -ETIMEDOUT);
	assert_non_null(strstr(why, "did not answer 'status'"));
	assert_int_equal(ask("{\"ok\":true", 1000, &reply, why), -ECONNRESET);
	assert_int_equal(ask("", 1000, &reply, why), -ECONNRESET);
}

static void nonsense_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"ok",
		"null",
		"[]",
		"{}",
		"{\"ok\":\"true\"}",
		"{\"ok\":1}",
		"{\"ok\":true",
		"[[[[[[[[[[[[[[[[[[[[",
		"{\"ok\":true,\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}",
	};
	char why[AGENT_WHY];
	json_object *reply;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(agent_read_reply(bad[i], &reply, why),
				 -EPROTO);
		assert_null(reply);
	}
}

static void an_endless_answer_is_cut(void **state)
{
	char *text = malloc((2 << 20) + 1), why[AGENT_WHY];
	json_object *reply;

	assert_non_null(text);
	memset(text, 'a', 2 << 20);
	text[2 << 20] = '\0';
	assert_int_equal(ask(text, 1 << 18, &reply, why), -EMSGSIZE);
	free(text);
}

static void who_is_not_there_is_named(void **state)
{
	char why[AGENT_WHY], path[200];
	json_object *reply;

	assert_int_equal(agent_ask("/nowhere/s", "status", 1, &reply, why),
			 -ENOENT);
	assert_non_null(strstr(why, "/nowhere/s"));
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(agent_ask(path, "status", 1, &reply, why),
			 -ENAMETOOLONG);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_answer_is_read),
		cmocka_unit_test(an_answer_may_come_in_pieces),
		cmocka_unit_test(a_refusal_has_its_reason),
		cmocka_unit_test(no_answer_is_not_waited_for_long),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(an_endless_answer_is_cut),
		cmocka_unit_test(who_is_not_there_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
