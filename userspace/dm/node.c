// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dm/node.h"

/* One small file of sysfs; empty if it can't be read. */
static void read_sysfs(const char *device, const char *file, char *text,
		       size_t size)
{
	char path[DM_DEV_PATH_SIZE + 64];
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/sys/dev/block/%s/%s", device, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		n = read(fd, text, size - 1);
		close(fd);
	}
	text[n > 0 ? n : 0] = '\0';
}

int dm_node_from_uevent(const char *uevent, char path[DM_DEV_PATH_SIZE])
{
	static const char key[] = "DEVNAME=";
	const char *line = uevent;
	size_t length;

	while (strncmp(line, key, strlen(key))) {
		line = strchr(line, '\n');
		if (!line)
			return -ENOENT;
		line++;
	}
	line += strlen(key);
	length = strcspn(line, "\n");
	if (!length || length + sizeof("/dev/") > DM_DEV_PATH_SIZE)
		return -ENAMETOOLONG;
	snprintf(path, DM_DEV_PATH_SIZE, "/dev/%.*s", (int)length, line);
	return 0;
}

void dm_node_path(const char *device, char path[DM_DEV_PATH_SIZE])
{
	char text[512];

	snprintf(path, DM_DEV_PATH_SIZE, "%s", device);
	if (!*device || device[strspn(device, "0123456789:")])
		return;
	read_sysfs(device, "dm/name", text, sizeof(text));
	text[strcspn(text, "\n")] = '\0';
	if (dm_dev_name_ok(text)) {
		dm_dev_path(text, path);
		return;
	}
	read_sysfs(device, "uevent", text, sizeof(text));
	dm_node_from_uevent(text, path);
}
