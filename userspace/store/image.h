/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The replica's image: a block device or a file, held exclusively. */
#ifndef STORE_IMAGE_H
#define STORE_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "err/err.h"

struct image {
	int fd; /* -1: not open */
	bool block;
	uint64_t bytes;
};

/**
 * image_open - open and hold
 * Return: 0, -ENOENT if there is no such file, -errno.
 */
int image_open(struct image *image, const char *path, struct err *e);

/**
 * image_make - make a sparse file of @bytes, and open it
 * @image:	not open, or an empty file
 *
 * Crash: leaves no file, an empty one (which is taken the next time), or the
 * whole.
 */
int image_make(struct image *image, const char *path, uint64_t bytes,
	       struct err *e);
void image_close(struct image *image);

/** image_is_unmade - whether image_make() is still to be called */
bool image_is_unmade(const struct image *image);

/* All or nothing: 0 or -errno. */
int image_read(const struct image *image, void *buf, uint64_t len,
	       uint64_t offset);
int image_write(const struct image *image, const void *buf, uint64_t len,
		uint64_t offset);
/* Make a range read as zeros, and give its space back where that works. */
int image_zero(const struct image *image, uint64_t len, uint64_t offset);
/* The same for what nobody misses: its space on a device is given back, too. */
int image_discard(const struct image *image, uint64_t len, uint64_t offset);
int image_sync(const struct image *image);

/** image_is_hole - whether a range of a file surely reads as zeros */
bool image_is_hole(const struct image *image, uint64_t len, uint64_t offset);

#endif
