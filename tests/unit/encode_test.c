// SPDX-License-Identifier: GPL-2.0-or-later
/* What the encoder sends makes the replica's bytes equal, and no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "source/encode.h"

static uint8_t here[ENCODE_PIECE_BYTES], there[ENCODE_PIECE_BYTES];
static uint8_t prints[ENCODE_BLOCKS * WIRE_PRINT_BYTES];
static uint8_t out[ENCODE_OUT_BYTES];
static struct encoder enc;
static const uint8_t key[WIRE_KEY_BYTES] = "sixteen bytes ..";

static void know(uint32_t len)
{
	uint32_t at, size;

	for (at = 0; at < len; at += WIRE_BLOCK_BYTES) {
		size = len - at < WIRE_BLOCK_BYTES ? len - at :
						     WIRE_BLOCK_BYTES;
		wire_print(prints + at / WIRE_BLOCK_BYTES * WIRE_PRINT_BYTES,
			   &enc.key, there + at, size);
	}
}

static void apply_data(const uint8_t *p, uint32_t len, uint64_t base)
{
	struct wire_data m;
	struct err e;

	assert_int_equal(wire_get_data(p, len, &m, &e), 0);
	if (m.encoding == WIRE_RAW)
		memcpy(there + (m.offset - base), m.bytes, m.length);
	else
		assert_int_equal(ZSTD_decompress(there + (m.offset - base),
						 m.raw_bytes, m.bytes,
						 m.length),
				 m.raw_bytes);
}

/* Apply the frames; returns how many there are. */
static unsigned int apply(size_t len, uint64_t base)
{
	unsigned int n = 0;
	struct wire_header h;
	struct wire_range zero;
	struct err e;
	size_t at;

	for (at = 0; at < len; at += wire_frame_bytes(out + at), n++) {
		const uint8_t *p = out + at + WIRE_HEADER_BYTES;

		assert_int_equal(wire_header_get(out + at, &h, &e), 0);
		assert_true(wire_payload_check(&h, p));
		if (h.type == WIRE_ZERO) {
			assert_int_equal(wire_get_zero(p, h.length, &zero, &e),
					 0);
			memset(there + (zero.offset - base), 0, zero.length);
		} else {
			assert_int_equal(h.type, WIRE_DATA);
			apply_data(p, h.length, base);
		}
	}
	assert_int_equal(at, len);
	return n;
}

/* Zeroes of a discarded piece are told as such, data is not. */
static void what_was_discarded_is_discarded(void **state)
{
	const uint32_t len = 4 * WIRE_BLOCK_BYTES;
	struct wire_header h;
	struct wire_range range;
	struct err e;
	size_t got, at;

	encoder_begin(&enc, key);
	memset(here, 0, len);
	memset(there, 0, len);
	here[WIRE_BLOCK_BYTES] = 1;
	there[2 * WIRE_BLOCK_BYTES] = there[3 * WIRE_BLOCK_BYTES] = 2;
	know(len);
	got = encode(&enc, here, len, 0, prints, true, out);
	assert_int_equal(enc.frames, 2);
	assert_int_equal(wire_header_get(out, &h, &e), 0);
	assert_int_equal(h.type, WIRE_DATA);
	at = wire_frame_bytes(out);
	assert_int_equal(wire_header_get(out + at, &h, &e), 0);
	assert_int_equal(h.type, WIRE_DISCARD);
	assert_int_equal(wire_get_discard(out + at + WIRE_HEADER_BYTES,
					  h.length, &range, &e),
			 0);
	assert_int_equal(range.offset, 2 * WIRE_BLOCK_BYTES);
	assert_int_equal(range.length, 2 * WIRE_BLOCK_BYTES);
	assert_int_equal(at + wire_frame_bytes(out + at), got);
}

static void fill(uint8_t *p, size_t len, int how)
{
	size_t i;

	for (i = 0; i < len; i++)
		p[i] = how == 0 ? 0 :
		       how == 1 ? (uint8_t)random() :
				  (uint8_t)(i / 64);
}

static void random_pieces(void **state)
{
	uint32_t len, at;
	size_t got;
	int round;

	srandom(5);
	for (round = 0; round < 200; round++) {
		len = 512 *
		      (1 + (uint32_t)random() % (ENCODE_PIECE_BYTES / 512));
		for (at = 0; at < len; at += WIRE_BLOCK_BYTES) {
			fill(here + at, WIRE_BLOCK_BYTES, (int)(random() % 3));
			fill(there + at, WIRE_BLOCK_BYTES, (int)(random() % 3));
			if (random() % 3 == 0)
				memcpy(there + at, here + at, WIRE_BLOCK_BYTES);
		}
		encoder_begin(&enc, key);
		know(len);
		got = encode(&enc, here, len, 1 << 20, prints, false, out);
		assert_int_equal(apply(got, 1 << 20), enc.frames);
		assert_memory_equal(here, there, len);
		know(len);
		assert_int_equal(encode(&enc, here, len, 0, prints, false, out), 0);
	}
}

static void one_block_costs_one_block(void **state)
{
	encoder_begin(&enc, key);
	fill(here, sizeof(here), 1);
	memcpy(there, here, sizeof(here));
	there[100 * WIRE_BLOCK_BYTES] ^= 1;
	know(sizeof(there));
	assert_int_equal(encode(&enc, here, sizeof(here), 0, prints, false, out),
			 WIRE_HEADER_BYTES + WIRE_DATA_HEAD + WIRE_BLOCK_BYTES);
	assert_int_equal(enc.data_bytes, WIRE_BLOCK_BYTES);
}

/* The longest there can be: no two blocks in one frame, none compressible. */
static void the_worst_case_fits(void **state)
{
	size_t got, at;

	encoder_begin(&enc, key);
	fill(here, sizeof(here), 1);
	for (at = 0; at < sizeof(here); at += 2 * WIRE_BLOCK_BYTES)
		memset(here + at, 0, WIRE_BLOCK_BYTES);
	memset(there, 1, sizeof(there));
	know(sizeof(there));
	got = encode(&enc, here, sizeof(here), 0, prints, false, out);
	assert_true(got <= sizeof(out));
	assert_int_equal(apply(got, 0), ENCODE_BLOCKS);
	assert_memory_equal(here, there, sizeof(here));
}

static int setup(void **state)
{
	return encoder_open(&enc);
}

static int teardown(void **state)
{
	encoder_close(&enc);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_pieces),
		cmocka_unit_test(one_block_costs_one_block),
		cmocka_unit_test(the_worst_case_fits),
		cmocka_unit_test(what_was_discarded_is_discarded),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
