// SPDX-License-Identifier: GPL-2.0-or-later
#include <libdevmapper.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "dm/log.h"

#define LEVEL_MASK 7 /* the bits above are the library's flags */
#define LEVEL_ERROR 3

static char first_error[256];

static void __attribute__((format(printf, 5, 6)))
keep(int level, const char *file, int line, int class, const char *format, ...)
{
	va_list args;

	if ((level & LEVEL_MASK) > LEVEL_ERROR || *first_error)
		return;
	va_start(args, format);
	vsnprintf(first_error, sizeof(first_error), format, args);
	va_end(args);
	first_error[strcspn(first_error, "\n")] = '\0';
}

void dm_log_capture(void)
{
	dm_log_with_errno_init(keep);
}

void dm_log_forget(void)
{
	*first_error = '\0';
}

const char *dm_log_first_error(void)
{
	return first_error;
}
