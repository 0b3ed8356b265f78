/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Telling the world what happened: a line, a hook, a mail. */
#ifndef BRAIDCTL_TELL_H
#define BRAIDCTL_TELL_H

#include "braidctl/watch.h"

struct teller {
	bool json;
	const char *exec; /* a program, or NULL */
	const char *mail; /* an address, or NULL */
	bool broken; /* nobody reads our lines any more */
};

/**
 * tell_event() - print it, run the hook, and mail it if it is grave
 *
 * Hook and mailer are waited for, a minute at most; then they are killed. That
 * they fail is said on stderr and changes nothing.
 */
void tell_event(struct teller *teller, const struct watch_event *event);

#endif
