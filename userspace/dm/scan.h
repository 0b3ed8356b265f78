/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a line of words and numbers, as device-mapper's tables and status
 * lines are, from text that may be anything: nothing is assumed but the
 * closing NUL, and nothing is written into the text.
 */
#ifndef DM_SCAN_H
#define DM_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dm_scan {
	const char *at;
};

/* The next word, not NUL-terminated; false at the end of the text. */
bool dm_scan_word(struct dm_scan *scan, const char **word, size_t *length);

/* The next word, copied; false at the end, or if it is longer than @size - 1. */
bool dm_scan_copy(struct dm_scan *scan, char *copy, size_t size);

/* The next word is exactly @word. */
bool dm_scan_is(struct dm_scan *scan, const char *word);

/* The next word is a decimal number that fits. */
bool dm_scan_u64(struct dm_scan *scan, uint64_t *value);
bool dm_scan_u32(struct dm_scan *scan, uint32_t *value);

/* The next word is two decimal numbers with a slash between them. */
bool dm_scan_ratio(struct dm_scan *scan, uint64_t *part, uint64_t *whole);

/* Nothing but white space is left. */
bool dm_scan_end(struct dm_scan *scan);

#endif
