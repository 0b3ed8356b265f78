/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_BLAKE2B_H
#define DELTA_BLAKE2B_H

#include <stddef.h>
#include <stdint.h>

#define BLAKE2B_256_SIZE 32
#define BLAKE2B_MAX_LANES 8

/**
 * blake2b_lanes - how many messages this processor hashes at once.
 *
 * 8 with AVX-512, 4 with AVX2, else 1.
 */
unsigned int blake2b_lanes(void);

/**
 * blake2b_256_many - BLAKE2b-256 of @count messages of one length.
 * @in: the messages
 * @len: the length of each
 * @count: how many
 * @out: @count digests
 */
void blake2b_256_many(const uint8_t *const *in, size_t len, unsigned int count,
		      uint8_t (*out)[BLAKE2B_256_SIZE]);

#endif
