/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Little-endian fields one after the other, out of and into a buffer. A reader
 * that runs over the end notes it and returns zeros from then on; the caller
 * asks once, at the end, with reader_end().
 */
#ifndef WIRE_CURSOR_H
#define WIRE_CURSOR_H

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *p;
	size_t left;
	bool overrun;
};

static inline const uint8_t *reader_bytes(struct reader *r, size_t len)
{
	const uint8_t *p = r->p;

	if (r->overrun || len > r->left) {
		r->overrun = true;
		return NULL;
	}
	r->p += len;
	r->left -= len;
	return p;
}

static inline void reader_copy(struct reader *r, void *to, size_t len)
{
	const uint8_t *p = reader_bytes(r, len);

	if (p != NULL)
		memcpy(to, p, len);
	else
		memset(to, 0, len);
}

static inline uint8_t reader_u8(struct reader *r)
{
	uint8_t v;

	reader_copy(r, &v, sizeof(v));
	return v;
}

static inline uint16_t reader_u16(struct reader *r)
{
	uint16_t v;

	reader_copy(r, &v, sizeof(v));
	return le16toh(v);
}

static inline uint32_t reader_u32(struct reader *r)
{
	uint32_t v;

	reader_copy(r, &v, sizeof(v));
	return le32toh(v);
}

static inline uint64_t reader_u64(struct reader *r)
{
	uint64_t v;

	reader_copy(r, &v, sizeof(v));
	return le64toh(v);
}

/* Whether all was read, and no more than all. */
static inline bool reader_end(const struct reader *r)
{
	return !r->overrun && r->left == 0;
}

struct writer {
	uint8_t *p;
};

static inline void writer_copy(struct writer *w, const void *from, size_t len)
{
	memcpy(w->p, from, len);
	w->p += len;
}

static inline void writer_u8(struct writer *w, uint8_t v)
{
	*w->p++ = v;
}

static inline void writer_u16(struct writer *w, uint16_t v)
{
	v = htole16(v);
	writer_copy(w, &v, sizeof(v));
}

static inline void writer_u32(struct writer *w, uint32_t v)
{
	v = htole32(v);
	writer_copy(w, &v, sizeof(v));
}

static inline void writer_u64(struct writer *w, uint64_t v)
{
	v = htole64(v);
	writer_copy(w, &v, sizeof(v));
}

#endif
