/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RAID 5: state of an array, shared by the raid5-*.c files.
 *
 *	raid5.c		device-mapper's side: reads that go straight to a
 *			member, flushes, members that are dropped
 *	raid5-band.c	who works on a band, and who waits for it
 *	raid5-plug.c	waiting for the rest of a stripe
 *	raid5-pool.c	the memory of rounds
 *	raid5-round.c	what is done with a band: read, compute, log, write
 *	raid5-log.c	the partial parity log (raid5-ppl.h), written
 *	raid5-replay.c	and made use of after a crash
 *	raid5-mend.c	cells that can't be read
 *	raid5-sync.c	resync, rebuild, check and repair (raid-sync.h)
 *	raid5-copy.c	between bios and cells
 *
 * A stripe is cut into bands: what is locked, read and written together. A
 * band is a whole stripe unless that would be more than RAID5_BAND_CELLS cells
 * of 4 KiB. Its rows are the unit of parity (raid5-plan.h).
 *
 * Life of a write: raid5_map() -> it joins its band. If nobody works on the
 * band, the bio's own memory holds the band from now on, and a round is begun:
 * a write of a whole stripe begins it at once in the submitter's context, any
 * other on r5->wq, so that writes that come close together are one round. Who
 * finds the band taken waits in it and is part of the next round. A round takes
 * all that wait, reads what the plans of its rows want, computes, writes data
 * and parity, and only when all of that is on the members, ends its bios.
 *
 * Writes that may become a whole stripe are held back a little (raid5-plug.c).
 *
 * Life of a read: straight to its member, if that is in use. Otherwise, or if
 * that fails, it joins its band like a write, because while data and parity are
 * written in turns, the sum of a row is nothing that was ever there.
 *
 * Members: r5->out is the set of those that are missing or dropped. It only
 * grows, under raid->change. A member that fails a write or a flush, or has a
 * cell that can be neither read nor rewritten, is dropped before the bio that
 * found out ends: what that bio wrote is then the others', as their sum. First
 * the others record the loss (raid-record.h): until that is durable the member
 * is written like any other, and nothing that it lacks is acknowledged. With two
 * out the array has failed: nothing is written or flushed any more, and what can be
 * read is what the members that are left hold themselves. A member that is being
 * rebuilt is one of the others up to r5->filled, and counts as out behind it: row
 * by row. A twin has a cell behind those of the slots, without a page of its own: what is
 * written to the member is written to it from the member's page. Since nothing is
 * written to a member that is out, its twin goes with it.
 *
 * Locks: bucket->lock, then pool.lock or plug.lock. r5->lock and log->lock are
 * taken alone. All of them are taken with interrupts off, and held for list
 * operations only. raid->change is taken with none of them. The right to a band is
 * no lock that anybody sleeps on: who can't have it is queued.
 *
 * Memory: nothing is allocated while I/O is under way. Bands live in the bios'
 * own memory, rounds in a pool that is filled when the table is loaded. A round
 * takes all that it needs at once or queues for it, first come, first served,
 * without holding anything; whoever has begun needs nothing more to end. So
 * every write gets its turn, however little memory there is.
 *
 * Workqueue: what runs on r5->wq waits for the members, and for raid->change,
 * whose holder waits for nothing else than members. So one rescuer is enough.
 *
 * A crash in the middle of a round leaves any part of its data and parity
 * written. Without the partial parity log, rows where that is so have a wrong
 * parity until they are written as a whole: see Documentation/braid-raid.md.
 */
#ifndef BRAID_RAID5_H
#define BRAID_RAID5_H

#include "raid.h"
#include "raid-log.h"
#include "raid5-plan.h"
#include "raid5-ppl.h"

#define RAID5_BUCKETS_SHIFT	6
#define RAID5_BUCKETS		BIT(RAID5_BUCKETS_SHIFT)

#define RAID5_BAND_CELLS	1024U
#define RAID5_BAND_ROWS_MAX	(BRAID_CHUNK_SECTORS_MAX / RAID5_CELL_SECTORS)

/* Of each array, unless a band needs more. */
#define RAID5_POOL_ROUNDS	64U
#define RAID5_POOL_ROWS		256U

struct raid5;
struct raid5_row;

/**
 * struct raid5_cell - 4 KiB of a member, in memory
 * @row: the row that it belongs to
 * @slot: the member
 * @sectors: which of its sectors the round writes, a bit each
 * @page: where the data is
 * @own: the cell's page, while @page is one of a bio's; else NULL
 * @bio: moves this cell, and those of the following rows
 */
struct raid5_cell {
	struct raid5_row *row;
	unsigned int slot;
	unsigned int sectors;
	struct page *page;
	struct page *own;
	struct bio bio;
};

