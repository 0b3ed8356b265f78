/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The devices that wait to take a place in an array. */
#ifndef BRAIDCTL_SPARES_H
#define BRAIDCTL_SPARES_H

#include "braidctl/finds.h"
#include "braidctl/live.h"

/* Is it a spare of this array, that nobody uses and that is large enough? */
bool spares_fits(const struct live *live, const struct find *find);

/**
 * spares_next() - the next spare of an array
 * @finds: the devices to choose from, of finds_scan()
 * @from: where to begin; receives where to go on
 *
 * Return: NULL if there is none.
 */
const struct find *spares_next(const struct live *live,
			       const struct finds *finds, unsigned int *from);

#endif
