// SPDX-License-Identifier: GPL-2.0-or-later
/* The values that a signature and a delta must have, whatever changes inside. */
#include "delta/apply.h"
#include "delta/blake2b.h"
#include "delta/blocks.h"
#include "delta/memory.h"
#include "delta/size.h"
#include "delta/weak.h"

#include <blake2.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t old_file[] = { 1, 2, 4, 5, 7 };
static const uint8_t new_file[] = { 1, 2, 2, 4, 5, 6, 7 };

static void hex(const uint8_t *bytes, size_t n, char *text)
{
	for (; n; n--, text += 2)
		sprintf(text, "%02x", *bytes++);
}

static void hashes_of_five_bytes(void **state)
{
	static const uint32_t weak[] = { 6357057, 6946887, 2490406 };
	static const char *const md5[] = { "0cb988d042a7f28dd5fe2b55b3f5ac7a",
					   "fba282cd5faca1f7619e4b7969a27f66",
					   "89e74e640b8c46257a29de0616794d5d" };
	struct delta_hashes hashes[3];
	struct delta_strong strong;
	char text[33];
	int i;

	assert_int_equal(delta_strong_init(&strong, DELTA_MD5, NULL), 0);
	delta_hash_blocks(&strong, 2, old_file, sizeof(old_file), hashes);
	for (i = 0; i < 3; i++) {
		hex(hashes[i].strong, 16, text);
		assert_int_equal(hashes[i].weak, weak[i]);
		assert_string_equal(text, md5[i]);
	}
	delta_strong_free(&strong);
}

static void expect_op(struct delta_reader *reader, bool reference,
		      uint64_t offset, uint64_t length, const char *data)
{
	struct delta_op op;
	uint8_t buf[16];

	assert_int_equal(delta_reader_next(reader, &op), 1);
	assert_int_equal(op.kind, reference ? DELTA_REFERENCE : DELTA_DATA);
	assert_int_equal(op.length, length);
	if (reference) {
		assert_int_equal(op.offset, offset);
		return;
	}
	assert_int_equal(delta_reader_data(reader, buf, op.length), 0);
	assert_memory_equal(buf, data, op.length);
}

static void instructions_of_seven_bytes(void **state)
{
	struct delta_params params = { .kind = DELTA_MD5,
				       .strong_length = 16,
				       .block = 2 };
	struct delta_buffer signature = { 0 }, delta = { 0 };
	struct delta_reader reader;
	struct delta_cursor cursor;
	struct delta_table table;
	struct delta_op op;

	assert_int_equal(delta_memory_signature(&params, old_file,
						sizeof(old_file), &signature),
			 0);
	assert_int_equal(
		delta_memory_table(signature.data, signature.len, &table), 0);
	assert_int_equal(delta_memory_delta(&table, new_file, sizeof(new_file),
					    delta_segment_length(2), 0, &delta),
			 0);
	cursor = (struct delta_cursor){ delta.data, delta.len, 0 };
	assert_int_equal(delta_reader_open(&reader, delta_cursor_read, &cursor),
			 0);
	expect_op(&reader, true, 0, 2, NULL);
	expect_op(&reader, false, 0, 1, "\2");
	expect_op(&reader, true, 2, 2, NULL);
	expect_op(&reader, false, 0, 2, "\6\7");
	assert_int_equal(delta_reader_next(&reader, &op), 0);
	delta_reader_close(&reader);
	delta_table_free(&table);
	free(signature.data);
	free(delta.data);
}

struct zeroes_case {
	size_t before, zeroes, after;
	size_t want[3]; /* bytes of data, zeroes, data; 0: no instruction */
};

