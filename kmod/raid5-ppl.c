// SPDX-License-Identifier: GPL-2.0-only
/*
 * Entries of the partial parity log; see the header.
 */
#include <linux/bitmap.h>
#include <linux/crc32.h>
#include <linux/minmax.h>
#include <linux/raid/xor.h>
#include <linux/string.h>

#include "raid5-plan.h"
#include "raid5-ppl.h"

#define SECTOR_BYTES (RAID5_CELL_BYTES / RAID5_CELL_SECTORS)

/**
 * raid5_ppl_rows() - how many rows an entry has at most
 * @chunk_sectors: the array's chunk size
 *
 * Return: a power of two; the rows of a chunk are a multiple of it.
 */
unsigned int raid5_ppl_rows(unsigned int chunk_sectors)
{
	return min(chunk_sectors / RAID5_CELL_SECTORS, BRAID_PPL_ROWS);
}

/**
 * raid5_ppl_entry_sectors() - how far it is from one entry to the next
 * @chunk_sectors: the array's chunk size
 *
 * Return: sectors, of the header and a cell for each row.
 */
unsigned int raid5_ppl_entry_sectors(unsigned int chunk_sectors)
{
	return (1 + raid5_ppl_rows(chunk_sectors)) * RAID5_CELL_SECTORS;
}

static u32 sum(const void *data, size_t size)
{
	return ~__crc32c_le(~0U, data, size);
}

/* The checksum that a header should have. */
static u32 sum_of(const struct braid_ppl *entry)
{
	size_t before = offsetof(struct braid_ppl, checksum);
	size_t after = before + sizeof(entry->checksum);
	static const __le32 zero;
	u32 crc;

	crc = __crc32c_le(~0U, (const u8 *)entry, before);
	crc = __crc32c_le(crc, (const u8 *)&zero, sizeof(zero));
	return ~__crc32c_le(crc, (const u8 *)entry + after,
			    sizeof(*entry) - after);
}

/* Adds to one cell, sector by sector, what another has in some of them. */
static void add_sectors(u8 *to, u8 *from, unsigned long sectors)
{
	unsigned long begin = 0, end;

	while ((begin = find_next_bit(&sectors, RAID5_CELL_SECTORS, begin)) <
	       RAID5_CELL_SECTORS) {
		void *source = from + begin * SECTOR_BYTES;

		end = find_next_zero_bit(&sectors, RAID5_CELL_SECTORS, begin);
		xor_blocks(1, (end - begin) * SECTOR_BYTES,
			   to + begin * SECTOR_BYTES, &source);
		begin = end;
	}
}

/**
 * raid5_ppl_partial() - compute the partial parity of a row
 * @partial: a cell that receives it
 * @cell: the row's cells by slot: the new parity, and the new data at least
 * @parity: the slot that has the parity
 * @written: by slot, which sectors of the cell are written
 *
 * It is the new parity without the new data. What it has in sectors where
 * nobody writes doesn't matter. Process context.
 */
void raid5_ppl_partial(void *partial, void **cell, unsigned int parity,
		       const u8 *written)
{
	unsigned int slot;

	memcpy(partial, cell[parity], RAID5_CELL_BYTES);
	for (slot = 0; slot < BRAID_PPL_SLOTS; slot++) {
		if (written[slot])
			add_sectors(partial, cell[slot], written[slot]);
	}
}

/**
 * raid5_ppl_begin() - begin an entry
 * @entry: the header
 * @place: where it is going to be
 */
void raid5_ppl_begin(struct braid_ppl *entry,
		     const struct raid5_ppl_place *place)
{
	memset(entry, 0, sizeof(*entry));
	memcpy(entry->magic, BRAID_PPL_MAGIC, sizeof(entry->magic));
	memcpy(entry->array_uuid, place->uuid, sizeof(entry->array_uuid));
	entry->slot = cpu_to_le16(place->slot);
	entry->run = cpu_to_le64(place->run);
	entry->events = cpu_to_le64(place->events);
	entry->sector = cpu_to_le64(place->sector);
}

static unsigned int blocks(const struct braid_ppl *entry)
{
	unsigned int i, count = 0;

	for (i = 0; i < le16_to_cpu(entry->rows); i++)
		count += !!entry->row[i].block;
	return count;
}

/**
 * raid5_ppl_add() - add a row to an entry
 * @entry: the header; has room
 * @sector: where the row is, in a member's data
 * @written: by slot, which sectors of the cell are written
 * @partial: the partial parity; NULL if all data is written
 *
 * Return: the block behind the header where the partial parity belongs.
 */
unsigned int raid5_ppl_add(struct braid_ppl *entry, u64 sector,
			   const u8 *written, const void *partial)
{
	unsigned int rows = le16_to_cpu(entry->rows);
	struct braid_ppl_row *row = &entry->row[rows];

	row->sector = cpu_to_le64(sector);
	memcpy(row->written, written, sizeof(row->written));
	if (partial) {
		row->block = blocks(entry) + 1;
		row->checksum = cpu_to_le32(sum(partial, RAID5_CELL_BYTES));
	}
	entry->rows = cpu_to_le16(rows + 1);
	return row->block;
}

