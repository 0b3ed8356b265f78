// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/reader.h"
#include "delta/format.h"
#include "delta/size.h"
#include "delta/varint.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <string.h>

static int check_magic(struct delta_input *in, const uint8_t *head)
{
	if (!memcmp(head, "rs\2", 3))
		return delta_bad(in, "is a delta of rdiff's");
	if (!memcmp(head, DELTA_SIGNATURE_MAGIC, DELTA_MAGIC_SIZE))
		return delta_bad(in, "is a signature, not a delta");
	if (memcmp(head, DELTA_DELTA_MAGIC, DELTA_MAGIC_SIZE))
		return delta_bad(in, "is not a delta");
	if (head[4] != DELTA_FORMAT_VERSION)
		return delta_bad(in, "has a format version that this program"
				     " doesn't know");
	if (!delta_strong_size(head[5]))
		return delta_bad(in, "was made with a strong hash that this"
				     " program doesn't know");
	return 0;
}

static int read_header(struct delta_reader *r)
{
	uint8_t head[20];
	uint32_t block;
	uint64_t size;
	int ret = delta_input_bytes(&r->in, head, sizeof(head));

	if (!ret)
		ret = check_magic(&r->in, head);
	if (ret)
		return ret;
	memcpy(&block, head + 8, sizeof(block));
	memcpy(&size, head + 12, sizeof(size));
	r->kind = head[5];
	r->block = le32toh(block);
	r->old_size = le64toh(size);
	if ((head[6] & ~DELTA_FLAG_ZSTD) || head[7] || !r->block ||
	    r->block > DELTA_MAX_BLOCK || r->old_size > DELTA_MAX_SIZE ||
	    delta_block_count(r->old_size, r->block) > DELTA_MAX_BLOCKS)
		return delta_bad(&r->in, "is damaged: its header makes no"
					 " sense");
	if (delta_strong_keyed(r->kind))
		ret = delta_input_bytes(&r->in, r->key, DELTA_KEY_SIZE);
	if (!ret && head[6] & DELTA_FLAG_ZSTD)
		ret = delta_input_decompress(&r->in);
	return ret;
}

int delta_reader_open(struct delta_reader *r, delta_read_fn read, void *ctx)
{
	int ret;

	memset(r, 0, sizeof(*r));
	ret = delta_input_init(&r->in, read, ctx);
	return ret ? ret : read_header(r);
}

void delta_reader_close(struct delta_reader *r)
{
	delta_input_free(&r->in);
}

static int read_reference(struct delta_reader *r, uint64_t count,
			  struct delta_op *op)
{
	uint64_t blocks = delta_block_count(r->old_size, r->block);
	uint64_t jump, first;
	int ret = delta_input_varint(&r->in, &jump);

	if (ret)
		return ret;
	/* Wraps around for what is out of range, and is then too large. */
	first = r->next + (uint64_t)unzigzag(jump);
	if (first >= blocks || count > blocks - first)
		return delta_bad(&r->in, "is damaged: it refers to what is not"
					 " in the old file");
	r->next = first + count;
	op->kind = DELTA_REFERENCE;
	op->offset = first * r->block;
	op->length = count * r->block;
	if (op->length > r->old_size - op->offset)
		op->length = r->old_size - op->offset;
	return 0;
}

static int read_data(struct delta_reader *r, uint64_t size, struct delta_op *op)
{
	if (size > DELTA_DATA_MAX)
		return delta_bad(&r->in, "is damaged: its data are too long");
	op->kind = DELTA_DATA;
	op->offset = 0;
	op->length = size;
	r->data_left = size;
	return 0;
}

static int read_zeroes(struct delta_reader *r, struct delta_op *op)
{
	op->kind = DELTA_ZEROES;
	op->offset = 0;
	return delta_input_varint(&r->in, &op->length);
}

static int read_end(struct delta_reader *r)
{
	uint64_t size;
	int ret = delta_input_le64(&r->in, &size);

	if (!ret)
		ret = delta_input_bytes(&r->in, r->digest,
					delta_strong_size(r->kind));
	if (!ret)
		ret = delta_input_frame_end(&r->in);
	if (!ret)
		ret = delta_input_end(&r->in);
	if (!ret && size != r->new_size)
		ret = delta_bad(&r->in, "is damaged: its instructions don't"
					" make its file's size");
	return ret;
}

int delta_reader_next(struct delta_reader *r, struct delta_op *op)
{
	uint64_t head;
	int ret;

	assert(!r->data_left);
	ret = delta_input_varint(&r->in, &head);
	if (ret)
		return ret;
	if (!head)
		return read_end(r);
	if (head == DELTA_OP_ZEROES)
		ret = read_zeroes(r, op);
	else if (head & DELTA_OP_REFERENCE)
		ret = read_reference(r, head >> 1, op);
	else
		ret = read_data(r, head >> 1, op);
	if (ret)
		return ret;
	if (!op->length ||
	    (op->kind == DELTA_ZEROES && op->length > DELTA_ZEROES_MAX))
		return delta_bad(&r->in, "is damaged: it holds zeroes without"
					 " a sensible length");
	if (op->length > DELTA_MAX_SIZE - r->new_size)
		return delta_bad(&r->in, "is damaged: its file is too large");
	r->new_size += op->length;
	return 1;
}

int delta_reader_data(struct delta_reader *r, void *buf, size_t size)
{
	assert(size <= r->data_left);
	r->data_left -= size;
	return delta_input_bytes(&r->in, buf, size);
}
