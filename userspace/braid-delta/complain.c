// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

int bd_complain(const char *format, ...)
{
	static atomic_flag said = ATOMIC_FLAG_INIT;
	va_list arguments;

	if (atomic_flag_test_and_set(&said))
		return -1;
	fputs("braid-delta: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return -1;
}

int bd_complain_of(const char *name, int ret, const char *why)
{
	if (!strcmp(name, "-"))
		name = "the pipe";
	if (ret == -EBADMSG && why)
		return bd_complain("%s %s", name, why);
	return bd_complain("%s: %s", name, strerror(-ret));
}
