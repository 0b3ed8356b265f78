// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "dm/scan.h"

#define SPACE " \t\r\n"

bool dm_scan_word(struct dm_scan *scan, const char **word, size_t *length)
{
	*word = scan->at + strspn(scan->at, SPACE);
	*length = strcspn(*word, SPACE);
	scan->at = *word + *length;
	return *length > 0;
}

bool dm_scan_copy(struct dm_scan *scan, char *copy, size_t size)
{
	const char *word;
	size_t length;

	if (!dm_scan_word(scan, &word, &length) || length >= size)
		return false;
	memcpy(copy, word, length);
	copy[length] = '\0';
	return true;
}

bool dm_scan_is(struct dm_scan *scan, const char *word)
{
	const char *found;
	size_t length;

	return dm_scan_word(scan, &found, &length) && length == strlen(word) &&
	       !memcmp(found, word, length);
}

/* All of [text, text + length) is a decimal number. */
static bool decimal(const char *text, size_t length, uint64_t *value)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < length; i++) {
		unsigned int digit = (unsigned char)text[i] - '0';

		if (digit > 9 || __builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, digit, &sum))
			return false;
	}
	*value = sum;
	return length > 0;
}

bool dm_scan_u64(struct dm_scan *scan, uint64_t *value)
{
	const char *word;
	size_t length;

	return dm_scan_word(scan, &word, &length) &&
	       decimal(word, length, value);
}

bool dm_scan_u32(struct dm_scan *scan, uint32_t *value)
{
	uint64_t wide;

	if (!dm_scan_u64(scan, &wide) || wide > UINT32_MAX)
		return false;
	*value = wide;
	return true;
}

bool dm_scan_ratio(struct dm_scan *scan, uint64_t *part, uint64_t *whole)
{
	const char *word, *slash;
	size_t length;

	if (!dm_scan_word(scan, &word, &length))
		return false;
	slash = memchr(word, '/', length);
	return slash && decimal(word, slash - word, part) &&
	       decimal(slash + 1, word + length - slash - 1, whole);
}

bool dm_scan_end(struct dm_scan *scan)
{
	return !scan->at[strspn(scan->at, SPACE)];
}