/**
 * struct raid5_row - a row that a round works on
 * @node: among the rows that are free, or that a round has spare
 * @at: its place in the band
 * @written: slots of which something is written
 * @whole: those of @written that are written from end to end
 * @wanted: slots that are to be read for somebody
 * @unread: slots whose cell could not be read
 * @out: members that had nothing of it when it was planned
 * @lost: slots for which there is no hope: who needs them gets an error
 * @plan: what to do
 * @partial: room for its partial parity, if there is a log
 * @cell: the cells by slot
 */
struct raid5_row {
	struct list_head node;
	unsigned int at;
	unsigned int written;
	unsigned int whole;
	unsigned int wanted;
	unsigned long unread;
	unsigned int out;
	unsigned int lost;
	struct raid5_plan plan;
	struct page *partial;
	struct raid5_cell *cell;
};

/**
 * struct raid5_round - a turn of work on a band
 * @r5: the array
 * @node: among the free rounds
 * @rows_spare: rows that it has and doesn't use, or not yet
 * @rows_count: how many rows it has
 * @band: the band, in the memory of one of @bios
 * @stripe: the stripe
 * @parity: the slot of the stripe's parity
 * @begin: the first sector of the band in its chunk
 * @bios: what it is done for; all reads, or all writes
 * @out: the members that were out when it was planned
 * @status: of the round as a whole
 * @pending: bios to members that are under way, and one for who sends them
 * @failed: slots that failed a write, of cells or to the log
 * @unread: some cell could not be read
 * @marked: its rows are marked in the write-intent log
 * @mark: by this
 * @log_node: in the queue for a place in the log
 * @log_turn: how many places it has seen to
 * @logs: it has some
 * @logged: what to do once it is in the log
 * @next: what to do once @pending is zero
 * @work: does it
 * @vec: the cells' pages for bios: those of slot s from s * band_rows on
 * @row: its rows by their place in the band; NULL where it has none
 */
struct raid5_round {
	struct raid5 *r5;
	struct list_head node;
	struct list_head rows_spare;
	unsigned int rows_count;

	struct raid5_band *band;
	u64 stripe;
	unsigned int parity;
	unsigned int begin;
	struct bio_list bios;

	unsigned long out;
	blk_status_t status;
	atomic_t pending;
	unsigned long failed;
	bool unread;
	bool marked;
	struct raid_log_entry mark;
	struct list_head log_node;
	unsigned int log_turn;
	bool logs;
	void (*logged)(struct raid5_round *round);
	void (*next)(struct raid5_round *round);
	struct work_struct work;

	struct bio_vec *vec;
	struct raid5_row *row[];
};

/**
 * struct raid5_band - a band that is worked on
 * @r5: the array
 * @node: in its bucket
 * @number: which band it is
 * @waiting: what the next round is for
 * @sectors: how much was asked for since it was opened
 * @plugged: in the list of those held back; the plug's lock protects it
 * @hungry: in the pool's queue
 * @needs: how many rows it waits for there
 * @round: what it got
 * @work: begins the next round
 *
 * There is one for every band that is worked on, in the memory of a bio that
 * the round, or if none has begun yet, the next one, is done for.
 */
struct raid5_band {
	struct raid5 *r5;
	struct hlist_node node;
	u64 number;
	struct bio_list waiting;
	unsigned int sectors;
	struct list_head plugged;
	struct list_head hungry;
	unsigned int needs;
	struct raid5_round *round;
	struct work_struct work;
};

/**
 * struct raid5_io - kept with each bio
 * @slot: the member it was sent to, or RAID5_NO_SLOT
 * @bdev: whose bio it was
 * @iter: what it was about, in sectors of the target
 * @end_io: who was to be told
 * @flags: the bio's flags
 * @band: a band, if this bio is the one whose memory holds it
 */
struct raid5_io {
	unsigned int slot;
	struct block_device *bdev;
	struct bvec_iter iter;
	bio_end_io_t *end_io;
	unsigned long flags;
	struct raid5_band band;
};

/**
 * struct raid5_bucket - bands by the hash of their number
 * @lock: protects @bands and what waits in them
 * @bands: those that are worked on
 */
struct raid5_bucket {
	spinlock_t lock; /* see above */
	struct hlist_head bands;
} ____cacheline_aligned_in_smp;

/**
 * struct raid5_pool - the memory of rounds
 * @lock: protects the rest
 * @rounds: free rounds
 * @rows: free rows
 * @rows_count: how many
 * @hungry: bands that wait for a round, the oldest first
 */
struct raid5_pool {
	spinlock_t lock; /* see above */
	struct list_head rounds;
	struct list_head rows;
	unsigned int rows_count;
	struct list_head hungry;
};

