// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "source/encode.h"

#define ZSTD_LEVEL 1

enum kind {
	SAME,
	ZERO,
	UNUSED, /* and zero */
	DATA
};

int encoder_open(struct encoder *enc)
{
	memset(enc, 0, sizeof(*enc));
	enc->zstd = ZSTD_createCCtx();
	return enc->zstd == NULL ? -ENOMEM : 0;
}

void encoder_close(struct encoder *enc)
{
	ZSTD_freeCCtx(enc->zstd);
	enc->zstd = NULL;
}

void encoder_begin(struct encoder *enc, const uint8_t key[WIRE_KEY_BYTES])
{
	wire_key_init(&enc->key, key);
	enc->frames = 0;
	enc->data_bytes = 0;
	enc->digest = WIRE_DIGEST_INIT;
}

static enum kind classify(const struct encoder *enc, const uint8_t *block,
			  size_t len, const uint8_t *there)
{
	static const uint8_t zeros[WIRE_BLOCK_BYTES];
	uint8_t print[WIRE_PRINT_BYTES];

	wire_print(print, &enc->key, block, len);
	if (memcmp(print, there, sizeof(print)) == 0)
		return SAME;
	return memcmp(block, zeros, len) == 0 ? ZERO : DATA;
}

/* Compressed, if that saves a sixteenth or more. */
static size_t put_data(struct encoder *enc, const uint8_t *buf, uint32_t len,
		       uint64_t offset, uint8_t *out)
{
	uint8_t *room = out + WIRE_HEADER_BYTES + WIRE_DATA_HEAD;
	size_t got = ZSTD_compressCCtx(enc->zstd, room, len - len / 16, buf,
				       len, ZSTD_LEVEL);
	struct wire_data m = { .offset = offset, .raw_bytes = len };

	enc->data_bytes += len;
	if (ZSTD_isError(got)) {
		m.encoding = WIRE_RAW;
		m.bytes = buf;
		m.length = len;
	} else {
		m.encoding = WIRE_ZSTD;
		m.bytes = room;
		m.length = (uint32_t)got;
	}
	return wire_put_data(out, &m);
}

static size_t put_run(struct encoder *enc, enum kind kind, const uint8_t *buf,
		      uint32_t len, uint64_t offset, uint8_t *out)
{
	const struct wire_range range = { offset, len };
	size_t got;

	if (kind == SAME)
		return 0;
	if (kind == ZERO)
		got = wire_put_zero(out, &range);
	else if (kind == UNUSED)
		got = wire_put_discard(out, &range);
	else
		got = put_data(enc, buf, len, offset, out);
	enc->frames++;
	enc->digest = wire_digest(enc->digest, wire_frame_sum(out));
	return got;
}

size_t encode(struct encoder *enc, const uint8_t *buf, uint32_t len,
	      uint64_t offset, const uint8_t *prints, bool discarded,
	      uint8_t *out)
{
	uint32_t at = 0, start = 0, size;
	enum kind run = SAME, kind;
	size_t total = 0;

	while (at < len) {
		size = len - at;
		if (size > WIRE_BLOCK_BYTES)
			size = WIRE_BLOCK_BYTES;
		kind = classify(enc, buf + at, size, prints);
		if (kind == ZERO && discarded)
			kind = UNUSED;
		if (kind != run) {
			total += put_run(enc, run, buf + start, at - start,
					 offset + start, out + total);
			start = at;
			run = kind;
		}
		prints += WIRE_PRINT_BYTES;
		at += size;
	}
	return total + put_run(enc, run, buf + start, at - start,
			       offset + start, out + total);
}
