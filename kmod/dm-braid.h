/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The contract between dm-braid.ko and userspace: table lines, status lines,
 * messages and limits of the three targets. Nothing else in the module is
 * meant to be relied upon from outside. Sizes are in 512-byte sectors unless a
 * name says otherwise.
 *
 * braid-raid
 *	table	<start> <len> braid-raid
 *		<raid0|raid1|raid5|raid5_ls|_la|_rs|_ra> <chunk_sectors>
 *		<#features> [<feature>...] <#devs> <dev|->...
 *	status	as dm-raid's: <raid_type> <#devs> <health_chars> <sync_ratio>
 *		<sync_action> <mismatch_cnt> <data_offset> <journal_char>
 *	feature	failed <slot>	(raid1, raid5) the device there is stale: don't use it
 *	feature	superblock <uuid>  the members' superblocks (dm-braid-disk.h) are
 *		those of this array: check them, use what they call data, and
 *		keep them up. <data_offset> is where the data begins
 *	feature	rebuild <slot>	(superblock) fill the member there from the others. It
 *		needs a superblock of the array, whatever else that says
 *	feature	readd <slot>	(superblock) the same, of only what the write-intent
 *		log has marked since the member was lost, if the log knows that
 *	feature	no_log		(superblock) keep no write-intent log
 *	feature	min_recovery_rate <KiB/s>, max_recovery_rate <KiB/s>  how fast
 *		resync, rebuild and check go while the array is in use, and
 *		while it isn't; 1000 and 200000 if not given
 *	feature	stable_pages	(raid5) nobody changes a page while it is written:
 *		so write it without copying it first. The page cache keeps to
 *		that; if a direct writer doesn't, parity is wrong where he did
 *	message	fail <slot>	(raid1, raid5) drop the device as if a write
 *		had failed
 *	messages (raid1) as dm-raid's: idle, frozen, resync, recover, check,
 *		repair; the status says which of them is going on
 *	events	a device was dropped, or is gone; resync, rebuild, check or repair
 *		has begun or ended
 *	raid0 takes 1 to 64 devices, raid1 2 to 8, of which some may be "-",
 *	raid5 3 to 16, of which one may be. raid5 is another word for raid5_ls;
 *	what is shown is the latter.
 *	raid1 has no chunks: <chunk_sectors> is checked and shown, and may be 0
 *
 * braid-track
 *	table	0 <len> braid-track <metadata_dev|-> <origin_dev>
 *		<block_sectors> [<#features> <feature>...]
 *	status	<block_sectors> <nr_blocks> <map_id> <era> <oldest>
 *		<store_used>/<store_total> <#views>
 *		[<view_era> <whole|shipped> <draining|open|invalid> <since>]...
 *		<memory|durable|failed> <hot>/<slots> <extent_blocks>
 *		<suspect_blocks> <log_writes> <map_writes>
 *	  map_id	32 hex digits, drawn at random when the map is made; eras
 *			of maps with different ids can't be compared
 *	  era		the era that is being written now, from 1
 *	  oldest	the smallest era that "changed" accepts as <since>: 0, or
 *			at least 393216 below the newest that was closed
 *	  store_*	blocks of the copy store; 0/0 with no metadata device
 *	  memory ...	where the map is, and what follows with a durable one:
 *			extents in the activity log, its slots, blocks of an
 *			extent, blocks that were suspect at the load, units of
 *			4 KiB written of log and map
 *	feature	durable	the map is kept on the metadata device, which carries one
 *		that was made for it (dm-braid-map.h). What is suspect when it is
 *		loaded counts as changed in the new era, to be compared
 *	messages (a reply is text; decimal numbers)
 *	  close					-> <era>
 *		close the current era; return once its last write has landed
 *	  close <whole|shipped> <since>		-> <era>
 *		the same, and from that instant on keep a view of the closed
 *		era: of every block, or only of the blocks that changed in
 *		(since, era] until they are released
 *	  close-group none <dev>...		-> [<major>:<minor> <era>]...
 *	  close-group <whole|shipped> [<dev> <since>]...	-> the same
 *		close the eras of several devices at one instant, of which this
 *		is one: a write that was begun after another was complete is not
 *		in an older era than that, also if they are to different ones.
 *		A line each in the order given. On any error no view is kept
 *	  changed <since> <era|now> <from_block> -> <next_block|end>
 *						    [<kind> <block> <count>]...
 *		one extent a line, in order, none overlapping; <era> is that of
 *		a view whose <since> was the same, "now" is the live map. Ask
 *		again from next_block until "end". A reply ends early, even
 *		with no extent, so as not to take long
 *		kind, of the last era in which the block changed: w written;
 *		d discarded and not written in that era; c it may have changed,
 *		compare. Whoever doesn't care takes all for w
 *	  release <era> <block> <count>		(no reply) at most
 *		BRAID_RANGE_MAX blocks
 *	  drop <era>				(no reply) end the view; refused
 *		while a braid-view table shows it
 *	  mark <block> <count> [compare]	(no reply) note as written, or
 *		as to be compared; at most BRAID_RANGE_MAX blocks
 *	events: a view that became invalid, an era that was closed, a durable
 *	map that has failed
 *	module parameter view_wait_ms: how long a write waits at most for what
 *		a view needs; then the view is invalid. And how long for the
 *		durable map; then the map has failed
 *	A table that is reloaded keeps map, eras and views; only the length may
 *	differ, and only grow. Blocks that are added count as written then.
 *
 * braid-view
 *	table	0 <len> braid-view <track_dev> <era>
 *	status	<whole|shipped> <open|invalid> <kept_blocks> <released_blocks>
 *	A read of a block that the view doesn't cover, or of an invalid view,
 *	fails with EIO: never is live data taken for a view's. The braid-track
 *	device can't be removed while it is shown; if its table is replaced by one
 *	of another kind, the view ends.
 */
#ifndef DM_BRAID_H
#define DM_BRAID_H

#define BRAID_RAID_TARGET	"braid-raid"
#define BRAID_TRACK_TARGET	"braid-track"
#define BRAID_VIEW_TARGET	"braid-view"

#define BRAID_BLOCK_SECTORS_MIN	8U	/* 4 KiB */
#define BRAID_BLOCK_SECTORS_MAX	2048U	/* 1 MiB */
#define BRAID_CHUNK_SECTORS_MIN	8U
#define BRAID_CHUNK_SECTORS_MAX	2048U
#define BRAID_VIEWS_MAX		16U	/* open at a time, of one device */
#define BRAID_GROUP_MAX		16U	/* devices that are closed at one instant */
#define BRAID_RAID0_MEMBERS_MAX	64U
#define BRAID_RAID1_MEMBERS_MAX	8U
#define BRAID_RAID5_MEMBERS_MAX	16U

#define BRAID_RANGE_MAX		65536U	/* blocks, of one message */

#define BRAID_MAP_ID_BYTES	16
#define BRAID_MAP_ID_HEX	32

/* Kinds of extent in the reply to "changed". */
#define BRAID_EXTENT_WRITTEN	'w'
#define BRAID_EXTENT_DISCARDED	'd'
#define BRAID_EXTENT_COMPARE	'c'

#endif
