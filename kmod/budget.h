/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that maps and views take, which grows with the devices and with
 * nothing else: 4 bytes a block, and 2 bits for each view. All of them together
 * get a quarter of the machine's memory at most, so that a table line or a
 * message is refused before it hurts anybody else (P10).
 *
 * Pure: no bios and no I/O, see tests/budget_kunit.c.
 */
#ifndef BRAID_BUDGET_H
#define BRAID_BUDGET_H

#include <linux/types.h>

void *budget_zalloc(size_t size);
void budget_free(const void *p, size_t size);
size_t budget_used(void);

#endif
