// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Random files and random edits of them: the patched file is the new one, and
 * for small files the instructions are those of an obvious implementation.
 *
 *	DELTA_CASES=N	how many cases; make test-delta-long runs 100,000
 *	DELTA_SEED=N	where to begin: a failure prints it
 */
#include "delta/memory.h"
#include "delta/reader.h"
#include "delta/scan.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SHORT_RUN 4000
#define SMALL 2048U /* up to here the obvious implementation is fast enough */
#define LARGEST (64U << 20)

struct bytes {
	uint8_t *data;
	size_t len;
};

struct instruction {
	bool reference;
	uint64_t offset, length;
};

struct instructions {
	struct instruction *v;
	size_t count, room;
};

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift". */
static uint64_t random_state;

static uint64_t random64(void)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return random_state * 0x2545f4914f6cdd1d;
}

static size_t below(size_t n)
{
	return n ? (size_t)(random64() % n) : 0;
}

static void *allocate(size_t size)
{
	void *p = calloc(1, size + 1);

	assert_non_null(p);
	return p;
}

/* Mostly small; one case in some thousands is as large as it gets. */
static size_t random_size(void)
{
	size_t kind = below(10000);

	if (kind < 2)
		return below(LARGEST);
	if (kind < 40)
		return below(1U << 20);
	if (kind < 500)
		return below(1U << 16);
	return below(kind < 7000 ? SMALL : 8192);
}

/* Content of several sorts, for each finds other mistakes. */
static void fill(uint8_t *data, size_t len)
{
	size_t period = 1 + below(40), i;
	uint8_t mask = (uint8_t)random64();

	switch (below(6)) {
	case 0:
		memset(data, (int)below(3), len);
		break;
	case 1:
		for (i = 0; i < len; i++)
			data[i] = (uint8_t)(i % period);
		break;
	case 2:
		for (i = 0; i < len; i++)
			data[i] = (uint8_t)below(2);
		break;
	case 3:
		for (i = 0; i < len; i++)
			data[i] = (uint8_t)(random64() & mask);
		break;
	default:
		for (i = 0; i + 8 <= len; i += 8) {
			uint64_t word = random64();

			memcpy(data + i, &word, sizeof(word));
		}
	}
}

static struct bytes random_file(void)
{
	struct bytes file = { .len = random_size() };
	size_t at, part;

	file.data = allocate(file.len);
	for (at = 0; at < file.len; at += part) {
		part = 1 + below(file.len);
		if (part > file.len - at)
			part = file.len - at;
		fill(file.data + at, part);
	}
	return file;
}

/* Replace @cut bytes at @at by @len bytes. */
static void splice(struct bytes *file, size_t at, size_t cut,
		   const uint8_t *data, size_t len)
{
	uint8_t *result;

	if (cut > file->len - at)
		cut = file->len - at;
	if (file->len - cut + len > LARGEST)
		return;
	result = allocate(file->len - cut + len);
	memcpy(result, file->data, at);
	memcpy(result + at, data, len);
	memcpy(result + at + len, file->data + at + cut, file->len - at - cut);
	free(file->data);
	file->data = result;
	file->len = file->len - cut + len;
}

/* Change bytes so that the weak sums over them stay as they were. */
static void collide(struct bytes *file)
{
	size_t at, n = 1 + below(8);

	for (; n && file->len > 3; n--) {
		at = below(file->len - 2);
		file->data[at] += 1;
		file->data[at + 1] -= 2;
		file->data[at + 2] += 1;
	}
}

static void copy_part(struct bytes *file, const struct bytes *from, bool move)
{
	size_t at = below(from->len + 1), len = below(from->len - at + 1);
	uint8_t *part = allocate(len);

	memcpy(part, from->data + at, len);
	if (move)
		splice(file, at, len, part, 0);
	splice(file, below(file->len + 1), 0, part, len);
	free(part);
}

static void insert_filled(struct bytes *file, size_t cut)
{
	size_t len = below(below(2) ? 16 : file->len / 4 + 64);
	uint8_t *part = allocate(len);

	if (below(3))
		fill(part, len);
	splice(file, below(file->len + 1), cut, part, len);
	free(part);
}

static void edit(struct bytes *file, const struct bytes *old)
{
	switch (below(7)) {
	case 0:
		insert_filled(file, 0);
		break;
	case 1: /* overwrite, or a run of zeroes */
		insert_filled(file, below(64));
		break;
	case 2:
		splice(file, below(file->len + 1), below(file->len / 4 + 8),
		       file->data, 0);
		break;
	case 3:
		copy_part(file, file, true);
		break;
	case 4:
		copy_part(file, file, false);
		break;
	case 5:
		copy_part(file, old, false);
		break;
	default:
		collide(file);
	}
}

static struct bytes edited(const struct bytes *old)
{
	struct bytes file = { allocate(old->len), old->len };
	size_t n = below(6);

	memcpy(file.data, old->data, old->len);
	while (n--)
		edit(&file, old);
	return file;
}

