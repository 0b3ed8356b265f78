// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "braidctl/complain.h"
#include "braidctl/progress.h"
#include "braidctl/sync.h"
#include "dm/events.h"
#include "dm/raid.h"

/* It is looked at so often, whether there was an event or not. */
#define LOOK_MS 1000
/* Nothing has been begun for so long although something is due. */
#define STUCK_MS 5000

static int scrub_stop(const char *name)
{
	struct dm_raid_status status;
	struct err error;

	if (dm_raid_status(name, &status, NULL, &error))
		return complain("%s", error.text);
	if (strcmp(status.action, "check") && strcmp(status.action, "repair"))
		return complain(
			"%s is neither being checked nor repaired: it is at '%s'",
			name, status.action);
	if (dm_dev_message(name, "idle", NULL, &error))
		return complain("%s", error.text);
	return EXIT_OK;
}

int array_scrub(const struct request *request)
{
	const char *name = request->operand[0], *what = request->operand[1];
	struct dm_raid_status status;
	struct err error;

	if (!strcmp(what, "stop"))
		return scrub_stop(name);
	if (strcmp(what, "check") && strcmp(what, "repair"))
		return complain_usage(
			"'%s' is no way to scrub: check, repair or stop", what);
	if (dm_raid_status(name, &status, NULL, &error))
		return complain("%s", error.text);
	if (!strcmp(status.level, "raid0"))
		return complain(
			"%s is a stripe: there is nothing to compare its devices with",
			name);
	if (progress_under_way(&status))
		return complain(
			"%s is at '%s': array wait waits until that is done",
			name, status.action);
	if (dm_dev_message(name, what, NULL, &error))
		return complain("%s", error.text);
	return EXIT_OK;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* What is due, but was not begun yet, is not the end. */
static bool is_done(const struct dm_raid_status *status)
{
	return !progress_under_way(status) && !strchr(status->health, 'a') &&
	       status->synced == status->total;
}

static int stuck(const char *name, const struct dm_raid_status *status)
{
	if (!strcmp(status->action, "frozen"))
		return complain(
			"%s is frozen, and not in sync: dmsetup message %s 0 idle lets it go on",
			name, name);
	return complain(
		"%s stopped before it was in sync, and the kernel's log says why: dmsetup message %s 0 %s tries again",
		name, name,
		strchr(status->health, 'a') ? "recover" : "resync");
}

static int late(const char *name, const struct dm_raid_status *status)
{
	return complain("%s is not done in time: it is at '%s', %.1f %%", name,
			status->action,
			status->total ? 100.0 * status->synced / status->total :
					0);
}

int array_wait(const struct request *request)
{
	bool bound = request_has(request, OPT_TIMEOUT);
	uint64_t seconds = request->number[OPT_TIMEOUT];
	const char *name = request->operand[0];
	struct dm_raid_status status;
	struct dm_dev_info info;
	int64_t start = now_ms(), moved = start, left;
	struct err error;
	int r;

	if (seconds > INT32_MAX)
		return complain_usage("--timeout %s: that is for ever",
				      request->text[OPT_TIMEOUT]);
	for (;;) {
		left = start + (int64_t)seconds * 1000 - now_ms();
		if (dm_dev_info(name, &info, &error) ||
		    dm_raid_status(name, &status, NULL, &error))
			return complain("%s", error.text);
		if (is_done(&status))
			return EXIT_OK;
		if (progress_under_way(&status))
			moved = now_ms();
		if (now_ms() - moved > STUCK_MS)
			return stuck(name, &status);
		if (bound && left <= 0)
			return late(name, &status);
		r = dm_events_wait(name, &info.event_nr,
				   bound && left < LOOK_MS ? left : LOOK_MS,
				   &error);
		if (r && r != -ETIMEDOUT)
			return complain("%s", error.text);
	}
}
