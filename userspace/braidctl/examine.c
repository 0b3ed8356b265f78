// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/examine.h"
#include "braidctl/finds.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "braidctl/table.h"

static const char *const layouts[] = { "left-asymmetric", "right-asymmetric",
				       "left-symmetric", "right-symmetric" };

static const char *slot_state(uint8_t state)
{
	switch (state) {
	case BRAID_SLOT_USED:
		return "used";
	case BRAID_SLOT_LOST:
		return "lost";
	case BRAID_SLOT_REBUILT:
		return "being rebuilt";
	default:
		return "empty";
	}
}

static const char *copy_state(enum raid_super_fault fault)
{
	switch (fault) {
	case RAID_SUPER_GOOD:
		return "whole";
	case RAID_SUPER_NONE:
		return "none";
	default:
		return "torn";
	}
}

static const char *whole_state(const struct super_found *found)
{
	if (found->fault == RAID_SUPER_HALF)
		return "half made";
	if (found->fault == RAID_SUPER_SHORT)
		return "too small";
	if (found->fault == RAID_SUPER_SPARE)
		return "spare";
	if (raid_super_is_twin(&found->super))
		return "a copy being made";
	return __le32_to_cpu(found->super.flags) & BRAID_SUPER_CLEAN ? "clean" :
								       "in use";
}

