// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * braidctl array assemble: look at the devices that were named, or at all,
 * take those of one array together, judge them as the kernel does, and load a
 * table of those that may be used. What is not used is said, each with its
 * reason; what could serve stale or parted data is refused.
 */
#include <asm/byteorder.h>
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "braidctl/assemble.h"
#include "braidctl/complain.h"
#include "braidctl/create.h"
#include "braidctl/finds.h"
#include "braidctl/print.h"
#include "dm/raid.h"
#include "member/set.h"

/* What was asked for, what was found, and what was started. */
struct job {
	const struct request *request;
	struct finds finds;
	json_object *started;
};

/* One array whose members were found, and what is made of it. */
struct candidate {
	const struct request *request;
	json_object *started; /* to which it is added */
	const char *name;
	char uuid[SUPER_UUID_TEXT];
	struct set set;
	const struct find *find[SET_MAX]; /* as set.super */
	struct dm_raid_table table;
};

static const char *name_of(const struct braid_super *super)
{
	return (const char *)super->name;
}

/* Arrays that are running. */

struct search {
	const char *uuid;
	char name[DM_DEV_NAME_SIZE];
};

static int look(void *arg, const char *name)
{
	static struct dm_raid_table table;
	struct search *search = arg;

	if (dm_raid_table(name, &table, NULL) ||
	    strcmp(table.uuid, search->uuid))
		return 0;
	strcpy(search->name, name);
	return 1;
}

static bool is_active(const char *uuid, struct search *search)
{
	search->uuid = uuid;
	return dm_dev_each_of(BRAID_RAID_TARGET, look, search, NULL) > 0;
}

/* Refusals of a whole set. */

static int refuse_members(const struct candidate *c)
{
	unsigned int i;

	for (i = 0; i < c->set.count; i++) {
		const char *path = c->find[i]->path;
		const char *text = raid_super_verdict_text(c->set.verdict[i]);

		switch (c->set.verdict[i]) {
		case RAID_MEMBER_PARTED:
			return complain(
				"%s can't be assembled: %s and %s were each used without the other, and their content has parted; name the devices of the side to keep, the other side is lost to it",
				c->name, c->find[c->set.fresh]->path, path);
		case RAID_MEMBER_TWICE:
		case RAID_MEMBER_MISFIT:
		case RAID_MEMBER_FOREIGN:
			return complain("%s can't be assembled with %s: %s",
					c->name, path, text);
		default:
			break;
		}
	}
	return 0;
}

static void remark_left_out(const struct candidate *c)
{
	unsigned int i;

	for (i = 0; i < c->set.count; i++)
		if (c->set.verdict[i] != RAID_MEMBER_CURRENT &&
		    c->set.verdict[i] != RAID_MEMBER_REBUILT)
			remark("%s is not used for %s: %s", c->find[i]->path,
			       c->name,
			       raid_super_verdict_text(c->set.verdict[i]));
}

/* The lowest slot that nobody is there for, although somebody should be. */
static unsigned int first_missing(const struct candidate *c)
{
	const struct braid_super *fresh = c->set.super[c->set.fresh];
	unsigned int slot = 0;

	while (c->set.chosen[slot] >= 0 ||
	       fresh->table[slot].state != BRAID_SLOT_USED)
		slot++;
	return slot;
}

static int refuse_gaps(const struct candidate *c)
{
	bool force = request_has(c->request, OPT_FORCE);
	unsigned int gaps = c->set.lost + c->set.missing;
	bool parity = dm_raid_is_raid5(c->table.level);

	if (gaps > set_spare(&c->set))
		return complain(
			"%s can't be assembled: %u of %u devices are missing or can't be used, and %s can do without %u",
			c->name, gaps, c->table.nr_members,
			dm_raid_level_name(c->table.level), set_spare(&c->set));
	if (c->set.missing && !force)
		return complain(
			"%s is not assembled: the device of slot %u is missing, and was in use when these were; if it went on without them, what was written since is lost: --force assembles %s without it",
			c->name, first_missing(c), c->name);
	if (gaps && parity && !c->set.clean && !c->set.logged && !force)
		return complain(
			"%s is not assembled: it lacks a device and was not stopped as it should be, so that blocks which nobody was writing may be lost: --force assembles it",
			c->name);
	if (gaps && parity && !c->set.synced && !force)
		return complain(
			"%s is not assembled: it lacks a device and its parity was never established everywhere, so that blocks may be lost: --force assembles it",
			c->name);
	return 0;
}

/* Starting one. */

