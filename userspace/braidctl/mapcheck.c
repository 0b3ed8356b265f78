// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A map may be large, so extents are printed as they come, and faults are counted
 * rather than listed. A fault is what the kernel would have to make up for by
 * taking blocks for suspect. What an unclean stop leaves is none.
 */
#include <asm/byteorder.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/mapcheck.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "dm-braid.h"
#include "map/map.h"

/* A run of blocks with the same stamp. */
struct run {
	uint32_t block, count, stamp;
	bool rotten;
};

struct reading {
	const struct request *request;
	const char *path;
	struct map_found found;
	uint32_t nr_blocks, nr_extents, era; /* era: that is being written */
	/* faults */
	uint64_t log_rotten, map_rotten, slots_beyond, eras_ahead;
	uint64_t blocks_rotten;
	/* what there is */
	uint64_t hot, changed, suspect;
	bool dump;
	struct run run;
	uint64_t printed;
};

static const char kinds[] = { BRAID_EXTENT_WRITTEN, BRAID_EXTENT_DISCARDED,
			      BRAID_EXTENT_COMPARE, BRAID_EXTENT_COMPARE };

static void print_item(struct reading *reading, const char *text)
{
	if (request_has(reading->request, OPT_JSON))
		printf("%s\n    %s", reading->printed ? "," : "", text);
	else
		printf("%s\n", text);
	reading->printed++;
}

static void print_hot(struct reading *reading, uint32_t extent)
{
	char text[64];

	if (!reading->dump)
		return;
	snprintf(text, sizeof(text),
		 request_has(reading->request, OPT_JSON) ? "%" PRIu32 :
							   "hot %" PRIu32,
		 extent);
	print_item(reading, text);
}

/* Print the run so far. */
static void run_end(struct reading *reading)
{
	const struct run *run = &reading->run;
	bool json = request_has(reading->request, OPT_JSON);
	char text[160];

	if (!reading->dump || !run->count || (!run->stamp && !run->rotten))
		return;
	if (json && run->rotten)
		snprintf(text, sizeof(text),
			 "{ \"block\": %" PRIu32 ", \"count\": %" PRIu32
			 ", \"era\": null, \"kind\": null }",
			 run->block, run->count);
	else if (json)
		snprintf(text, sizeof(text),
			 "{ \"block\": %" PRIu32 ", \"count\": %" PRIu32
			 ", \"era\": %" PRIu32 ", \"kind\": \"%c\" }",
			 run->block, run->count,
			 run->stamp >> BRAID_MAP_KIND_BITS,
			 kinds[run->stamp & 3]);
	else if (run->rotten)
		snprintf(text, sizeof(text), "unreadable %" PRIu32 " %" PRIu32,
			 run->block, run->count);
	else
		snprintf(text, sizeof(text),
			 "%c %" PRIu32 " %" PRIu32 " era %" PRIu32,
			 kinds[run->stamp & 3], run->block, run->count,
			 run->stamp >> BRAID_MAP_KIND_BITS);
	print_item(reading, text);
}

static void run_add(struct reading *reading, uint32_t block, uint32_t stamp,
		    bool rotten)
{
	struct run *run = &reading->run;

	if (run->count && run->stamp == stamp && run->rotten == rotten) {
		run->count++;
		return;
	}
	run_end(reading);
	*run = (struct run){ block, 1, stamp, rotten };
}

static int see_log(void *arg, uint32_t first,
		   const struct braid_map_sector *sector, bool whole)
{
	struct reading *reading = arg;
	unsigned int i;

	if (!whole) {
		reading->log_rotten++;
		return 0;
	}
	for (i = 0; i < BRAID_MAP_VALUES; i++) {
		uint32_t value = __le32_to_cpu(sector->value[i]);

		if (!value)
			continue;
		reading->hot++;
		if (value > reading->nr_extents)
			reading->slots_beyond++;
		print_hot(reading, value - 1);
	}
	return 0;
}

static void see_stamp(struct reading *reading, uint32_t block, uint32_t stamp)
{
	uint32_t era = stamp >> BRAID_MAP_KIND_BITS;

	if (stamp)
		reading->changed++;
	if ((stamp & 3) >= BRAID_MAP_SUSPECT)
		reading->suspect++;
	if (era > reading->era)
		reading->eras_ahead++;
	run_add(reading, block, stamp, false);
}

