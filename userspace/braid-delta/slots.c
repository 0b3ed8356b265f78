// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/slots.h"
#include "braid-delta/complain.h"

#include <stdlib.h>

#define MEMORY (24U << 20)
#define SPARE 2 /* slots beyond one for each thread */
#define SLOTS_MAX 256

static unsigned int slot_count(const struct slot_kind *kind,
			       unsigned int threads)
{
	size_t count = threads > 1 ? threads + SPARE : 1;
	size_t most = MEMORY / kind->memory;

	if (count > SLOTS_MAX)
		count = SLOTS_MAX;
	if (count > most)
		count = most ? most : 1;
	return (unsigned int)count;
}

int bd_slots_run(const struct slot_kind *kind, const struct pool_work *work,
		 unsigned int threads)
{
	unsigned int count = slot_count(kind, threads), made = 0;
	void *slots[SLOTS_MAX];
	int ret = 0;

	while (!ret && made < count) {
		slots[made] = calloc(1, kind->size);
		if (!slots[made])
			ret = bd_complain("there is not enough memory");
		else
			ret = kind->init(work->ctx, slots[made++]);
	}
	if (!ret)
		ret = bd_pool_run(work, slots, count, threads);
	while (made) {
		kind->free(slots[--made]);
		free(slots[made]);
	}
	return ret;
}
