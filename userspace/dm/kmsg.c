// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "dm/kmsg.h"

#define RECORD_MAX 8192 /* the kernel's own limit on one record */
#define RECORDS_MAX 1000 /* a log that never ends must not hold us */
#define PREFIX "device-mapper: "
#define TABLE "table: "
#define BRAID "braid-"

int dm_kmsg_open(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log >= 0 && lseek(log, 0, SEEK_END) < 0) {
		close(log);
		return -1;
	}
	return log;
}

/* Behind "major:minor: ", if that is there: the caller names the device. */
static const char *skip_number(const char *text)
{
	size_t digits = strspn(text, "0123456789:");

	return digits && text[digits] == ' ' ? text + digits + 1 : text;
}

/* "... (-EINVAL)" tells a person nothing more. */
static void cut_errno(char *reason)
{
	char *bracket = strrchr(reason, '(');

	if (bracket && bracket > reason && !strncmp(bracket, "(-E", 3) &&
	    bracket[strlen(bracket) - 1] == ')')
		bracket[-1] = '\0';
}

/* A record is "<facility and level>,<sequence>,<time>,<flags>;<text>\n...". */
enum dm_kmsg_kind dm_kmsg_reason(const char *record, char *reason, size_t size)
{
	const char *text = strchr(record, ';');
	enum dm_kmsg_kind kind;
	size_t target = 0;

	if (!size || !text || (strtoul(record, NULL, 10) & 7) > LOG_ERR ||
	    strncmp(++text, PREFIX, strlen(PREFIX)))
		return DM_KMSG_OTHER;
	text += strlen(PREFIX);
	if (!strncmp(text, TABLE, strlen(TABLE))) {
		kind = DM_KMSG_TABLE;
		text = skip_number(text + strlen(TABLE));
	} else if (!strncmp(text, BRAID, strlen(BRAID))) {
		kind = DM_KMSG_TARGET;
		target = strcspn(text, ": \n");
	} else {
		return DM_KMSG_OTHER;
	}
	if (target && !strncmp(text + target, ": ", 2))
		snprintf(reason, size, "%.*s: %s", (int)target, text,
			 skip_number(text + target + 2));
	else
		snprintf(reason, size, "%s", text);
	reason[strcspn(reason, "\n")] = '\0';
	cut_errno(reason);
	return kind;
}

bool dm_kmsg_read(int log, char *reason, size_t size)
{
	enum dm_kmsg_kind kind, best = DM_KMSG_OTHER;
	char record[RECORD_MAX + 1], found[256];
	int i;

	for (i = 0; i < RECORDS_MAX && log >= 0; i++) {
		ssize_t n = read(log, record, RECORD_MAX);

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* records were overwritten meanwhile */
		if (n <= 0)
			break;
		record[n] = '\0';
		kind = dm_kmsg_reason(record, found, sizeof(found));
		if (kind <= best)
			continue;
		best = kind;
		snprintf(reason, size, "%s", found);
	}
	return best != DM_KMSG_OTHER;
}