static int fill_table(struct candidate *c)
{
	const struct braid_super *fresh = c->set.super[c->set.fresh];
	unsigned int slot;

	if (!dm_raid_level_of_number(__le32_to_cpu(fresh->level),
				     __le32_to_cpu(fresh->layout),
				     &c->table.level))
		return complain(
			"%s can't be assembled: it is of level %u, which this braidctl does not know",
			c->name, __le32_to_cpu(fresh->level));
	c->table.chunk_sectors = __le32_to_cpu(fresh->chunk_sectors);
	c->table.nr_members = __le16_to_cpu(fresh->members);
	strcpy(c->table.uuid, c->uuid);
	for (slot = 0; slot < c->table.nr_members; slot++) {
		int chosen = c->set.chosen[slot];

		strcpy(c->table.members[slot],
		       chosen < 0 ? "-" : c->find[chosen]->path);
	}
	return 0;
}

static int start(struct candidate *c)
{
	const struct braid_super *fresh = c->set.super[c->set.fresh];
	unsigned int gaps = c->set.lost + c->set.missing;
	struct err error;
	uint64_t sectors;

	sectors = dm_raid_sectors(&c->table,
				  __le64_to_cpu(fresh->member_sectors));
	if (dm_raid_create(c->name, &c->table, sectors, &error))
		return complain("%s", error.text);
	if (gaps > c->set.rebuilt)
		remark("%s is degraded: %u of %u devices are missing", c->name,
		       gaps - c->set.rebuilt, c->table.nr_members);
	if (c->set.rebuilt)
		remark("%s is degraded: %u of %u devices are being rebuilt",
		       c->name, c->set.rebuilt, c->table.nr_members);
	if (!c->set.clean && c->table.level != DM_RAID0)
		remark("%s was not stopped as it should be: %s", c->name,
		       c->set.logged ?
			       "its partial parity log puts right what was being written then" :
			       "blocks that were being written then may differ between its devices");
	if (!request_has(c->request, OPT_JSON))
		create_print(c->name, sectors);
	print_append(c->started, create_report(c->name, c->uuid, sectors));
	return 0;
}

static int assemble(struct candidate *c)
{
	struct search search;
	int r;

	if (is_active(c->uuid, &search))
		return complain("%s is running already, as %s", c->name,
				search.name);
	set_judge(&c->set);
	c->name = name_of(c->set.super[c->set.fresh]);
	r = refuse_members(c);
	if (!r)
		r = fill_table(c);
	if (r)
		return r;
	remark_left_out(c);
	r = refuse_gaps(c);
	if (!r)
		r = create_check_name(c->name);
	return r ? r : start(c);
}

/* From what was found to candidates. */

static bool same_array(const struct find *a, const struct find *b)
{
	return !memcmp(a->found.super.array_uuid, b->found.super.array_uuid,
		       sizeof(a->found.super.array_uuid));
}

/* Is this what the first operand means: a name or a UUID? */
static bool is_meant(const struct find *find, const char *key)
{
	uint8_t uuid[16];

	if (!key)
		return true;
	if (super_uuid_parse(key, uuid))
		return !memcmp(uuid, find->found.super.array_uuid,
			       sizeof(uuid));
	return !strcmp(key, name_of(&find->found.super));
}

/*
 * Take all usable members of @first's array. Those that aren't are for
 * refuse_find(), or said to be left out.
 */
static int gather(struct candidate *c, const struct finds *finds,
		  const struct find *first)
{
	unsigned int i;

	c->name = name_of(&first->found.super);
	super_uuid_format(first->found.super.array_uuid, c->uuid);
	for (i = 0; i < finds->count; i++) {
		const struct find *find = &finds->find[i];

		if (!finds_known(find) || !same_array(find, first) ||
		    find->busy || find->found.fault == RAID_SUPER_SPARE)
			continue;
		if (find->found.fault != RAID_SUPER_GOOD) {
			remark("%s is not used for %s: %s", find->path, c->name,
			       raid_super_fault_text(find->found.fault));
			continue;
		}
		if (c->set.count == SET_MAX)
			return complain("%s has more than %d devices", c->name,
					SET_MAX);
		c->find[c->set.count] = find;
		c->set.super[c->set.count++] = &find->found.super;
	}
	return 0;
}

