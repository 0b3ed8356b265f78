/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory that maps and views take, which grows with the devices and with
 * nothing else: 8 bytes for three blocks, 2 bits for each view, and a record for each
 * block that is kept. All of them together get a quarter of the machine's memory
 * at most, so that a table line or a message is refused, and a view given up,
 * before it hurts anybody else (P10).
 *
 * Pure: no bios and no I/O, see tests/budget_kunit.c.
 */
#ifndef BRAID_BUDGET_H
#define BRAID_BUDGET_H

#include <linux/types.h>

bool budget_take(size_t size);
void budget_give_back(size_t size);
void *budget_zalloc(size_t size);
void budget_free(const void *p, size_t size);
size_t budget_used(void);

#endif
