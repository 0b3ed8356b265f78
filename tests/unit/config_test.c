// SPDX-License-Identifier: GPL-2.0-or-later
/* A volume's configuration; what is refused, tests/agent has more of. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "config/config.h"

static char path[] = "/tmp/braid-conf-XXXXXX";
static struct config c;
static struct err e;

static int load(const char *text)
{
	FILE *f = fopen(path, "w");

	fputs(text, f);
	fclose(f);
	return config_load(&c, path, &e);
}

#define SOURCE                                   \
	"[volume]\nname = vol0\nrole = source\n" \
	"[source]\ndevice = /dev/x\nmode = scan\n"

static void a_source(void **state)
{
	assert_int_equal(load(SOURCE "peer = host.example:7400 ; a comment\n"),
			 0);
	assert_string_equal(c.name, "vol0");
	assert_int_equal(c.role, ROLE_SOURCE);
	assert_string_equal(c.peer.host, "host.example");
	assert_string_equal(c.peer.port, "7400");
	assert_string_equal(c.state, "/var/lib/braid/vol0");
	assert_string_equal(c.key, "/etc/braid/vol0.key");
	assert_string_equal(c.control, "/run/braid/vol0.sock");
	assert_int_equal(c.interval_s, 10);
	assert_int_equal(c.patience_s, 180);
	assert_int_equal(c.view, VIEW_SHIPPED);
	assert_false(c.verify);
}

static void addresses(void **state)
{
	assert_int_equal(load(SOURCE "peer = [fe80::1]:9\n"), 0);
	assert_string_equal(c.peer.host, "fe80::1");
	assert_true(load(SOURCE "peer = fe80::1:9\n") < 0);
	assert_true(load(SOURCE "peer = host\n") < 0);
	assert_true(load(SOURCE "peer = :9\n") < 0);
	assert_true(load(SOURCE "peer = host:0\n") < 0);
	assert_true(load(SOURCE "peer = host:65536\n") < 0);
	assert_true(load(SOURCE "peer = host:9x\n") < 0);
	assert_true(load(SOURCE "peer = []:9\n") < 0);
}

static void patience_has_bounds(void **state)
{
	assert_int_equal(load(SOURCE "peer = h:1\npatience = 1\n"), 0);
	assert_int_equal(c.patience_s, 1);
	assert_true(load(SOURCE "peer = h:1\npatience = 0\n") < 0);
	assert_true(load(SOURCE "peer = h:1\npatience = 86401\n") < 0);
	assert_true(load(SOURCE "peer = h:1\npatience = -1\n") < 0);
}

static void a_replica(void **state)
{
	assert_int_equal(load("[volume]\nname = r\nrole = replica\n[replica]\n"
			      "listen = 0.0.0.0:7400\nimage = /srv/image\n"),
			 0);
	assert_string_equal(c.image, "/srv/image");
	assert_true(load("[volume]\nname = r\nrole = replica\n[replica]\n"
			 "listen = 0.0.0.0:7400\n") < 0);
	assert_non_null(strstr(e.text, "[replica] image is missing"));
}

static void verifying_needs_a_whole_view(void **state)
{
	const char *track = "[volume]\nname = v\nrole = source\n[source]\n"
			    "device = /dev/x\nmode = track\npeer = h:1\n"
			    "verify = sha256\n%s";
	char text[300];

	snprintf(text, sizeof(text), track, "");
	assert_true(load(text) < 0);
	snprintf(text, sizeof(text), track, "view = whole\n");
	assert_int_equal(load(text), 0);
}

static void errors_name_file_and_line(void **state)
{
	assert_true(load("[volume]\nname = x\n\nrole = king\n") < 0);
	assert_non_null(strstr(e.text, path));
	assert_non_null(strstr(e.text, "line 4: role = king"));
}

static void garbage_is_survived(void **state)
{
	char text[600];
	size_t i;
	int round;

	srandom(7);
	for (round = 0; round < 2000; round++) {
		for (i = 0; i < sizeof(text) - 1; i++)
			text[i] = (char)("[]=\n;abc volume"[random() % 15]);
		text[sizeof(text) - 1] = '\0';
		assert_true(load(text) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source),
		cmocka_unit_test(addresses),
		cmocka_unit_test(patience_has_bounds),
		cmocka_unit_test(a_replica),
		cmocka_unit_test(verifying_needs_a_whole_view),
		cmocka_unit_test(errors_name_file_and_line),
		cmocka_unit_test(garbage_is_survived),
	};
	int fd = mkstemp(path), ret;

	close(fd);
	ret = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return ret;
}
