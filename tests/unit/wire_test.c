// SPDX-License-Identifier: GPL-2.0-or-later
/* The wire format: what is put can be got, anything else is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <blake2.h>
#include <cmocka.h>
#include <xxhash.h>

#include "wire/wire.h"

#define ROUNDS 100000

static uint8_t buf[WIRE_FRAME_MAX];
static struct err e;

/* The frame in buf, as a receiver sees it. */
static const uint8_t *received(size_t len, enum wire_type type,
			       uint32_t *length)
{
	struct wire_header h;

	assert_int_equal(wire_header_get(buf, &h, &e), 0);
	assert_int_equal(h.type, type);
	assert_int_equal(h.length + WIRE_HEADER_BYTES, len);
	assert_true(wire_payload_check(&h, buf + WIRE_HEADER_BYTES));
	*length = h.length;
	return buf + WIRE_HEADER_BYTES;
}

static void hello_and_state(void **state)
{
	struct wire_hello in = { 1,	     3,	    4096, "lineage-of-sixte",
				 1ULL << 40, "vol0" },
			  out;
	struct wire_state in_state = { 1,
				       WIRE_COMMITTED,
				       "0123456789abcdef",
				       77,
				       1234567,
				       { "fedcba9876543210", 12 },
				       1 << 20,
				       "key-of-16-bytes!" },
			  out_state;
	const uint8_t *p;
	uint32_t len;

	p = received(wire_put_hello(buf, &in), WIRE_HELLO, &len);
	assert_int_equal(wire_get_hello(p, len, &out, &e), 0);
	assert_memory_equal(in.lineage, out.lineage, 16);
	assert_string_equal(in.name, out.name);
	assert_int_equal(out.device_bytes, in.device_bytes);
	assert_int_equal(out.version_max, 3);
	p = received(wire_put_state(buf, &in_state), WIRE_STATE, &len);
	assert_int_equal(wire_get_state(p, len, &out_state, &e), 0);
	assert_memory_equal(in_state.key, out_state.key, 16);
	assert_memory_equal(in_state.cursor.map_id, out_state.cursor.map_id,
			    16);
	assert_int_equal(out_state.cursor.map_era, 12);
	assert_int_equal(out_state.era, 77);
	in_state.status = WIRE_PROMOTED + 1;
	p = received(wire_put_state(buf, &in_state), WIRE_STATE, &len);
	assert_int_equal(wire_get_state(p, len, &out_state, &e), -EBADMSG);
}

static void ranges(void **state)
{
	struct wire_range in = { 8192, 4096 }, out;
	const uint8_t *p;
	uint32_t len;

	p = received(wire_put_zero(buf, &in), WIRE_ZERO, &len);
	assert_int_equal(wire_get_zero(p, len, &out, &e), 0);
	assert_int_equal(out.offset, 8192);
	assert_int_equal(out.length, 4096);
	p = received(wire_put_discard(buf, &in), WIRE_DISCARD, &len);
	assert_int_equal(wire_get_discard(p, len, &out, &e), 0);
	p = received(wire_put_sig_request(buf, &in), WIRE_SIG_REQUEST, &len);
	assert_int_equal(wire_get_sig_request(p, len, &out, &e), 0);
	in.length = (uint64_t)(WIRE_SIGS_MAX + 1) * WIRE_BLOCK_BYTES;
	p = received(wire_put_sig_request(buf, &in), WIRE_SIG_REQUEST, &len);
	assert_int_equal(wire_get_sig_request(p, len, &out, &e), -EBADMSG);
	in = (struct wire_range){ UINT64_MAX - 4095, 8192 };
	p = received(wire_put_zero(buf, &in), WIRE_ZERO, &len);
	assert_int_equal(wire_get_zero(p, len, &out, &e), -EBADMSG);
	in = (struct wire_range){ 0, 0 };
	p = received(wire_put_zero(buf, &in), WIRE_ZERO, &len);
	assert_int_equal(wire_get_zero(p, len, &out, &e), -EBADMSG);
}

