/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * braid-track from userspace: its table, its status, its messages. The lines
 * are described in dm-braid.h; what the kernel answers is checked all the same
 * before it is acted on.
 */
#ifndef DM_TRACK_H
#define DM_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dm-braid.h"
#include "dm/device.h"
#include "err/err.h"

#define DM_TRACK_VIEWS_MAX 64
#define DM_TRACK_NOW 0 /* in place of a view's era: the live map */
#define DM_TRACK_END UINT64_MAX /* in place of a block: no page follows */

enum dm_track_mode {
	DM_TRACK_NO_VIEW,
	DM_TRACK_WHOLE,
	DM_TRACK_SHIPPED,
};

/* Where the map is; a durable one may have failed, and goes on in memory. */
enum dm_track_map {
	DM_TRACK_MEMORY,
	DM_TRACK_DURABLE,
	DM_TRACK_FAILED,
};

enum dm_track_view_state {
	DM_TRACK_DRAINING,
	DM_TRACK_OPEN,
	DM_TRACK_INVALID,
};

struct dm_track_view {
	uint64_t era, since;
	enum dm_track_mode mode;
	enum dm_track_view_state state;
};

struct dm_track_status {
	uint32_t block_sectors;
	uint64_t nr_blocks;
	char map_id[BRAID_MAP_ID_HEX + 1];
	uint64_t era, oldest;
	uint64_t store_used, store_total; /* blocks */
	unsigned int nr_views;
	struct dm_track_view views[DM_TRACK_VIEWS_MAX];
	enum dm_track_map map;
	/* of a durable map */
	uint64_t hot, slots; /* extents of the activity log */
	uint64_t extent_blocks, suspect_blocks;
	uint64_t log_writes, map_writes; /* 4 KiB each */
};

struct dm_track_table {
	char meta[DM_DEV_PATH_SIZE]; /* "-": none */
	char origin[DM_DEV_PATH_SIZE];
	uint32_t block_sectors;
	bool durable; /* the metadata device carries a map */
};

/* One of a group that is closed at one instant. */
struct dm_track_member {
	const char *name;
	uint64_t since; /* for a view */
	uint64_t era; /* receives the closed era */
};

/* One run of blocks that changed; treat an unknown kind as written. */
struct dm_track_extent {
	char kind;
	uint64_t block, count;
};

/* Called for each extent; anything but 0 ends the iteration with it. */
typedef int dm_track_extent_fn(void *arg, const struct dm_track_extent *extent);

/* "whole", "shipped" and the like, and back; NULL and false if unknown. */
const char *dm_track_mode_name(enum dm_track_mode mode);
bool dm_track_mode_of(const char *name, enum dm_track_mode *mode);
const char *dm_track_state_name(enum dm_track_view_state state);
const char *dm_track_map_name(enum dm_track_map map);

/* The parameters of a table line. Return: 0 or -EINVAL, -ENAMETOOLONG. */
int dm_track_table_format(const struct dm_track_table *table, char *line,
			  size_t size);
int dm_track_table_parse(const char *line, struct dm_track_table *table);

/* A status line. Return: 0 or -EPROTO. */
int dm_track_status_parse(const char *line, struct dm_track_status *status);

/**
 * dm_track_page_parse() - one page of the reply to "changed"
 * @text: the reply
 * @from: the block that was asked for
 * @nr_blocks: how many blocks the device has
 * @next: receives where to ask again, or DM_TRACK_END
 *
 * Extents must lie in order in [@from, @next) and not overlap, and @next must
 * be beyond @from: a reply that breaks this is refused before @fn saw any of it.
 *
 * Return: 0, -EPROTO, or what @fn returned.
 */
int dm_track_page_parse(const char *text, uint64_t from, uint64_t nr_blocks,
			uint64_t *next, dm_track_extent_fn *fn, void *arg);

/* Is @name there, and is it a braid-track device? -EMEDIUMTYPE if not. */
int dm_track_status(const char *name, struct dm_track_status *status,
		    struct err *error);
int dm_track_table(const char *name, struct dm_track_table *table,
		   struct err *error);

/* Make the tracking device @name over table->origin, all of it. */
int dm_track_create(const char *name, const struct dm_track_table *table,
		    uint64_t sectors, struct err *error);

/**
 * dm_track_close() - close the current era
 * @mode: whether to keep a view of it
 * @since: for a view, the era it must tell the changes since
 * @era: receives the closed era; its last write has landed
 */
int dm_track_close(const char *name, enum dm_track_mode mode, uint64_t since,
		   uint64_t *era, struct err *error);

/**
 * dm_track_close_group() - close the current eras of several devices at once
 *
 * A write that was begun after another one was complete is in no older era than
 * that, whatever devices they went to. If this fails, no view is kept.
 */
int dm_track_close_group(struct dm_track_member *members, unsigned int count,
			 enum dm_track_mode mode, struct err *error);

/* The reply to that: a line for each, in order. 0 or -EPROTO. (pure) */
int dm_track_group_parse(const char *reply, struct dm_track_member *members,
			 unsigned int count);

/**
 * dm_track_changed() - every extent that changed since an era
 * @view_era: a view that was kept with the same @since, or DM_TRACK_NOW
 *
 * Asks page by page. The live map may change between two pages; a view's
 * can't.
 */
int dm_track_changed(const char *name, uint64_t since, uint64_t view_era,
		     dm_track_extent_fn *fn, void *arg, struct err *error);

/* One page of the same, for a caller with other things to do in between. */
int dm_track_changed_page(const char *name, uint64_t since, uint64_t view_era,
			  uint64_t from, uint64_t nr_blocks, uint64_t *next,
			  dm_track_extent_fn *fn, void *arg, struct err *error);

/* The view of @era needs to keep these blocks no longer. */
int dm_track_release(const char *name, uint64_t era, uint64_t block,
		     uint64_t count, struct err *error);
/* End the view of @era. */
int dm_track_drop(const char *name, uint64_t era, struct err *error);
/*
 * Note these blocks as changed in the current era: BRAID_EXTENT_WRITTEN, or
 * BRAID_EXTENT_COMPARE if nobody knows.
 */
int dm_track_mark(const char *name, char kind, uint64_t block, uint64_t count,
		  struct err *error);

#endif
