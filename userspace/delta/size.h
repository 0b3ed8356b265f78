/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_SIZE_H
#define DELTA_SIZE_H

#include <stddef.h>
#include <stdint.h>

#define DELTA_MIN_DEFAULT_BLOCK 700U
#define DELTA_UNKNOWN_SIZE_BLOCK 4096U /* for a pipe, whose end nobody knows */
#define DELTA_MAX_BLOCK (4U << 20)
#define DELTA_MAX_BLOCKS (UINT32_MAX - 1U)
#define DELTA_MAX_SIZE ((uint64_t)INT64_MAX)
#define DELTA_WEAK_SIZE 4U
#define DELTA_MIN_TAIL 16U /* a shorter last block isn't worth a reference */

/** delta_square_root - the square root of @n, rounded down */
uint64_t delta_square_root(uint64_t n);

/**
 * delta_default_block - the block length for a file of @size bytes.
 *
 * The square root, as rsync takes it: half as many blocks double the length
 * of each, so signature and literal data grow alike.
 */
uint32_t delta_default_block(uint64_t size);

/** delta_block_count - how many blocks @size bytes are; the last may be short */
uint64_t delta_block_count(uint64_t size, uint32_t block);

/** delta_segment_length - how much of a file is searched as one piece of work */
size_t delta_segment_length(uint32_t block);

#endif
