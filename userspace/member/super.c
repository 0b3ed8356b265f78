// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "member/super.h"

#define SECTOR 512

/* Direct I/O wants memory that is aligned as the device's blocks are. */
struct copy {
	struct braid_super super;
} __attribute__((aligned(BRAID_SUPER_BYTES)));

int super_open(const char *path, int flags)
{
	int fd = open(path, flags | O_DIRECT | O_CLOEXEC);

	if (fd < 0 && errno == EINVAL)
		fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int device_sectors(int fd, uint64_t *sectors)
{
	uint64_t bytes;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	bytes = st.st_size;
	if (S_ISBLK(st.st_mode) && ioctl(fd, BLKGETSIZE64, &bytes) < 0)
		return -errno;
	*sectors = bytes / SECTOR;
	return 0;
}

static off_t copy_offset(uint64_t sequence)
{
	return raid_super_sector(sequence) * SECTOR;
}

/* A copy that can't be read counts as torn. */
static void read_copy(int fd, int parity, struct super_found *found,
		      struct copy *copy)
{
	const struct braid_super *super = &copy->super;
	ssize_t n;

	memset(copy, 0, sizeof(*copy));
	n = pread(fd, copy, sizeof(*copy), copy_offset(parity));
	if (n != (ssize_t)sizeof(*copy))
		found->copy[parity] = RAID_SUPER_TORN;
	else if (raid_super_whole(super) &&
		 (__le64_to_cpu(super->sequence) & 1) == (unsigned int)parity)
		found->copy[parity] = RAID_SUPER_GOOD;
	else if (!memcmp(super->magic, BRAID_SUPER_MAGIC, sizeof(super->magic)))
		found->copy[parity] = RAID_SUPER_TORN;
	else
		found->copy[parity] = RAID_SUPER_NONE;
}

int super_read(int fd, struct super_found *found)
{
	struct copy copy[2];
	int r, newest;

	memset(found, 0, sizeof(*found));
	found->fault = RAID_SUPER_NONE;
	r = device_sectors(fd, &found->sectors);
	if (r || found->sectors < BRAID_SUPER_AREA)
		return r;
	read_copy(fd, 0, found, &copy[0]);
	read_copy(fd, 1, found, &copy[1]);
	newest = raid_super_newest(&copy[1].super, &copy[0].super);
	if (newest < 0) {
		if (found->copy[0] != RAID_SUPER_NONE ||
		    found->copy[1] != RAID_SUPER_NONE)
			found->fault = RAID_SUPER_TORN;
		return 0;
	}
	found->super = copy[newest].super;
	found->fault = raid_super_check(&found->super, found->sectors);
	return 0;
}

static uint64_t round_up(uint64_t value, uint64_t step)
{
	return (value + step - 1) / step * step;
}

/* Where the data begins, and how much of each member is data. */
static int plan_place(struct braid_super *super,
		      const struct super_shape *shape)
{
	uint64_t step = shape->chunk_sectors;
	uint64_t offset = shape->smallest < BRAID_DATA_SMALL ?
				  BRAID_DATA_OFFSET_SMALL :
				  BRAID_DATA_OFFSET;
	uint64_t sectors;

	if (step < BRAID_SUPER_SECTORS)
		step = BRAID_SUPER_SECTORS;
	offset = round_up(offset, step);
	if (shape->smallest < offset + step)
		return -ENOSPC;
	sectors = (shape->smallest - offset) / step * step;
	super->data_offset = __cpu_to_le64(offset);
	if (shape->level && !shape->no_log) {
		super->log_offset = __cpu_to_le64(BRAID_LOG_OFFSET);
		super->log_sectors = __cpu_to_le64(BRAID_LOG_SECTORS);
	}
	super->member_sectors = __cpu_to_le64(sectors);
	if (shape->level == 5 && !shape->no_ppl) {
		super->ppl_offset = __cpu_to_le64(BRAID_PPL_SECTOR);
		super->ppl_sectors = __cpu_to_le64(offset - BRAID_PPL_SECTOR);
	}
	return 0;
}

int super_draw_uuid(uint8_t uuid[16])
{
	if (getrandom(uuid, 16, 0) != 16)
		return -EIO;
	uuid[6] = (uuid[6] & 0x0f) | 0x40;
	uuid[8] = (uuid[8] & 0x3f) | 0x80;
	return 0;
}

static int plan_table(struct braid_super *super, unsigned int members)
{
	unsigned int slot;
	int r = super_draw_uuid(super->array_uuid);

	for (slot = 0; slot < members && !r; slot++) {
		super->table[slot].state = BRAID_SLOT_USED;
		r = super_draw_uuid(super->table[slot].uuid);
	}
	return r;
}

int super_plan(struct braid_super *super, const struct super_shape *shape)
{
	size_t length = strlen(shape->name);

	memset(super, 0, sizeof(*super));
	if (shape->members > BRAID_SUPER_SLOTS || length >= sizeof(super->name))
		return -EINVAL;
	memcpy(super->magic, BRAID_SUPER_MAGIC, sizeof(super->magic));
	memcpy(super->name, shape->name, length);
	super->version = __cpu_to_le32(BRAID_SUPER_VERSION);
	super->flags = __cpu_to_le32(BRAID_SUPER_CLEAN);
	super->level = __cpu_to_le32(shape->level);
	super->layout = __cpu_to_le32(shape->layout);
	super->chunk_sectors = __cpu_to_le32(shape->chunk_sectors);
	super->members = __cpu_to_le16(shape->members);
	super->created = __cpu_to_le64(time(NULL));
	super->resync_sector = shape->level && !shape->synced ?
				       0 :
				       __cpu_to_le64(BRAID_SYNCED);
	super->recovery_sector = __cpu_to_le64(BRAID_SYNCED);
	if (plan_place(super, shape))
		return -ENOSPC;
	return plan_table(super, shape->members);
}

void super_plan_missing(struct braid_super *super, unsigned int slot)
{
	memset(&super->table[slot], 0, sizeof(super->table[slot]));
	super->table[slot].state = BRAID_SLOT_LOST;
}

static int write_through(int fd, const void *data, size_t size, off_t offset)
{
	ssize_t n = pwrite(fd, data, size, offset);

	if (n < 0)
		return -errno;
	if (n != (ssize_t)size)
		return -EIO;
	return fdatasync(fd) < 0 ? -errno : 0;
}

int super_write(int fd, struct braid_super *super)
{
	uint64_t sequence = __le64_to_cpu(super->sequence) + 1;
	struct copy copy;

	super->sequence = __cpu_to_le64(sequence);
	super->updated = __cpu_to_le64(time(NULL));
	super->checksum = __cpu_to_le32(raid_super_sum(super));
	copy.super = *super;
	return write_through(fd, &copy, sizeof(copy), copy_offset(sequence));
}

int super_erase(int fd)
{
	static const struct copy zero[2];

	return write_through(fd, zero, sizeof(zero), copy_offset(1));
}

void super_uuid_format(const uint8_t uuid[16], char text[SUPER_UUID_TEXT])
{
	int i;

	for (i = 0; i < 16; i++) {
		text += sprintf(text, "%02x", uuid[i]);
		if (i == 3 || i == 5 || i == 7 || i == 9)
			*text++ = '-';
	}
	*text = '\0';
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool super_uuid_parse(const char *text, uint8_t uuid[16])
{
	int i, high, low;

	for (i = 0; i < 16; i++) {
		high = hex_digit(*text);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0)
			return false;
		uuid[i] = high << 4 | low;
		text += 2;
		if ((i == 3 || i == 5 || i == 7 || i == 9) && *text++ != '-')
			return false;
	}
	return !*text;
}
