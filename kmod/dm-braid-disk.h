/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The superblock of a member of a braid-raid array, and the entries of the
 * partial parity log of RAID 5, as they are on the disk. The
 * kernel module and the programs read and write this one structure;
 * Documentation/raid-format.md says byte by byte what it means. Everything is
 * little-endian, offsets and sizes are in sectors of 512 bytes. Each field is at a
 * multiple of its size, and what would be a gap has a name, so that no compiler
 * adds one; the sizes are asserted.
 *
 * A member holds two copies, which are written in turn: a write that is torn
 * by a power loss leaves the other one. Of the whole ones the one with the
 * higher sequence counts. Where the data begins is stated, never guessed.
 */
#ifndef DM_BRAID_DISK_H
#define DM_BRAID_DISK_H

#include <linux/types.h>

#define BRAID_SUPER_MAGIC	"BRAIDMEM"
#define BRAID_SUPER_VERSION	1U
#define BRAID_SUPER_BYTES	4096U
#define BRAID_SUPER_SLOTS	64U
#define BRAID_SUPER_NAME_BYTES	32U	/* with the closing NUL */

/* A copy with an odd sequence is at 4 KiB, one with an even at 8 KiB. */
#define BRAID_SUPER_SECTORS	8U
#define BRAID_SUPER_ODD_SECTOR	8U
#define BRAID_SUPER_EVEN_SECTOR	16U
/* What comes first in a member: 4 KiB that nobody touches, and both copies. */
#define BRAID_SUPER_AREA	24U

/* Where "create" lets the data begin, before rounding up to the chunk. */
#define BRAID_DATA_OFFSET	8192U		/* members of 1 GiB and more */
#define BRAID_DATA_OFFSET_SMALL	2048U
#define BRAID_DATA_SMALL	2097152U	/* members smaller than this */

/*
 * Features. Who doesn't know a bit of incompat leaves the member alone, of
 * ro_compat doesn't write to the array; bits of compat may be ignored. What is
 * unknown is kept when a superblock is written again.
 */
#define BRAID_SUPER_COMPAT	0U		/* those that are known */
#define BRAID_SUPER_RO_COMPAT	0U
#define BRAID_SUPER_INCOMPAT	BRAID_SUPER_PPL

/*
 * Incompat: the array was not stopped, and it kept a partial parity log, which is
 * to be replayed. Whoever stops it takes this away.
 */
#define BRAID_SUPER_PPL		0x1U

/* Flags */
#define BRAID_SUPER_CLEAN	0x1U	/* stopped: the members are alike */
#define BRAID_SUPER_READD	0x2U	/* rebuilt by what the log marks */
#define BRAID_SUPER_TWIN	0x4U	/* a member is being copied to it */
#define BRAID_SUPER_LOGGED	0x8U	/* replaying makes parity right */

/* Where "create" puts the partial parity log of RAID 5: up to the data. */
#define BRAID_PPL_SECTOR	512U

/* The numbers of RAID 5's layouts are md's. */
#define BRAID_LAYOUT_LEFT_ASYMMETRIC	0U
#define BRAID_LAYOUT_RIGHT_ASYMMETRIC	1U
#define BRAID_LAYOUT_LEFT_SYMMETRIC	2U
#define BRAID_LAYOUT_RIGHT_SYMMETRIC	3U

/* What a slot's member is to the array. */
#define BRAID_SLOT_EMPTY	0U	/* beyond the array's members */
#define BRAID_SLOT_USED		1U	/* holds all that was acknowledged */
#define BRAID_SLOT_LOST		2U	/* failed or missing: stale */
#define BRAID_SLOT_REBUILT	3U	/* being rebuilt */

/* The slot of a device that waits to take the place of a member. */
#define BRAID_SUPER_SPARE	0xffffU

#define BRAID_SYNCED		(~0ULL)	/* resync_sector, recovery_sector */

/**
 * struct braid_super_slot - a line of the table of members
 * @uuid: the member's; zeroes if there never was one
 * @state: BRAID_SLOT_...
 * @reserved: 0
 * @since: the array's events when the state became what it is
 */
