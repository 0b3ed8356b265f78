/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Block devices and device-mapper, see kernel.h and block.c. */
#ifndef MODEL_BLOCK_H
#define MODEL_BLOCK_H

struct page;
struct bio;
struct gendisk;
struct dm_table;
struct dm_target;

struct block_device {
	dev_t bd_dev;
	sector_t sectors;
	const char *name;
};

struct bvec_iter {
	sector_t bi_sector;
	unsigned int bi_size;
};

struct bio_vec {
	struct page *bv_page;
	unsigned int bv_len;
	unsigned int bv_offset;
};

typedef void bio_end_io_t(struct bio *bio);

struct bio {
	struct bio *bi_next;
	struct block_device *bi_bdev;
	blk_opf_t bi_opf;
	blk_status_t bi_status;
	struct bvec_iter bi_iter;
	bio_end_io_t *bi_end_io;
	void *bi_private;
	struct bio_vec *bi_io_vec;
	unsigned short bi_vcnt;
	u64 tag;			/* what a write of the test's writes */
	bio_end_io_t *landed;		/* called when it has */
	struct list_head flight;
};

struct bio_list {
	struct bio *head, *tail;
};

enum req_op {
	REQ_OP_READ = 0,
	REQ_OP_WRITE = 1,
	REQ_OP_FLUSH = 2,
	REQ_OP_DISCARD = 3,
	REQ_OP_SECURE_ERASE = 5,
	REQ_OP_WRITE_ZEROES = 9,
};

#define REQ_OP_MASK	0xffU
#define REQ_SYNC	0x100U
#define REQ_META	0x200U
#define REQ_FUA		0x400U
#define REQ_PREFLUSH	0x800U
#define REQ_NOWAIT	0x1000U
#define REQ_IDLE	0x2000U
#define REQ_POLLED	0x4000U

#define BLK_STS_OK	0
#define BLK_STS_IOERR	10
#define BLK_STS_RESOURCE 9

#define bio_op(b)		((enum req_op)((b)->bi_opf & REQ_OP_MASK))
#define op_is_write(op)		(!!((op) & 1))
#define op_is_flush(opf)	(!!((opf) & (REQ_FUA | REQ_PREFLUSH)))
#define bio_sectors(b)		((b)->bi_iter.bi_size >> SECTOR_SHIFT)
#define bio_end_sector(b)	((b)->bi_iter.bi_sector + bio_sectors(b))
#define bio_set_dev(b, d)	((b)->bi_bdev = (d))
#define bio_clear_polled(b)	((b)->bi_opf &= ~REQ_POLLED)
#define bio_uninit(b)		((void)(b))
#define virt_to_page(p)		((struct page *)(p))
#define blk_status_to_errno(s)	((s) ? -EIO : 0)
#define errno_to_blk_status(e)	((e) ? BLK_STS_IOERR : BLK_STS_OK)

void bio_init(struct bio *bio, struct block_device *bdev, struct bio_vec *vec,
	      unsigned short max, blk_opf_t opf);
void __bio_add_page(struct bio *bio, struct page *page, unsigned int len,
		    unsigned int offset);
void submit_bio_noacct(struct bio *bio);
void bio_endio(struct bio *bio);
void bio_io_error(struct bio *bio);
int blkdev_issue_flush(struct block_device *bdev);

static inline void bio_list_init(struct bio_list *l)
{
	l->head = NULL;
	l->tail = NULL;
}

static inline void bio_list_add(struct bio_list *l, struct bio *bio)
{
	bio->bi_next = NULL;
	if (l->tail)
		l->tail->bi_next = bio;
	else
		l->head = bio;
	l->tail = bio;
}

static inline struct bio *bio_list_pop(struct bio_list *l)
{
	struct bio *bio = l->head;

	if (bio)
		l->head = bio->bi_next;
	if (!l->head)
		l->tail = NULL;
	return bio;
}

struct blk_plug { int unused; };

#define blk_start_plug(p)	((void)(p))
#define blk_finish_plug(p)	((void)(p))

#define MINORBITS	20
#define MKDEV(a, b)	(((dev_t)(a) << MINORBITS) | (b))
#define MAJOR(d)	((unsigned int)((d) >> MINORBITS))
#define MINOR(d)	((unsigned int)((d) & ((1U << MINORBITS) - 1)))
#define format_dev_t(b, d) sprintf(b, "%u:%u", MAJOR(d), MINOR(d))

#define FMODE_READ	1U
#define FMODE_WRITE	2U
#define bdev_nr_sectors(b)	((b)->sectors)
#define bdev_nr_bytes(b)	((b)->sectors << SECTOR_SHIFT)
#define bdev_is_zoned(b)	false
#define bdev_logical_block_size(b) 512U
#define blkdev_get_by_dev(dev, mode, holder) ((void *)sim_bdev(dev))
#define blkdev_put(b, mode)	((void)(b))

