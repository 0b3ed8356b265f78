/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The durable map of a braid-track device, as it is on its metadata device. The
 * kernel module and the programs read and write these structures;
 * Documentation/track-format.md says byte by byte what they mean. Everything is
 * little-endian, offsets and sizes are in sectors of 512 bytes. Each field is at a
 * multiple of its size, and what would be a gap has a name, so that no compiler
 * adds one; the sizes are asserted.
 *
 * From the beginning of the metadata device: 4 KiB that nobody touches; two
 * copies of the superblock, written in turn; the activity log; the map; the copy
 * store up to the end. Log and map are made of sectors that are checked one by
 * one: a disk writes a sector whole or not at all, so a crash tears none, and one
 * whose checksum is wrong has rotted.
 */
#ifndef DM_BRAID_MAP_H
#define DM_BRAID_MAP_H

#include <linux/types.h>

#define BRAID_MAP_MAGIC		"BRAIDMAP"
#define BRAID_MAP_VERSION	1U
#define BRAID_MAP_SUPER_BYTES	4096U

/* A copy with an odd sequence is at 4 KiB, one with an even at 8 KiB. */
#define BRAID_MAP_SUPER_SECTORS	8U
#define BRAID_MAP_ODD_SECTOR	8U
#define BRAID_MAP_EVEN_SECTOR	16U
#define BRAID_MAP_AREA		24U	/* where the log begins at the earliest */

/* Areas begin and end at multiples of this; so large is the smallest I/O. */
#define BRAID_MAP_UNIT		8U	/* sectors: 4 KiB */

/* Numbers in a sector of log or map, and in a unit. */
#define BRAID_MAP_VALUES	126U
#define BRAID_MAP_UNIT_VALUES	(BRAID_MAP_VALUES * BRAID_MAP_UNIT)

/* The activity log. */
#define BRAID_MAP_EXTENT	64U	/* blocks, unless told */
#define BRAID_MAP_EXTENT_MAX	65536U
#define BRAID_MAP_SLOTS		1008U	/* unless told: one unit */
#define BRAID_MAP_SLOTS_MAX	64512U	/* 64 units */

/*
 * Features. Who doesn't know a bit of incompat leaves the device alone, of
 * ro_compat doesn't write to it; bits of compat may be ignored. What is unknown
 * is kept when a superblock is written again.
 */
#define BRAID_MAP_COMPAT	0U	/* those that are known */
#define BRAID_MAP_RO_COMPAT	0U
#define BRAID_MAP_INCOMPAT	0U

/* Flags */
#define BRAID_MAP_CLEAN		0x1U	/* stopped: all of the map is written */
#define BRAID_MAP_STALE		0x2U	/* writes went by: trust no stamp */
#define BRAID_MAP_SUMMED	0x4U	/* origin_sum is that of the clean stop */

/* A stamp: an era, and in the lowest bits how the block changed in it. */
#define BRAID_MAP_KIND_BITS	2U
#define BRAID_MAP_WRITTEN	0U
#define BRAID_MAP_DISCARDED	1U
#define BRAID_MAP_SUSPECT	2U	/* may have changed; 3 is read as this */
#define BRAID_MAP_ERA_LAST	0x3ffffffdU

/* What origin_sum is taken of: so much from the beginning, and to the end. */
#define BRAID_MAP_SUM_HEAD	256U	/* sectors: 128 KiB */
#define BRAID_MAP_SUM_TAIL	128U	/* sectors: 64 KiB */

