/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the loss of the source would cost now: seconds since the instant that
 * the replica's newest committed era shows, and bytes that changed since.
 */
#ifndef BRAIDCTL_RISK_H
#define BRAIDCTL_RISK_H

#include <json-c/json.h>

/**
 * risk_add() - add "risk" to a volume's report
 * @now: seconds since 1970
 *
 * {"seconds": number, "bytes": number or null}, or null where there is none to
 * tell of: nothing was committed, or the replica was promoted. The bytes are
 * whole tracked blocks, and known on the source alone.
 */
void risk_add(json_object *volume, double now);

/* The sentence about it. */
void risk_print(json_object *volume);

#endif