/**
 * struct raid5_plug - bands that are held back
 * @lock: protects @bands
 * @bands: those, the oldest first
 * @patience: begins them when they have waited for long enough
 * @rounds: how many rounds of bios are under way
 */
struct raid5_plug {
	spinlock_t lock; /* see above */
	struct list_head bands;
	struct delayed_work patience;
	atomic_t rounds;
};

/**
 * struct raid5_sync - what synchronising works with
 * @round: a round of its own, with rows for a piece; it has no bios
 * @sum: room for a parity that is compared
 * @band: in the bucket while it has the band
 * @wants: it waits for the band of this number, if @waits; the bucket's lock
 *	protects both
 * @waits: see above
 * @turn: it has the band
 * @done: the round's bios to members have ended
 */
struct raid5_sync {
	struct raid5_round *round;
	struct page *sum;
	struct raid5_band band;
	u64 wants;
	bool waits;
	struct completion turn;
	struct completion done;
};

/**
 * struct raid5_log_place - a place for an entry of the partial parity log
 * @owner: the round that has it
 * @waiting: rounds that want it, in their order
 * @entry: the header, a page
 * @bio: writes it
 * @vec: what the bio carries
 */
struct raid5_log_place {
	struct raid5_round *owner;
	struct list_head waiting;
	struct braid_ppl *entry;
	struct bio bio;
	struct bio_vec vec[1 + BRAID_PPL_ROWS];
};

/**
 * struct raid5_log - the partial parity log
 * @lock: protects who owns and waits for places
 * @rows: rows of an entry
 * @places: how many places each member has
 * @place: those of member m from m * @places on
 */
struct raid5_log {
	spinlock_t lock; /* see above */
	unsigned int rows;
	unsigned int places;
	struct raid5_log_place *place;
};

/**
 * struct raid5 - a RAID 5 array
 * @raid: the array
 * @layout: its shape
 * @band_rows: rows of a band, a power of two
 * @bands: how many bands a stripe has
 * @out: members that are missing or were dropped; raid->change protects it
 *	against changes
 * @filling: the member that is being rebuilt, as a set; it is in use only
 *	before @filled
 * @filled: the sector of the members' data up to which it is. Whoever moves it
 *	has the bands that it passes over
 * @twin: the twin (raid.h), as a set: empty if there is none, or it was dropped;
 *	raid->change protects it against changes
 * @lock: protects @failed
 * @failed: bios that settle has to look at
 * @settle: deals with failed reads and flushes
 * @wq: where everything runs
 * @sync: what synchronising works with
 * @log: the partial parity log; NULL if there is none
 * @pool: memory
 * @plug: bands that are held back
 * @bucket: bands
 */
struct raid5 {
	struct raid *raid;
	struct raid5_layout layout;
	unsigned int band_rows;
	unsigned int bands;

	unsigned long out;
	unsigned long filling;
	sector_t filled;
	unsigned long twin;
	spinlock_t lock; /* see above */
	struct bio_list failed;
	struct work_struct settle;
	struct workqueue_struct *wq;
	struct raid5_sync *sync;
	struct raid5_log *log;

	struct raid5_pool pool;
	struct raid5_plug plug;
	struct raid5_bucket bucket[RAID5_BUCKETS];
};

static inline struct raid5_io *raid5_io_of(struct bio *bio)
{
	return dm_per_bio_data(bio, sizeof(struct raid5_io));
}

static inline unsigned int raid5_chunk(const struct raid5 *r5)
{
	return 1U << r5->layout.chunk_shift;
}

static inline unsigned int raid5_band_sectors(const struct raid5 *r5)
{
	return r5->band_rows * RAID5_CELL_SECTORS;
}

/* The slot whose cells go to a place: the twin gets those of its member. */
static inline unsigned int raid5_source(const struct raid5 *r5,
					unsigned int place)
{
	return place < r5->layout.members ? place : r5->raid->twin_of;
}

static inline void *raid5_cell_data(const struct raid5_cell *cell)
{
	return page_address(cell->page);
}

/* Where the cells of a round's row are, in sectors of a member's data. */
static inline sector_t raid5_data_sector(const struct raid5_round *round,
					 unsigned int at)
{
	return (round->stripe << round->r5->layout.chunk_shift) +
	       round->begin + at * RAID5_CELL_SECTORS;
}

/* The same, in sectors of a member. */
static inline sector_t raid5_sector(const struct raid5_round *round,
				    unsigned int at)
{
	return round->r5->raid->data_offset + raid5_data_sector(round, at);
}

