// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/blocks.h"
#include "delta/blake2b.h"
#include "delta/weak.h"

#include <string.h>

void delta_hash_blocks(const struct delta_strong *strong, uint32_t block,
		       const uint8_t *data, size_t len,
		       struct delta_hashes *out)
{
	uint8_t digests[BLAKE2B_MAX_LANES][DELTA_STRONG_MAX];
	const uint8_t *in[BLAKE2B_MAX_LANES];
	size_t size, left;
	unsigned int i, count;

	for (left = len; left; left -= count * size, out += count) {
		size = left < block ? left : block;
		count = left / size < BLAKE2B_MAX_LANES ?
				(unsigned int)(left / size) :
				BLAKE2B_MAX_LANES;
		for (i = 0; i < count; i++, data += size) {
			in[i] = data;
			out[i].weak =
				delta_weak_value(delta_weak_sum(data, size));
		}
		delta_strong_many(strong, in, size, count, digests);
		for (i = 0; i < count; i++)
			memcpy(out[i].strong, digests[i], strong->size);
	}
}