static void expect_zeroes(const struct delta_table *table, const uint8_t *old,
			  size_t old_len, const struct zeroes_case *c)
{
	static const enum delta_op_kind kinds[] = { DELTA_DATA, DELTA_ZEROES,
						    DELTA_DATA };
	size_t len = c->before + c->zeroes + c->after, i, got[3] = { 0 };
	struct delta_buffer delta = { 0 }, result = { 0 };
	uint8_t *new = calloc(1, len), *skip = malloc(len);
	struct delta_cursor cursor;
	struct delta_reader reader;
	struct delta_op op;

	assert_true(new &&skip);
	memset(new, 1, c->before);
	memset(new + c->before + c->zeroes, 2, c->after);
	assert_int_equal(delta_memory_delta(table, new, len,
					    delta_segment_length(64), 0,
					    &delta),
			 0);
	cursor = (struct delta_cursor){ delta.data, delta.len, 0 };
	assert_int_equal(delta_reader_open(&reader, delta_cursor_read, &cursor),
			 0);
	for (i = 0; delta_reader_next(&reader, &op) == 1; got[i] += op.length) {
		while (i < 3 && (op.kind != kinds[i] || !c->want[i]))
			i++;
		assert_true(i < 3);
		if (op.kind == DELTA_DATA)
			delta_reader_data(&reader, skip, op.length);
	}
	assert_memory_equal(got, c->want, sizeof(got));
	delta_reader_close(&reader);
	assert_int_equal(delta_memory_patch(old, old_len, delta.data, delta.len,
					    len, &result),
			 0);
	assert_int_equal(result.len, len);
	assert_memory_equal(result.data, new, len);
	free(new);
	free(skip);
	free(delta.data);
	free(result.data);
}

/* Zeroes that the old file lacks, in whole pieces of 4 KiB of the data. */
static void zeroes_apart(void **state)
{
	static const struct zeroes_case cases[] = {
		{ 0, 4096, 0, { 0, 4096, 0 } },
		{ 0, 4095, 0, { 4095, 0, 0 } },
		{ 0, 4097, 0, { 0, 4096, 1 } },
		{ 5000, 20480, 10, { 8192, 16384, 914 } },
		{ 4096, 3 << 20, 7, { 4096, 3 << 20, 7 } },
		{ 1, 8191, 0, { 4096, 4096, 0 } },
		{ 100, 4096, 100, { 4296, 0, 0 } },
	};
	struct delta_params params = { .kind = DELTA_BLAKE2B,
				       .strong_length = 32,
				       .block = 64 };
	struct delta_buffer signature = { 0 };
	struct delta_table table;
	uint8_t old[128];
	size_t i;

	memset(old, 3, sizeof(old));
	delta_memory_signature(&params, old, sizeof(old), &signature);
	assert_int_equal(
		delta_memory_table(signature.data, signature.len, &table), 0);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_zeroes(&table, old, sizeof(old), &cases[i]);
	delta_table_free(&table);
	free(signature.data);
}

static void zeroes_of_bad_length(void **state)
{
	/* 0, and 2^30 + 1 */
	static const uint8_t lengths[2][5] = { { 0 },
					       { 129, 128, 128, 128, 4 } };
	struct delta_reader reader;
	struct delta_cursor cursor;
	struct delta_op op;
	int i;

	for (i = 0; i < 2; i++) {
		uint8_t delta[26] = "\x89"
				    "BDL\1\1\0\0\2";

		delta[20] = 1;
		memcpy(delta + 21, lengths[i], 5);
		cursor = (struct delta_cursor){ delta, sizeof(delta), 0 };
		assert_int_equal(delta_reader_open(&reader, delta_cursor_read,
						   &cursor),
				 0);
		assert_int_equal(delta_reader_next(&reader, &op), -EBADMSG);
		delta_reader_close(&reader);
	}
}

/* How much of a file of ten blocks and a tail is found, if it stays as it was. */
static uint64_t bytes_referred(uint32_t tail)
{
	struct delta_params params = { .kind = DELTA_BLAKE2B,
				       .strong_length = 32,
				       .block = 64 };
	struct delta_buffer signature = { 0 }, delta = { 0 };
	struct delta_reader reader;
	struct delta_cursor cursor;
	struct delta_table table;
	struct delta_op op;
	uint8_t file[704], skip[64];
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < sizeof(file); i++)
		file[i] = (uint8_t)(i * i >> 3);
	delta_memory_signature(&params, file, 640 + tail, &signature);
	delta_memory_table(signature.data, signature.len, &table);
	delta_memory_delta(&table, file, 640 + tail, 64 * 4, 0, &delta);
	cursor = (struct delta_cursor){ delta.data, delta.len, 0 };
	delta_reader_open(&reader, delta_cursor_read, &cursor);
	while (delta_reader_next(&reader, &op) == 1) {
		if (op.kind == DELTA_REFERENCE)
			sum += op.length;
		else
			delta_reader_data(&reader, skip, op.length);
	}
	delta_reader_close(&reader);
	delta_table_free(&table);
	free(signature.data);
	free(delta.data);
	return sum;
}

static void tail_from_sixteen_bytes_on(void **state)
{
	assert_int_equal(bytes_referred(15), 640);
	assert_int_equal(bytes_referred(16), 656);
	assert_int_equal(bytes_referred(63), 703);
	assert_int_equal(bytes_referred(0), 640);
}