/**
 * struct braid_map_super - one copy of the superblock
 * @magic: BRAID_MAP_MAGIC
 * @version: BRAID_MAP_VERSION
 * @checksum: CRC-32C of all of the copy, taken with 0 here
 * @compat: features, see above
 * @ro_compat: features, see above
 * @incompat: features, see above
 * @flags: BRAID_MAP_CLEAN, ...
 * @map_id: drawn at random when the map is made
 * @sequence: counts superblocks
 * @created: when the map was, in seconds since 1970, UTC
 * @updated: when this was written
 * @origin_sectors: the length of the device that is tracked
 * @log_offset: where the activity log is
 * @log_sectors: its size
 * @map_offset: where the map is, behind the log
 * @map_sectors: its size: room for capacity_blocks
 * @store_offset: where the copy store begins, behind the map
 * @block_sectors: the size of a block, a power of two
 * @nr_blocks: the length of the device that is tracked, in blocks
 * @capacity_blocks: to which it may grow
 * @extent_blocks: the size of an extent of the activity log, a power of two
 * @log_slots: how many extents the log holds at most
 * @era: the newest era that was closed, 0 if there is none
 * @origin_sum: CRC-32C of the origin's first 128 KiB and then its last 64 KiB
 *	(of all of it and then its end, if it is shorter), and after both of its
 *	length in sectors as 8 bytes; with BRAID_MAP_SUMMED
 * @suspect_blocks: how many blocks became suspect when it was loaded last
 * @reserved: 0
 */
struct braid_map_super {
	__u8 magic[8];
	__le32 version;
	__le32 checksum;
	__le32 compat;
	__le32 ro_compat;
	__le32 incompat;
	__le32 flags;
	__u8 map_id[16];
	__le64 sequence;
	__le64 created;
	__le64 updated;
	__le64 origin_sectors;
	__le64 log_offset;
	__le64 log_sectors;
	__le64 map_offset;
	__le64 map_sectors;
	__le64 store_offset;
	__le32 block_sectors;
	__le32 nr_blocks;
	__le32 capacity_blocks;
	__le32 extent_blocks;
	__le32 log_slots;
	__le32 era;
	__le32 origin_sum;
	__le32 suspect_blocks;
	__u8 reserved[3944];
};

/**
 * struct braid_map_sector - a sector of the activity log or of the map
 * @checksum: CRC-32C of the map_id, the number of this sector on the device as
 *	8 bytes, and all that follows here
 * @reserved: 0
 * @value: of the log: for each slot an extent's number + 1, or 0; of the map:
 *	for each block its stamp, 0 if it never changed
 */
struct braid_map_sector {
	__le32 checksum;
	__le32 reserved;
	__le32 value[BRAID_MAP_VALUES];
};

/*
 * A device can carry its map in its own tail: what lies before is tracked, and the
 * tail is the metadata device, with places counted from where it begins. To the
 * kernel both are devices; who makes them of the one looks at its last unit.
 */
#define BRAID_MAP_TAIL_MAGIC	"BRAIDEND"
#define BRAID_MAP_TAIL_BYTES	4096U

/**
 * struct braid_map_tail - the last 4 KiB, at a multiple of 4 KiB, of such a device
 * @magic: BRAID_MAP_TAIL_MAGIC
 * @version: BRAID_MAP_VERSION
 * @checksum: CRC-32C of all of it, taken with 0 here
 * @map_id: that of the map
 * @device_sectors: the length of the whole device
 * @tail_offset: where the metadata device begins, a multiple of a block
 * @tail_sectors: its length; it ends before this
 * @reserved: 0
 */
struct braid_map_tail {
	__u8 magic[8];
	__le32 version;
	__le32 checksum;
	__u8 map_id[16];
	__le64 device_sectors;
	__le64 tail_offset;
	__le64 tail_sectors;
	__u8 reserved[4040];
};

_Static_assert(sizeof(struct braid_map_tail) == BRAID_MAP_TAIL_BYTES,
	       "the end of a tail is 4 KiB");
_Static_assert(__builtin_offsetof(struct braid_map_tail, device_sectors) == 32,
	       "the places are at 32");
_Static_assert(sizeof(struct braid_map_super) == BRAID_MAP_SUPER_BYTES,
	       "a superblock is 4 KiB");
_Static_assert(__builtin_offsetof(struct braid_map_super, sequence) == 48,
	       "the counters are at 48");
_Static_assert(__builtin_offsetof(struct braid_map_super, log_offset) == 80,
	       "the places are at 80");
_Static_assert(__builtin_offsetof(struct braid_map_super, block_sectors) == 120,
	       "the shape is at 120");
_Static_assert(__builtin_offsetof(struct braid_map_super, reserved) == 152,
	       "what is reserved is at 152");
_Static_assert(sizeof(struct braid_map_sector) == 512, "a sector is 512 bytes");

#endif
