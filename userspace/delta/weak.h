/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_WEAK_H
#define DELTA_WEAK_H

#include <stddef.h>
#include <stdint.h>

#define DELTA_WEAK_OFFSET 31 /* added to each byte, so that zeroes count */

/**
 * struct delta_weak - the rsync sum of a window.
 * @s1: sum of the bytes, each plus 31
 * @s2: sum of the sums, so that order counts
 *
 * Only the lower 16 bits of each mean anything.
 */
struct delta_weak {
	uint32_t s1, s2;
};

/** delta_weak_sum - the sum of @len bytes at @data */
struct delta_weak delta_weak_sum(const uint8_t *data, size_t len);

static inline uint32_t delta_weak_value(struct delta_weak sum)
{
	return (sum.s2 << 16) | (sum.s1 & 0xffff);
}

/** delta_weak_roll - move a window of @len bytes on: @out leaves, @in enters */
static inline struct delta_weak
delta_weak_roll(struct delta_weak sum, uint32_t len, uint8_t out, uint8_t in)
{
	sum.s1 += (uint32_t)in - out;
	sum.s2 += sum.s1 - len * ((uint32_t)out + DELTA_WEAK_OFFSET);
	return sum;
}

#endif