/* What is in the cells of a round's row, by slot. */
static inline void raid5_row_cells(const struct raid5_round *round,
				   const struct raid5_row *row, void **cell)
{
	unsigned int slot;

	for (slot = 0; slot < round->r5->layout.members; slot++)
		cell[slot] = raid5_cell_data(&row->cell[slot]);
}

/* May the row's parity be wrong, so that nothing is to be concluded from it? */
static inline bool raid5_is_unsure(const struct raid5_round *round,
				   const struct raid5_row *row)
{
	const struct raid *raid = round->r5->raid;

	return READ_ONCE(raid->torn) ||
	       raid_sync_unsynced(raid, raid5_data_sector(round, row->at),
				  raid5_data_sector(round, row->at + 1));
}

/* The first of a round's rows from a place in the band on, or NULL. */
static inline struct raid5_row *raid5_row_from(struct raid5_round *round,
					       unsigned int at)
{
	for (; at < round->r5->band_rows; at++) {
		if (round->row[at])
			return round->row[at];
	}
	return NULL;
}

static inline struct raid5_row *raid5_first_row(struct raid5_round *round)
{
	return raid5_row_from(round, 0);
}

static inline struct raid5_row *raid5_next_row(struct raid5_round *round,
					       const struct raid5_row *row)
{
	return raid5_row_from(round, row->at + 1);
}

/* raid5.c */
unsigned long raid5_out(const struct raid5 *r5);
bool raid5_has_failed(const struct raid5 *r5);
unsigned long raid5_out_at(const struct raid5 *r5, sector_t end);
int raid5_drop(struct raid5 *r5, unsigned long slots, const char *why);
bool raid5_is_replaced(const struct raid5 *r5, unsigned int slot);

/* raid5-band.c */
void raid5_band_init(struct raid5 *r5);
void raid5_band_join(struct raid5 *r5, struct bio *bio);
void raid5_band_leave(struct raid5_round *round);
void raid5_band_hold(struct raid5 *r5, u64 number);
void raid5_band_release(struct raid5 *r5);

/* raid5-pool.c */
int raid5_pool_fill(struct raid5 *r5);
void raid5_pool_empty(struct raid5 *r5);
struct raid5_round *raid5_pool_take(struct raid5_band *band,
				    unsigned int rows);
void raid5_pool_give(struct raid5_round *round);
struct raid5_round *raid5_pool_own(struct raid5 *r5, unsigned int rows);
void raid5_pool_disown(struct raid5_round *round);

/* raid5-plug.c */
void raid5_plug_init(struct raid5 *r5);
bool raid5_plug_hold(struct raid5_band *band);
void raid5_plug_pull(struct raid5_band *band);
void raid5_plug_ended(struct raid5 *r5);

/* raid5-round.c */

/* Which cells of a row are to be moved, as a set of slots. */
typedef unsigned int (*raid5_cells_fn)(const struct raid5_row *row);

unsigned int raid5_cells_to_read(const struct raid5_row *row);
unsigned int raid5_cells_to_write(const struct raid5_row *row);
void raid5_round_send(struct raid5_round *round, raid5_cells_fn cells,
		      blk_opf_t opf, void (*next)(struct raid5_round *round));
void raid5_release_rows(struct raid5_round *round);
void raid5_round_init(struct raid5_round *round);
void raid5_round_run(struct raid5_round *round);
void raid5_round_hold(struct raid5_round *round,
		      void (*next)(struct raid5_round *round));
void raid5_round_put(struct raid5_round *round, bool may_run);

/* raid5-log.c */
int raid5_log_make(struct raid5 *r5);
void raid5_log_free(struct raid5 *r5);
void raid5_log_write(struct raid5_round *round,
		     void (*logged)(struct raid5_round *round));
void raid5_log_leave(struct raid5_round *round);

/* raid5-replay.c */
int raid5_replay(struct raid *raid, const unsigned long *lost);

/* raid5-mend.c */
int raid5_mend(struct raid5_round *round);

/* raid5-sync.c */
int raid5_sync_make(struct raid5 *r5);
void raid5_sync_free(struct raid5 *r5);
int raid5_sync_piece(struct raid *raid, const struct raid_piece *piece,
		     enum raid_sync_action action, u64 *mismatches);

/* raid5-copy.c */
struct raid5_row *raid5_copy_row(struct raid5_round *round, unsigned int at);
void raid5_copy_rows(const struct raid5 *r5, const struct bio *bio,
		     unsigned long *rows);
void raid5_copy_mark(struct raid5_round *round, struct bio *bio);
void raid5_copy_in(struct raid5_round *round, struct bio *bio);
void raid5_copy_return(struct raid5_round *round, struct raid5_row *row);
void raid5_copy_out(struct raid5_round *round, struct bio *bio);
bool raid5_copy_hopeless(struct raid5_round *round, struct bio *bio);

#endif
