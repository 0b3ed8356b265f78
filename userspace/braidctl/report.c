// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/print.h"
#include "braidctl/report.h"
#include "braidctl/size.h"
#include "braidctl/table.h"
#include "dm/node.h"

#define WATCH_US 1000000 /* between the two looks */

const char *report_health(const struct dm_raid_status *status)
{
	if (dm_raid_spare(status) < 0)
		return "failed";
	return dm_raid_lost(status) || strchr(status->health, 'a') ?
		       "degraded" :
		       "ok";
}

static json_object *report_member(const struct live *live, unsigned int slot)
{
	const char letter[] = { live->status.health[slot], '\0' };
	json_object *member = print_object();
	char path[DM_DEV_PATH_SIZE], uuid[SUPER_UUID_TEXT];

	dm_node_path(live->line.member[slot], path);
	super_uuid_format(live->truth.table[slot].uuid, uuid);
	print_add_number(member, "slot", slot);
	print_add_text(member, "device", strcmp(path, "-") ? path : NULL);
	print_add_text(member, "health", letter);
	print_add_flag(member, "failed",
		       raid_line_has(&live->line, "failed", slot));
	print_add_text(member, "uuid", live->known ? uuid : NULL);
	return member;
}

/* The copy of a member that is to be replaced; null if there is none. */
static json_object *report_twin(const struct live *live)
{
	const struct dm_raid_status *status = &live->status;
	const char letter[] = { status->twin_health, '\0' };
	char path[DM_DEV_PATH_SIZE];
	json_object *twin;
	const char *word;

	if (status->twin_of < 0)
		return NULL;
	word = raid_line_twin(&live->line, status->twin_of);
	if (word)
		dm_node_path(word, path);
	twin = print_object();
	print_add_number(twin, "slot", status->twin_of);
	print_add_text(twin, "device", word ? path : NULL);
	print_add_text(twin, "health", letter);
	print_add_number(twin, "copied_bytes", status->twin_done * 512);
	return twin;
}

static void add_double(json_object *to, const char *key, bool known,
		       double value)
{
	print_add(to, key, known ? json_object_new_double(value) : NULL);
}

static void add_progress(json_object *array, const struct live *live,
			 const struct progress_sample *first, double at)
{
	const struct progress_sample now = { at, live->status };
	struct progress progress = progress_of(first ? first : &now, &now);

	print_add_text(array, "action", live->status.action);
	print_add_number(array, "synced_bytes", live->status.synced * 512);
	print_add_number(array, "sync_bytes", live->status.total * 512);
	add_double(array, "progress", progress.under_way, progress.fraction);
	add_double(array, "rate_bytes_per_second", progress.rate_known,
		   progress.rate);
	add_double(array, "eta_seconds", progress.eta_known, progress.eta);
	print_add_number(array, "mismatches", live->status.mismatches);
}

static bool says(const struct live *live, const char *word)
{
	unsigned int i;

	for (i = 0; i < live->line.nr_words; i++)
		if (!strcmp(live->line.word[i], word))
			return true;
	return false;
}

/* A log is on if the members have room for it and the table doesn't forbid. */
static void add_log(json_object *array, const struct live *live,
		    const char *key, __le64 offset, const char *off)
{
	if (live->known || !*live->uuid)
		print_add_flag(array, key,
			       live->known && offset && !says(live, off));
	else
		print_add(array, key, NULL);
}

json_object *report_of(const struct live *live,
		       const struct progress_sample *first, double at)
{
	json_object *array = print_object(), *members = print_array();
	unsigned int slot;

	print_add_text(array, "name", live->name);
	print_add_text(array, "uuid", *live->uuid ? live->uuid : NULL);
	print_add_text(array, "level", live->status.level);
	print_add_number(array, "bytes", live->sectors * 512);
	print_add_number(array, "chunk_bytes",
			 strtoull(live->line.chunk, NULL, 10) * 512);
	print_add_text(array, "health", report_health(&live->status));
	print_add_flag(array, "degraded",
		       strcmp(report_health(&live->status), "ok") != 0);
	print_add_number(array, "members_lost", dm_raid_lost(&live->status));
	add_progress(array, live, first, at);
	add_log(array, live, "log", live->truth.log_offset, "no_log");
	add_log(array, live, "ppl", live->truth.ppl_offset, "no_ppl");
	for (slot = 0; slot < live->line.nr_members; slot++)
		print_append(members, report_member(live, slot));
	print_add(array, "members", members);
	print_add(array, "replace", report_twin(live));
	return array;
}

/* All arrays that were looked at. */
struct looks {
	unsigned int count;
	struct live *live; /* allocated */
	struct progress_sample *first; /* allocated */
	struct err error;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static int look(void *arg, const char *name)
{
	struct looks *looks = arg;
	struct live *live;
	int r;

