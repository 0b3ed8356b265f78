/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_VARINT_H
#define DELTA_VARINT_H

#include <stdint.h>

#define VARINT_MAX 10 /* bytes that a 64-bit number takes at most */

/**
 * varint_put - write a number in 7-bit groups, least significant first.
 * @p: room for VARINT_MAX bytes
 * @value: the number
 *
 * Returns the byte after the last one written.
 */
static inline uint8_t *varint_put(uint8_t *p, uint64_t value)
{
	while (value >= 0x80) {
		*p++ = (uint8_t)value | 0x80;
		value >>= 7;
	}
	*p++ = (uint8_t)value;
	return p;
}

/* Signed numbers near zero, of either sign, become small unsigned ones. */
static inline uint64_t zigzag(int64_t value)
{
	return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t unzigzag(uint64_t value)
{
	return (int64_t)((value >> 1) ^ -(value & 1));
}

#endif
