// SPDX-License-Identifier: GPL-2.0-or-later
/* The ranges of an era: fetched from its origin by the worker, then cut. */
#include "source/piece.h"

void ranges_fetch(struct work *work)
{
	struct ship *ship = ring_container(work, struct ship, fetch);
	unsigned int n = 0;
	int ret = 1;

	while (n < RANGES && ret == 1) {
		ret = ship->origin->ops->next(ship->origin, &ship->fetched,
					      &ship->batch[n],
					      &ship->fetch_err);
		n += ret == 1;
	}
	ship->batch_len = n;
	ship->batch_next = 0;
	ship->fetch_ret = ret;
}

void ranges_fetched(struct work *work)
{
	struct ship *ship = ring_container(work, struct ship, fetch);

	ship->fetching = false;
	ship->era = ship->fetched;
	ship->no_more = ship->fetch_ret <= 0;
	ship->barrier = ship->fetch_ret == ORIGIN_BARRIER;
	if (ship->phase == PIECING && ship->fetch_ret < 0)
		ship_abort(ship, ship->fetch_err.text);
	ship_pump(ship);
}

/* The ranges are cut; is there still the device as a whole to be hashed? */
static bool next_pass(struct ship *ship)
{
	if (ship->md == NULL || ship->era.whole || ship->second_pass)
		return false;
	ship->second_pass = true;
	ship->rest = (struct origin_range){ .at = { 0, ship->origin->bytes },
					    .fd = ship->era.fd };
	return true;
}

bool ranges_next(struct ship *ship)
{
	if (ship->rest.at.length > 0)
		return true;
	if (ship->fetching)
		return false;
	if (ship->batch_next < ship->batch_len) {
		ship->rest = ship->batch[ship->batch_next++];
		return true;
	}
	if (ship->no_more)
		return next_pass(ship);
	if (ship->barrier && ship->sent != ship->filled)
		return false;
	ship->fetching = true;
	worker_submit(ship->worker, &ship->fetch);
	return false;
}

bool ranges_done(const struct ship *ship)
{
	return ship->no_more && !ship->fetching && ship->rest.at.length == 0 &&
	       ship->batch_next == ship->batch_len &&
	       (ship->md == NULL || ship->era.whole || ship->second_pass);
}
