// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/signature.h"
#include "delta/format.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GROUP 4096U /* entries gathered before they are written */
#define ENTRY_MAX (DELTA_WEAK_SIZE + DELTA_STRONG_MAX)

bool delta_params_valid(const struct delta_params *params)
{
	return params->strong_length &&
	       params->strong_length <= delta_strong_size(params->kind) &&
	       params->block && params->block <= DELTA_MAX_BLOCK;
}

static int write_header(struct delta_output *out,
			const struct delta_params *params)
{
	uint8_t head[12] = DELTA_SIGNATURE_MAGIC;
	uint32_t block = htole32(params->block);
	int ret;

	head[4] = DELTA_FORMAT_VERSION;
	head[5] = params->kind;
	head[6] = (uint8_t)params->strong_length;
	memcpy(head + 8, &block, sizeof(block));
	ret = delta_output_bytes(out, head, sizeof(head));
	if (!ret && delta_strong_keyed(params->kind))
		ret = delta_output_bytes(out, params->key, DELTA_KEY_SIZE);
	return ret;
}

int delta_signature_writer_init(struct delta_signature_writer *w,
				const struct delta_params *params,
				delta_write_fn write, void *ctx)
{
	int ret;

	memset(w, 0, sizeof(*w));
	if (!delta_params_valid(params))
		return -EINVAL;
	w->params = *params;
	ret = delta_output_init(&w->out, write, ctx);
	if (ret)
		return ret;
	w->group = malloc((size_t)GROUP * ENTRY_MAX);
	return w->group ? write_header(&w->out, params) : -ENOMEM;
}

void delta_signature_writer_free(struct delta_signature_writer *w)
{
	delta_output_free(&w->out);
	free(w->group);
	w->group = NULL;
}

static size_t pack(const struct delta_signature_writer *w, uint8_t *to)
{
	uint32_t weak = htole32(w->last.weak);

	memcpy(to, &weak, DELTA_WEAK_SIZE);
	memcpy(to + DELTA_WEAK_SIZE, w->last.strong, w->params.strong_length);
	return DELTA_WEAK_SIZE + w->params.strong_length;
}

static int flush_group(struct delta_signature_writer *w)
{
	size_t size = DELTA_WEAK_SIZE + w->params.strong_length;
	uint32_t count = w->grouped;
	int ret;

	if (!count)
		return 0;
	w->grouped = 0;
	ret = delta_output_varint(&w->out, (uint64_t)count << 1);
	return ret ? ret : delta_output_bytes(&w->out, w->group, count * size);
}

static int write_repeat(struct delta_signature_writer *w)
{
	uint8_t entry[ENTRY_MAX];
	size_t size = pack(w, entry);
	int ret = flush_group(w);

	if (!ret)
		ret = delta_output_varint(&w->out, ((uint64_t)w->last.repeat
						    << 1) | DELTA_GROUP_REPEAT);
	return ret ? ret : delta_output_bytes(&w->out, entry, size);
}

/* Write what is known of the last block, now that another one follows. */
static int flush_last(struct delta_signature_writer *w)
{
	size_t size = DELTA_WEAK_SIZE + w->params.strong_length;

	if (!w->last.repeat)
		return 0;
	if (w->last.repeat > 1)
		return write_repeat(w);
	pack(w, w->group + w->grouped * size);
	return ++w->grouped == GROUP ? flush_group(w) : 0;
}

int delta_signature_add(struct delta_signature_writer *w, uint32_t weak,
			const uint8_t *strong)
{
	int ret;

	if (w->last.repeat && w->last.repeat < DELTA_MAX_BLOCKS &&
	    w->last.weak == weak &&
	    !memcmp(w->last.strong, strong, w->params.strong_length)) {
		w->last.repeat++;
		return 0;
	}
	ret = flush_last(w);
	w->last.weak = weak;
	w->last.repeat = 1;
	memcpy(w->last.strong, strong, w->params.strong_length);
	return ret;
}

