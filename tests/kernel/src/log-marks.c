// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the write-intent logs of two members say of where they differ:
 *
 *	log-marks MEMBER [MEMBER]
 *
 * prints how many regions are marked (on any of them), how many differ, and how
 * many differ without being marked on both, or on the one that calls the other
 * lost.
 */
#define _GNU_SOURCE
#include <asm/byteorder.h>
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../../kmod/disk-sum.c"
#include "../../../kmod/raid-super.c"

struct member {
	int fd;
	struct braid_super super;
	struct braid_log_header header;
	struct braid_log_block blocks[BRAID_LOG_BLOCKS];
};

/* Past the page cache, which doesn't know what the array writes. */
static void get(int fd, void *data, size_t size, uint64_t sector)
{
	void *page;

	if (posix_memalign(&page, 4096, size) ||
	    pread(fd, page, size, 512 * sector) != (ssize_t)size)
		err(1, "pread");
	memcpy(data, page, size);
	free(page);
}

/* Of 512 bytes, with the four at @at taken for 0. */
static uint32_t sum_of(const void *data, size_t at)
{
	char copy[512];

	memcpy(copy, data, sizeof(copy));
	memset(copy + at, 0, 4);
	return ~disk_sum_add(DISK_SUM_INIT, copy, sizeof(copy));
}

static void open_member(struct member *m, const char *path)
{
	struct braid_super copy[2];
	uint64_t log;
	int i, newest;

	m->fd = open(path, O_RDONLY | O_DIRECT);
	if (m->fd < 0)
		err(1, "%s", path);
	for (i = 0; i < 2; i++)
		get(m->fd, &copy[i], sizeof(copy[i]), raid_super_sector(i));
	newest = raid_super_newest(&copy[1], &copy[0]);
	if (newest < 0)
		errx(1, "%s: no superblock", path);
	m->super = copy[newest];
	log = __le64_to_cpu(m->super.log_offset);
	get(m->fd, &m->header, sizeof(m->header), log);
	get(m->fd, m->blocks, sizeof(m->blocks), log + BRAID_LOG_PAGE_SECTORS);
	if (memcmp(m->header.magic, BRAID_LOG_MAGIC, 8) ||
	    __le32_to_cpu(m->header.checksum) !=
		    sum_of(&m->header, 12))
		errx(1, "%s: no log", path);
	for (i = 0; i < (int)BRAID_LOG_BLOCKS; i++)
		if (__le32_to_cpu(m->blocks[i].checksum) !=
		    sum_of(&m->blocks[i], 0))
			errx(1, "%s: block %d is damaged", path, i);
}

static int marked(const struct member *m, unsigned int region)
{
	unsigned int at = region % BRAID_LOG_BLOCK_REGIONS;

	return m->blocks[region / BRAID_LOG_BLOCK_REGIONS].marks[at / 8] >>
		       at % 8 & 1;
}

static int differ(struct member m[2], uint64_t begin, uint64_t sectors)
{
	char *a = malloc(512 * sectors), *b = malloc(512 * sectors);
	uint64_t data = __le64_to_cpu(m[0].super.data_offset);
	int r;

	get(m[0].fd, a, 512 * sectors, data + begin);
	get(m[1].fd, b, 512 * sectors, data + begin);
	r = !!memcmp(a, b, 512 * sectors);
	free(a);
	free(b);
	return r;
}

/* Does the other one not call it lost? */
static int used(const struct member m[2], int i)
{
	unsigned int slot = __le16_to_cpu(m[i].super.slot);

	return m[!i].super.table[slot].state != BRAID_SLOT_LOST;
}

int main(int argc, char **argv)
{
	unsigned int region, any = 0, differing = 0, unmarked = 0;
	uint64_t size, sectors, begin;
	static struct member m[2];

	if (argc != 2 && argc != 3)
		errx(2, "usage: log-marks MEMBER [MEMBER]");
	open_member(&m[0], argv[1]);
	open_member(&m[1], argv[argc - 1]);
	size = __le64_to_cpu(m[0].header.region_sectors);
	sectors = __le64_to_cpu(m[0].header.member_sectors);
	for (region = 0, begin = 0; begin < sectors; region++, begin += size) {
		if (sectors - begin < size)
			size = sectors - begin;
		any += marked(&m[0], region) || marked(&m[1], region);
		if (!differ(m, begin, size))
			continue;
		differing++;
		unmarked += (used(m, 0) && !marked(&m[0], region)) ||
			    (used(m, 1) && !marked(&m[1], region));
	}
	printf("%u %u %u\n", any, differing, unmarked);
	return 0;
}