static int see_map(void *arg, uint32_t first,
		   const struct braid_map_sector *sector, bool whole)
{
	struct reading *reading = arg;
	uint32_t left = reading->nr_blocks - first, i;

	if (left > BRAID_MAP_VALUES)
		left = BRAID_MAP_VALUES;
	if (!whole) {
		reading->map_rotten++;
		reading->blocks_rotten += left;
	}
	for (i = 0; i < left; i++)
		if (whole)
			see_stamp(reading, first + i,
				  __le32_to_cpu(sector->value[i]));
		else
			run_add(reading, first + i, 0, true);
	return 0;
}

static const char *state_of(const struct reading *reading)
{
	uint32_t flags = __le32_to_cpu(reading->found.super.flags);

	if (flags & BRAID_MAP_STALE)
		return "stale";
	return flags & BRAID_MAP_CLEAN ? "clean" : "unclean";
}

/* Open it, and judge the superblock. Return: a descriptor, or -1. */
static int reading_begin(struct reading *reading, const struct request *request)
{
	const struct braid_map_super *super = &reading->found.super;
	uint32_t extent;
	int fd, r;

	memset(reading, 0, sizeof(*reading));
	reading->request = request;
	reading->path = request->operand[0];
	fd = map_open(reading->path, O_RDONLY | O_EXCL);
	if (fd == -EBUSY) {
		complain("%s is in use: detach the tracked device first",
			 reading->path);
		return -1;
	}
	r = fd < 0 ? fd : map_read(fd, &reading->found);
	if (r)
		complain("cannot read %s: %s", reading->path, strerror(-r));
	else if (reading->found.fault != MAP_GOOD)
		complain("%s: %s", reading->path,
			 map_fault_text(reading->found.fault));
	if (r || reading->found.fault != MAP_GOOD) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	extent = __le32_to_cpu(super->extent_blocks);
	reading->nr_blocks = __le32_to_cpu(super->nr_blocks);
	reading->nr_extents = (reading->nr_blocks - 1) / extent + 1;
	reading->era = __le32_to_cpu(super->era) + 1;
	return fd;
}

static int reading_walk(struct reading *reading, int fd)
{
	const struct map_visitor visitor = { see_log, see_map, reading };
	int r = map_walk(fd, &reading->found, &visitor);

	run_end(reading);
	return r ? complain("cannot read %s: %s", reading->path, strerror(-r)) :
		   0;
}

static uint64_t faults(const struct reading *reading)
{
	return reading->log_rotten + reading->map_rotten +
	       reading->slots_beyond + reading->eras_ahead +
	       !reading->found.whole[0] + !reading->found.whole[1];
}

static void print_fault(uint64_t count, const char *what, const char *then)
{
	if (count)
		printf("  %" PRIu64 " %s: %s\n", count, what, then);
}

static void print_faults(const struct reading *reading)
{
	print_fault(!reading->found.whole[0] + !reading->found.whole[1],
		    "copies of the superblock are damaged",
		    "the next start writes them again");
	print_fault(reading->log_rotten, "sectors of the log are damaged",
		    "after an unclean stop the whole map is suspect");
	print_fault(reading->slots_beyond,
		    "slots of the log are beyond the end",
		    "nothing is known of what they meant");
	print_fault(reading->map_rotten, "sectors of the map are damaged",
		    "their blocks are to be compared");
	print_fault(reading->blocks_rotten, "blocks are in these",
		    "the rest of the map is not affected");
	print_fault(reading->eras_ahead, "blocks are of an era to come",
		    "the superblock may be an old one put back");
}

static json_object *check_report(const struct reading *reading)
{
	const struct braid_map_super *super = &reading->found.super;
	json_object *object = print_object();
	char id[MAP_ID_TEXT];

	map_id_format(super->map_id, id);
	print_add_text(object, "device", reading->path);
	print_add_text(object, "map_id", id);
	print_add_text(object, "state", state_of(reading));
	print_add_number(object, "era", reading->era);
	print_add_number(object, "blocks", reading->nr_blocks);
	print_add_number(object, "hot_extents", reading->hot);
	print_add_number(object, "changed_blocks", reading->changed);
	print_add_number(object, "suspect_blocks", reading->suspect);
	print_add_flag(object, "copy_4k", reading->found.whole[1]);
	print_add_flag(object, "copy_8k", reading->found.whole[0]);
	print_add_number(object, "damaged_log_sectors", reading->log_rotten);
	print_add_number(object, "slots_beyond_the_end", reading->slots_beyond);
	print_add_number(object, "damaged_map_sectors", reading->map_rotten);
	print_add_number(object, "damaged_blocks", reading->blocks_rotten);
	print_add_number(object, "blocks_ahead", reading->eras_ahead);
	print_add_flag(object, "good", !faults(reading));
	return object;
}