static void time_text(uint64_t seconds, char text[32])
{
	time_t time = seconds;
	struct tm tm;

	if (seconds > INT64_C(253402300799) || !gmtime_r(&time, &tm) ||
	    !strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(text, 32, "?");
}

static void add_uuid(json_object *to, const char *key, const uint8_t uuid[16])
{
	char text[SUPER_UUID_TEXT];

	super_uuid_format(uuid, text);
	print_add_text(to, key, text);
}

static void add_time(json_object *to, const char *key, __le64 seconds)
{
	char text[32];

	time_text(__le64_to_cpu(seconds), text);
	print_add_text(to, key, text);
}

static void add_sectors(json_object *to, const char *key, __le64 sectors)
{
	print_add_number(to, key, __le64_to_cpu(sectors) * 512);
}

/* How far something got; null if to its end. */
static void add_progress(json_object *to, const char *key, __le64 sector)
{
	if (__le64_to_cpu(sector) == BRAID_SYNCED)
		print_add(to, key, NULL);
	else
		add_sectors(to, key, sector);
}

static json_object *report_table(const struct braid_super *super)
{
	json_object *members = print_array();
	unsigned int slot;

	if (super->slot == __cpu_to_le16(BRAID_SUPER_SPARE))
		return members; /* it knows nothing of them */
	for (slot = 0; slot < __le16_to_cpu(super->members); slot++) {
		const struct braid_super_slot *line = &super->table[slot];
		json_object *member = print_object();

		print_add_number(member, "slot", slot);
		print_add_text(member, "state", slot_state(line->state));
		print_add_number(member, "since", __le64_to_cpu(line->since));
		add_uuid(member, "uuid", line->uuid);
		print_append(members, member);
	}
	return members;
}

static json_object *report(const struct find *find)
{
	const struct braid_super *super = &find->found.super;
	uint32_t level = __le32_to_cpu(super->level);
	json_object *object = print_object();
	char text[16];

	snprintf(text, sizeof(text), "raid%u", level);
	print_add_text(object, "device", find->path);
	print_add_text(object, "state", whole_state(&find->found));
	print_add_text(object, "name", (const char *)super->name);
	add_uuid(object, "uuid", super->array_uuid);
	print_add_text(object, "level", text);
	print_add_text(object, "layout",
		       level == 5 ? layouts[__le32_to_cpu(super->layout)] :
				    NULL);
	print_add_number(object, "chunk_bytes",
			 __le32_to_cpu(super->chunk_sectors) * 512ULL);
	if (super->slot == __cpu_to_le16(BRAID_SUPER_SPARE))
		print_add(object, "slot", NULL);
	else
		print_add_number(object, "slot", __le16_to_cpu(super->slot));
	add_uuid(object, "member_uuid", super->member_uuid);
	add_sectors(object, "data_offset_bytes", super->data_offset);
	add_sectors(object, "member_bytes", super->member_sectors);
	add_sectors(object, "log_bytes", super->log_sectors);
	add_sectors(object, "ppl_bytes", super->ppl_sectors);
	print_add_number(object, "events", __le64_to_cpu(super->events));
	print_add_number(object, "sequence", __le64_to_cpu(super->sequence));
	add_time(object, "created", super->created);
	add_time(object, "updated", super->updated);
	add_progress(object, "synced_bytes", super->resync_sector);
	add_progress(object, "rebuilt_bytes", super->recovery_sector);
	print_add_text(object, "copy_4k", copy_state(find->found.copy[1]));
	print_add_text(object, "copy_8k", copy_state(find->found.copy[0]));
	print_add(object, "members", report_table(super));
	return object;
}

static void print_size(const char *what, json_object *object, const char *key)
{
	char text[SIZE_TEXT];

	printf("  %-12s %s\n", what,
	       size_format(print_number_of(object, key), text));
}

static void print_text(const char *what, json_object *object, const char *key)
{
	printf("  %-12s %s\n", what, print_text_of(object, key));
}

static void print_members(json_object *members)
{
	struct table table;
	size_t i;

	table_begin(&table, "  SLOT", "STATE", "SINCE", "UUID", NULL);
	for (i = 0; i < json_object_array_length(members); i++) {
		json_object *member = json_object_array_get_idx(members, i);

		table_cell(&table, "  %" PRIu64,
			   print_number_of(member, "slot"));
		table_cell(&table, "%s", print_text_of(member, "state"));
		table_cell(&table, "%" PRIu64,
			   print_number_of(member, "since"));
		table_cell(&table, "%s", print_text_of(member, "uuid"));
	}
	table_end(&table, stdout);
}

static void print_report(json_object *object)
{
	printf("%s: ", print_text_of(object, "device"));
	if (json_object_object_get(object, "slot"))
		printf("slot %" PRIu64 " of ", print_number_of(object, "slot"));
	printf("the %s array %s, %s\n", print_text_of(object, "level"),
	       print_text_of(object, "name"), print_text_of(object, "state"));
	print_text("array", object, "uuid");
	print_text("member", object, "member_uuid");
	if (print_number_of(object, "chunk_bytes"))
		print_size("chunk", object, "chunk_bytes");
	print_size("data from", object, "data_offset_bytes");
	print_size("data size", object, "member_bytes");
	print_text("events", object, "events");
	print_text("sequence", object, "sequence");
	print_text("created", object, "created");
	print_text("updated", object, "updated");
	print_text("copy at 4K", object, "copy_4k");
	print_text("copy at 8K", object, "copy_8k");
	print_members(json_object_object_get(object, "members"));
}

static int examine(const struct request *request, const struct find *find)
{
	json_object *object;

	if (!finds_known(find))
		return complain("%s is no member of an array: %s", find->path,
				raid_super_fault_text(find->found.fault));
	object = report(find);
	if (request_has(request, OPT_JSON))
		return print_json(object);
	print_report(object);
	json_object_put(object);
	return print_done();
}

int array_examine(const struct request *request)
{
	struct finds finds = { 0 };
	int r;

	r = finds_add(&finds, request->operand[0]);
	if (!r)
		r = examine(request, finds.find);
	finds_free(&finds);
	return r;
}

static int erase(const char *path)
{
	int fd = super_open(path, O_RDWR | O_EXCL);
	int r = fd < 0 ? fd : super_erase(fd);

	if (fd >= 0)
		close(fd);
	if (r)
		return complain("cannot erase the superblock of %s: %s", path,
				strerror(-r));
	return EXIT_OK;
}

static int erase_found(const struct request *request, const struct find *find)
{
	if (find->found.fault == RAID_SUPER_NONE)
		return complain("%s is no member of an array: %s", find->path,
				raid_super_fault_text(find->found.fault));
	if (find->busy)
		return complain(
			"%s is in use: mounted, or part of another device",
			find->path);
	if (!request_has(request, OPT_FORCE))
		return complain(
			"%s is a member of the array %s, which loses it for good: --force erases the superblock",
			find->path,
			finds_known(find) ?
				(const char *)find->found.super.name :
				"that made it");
	return erase(find->path);
}

int array_erase(const struct request *request)
{
	struct finds finds = { 0 };
	int r;

	r = finds_add(&finds, request->operand[0]);
	if (!r)
		r = erase_found(request, finds.find);
	finds_free(&finds);
	return r;
}
