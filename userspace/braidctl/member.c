// SPDX-License-Identifier: GPL-2.0-or-later
#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/member.h"
#include "braidctl/size.h"

static int check_open(int fd, const char *path, struct member *member)
{
	int read_only = 0;
	uint64_t bytes;

	if (ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		return complain("cannot tell the size of %s: %s", path,
				strerror(errno));
	if (ioctl(fd, BLKROGET, &read_only) < 0 || read_only)
		return complain("%s is read-only", path);
	if (bytes < 512)
		return complain("%s is empty (0 bytes)", path);
	member->sectors = bytes / 512;
	return 0;
}

int member_check(const char *path, struct member *member)
{
	struct stat st;
	int fd, r;

	if (stat(path, &st) < 0)
		return complain("cannot find %s: %s", path, strerror(errno));
	if (!S_ISBLK(st.st_mode))
		return complain("%s is not a block device", path);
	member->path = path;
	member->number = st.st_rdev;
	fd = open(path, O_RDWR | O_EXCL | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY)
		return complain(
			"%s is in use: mounted, or part of another device",
			path);
	if (fd < 0)
		return complain("cannot open %s: %s", path, strerror(errno));
	r = check_open(fd, path, member);
	close(fd);
	return r;
}

/* What libblkid finds, as "an ext4 filesystem"; NULL if nothing is known. */
static const char *signature(blkid_probe probe)
{
	const char *type;

	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_TYPE);
	blkid_probe_enable_partitions(probe, 1);
	switch (blkid_do_safeprobe(probe)) {
	case 0:
		if (!blkid_probe_lookup_value(probe, "TYPE", &type, NULL) ||
		    !blkid_probe_lookup_value(probe, "PTTYPE", &type, NULL))
			return type;
		return "unknown";
	case -2:
		return "more than one";
	default:
		return NULL;
	}
}

int member_check_blank(const struct member *member, bool force)
{
	blkid_probe probe = blkid_new_probe_from_filename(member->path);
	const char *found;
	int r = 0;

	if (!probe)
		return complain("cannot look for signatures on %s: %s",
				member->path, strerror(errno));
	found = signature(probe);
	if (found && force)
		remark("%s has a signature (%s); what is on it may be overwritten",
		       member->path, found);
	else if (found)
		r = complain(
			"%s has a signature (%s); --force uses it all the same, and what is on it may be lost",
			member->path, found);
	blkid_free_probe(probe);
	return r;
}

int member_check_distinct(const struct member *members, unsigned int count)
{
	unsigned int i, j;

	for (i = 0; i < count; i++)
		for (j = 0; j < i; j++)
			if (members[i].path && members[j].path &&
			    members[i].number == members[j].number)
				return complain("%s and %s are the same device",
						members[j].path,
						members[i].path);
	return 0;
}
