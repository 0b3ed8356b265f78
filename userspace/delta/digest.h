/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_DIGEST_H
#define DELTA_DIGEST_H

#include "delta/strong.h"

#define DELTA_LEAF 65536U /* bytes hashed as one leaf of a file's digest */

/*
 * The digest of a whole file is a tree two levels high: the strong hash of
 * the leaves' digests, one after another, and of the file's length. Leaves
 * are independent, so they are hashed in any order, on any thread.
 */

/** delta_leaf_count - how many leaves @len bytes are */
static inline size_t delta_leaf_count(size_t len)
{
	return len / DELTA_LEAF + (len % DELTA_LEAF != 0);
}

/**
 * delta_digest_leaves - hash the leaves that @data consists of.
 * @data: begins with a leaf
 * @len: ends with one too, or with the file
 * @out: a digest each
 */
void delta_digest_leaves(const struct delta_strong *strong, const uint8_t *data,
			 size_t len, uint8_t (*out)[DELTA_STRONG_MAX]);

/** delta_digest_add - put the next @count leaves, in order, into the root */
void delta_digest_add(struct delta_strong_stream *root, unsigned int size,
		      const uint8_t (*leaves)[DELTA_STRONG_MAX], size_t count);

/** delta_digest_end - the digest of a file of @size bytes */
void delta_digest_end(struct delta_strong_stream *root, uint64_t size,
		      uint8_t *out);

#endif
