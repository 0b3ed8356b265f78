/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The fingerprints file: 16 bytes for each 4 KiB of the image, zeros where
 * nothing is known. It is a cache: what it holds must be right, what it
 * lacks is computed from the image. So a failure to write it empties it, and
 * whoever may have changed the image behind it empties it too.
 */
#ifndef STORE_PRINTS_H
#define STORE_PRINTS_H

#include "store/image.h"
#include "wire/wire.h"

struct prints {
	int fd;
	struct wire_key key;
	uint64_t image_bytes;
	uint8_t *buf; /* PRINTS_BATCH blocks of the image */
	uint8_t zero[WIRE_PRINT_BYTES]; /* of a whole block */
};

int prints_open(struct prints *p, int dir_fd, const char *dir,
		const uint8_t key[WIRE_KEY_BYTES], struct err *e);
void prints_close(struct prints *p);

/** prints_forget - know nothing any more, if not yet durably */
int prints_forget(struct prints *p);
/** prints_sync - if it fails, nothing is known any more */
int prints_sync(struct prints *p);

/** prints_note - this was written to the image */
int prints_note(struct prints *p, const uint8_t *buf, uint64_t len,
		uint64_t offset);
int prints_note_zero(struct prints *p, uint64_t len, uint64_t offset);

/** prints_get - fingerprints of a range, at most WIRE_SIGS_MAX blocks */
int prints_get(struct prints *p, const struct image *image, uint64_t len,
	       uint64_t offset, uint8_t *out);

/**
 * prints_sample - compare some of what is known with the image
 * Return: 0 if all agree, -ESTALE if one doesn't, -errno.
 */
int prints_sample(struct prints *p, const struct image *image);

#endif
