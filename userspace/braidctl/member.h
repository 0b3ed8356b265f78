/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A block device that somebody wants to build on, and whether that is wise. */
#ifndef BRAIDCTL_MEMBER_H
#define BRAIDCTL_MEMBER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct member {
	const char *path;
	dev_t number;
	uint64_t sectors;
};

/**
 * member_check() - is this a block device that nobody uses?
 *
 * Not mounted, not swap, not part of an array or a device-mapper device, not
 * read-only, not empty. Complains if it isn't.
 *
 * Return: 0 or EXIT_FAILED.
 */
int member_check(const char *path, struct member *member);

/**
 * member_check_blank() - is there anything on it that would be lost?
 * @force: say so, but go on
 *
 * Return: 0 or EXIT_FAILED, after a complaint that names what was found.
 */
int member_check_blank(const struct member *member, bool force);

/* Complain if it has a superblock of ours. Return: 0 or EXIT_FAILED. */
int member_check_unmarked(const struct member *member);

/**
 * member_wipe() - take known signatures away, durably
 *
 * So that nobody takes the member of an array for what it was before.
 *
 * Return: 0 or a negative errno.
 */
int member_wipe(const char *path);

/* Complain if two of them are one device. Return: 0 or EXIT_FAILED. */
int member_check_distinct(const struct member *members, unsigned int count);

#endif
