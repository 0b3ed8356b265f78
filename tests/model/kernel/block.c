// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Disks with volatile caches. A request that was submitted is in flight until
 * sim_land() is called for it; the order is the caller's.
 */
#include "sim.h"

#define FLIGHTS_MAX 8192U

struct flight {
	struct bio *bio;		/* or else a copy of kcopyd's */
	struct dm_io_region from, to;
	dm_kcopyd_notify_fn fn;
	void *context;
	bool was_read;
	u64 content;
};

static struct flight flights[FLIGHTS_MAX];
static unsigned int nr_flights;

struct sim_disks sim_disks;
struct block_device sim_origin = { MKDEV(7, 0), 0, "origin" };
struct block_device sim_meta = { MKDEV(7, 1), 0, "meta" };

void sim_disks_make(unsigned int block_sectors, u32 nr_blocks, u32 nr_sectors,
		    u32 store_blocks)
{
	struct sim_disks *d = &sim_disks;

	sim_disks_free();
	d->block_sectors = block_sectors;
	d->nr_blocks = nr_blocks;
	d->nr_sectors = nr_sectors;
	d->origin = calloc(nr_blocks, sizeof(u64));
	d->origin_durable = calloc(nr_blocks, sizeof(u64));
	d->meta = calloc(nr_sectors, 512);
	d->meta_durable = calloc(nr_sectors, 512);
	sim_origin.sectors = (sector_t)nr_blocks * block_sectors;
	sim_meta.sectors = nr_sectors + (sector_t)store_blocks * block_sectors;
	d->store = calloc(sim_meta.sectors / block_sectors + 1, sizeof(u64));
}

void sim_disks_free(void)
{
	struct sim_disks *d = &sim_disks;

	free(d->origin);
	free(d->origin_durable);
	free(d->store);
	free(d->meta);
	free(d->meta_durable);
	memset(d, 0, sizeof(*d));
}

static struct flight *fly(void)
{
	if (nr_flights == FLIGHTS_MAX)
		sim_fail("too many requests in flight");
	memset(&flights[nr_flights], 0, sizeof(flights[0]));
	return &flights[nr_flights++];
}

unsigned int sim_flights(void)
{
	return nr_flights;
}

void sim_flights_forget(void)
{
	nr_flights = 0;
}

/* ---- what requests do */

static u64 *content(struct block_device *bdev, sector_t sector)
{
	struct sim_disks *d = &sim_disks;
	u64 index = sector / d->block_sectors;

	if (sector >= bdev->sectors)
		sim_fail("%s: sector %llu is beyond the end", bdev->name,
			 (unsigned long long)sector);
	return bdev == &sim_origin ? &d->origin[index] : &d->store[index];
}

static void flush(struct block_device *bdev)
{
	struct sim_disks *d = &sim_disks;

	d->flushes++;
	if (bdev == &sim_origin)
		memcpy(d->origin_durable, d->origin, d->nr_blocks * sizeof(u64));
	else
		memcpy(d->meta_durable, d->meta, (size_t)d->nr_sectors * 512);
}

/* A cache may be emptied at any time. */
static bool leaks(void)
{
	return !sim_random(16);
}

static void origin_write(const struct bio *bio)
{
	struct sim_disks *d = &sim_disks;
	u64 block = bio->bi_iter.bi_sector / d->block_sectors;
	u64 last = (bio_end_sector(bio) - 1) / d->block_sectors;

	if (bio_end_sector(bio) > sim_origin.sectors)
		sim_fail("a write goes beyond the end of the origin");
	for (; block <= last; block++) {
		if (leaks())
			d->origin_durable[block] = d->origin[block];
		d->origin[block] = bio->tag;
		if (bio->bi_opf & REQ_FUA)
			d->origin_durable[block] = bio->tag;
	}
}