struct braid_super_slot {
	__u8 uuid[16];
	__u8 state;
	__u8 reserved[7];
	__le64 since;
};

/**
 * struct braid_super - one copy of a superblock
 * @magic: BRAID_SUPER_MAGIC
 * @version: BRAID_SUPER_VERSION
 * @checksum: CRC-32C of all of the copy, taken with 0 here
 * @compat: features, see above
 * @ro_compat: features, see above
 * @incompat: features, see above
 * @flags: BRAID_SUPER_CLEAN, BRAID_SUPER_LOGGED; BRAID_SUPER_READD of a member
 *	that is being rebuilt; BRAID_SUPER_TWIN of the device that @twin_uuid names:
 *	its slot is that of the member which it is to replace
 * @array_uuid: the array's
 * @member_uuid: the member's own
 * @name: the array's, ended by a NUL and filled up with more
 * @level: 0, 1 or 5
 * @layout: BRAID_LAYOUT_... of RAID 5, else 0
 * @chunk_sectors: a power of two; 0 for a mirror without chunks
 * @members: how many slots the array has
 * @slot: this member's; BRAID_SUPER_SPARE: it is none, but waits to become one
 * @member_sectors: of each member, what the array uses
 * @data_offset: where that begins, the same on each member
 * @log_offset: where the write-intent log is; 0 if there is none
 * @log_sectors: its size
 * @ppl_offset: where the partial parity log is; 0 if there is none
 * @ppl_sectors: its size
 * @events: counts the changes of the array's state. 0: the array is half made
 * @sequence: counts this member's superblocks
 * @created: when the array was, in seconds since 1970, UTC
 * @updated: when this was written
 * @resync_sector: redundancy is established up to here, in a member's data
 * @recovery_sector: this member is rebuilt up to here
 * @twin_uuid: of the device to which a member is copied that is to be replaced;
 *	zeroes if there is none
 * @ppl_run: what entries of the partial parity log have that count
 * @reserved: 0
 * @table: the members
 */
struct braid_super {
	__u8 magic[8];
	__le32 version;
	__le32 checksum;
	__le32 compat;
	__le32 ro_compat;
	__le32 incompat;
	__le32 flags;
	__u8 array_uuid[16];
	__u8 member_uuid[16];
	__u8 name[BRAID_SUPER_NAME_BYTES];
	__le32 level;
	__le32 layout;
	__le32 chunk_sectors;
	__le16 members;
	__le16 slot;
	__le64 member_sectors;
	__le64 data_offset;
	__le64 log_offset;
	__le64 log_sectors;
	__le64 ppl_offset;
	__le64 ppl_sectors;
	__le64 events;
	__le64 sequence;
	__le64 created;
	__le64 updated;
	__le64 resync_sector;
	__le64 recovery_sector;
	__u8 twin_uuid[16];
	__le64 ppl_run;
	__u8 reserved[1816];
	struct braid_super_slot table[BRAID_SUPER_SLOTS];
};

/*
 * The write-intent log: a header, and behind it the marks, in blocks of 512
 * bytes of which each is written as a whole or not at all.
 */
#define BRAID_LOG_MAGIC		"BRAIDLOG"
#define BRAID_LOG_VERSION	1U
#define BRAID_LOG_OFFSET	32U	/* where "create" puts it */
#define BRAID_LOG_SECTORS	480U
#define BRAID_LOG_PAGE_SECTORS	8U	/* the header's and the marks' */
#define BRAID_LOG_BLOCKS	8U	/* of marks */
#define BRAID_LOG_BLOCK_REGIONS	4032U
#define BRAID_LOG_REGIONS_MAX	(BRAID_LOG_BLOCKS * BRAID_LOG_BLOCK_REGIONS)
#define BRAID_LOG_SHIFT_MIN	8U	/* regions of 128 KiB and more */

