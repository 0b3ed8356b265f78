// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "braidctl/spares.h"
#include "member/fresh.h"

bool spares_fits(const struct live *live, const struct find *find)
{
	return live->known && !find->busy && fresh_is_idle(&find->found) &&
	       !memcmp(find->found.super.array_uuid, live->truth.array_uuid,
		       sizeof(live->truth.array_uuid)) &&
	       find->found.sectors >= live_member_sectors(live);
}

const struct find *spares_next(const struct live *live,
			       const struct finds *finds, unsigned int *from)
{
	while (*from < finds->count) {
		const struct find *find = &finds->find[(*from)++];

		if (spares_fits(live, find))
			return find;
	}
	return NULL;
}
