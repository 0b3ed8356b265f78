// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdio.h>
#include <string.h>

#include "braidctl/size.h"

/* The digits at the start of @text; false if there are none or too many. */
static bool digits(const char **text, uint64_t *number)
{
	const char *at = *text;
	uint64_t sum = 0;

	while (*at >= '0' && *at <= '9')
		if (__builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, *at++ - '0', &sum))
			return false;
	if (at == *text)
		return false;
	*text = at;
	*number = sum;
	return true;
}

bool size_parse_number(const char *text, uint64_t *number)
{
	return digits(&text, number) && !*text;
}

/* How many bits a unit shifts by; -1 if it isn't one. */
static int unit_shift(const char *unit)
{
	static const char letters[] = "KMGTP";
	const char *found;

	if (!*unit || !strcmp(unit, "B"))
		return 0;
	if (!strcmp(unit, "s"))
		return 9;
	if (*unit == 'k')
		found = letters;
	else
		found = strchr(letters, *unit);
	if (!found || (unit[1] && strcmp(unit + 1, "iB")))
		return -1;
	return 10 * (found - letters + 1);
}

bool size_parse(const char *text, uint64_t *bytes)
{
	uint64_t number;
	int shift;

	if (!digits(&text, &number))
		return false;
	shift = unit_shift(text);
	if (shift < 0 || number > UINT64_MAX >> shift)
		return false;
	*bytes = number << shift;
	return true;
}

const char *size_format(uint64_t bytes, char text[SIZE_TEXT])
{
	static const char *const units[] = { "KiB", "MiB", "GiB",
					     "TiB", "PiB", "EiB" };
	double value = bytes;
	int i = -1;

	if (bytes < 1024) {
		snprintf(text, SIZE_TEXT, "%u B", (unsigned int)bytes);
		return text;
	}
	while (value >= 1024 && i < 5) {
		value /= 1024;
		i++;
	}
	snprintf(text, SIZE_TEXT, "%.1f %s", value, units[i]);
	return text;
}

const char *size_format_seconds(double seconds, char text[SIZE_TEXT])
{
	unsigned long whole;

	if (!(seconds >= 0) || seconds > 1e12) {
		snprintf(text, SIZE_TEXT, "?");
		return text;
	}
	whole = seconds;
	if (whole < 10)
		snprintf(text, SIZE_TEXT, "%.1f s", seconds);
	else if (whole < 60)
		snprintf(text, SIZE_TEXT, "%lu s", whole);
	else if (whole < 3600)
		snprintf(text, SIZE_TEXT, "%lu min %lu s", whole / 60,
			 whole % 60);
	else if (whole < 86400)
		snprintf(text, SIZE_TEXT, "%lu h %lu min", whole / 3600,
			 whole / 60 % 60);
	else
		snprintf(text, SIZE_TEXT, "%lu d %lu h", whole / 86400,
			 whole / 3600 % 24);
	return text;
}
