// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PAUSE 0.2 /* seconds between two lines */

static double seconds(const struct timespec *from, const struct timespec *to)
{
	return (double)(to->tv_sec - from->tv_sec) +
	       (double)(to->tv_nsec - from->tv_nsec) / 1e9;
}

void bd_progress_begin(struct progress *p, uint64_t total, bool quiet)
{
	memset(p, 0, sizeof(*p));
	p->total = total;
	p->shown = !quiet && isatty(STDERR_FILENO);
	clock_gettime(CLOCK_MONOTONIC, &p->began);
	p->said = p->began;
}

void bd_progress_add(struct progress *p, uint64_t bytes)
{
	struct timespec now;
	double rate;

	p->done += bytes;
	if (!p->shown)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	if (seconds(&p->said, &now) < PAUSE)
		return;
	p->said = now;
	rate = (double)p->done / 1e6 / seconds(&p->began, &now);
	if (p->total)
		fprintf(stderr, "\r%3" PRIu64 " %%  %" PRIu64 " MB  %.0f MB/s ",
			p->done * 100 / p->total, p->done / 1000000, rate);
	else
		fprintf(stderr, "\r%" PRIu64 " MB  %.0f MB/s ",
			p->done / 1000000, rate);
}

void bd_progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
}
