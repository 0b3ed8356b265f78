// SPDX-License-Identifier: GPL-2.0-or-later
#include <blkid.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/member.h"
#include "braidctl/size.h"
#include "map/map.h"
#include "member/super.h"

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

#define SIGNATURES_MAX 64 /* of one device, that are wiped */

/* A durable map, whatever its state; NULL if there is none. */
static const char *map_signature(const char *path)
{
	struct map_found found;
	int fd = map_open(path, O_RDONLY);
	int r = fd < 0 ? fd : map_read(fd, &found);

	if (fd >= 0)
		close(fd);
	return r || found.fault == MAP_NONE ? NULL :
					      "durable map of a tracked device";
}

/* What a superblock of ours is called; NULL if there is none. */
static const char *braid_signature(const char *path, char text[80])
{
	struct super_found found;
	int fd = super_open(path, O_RDONLY);
	int r = fd < 0 ? fd : super_read(fd, &found);

	if (fd >= 0)
		close(fd);
	if (r || found.fault == RAID_SUPER_NONE)
		return map_signature(path);
	switch (found.fault) {
	case RAID_SUPER_GOOD:
	case RAID_SUPER_SHORT:
		snprintf(text, 80, "member of the array %s", found.super.name);
		break;
	case RAID_SUPER_SPARE:
		snprintf(text, 80, "spare of the array %s", found.super.name);
		break;
	case RAID_SUPER_HALF:
		snprintf(text, 80, "half-made member of an array %s",
			 found.super.name);
		break;
	default:
		snprintf(text, 80, "member of an array, damaged or unknown");
	}
	return text;
}

/* What libblkid finds, as "ext4"; NULL if nothing is known. */
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
	char text[80];
	const char *found;
	int r = 0;

	if (!probe)
		return complain("cannot look for signatures on %s: %s",
				member->path, strerror(errno));
	found = braid_signature(member->path, text);
	if (!found)
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

int member_check_unmarked(const struct member *member)
{
	char text[80];

	if (!braid_signature(member->path, text))
		return 0;
	return complain(
		"%s has a superblock (%s), by which it would be found again: array erase takes it away first",
		member->path, text);
}

static int wipe(blkid_probe probe)
{
	int i;

	blkid_probe_enable_superblocks(probe, 1);
	blkid_probe_set_superblocks_flags(probe, BLKID_SUBLKS_MAGIC);
	blkid_probe_enable_partitions(probe, 1);
	blkid_probe_set_partitions_flags(probe, BLKID_PARTS_MAGIC);
	for (i = 0; i < SIGNATURES_MAX; i++) {
		if (blkid_do_probe(probe))
			return 0;
		if (blkid_do_wipe(probe, 0))
			return -EIO;
	}
	return -ELOOP;
}

int member_wipe(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	blkid_probe probe;
	int r = -ENOMEM;

	if (fd < 0)
		return -errno;
	probe = blkid_new_probe();
	if (probe && !blkid_probe_set_device(probe, fd, 0, 0))
		r = wipe(probe);
	blkid_free_probe(probe);
	if (!r && fsync(fd) < 0)
		r = -errno;
	close(fd);
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
