// SPDX-License-Identifier: GPL-2.0-or-later
/* TLS between two ends in memory, and key files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tls/tls.h"

static struct err e;

struct end {
	struct tls_ctx *ctx;
	struct tls *tls;
};

static void open_end(struct end *end, const uint8_t *key, bool server)
{
	assert_int_equal(tls_ctx_open(&end->ctx, key, server, &e), 0);
	assert_int_equal(tls_open(&end->tls, end->ctx, &e), 0);
}

static void close_end(struct end *end)
{
	tls_close(end->tls);
	tls_ctx_close(end->ctx);
}

static size_t carry(struct end *from, struct end *to)
{
	const uint8_t *buf;
	size_t len = tls_output(from->tls, &buf);

	if (len > 0)
		assert_int_equal(tls_feed(to->tls, buf, len, &e), 0);
	tls_sent(from->tls);
	return len;
}

/* Return: 1 if both are through, else what failed. */
static int shake(struct end *a, struct end *b)
{
	int i, ra = 0, rb = 0;

	for (i = 0; i < 10 && (ra == 0 || rb == 0); i++) {
		if (ra == 0)
			ra = tls_handshake(a->tls, &e);
		carry(a, b);
		if (rb == 0)
			rb = tls_handshake(b->tls, &e);
		carry(b, a);
	}
	return ra < 0 ? ra : rb;
}

static void bytes_go_both_ways(void **state)
{
	uint8_t key[TLS_KEY_BYTES] = { 1, 2, 3 }, big[TLS_WRITE_MAX],
		in[TLS_WRITE_MAX];
	struct end client, server;

	open_end(&client, key, false);
	open_end(&server, key, true);
	assert_int_equal(shake(&client, &server), 1);
	assert_int_equal(tls_read(server.tls, in, sizeof(in), &e), 0);
	assert_int_equal(tls_write(client.tls, "hello", 5, &e), 0);
	carry(&client, &server);
	assert_int_equal(tls_read(server.tls, in, sizeof(in), &e), 5);
	assert_memory_equal(in, "hello", 5);
	memset(big, 9, sizeof(big));
	assert_int_equal(tls_write(server.tls, big, sizeof(big), &e), 0);
	assert_true(carry(&server, &client) <= sizeof(big) + TLS_OVERHEAD);
	assert_int_equal(tls_read(client.tls, in, sizeof(in), &e), sizeof(big));
	tls_shutdown(client.tls);
	carry(&client, &server);
	assert_true(tls_read(server.tls, in, sizeof(in), &e) < 0);
	close_end(&client);
	close_end(&server);
}

static void another_key_is_refused(void **state)
{
	uint8_t a[TLS_KEY_BYTES] = { 1 }, b[TLS_KEY_BYTES] = { 2 };
	struct end client, server;

	open_end(&client, a, false);
	open_end(&server, b, true);
	assert_true(shake(&client, &server) < 0);
	close_end(&client);
	close_end(&server);
}

static void damage_is_noticed(void **state)
{
	uint8_t key[TLS_KEY_BYTES] = { 1 }, record[256], in[256];
	struct end client, server;
	const uint8_t *buf;
	size_t len;

	open_end(&client, key, false);
	open_end(&server, key, true);
	assert_int_equal(shake(&client, &server), 1);
	assert_int_equal(tls_write(client.tls, "hello", 5, &e), 0);
	len = tls_output(client.tls, &buf);
	memcpy(record, buf, len);
	record[len - 1] ^= 1;
	assert_int_equal(tls_feed(server.tls, record, len, &e), 0);
	assert_true(tls_read(server.tls, in, sizeof(in), &e) < 0);
	close_end(&client);
	close_end(&server);
}

static void garbage_is_survived(void **state)
{
	uint8_t key[TLS_KEY_BYTES] = { 1 }, junk[4096];
	struct end server;
	size_t i;
	int round;

	srandom(6);
	for (round = 0; round < 200; round++) {
		open_end(&server, key, true);
		for (i = 0; i < sizeof(junk); i++)
			junk[i] = (uint8_t)random();
		if (round % 2)
			memcpy(junk, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc", 9);
		tls_feed(server.tls, junk, sizeof(junk), &e);
		assert_true(tls_handshake(server.tls, &e) <= 0);
		close_end(&server);
	}
}

static void key_files(void **state)
{
	char dir[] = "/tmp/braid-key-XXXXXX", path[64];
	uint8_t one[TLS_KEY_BYTES], two[TLS_KEY_BYTES];
	struct stat st;
	FILE *f;

	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key", dir);
	assert_int_equal(tls_keygen(path, &e), 0);
	assert_true(tls_keygen(path, &e) < 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(st.st_size, 65);
	assert_int_equal(tls_key_load(path, one, &e), 0);
	assert_int_equal(tls_key_load(path, two, &e), 0);
	assert_memory_equal(one, two, sizeof(one));
	chmod(path, 0640);
	assert_true(tls_key_load(path, one, &e) < 0);
	chmod(path, 0600);
	f = fopen(path, "a");
	fputs("0", f);
	fclose(f);
	assert_true(tls_key_load(path, one, &e) < 0);
	unlink(path);
	assert_true(tls_key_load(path, one, &e) < 0);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_go_both_ways),
		cmocka_unit_test(another_key_is_refused),
		cmocka_unit_test(damage_is_noticed),
		cmocka_unit_test(garbage_is_survived),
		cmocka_unit_test(key_files),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
