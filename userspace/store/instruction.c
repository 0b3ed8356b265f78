// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "store/internal.h"

/* Whole blocks, but for the image's end. */
static bool aligned(const struct store *s, const struct wire_range *r)
{
	uint64_t end = r->offset + r->length;

	return r->offset % WIRE_BLOCK_BYTES == 0 &&
	       (end % WIRE_BLOCK_BYTES == 0 || end == s->state.image_bytes);
}

static int check_range(const struct store *s, const struct wire_range *r,
		       struct err *e)
{
	if (r->offset + r->length > s->state.image_bytes || !aligned(s, r))
		return err_set(
			e, EBADMSG,
			"an instruction for bytes %llu to %llu doesn't fit an image of %llu bytes",
			(unsigned long long)r->offset,
			(unsigned long long)(r->offset + r->length),
			(unsigned long long)s->state.image_bytes);
	return 0;
}

static int get_data(struct store *s, struct instruction *in,
		    const uint8_t *payload, size_t len, struct err *e)
{
	struct wire_data m;
	size_t got;

	if (wire_get_data(payload, len, &m, e) < 0)
		return -EBADMSG;
	in->to = (struct wire_range){ m.offset, m.raw_bytes };
	in->bytes = m.bytes;
	if (m.encoding == WIRE_RAW)
		return 0;
	got = ZSTD_decompressDCtx(s->zstd, s->raw, m.raw_bytes, m.bytes,
				  m.length);
	if (ZSTD_isError(got) || got != m.raw_bytes)
		return err_set(e, EBADMSG,
			       "data for offset %llu does not uncompress",
			       (unsigned long long)m.offset);
	in->bytes = s->raw;
	return 0;
}

static int get_reference(struct store *s, struct instruction *in,
			 const uint8_t *payload, size_t len, struct err *e)
{
	struct wire_reference m;

	if (wire_get_reference(payload, len, &m, e) < 0)
		return -EBADMSG;
	if (store_initial(s))
		return err_set(
			e, EBADMSG,
			"a reference came before the first image was complete");
	in->to = (struct wire_range){ m.offset, m.length };
	in->from = m.from;
	if (m.from + m.length > s->state.image_bytes)
		return err_set(e, EBADMSG,
			       "a reference to what lies beyond the image came");
	return 0;
}

int instruction_get(struct store *s, struct instruction *in, uint8_t type,
		    const uint8_t *payload, size_t len, struct err *e)
{
	int ret;

	in->type = type;
	switch (type) {
	case WIRE_DATA:
		ret = get_data(s, in, payload, len, e);
		break;
	case WIRE_ZERO:
		ret = wire_get_zero(payload, len, &in->to, e);
		break;
	case WIRE_DISCARD:
		ret = wire_get_discard(payload, len, &in->to, e);
		break;
	case WIRE_REFERENCE:
		ret = get_reference(s, in, payload, len, e);
		break;
	default:
		return err_set(e, EBADMSG,
			       "a frame of type %s is no instruction",
			       wire_type_name(type));
	}
	return ret < 0 ? ret : check_range(s, &in->to, e);
}

int instruction_apply(struct store *s, const struct instruction *in,
		      struct err *e)
{
	uint64_t len = in->to.length, offset = in->to.offset;
	int ret;

	if (in->type == WIRE_DATA) {
		ret = image_write(&s->image, in->bytes, len, offset);
		if (ret == 0)
			ret = prints_note(&s->prints, in->bytes, len, offset);
	} else {
		ret = in->type == WIRE_DISCARD ?
			      image_discard(&s->image, len, offset) :
			      image_zero(&s->image, len, offset);
		if (ret == 0)
			ret = prints_note_zero(&s->prints, len, offset);
	}
	if (ret == 0)
		return 0;
	prints_forget(&s->prints); /* who knows what was written */
	return err_sys(e, -ret, "cannot write the image %s at %llu",
		       s->image_path, (unsigned long long)offset);
}
