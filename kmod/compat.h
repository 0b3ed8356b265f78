/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between the kernels that Braid is built for and tested on
 * (Debian's 6.1 and 6.12). No other file looks at LINUX_VERSION_CODE.
 */
#ifndef BRAID_COMPAT_H
#define BRAID_COMPAT_H

#include <linux/version.h>
#include <linux/blkdev.h>
#include <linux/device-mapper.h>

/* Was the table loaded for writing? fmode_t became blk_mode_t in 6.5. */
static inline bool braid_table_writable(struct dm_table *table)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	return dm_table_get_mode(table) & BLK_OPEN_WRITE;
#else
	return dm_table_get_mode(table) & FMODE_WRITE;
#endif
}

/*
 * Open a device without a claim to it, so that a mounted one can be opened as
 * well. What is returned is for braid_close_shared(), or an ERR_PTR. Sleeps.
 */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)
#define BRAID_MODE_READ		BLK_OPEN_READ

static inline void *braid_open_shared(dev_t dev)
{
	return bdev_file_open_by_dev(dev, BLK_OPEN_READ, NULL, NULL);
}

static inline void braid_close_shared(void *shared)
{
	bdev_fput(shared);
}
#else
#define BRAID_MODE_READ		FMODE_READ

static inline void *braid_open_shared(dev_t dev)
{
	return blkdev_get_by_dev(dev, FMODE_READ, NULL);
}

static inline void braid_close_shared(void *shared)
{
	blkdev_put(shared, FMODE_READ);
}
#endif

/*
 * Ask that pages under write-back be left alone. From 6.11 that is one of the
 * limits; before, it is a flag of the queue, which device-mapper sets from the
 * members' when it binds a table: so set it again on every resume.
 */
static inline void braid_limits_stable_writes(struct queue_limits *limits)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 11, 0)
	limits->features |= BLK_FEAT_STABLE_WRITES;
#endif
}

static inline void braid_queue_stable_writes(struct dm_target *ti)
{
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
	blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES,
			   dm_disk(dm_table_get_md(ti->table))->queue);
#endif
}

#endif