	looks->live = reallocarray(looks->live, looks->count + 1,
				   sizeof(*looks->live));
	looks->first = reallocarray(looks->first, looks->count + 1,
				    sizeof(*looks->first));
	if (!looks->live || !looks->first)
		errx(EXIT_FAILED, "out of memory");
	live = &looks->live[looks->count];
	r = live_get(name, live, &looks->error);
	if (r)
		return r;
	looks->first[looks->count++] =
		(struct progress_sample){ now(), live->status };
	live_read(live);
	return 0;
}

/*
 * Wait a little and look again, if there is something to be seen. One that is
 * gone by then is told of as it was.
 */
static void look_again(struct looks *looks)
{
	struct dm_raid_status status;
	bool waited = false;
	unsigned int i;

	for (i = 0; i < looks->count; i++) {
		struct live *live = &looks->live[i];

		if (!progress_under_way(&live->status))
			continue;
		if (!waited)
			usleep(WATCH_US);
		waited = true;
		if (!dm_raid_status(live->name, &status, NULL, NULL))
			live->status = status;
	}
}

int array_report(const char *name, json_object **arrays)
{
	struct looks looks = { 0 };
	unsigned int i;
	int r;

	if (name)
		r = look(&looks, name);
	else
		r = dm_dev_each_of(BRAID_RAID_TARGET, look, &looks,
				   &looks.error);
	if (r) {
		r = complain("%s", looks.error.text);
	} else {
		look_again(&looks);
		*arrays = print_array();
		for (i = 0; i < looks.count; i++)
			print_append(*arrays,
				     report_of(&looks.live[i], &looks.first[i],
					       now()));
	}
	free(looks.live);
	free(looks.first);
	return r;
}

static const char *health_letter(const char *letter)
{
	switch (*letter) {
	case 'A':
		return "in sync";
	case 'a':
		return "being rebuilt";
	case 'D':
		return "dead";
	default:
		return "missing";
	}
}

static void print_members(json_object *array)
{
	json_object *members = json_object_object_get(array, "members");
	struct table table;
	size_t i;

	table_begin(&table, "  SLOT", "DEVICE", "HEALTH", NULL);
	for (i = 0; i < json_object_array_length(members); i++) {
		json_object *member = json_object_array_get_idx(members, i);

		table_cell(&table, "  %" PRIu64,
			   print_number_of(member, "slot"));
		table_cell(&table, "%s", print_text_of(member, "device"));
		table_cell(&table, "%s",
			   health_letter(print_text_of(member, "health")));
	}
	table_end(&table, stdout);
}

static double double_of(json_object *object, const char *key)
{
	return json_object_get_double(json_object_object_get(object, key));
}

/* "recover: 41.2 %, 85.3 MiB/s, 3 min 20 s to go" and the like. */
static void print_sync(json_object *array)
{
	uint64_t mismatches = print_number_of(array, "mismatches");
	char text[SIZE_TEXT];

	if (json_object_object_get(array, "progress")) {
		printf("  %s: %.1f %%", print_text_of(array, "action"),
		       100 * double_of(array, "progress"));
		if (json_object_object_get(array, "rate_bytes_per_second"))
			printf(", %s/s",
			       size_format(double_of(array,
						     "rate_bytes_per_second"),
					   text));
		if (json_object_object_get(array, "eta_seconds"))
			printf(", %s to go",
			       size_format_seconds(
				       double_of(array, "eta_seconds"), text));
		putchar('\n');
	}
	if (mismatches)
		printf("  %" PRIu64
		       " sectors differed at the last check or repair\n",
		       mismatches);
}

static void print_twin(json_object *array)
{
	json_object *twin = json_object_object_get(array, "replace");
	const char *device = twin ? print_text_of(twin, "device") : NULL;
	char text[SIZE_TEXT];

	if (device)
		printf("  slot %" PRIu64 " is being copied to %s: %s\n",
		       print_number_of(twin, "slot"), device,
		       size_format(print_number_of(twin, "copied_bytes"),
				   text));
}

static void print_row(struct table *table, json_object *array)
{
	uint64_t chunk = print_number_of(array, "chunk_bytes");
	char size[SIZE_TEXT];

	table_cell(table, "%s", print_text_of(array, "name"));
	table_cell(table, "%s", print_text_of(array, "level"));
	table_cell(table, "%s",
		   size_format(print_number_of(array, "bytes"), size));
	table_cell(table, "%s", chunk ? size_format(chunk, size) : "-");
	table_cell(table, "%s", print_text_of(array, "health"));
	table_cell(table, "%" PRIu64, print_number_of(array, "members_lost"));
	table_cell(table, "%s", print_text_of(array, "action"));
}

void array_print(json_object *arrays)
{
	size_t i, count = json_object_array_length(arrays);
	struct table table;

	table_begin(&table, "ARRAY", "LEVEL", "SIZE", "CHUNK", "HEALTH", "LOST",
		    "ACTION", NULL);
	for (i = 0; i < count; i++)
		print_row(&table, json_object_array_get_idx(arrays, i));
	table_end(&table, stdout);
	for (i = 0; i < count && count == 1; i++) {
		print_sync(json_object_array_get_idx(arrays, i));
		print_twin(json_object_array_get_idx(arrays, i));
		print_members(json_object_array_get_idx(arrays, i));
	}
}
