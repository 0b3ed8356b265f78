/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading and writing the metadata device, some pages at a time. All that it takes
 * is allocated beforehand: writes to the tracked device wait for this, and so may
 * whoever is to set memory free.
 *
 * A device that doesn't answer is waited for only so long (view_wait_ms). What is
 * under way then can't be called back: the pages stay its own, nothing else is
 * begun until it ends, and whoever frees them waits for that.
 *
 * Context: process; one user at a time, who holds the lock.
 */
#ifndef BRAID_MAP_IO_H
#define BRAID_MAP_IO_H

#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/mutex.h>

#include "dm-braid-map.h"

#define MAP_IO_BYTES (BRAID_MAP_UNIT << SECTOR_SHIFT)
/* Waiting for as long as it takes. */
#define MAP_IO_FOREVER 0UL

struct map_io_page {
	struct bio bio;
	struct bio_vec vec;
	struct map_io *io;
	void *data; /* a page, of which a unit is used */
	sector_t sector;
	unsigned int bytes;
};

struct map_io {
	struct mutex lock;
	unsigned int most;
	struct map_io_page *page;
	unsigned int count;		/* that were begun */
	bool hangs;			/* they were given up */
	atomic_t pending;
	blk_status_t status;
	struct completion done;
};

int map_io_init(struct map_io *io, unsigned int most);
void map_io_exit(struct map_io *io);
int map_io_run(struct map_io *io, struct block_device *bdev, unsigned int count,
	       blk_opf_t opf, unsigned long since);
int map_io_flush(struct map_io *io, struct block_device *bdev,
		 unsigned long since);

/* From now on. */
static inline unsigned long map_io_now(void)
{
	return jiffies | 1;
}

/* What the next run does with page @index: a unit, at @sector. */
static inline void *map_io_unit(struct map_io *io, unsigned int index,
				sector_t sector)
{
	io->page[index].sector = sector;
	io->page[index].bytes = MAP_IO_BYTES;
	return io->page[index].data;
}

#endif