/* Instructions, adjacent ones of one kind joined; zeroes are data to this. */
static void append(struct instructions *list, bool reference, uint64_t offset,
		   uint64_t length)
{
	struct instruction *last = list->v + list->count - 1;

	if (list->count && last->reference == reference &&
	    (!reference || last->offset + last->length == offset)) {
		last->length += length;
		return;
	}
	if (list->count == list->room) {
		list->room = list->room * 2 + 16;
		list->v = realloc(list->v, list->room * sizeof(*list->v));
		assert_non_null(list->v);
	}
	list->v[list->count++] =
		(struct instruction){ reference, offset, length };
}

/*
 * The obvious implementation. It knows nothing of segments but that credit is
 * whole where one begins.
 */
struct slow {
	const struct delta_table *table; /* for its parameters alone */
	const struct bytes *old, *new;
	size_t segment;
	uint32_t block;
	uint64_t next;
	int64_t shift;
	uint32_t *weak;
	uint8_t (*strong)[DELTA_STRONG_MAX];
	struct instructions list;
};

static uint32_t slow_weak(const uint8_t *data, size_t len)
{
	uint32_t s1 = 0, s2 = 0;
	size_t i;

	for (i = 0; i < len; i++) {
		s1 += data[i] + 31U;
		s2 += s1;
	}
	return (s2 << 16) | (s1 & 0xffff);
}

static bool slow_same(const struct slow *s, size_t a, size_t b)
{
	return s->weak[a] == s->weak[b] &&
	       !memcmp(s->strong[a], s->strong[b],
		       s->table->params.strong_length);
}

static void slow_prepare(struct slow *s)
{
	size_t blocks = s->old->len / s->block + 1, i, len;

	s->weak = allocate(blocks * sizeof(*s->weak));
	s->strong = allocate(blocks * sizeof(*s->strong));
	for (i = 0; i < blocks; i++) {
		len = s->old->len - i * s->block;
		if (len > s->block)
			len = s->block;
		s->weak[i] = slow_weak(s->old->data + i * s->block, len);
		delta_strong_hash(&s->table->strong,
				  s->old->data + i * s->block, len,
				  s->strong[i]);
	}
}

/* Whether @len bytes at @at are block @i. */
static bool slow_is_block(struct slow *s, size_t at, size_t len, size_t i)
{
	uint8_t strong[DELTA_STRONG_MAX];

	if (slow_weak(s->new->data + at, len) != s->weak[i])
		return false;
	delta_strong_hash(&s->table->strong, s->new->data + at, len, strong);
	return !memcmp(strong, s->strong[i], s->table->params.strong_length);
}

static size_t slow_choose(struct slow *s, size_t at, size_t like)
{
	size_t blocks = s->old->len / s->block, best = like, longest = 0, i, n;
	int64_t old = (int64_t)at - s->shift;

	if (s->next < blocks && slow_same(s, s->next, like))
		return s->next;
	if (old >= 0 && old % s->block == 0 &&
	    (size_t)old / s->block < blocks &&
	    slow_same(s, (size_t)old / s->block, like))
		return (size_t)old / s->block;
	for (i = 0; i < blocks; i += n ? n : 1) {
		for (n = 0; i + n < blocks && slow_same(s, i + n, like);)
			n++;
		if (n > longest) {
			longest = n;
			best = i;
		}
	}
	return best;
}

static void slow_refer(struct slow *s, size_t at, size_t first, size_t length)
{
	append(&s->list, true, first * s->block, length);
	s->next = first + (length + s->block - 1) / s->block;
	s->shift = (int64_t)at - (int64_t)(first * s->block);
}

/* What stands at @at: returns its length, 0 for none; sets @failed. */
static size_t slow_match(struct slow *s, size_t at, bool credit, bool *failed)
{
	size_t blocks = s->old->len / s->block, tail = s->old->len % s->block;
	size_t left = s->new->len - at, i;
	bool weak = false;

	for (i = 0; left >= s->block && credit && i < blocks; i++) {
		weak |= slow_weak(s->new->data + at, s->block) == s->weak[i];
		if (!slow_is_block(s, at, s->block, i))
			continue;
		if (tail >= 16 && left - s->block >= tail &&
		    slow_same(s, i, blocks - 1) &&
		    slow_is_block(s, at + s->block, tail, blocks)) {
			slow_refer(s, at, blocks - 1, s->block + tail);
			return s->block + tail;
		}
		slow_refer(s, at, slow_choose(s, at, i), s->block);
		return s->block;
	}
	*failed = weak;
	if (tail < 16 || left != tail || !slow_is_block(s, at, tail, blocks))
		return 0;
	slow_refer(s, at, blocks, tail);
	return tail;
}

