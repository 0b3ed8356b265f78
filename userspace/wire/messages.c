// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The payloads. Readers check everything that can be checked without knowing
 * the device: lengths, enumerations, overflow of offset + length, text.
 */
#include <assert.h>
#include <errno.h>

#include "wire/cursor.h"
#include "wire/wire.h"

static uint8_t *payload(uint8_t *buf)
{
	return buf + WIRE_HEADER_BYTES;
}

/* Everything between the header and where the writer stands. */
static size_t frame_end(uint8_t *buf, enum wire_type type,
			const struct writer *w)
{
	uint32_t length = (uint32_t)(w->p - payload(buf));

	wire_frame(buf, type, length);
	return WIRE_HEADER_BYTES + length;
}

static int bad(struct err *e, enum wire_type type)
{
	return err_set(e, EBADMSG, "a frame of type %s is malformed",
		       wire_type_name((uint8_t)type));
}

static bool range_ok(uint64_t offset, uint64_t length)
{
	return length > 0 && offset <= INT64_MAX && length <= INT64_MAX &&
	       offset + length <= INT64_MAX;
}

/* Printable text, whatever the peer sent. */
static void text_get(struct reader *r, char *to, size_t len)
{
	size_t i;

	reader_copy(r, to, len);
	to[len] = '\0';
	for (i = 0; i < len && to[i] != '\0'; i++)
		if ((unsigned char)to[i] < ' ' || (unsigned char)to[i] > '~')
			to[i] = '?';
}

static void cursor_put(struct writer *w, const struct wire_cursor *c)
{
	writer_copy(w, c->map_id, sizeof(c->map_id));
	writer_u64(w, c->map_era);
}

static void cursor_get(struct reader *r, struct wire_cursor *c)
{
	reader_copy(r, c->map_id, sizeof(c->map_id));
	c->map_era = reader_u64(r);
}

size_t wire_put_hello(uint8_t *buf, const struct wire_hello *m)
{
	struct writer w = { .p = payload(buf) };

	writer_u16(&w, m->version_min);
	writer_u16(&w, m->version_max);
	writer_u32(&w, m->block_bytes);
	writer_copy(&w, m->lineage, WIRE_LINEAGE_BYTES);
	writer_u64(&w, m->device_bytes);
	writer_copy(&w, m->name, WIRE_NAME_MAX);
	return frame_end(buf, WIRE_HELLO, &w);
}

int wire_get_hello(const uint8_t *p, size_t len, struct wire_hello *m,
		   struct err *e)
{
	struct reader r = { .p = p, .left = len };

	m->version_min = reader_u16(&r);
	m->version_max = reader_u16(&r);
	m->block_bytes = reader_u32(&r);
	reader_copy(&r, m->lineage, WIRE_LINEAGE_BYTES);
	m->device_bytes = reader_u64(&r);
	text_get(&r, m->name, WIRE_NAME_MAX);
	if (!reader_end(&r) || m->version_min > m->version_max ||
	    !range_ok(0, m->device_bytes))
		return bad(e, WIRE_HELLO);
	return 0;
}

size_t wire_put_state(uint8_t *buf, const struct wire_state *m)
{
	struct writer w = { .p = payload(buf) };

	writer_u16(&w, m->version);
	writer_u8(&w, m->status);
	writer_u8(&w, 0);
	writer_copy(&w, m->lineage, WIRE_LINEAGE_BYTES);
	writer_u64(&w, m->era);
	writer_u64(&w, m->committed_at_ms);
	cursor_put(&w, &m->cursor);
	writer_u64(&w, m->image_bytes);
	writer_copy(&w, m->key, WIRE_KEY_BYTES);
	return frame_end(buf, WIRE_STATE, &w);
}

int wire_get_state(const uint8_t *p, size_t len, struct wire_state *m,
		   struct err *e)
{
	struct reader r = { .p = p, .left = len };
	uint8_t reserved;

	m->version = reader_u16(&r);
	m->status = reader_u8(&r);
	reserved = reader_u8(&r);
	reader_copy(&r, m->lineage, WIRE_LINEAGE_BYTES);
	m->era = reader_u64(&r);
	m->committed_at_ms = reader_u64(&r);
	cursor_get(&r, &m->cursor);
	m->image_bytes = reader_u64(&r);
	reader_copy(&r, m->key, WIRE_KEY_BYTES);
	if (!reader_end(&r) || reserved != 0 || m->status > WIRE_PROMOTED ||
	    m->image_bytes > INT64_MAX || m->era >= UINT64_MAX / 2)
		return bad(e, WIRE_STATE);
	return 0;
}

static size_t range_put(uint8_t *buf, enum wire_type type,
			const struct wire_range *m)
{
	struct writer w = { .p = payload(buf) };

	writer_u64(&w, m->offset);
	writer_u64(&w, m->length);
	return frame_end(buf, type, &w);
}

