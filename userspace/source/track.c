// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>

#include "source/origin.h"

int origin_track_open(struct origin **out, const struct config *config,
		      struct err *e)
{
	return err_set(e, ENOTSUP, "mode = track is not built in yet");
}