static void block_lengths(void **state)
{
	static const struct {
		uint64_t size;
		uint32_t block, blocks;
	} want[] = {
		{ 1ULL << 10, 700, 2 },
		{ 1ULL << 20, 1024, 1024 },
		{ 10ULL << 20, 3232, 3245 },
		{ 100ULL << 20, 10240, 10240 },
		{ 1ULL << 30, 32768, 32768 },
		{ 10ULL << 30, 103616, 103628 },
		{ 0, 700, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		assert_int_equal(delta_default_block(want[i].size),
				 want[i].block);
		assert_int_equal(delta_block_count(want[i].size, want[i].block),
				 want[i].blocks);
	}
	assert_int_equal(delta_default_block(UINT64_MAX), DELTA_MAX_BLOCK);
}

/* RFC 7693, and libb2's, against the lanes. */
static void blake2b_lanes_agree(void **state)
{
	static const size_t lengths[] = { 0,   1,   127,  128,	129,
					  255, 256, 1000, 4096, 4099 };
	uint8_t digest[BLAKE2B_MAX_LANES * 2 + 1][BLAKE2B_256_SIZE];
	const uint8_t *in[BLAKE2B_MAX_LANES * 2 + 1];
	uint8_t data[6000], want[BLAKE2B_256_SIZE];
	unsigned int count, i, l;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + (i >> 8));
	for (i = 0; i < BLAKE2B_MAX_LANES * 2 + 1; i++)
		in[i] = data + 100 * i;
	for (l = 0; l < sizeof(lengths) / sizeof(lengths[0]); l++)
		for (count = 1; count <= BLAKE2B_MAX_LANES * 2 + 1; count++) {
			blake2b_256_many(in, lengths[l], count, digest);
			for (i = 0; i < count; i++) {
				blake2b(want, in[i], NULL, sizeof(want),
					lengths[l], 0);
				assert_memory_equal(digest[i], want,
						    sizeof(want));
			}
		}
}

static void blake2b_of_abc(void **state)
{
	struct delta_strong strong;
	uint8_t digest[DELTA_STRONG_MAX];
	char text[65];

	assert_int_equal(delta_strong_init(&strong, DELTA_BLAKE2B, NULL), 0);
	delta_strong_hash(&strong, "abc", 3, digest);
	hex(digest, 32, text);
	assert_string_equal(text, "bddd813c634239723171ef3fee98579b"
				  "94964e3bb1cb3e427262c8c068d52319");
	delta_strong_free(&strong);
}

/* The vectors, the plain loop and the rolling sum are one function. */
static void weak_sums_agree(void **state)
{
	uint8_t data[5000];
	size_t len, i;

	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * i * 31 + (i >> 3) + 200);
	for (len = 1; len < 700; len += 13) {
		struct delta_weak rolling = delta_weak_sum(data, len), s;
		uint32_t s1 = 0, s2 = 0;

		for (i = 0; i < len; i++) {
			s1 += data[i] + 31U;
			s2 += s1;
		}
		assert_int_equal(delta_weak_value(rolling),
				 (s2 << 16) | (s1 & 0xffff));
		for (i = 0; i + len < sizeof(data); i++) {
			rolling = delta_weak_roll(rolling, (uint32_t)len,
						  data[i], data[i + len]);
			s = delta_weak_sum(data + i + 1, len);
			assert_int_equal(delta_weak_value(rolling),
					 delta_weak_value(s));
		}
	}
}

static void strong_names(void **state)
{
	unsigned int kind;

	for (kind = DELTA_BLAKE2B; kind <= DELTA_XXH3; kind++)
		assert_int_equal(delta_strong_find(delta_strong_name(kind)),
				 kind);
	assert_int_equal(delta_strong_find("md4"), 0);
	assert_int_equal(delta_strong_size(0), 0);
	assert_int_equal(delta_strong_size(200), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_of_five_bytes),
		cmocka_unit_test(instructions_of_seven_bytes),
		cmocka_unit_test(zeroes_apart),
		cmocka_unit_test(zeroes_of_bad_length),
		cmocka_unit_test(tail_from_sixteen_bytes_on),
		cmocka_unit_test(block_lengths),
		cmocka_unit_test(blake2b_lanes_agree),
		cmocka_unit_test(blake2b_of_abc),
		cmocka_unit_test(weak_sums_agree),
		cmocka_unit_test(strong_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
