/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BRAID_DELTA_PROGRESS_H
#define BRAID_DELTA_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/**
 * struct progress - tells a person at a terminal how far the work is.
 * @total: bytes of it all, 0 if nobody knows
 */
struct progress {
	uint64_t done, total;
	struct timespec began, said;
	bool shown;
};

/** bd_progress_begin - silent if @quiet, or if standard error is no terminal */
void bd_progress_begin(struct progress *progress, uint64_t total, bool quiet);
void bd_progress_add(struct progress *progress, uint64_t bytes);

/** bd_progress_end - wipe the line */
void bd_progress_end(struct progress *progress);

#endif
