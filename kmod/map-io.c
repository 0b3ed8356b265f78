// SPDX-License-Identifier: GPL-2.0-only
#include <linux/blkdev.h>
#include <linux/slab.h>

#include "map-io.h"
#include "view-park.h"

/**
 * map_io_init() - allocate what some pages of I/O take
 * @io: the I/O
 * @most: how many pages at a time
 *
 * Context: may sleep.
 * Return: 0 or -ENOMEM; then map_io_exit() undoes what was done.
 */
int map_io_init(struct map_io *io, unsigned int most)
{
	unsigned int i;

	mutex_init(&io->lock);
	init_completion(&io->done);
	io->most = most;
	io->page = kvcalloc(most, sizeof(*io->page), GFP_KERNEL);
	if (!io->page)
		return -ENOMEM;
	for (i = 0; i < most; i++) {
		io->page[i].io = io;
		io->page[i].data = (void *)get_zeroed_page(GFP_KERNEL);
		if (!io->page[i].data)
			return -ENOMEM;
	}
	return 0;
}

static void map_io_settle(struct map_io *io)
{
	unsigned int i;

	for (i = 0; i < io->count; i++)
		bio_uninit(&io->page[i].bio);
	io->count = 0;
}

/* Takes one that is all zeroes, too. Waits for what was given up. */
void map_io_exit(struct map_io *io)
{
	unsigned int i;

	if (!io->page)
		return;
	if (io->hangs)
		wait_for_completion(&io->done);
	map_io_settle(io);
	for (i = 0; i < io->most; i++)
		free_page((unsigned long)io->page[i].data);
	kvfree(io->page);
	io->page = NULL;
}

static void map_io_put(struct map_io *io)
{
	if (atomic_dec_and_test(&io->pending))
		complete(&io->done);
}

static void map_io_end(struct bio *bio)
{
	struct map_io_page *page = container_of(bio, struct map_io_page, bio);
	struct map_io *io = page->io;

	if (bio->bi_status)
		WRITE_ONCE(io->status, bio->bi_status);
	map_io_put(io);
}

static void map_io_submit(struct map_io_page *page, struct block_device *bdev,
			  blk_opf_t opf)
{
	struct bio *bio = &page->bio;

	bio_init(bio, bdev, &page->vec, 1, opf | REQ_SYNC | REQ_META);
	bio->bi_iter.bi_sector = page->sector;
	bio->bi_end_io = map_io_end;
	if (page->bytes)
		__bio_add_page(bio, virt_to_page(page->data), page->bytes, 0);
	submit_bio_noacct(bio);
}

/* How long there is still to wait before somebody looks again. */
static unsigned long map_io_slice(void)
{
	return clamp(view_park_limit() / 4, 1UL, (unsigned long)HZ);
}

/* Return: 0 when it has ended, or -ETIMEDOUT. */
static int map_io_wait(struct map_io *io, unsigned long since)
{
	if (since == MAP_IO_FOREVER) {
		wait_for_completion_io(&io->done);
		return 0;
	}
	while (!wait_for_completion_io_timeout(&io->done, map_io_slice())) {
		if (time_after_eq(jiffies, since + view_park_limit()))
			return -ETIMEDOUT;
	}
	return 0;
}

/**
 * map_io_run() - read or write pages, all at once
 * @io: the I/O; each page was told where, see map_io_unit()
 * @bdev: the device
 * @count: how many pages, from the first one on
 * @opf: what to do
 * @since: when the waiting began, in jiffies, or MAP_IO_FOREVER
 *
 * Return: 0, -EIO, -ETIMEDOUT if it takes too long, -EBUSY if what was given up
 * is still under way.
 */
int map_io_run(struct map_io *io, struct block_device *bdev, unsigned int count,
	       blk_opf_t opf, unsigned long since)
{
	struct blk_plug plug;
	unsigned int i;

	lockdep_assert_held(&io->lock);
	if (io->hangs && !try_wait_for_completion(&io->done))
		return -EBUSY;
	io->hangs = false;
	map_io_settle(io);

	io->status = BLK_STS_OK;
	io->count = count;
	reinit_completion(&io->done);
	atomic_set(&io->pending, count + 1);
	blk_start_plug(&plug);
	for (i = 0; i < count; i++)
		map_io_submit(&io->page[i], bdev, opf);
	blk_finish_plug(&plug);
	map_io_put(io);
	if (map_io_wait(io, since)) {
		io->hangs = true;
		return -ETIMEDOUT;
	}
	map_io_settle(io);
	return blk_status_to_errno(READ_ONCE(io->status));
}

/* Make durable what was written before. Return: as map_io_run(). */
int map_io_flush(struct map_io *io, struct block_device *bdev,
		 unsigned long since)
{
	io->page[0].sector = 0;
	io->page[0].bytes = 0;
	return map_io_run(io, bdev, 1, REQ_OP_WRITE | REQ_PREFLUSH, since);
}