static int range_get(enum wire_type type, const uint8_t *p, size_t len,
		     struct wire_range *m, struct err *e)
{
	struct reader r = { .p = p, .left = len };

	m->offset = reader_u64(&r);
	m->length = reader_u64(&r);
	if (!reader_end(&r) || !range_ok(m->offset, m->length))
		return bad(e, type);
	return 0;
}

size_t wire_put_sig_request(uint8_t *buf, const struct wire_range *m)
{
	return range_put(buf, WIRE_SIG_REQUEST, m);
}

int wire_get_sig_request(const uint8_t *p, size_t len, struct wire_range *m,
			 struct err *e)
{
	if (range_get(WIRE_SIG_REQUEST, p, len, m, e) < 0)
		return -EBADMSG;
	if (m->offset % WIRE_BLOCK_BYTES != 0 ||
	    m->length > (uint64_t)WIRE_SIGS_MAX * WIRE_BLOCK_BYTES)
		return bad(e, WIRE_SIG_REQUEST);
	return 0;
}

size_t wire_put_sigs(uint8_t *buf, const struct wire_sigs *m)
{
	struct writer w = { .p = payload(buf) };

	assert(m->count <= WIRE_SIGS_MAX);
	writer_u64(&w, m->offset);
	writer_u32(&w, m->count);
	writer_u32(&w, 0);
	writer_copy(&w, m->prints, (size_t)m->count * WIRE_PRINT_BYTES);
	return frame_end(buf, WIRE_SIGS, &w);
}

int wire_get_sigs(const uint8_t *p, size_t len, struct wire_sigs *m,
		  struct err *e)
{
	struct reader r = { .p = p, .left = len };
	uint32_t reserved;

	m->offset = reader_u64(&r);
	m->count = reader_u32(&r);
	reserved = reader_u32(&r);
	if (m->count == 0 || m->count > WIRE_SIGS_MAX || reserved != 0)
		return bad(e, WIRE_SIGS);
	m->prints = reader_bytes(&r, (size_t)m->count * WIRE_PRINT_BYTES);
	if (!reader_end(&r))
		return bad(e, WIRE_SIGS);
	return 0;
}

size_t wire_put_era_begin(uint8_t *buf, const struct wire_era_begin *m)
{
	struct writer w = { .p = payload(buf) };

	writer_u64(&w, m->base_era);
	writer_u64(&w, m->device_bytes);
	return frame_end(buf, WIRE_ERA_BEGIN, &w);
}

int wire_get_era_begin(const uint8_t *p, size_t len, struct wire_era_begin *m,
		       struct err *e)
{
	struct reader r = { .p = p, .left = len };

	m->base_era = reader_u64(&r);
	m->device_bytes = reader_u64(&r);
	if (!reader_end(&r) || !range_ok(0, m->device_bytes))
		return bad(e, WIRE_ERA_BEGIN);
	return 0;
}

size_t wire_put_data(uint8_t *buf, const struct wire_data *m)
{
	struct writer w = { .p = payload(buf) };

	assert(m->length <= WIRE_DATA_MAX);
	writer_u64(&w, m->offset);
	writer_u32(&w, m->raw_bytes);
	writer_u8(&w, m->encoding);
	writer_u8(&w, 0);
	writer_u16(&w, 0);
	if (w.p != m->bytes)
		memcpy(w.p, m->bytes, m->length);
	w.p += m->length;
	return frame_end(buf, WIRE_DATA, &w);
}

int wire_get_data(const uint8_t *p, size_t len, struct wire_data *m,
		  struct err *e)
{
	struct reader r = { .p = p, .left = len };
	uint32_t reserved;

	m->offset = reader_u64(&r);
	m->raw_bytes = reader_u32(&r);
	m->encoding = reader_u8(&r);
	reserved = reader_u8(&r);
	reserved |= reader_u16(&r);
	m->bytes = r.p;
	m->length = (uint32_t)r.left;
	if (r.overrun || reserved != 0 || m->length == 0 ||
	    m->raw_bytes > WIRE_DATA_MAX || !range_ok(m->offset, m->raw_bytes))
		return bad(e, WIRE_DATA);
	if (m->encoding == WIRE_RAW && m->length == m->raw_bytes)
		return 0;
	if (m->encoding == WIRE_ZSTD && m->length < m->raw_bytes)
		return 0;
	return bad(e, WIRE_DATA);
}

size_t wire_put_zero(uint8_t *buf, const struct wire_range *m)
{
	return range_put(buf, WIRE_ZERO, m);
}

int wire_get_zero(const uint8_t *p, size_t len, struct wire_range *m,
		  struct err *e)
{
	return range_get(WIRE_ZERO, p, len, m, e);
}