static void data(void **state)
{
	static uint8_t bytes[WIRE_DATA_MAX];
	struct wire_data in = { 4096, sizeof(bytes), WIRE_RAW, bytes,
				sizeof(bytes) },
			 out;
	const uint8_t *p;
	uint32_t len;

	p = received(wire_put_data(buf, &in), WIRE_DATA, &len);
	assert_int_equal(wire_get_data(p, len, &out, &e), 0);
	assert_int_equal(out.length, sizeof(bytes));
	assert_memory_equal(out.bytes, bytes, sizeof(bytes));
	in.length = 1000; /* raw, but shorter than it says */
	p = received(wire_put_data(buf, &in), WIRE_DATA, &len);
	assert_int_equal(wire_get_data(p, len, &out, &e), -EBADMSG);
	in.encoding = WIRE_ZSTD;
	p = received(wire_put_data(buf, &in), WIRE_DATA, &len);
	assert_int_equal(wire_get_data(p, len, &out, &e), 0);
	in.encoding = 2;
	p = received(wire_put_data(buf, &in), WIRE_DATA, &len);
	assert_int_equal(wire_get_data(p, len, &out, &e), -EBADMSG);
	in.encoding = WIRE_ZSTD;
	in.raw_bytes = WIRE_DATA_MAX + 1;
	p = received(wire_put_data(buf, &in), WIRE_DATA, &len);
	assert_int_equal(wire_get_data(p, len, &out, &e), -EBADMSG);
}

static void eras(void **state)
{
	struct wire_era_begin begin = { 7, 1 << 20 }, begin_out;
	struct wire_era_commit commit = { 8,	      99,   { "m", 8 }, 3,
					  0xdeadbeef, true, "sum" },
			       commit_out;
	struct wire_ack ack = { 8 }, ack_out;
	struct wire_reference ref = { 0, 8192, 4096 }, ref_out;
	const uint8_t *p;
	uint32_t len;

	p = received(wire_put_era_begin(buf, &begin), WIRE_ERA_BEGIN, &len);
	assert_int_equal(wire_get_era_begin(p, len, &begin_out, &e), 0);
	assert_int_equal(begin_out.base_era, 7);
	p = received(wire_put_era_commit(buf, &commit), WIRE_ERA_COMMIT, &len);
	assert_int_equal(wire_get_era_commit(p, len, &commit_out, &e), 0);
	assert_true(commit_out.has_sha256);
	assert_memory_equal(commit_out.sha256, commit.sha256, 32);
	p = received(wire_put_ack(buf, &ack), WIRE_ACK, &len);
	assert_int_equal(wire_get_ack(p, len, &ack_out, &e), 0);
	assert_int_equal(ack_out.era, 8);
	p = received(wire_put_reference(buf, &ref), WIRE_REFERENCE, &len);
	assert_int_equal(wire_get_reference(p, len, &ref_out, &e), 0);
	assert_int_equal(ref_out.from, 8192);
	commit.era = 0;
	p = received(wire_put_era_commit(buf, &commit), WIRE_ERA_COMMIT, &len);
	assert_int_equal(wire_get_era_commit(p, len, &commit_out, &e),
			 -EBADMSG);
}

static void signatures(void **state)
{
	static uint8_t prints[WIRE_SIGS_MAX * WIRE_PRINT_BYTES];
	struct wire_sigs in = { 4096, WIRE_SIGS_MAX, prints }, out;
	const uint8_t *p;
	uint32_t len;

	memset(prints, 7, sizeof(prints));
	p = received(wire_put_sigs(buf, &in), WIRE_SIGS, &len);
	assert_int_equal(wire_get_sigs(p, len, &out, &e), 0);
	assert_memory_equal(out.prints, prints, sizeof(prints));
	assert_int_equal(wire_get_sigs(p, len - 1, &out, &e), -EBADMSG);
	assert_int_equal(wire_get_sigs(p, 8, &out, &e), -EBADMSG);
}