/**
 * raid5_ppl_seal() - the entry has all its rows
 * @entry: the header
 */
void raid5_ppl_seal(struct braid_ppl *entry)
{
	entry->checksum = cpu_to_le32(sum_of(entry));
}

static bool row_good(const struct braid_ppl_row *row, unsigned int own,
		     const struct raid5_ppl_shape *shape)
{
	unsigned int rows = raid5_ppl_rows(1U << shape->layout.chunk_shift);
	u64 sector = le64_to_cpu(row->sector);
	unsigned int slot;

	if (sector % RAID5_CELL_SECTORS || sector >= shape->member_sectors ||
	    row->block > rows)
		return false;
	if (raid5_layout_parity(&shape->layout,
				sector >> shape->layout.chunk_shift) != own)
		return false;
	for (slot = 0; slot < BRAID_PPL_SLOTS; slot++) {
		if (row->written[slot] &&
		    (slot == own || slot >= shape->layout.members))
			return false;
		if (!row->block && slot != own &&
		    slot < shape->layout.members &&
		    row->written[slot] != RAID5_CELL_ALL)
			return false;
	}
	return true;
}

/**
 * raid5_ppl_good() - is this an entry that counts?
 * @entry: 4 KiB of anything
 * @place: where it was found, and in which run
 * @shape: the array's shape
 *
 * Return: whether it was written there, in that run, and can be acted on.
 */
bool raid5_ppl_good(const struct braid_ppl *entry,
		    const struct raid5_ppl_place *place,
		    const struct raid5_ppl_shape *shape)
{
	unsigned int i, rows = le16_to_cpu(entry->rows);

	if (memcmp(entry->magic, BRAID_PPL_MAGIC, sizeof(entry->magic)) ||
	    memcmp(entry->array_uuid, place->uuid, sizeof(entry->array_uuid)) ||
	    le16_to_cpu(entry->slot) != place->slot ||
	    le64_to_cpu(entry->run) != place->run ||
	    le64_to_cpu(entry->events) < place->events ||
	    le64_to_cpu(entry->sector) != place->sector ||
	    le32_to_cpu(entry->checksum) != sum_of(entry))
		return false;
	if (!rows || rows > raid5_ppl_rows(1U << shape->layout.chunk_shift))
		return false;
	for (i = 0; i < rows; i++) {
		if (!row_good(&entry->row[i], place->slot, shape))
			return false;
	}
	return true;
}

/**
 * raid5_ppl_whole() - was a row's partial parity written to its end?
 * @row: the row, which has one
 * @partial: what was read
 *
 * Return: whether the checksum is right.
 */
bool raid5_ppl_whole(const struct braid_ppl_row *row, const void *partial)
{
	return le32_to_cpu(row->checksum) == sum(partial, RAID5_CELL_BYTES);
}

/* Sectors where the parity can be said: somebody wrote, nobody missing did. */
static unsigned long known_sectors(const struct braid_ppl_row *row,
				   unsigned int missing)
{
	unsigned long known = 0, unknown = 0;
	unsigned int slot;

	for (slot = 0; slot < BRAID_PPL_SLOTS; slot++) {
		known |= row->written[slot];
		if (missing & BIT(slot))
			unknown |= row->written[slot];
	}
	return known & ~unknown;
}

/**
 * raid5_ppl_apply() - make a row's parity right
 * @row: the row
 * @missing: members whose cells can't be read
 * @cell: the cells that were read, by slot: of those that were written and are
 *	not missing, and the parity
 * @parity: the slot that has the parity; its cell is changed
 * @partial: the partial parity; NULL if the row has none
 *
 * Process context.
 *
 * Return: whether the parity was another before.
 */
bool raid5_ppl_apply(const struct braid_ppl_row *row, unsigned int missing,
		     void **cell, unsigned int parity, const void *partial)
{
	unsigned long known = known_sectors(row, missing);
	unsigned int slot, sector;
	u8 *result = cell[parity];
	bool changed = false;
	const u8 *base = partial;
	u8 right[RAID5_CELL_BYTES / RAID5_CELL_SECTORS] __aligned(64);

	for_each_set_bit(sector, &known, RAID5_CELL_SECTORS) {
		size_t at = sector * SECTOR_BYTES;

		if (partial)
			memcpy(right, base + at, SECTOR_BYTES);
		else
			memset(right, 0, SECTOR_BYTES);
		for (slot = 0; slot < BRAID_PPL_SLOTS; slot++) {
			void *source;

			if (!(row->written[slot] & BIT(sector)))
				continue;
			source = (u8 *)cell[slot] + at;
			xor_blocks(1, SECTOR_BYTES, right, &source);
		}
		if (!memcmp(right, result + at, SECTOR_BYTES))
			continue;
		memcpy(result + at, right, SECTOR_BYTES);
		changed = true;
	}
	return changed;
}
