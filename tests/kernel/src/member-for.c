// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Makes a device a member of an array that is to be rebuilt:
 *
 *	member-for MEMBER DEVICE SLOT
 *
 * with a superblock like the one of MEMBER, which is any other of the array's.
 */
#include <asm/byteorder.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "../../../kmod/disk-sum.c"
#include "../../../kmod/raid-super.c"

static void read_super(const char *path, struct braid_super *super)
{
	struct braid_super copy[2];
	int fd = open(path, O_RDONLY);
	int newest, i;

	if (fd < 0)
		err(1, "%s", path);
	for (i = 0; i < 2; i++)
		if (pread(fd, &copy[i], sizeof(copy[i]),
			  512 * raid_super_sector(i)) != sizeof(copy[i]))
			err(1, "%s", path);
	newest = raid_super_newest(&copy[1], &copy[0]);
	if (newest < 0)
		errx(1, "%s: no superblock", path);
	*super = copy[newest];
	close(fd);
}

static void write_super(const char *path, const struct braid_super *super)
{
	static const struct braid_super nothing;
	int fd = open(path, O_WRONLY);

	if (fd < 0 ||
	    pwrite(fd, &nothing, sizeof(nothing), 512 * raid_super_sector(1)) !=
		    sizeof(nothing) ||
	    pwrite(fd, super, sizeof(*super), 512 * raid_super_sector(2)) !=
		    sizeof(*super) ||
	    fsync(fd) || close(fd))
		err(1, "%s", path);
}

int main(int argc, char **argv)
{
	struct braid_super_slot *line;
	struct braid_super super;
	unsigned int slot;

	if (argc != 4)
		errx(2, "usage: member-for MEMBER DEVICE SLOT");
	slot = atoi(argv[3]);
	read_super(argv[1], &super);
	if (slot >= __le16_to_cpu(super.members))
		errx(1, "there is no slot %u", slot);
	line = &super.table[slot];
	if (getrandom(line->uuid, sizeof(line->uuid), 0) != sizeof(line->uuid))
		err(1, "getrandom");
	line->state = BRAID_SLOT_REBUILT;
	line->since = super.events;
	memcpy(super.member_uuid, line->uuid, sizeof(line->uuid));
	super.slot = __cpu_to_le16(slot);
	super.flags = 0;
	super.sequence = __cpu_to_le64(2);
	super.recovery_sector = 0;
	super.checksum = __cpu_to_le32(raid_super_sum(&super));
	write_super(argv[2], &super);
	return 0;
}
