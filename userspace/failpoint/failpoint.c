// SPDX-License-Identifier: GPL-2.0-or-later
#include "failpoint/failpoint.h"

#ifdef BRAID_FAILPOINTS
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char armed[64];
static atomic_int hits_left;

int failpoint_arm(const char *spec)
{
	const char *colon = strchr(spec, ':');

	snprintf(armed, sizeof(armed), "%.*s",
		 colon ? (int)(colon - spec) : (int)strlen(spec), spec);
	hits_left = colon ? atoi(colon + 1) : 1;
	return armed[0] != '\0' && hits_left > 0 ? 0 : -1;
}

void failpoint_hit(const char *name)
{
	if (strcmp(name, armed) == 0 && atomic_fetch_sub(&hits_left, 1) == 1)
		kill(getpid(), SIGKILL);
}
#endif