static int assemble_array(const struct job *job, const struct find *first)
{
	static struct candidate c;
	struct search search;
	int r;

	memset(&c, 0, sizeof(c));
	c.request = job->request;
	c.started = job->started;
	r = gather(&c, &job->finds, first);
	if (r)
		return r;
	if (c.set.count)
		return assemble(&c);
	if (is_active(c.uuid, &search))
		return complain("%s is running already, as %s", c.name,
				search.name);
	return complain(
		"%s can't be assembled: none of its devices that are here can be used",
		c.name);
}

/* Devices that were named have to be good, free, and of one array. */
static int check_named(const struct finds *finds, const char *key)
{
	unsigned int i;

	for (i = 0; i < finds->count; i++) {
		const struct find *find = &finds->find[i];

		if (find->found.fault != RAID_SUPER_GOOD)
			return complain(
				"%s can't be a member: %s", find->path,
				raid_super_fault_text(find->found.fault));
		if (find->busy)
			return complain(
				"%s is in use: mounted, or part of another device",
				find->path);
		if (!is_meant(find, key))
			return complain(
				"%s is a member of the array %s, not of %s",
				find->path, name_of(&find->found.super), key);
		if (!same_array(find, &finds->find[0]))
			return complain(
				"%s and %s are members of different arrays",
				finds->find[0].path, find->path);
	}
	return 0;
}

/* The one array that is called so. */
static int assemble_meant(const struct job *job, const char *key)
{
	const struct finds *finds = &job->finds;
	const struct find *first = NULL;
	unsigned int i;

	for (i = 0; i < finds->count; i++) {
		const struct find *find = &finds->find[i];

		if (!finds_known(find) || !is_meant(find, key) ||
		    find->found.fault == RAID_SUPER_SPARE)
			continue;
		if (first && !same_array(find, first))
			return complain(
				"there are several arrays called %s (%s and %s are members of two): assemble by UUID, or name the devices",
				key, first->path, find->path);
		if (!first)
			first = find;
	}
	if (!first)
		return complain("no device was found that is a member of %s",
				key);
	return assemble_array(job, first);
}

/* All that are not running. */
static int assemble_all(const struct job *job)
{
	const struct finds *finds = &job->finds;
	unsigned int i, j;
	int r = 0;

	for (i = 0; i < finds->count; i++) {
		const struct find *find = &finds->find[i];
		char uuid[SUPER_UUID_TEXT];
		struct search search;

		if (!finds_known(find)) {
			remark("%s is not used: %s", find->path,
			       raid_super_fault_text(find->found.fault));
			continue;
		}
		if (find->found.fault == RAID_SUPER_SPARE)
			continue; /* it waits for its array */
		for (j = 0; j < i; j++)
			if (finds_known(&finds->find[j]) &&
			    finds->find[j].found.fault != RAID_SUPER_SPARE &&
			    same_array(&finds->find[j], find))
				break;
		super_uuid_format(find->found.super.array_uuid, uuid);
		if (j < i || is_active(uuid, &search))
			continue;
		if (assemble_array(job, find))
			r = EXIT_FAILED;
	}
	return r;
}

static int assemble_named(struct job *job, const char *key, int first)
{
	const struct request *request = job->request;
	int i, r = 0;

	for (i = first; i < request->operands && !r; i++)
		r = finds_add(&job->finds, request->operand[i]);
	if (!r)
		r = check_named(&job->finds, key);
	return r ? r : assemble_array(job, &job->finds.find[0]);
}

static int run(struct job *job)
{
	const struct request *request = job->request;
	const char *key = request->operands ? request->operand[0] : NULL;
	bool scan = request_has(request, OPT_SCAN);
	int r;

	if (key && strchr(key, '/'))
		key = NULL;
	if (request->operands > !!key && scan)
		return complain_usage("--scan looks at all devices: name none");
	if (request->operands > !!key)
		return assemble_named(job, key, !!key);
	if (!key && !scan)
		return complain_usage(
			"array assemble needs a NAME, a UUID, devices, or --scan");
	r = finds_scan(&job->finds);
	if (r)
		return r;
	return key ? assemble_meant(job, key) : assemble_all(job);
}

int array_assemble(const struct request *request)
{
	struct job job = { .request = request, .started = print_array() };
	json_object *object;
	int r, printed;

	r = run(&job);
	finds_free(&job.finds);
	if (r && !json_object_array_length(job.started)) {
		json_object_put(job.started);
		return r;
	}
	if (!request_has(request, OPT_JSON)) {
		json_object_put(job.started);
		printed = print_done();
	} else {
		object = print_object();
		print_add(object, "arrays", job.started);
		printed = print_json(object);
	}
	return r ? r : printed;
}