/* What is read of the origin byte by byte says which write it is of. */
static void origin_read(struct bio *bio)
{
	struct bio_vec *vec = bio->bi_io_vec;
	sector_t sector = bio->bi_iter.bi_sector;

	if (!bio->bi_vcnt) {
		bio->tag = *content(bio->bi_bdev, sector);
		return;
	}
	for (unsigned int at = 0; at < vec->bv_len; at += 512, sector++) {
		char *to = (char *)vec->bv_page + at;

		memset(to, 0, 512);
		memcpy(to, content(&sim_origin, sector), sizeof(u64));
	}
}

/* With a power cut in the middle, each sector gets there or not. */
static void meta_transfer(struct bio *bio, bool cut)
{
	struct sim_disks *d = &sim_disks;
	struct bio_vec *vec = bio->bi_io_vec;
	sector_t sector = bio->bi_iter.bi_sector;

	for (unsigned int at = 0; at < vec->bv_len; at += 512, sector++) {
		char *page = (char *)vec->bv_page + at;

		if (sector >= d->nr_sectors)
			sim_fail("sector %llu is none of log and map",
				 (unsigned long long)sector);
		if (bio_op(bio) == REQ_OP_READ) {
			memcpy(page, d->meta[sector], 512);
			continue;
		}
		if (cut && sim_random(2))
			continue;
		if (leaks())
			memcpy(d->meta_durable[sector], d->meta[sector], 512);
		memcpy(d->meta[sector], page, 512);
		if (bio->bi_opf & REQ_FUA && !cut)
			memcpy(d->meta_durable[sector], page, 512);
	}
}

static void perform(struct bio *bio, bool cut)
{
	bool write = op_is_write(bio_op(bio));

	if (bio->bi_bdev == &sim_meta && sim_disks.meta_fails &&
	    (bio->bi_vcnt || !bio_sectors(bio))) {
		bio->bi_status = BLK_STS_IOERR;
		return;
	}
	if (bio->bi_opf & REQ_PREFLUSH && (!cut || sim_random(2)))
		flush(bio->bi_bdev);
	if (!bio_sectors(bio))
		return;
	if (bio->bi_bdev == &sim_meta && bio->bi_vcnt)
		meta_transfer(bio, cut);
	else if (!write)
		origin_read(bio);
	else if (bio->bi_bdev == &sim_origin)
		origin_write(bio);
	else
		sim_fail("a write to the copy store that is none of kcopyd's");
}

struct notice {
	dm_kcopyd_notify_fn fn;
	void *context;
};

static void notify(void *arg)
{
	struct notice *n = arg;
	struct notice copy = *n;

	sim_free(n);
	copy.fn(0, 0, copy.context);
}

/* First it is read, later written, later told. */
static bool copy_on(struct flight *f)
{
	struct notice *n;

	if (!f->was_read) {
		f->content = *content(f->from.bdev, f->from.sector);
		f->was_read = true;
		return false;
	}
	*content(f->to.bdev, f->to.sector) = f->content;
	n = sim_alloc(sizeof(*n));
	n->fn = f->fn;
	n->context = f->context;
	sim_thread(notify, n);
	return true;
}

static void complete_bio(void *arg)
{
	struct bio *bio = arg;

	bio->bi_end_io(bio);
}

void sim_land(unsigned int index)
{
	struct flight *f = &flights[index];
	struct bio *bio = f->bio;

	if (bio)
		perform(bio, false);
	else if (!copy_on(f))
		return;
	if (bio && bio->landed)
		bio->landed(bio);
	flights[index] = flights[--nr_flights];
	if (bio)
		sim_thread(complete_bio, bio);
}

static bool kept(unsigned int mode)
{
	return mode == 0 ? false : mode == 1 ? true : sim_random(2);
}

