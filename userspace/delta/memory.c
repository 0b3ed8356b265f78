// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/memory.h"
#include "delta/apply.h"
#include "delta/blocks.h"
#include "delta/digest.h"
#include "delta/join.h"
#include "delta/writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int delta_buffer_write(void *buffer, const void *data, size_t size)
{
	struct delta_buffer *b = buffer;

	if (size > b->room - b->len) {
		size_t room = b->room * 2 + size + 64;
		uint8_t *bigger = realloc(b->data, room);

		if (!bigger)
			return -ENOMEM;
		b->data = bigger;
		b->room = room;
	}
	if (size)
		memcpy(b->data + b->len, data, size);
	b->len += size;
	return 0;
}

ssize_t delta_cursor_read(void *cursor, void *buf, size_t size)
{
	struct delta_cursor *c = cursor;

	if (size > c->len - c->pos)
		size = c->len - c->pos;
	if (size)
		memcpy(buf, c->data + c->pos, size);
	c->pos += size;
	return (ssize_t)size;
}

static int add_blocks(struct delta_signature_writer *w,
		      const struct delta_strong *strong, const uint8_t *data,
		      size_t len)
{
	uint32_t block = w->params.block;
	struct delta_hashes hashes[16];
	int ret = 0;

	while (len && !ret) {
		size_t part = len < (size_t)16 * block ? len : 16 * block;
		size_t i, count = part / block + (part % block != 0);

		delta_hash_blocks(strong, block, data, part, hashes);
		for (i = 0; i < count && !ret; i++)
			ret = delta_signature_add(w, hashes[i].weak,
						  hashes[i].strong);
		data += part;
		len -= part;
	}
	return ret;
}

int delta_memory_signature(const struct delta_params *params,
			   const uint8_t *old, size_t len,
			   struct delta_buffer *signature)
{
	struct delta_signature_writer writer;
	struct delta_strong strong;
	int ret;

	if (!delta_params_valid(params))
		return -EINVAL;
	ret = delta_strong_init(&strong, params->kind, params->key);
	if (ret)
		return ret;
	ret = delta_signature_writer_init(&writer, params, delta_buffer_write,
					  signature);
	if (!ret)
		ret = add_blocks(&writer, &strong, old, len);
	if (!ret)
		ret = delta_signature_end(&writer, len);
	delta_signature_writer_free(&writer);
	delta_strong_free(&strong);
	return ret;
}

int delta_memory_table(const uint8_t *signature, size_t len,
		       struct delta_table *table)
{
	struct delta_cursor cursor = { signature, len, 0 };
	struct delta_signature_reader reader;
	int ret;

	memset(table, 0, sizeof(*table));
	ret = delta_signature_open(&reader, delta_cursor_read, &cursor);
	if (!ret)
		ret = delta_table_load(table, &reader);
	delta_signature_close(&reader);
	return ret;
}

static int file_digest(const struct delta_strong *strong, const uint8_t *data,
		       size_t len, uint8_t *digest)
{
	struct delta_strong_stream *root = delta_strong_stream_new(strong);
	uint8_t leaf[1][DELTA_STRONG_MAX];
	size_t at, part;

	if (!root)
		return -ENOMEM;
	for (at = 0; at < len; at += part) {
		part = len - at < DELTA_LEAF ? len - at : DELTA_LEAF;
		delta_digest_leaves(strong, data + at, part, leaf);
		delta_digest_add(root, strong->size, leaf, 1);
	}
	delta_digest_end(root, len, digest);
	delta_strong_stream_free(root);
	return 0;
}

static int join_segments(struct delta_join *join, const uint8_t *new,
			 size_t len, size_t segment_length)
{
	struct delta_found found = { 0 };
	size_t at;
	int ret = 0;

	for (at = 0; at < len && !ret; at += segment_length) {
		struct delta_segment s = { .start = at, .data = new + at };
		size_t left = len - at, wanted;

		wanted = segment_length +
			 delta_overlap(join->table->params.block);
		s.length = left < segment_length ? left : segment_length;
		s.avail = left < wanted ? left : wanted;
		s.eof = s.avail == left;
		ret = delta_scan_segment(join->table, &s, join->terms, &found);
		if (!ret)
			ret = delta_join_segment(join, &s, &found);
	}
	delta_found_free(&found);
	return ret;
}

int delta_memory_delta(const struct delta_table *table, const uint8_t *new,
		       size_t len, size_t segment_length, int level,
		       struct delta_buffer *delta)
{
	uint8_t digest[DELTA_STRONG_MAX];
	struct delta_writer writer;
	struct delta_sink sink = { delta_writer_data, delta_writer_reference,
				   &writer };
	struct delta_join join;
	int ret;

	delta_join_init(&join, table, delta_terms(table, segment_length),
			&sink);
	ret = delta_writer_init(&writer, table, level, delta_buffer_write,
				delta);
	if (!ret)
		ret = join_segments(&join, new, len, segment_length);
	if (!ret)
		ret = file_digest(&table->strong, new, len, digest);
	if (!ret)
		ret = delta_writer_end(&writer, len, digest,
				       table->strong.size);
	delta_writer_free(&writer);
	return ret;
}

static int apply_all(struct delta_reader *reader, const uint8_t *old,
		     size_t limit, struct delta_buffer *result)
{
	struct delta_apply apply = { .reader = reader };
	struct delta_piece pieces[64];
	uint8_t buf[4096];
	int ret = 0;

	while (!apply.ended && !ret) {
		size_t used = 0, count, i;

		ret = delta_apply_fill(&apply, buf, &used, sizeof(buf), pieces,
				       64, &count);
		if (ret)
			break;
		for (i = 0; i < count; i++)
			memcpy(buf + pieces[i].at, old + pieces[i].offset,
			       pieces[i].length);
		if (used > limit - result->len)
			return -EFBIG;
		ret = delta_buffer_write(result, buf, used);
	}
	return ret;
}

static int check_digest(const struct delta_reader *reader,
			const struct delta_buffer *result)
{
	uint8_t digest[DELTA_STRONG_MAX];
	struct delta_strong strong;
	int ret = delta_strong_init(&strong, reader->kind, reader->key);

	if (ret)
		return ret;
	ret = file_digest(&strong, result->data, result->len, digest);
	if (!ret && memcmp(digest, reader->digest, strong.size))
		ret = -ESTALE;
	delta_strong_free(&strong);
	return ret;
}

int delta_memory_patch(const uint8_t *old, size_t old_len, const uint8_t *delta,
		       size_t len, size_t limit, struct delta_buffer *result)
{
	struct delta_cursor cursor = { delta, len, 0 };
	struct delta_reader reader;
	int ret;

	result->len = 0;
	ret = delta_reader_open(&reader, delta_cursor_read, &cursor);
	if (!ret && reader.old_size != old_len)
		ret = -ESTALE;
	if (!ret)
		ret = apply_all(&reader, old, limit, result);
	if (!ret)
		ret = check_digest(&reader, result);
	delta_reader_close(&reader);
	return ret;
}