/**
 * struct braid_log_header - what the marks are about
 * @magic: BRAID_LOG_MAGIC
 * @version: BRAID_LOG_VERSION
 * @checksum: CRC-32C of the header, taken with 0 here
 * @array_uuid: the array's
 * @events: the array's when it was begun: what a member that was lost since
 *	then lacks is marked
 * @member_sectors: of each member, what is divided into regions
 * @region_sectors: size of a region
 * @reserved: 0
 */
struct braid_log_header {
	__u8 magic[8];
	__le32 version;
	__le32 checksum;
	__u8 array_uuid[16];
	__le64 events;
	__le64 member_sectors;
	__le64 region_sectors;
	__u8 reserved[456];
};

/**
 * struct braid_log_block - the marks of some regions
 * @checksum: CRC-32C of the block, taken with 0 here
 * @number: which block it is
 * @marks: region n of the block is bit n % 8 of byte n / 8
 */
struct braid_log_block {
	__le32 checksum;
	__le32 number;
	__u8 marks[BRAID_LOG_BLOCK_REGIONS / 8];
};

_Static_assert(sizeof(struct braid_log_header) == 512, "a header is 512 bytes");
_Static_assert(sizeof(struct braid_log_block) == 512, "a block is 512 bytes");

/*
 * The partial parity log: entries of a fixed size, one behind the other. Each
 * has this header and, behind it, room for as many cells of 4 KiB as there are
 * rows in a chunk, at most BRAID_PPL_ROWS.
 */
#define BRAID_PPL_MAGIC		"BRAIDPPL"
#define BRAID_PPL_BYTES		4096U
#define BRAID_PPL_ROWS		16U
#define BRAID_PPL_SLOTS		16U
#define BRAID_PPL_PLACES	64U	/* for entries, at most, on each member */

/**
 * struct braid_ppl_row - a row that was about to be written
 * @sector: where it is, in a member's data
 * @checksum: CRC-32C of its partial parity; 0 if it has none
 * @block: where its partial parity is: this many times 4 KiB behind the header;
 *	0 if all its data was about to be written
 * @reserved: 0
 * @written: by slot, the sectors of the member's cell that were, a bit each
 */
struct braid_ppl_row {
	__le64 sector;
	__le32 checksum;
	__u8 block;
	__u8 reserved[3];
	__u8 written[BRAID_PPL_SLOTS];
};

/**
 * struct braid_ppl - the header of an entry of the partial parity log
 * @magic: BRAID_PPL_MAGIC
 * @checksum: CRC-32C of the header, taken with 0 here
 * @slot: the member that it is on, which has the rows' parity
 * @rows: how many rows follow
 * @array_uuid: the array's
 * @run: the array's ppl_run when it was written
 * @events: the array's events then
 * @sector: where it stands, in sectors of the member
 * @reserved: 0
 * @row: the rows
 * @unused: 0
 */
struct braid_ppl {
	__u8 magic[8];
	__le32 checksum;
	__le16 slot;
	__le16 rows;
	__u8 array_uuid[16];
	__le64 run;
	__le64 events;
	__le64 sector;
	__u8 reserved[8];
	struct braid_ppl_row row[BRAID_PPL_ROWS];
	__u8 unused[3520];
};

_Static_assert(sizeof(struct braid_ppl_row) == 32, "a row is 32 bytes");
_Static_assert(sizeof(struct braid_ppl) == BRAID_PPL_BYTES,
	       "the header of an entry is 4 KiB");
_Static_assert(__builtin_offsetof(struct braid_ppl, row) == 64,
	       "the rows are at 64");
_Static_assert(sizeof(struct braid_super_slot) == 32, "a slot is 32 bytes");
_Static_assert(sizeof(struct braid_super) == BRAID_SUPER_BYTES,
	       "a superblock is 4 KiB");
_Static_assert(__builtin_offsetof(struct braid_super, level) == 96,
	       "the shape is at 96");
_Static_assert(__builtin_offsetof(struct braid_super, events) == 160,
	       "the counters are at 160");
_Static_assert(__builtin_offsetof(struct braid_super, table) == 2048,
	       "the table of members is at 2048");

#endif
