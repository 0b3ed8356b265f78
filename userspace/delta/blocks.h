/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_BLOCKS_H
#define DELTA_BLOCKS_H

#include "delta/strong.h"

/** struct delta_hashes - the two hashes of a block */
struct delta_hashes {
	uint32_t weak;
	uint8_t strong[DELTA_STRONG_MAX];
};

/**
 * delta_hash_blocks - hash the blocks that @data consists of.
 * @len: a multiple of @block, or up to the file's end
 * @out: hashes of each
 */
void delta_hash_blocks(const struct delta_strong *strong, uint32_t block,
		       const uint8_t *data, size_t len,
		       struct delta_hashes *out);

#endif
