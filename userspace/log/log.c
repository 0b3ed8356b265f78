// SPDX-License-Identifier: GPL-2.0-or-later
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log/log.h"

#define LOG_LINE_MAX 1024

static struct {
	char name[64];
	bool journal;
} setup;

void log_setup(const char *name, bool journal)
{
	snprintf(setup.name, sizeof(setup.name), "%s", name);
	setup.journal = journal;
}

/* One write(2) a line, so that lines of two threads never mix. */
static void log_line(int priority, const char *fmt, va_list ap)
{
	char line[LOG_LINE_MAX], *p;
	size_t len = 0;

	if (setup.journal)
		len += (size_t)snprintf(line, sizeof(line), "<%d>", priority);
	if (setup.name[0] != '\0')
		len += (size_t)snprintf(line + len, sizeof(line) - len,
					"%s: ", setup.name);
	vsnprintf(line + len, sizeof(line) - len - 1, fmt, ap);
	for (p = line; *p != '\0'; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	*p++ = '\n';
	if (write(STDERR_FILENO, line, (size_t)(p - line)) < 0)
		return; /* nobody left to tell */
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(6, fmt, ap);
	va_end(ap);
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(4, fmt, ap);
	va_end(ap);
}

void log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line(3, fmt, ap);
	va_end(ap);
}
