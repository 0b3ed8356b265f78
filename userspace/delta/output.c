// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/output.h"
#include "delta/format.h"
#include "delta/pages.h"
#include "delta/varint.h"

#include <endian.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include <zstd.h>

#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define BUFFER 256U /* short inputs cross its end, and many run in a second */
#else
#define BUFFER 65536U
#endif

/* From this level on, zstd's tables would grow up to 80 MiB: 12 will do. */
#define LARGE_LEVEL 10
#define HASH_LOG 20
#define CHAIN_LOG 21

int delta_output_init(struct delta_output *out, delta_write_fn write, void *ctx)
{
	memset(out, 0, sizeof(*out));
	out->write = write;
	out->ctx = ctx;
	out->buf = delta_pages_alloc(BUFFER);
	out->sum = XXH3_createState();
	if (!out->buf || !out->sum) {
		delta_output_free(out);
		return -ENOMEM;
	}
	XXH3_64bits_reset(out->sum);
	return 0;
}

void delta_output_free(struct delta_output *out)
{
	ZSTD_freeCCtx(out->zstd);
	XXH3_freeState(out->sum);
	free(out->buf);
	free(out->packed);
	memset(out, 0, sizeof(*out));
}

static int write_summed(struct delta_output *out, const void *data, size_t size)
{
	if (!size)
		return 0;
	XXH3_64bits_update(out->sum, data, size);
	return out->write(out->ctx, data, size);
}

static int compress_part(struct delta_output *out, ZSTD_inBuffer *from,
			 ZSTD_EndDirective mode, size_t *left)
{
	ZSTD_outBuffer to = { out->packed, BUFFER, 0 };

	*left = ZSTD_compressStream2(out->zstd, &to, from, mode);
	if (ZSTD_isError(*left))
		return -ENOMEM;
	return write_summed(out, out->packed, to.pos);
}

static int write_layer(struct delta_output *out, const void *data, size_t size)
{
	ZSTD_inBuffer from = { data, size, 0 };
	size_t left;
	int ret = 0;

	if (!out->zstd)
		return write_summed(out, data, size);
	while (from.pos < from.size && !ret)
		ret = compress_part(out, &from, ZSTD_e_continue, &left);
	return ret;
}

static int flush(struct delta_output *out)
{
	size_t len = out->len;

	out->len = 0;
	return write_layer(out, out->buf, len);
}

int delta_output_bytes(struct delta_output *out, const void *data, size_t size)
{
	int ret = 0;

	if (size > BUFFER - out->len)
		ret = flush(out);
	if (ret)
		return ret;
	if (size >= BUFFER)
		return write_layer(out, data, size);
	memcpy(out->buf + out->len, data, size);
	out->len += size;
	return 0;
}

int delta_output_varint(struct delta_output *out, uint64_t value)
{
	uint8_t bytes[VARINT_MAX];
	uint8_t *end = varint_put(bytes, value);

	return delta_output_bytes(out, bytes, (size_t)(end - bytes));
}

int delta_output_le64(struct delta_output *out, uint64_t value)
{
	value = htole64(value);
	return delta_output_bytes(out, &value, sizeof(value));
}

static int set(struct delta_output *out, ZSTD_cParameter parameter, int value)
{
	size_t ret = ZSTD_CCtx_setParameter(out->zstd, parameter, value);

	return ZSTD_isError(ret) ? -EINVAL : 0;
}

/*
 * The window reaches far, for the data of one delta are short pieces of a
 * large file; no further, so that whoever reads it needs 16 MiB and not more.
 */
int delta_output_compress(struct delta_output *out, int level)
{
	const bool large = level >= LARGE_LEVEL;
	int ret = flush(out);

	if (ret)
		return ret;
	out->packed = delta_pages_alloc(BUFFER);
	out->zstd = ZSTD_createCCtx();
	if (!out->packed || !out->zstd)
		return -ENOMEM;
	ret = set(out, ZSTD_c_compressionLevel, level);
	if (!ret)
		ret = set(out, ZSTD_c_windowLog, DELTA_ZSTD_WINDOW_LOG);
	if (!ret && large)
		ret = set(out, ZSTD_c_hashLog, HASH_LOG);
	if (!ret && large)
		ret = set(out, ZSTD_c_chainLog, CHAIN_LOG);
	return ret;
}

/* Have zstd write what it holds back. */
static int flush_zstd(struct delta_output *out, ZSTD_EndDirective mode)
{
	ZSTD_inBuffer nothing = { NULL, 0, 0 };
	int ret = flush(out);
	size_t left = 1;

	while (out->zstd && left && !ret)
		ret = compress_part(out, &nothing, mode, &left);
	return ret;
}

/*
 * A block of zstd has one table of symbols. Text and noise in one block, as
 * neighbours in a delta often are, would both be coded badly.
 */
int delta_output_block_end(struct delta_output *out)
{
	return out->zstd ? flush_zstd(out, ZSTD_e_flush) : 0;
}

int delta_output_frame_end(struct delta_output *out)
{
	int ret = flush_zstd(out, ZSTD_e_end);

	ZSTD_freeCCtx(out->zstd);
	out->zstd = NULL;
	return ret;
}

int delta_output_end(struct delta_output *out)
{
	uint64_t sum;
	int ret = flush(out);

	if (ret)
		return ret;
	sum = htole64(XXH3_64bits_digest(out->sum));
	return out->write(out->ctx, &sum, sizeof(sum));
}
