// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/writer.h"
#include "delta/format.h"
#include "delta/pages.h"
#include "delta/varint.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define BUFFER 256U /* short inputs cross its end, and many run in a second */
#else
#define BUFFER (256U << 10)
#endif
#define BLOCK_OF_ITS_OWN 2048U /* bytes of data worth one when compressed */
_Static_assert(BUFFER <= DELTA_DATA_MAX, "a reader must take what is written");
_Static_assert(BUFFER % DELTA_ZEROES_UNIT == 0,
	       "how data are buffered must not show");

static int write_header(struct delta_output *out,
			const struct delta_table *table, int level)
{
	const struct delta_params *params = &table->params;
	uint32_t block = htole32(params->block);
	uint64_t size = htole64(table->size);
	uint8_t head[20] = DELTA_DELTA_MAGIC;
	int ret;

	head[4] = DELTA_FORMAT_VERSION;
	head[5] = params->kind;
	head[6] = level ? DELTA_FLAG_ZSTD : 0;
	memcpy(head + 8, &block, sizeof(block));
	memcpy(head + 12, &size, sizeof(size));
	ret = delta_output_bytes(out, head, sizeof(head));
	if (!ret && delta_strong_keyed(params->kind))
		ret = delta_output_bytes(out, params->key, DELTA_KEY_SIZE);
	if (!ret && level)
		ret = delta_output_compress(out, level);
	return ret;
}

int delta_writer_init(struct delta_writer *w, const struct delta_table *table,
		      int level, delta_write_fn write, void *ctx)
{
	int ret;

	memset(w, 0, sizeof(*w));
	ret = delta_output_init(&w->out, write, ctx);
	if (ret)
		return ret;
	w->data = delta_pages_alloc(BUFFER);
	return w->data ? write_header(&w->out, table, level) : -ENOMEM;
}

void delta_writer_free(struct delta_writer *w)
{
	delta_output_free(&w->out);
	free(w->data);
	w->data = NULL;
}

static int write_zeroes(struct delta_writer *w)
{
	int ret = 0;

	while (w->zeroes && !ret) {
		uint64_t part = w->zeroes < DELTA_ZEROES_MAX ? w->zeroes :
							       DELTA_ZEROES_MAX;

		w->zeroes -= part;
		ret = delta_output_varint(&w->out, DELTA_OP_ZEROES);
		if (!ret)
			ret = delta_output_varint(&w->out, part);
	}
	return ret;
}

static int write_data(struct delta_writer *w, const uint8_t *data, size_t size)
{
	int ret = write_zeroes(w);

	if (!ret)
		ret = delta_output_varint(&w->out, (uint64_t)size << 1);
	if (!ret && size >= BLOCK_OF_ITS_OWN)
		ret = delta_output_block_end(&w->out);
	if (!ret)
		ret = delta_output_bytes(&w->out, data, size);
	if (!ret && size >= BLOCK_OF_ITS_OWN)
		ret = delta_output_block_end(&w->out);
	return ret;
}

/* How many of the first bytes are, in whole pieces, zeroes, or are not. */
static size_t run_length(const uint8_t *data, size_t len, bool zeroes)
{
	size_t at, piece = DELTA_ZEROES_UNIT;

	for (at = 0; at < len; at += piece) {
		const uint8_t *p = data + at;

		if (piece > len - at)
			return zeroes ? at : len;
		if ((!p[0] && !memcmp(p, p + 1, piece - 1)) != zeroes)
			break;
	}
	return at;
}

/* Zeroes at the end stay counted: more may follow. */
static int flush_buffer(struct delta_writer *w)
{
	size_t len = w->data_len, at = 0, part;
	int ret = 0;

	w->data_len = 0;
	while (at < len && !ret) {
		part = run_length(w->data + at, len - at, true);
		w->zeroes += part;
		at += part;
		part = run_length(w->data + at, len - at, false);
		if (part)
			ret = write_data(w, w->data + at, part);
		at += part;
	}
	return ret;
}

static int flush_data(struct delta_writer *w)
{
	int ret = flush_buffer(w);

	return ret ? ret : write_zeroes(w);
}

static int flush_reference(struct delta_writer *w)
{
	int64_t jump = (int64_t)w->first - (int64_t)w->next;
	uint64_t head = ((uint64_t)w->count << 1) | DELTA_OP_REFERENCE;
	int ret;

	if (!w->count)
		return 0;
	w->next = w->first + w->count;
	w->count = 0;
	ret = delta_output_varint(&w->out, head);
	return ret ? ret : delta_output_varint(&w->out, zigzag(jump));
}

int delta_writer_data(void *writer, const uint8_t *data, size_t size)
{
	struct delta_writer *w = writer;
	int ret = flush_reference(w);

	while (!ret && size) {
		size_t part = BUFFER - w->data_len;

		if (part > size)
			part = size;
		memcpy(w->data + w->data_len, data, part);
		w->data_len += part;
		data += part;
		size -= part;
		if (w->data_len == BUFFER)
			ret = flush_buffer(w);
	}
	return ret;
}

int delta_writer_reference(void *writer, uint32_t first, uint32_t count)
{
	struct delta_writer *w = writer;
	int ret = flush_data(w);

	if (ret)
		return ret;
	if (w->count && w->first + w->count == first &&
	    w->count <= DELTA_MAX_BLOCKS - count) {
		w->count += count;
		return 0;
	}
	ret = flush_reference(w);
	w->first = first;
	w->count = count;
	return ret;
}

int delta_writer_end(struct delta_writer *w, uint64_t size,
		     const uint8_t *digest, size_t digest_size)
{
	int ret = flush_data(w);

	if (!ret)
		ret = flush_reference(w);
	if (!ret)
		ret = delta_output_varint(&w->out, 0);
	if (!ret)
		ret = delta_output_le64(&w->out, size);
	if (!ret)
		ret = delta_output_bytes(&w->out, digest, digest_size);
	if (!ret)
		ret = delta_output_frame_end(&w->out);
	return ret ? ret : delta_output_end(&w->out);
}