/* What a peer says is shown to a person. */
static void sentences_are_made_printable(void **state)
{
	struct wire_error_msg in = { WIRE_E_BUSY, "no \x1b[31mway\n\x9b\xff" }, out;
	const uint8_t *p;
	uint32_t len;

	p = received(wire_put_error(buf, &in), WIRE_ERROR, &len);
	assert_int_equal(wire_get_error(p, len, &out, &e), 0);
	assert_string_equal(out.sentence, "no ?[31mway???");
	assert_int_equal(out.code, WIRE_E_BUSY);
	in.code = WIRE_E_ERROR_END;
	p = received(wire_put_error(buf, &in), WIRE_ERROR, &len);
	assert_int_equal(wire_get_error(p, len, &out, &e), -EBADMSG);
}

static void headers_are_checked(void **state)
{
	struct wire_header h;
	size_t i;

	for (i = 0; i < WIRE_HEADER_BYTES; i++) {
		wire_put_keepalive(buf);
		buf[i] ^= 0x10;
		assert_int_not_equal(wire_header_get(buf, &h, &e), 0);
	}
	wire_put_keepalive(buf);
	buf[4] = 2;
	wire_seal(buf, 0);
	assert_int_equal(wire_header_get(buf, &h, &e), -EPROTONOSUPPORT);
	wire_put_keepalive(buf);
	buf[10] = 0x10; /* a byte more than the longest */
	buf[8] = 1;
	wire_seal(buf, 0);
	assert_int_equal(wire_header_get(buf, &h, &e), -EBADMSG);
	wire_put_keepalive(buf);
	wire_seal(buf, 0x1234567890ULL);
	assert_int_equal(wire_header_get(buf, &h, &e), 0);
	assert_int_equal(h.sequence, 0x1234567890ULL);
}

static void every_reader(const uint8_t *p, size_t len)
{
	union {
		struct wire_hello hello;
		struct wire_state state;
		struct wire_range range;
		struct wire_sigs sigs;
		struct wire_era_begin begin;
		struct wire_data data;
		struct wire_reference reference;
		struct wire_era_commit commit;
		struct wire_ack ack;
		struct wire_error_msg error;
	} m;

	wire_get_hello(p, len, &m.hello, &e);
	wire_get_state(p, len, &m.state, &e);
	wire_get_sig_request(p, len, &m.range, &e);
	wire_get_sigs(p, len, &m.sigs, &e);
	wire_get_era_begin(p, len, &m.begin, &e);
	wire_get_data(p, len, &m.data, &e);
	wire_get_zero(p, len, &m.range, &e);
	wire_get_discard(p, len, &m.range, &e);
	wire_get_reference(p, len, &m.reference, &e);
	wire_get_era_commit(p, len, &m.commit, &e);
	wire_get_ack(p, len, &m.ack, &e);
	wire_get_error(p, len, &m.error, &e);
	wire_get_empty(p, len, &e);
}

/* Exactly as long as it says, so that the sanitizer sees a byte too many. */
static void garbage_is_survived(void **state)
{
	struct wire_header h;
	uint8_t *p;
	size_t len, i;
	int round;

	srandom(1);
	for (round = 0; round < ROUNDS; round++) {
		len = (size_t)random() % 400;
		p = malloc(len + 1);
		for (i = 0; i < len; i++)
			p[i] = (uint8_t)random();
		every_reader(p, len);
		if (len >= WIRE_HEADER_BYTES)
			assert_int_not_equal(wire_header_get(p, &h, &e), 0);
		free(p);
	}
}

static void flipped_bits_are_noticed(void **state)
{
	struct wire_era_commit m = { 8, 99, { "map", 8 }, 3, 4, false, "" };
	struct wire_header h;
	size_t len, bit;
	int round;

	srandom(2);
	for (round = 0; round < ROUNDS; round++) {
		len = wire_put_era_commit(buf, &m);
		bit = (size_t)random() % (8 * len);
		buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(wire_header_get(buf, &h, &e) == 0 &&
			     wire_payload_check(&h, buf + WIRE_HEADER_BYTES));
		every_reader(buf + WIRE_HEADER_BYTES, len - WIRE_HEADER_BYTES);
	}
}

