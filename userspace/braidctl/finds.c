// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/finds.h"
#include "dm/node.h"

/* Without O_EXCL, so that what is in use can be looked at as well. */
static int look(const char *path, struct find *find)
{
	int fd = super_open(path, O_RDONLY), r;

	if (fd < 0)
		return fd;
	r = super_read(fd, &find->found);
	close(fd);
	if (r)
		return r;
	fd = super_open(path, O_RDONLY | O_EXCL);
	find->busy = fd == -EBUSY;
	if (fd >= 0)
		close(fd);
	return 0;
}

static struct find *next(struct finds *finds)
{
	struct find *find;

	if (finds->count == FINDS_MAX)
		errx(EXIT_FAILED, "there are more than %d members of arrays",
		     FINDS_MAX);
	find = reallocarray(finds->find, finds->count + 1, sizeof(*find));
	if (!find)
		errx(EXIT_FAILED, "out of memory");
	finds->find = find;
	memset(&find[finds->count], 0, sizeof(*find));
	return &find[finds->count];
}

int finds_add(struct finds *finds, const char *path)
{
	struct find *find = next(finds);
	struct stat st;
	int r;

	if (strlen(path) >= sizeof(find->path))
		return complain("%.32s...: the path is too long", path);
	if (stat(path, &st) < 0)
		return complain("cannot find %s: %s", path, strerror(errno));
	if (!S_ISBLK(st.st_mode))
		return complain("%s is not a block device", path);
	strcpy(find->path, path);
	r = look(path, find);
	if (r)
		return complain("cannot read %s: %s", path, strerror(-r));
	finds->count++;
	return 0;
}

static void scan_one(struct finds *finds, unsigned int major,
		     unsigned int minor)
{
	struct find *find = next(finds);
	char number[DM_DEV_NODE_SIZE];

	snprintf(number, sizeof(number), "%u:%u", major, minor);
	dm_node_path(number, find->path);
	if (!look(find->path, find) && find->found.fault != RAID_SUPER_NONE)
		finds->count++;
}

int finds_scan(struct finds *finds)
{
	FILE *file = fopen("/proc/partitions", "re");
	unsigned int major, minor;
	char line[256];

	if (!file)
		return complain("cannot read /proc/partitions: %s",
				strerror(errno));
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "%u %u", &major, &minor) == 2)
			scan_one(finds, major, minor);
	fclose(file);
	return 0;
}

void finds_free(struct finds *finds)
{
	free(finds->find);
	memset(finds, 0, sizeof(*finds));
}

bool finds_known(const struct find *find)
{
	switch (find->found.fault) {
	case RAID_SUPER_GOOD:
	case RAID_SUPER_HALF:
	case RAID_SUPER_SHORT:
	case RAID_SUPER_SPARE:
		return true;
	default:
		return false;
	}
}
