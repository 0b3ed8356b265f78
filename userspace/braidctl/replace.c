// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * To replace a device in use takes two exchanges of tables, and the time between
 * them, in which the kernel copies. Whoever waits there changes nothing: if he is
 * killed, the copy goes on, and the same command, or the monitor, ends it.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "braidctl/adopt.h"
#include "braidctl/complain.h"
#include "braidctl/print.h"
#include "braidctl/progress.h"
#include "braidctl/replace.h"
#include "braidctl/turn.h"
#include "dm/events.h"

/* It is looked at so often, whether there was an event or not. */
#define LOOK_MS 1000
/* Nothing has been begun for so long although something is due. */
#define STUCK_MS 5000

/* Does the table's word mean the device at this path? */
static bool is_device(const char *word, const char *path)
{
	char number[DM_DEV_NODE_SIZE];
	struct stat st;

	if (!word || stat(path, &st) < 0 || !S_ISBLK(st.st_mode))
		return false;
	snprintf(number, sizeof(number), "%u:%u", major(st.st_rdev),
		 minor(st.st_rdev));
	return !strcmp(word, number);
}

bool replace_is_twin(const struct live *live, const char *path)
{
	return live->status.twin_of >= 0 &&
	       is_device(raid_line_twin(&live->line, live->status.twin_of),
			 path);
}

/* What is not synchronised can't be vouched for by another device either. */
bool replace_is_due(const struct dm_raid_status *status)
{
	return status->twin_of >= 0 && status->twin_health == 'a' &&
	       status->twin_done == status->total &&
	       !progress_under_way(status) && status->synced == status->total;
}

int replace_finish(const char *name)
{
	static struct live live;
	int turn = turn_begin(), r = 0;
	struct err error;

	if (turn < 0)
		return EXIT_FAILED;
	if (live_get(name, &live, &error))
		r = complain("%s", error.text);
	else if (replace_is_due(&live.status))
		r = adopt_replaced(&live, live.status.twin_of);
	turn_end(turn);
	return r;
}

/* What is to be replaced by what. */
struct job {
	const struct request *request;
	const char *name, *path;
	unsigned int slot;
	bool copied; /* else rebuilt */
};

static int get(const struct job *job, struct live *live)
{
	struct err error;

	if (live_get(job->name, live, &error))
		return complain("%s", error.text);
	live_read(live);
	return 0;
}

static int report(const struct job *job)
{
	json_object *object;

	if (!request_has(job->request, OPT_JSON)) {
		printf("%s: in slot %u of %s%s\n", job->path, job->slot,
		       job->name, job->copied ? "" : ", being rebuilt");
		return print_done();
	}
	object = print_object();
	print_add_text(object, "name", job->name);
	print_add_text(object, "device", job->path);
	print_add_number(object, "slot", job->slot);
	print_add_text(object, "how", job->copied ? "copy" : "rebuild");
	return print_json(object);
}

static int rebuild(struct job *job, struct live *live)
{
	struct join join;

	job->copied = false;
	return adopt(live, job->path, job->slot,
		     request_has(job->request, OPT_FORCE), &join);
}

/* Begin, unless that was done before. */
static int begin(struct job *job, struct live *live)
{
	int twin_of = live->status.twin_of;

	if (live_slot(live, job->request->operand[1], &job->slot))
		return EXIT_FAILED;
	if (twin_of == (int)job->slot && replace_is_twin(live, job->path))
		return 0;
	if (live->status.health[job->slot] != 'A')
		return rebuild(job, live);
	if (twin_of >= 0 && live->status.twin_health != 'D')
		return complain(
			"slot %d of %s is being replaced, and one can be at a time: array remove gives that up",
			twin_of, job->name);
	return adopt_twin(live, job->path, job->slot,
			  request_has(job->request, OPT_FORCE));
}

static int begin_in_turn(struct job *job)
{
	static struct live live;
	int turn = turn_begin(), r;

	if (turn < 0)
		return EXIT_FAILED;
	r = get(job, &live);
	if (!r)
		r = begin(job, &live);
	turn_end(turn);
	return r;
}

/* The copy came to an end before its time. */
static int broken_off(struct job *job)
{
	static struct live live;
	int turn = turn_begin(), r;

	if (turn < 0)
		return EXIT_FAILED;
	r = get(job, &live);
	if (!r && live.status.health[job->slot] == 'D') {
		remark("the device in slot %u of %s was lost before all of it was copied: %s is rebuilt from the others",
		       job->slot, job->name, job->path);
		r = adopt_no_twin(&live, job->slot); /* it holds the device */
		if (!r)
			r = get(job, &live);
		if (!r)
			r = rebuild(job, &live);
	} else if (!r) {
		r = complain(
			"%s was lost, or given up, before all was copied to it: slot %u of %s is as it was",
			job->path, job->slot, job->name);
	}
	turn_end(turn);
	return r ? EXIT_FAILED : 0;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static int stuck(const struct job *job, const struct dm_raid_status *status)
{
	if (!strcmp(status->action, "frozen"))
		return complain(
			"%s is frozen, and not all is copied: dmsetup message %s 0 idle lets it go on",
			job->name, job->name);
	return complain(
		"%s stopped before all was copied, and the kernel's log says why: dmsetup message %s 0 replace tries again",
		job->name, job->name);
}

/* @ended: it doesn't go on. Return: 0 or EXIT_FAILED. */
static int look(struct job *job, const struct live *live, bool *ended)
{
	*ended = true;
	if (replace_is_twin(live, job->path) &&
	    live->status.twin_health == 'a') {
		*ended = replace_is_due(&live->status);
		return *ended ? replace_finish(job->name) : 0;
	}
	/* somebody else may have ended it */
	if (is_device(live->line.member[job->slot], job->path))
		return 0;
	return broken_off(job);
}

static int follow(struct job *job)
{
	int64_t moved = now_ms();
	static struct live live;
	struct dm_dev_info info;
	struct err error;
	bool ended;
	int r;

	for (;;) {
		if (dm_dev_info(job->name, &info, &error) ||
		    live_get(job->name, &live, &error))
			return complain("%s", error.text);
		r = look(job, &live, &ended);
		if (ended)
			return r;
		if (progress_under_way(&live.status))
			moved = now_ms();
		if (now_ms() - moved > STUCK_MS)
			return stuck(job, &live.status);
		r = dm_events_wait(job->name, &info.event_nr, LOOK_MS, &error);
		if (r && r != -ETIMEDOUT)
			return complain("%s", error.text);
	}
}

int array_replace(const struct request *request)
{
	struct job job = {
		.request = request,
		.name = request->operand[0],
		.path = request->operand[2],
		.copied = true,
	};

	if (begin_in_turn(&job))
		return EXIT_FAILED;
	if (job.copied && follow(&job))
		return EXIT_FAILED;
	return report(&job);
}