size_t wire_put_discard(uint8_t *buf, const struct wire_range *m)
{
	return range_put(buf, WIRE_DISCARD, m);
}

int wire_get_discard(const uint8_t *p, size_t len, struct wire_range *m,
		     struct err *e)
{
	return range_get(WIRE_DISCARD, p, len, m, e);
}

size_t wire_put_reference(uint8_t *buf, const struct wire_reference *m)
{
	struct writer w = { .p = payload(buf) };

	writer_u64(&w, m->offset);
	writer_u64(&w, m->from);
	writer_u32(&w, m->length);
	writer_u32(&w, 0);
	return frame_end(buf, WIRE_REFERENCE, &w);
}

int wire_get_reference(const uint8_t *p, size_t len, struct wire_reference *m,
		       struct err *e)
{
	struct reader r = { .p = p, .left = len };
	uint32_t reserved;

	m->offset = reader_u64(&r);
	m->from = reader_u64(&r);
	m->length = reader_u32(&r);
	reserved = reader_u32(&r);
	if (!reader_end(&r) || reserved != 0 || m->length > WIRE_DATA_MAX ||
	    !range_ok(m->offset, m->length) || !range_ok(m->from, m->length))
		return bad(e, WIRE_REFERENCE);
	return 0;
}

size_t wire_put_era_commit(uint8_t *buf, const struct wire_era_commit *m)
{
	static const uint8_t none[WIRE_SHA256_BYTES];
	struct writer w = { .p = payload(buf) };

	writer_u64(&w, m->era);
	writer_u64(&w, m->closed_at_ms);
	cursor_put(&w, &m->cursor);
	writer_u64(&w, m->frames);
	writer_u64(&w, m->digest);
	writer_u64(&w, m->has_sha256);
	writer_copy(&w, m->has_sha256 ? m->sha256 : none, WIRE_SHA256_BYTES);
	return frame_end(buf, WIRE_ERA_COMMIT, &w);
}

int wire_get_era_commit(const uint8_t *p, size_t len, struct wire_era_commit *m,
			struct err *e)
{
	struct reader r = { .p = p, .left = len };
	uint64_t has_sha256;

	m->era = reader_u64(&r);
	m->closed_at_ms = reader_u64(&r);
	cursor_get(&r, &m->cursor);
	m->frames = reader_u64(&r);
	m->digest = reader_u64(&r);
	has_sha256 = reader_u64(&r);
	m->has_sha256 = has_sha256 == 1;
	reader_copy(&r, m->sha256, WIRE_SHA256_BYTES);
	if (!reader_end(&r) || has_sha256 > 1 || m->era == 0 ||
	    m->era >= UINT64_MAX / 2)
		return bad(e, WIRE_ERA_COMMIT);
	return 0;
}

size_t wire_put_ack(uint8_t *buf, const struct wire_ack *m)
{
	struct writer w = { .p = payload(buf) };

	writer_u64(&w, m->era);
	return frame_end(buf, WIRE_ACK, &w);
}

int wire_get_ack(const uint8_t *p, size_t len, struct wire_ack *m,
		 struct err *e)
{
	struct reader r = { .p = p, .left = len };

	m->era = reader_u64(&r);
	return reader_end(&r) ? 0 : bad(e, WIRE_ACK);
}

size_t wire_put_error(uint8_t *buf, const struct wire_error_msg *m)
{
	struct writer w = { .p = payload(buf) };

	writer_u16(&w, m->code);
	writer_copy(&w, m->sentence, strnlen(m->sentence, WIRE_SENTENCE_MAX));
	return frame_end(buf, WIRE_ERROR, &w);
}

int wire_get_error(const uint8_t *p, size_t len, struct wire_error_msg *m,
		   struct err *e)
{
	struct reader r = { .p = p, .left = len };

	m->code = reader_u16(&r);
	if (r.overrun || r.left > WIRE_SENTENCE_MAX || m->code == 0 ||
	    m->code >= WIRE_E_ERROR_END)
		return bad(e, WIRE_ERROR);
	text_get(&r, m->sentence, r.left);
	return 0;
}

size_t wire_put_keepalive(uint8_t *buf)
{
	wire_frame(buf, WIRE_KEEPALIVE, 0);
	return WIRE_HEADER_BYTES;
}

size_t wire_put_bye(uint8_t *buf)
{
	wire_frame(buf, WIRE_BYE, 0);
	return WIRE_HEADER_BYTES;
}

int wire_get_empty(const uint8_t *p, size_t len, struct err *e)
{
	if (len != 0)
		return err_set(e, EBADMSG,
			       "a frame that should be empty has %zu bytes",
			       len);
	return 0;
}
