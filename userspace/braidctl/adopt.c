// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A device joins in this order:
 *
 * 1. Everything is checked. Nothing was written.
 * 2. Its superblock is written. Crash before the last write: it is what it was,
 *    or has no superblock (only a device that had nothing of the array's on it).
 *    Crash after it: the array's other members don't know its UUID, so it is
 *    not used; it is as good as a spare (fresh_is_idle()).
 * 3. A table with it is loaded beside the live one and takes its place in one
 *    step of the kernel's (dm_swap()). Crash before: as after 2. In the step the
 *    kernel makes it durable on all members that the device is one of them
 *    and being rebuilt, before any I/O.
 *
 * A table that is refused takes step 2 back.
 *
 * A device that is to replace a member in use joins in the same way, but as its twin;
 * in the step the members note that it is one. Once all is copied, another table with
 * it in the slot is exchanged for that one; in the step the kernel makes it durable on
 * all members that it is the member, or, as a crash may have it, on none.
 */
#include <asm/byteorder.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "braidctl/adopt.h"
#include "braidctl/complain.h"
#include "braidctl/member.h"
#include "dm/swap.h"
#include "member/fresh.h"

/* A device that joins, and what was on it. */
struct joining {
	struct member member;
	struct super_found found;
	bool wiped; /* there was nothing of the array's on it */
};

static int read_found(struct joining *joining)
{
	int fd = super_open(joining->member.path, O_RDONLY);
	int r = fd < 0 ? fd : super_read(fd, &joining->found);

	if (fd >= 0)
		close(fd);
	return r ? complain("cannot read %s: %s", joining->member.path,
			    strerror(-r)) :
		   0;
}

/* A dead member's device is still the array's. */
static int check_not_member(const struct live *live, const char *path)
{
	char number[DM_DEV_NODE_SIZE];
	unsigned int slot;
	struct stat st;

	if (stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
		return 0; /* member_check() finds the words */
	snprintf(number, sizeof(number), "%u:%u", major(st.st_rdev),
		 minor(st.st_rdev));
	for (slot = 0; slot < live->line.nr_members; slot++) {
		if (strcmp(live->line.member[slot], number))
			continue;
		if (live->status.health[slot] == 'D')
			return complain(
				"%s is the dead device of slot %u of %s: array remove lets go of it first",
				path, slot, live->name);
		return complain("%s is in use in slot %u of %s", path, slot,
				live->name);
	}
	return 0;
}

static int examine(const struct live *live, const char *path,
		   struct joining *joining)
{
	memset(joining, 0, sizeof(*joining));
	if (check_not_member(live, path) ||
	    member_check(path, &joining->member))
		return EXIT_FAILED;
	return read_found(joining);
}

static int complain_small(const struct live *live,
			  const struct joining *joining)
{
	return complain("%s is too small for %s: it has %" PRIu64
			" sectors, and %" PRIu64 " are needed",
			joining->member.path, live->name,
			joining->found.sectors, live_member_sectors(live));
}

static int judge(const struct live *live, const struct joining *joining,
		 int slot, bool force, struct join *join)
{
	*join = join_judge(live, &joining->found, slot, force);
	switch (join->how) {
	case JOIN_REFUSED:
		return complain("%s %s (%s)", joining->member.path, join->why,
				live->name);
	case JOIN_SMALL:
		return complain_small(live, joining);
	case JOIN_BLANK:
		return member_check_blank(&joining->member, force);
	default:
		return 0;
	}
}

static int write_failed(const char *path, int code)
{
	return complain("cannot write the superblock of %s: %s", path,
			strerror(-code));
}

/*
 * What was the array's own is replaced in one write. From anything else, what
 * it was known by goes first: a crash in between leaves nothing.
 */
static int mark(struct joining *joining, bool blank, struct braid_super *super)
{
	const char *path = joining->member.path;
	int fd, r = 0;

	if (blank)
		r = member_wipe(path);
	if (r)
		return write_failed(path, r);
	fd = super_open(path, O_RDWR | O_EXCL);
	if (fd < 0)
		return write_failed(path, fd);
	joining->wiped = blank;
	if (blank)
		r = super_erase(fd);
	else
		super->sequence = joining->found.super.sequence;
	if (!r)
		r = super_write(fd, super);
	close(fd);
	return r ? write_failed(path, r) : 0;
}

/* It is not to be a member after all. */
static void unmark(const struct joining *joining)
{
	struct braid_super super = joining->found.super;
	int fd, r;

	fd = super_open(joining->member.path, O_RDWR | O_EXCL);
	if (fd >= 0 && joining->wiped) {
		r = super_erase(fd);
	} else if (fd >= 0) {
		super.sequence = __cpu_to_le64(
			__le64_to_cpu(super.sequence) + 1);
		r = super_write(fd, &super);
	} else {
		r = fd;
	}
	if (fd >= 0)
		close(fd);
	if (r)
		remark("%s has a superblock that nobody needs, and it can't be taken back: %s",
		       joining->member.path, strerror(-r));
}

static int swap_to(struct live *live, const struct raid_line *line,
		   uint64_t sectors)
{
	static char params[DM_RAID_LINE_SIZE +
			   RAID_LINE_WORDS_MAX * RAID_LINE_WORD_SIZE];
	struct dm_dev_table table = {
		.sectors = sectors,
		.target = BRAID_RAID_TARGET,
		.params = params,
	};
	struct err error;

	if (raid_line_format(line, params, sizeof(params)))
		return complain("the table of %s is too long", live->name);
	if (dm_swap(live->name, &table, &error))
		return complain("%s", error.text);
	return 0;
}

static int swap(struct live *live, const struct raid_line *line)
{
	return swap_to(live, line, live->sectors);
}

static int put(struct live *live, const struct joining *joining,
	       unsigned int slot, const char *feature)
{
	static struct raid_line line;
	char number[DM_DEV_NODE_SIZE];

	line = live->line;
	snprintf(number, sizeof(number), "%u:%u",
		 major(joining->member.number), minor(joining->member.number));
	if (raid_line_set(&line, slot, number) ||
	    raid_line_add(&line, feature, slot))
		return complain("the table of %s has no room for %s",
				live->name, joining->member.path);
	return swap(live, &line);
}

static int rebuild(struct live *live, struct joining *joining,
		   const struct join *join)
{
	struct braid_super super;
	int r;

	r = fresh_member(&super, &live->truth, join->slot);
	if (r)
		return write_failed(joining->member.path, r);
	r = mark(joining, join->how == JOIN_BLANK, &super);
	if (!r)
		r = put(live, joining, join->slot, "rebuild");
	if (r)
		unmark(joining);
	return r;
}

int adopt(struct live *live, const char *path, int slot, bool force,
	  struct join *join)
{
	struct joining joining;

	dm_swap_clear(live->name, NULL); /* it would hold the device */
	if (examine(live, path, &joining) ||
	    judge(live, &joining, slot, force, join))
		return EXIT_FAILED;
	if (join->how == JOIN_READD) {
		if (!put(live, &joining, join->slot, "readd"))
			return 0;
		remark("all of %s is rebuilt instead", path);
		join->how = JOIN_OWN;
	}
	return rebuild(live, &joining, join);
}

static int put_twin(struct live *live, const struct joining *joining,
		    unsigned int slot)
{
	static struct raid_line line;
	char number[DM_DEV_NODE_SIZE];

	line = live->line;
	snprintf(number, sizeof(number), "%u:%u",
		 major(joining->member.number), minor(joining->member.number));
	if (raid_line_add_twin(&line, slot, number))
		return complain("the table of %s has no room for %s",
				live->name, joining->member.path);
	return swap(live, &line);
}

int adopt_twin(struct live *live, const char *path, unsigned int slot,
	       bool force)
{
	struct joining joining;
	struct braid_super super;
	struct join join;
	int r;

	dm_swap_clear(live->name, NULL); /* it would hold the device */
	if (examine(live, path, &joining) ||
	    judge(live, &joining, slot, force, &join))
		return EXIT_FAILED;
	r = fresh_member(&super, &live->truth, slot);
	if (r)
		return write_failed(path, r);
	r = mark(&joining, join.how == JOIN_BLANK, &super);
	if (!r)
		r = put_twin(live, &joining, slot);
	if (r)
		unmark(&joining);
	return r;
}

int adopt_replaced(struct live *live, unsigned int slot)
{
	static struct raid_line line;
	char device[DM_DEV_PATH_SIZE];

	dm_swap_clear(live->name, NULL);
	line = live->line;
	snprintf(device, sizeof(device), "%s",
		 raid_line_twin(&live->line, slot) ?: "");
	if (raid_line_set(&line, slot, device) ||
	    raid_line_add(&line, "replaced", slot))
		return complain("slot %u of %s isn't being replaced", slot,
				live->name);
	return swap(live, &line);
}

int adopt_no_twin(struct live *live, unsigned int slot)
{
	static struct raid_line line;

	dm_swap_clear(live->name, NULL);
	line = live->line;
	raid_line_drop_twin(&line, slot);
	return swap(live, &line);
}

/* A spare of this array already, or a member of it that nobody needs. */
static bool is_own(const struct live *live, const struct super_found *found)
{
	return fresh_is_idle(found) &&
	       !memcmp(found->super.array_uuid, live->truth.array_uuid,
		       sizeof(found->super.array_uuid));
}

static int judge_spare(const struct live *live, const struct joining *joining,
		       bool force)
{
	if (!*live->uuid)
		return complain(
			"%s has no superblocks, so nothing could tell which devices are its spares",
			live->name);
	if (!live->known)
		return complain("no superblock of %s can be read now",
				live->name);
	if (!strcmp(live->status.level, "raid0"))
		return complain(
			"%s is a stripe: it has no use for a spare, as none of its devices can be rebuilt",
			live->name);
	if (joining->found.sectors < live_member_sectors(live))
		return complain_small(live, joining);
	if (is_own(live, &joining->found))
		return 0;
	return member_check_blank(&joining->member, force);
}

int adopt_spare(const struct live *live, const char *path, bool force)
{
	struct joining joining;
	struct braid_super super;
	int r;

	if (examine(live, path, &joining) ||
	    judge_spare(live, &joining, force))
		return EXIT_FAILED;
	r = fresh_spare(&super, &live->truth);
	if (r)
		return write_failed(path, r);
	return mark(&joining, !is_own(live, &joining.found), &super);
}

int adopt_length(struct live *live, uint64_t sectors)
{
	static struct raid_line line;

	dm_swap_clear(live->name, NULL);
	line = live->line;
	if (raid_line_add_word(&line, "grow"))
		return complain("the table of %s is too long", live->name);
	return swap_to(live, &line, sectors);
}

int adopt_nothing(struct live *live, unsigned int slot)
{
	static struct raid_line line;

	dm_swap_clear(live->name, NULL);
	line = live->line;
	if (raid_line_set(&line, slot, "-"))
		return complain("%s has no slot %u", live->name, slot);
	return swap(live, &line);
}
