/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DELTA_PAGES_H
#define DELTA_PAGES_H

#include <stddef.h>
#include <stdlib.h>

/**
 * delta_pages_alloc - memory that begins with a page; free() it.
 *
 * Large pieces of malloc()'s begin 16 bytes behind one, and there the kernel
 * copies a third slower to and from a file.
 */
static inline void *delta_pages_alloc(size_t size)
{
	void *memory;

	return posix_memalign(&memory, 4096, size) ? NULL : memory;
}

#endif
