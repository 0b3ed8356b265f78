// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dm/kmsg.h"

#define RECORD_MAX 8192 /* the kernel's own limit on one record */
#define RECORDS_MAX 1000 /* a log that never ends must not hold us */
#define TABLE_PREFIX "device-mapper: table: "

int dm_kmsg_open(void)
{
	int log = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (log >= 0 && lseek(log, 0, SEEK_END) < 0) {
		close(log);
		return -1;
	}
	return log;
}

bool dm_kmsg_reason(const char *record, char *reason, size_t size)
{
	const char *text = strchr(record, ';');
	size_t device, length;

	if (!text || strncmp(++text, TABLE_PREFIX, strlen(TABLE_PREFIX)))
		return false;
	text += strlen(TABLE_PREFIX);
	device = strspn(text, "0123456789:");
	if (device && text[device] == ' ')
		text += device + 1;
	length = strcspn(text, "\n");
	if (!length)
		return false;
	snprintf(reason, size, "%.*s", (int)length, text);

	/* "... (-EINVAL)" tells a person nothing more */
	text = strrchr(reason, '(');
	if (text && text > reason && !strncmp(text, "(-E", 3) &&
	    text[strlen(text) - 1] == ')')
		reason[text - reason - 1] = '\0';
	return true;
}

bool dm_kmsg_close(int log, char *reason, size_t size)
{
	char record[RECORD_MAX + 1];
	bool found = false;
	int i;

	if (log < 0)
		return false;
	for (i = 0; i < RECORDS_MAX && !found; i++) {
		ssize_t n = read(log, record, RECORD_MAX);

		if (n < 0 && (errno == EPIPE || errno == EINTR))
			continue; /* records were overwritten meanwhile */
		if (n <= 0)
			break;
		record[n] = '\0';
		found = dm_kmsg_reason(record, reason, size);
	}
	close(log);
	return found;
}
