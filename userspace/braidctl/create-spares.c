// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "braidctl/adopt.h"
#include "braidctl/complain.h"
#include "braidctl/create-spares.h"
#include "braidctl/member.h"

#define SPARES_MAX 16

/* What stands between the commas. */
struct list {
	char *text; /* allocated */
	unsigned int count;
	char *path[SPARES_MAX];
};

static int split(const struct request *request, struct list *list)
{
	const char *text = request->text[OPT_SPARES];
	char *rest, *path;

	list->count = 0;
	list->text = strdup(text ? text : "");
	if (!list->text)
		errx(EXIT_FAILED, "out of memory");
	rest = *list->text ? list->text : NULL;
	while ((path = strsep(&rest, ","))) {
		if (!*path || list->count == SPARES_MAX)
			return complain_usage(
				"--spares %s: up to %d devices with a comma between two",
				text, SPARES_MAX);
		list->path[list->count++] = path;
	}
	return 0;
}

static bool is_device(const char *path, dev_t number)
{
	struct stat st;

	return !stat(path, &st) && S_ISBLK(st.st_mode) && st.st_rdev == number;
}

static int check_one(const struct request *request,
		     const struct dm_raid_table *table, uint64_t smallest,
		     struct member *member, const char *path)
{
	unsigned int slot;

	if (member_check(path, member))
		return EXIT_FAILED;
	for (slot = 0; slot < table->nr_members; slot++)
		if (is_device(table->members[slot], member->number))
			return complain("%s and %s are the same device",
					table->members[slot], path);
	if (member->sectors < smallest)
		return complain("the spare %s has %" PRIu64
				" sectors, less than the smallest device",
				path, member->sectors);
	return member_check_blank(member, request_has(request, OPT_FORCE));
}

static int check_all(const struct request *request,
		     const struct dm_raid_table *table, uint64_t smallest,
		     const struct list *list)
{
	struct member members[SPARES_MAX] = { 0 };
	unsigned int i;
	int r;

	if (list->count && (request_has(request, OPT_NO_SUPERBLOCK) ||
			    table->level == DM_RAID0))
		return complain_usage(
			"--spares is for arrays that can rebuild a device, and have superblocks");
	for (i = 0; i < list->count; i++) {
		r = check_one(request, table, smallest, &members[i],
			      list->path[i]);
		if (r)
			return r;
	}
	return member_check_distinct(members, list->count);
}

int create_spares_check(const struct request *request,
			const struct dm_raid_table *table, uint64_t smallest)
{
	struct list list;
	int r = split(request, &list);

	if (!r)
		r = check_all(request, table, smallest, &list);
	free(list.text);
	return r;
}

int create_spares_make(const struct request *request)
{
	static struct live live;
	struct err error;
	struct list list;
	unsigned int i;
	int r = split(request, &list);

	if (!r && list.count) {
		r = live_get(request->operand[0], &live, &error) ?
			    complain("%s", error.text) :
			    0;
		if (!r)
			live_read(&live);
	}
	for (i = 0; i < list.count && !r; i++)
		r = adopt_spare(&live, list.path[i], true);
	free(list.text);
	return r;
}