/* What is in flight may have got anywhere, what is in a cache may be kept. */
void sim_power_cut(void)
{
	struct sim_disks *d = &sim_disks;
	unsigned int origin = sim_random(3), meta = sim_random(3);

	for (unsigned int i = 0; i < nr_flights; i++)
		if (flights[i].bio && op_is_write(bio_op(flights[i].bio)) &&
		    sim_random(2))
			perform(flights[i].bio, true);
	for (u32 i = 0; i < d->nr_blocks; i++) {
		if (kept(origin))
			d->origin_durable[i] = d->origin[i];
		else
			d->origin[i] = d->origin_durable[i];
	}
	for (u32 i = 0; i < d->nr_sectors; i++) {
		if (kept(meta))
			memcpy(d->meta_durable[i], d->meta[i], 512);
		else
			memcpy(d->meta[i], d->meta_durable[i], 512);
	}
	d->meta_fails = false;
}

/* ---- the kernel's interfaces */

void bio_init(struct bio *bio, struct block_device *bdev, struct bio_vec *vec,
	      unsigned short max, blk_opf_t opf)
{
	memset(bio, 0, sizeof(*bio));
	bio->bi_bdev = bdev;
	bio->bi_io_vec = vec;
	bio->bi_opf = opf;
}

void __bio_add_page(struct bio *bio, struct page *page, unsigned int len,
		    unsigned int offset)
{
	struct bio_vec *vec = &bio->bi_io_vec[bio->bi_vcnt++];

	vec->bv_page = page;
	vec->bv_len = len;
	vec->bv_offset = offset;
	bio->bi_iter.bi_size += len;
}

void submit_bio_noacct(struct bio *bio)
{
	sim_point();
	fly()->bio = bio;
}

void bio_endio(struct bio *bio)
{
	bio->bi_end_io(bio);
}

void bio_io_error(struct bio *bio)
{
	bio->bi_status = BLK_STS_IOERR;
	bio_endio(bio);
}

static void flushed(struct bio *bio)
{
	complete((struct completion *)bio->bi_private);
}

int blkdev_issue_flush(struct block_device *bdev)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct bio bio;

	bio_init(&bio, bdev, NULL, 0, REQ_OP_WRITE | REQ_PREFLUSH);
	bio.bi_private = &done;
	bio.bi_end_io = flushed;
	submit_bio_noacct(&bio);
	wait_for_completion(&done);
	return blk_status_to_errno(bio.bi_status);
}

struct block_device *sim_bdev(dev_t dev)
{
	return dev == sim_meta.bd_dev ? &sim_meta : &sim_origin;
}

int lookup_bdev(const char *path, dev_t *dev)
{
	return -ENOENT;
}

int dm_get_device(struct dm_target *ti, const char *path, fmode_t mode,
		  struct dm_dev **result)
{
	struct dm_dev *dev = sim_alloc(sizeof(*dev));
	unsigned int major, minor;

	if (sscanf(path, "%u:%u", &major, &minor) != 2)
		sim_fail("dm_get_device: %s", path);
	dev->bdev = sim_bdev(MKDEV(major, minor));
	snprintf(dev->name, sizeof(dev->name), "%s", path);
	*result = dev;
	return 0;
}

void dm_put_device(struct dm_target *ti, struct dm_dev *dev)
{
	sim_free(dev);
}

void dm_accept_partial_bio(struct bio *bio, unsigned int sectors)
{
	if (!sectors || sectors > bio_sectors(bio))
		sim_fail("dm_accept_partial_bio: %u of %u sectors", sectors,
			 bio_sectors(bio));
	bio->bi_iter.bi_size = sectors << SECTOR_SHIFT;
	if (bio->bi_private)
		*(sector_t *)bio->bi_private = sectors;
}

struct dm_kcopyd_client *dm_kcopyd_client_create(void *throttle)
{
	return sim_alloc(1);
}

void dm_kcopyd_client_destroy(struct dm_kcopyd_client *client)
{
	sim_free(client);
}

void dm_kcopyd_copy(struct dm_kcopyd_client *client, struct dm_io_region *from,
		    unsigned int count, struct dm_io_region *to,
		    unsigned int flags, dm_kcopyd_notify_fn fn, void *context)
{
	struct flight *f = fly();

	f->from = *from;
	f->to = *to;
	f->fn = fn;
	f->context = context;
}
