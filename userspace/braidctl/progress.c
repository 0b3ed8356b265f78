// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "braidctl/progress.h"

bool progress_under_way(const struct dm_raid_status *status)
{
	return strcmp(status->action, "idle") &&
	       strcmp(status->action, "frozen");
}

struct progress progress_of(const struct progress_sample *first,
			    const struct progress_sample *second)
{
	const struct dm_raid_status *before = &first->status;
	const struct dm_raid_status *now = &second->status;
	struct progress progress = {
		.under_way = progress_under_way(now),
		.fraction = now->total ? (double)now->synced / now->total : 0,
	};
	double seconds = second->at - first->at;

	if (!progress.under_way || strcmp(before->action, now->action) ||
	    before->total != now->total || before->synced > now->synced ||
	    seconds <= 0)
		return progress;
	progress.rate_known = true;
	progress.rate = (now->synced - before->synced) * 512.0 / seconds;
	if (now->synced == before->synced)
		return progress;
	progress.eta_known = true;
	progress.eta = (now->total - now->synced) * 512.0 / progress.rate;
	return progress;
}
