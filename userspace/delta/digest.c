// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/digest.h"
#include "delta/blake2b.h"

#include <endian.h>

void delta_digest_leaves(const struct delta_strong *strong, const uint8_t *data,
			 size_t len, uint8_t (*out)[DELTA_STRONG_MAX])
{
	const uint8_t *in[BLAKE2B_MAX_LANES];
	size_t whole = len / DELTA_LEAF;
	unsigned int i, count;

	for (; whole; whole -= count, out += count) {
		count = whole < BLAKE2B_MAX_LANES ? (unsigned int)whole :
						    BLAKE2B_MAX_LANES;
		for (i = 0; i < count; i++, data += DELTA_LEAF)
			in[i] = data;
		delta_strong_many(strong, in, DELTA_LEAF, count, out);
	}
	if (len % DELTA_LEAF)
		delta_strong_hash(strong, data, len % DELTA_LEAF, *out);
}

void delta_digest_add(struct delta_strong_stream *root, unsigned int size,
		      const uint8_t (*leaves)[DELTA_STRONG_MAX], size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		delta_strong_stream_add(root, leaves[i], size);
}

void delta_digest_end(struct delta_strong_stream *root, uint64_t size,
		      uint8_t *out)
{
	uint64_t length = htole64(size);

	delta_strong_stream_add(root, &length, sizeof(length));
	delta_strong_stream_end(root, out);
}
