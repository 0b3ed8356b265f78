/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sizes and spans of time, as a person writes and reads them. */
#ifndef BRAIDCTL_SIZE_H
#define BRAIDCTL_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIZE_TEXT 32

/**
 * size_parse() - read a size into bytes
 *
 * A whole number with an optional unit: s (sectors of 512 bytes), K, M, G, T, P
 * (powers of 1024; "KiB" and the like are the same), or B. Nothing else, and
 * nothing that doesn't fit, is a size.
 */
bool size_parse(const char *text, uint64_t *bytes);

/* Decimal digits only. */
bool size_parse_number(const char *text, uint64_t *number);

/* "512 B", "64.0 KiB", "1.5 GiB". */
const char *size_format(uint64_t bytes, char text[SIZE_TEXT]);

/* "4 s", "3 min 20 s", "2 h 5 min", "3 d 4 h". */
const char *size_format_seconds(double seconds, char text[SIZE_TEXT]);

#endif