static void slow_delta(struct slow *s)
{
	struct delta_terms terms = delta_terms(s->table, s->segment);
	uint64_t credit = terms.cap;
	size_t at = 0, step;

	slow_prepare(s);
	while (at < s->new->len) {
		bool failed = false;

		step = slow_match(s, at, credit >= terms.cost, &failed);
		if (!step)
			append(&s->list, false, 0, 1);
		if (!step && failed)
			credit -= terms.cost;
		if (!step)
			step = 1;
		credit += step * terms.gain;
		if (credit > terms.cap ||
		    at / s->segment != (at + step) / s->segment)
			credit = terms.cap;
		at += step;
	}
	free(s->weak);
	free(s->strong);
}

static void read_instructions(const struct delta_buffer *delta,
			      struct instructions *list)
{
	struct delta_cursor cursor = { delta->data, delta->len, 0 };
	struct delta_reader reader;
	struct delta_op op;
	uint8_t byte;
	int ret;

	assert_int_equal(delta_reader_open(&reader, delta_cursor_read, &cursor),
			 0);
	while ((ret = delta_reader_next(&reader, &op)) == 1) {
		append(list, op.kind == DELTA_REFERENCE, op.offset, op.length);
		for (; op.kind == DELTA_DATA && op.length; op.length--)
			delta_reader_data(&reader, &byte, 1);
	}
	assert_int_equal(ret, 0);
	delta_reader_close(&reader);
}

static void compare_with_slow(const struct delta_table *table,
			      const struct bytes *old, const struct bytes *new,
			      size_t segment, const struct delta_buffer *delta)
{
	struct slow slow = { .table = table,
			     .old = old,
			     .new = new,
			     .segment = segment,
			     .block = table->params.block };
	struct instructions list = { 0 };
	size_t i;

	slow_delta(&slow);
	read_instructions(delta, &list);
	for (i = 0; i < list.count && i < slow.list.count; i++) {
		assert_int_equal(list.v[i].reference, slow.list.v[i].reference);
		assert_int_equal(list.v[i].length, slow.list.v[i].length);
		if (list.v[i].reference)
			assert_int_equal(list.v[i].offset,
					 slow.list.v[i].offset);
	}
	assert_int_equal(list.count, slow.list.count);
	free(list.v);
	free(slow.list.v);
}

static struct delta_params random_params(size_t size)
{
	struct delta_params params;
	size_t i;

	params.kind = (enum delta_strong_kind)(1 + below(4));
	if (size > SMALL && params.kind == DELTA_MD5)
		params.kind = DELTA_XXH3;
	params.strong_length =
		(uint32_t)(8 + below(delta_strong_size(params.kind) - 7));
	params.block = (uint32_t)(1 + below(below(2) ? 40 : 500));
	if (size > 8192)
		params.block = (uint32_t)(256 + below(size / 32));
	if (below(3) == 0)
		params.block = delta_default_block(size);
	for (i = 0; i < sizeof(params.key); i++)
		params.key[i] = (uint8_t)random64();
	return params;
}

static void one_case(void)
{
	struct delta_buffer signature = { 0 }, delta = { 0 }, result = { 0 };
	struct bytes old = random_file(), new = edited(&old);
	struct delta_params params = random_params(old.len);
	size_t segment = delta_segment_length(params.block);
	struct delta_table table;

	if (below(4))
		segment = params.block * (1 + below(9));
	assert_int_equal(delta_memory_signature(&params, old.data, old.len,
						&signature),
			 0);
	assert_int_equal(
		delta_memory_table(signature.data, signature.len, &table), 0);
	assert_int_equal(delta_memory_delta(&table, new.data, new.len, segment,
					    (int)below(2), &delta),
			 0);
	assert_int_equal(delta_memory_patch(old.data, old.len, delta.data,
					    delta.len, new.len, &result),
			 0);
	assert_int_equal(result.len, new.len);
	if (new.len)
		assert_memory_equal(result.data, new.data, new.len);
	if (old.len <= SMALL && new.len <= SMALL)
		compare_with_slow(&table, &old, &new, segment, &delta);
	delta_table_free(&table);
	free(old.data);
	free(new.data);
	free(signature.data);
	free(delta.data);
	free(result.data);
}

static uint64_t setting(const char *name, uint64_t otherwise)
{
	const char *value = getenv(name);

	return value ? strtoull(value, NULL, 0) : otherwise;
}

static void random_edits(void **state)
{
	uint64_t cases = setting("DELTA_CASES", SHORT_RUN), i;
	uint64_t seed = setting("DELTA_SEED", 1);

	for (i = 0; i < cases; i++) {
		random_state = (seed + i) * 0x9e3779b97f4a7c15 | 1;
		random64();
		/* The last one printed is the one that failed. */
		snprintf(*state, 64, "DELTA_SEED=%" PRIu64 " DELTA_CASES=1",
			 seed + i);
		one_case();
	}
	print_message("%" PRIu64 " cases from DELTA_SEED=%" PRIu64 "\n", cases,
		      seed);
	*(char *)*state = 0;
}

static char last_case[64];

static int begin(void **state)
{
	*state = last_case;
	return 0;
}

static int say_case(void **state)
{
	if (last_case[0])
		print_message("to repeat: %s\n", last_case);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(random_edits, begin, say_case),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
