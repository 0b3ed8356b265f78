// SPDX-License-Identifier: GPL-2.0-only
/*
 * RAID 5: between bios and cells.
 *
 * A bio is within one band. So it is on one data disk, or, where the band is a
 * whole stripe, goes on at the start of the next one's chunk.
 *
 * What is written is copied, because a page may change while it is written: the
 * parity must be that of the bytes that the members get. With the feature
 * "stable_pages" none does, and a page that is a whole cell is the cell's until the
 * round is over: it is read only, by the parity and the members.
 */
#include <linux/bvec.h>

#include "raid5.h"

/* A run of bytes of a bio that is in one cell. */
struct piece {
	const struct raid5_layout *layout;
	unsigned int band_begin;	/* sector in the chunk */
	unsigned int parity;

	unsigned int disk;
	u64 offset;			/* byte in the chunk */
	unsigned int left;		/* bytes of the bio, this one included */

	unsigned int slot;
	unsigned int row;		/* in the band */
	unsigned int in_cell;		/* byte */
	unsigned int bytes;
};

static void look(struct piece *piece)
{
	u64 in_band = piece->offset - ((u64)piece->band_begin << SECTOR_SHIFT);

	piece->slot = raid5_layout_slot(piece->layout, piece->parity,
					piece->disk);
	piece->row = in_band / RAID5_CELL_BYTES;
	piece->in_cell = in_band % RAID5_CELL_BYTES;
	piece->bytes = min(RAID5_CELL_BYTES - piece->in_cell, piece->left);
}

static void first(struct piece *piece, const struct raid5 *r5,
		  const struct bio *bio)
{
	struct raid5_place place;

	place = raid5_layout_place(&r5->layout, bio->bi_iter.bi_sector);
	piece->layout = &r5->layout;
	piece->band_begin = place.offset & ~(raid5_band_sectors(r5) - 1);
	piece->parity = raid5_layout_parity(&r5->layout, place.stripe);
	piece->disk = place.disk;
	piece->offset = (u64)place.offset << SECTOR_SHIFT;
	piece->left = bio->bi_iter.bi_size;
	look(piece);
}

/* Goes on by some bytes, no further than to the next cell. */
static void next(struct piece *piece, unsigned int bytes)
{
	piece->left -= bytes;
	piece->offset += bytes;
	if (piece->offset >> SECTOR_SHIFT >> piece->layout->chunk_shift) {
		piece->offset = 0;
		piece->disk++;
	}
	look(piece);
}

/**
 * raid5_copy_rows() - which rows of its band a bio touches
 * @r5: the array
 * @bio: the bio
 * @rows: bitmap that is added to
 */
void raid5_copy_rows(const struct raid5 *r5, const struct bio *bio,
		     unsigned long *rows)
{
	struct piece piece;

	for (first(&piece, r5, bio); piece.left; next(&piece, piece.bytes))
		__set_bit(piece.row, rows);
}

/**
 * raid5_copy_row() - a row of a round
 * @round: the round; has rows to spare
 * @at: its place in the band
 *
 * Return: the row; if the round had none there, one of which nothing is wanted.
 */
struct raid5_row *raid5_copy_row(struct raid5_round *round, unsigned int at)
{
	struct raid5_row *row = round->row[at];
	unsigned int slot;

	if (row)
		return row;
	row = list_first_entry(&round->rows_spare, struct raid5_row, node);
	list_del_init(&row->node);
	row->at = at;
	row->written = 0;
	row->whole = 0;
	row->wanted = 0;
	for (slot = 0; slot < round->r5->layout.members; slot++)
		row->cell[slot].sectors = 0;
	round->row[at] = row;
	return row;
}

/**
 * raid5_copy_mark() - note what a bio is about in the round's rows
 * @round: the round; has rows to spare for what the bio touches
 * @bio: the bio
 */
