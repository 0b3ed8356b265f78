/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Places where a test can kill the process. They exist only in a build with
 * FAILPOINTS=1, where `braidd -x NAME[:HITS]` arms one; nothing in a normal
 * build can.
 */
#ifndef FAILPOINT_FAILPOINT_H
#define FAILPOINT_FAILPOINT_H

#ifdef BRAID_FAILPOINTS
/** failpoint_arm - die by SIGKILL at the HITS-th (1st) pass of NAME */
int failpoint_arm(const char *spec);
void failpoint_hit(const char *name);
#define FAILPOINT(name) failpoint_hit(name)
#else
#define FAILPOINT(name) \
	do {            \
	} while (0)
#endif

#endif