struct block_device *sim_bdev(dev_t dev);
int lookup_bdev(const char *path, dev_t *dev);

/* ---- device-mapper */

struct request_queue { int unused; };

struct gendisk {
	dev_t dev;
	struct request_queue *queue;
};

struct mapped_device {
	struct gendisk disk;
};

struct dm_table {
	struct mapped_device *md;
	unsigned int events;
};

struct dm_dev {
	struct block_device *bdev;
	char name[16];
};

struct queue_limits {
	unsigned int features;
	unsigned int max_discard_sectors, max_hw_discard_sectors;
	unsigned int discard_granularity;
};

struct target_type;

struct dm_target {
	const struct target_type *type;
	struct dm_table *table;
	sector_t begin;
	sector_t len;
	void *private;
	char *error;
	unsigned int num_flush_bios;
	unsigned int num_discard_bios;
	unsigned int num_secure_erase_bios;
	unsigned int num_write_zeroes_bios;
	unsigned int per_io_data_size;
	sector_t max_io_len;
	bool discards_supported;
	bool flush_supported;
	bool limit_swap_bios;
	bool max_discard_granularity;
};

typedef enum { STATUSTYPE_INFO, STATUSTYPE_TABLE, STATUSTYPE_IMA } status_type_t;
typedef int (*iterate_devices_callout_fn)(struct dm_target *ti,
					  struct dm_dev *dev, sector_t start,
					  sector_t len, void *data);

struct target_type {
	u64 features;
	const char *name;
	void *module;
	unsigned int version[3];
	int (*ctr)(struct dm_target *ti, unsigned int argc, char **argv);
	void (*dtr)(struct dm_target *ti);
	int (*map)(struct dm_target *ti, struct bio *bio);
	int (*end_io)(struct dm_target *ti, struct bio *bio,
		      blk_status_t *error);
	void (*presuspend)(struct dm_target *ti);
	void (*presuspend_undo)(struct dm_target *ti);
	void (*postsuspend)(struct dm_target *ti);
	int (*preresume)(struct dm_target *ti);
	void (*resume)(struct dm_target *ti);
	void (*status)(struct dm_target *ti, status_type_t type,
		       unsigned int flags, char *result, unsigned int maxlen);
	int (*message)(struct dm_target *ti, unsigned int argc, char **argv,
		       char *result, unsigned int maxlen);
	int (*iterate_devices)(struct dm_target *ti,
			       iterate_devices_callout_fn fn, void *data);
	void (*io_hints)(struct dm_target *ti, struct queue_limits *limits);
};

#define DM_TARGET_SINGLETON	1
#define DM_TARGET_NOWAIT	2
#define DM_TARGET_PASSES_INTEGRITY 4
#define DM_MAPIO_SUBMITTED	0
#define DM_MAPIO_REMAPPED	1
#define DM_MAPIO_REQUEUE	2
#define DM_MAPIO_KILL		4
#define DM_ENDIO_DONE		0
#define DM_ENDIO_INCOMPLETE	1
#define DMEMIT(...) (sz += sz >= maxlen ? 0 : scnprintf(result + sz, maxlen - sz, __VA_ARGS__))
#define DMEMIT_TARGET_NAME_VERSION(t) DMEMIT("target_name=%s", (t)->name)

/* What a target carries with a bio is behind it. */
#define dm_per_bio_data(b, size) ((void *)((b) + 1))
#define dm_table_get_mode(t)	(FMODE_READ | FMODE_WRITE)
#define dm_table_get_md(t)	((t)->md)
#define dm_disk(md)		(&(md)->disk)
#define disk_devt(d)		((d)->dev)
#define dm_table_event(t)	((void)(t)->events++)
#define dm_set_target_max_io_len(ti, len) ((ti)->max_io_len = (len), 0)
#define blk_queue_flag_set(flag, q) ((void)(q))

int dm_get_device(struct dm_target *ti, const char *path, fmode_t mode,
		  struct dm_dev **result);
void dm_put_device(struct dm_target *ti, struct dm_dev *dev);
void dm_accept_partial_bio(struct bio *bio, unsigned int sectors);

/* ---- kcopyd */

struct dm_kcopyd_client;

struct dm_io_region {
	struct block_device *bdev;
	sector_t sector;
	sector_t count;
};

typedef void (*dm_kcopyd_notify_fn)(int read_err, unsigned long write_err,
				    void *context);

struct dm_kcopyd_client *dm_kcopyd_client_create(void *throttle);
void dm_kcopyd_client_destroy(struct dm_kcopyd_client *client);
void dm_kcopyd_copy(struct dm_kcopyd_client *client, struct dm_io_region *from,
		    unsigned int count, struct dm_io_region *to,
		    unsigned int flags, dm_kcopyd_notify_fn fn, void *context);

#endif
