// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <openssl/rand.h>
#include <time.h>

#include "failpoint/failpoint.h"
#include "store/internal.h"

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/*
 * Crash: before the state is saved it is a replica at the same era still,
 * afterwards it is promoted.
 */
int store_promote(struct store *s, bool force, struct err *e)
{
	struct store_state next;
	int ret = store_usable(s, e);

	store_calm(s);
	if (ret < 0 || s->state.status == WIRE_PROMOTED)
		return ret;
	if (s->state.status != WIRE_COMMITTED)
		return err_set(
			e, EINVAL,
			"there is nothing to promote: the image %s never held a complete era",
			s->image_path);
	if (s->state.diverged && !force)
		return err_set(
			e, EUCLEAN,
			"the image %s of era %llu is known to differ from what the source had; the next era would mend it, force promotes it as it is",
			s->image_path, (unsigned long long)s->state.era);
	ret = store_recover(s, e);
	if (ret < 0)
		return ret;
	next = s->state;
	next.status = WIRE_PROMOTED;
	next.promoted_at_ms = now_ms();
	if (RAND_bytes(next.own_lineage, sizeof(next.own_lineage)) != 1)
		return err_set(e, EIO, "no random bytes for a lineage");
	FAILPOINT("promote.before");
	ret = store_save_twice(s, &next, e);
	FAILPOINT("promote.after");
	if (ret == 0)
		image_close(&s->image);
	return ret;
}
