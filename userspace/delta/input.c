// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/input.h"
#include "delta/format.h"
#include "delta/pages.h"
#include "delta/varint.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define BUFFER 256U /* short inputs cross its end, and many run in a second */
#else
#define BUFFER 65536U
#endif

int delta_bad(struct delta_input *in, const char *why)
{
	in->why = why;
	return -EBADMSG;
}

int delta_input_init(struct delta_input *in, delta_read_fn read, void *ctx)
{
	memset(in, 0, sizeof(*in));
	in->read = read;
	in->ctx = ctx;
	in->raw = delta_pages_alloc(BUFFER);
	in->sum = XXH3_createState();
	if (!in->raw || !in->sum) {
		delta_input_free(in);
		return -ENOMEM;
	}
	XXH3_64bits_reset(in->sum);
	return 0;
}

void delta_input_free(struct delta_input *in)
{
	ZSTD_freeDCtx(in->zstd);
	XXH3_freeState(in->sum);
	free(in->raw);
	free(in->plain);
	memset(in, 0, sizeof(*in));
}

/* Bring the checksum up to the bytes consumed. */
static void sum_consumed(struct delta_input *in)
{
	XXH3_64bits_update(in->sum, in->raw + in->summed,
			   in->raw_pos - in->summed);
	in->summed = in->raw_pos;
}

/* Returns 1 if there are raw bytes, 0 at the end. */
static int refill_raw(struct delta_input *in)
{
	ssize_t got;

	if (in->raw_pos < in->raw_len)
		return 1;
	sum_consumed(in);
	got = in->read(in->ctx, in->raw, BUFFER);
	if (got < 0)
		return (int)got;
	in->raw_pos = 0;
	in->summed = 0;
	in->raw_len = (size_t)got;
	return got > 0;
}

static int truncated(struct delta_input *in)
{
	return delta_bad(in, "is truncated");
}

/* Get at least one decompressed byte, unless the frame has ended: then 0. */
static int refill_plain(struct delta_input *in)
{
	while (in->plain_pos == in->plain_len && !in->frame_ended) {
		ZSTD_outBuffer to = { in->plain, BUFFER, 0 };
		ZSTD_inBuffer from;
		size_t hint;
		int ret = refill_raw(in);

		if (ret <= 0)
			return ret ? ret : truncated(in);
		from = (ZSTD_inBuffer){ in->raw, in->raw_len, in->raw_pos };
		hint = ZSTD_decompressStream(in->zstd, &to, &from);
		if (ZSTD_isError(hint))
			return delta_bad(in, "is damaged: zstd can't read it");
		in->raw_pos = from.pos;
		in->plain_pos = 0;
		in->plain_len = to.pos;
		in->frame_ended = hint == 0;
	}
	return in->plain_pos < in->plain_len;
}

/* The unread bytes of the layer that is read from. */
static int available(struct delta_input *in, const uint8_t **from, size_t **pos,
		     size_t *len)
{
	int ret = in->compressed ? refill_plain(in) : refill_raw(in);

	*pos = in->compressed ? &in->plain_pos : &in->raw_pos;
	*len = (in->compressed ? in->plain_len : in->raw_len) - **pos;
	*from = (in->compressed ? in->plain : in->raw) + **pos;
	return ret;
}

int delta_input_bytes(struct delta_input *in, void *buf, size_t size)
{
	uint8_t *to = buf;

	while (size) {
		const uint8_t *from;
		size_t *pos, len;
		int ret = available(in, &from, &pos, &len);

		if (ret <= 0)
			return ret ? ret : truncated(in);
		if (len > size)
			len = size;
		memcpy(to, from, len);
		*pos += len;
		to += len;
		size -= len;
	}
	return 0;
}

int delta_input_varint(struct delta_input *in, uint64_t *value)
{
	unsigned int shift;
	uint8_t byte;
	int ret;

	*value = 0;
	for (shift = 0; shift < 64; shift += 7) {
		ret = delta_input_bytes(in, &byte, 1);
		if (ret)
			return ret;
		*value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if ((shift == 63 && byte > 1) || (shift && !byte))
			break;
		return 0;
	}
	return delta_bad(in, "is damaged: it holds a number of wrong form");
}

int delta_input_le64(struct delta_input *in, uint64_t *value)
{
	int ret = delta_input_bytes(in, value, sizeof(*value));

	*value = le64toh(*value);
	return ret;
}

int delta_input_decompress(struct delta_input *in)
{
	in->zstd = ZSTD_createDCtx();
	in->plain = malloc(BUFFER);
	if (!in->zstd || !in->plain ||
	    ZSTD_isError(ZSTD_DCtx_setParameter(in->zstd, ZSTD_d_windowLogMax,
						DELTA_ZSTD_WINDOW_LOG)))
		return -ENOMEM;
	in->compressed = true;
	return 0;
}

int delta_input_frame_end(struct delta_input *in)
{
	int ret;

	if (!in->compressed)
		return 0;
	ret = refill_plain(in);
	if (ret < 0)
		return ret;
	if (ret)
		return delta_bad(in, "is damaged: data follow its end");
	in->compressed = false;
	return 0;
}

int delta_input_end(struct delta_input *in)
{
	uint64_t computed, stored;
	int ret;

	sum_consumed(in);
	computed = XXH3_64bits_digest(in->sum);
	ret = delta_input_le64(in, &stored);
	if (ret)
		return ret;
	if (stored != computed)
		return delta_bad(in, "is damaged: its checksum is wrong");
	ret = refill_raw(in);
	if (ret > 0)
		return delta_bad(in, "is damaged: data follow its end");
	return ret;
}
