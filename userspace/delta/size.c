// SPDX-License-Identifier: GPL-2.0-or-later
#include "delta/size.h"

#define SEGMENT (1U << 20)
#define SEGMENT_BLOCKS 65536U

/* Newton's method from above: the sequence falls until it has arrived. */
uint64_t delta_square_root(uint64_t n)
{
	uint64_t x = n, next = n / 2 + 1;

	while (next < x) {
		x = next;
		next = (x + n / x) / 2;
	}
	return x;
}

uint32_t delta_default_block(uint64_t size)
{
	uint64_t block = delta_square_root(size) & ~7ULL;

	if (block < DELTA_MIN_DEFAULT_BLOCK)
		return DELTA_MIN_DEFAULT_BLOCK;
	return block < DELTA_MAX_BLOCK ? (uint32_t)block : DELTA_MAX_BLOCK;
}

uint64_t delta_block_count(uint64_t size, uint32_t block)
{
	return size / block + (size % block != 0);
}

/*
 * A multiple of the block, so that data which did not move is found at the
 * same places whether a search began with the segment or before it. Of tiny
 * blocks it is a bounded number, for each may be a match to remember.
 */
size_t delta_segment_length(uint32_t block)
{
	uint32_t blocks = SEGMENT / block;

	if (blocks > SEGMENT_BLOCKS)
		blocks = SEGMENT_BLOCKS;
	return blocks ? (size_t)blocks * block : block;
}
