/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the image is what the source hashed. */
#ifndef STORE_VERIFY_H
#define STORE_VERIFY_H

#include <stdbool.h>

#include "err/err.h"

struct store;

/**
 * verify_image - hash the image, log the hash, compare it with the state's
 * Return: 0, -ECANCELED after store_hurry(), -errno.
 */
int verify_image(struct store *s, bool *same, struct err *e);

#endif
