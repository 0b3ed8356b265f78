/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Superblocks of array members, on block devices and files: read, made,
 * written. What they say is checked and judged by kmod/raid-super.c, which is
 * compiled into the programs; device-mapper isn't needed here.
 */
#ifndef MEMBER_SUPER_H
#define MEMBER_SUPER_H

#include <stdbool.h>
#include <stdint.h>

#include "raid-super.h"

#define SUPER_UUID_TEXT 37

/* What was found on a device. */
struct super_found {
	uint64_t sectors; /* of the device */
	enum raid_super_fault fault; /* of the newest copy */
	struct braid_super super; /* unless NONE or TORN */
	/* of the copies at 8 KiB and at 4 KiB: GOOD if whole, NONE or TORN */
	enum raid_super_fault copy[2];
};

/* What is to be made. */
struct super_shape {
	const char *name;
	uint32_t level, layout, chunk_sectors;
	unsigned int members;
	uint64_t smallest; /* sectors of the smallest device */
	bool synced; /* the devices are alike already */
	bool no_log; /* leave no room for the write-intent log */
	bool no_ppl; /* nor for the partial parity log */
};

/**
 * super_open() - open a device past its page cache, where that can be done
 * @flags: O_RDONLY or O_RDWR, O_EXCL
 *
 * While an array is running, the kernel writes superblocks that the page cache
 * doesn't know of.
 *
 * Return: a file descriptor or a negative errno.
 */
int super_open(const char *path, int flags);

/**
 * super_read() - read both copies and check the newer one
 *
 * Return: 0 whatever was found, or a negative errno if nothing could be read.
 */
int super_read(int fd, struct super_found *found);

/**
 * super_plan() - decide about a new array: offsets, sizes, UUIDs
 * @super: filled in but for what differs from member to member
 *
 * All slots count as used. The array is half made (events 0) until events is 1.
 *
 * Return: 0, -ENOSPC if the smallest device is too small, another errno.
 */
int super_plan(struct braid_super *super, const struct super_shape *shape);

/* No device is in this slot. */
void super_plan_missing(struct braid_super *super, unsigned int slot);

/**
 * super_write() - write the next copy, and wait until it is durable
 * @super: its sequence is raised
 *
 * Crash: before or within, the copy that was there before counts.
 *
 * Return: 0 or a negative errno.
 */
int super_write(int fd, struct braid_super *super);

/* Take both copies away, durably: no superblock is there. 0 or -errno. */
int super_erase(int fd);

/* A random UUID, version 4. Return: 0 or -EIO. */
int super_draw_uuid(uint8_t uuid[16]);

void super_uuid_format(const uint8_t uuid[16], char text[SUPER_UUID_TEXT]);
bool super_uuid_parse(const char *text, uint8_t uuid[16]);

#endif
