// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/apply.h"

#include <string.h>

static int next_op(struct delta_apply *a)
{
	int ret = delta_reader_next(a->reader, &a->op);

	a->ended = ret == 0;
	return ret < 0 ? ret : 0;
}

int delta_apply_fill(struct delta_apply *a, uint8_t *buf, size_t *used,
		     size_t size, struct delta_piece *pieces, size_t room,
		     size_t *count)
{
	int ret = 0;

	*count = 0;
	while (!ret && !a->ended && *used < size && *count < room) {
		size_t part = size - *used;

		if (!a->op.length) {
			ret = next_op(a);
			continue;
		}
		if (part > a->op.length)
			part = (size_t)a->op.length;
		if (a->op.kind == DELTA_REFERENCE)
			pieces[(*count)++] =
				(struct delta_piece){ *used, part,
						      a->op.offset };
		else if (a->op.kind == DELTA_ZEROES)
			memset(buf + *used, 0, part);
		else
			ret = delta_reader_data(a->reader, buf + *used, part);
		a->op.offset += part;
		a->op.length -= part;
		*used += part;
	}
	return ret;
}
