// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A large device may have millions of extents, so they are written out as they
 * come; the JSON around them is put together by hand for that reason.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "braidctl/changed.h"
#include "braidctl/complain.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "dm/track.h"

struct tally {
	const struct request *request;
	uint64_t block_bytes;
	uint64_t extents, blocks;
};

static int print_extent(void *arg, const struct dm_track_extent *extent)
{
	struct tally *tally = arg;

	if (request_has(tally->request, OPT_JSON))
		printf("%s\n    { \"kind\": \"%c\", \"block\": %" PRIu64
		       ", \"count\": %" PRIu64 " }",
		       tally->extents ? "," : "", extent->kind, extent->block,
		       extent->count);
	else
		printf("%c %" PRIu64 " %" PRIu64 "\n", extent->kind,
		       extent->block, extent->count);
	tally->extents++;
	tally->blocks += extent->count;
	return 0;
}

static void print_head(const struct tally *tally, const char *name,
		       const struct dm_track_status *status, uint64_t view)
{
	if (!request_has(tally->request, OPT_JSON))
		return;
	/* names and ids are made of characters that need no escape */
	printf("{\n  \"name\": \"%s\",\n  \"map_id\": \"%s\",\n"
	       "  \"since\": %" PRIu64 ",\n",
	       name, status->map_id, tally->request->number[OPT_SINCE]);
	if (view == DM_TRACK_NOW)
		printf("  \"view_era\": null,\n");
	else
		printf("  \"view_era\": %" PRIu64 ",\n", view);
	printf("  \"block_bytes\": %" PRIu64 ",\n  \"extents\": [",
	       tally->block_bytes);
}

static void print_tail(const struct tally *tally)
{
	char size[SIZE_TEXT];
	uint64_t bytes = tally->blocks * tally->block_bytes;

	if (request_has(tally->request, OPT_JSON))
		printf("%s],\n  \"blocks\": %" PRIu64 ",\n  \"bytes\": %" PRIu64
		       "\n}\n",
		       tally->extents ? "\n  " : "", tally->blocks, bytes);
	else
		printf("# %" PRIu64 " extents, %" PRIu64 " blocks, %s\n",
		       tally->extents, tally->blocks, size_format(bytes, size));
}

/* The eras of another map mean nothing here. */
static int check_map(const struct request *request,
		     const struct dm_track_status *status)
{
	if (!request_has(request, OPT_MAP) ||
	    !strcmp(request->text[OPT_MAP], status->map_id))
		return 0;
	return complain(
		"%s has the map %s, not %.40s: it can't tell what changed since an era of that one; compare everything",
		request->operand[0], status->map_id, request->text[OPT_MAP]);
}

int changed_run(const struct request *request)
{
	const char *name = request->operand[0];
	uint64_t view = DM_TRACK_NOW;
	struct tally tally = { .request = request };
	struct dm_track_status status;
	struct err error;

	if (request_has(request, OPT_VIEW_ERA))
		view = request->number[OPT_VIEW_ERA];
	if (request_has(request, OPT_VIEW_ERA) && !view)
		return complain_usage("--view-era 0: eras are counted from 1");
	if (dm_track_status(name, &status, &error))
		return complain("%s", error.text);
	if (check_map(request, &status))
		return EXIT_FAILED;
	if (request->number[OPT_SINCE] < status.oldest)
		return complain("%s can't tell what changed since era %" PRIu64
				": the oldest that it knows is %" PRIu64,
				name, request->number[OPT_SINCE],
				status.oldest);
	tally.block_bytes = status.block_sectors * 512ULL;
	print_head(&tally, name, &status, view);
	if (dm_track_changed(name, request->number[OPT_SINCE], view,
			     print_extent, &tally, &error))
		return complain("%s", error.text);
	/* was it that map to the end? */
	if (dm_track_status(name, &status, &error))
		return complain("%s", error.text);
	if (check_map(request, &status))
		return EXIT_FAILED;
	print_tail(&tally);
	return print_done();
}

static int add_blocks(void *arg, const struct dm_track_extent *extent)
{
	*(uint64_t *)arg += extent->count;
	return 0;
}

int changed_bytes(const char *name, uint64_t since, uint32_t block_sectors,
		  uint64_t *bytes, struct err *error)
{
	uint64_t blocks = 0;
	int r;

	r = dm_track_changed(name, since, DM_TRACK_NOW, add_blocks, &blocks,
			     error);
	*bytes = blocks * block_sectors * 512;
	return r;
}