static void fingerprints_depend_on_the_key(void **state)
{
	static uint8_t block[WIRE_BLOCK_BYTES];
	struct wire_key a, b;
	uint8_t one[WIRE_PRINT_BYTES], two[WIRE_PRINT_BYTES];

	wire_key_init(&a, (const uint8_t *)"0123456789abcdef");
	wire_key_init(&b, (const uint8_t *)"0123456789abcdeg");
	wire_print(one, &a, block, sizeof(block));
	wire_print(two, &b, block, sizeof(block));
	assert_memory_not_equal(one, two, sizeof(one));
	wire_print(two, &a, block, sizeof(block));
	assert_memory_equal(one, two, sizeof(one));
	wire_print(two, &a, block, sizeof(block) - 512);
	assert_memory_not_equal(one, two, sizeof(one));
}

/* As Documentation/wire-format.md and delta-format.md say it, by libraries. */
static void fingerprints_are_as_specified(void **state)
{
	static const uint8_t bytes[WIRE_KEY_BYTES] = "sixteen bytes ..";
	uint8_t block[WIRE_BLOCK_BYTES], secret[192], key[32] = { 0 };
	uint8_t print[WIRE_PRINT_BYTES], part;
	XXH128_canonical_t want;
	struct wire_key wire_key;

	memset(block, 0x5a, sizeof(block));
	memcpy(key, bytes, sizeof(bytes));
	for (part = 0; part < 3; part++)
		assert_int_equal(blake2b(secret + 64 * part, &part, key, 64, 1,
					 sizeof(key)),
				 0);
	XXH128_canonicalFromHash(
		&want, XXH3_128bits_withSecret(block, sizeof(block), secret,
					       sizeof(secret)));
	wire_key_init(&wire_key, bytes);
	wire_print(print, &wire_key, block, sizeof(block));
	assert_memory_equal(print, want.digest, sizeof(print));
}

/* Documentation/wire-format.md, which stands two folders above this file. */
static FILE *document(void)
{
	char path[4096], *end;

	snprintf(path, sizeof(path), "%s", __FILE__);
	end = strstr(path, "tests/unit/");
	assert_non_null(end);
	strcpy(end, "Documentation/wire-format.md");
	return fopen(path, "r");
}

/* The bytes of lines such as "00000010  01 02 ...", from the example on. */
static size_t example(uint8_t *bytes, size_t max)
{
	FILE *f = document();
	char line[256], *p;
	bool inside = false;
	size_t n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "## An example", 13) == 0)
			inside = true;
		if (!inside || strspn(line, "0123456789abcdef") != 8)
			continue;
		p = line + 8;
		while (n < max && *p != '\n') {
			if (*p == ' ')
				p++;
			else
				bytes[n++] = (uint8_t)strtoul(p, &p, 16);
		}
	}
	fclose(f);
	return n;
}

static void the_documents_example_is_right(void **state)
{
	struct wire_range zero = { 65536, 8192 };
	uint8_t bytes[256];
	size_t len = wire_put_zero(buf, &zero), i;

	wire_seal(buf, 5);
	if (getenv("SHOW_EXAMPLE") != NULL)
		for (i = 0; i < len; i++)
			print_message("%s%02x", i % 16 ? " " : "\n", buf[i]);
	assert_int_equal(example(bytes, sizeof(bytes)), len);
	assert_memory_equal(bytes, buf, len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello_and_state),
		cmocka_unit_test(ranges),
		cmocka_unit_test(data),
		cmocka_unit_test(eras),
		cmocka_unit_test(signatures),
		cmocka_unit_test(sentences_are_made_printable),
		cmocka_unit_test(headers_are_checked),
		cmocka_unit_test(garbage_is_survived),
		cmocka_unit_test(flipped_bits_are_noticed),
		cmocka_unit_test(fingerprints_depend_on_the_key),
		cmocka_unit_test(fingerprints_are_as_specified),
		cmocka_unit_test(the_documents_example_is_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