void raid5_copy_mark(struct raid5_round *round, struct bio *bio)
{
	struct raid5_cell *cell;
	struct raid5_row *row;
	struct piece piece;

	for (first(&piece, round->r5, bio); piece.left;
	     next(&piece, piece.bytes)) {
		row = raid5_copy_row(round, piece.row);
		if (bio_op(bio) == REQ_OP_READ) {
			row->wanted |= BIT(piece.slot);
			continue;
		}
		cell = &row->cell[piece.slot];
		cell->sectors |= (BIT(piece.bytes >> SECTOR_SHIFT) - 1)
				 << (piece.in_cell >> SECTOR_SHIFT);
		row->written |= BIT(piece.slot);
		if (cell->sectors == RAID5_CELL_ALL)
			row->whole |= BIT(piece.slot);
	}
}

/**
 * raid5_copy_hopeless() - does a bio need what is lost?
 * @round: the round
 * @bio: one of its bios
 *
 * Return: whether it has to fail.
 */
bool raid5_copy_hopeless(struct raid5_round *round, struct bio *bio)
{
	struct piece piece;

	for (first(&piece, round->r5, bio); piece.left;
	     next(&piece, piece.bytes)) {
		if (round->row[piece.row]->lost & BIT(piece.slot))
			return true;
	}
	return false;
}

/* Can a segment, which is to be @at in a cell, be the cell? */
static bool can_lend(const struct raid5_round *round, const struct bio_vec *vec,
		     unsigned int at)
{
	return round->r5->raid->stable_pages && !at && !vec->bv_offset &&
	       vec->bv_len == RAID5_CELL_BYTES && !PageHighMem(vec->bv_page);
}

static void return_cell(struct raid5_cell *cell)
{
	cell->page = cell->own;
	cell->own = NULL;
}

static void lend_cell(struct raid5_cell *cell, struct page *page)
{
	if (!cell->own)
		cell->own = cell->page;
	cell->page = page;
}

static void copy_to_cell(struct raid5_round *round, struct raid5_cell *cell,
			 struct bio_vec *vec, unsigned int at)
{
	char *data = raid5_cell_data(cell);

	if (can_lend(round, vec, at)) {
		lend_cell(cell, vec->bv_page);
		return;
	}
	/* another bio's page isn't written to */
	if (cell->own) {
		return_cell(cell);
		memcpy(raid5_cell_data(cell), data, RAID5_CELL_BYTES);
		data = raid5_cell_data(cell);
	}
	memcpy_from_bvec(data + at, vec);
}

/**
 * raid5_copy_return() - what bios have lent is theirs again
 * @round: the round
 * @row: one of its rows
 */
void raid5_copy_return(struct raid5_round *round, struct raid5_row *row)
{
	unsigned int slot;

	if (!round->r5->raid->stable_pages)
		return;
	for (slot = 0; slot < round->r5->layout.members; slot++) {
		if (row->cell[slot].own)
			return_cell(&row->cell[slot]);
	}
}

/* The segments of a bio need not end where cells, or even sectors, do. */
static void copy(struct raid5_round *round, struct bio *bio, bool in)
{
	struct bvec_iter iter = bio->bi_iter;
	struct piece piece;

	first(&piece, round->r5, bio);
	while (piece.left) {
		struct bio_vec vec = bio_iter_iovec(bio, iter);
		struct raid5_row *row = round->row[piece.row];
		struct raid5_cell *cell = &row->cell[piece.slot];
		char *data = raid5_cell_data(cell);

		vec.bv_len = min(vec.bv_len, piece.bytes);
		if (in)
			copy_to_cell(round, cell, &vec, piece.in_cell);
		else
			memcpy_to_bvec(&vec, data + piece.in_cell);
		bio_advance_iter_single(bio, &iter, vec.bv_len);
		next(&piece, vec.bv_len);
	}
}

/**
 * raid5_copy_in() - put what a bio writes into the cells
 * @round: the round
 * @bio: one of its bios, a write
 */
void raid5_copy_in(struct raid5_round *round, struct bio *bio)
{
	copy(round, bio, true);
}

/**
 * raid5_copy_out() - give a bio what it reads
 * @round: the round
 * @bio: one of its bios, a read
 */
void raid5_copy_out(struct raid5_round *round, struct bio *bio)
{
	copy(round, bio, false);
}