int map_check(const struct request *request)
{
	struct reading reading;
	int fd = reading_begin(&reading, request), r;
	char id[MAP_ID_TEXT];

	if (fd < 0)
		return EXIT_FAILED;
	r = reading_walk(&reading, fd);
	close(fd);
	if (r)
		return r;
	if (request_has(request, OPT_JSON)) {
		r = print_json(check_report(&reading));
		return faults(&reading) ? EXIT_FAILED : r;
	}
	map_id_format(reading.found.super.map_id, id);
	printf("%s: map %s, %s, era %" PRIu32 "\n", reading.path, id,
	       state_of(&reading), reading.era);
	printf("  %" PRIu64 " of %" PRIu32 " blocks changed, %" PRIu64
	       " of these are suspect; %" PRIu64 " hot extents\n",
	       reading.changed, reading.nr_blocks, reading.suspect,
	       reading.hot);
	print_faults(&reading);
	r = print_done();
	return faults(&reading) ? EXIT_FAILED : r;
}

static void dump_number(const struct reading *reading, const char *key,
			uint64_t number)
{
	if (request_has(reading->request, OPT_JSON))
		printf("  \"%s\": %" PRIu64 ",\n", key, number);
	else
		printf("%s %" PRIu64 "\n", key, number);
}

/* Values are made of characters that need no escape. */
static void dump_text(const struct reading *reading, const char *key,
		      const char *text)
{
	if (request_has(reading->request, OPT_JSON))
		printf("  \"%s\": \"%s\",\n", key, text);
	else
		printf("%s %s\n", key, text);
}

static void dump_super(const struct reading *reading)
{
	const struct braid_map_super *super = &reading->found.super;
	char id[MAP_ID_TEXT];

	map_id_format(super->map_id, id);
	dump_text(reading, "map_id", id);
	dump_text(reading, "state", state_of(reading));
	dump_number(reading, "sequence", __le64_to_cpu(super->sequence));
	dump_number(reading, "created", __le64_to_cpu(super->created));
	dump_number(reading, "updated", __le64_to_cpu(super->updated));
	dump_number(reading, "closed_era", __le32_to_cpu(super->era));
	dump_number(reading, "origin_sectors",
		    __le64_to_cpu(super->origin_sectors));
	dump_number(reading, "block_sectors",
		    __le32_to_cpu(super->block_sectors));
	dump_number(reading, "nr_blocks", reading->nr_blocks);
	dump_number(reading, "capacity_blocks",
		    __le32_to_cpu(super->capacity_blocks));
	dump_number(reading, "extent_blocks",
		    __le32_to_cpu(super->extent_blocks));
	dump_number(reading, "log_slots", __le32_to_cpu(super->log_slots));
	dump_number(reading, "log_offset", __le64_to_cpu(super->log_offset));
	dump_number(reading, "log_sectors", __le64_to_cpu(super->log_sectors));
	dump_number(reading, "map_offset", __le64_to_cpu(super->map_offset));
	dump_number(reading, "map_sectors", __le64_to_cpu(super->map_sectors));
	dump_number(reading, "store_offset",
		    __le64_to_cpu(super->store_offset));
	dump_number(reading, "origin_sum", __le32_to_cpu(super->origin_sum));
	dump_number(reading, "suspect_blocks",
		    __le32_to_cpu(super->suspect_blocks));
}

/* The log's extents and the map's runs are two lists. */
static int dump_map(void *arg, uint32_t first,
		    const struct braid_map_sector *sector, bool whole)
{
	struct reading *reading = arg;

	if (!first && request_has(reading->request, OPT_JSON)) {
		printf("%s],\n  \"extents\": [",
		       reading->printed ? "\n  " : "");
		reading->printed = 0;
	}
	return see_map(arg, first, sector, whole);
}

int map_dump(const struct request *request)
{
	struct map_visitor visitor = { .log = see_log, .map = dump_map };
	bool json = request_has(request, OPT_JSON);
	struct reading reading;
	int fd = reading_begin(&reading, request), r;

	if (fd < 0)
		return EXIT_FAILED;
	if (json)
		puts("{");
	dump_super(&reading);
	reading.dump = true;
	visitor.arg = &reading;
	if (json)
		printf("  \"hot_extents\": [");
	r = map_walk(fd, &reading.found, &visitor);
	close(fd);
	if (r)
		return complain("cannot read %s: %s", reading.path,
				strerror(-r));
	run_end(&reading);
	if (json)
		printf("%s]\n}\n", reading.printed ? "\n  " : "");
	return print_done();
}