int delta_signature_end(struct delta_signature_writer *w, uint64_t size)
{
	int ret = flush_last(w);

	if (!ret)
		ret = flush_group(w);
	if (!ret)
		ret = delta_output_varint(&w->out, 0);
	if (!ret)
		ret = delta_output_le64(&w->out, size);
	return ret ? ret : delta_output_end(&w->out);
}

static int check_magic(struct delta_input *in, const uint8_t *head)
{
	if (!memcmp(head, "rs\1", 3))
		return delta_bad(in, "is a signature of rdiff's: make one with"
				     " braid-delta signature");
	if (!memcmp(head, DELTA_DELTA_MAGIC, DELTA_MAGIC_SIZE))
		return delta_bad(in, "is a delta, not a signature");
	if (memcmp(head, DELTA_SIGNATURE_MAGIC, DELTA_MAGIC_SIZE))
		return delta_bad(in, "is not a signature");
	if (head[4] != DELTA_FORMAT_VERSION)
		return delta_bad(in, "has a format version that this program"
				     " doesn't know");
	if (!delta_strong_size(head[5]))
		return delta_bad(in, "was made with a strong hash that this"
				     " program doesn't know");
	return 0;
}

static int read_header(struct delta_signature_reader *r)
{
	struct delta_params *params = &r->params;
	uint8_t head[12];
	uint32_t block;
	int ret = delta_input_bytes(&r->in, head, sizeof(head));

	if (!ret)
		ret = check_magic(&r->in, head);
	if (ret)
		return ret;
	memcpy(&block, head + 8, sizeof(block));
	params->kind = head[5];
	params->strong_length = head[6];
	params->block = le32toh(block);
	if (head[7] || !delta_params_valid(params))
		return delta_bad(&r->in, "is damaged: its header makes no"
					 " sense");
	if (delta_strong_keyed(params->kind))
		ret = delta_input_bytes(&r->in, params->key, DELTA_KEY_SIZE);
	return ret;
}

int delta_signature_open(struct delta_signature_reader *r, delta_read_fn read,
			 void *ctx)
{
	int ret;

	memset(r, 0, sizeof(*r));
	ret = delta_input_init(&r->in, read, ctx);
	return ret ? ret : read_header(r);
}

void delta_signature_close(struct delta_signature_reader *r)
{
	delta_input_free(&r->in);
}

static int read_entry(struct delta_signature_reader *r,
		      struct delta_entry *entry)
{
	uint8_t bytes[ENTRY_MAX];
	int ret = delta_input_bytes(&r->in, bytes,
				    DELTA_WEAK_SIZE + r->params.strong_length);

	if (ret)
		return ret;
	memcpy(&entry->weak, bytes, DELTA_WEAK_SIZE);
	entry->weak = le32toh(entry->weak);
	memcpy(entry->strong, bytes + DELTA_WEAK_SIZE, r->params.strong_length);
	r->blocks += entry->repeat;
	return 1;
}

static int read_end(struct delta_signature_reader *r)
{
	int ret = delta_input_le64(&r->in, &r->size);

	if (!ret && r->size > DELTA_MAX_SIZE)
		ret = delta_bad(&r->in, "is damaged: its file is too large");
	if (!ret)
		ret = delta_input_end(&r->in);
	if (!ret && r->blocks != delta_block_count(r->size, r->params.block))
		ret = delta_bad(&r->in, "is damaged: its blocks don't fit its"
					" file's size");
	return ret;
}

int delta_signature_next(struct delta_signature_reader *r,
			 struct delta_entry *entry)
{
	uint64_t head;
	int ret;

	entry->repeat = 1;
	if (r->group) {
		r->group--;
		return read_entry(r, entry);
	}
	ret = delta_input_varint(&r->in, &head);
	if (ret)
		return ret;
	if (!head)
		return read_end(r);
	if (!(head >> 1) || (head >> 1) > DELTA_MAX_BLOCKS - r->blocks)
		return delta_bad(&r->in, "has too many blocks");
	if (head & DELTA_GROUP_REPEAT)
		entry->repeat = (uint32_t)(head >> 1);
	else
		r->group = (head >> 1) - 1;
	return read_entry(r, entry);
}
