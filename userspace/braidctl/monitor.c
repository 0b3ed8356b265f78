// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The loop: arm the wait for device-mapper's events, look at all arrays, tell
 * what is new, take up spares, wait. What happens after the arming ends the
 * wait at once. Not everything is an event: an array that is made is one before
 * it has a table, and an exchange of tables is none. So arrays are looked at a
 * second after an event once more, and every ten seconds at least. All devices
 * are searched for spares when an array's health changes, and every minute.
 */
#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "braidctl/adopt.h"
#include "braidctl/complain.h"
#include "braidctl/monitor.h"
#include "braidctl/replace.h"
#include "braidctl/spares.h"
#include "braidctl/tell.h"
#include "braidctl/turn.h"
#include "dm/events.h"
#include "dm/node.h"

#define LOOK_MS 10000
#define AGAIN_MS 1000 /* after an event */
#define SEARCH_S 60
#define REFUSED_MAX 16 /* spares of one array that are remembered */

/* An array that is watched. */
struct watched {
	struct watch_look look;
	bool seen; /* in this round */
	time_t search; /* when spares are searched for, of the monotonic clock */
	time_t ends; /* when a copy that is complete is tried to be ended */
	unsigned int nr_refused; /* spares that were tried, as health is */
	char refused[REFUSED_MAX][DM_DEV_PATH_SIZE];
};

struct monitor {
	const struct request *request;
	struct teller teller;
	unsigned int count;
	struct watched **watched; /* allocated, each */
	bool changed; /* look once more at once */
};

static void tell(void *arg, const struct watch_event *event)
{
	tell_event(arg, event);
}

static void look_from(struct watch_look *look, const struct live *live)
{
	unsigned int slot;

	memset(look, 0, sizeof(*look));
	strcpy(look->name, live->name);
	strcpy(look->uuid, live->uuid);
	look->status = live->status;
	for (slot = 0; slot < live->line.nr_members; slot++)
		dm_node_path(live->line.member[slot], look->member[slot]);
}

static bool is_meant(const struct request *request, const char *name)
{
	int i;

	for (i = 0; i < request->operands; i++)
		if (!strcmp(request->operand[i], name))
			return true;
	return !request->operands;
}

static struct watched *find(const struct monitor *monitor, const char *name)
{
	unsigned int i;

	for (i = 0; i < monitor->count; i++)
		if (!strcmp(monitor->watched[i]->look.name, name))
			return monitor->watched[i];
	return NULL;
}

static struct watched *watch(struct monitor *monitor)
{
	struct watched *watched = calloc(1, sizeof(*watched));

	monitor->watched =
		reallocarray(monitor->watched, monitor->count + 1,
			     sizeof(*monitor->watched));
	if (!watched || !monitor->watched)
		errx(EXIT_FAILED, "out of memory");
	monitor->watched[monitor->count++] = watched;
	return watched;
}

static void unwatch(struct monitor *monitor, unsigned int i)
{
	free(monitor->watched[i]);
	monitor->watched[i] = monitor->watched[--monitor->count];
}

/* One that can't be looked at now keeps its last look. */
static int look(void *arg, const char *name)
{
	static struct watch_look now, before;
	struct monitor *monitor = arg;
	static struct live live;
	struct watched *watched;
	int r;

	if (!is_meant(monitor->request, name))
		return 0;
	watched = find(monitor, name);
	r = live_get(name, &live, NULL);
	if (r) {
		if (watched && r != -ENXIO)
			watched->seen = true;
		return 0;
	}
	look_from(&now, &live);
	if (watched) {
		before = watched->look;
		if (strcmp(before.status.health, now.status.health)) {
			watched->nr_refused = 0;
			watched->search = 0;
		}
		watch_compare(&before, &now, tell, &monitor->teller);
	} else {
		watched = watch(monitor);
		watch_compare(NULL, &now, tell, &monitor->teller);
	}
	watched->look = now;
	watched->seen = true;
	return 0;
}

static int look_at_all(struct monitor *monitor)
{
	struct err error;
	unsigned int i;

	for (i = 0; i < monitor->count; i++)
		monitor->watched[i]->seen = false;
	if (dm_dev_each_of(BRAID_RAID_TARGET, look, monitor, &error))
		return complain("%s", error.text);
	for (i = monitor->count; i-- > 0;) {
		if (monitor->watched[i]->seen)
			continue;
		watch_compare(&monitor->watched[i]->look, NULL, tell,
			      &monitor->teller);
		unwatch(monitor, i);
	}
	return 0;
}

/* Spares. */

static bool was_refused(const struct watched *watched, const char *path)
{
	unsigned int i;

	for (i = 0; i < watched->nr_refused; i++)
		if (!strcmp(watched->refused[i], path))
			return true;
	return watched->nr_refused == REFUSED_MAX;
}

static void tell_spare(struct monitor *monitor, enum watch_kind kind,
		       const struct watched *watched, const char *path,
		       int slot)
{
	const struct watch_event event = {
		.kind = kind,
		.array = &watched->look,
		.slot = slot,
		.member = path,
		.action = watched->look.status.action,
		.mismatches = watched->look.status.mismatches,
	};

	tell_event(&monitor->teller, &event);
}

/* The first spare that can be used. Whoever changed the array meanwhile wins. */
static bool take_turn(const struct watched *watched, const struct finds *finds,
		      struct live *live, struct join *join, const char **path)
{
	const struct find *spare;
	unsigned int from = 0;

	*path = NULL;
	if (live_get(watched->look.name, live, NULL))
		return false;
	live_read(live);
	if (join_slot(&live->status) < 0)
		return false;
	while ((spare = spares_next(live, finds, &from))) {
		if (was_refused(watched, spare->path))
			continue;
		*path = spare->path;
		return !adopt(live, spare->path, JOIN_ANY_SLOT, false, join);
	}
	return false;
}

static time_t seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void take_spare(struct monitor *monitor, struct watched *watched)
{
	struct finds finds = { 0 };
	static struct live live;
	struct join join = { 0 };
	const char *path = NULL;
	bool taken = false;
	int turn;

	watched->search = seconds() + SEARCH_S;
	if (finds_scan(&finds))
		return;
	turn = turn_begin();
	if (turn >= 0) {
		taken = take_turn(watched, &finds, &live, &join, &path);
		turn_end(turn);
	}
	if (taken)
		tell_spare(monitor, WATCH_SPARE_TAKEN, watched, path,
			   join.slot);
	else if (path)
		tell_spare(monitor, WATCH_SPARE_REFUSED, watched, path, -1);
	if (path && !taken)
		strcpy(watched->refused[watched->nr_refused++], path);
	if (path)
		watched->search = 0;
	monitor->changed |= path != NULL;
	finds_free(&finds);
}

/* Only what can be rebuilt can have spares, and only superblocks name them. */
static bool lacks_device(const struct watch_look *look)
{
	return *look->uuid && strcmp(look->status.level, "raid0") &&
	       dm_raid_spare(&look->status) >= 0 &&
	       join_slot(&look->status) >= 0;
}

/* Who began it may have been killed, or not have waited. */
static void finish_replace(struct monitor *monitor, struct watched *watched)
{
	if (watched->ends > seconds())
		return;
	watched->ends = seconds() + SEARCH_S;
	monitor->changed |= !replace_finish(watched->look.name);
}

static int round_of(struct monitor *monitor)
{
	unsigned int i;
	int r;

	do {
		monitor->changed = false;
		r = look_at_all(monitor);
		for (i = 0; !r && i < monitor->count; i++)
			if (replace_is_due(&monitor->watched[i]->look.status))
				finish_replace(monitor, monitor->watched[i]);
		for (i = 0; !r && i < monitor->count; i++)
			if (lacks_device(&monitor->watched[i]->look) &&
			    monitor->watched[i]->search <= seconds())
				take_spare(monitor, monitor->watched[i]);
	} while (!r && monitor->changed && !monitor->teller.broken);
	if (!r && monitor->teller.broken)
		r = complain("cannot write to the standard output");
	return r;
}

/* The loop. */

static int check_named(const struct monitor *monitor)
{
	const struct request *request = monitor->request;
	int i;

	for (i = 0; i < request->operands; i++)
		if (!find(monitor, request->operand[i]))
			return complain("there is no array %s",
					request->operand[i]);
	return 0;
}

/* Return: 1 for a signal, 2 for an event, 0, or a negative errno. */
static int wait_for(int events, int signals, int ms)
{
	struct pollfd polls[] = {
		{ .fd = signals, .events = POLLIN },
		{ .fd = events, .events = POLLIN },
	};

	if (poll(polls, 2, ms) < 0)
		return errno == EINTR ? 0 : -errno;
	return polls[0].revents ? 1 : polls[1].revents ? 2 : 0;
}

static int loop(struct monitor *monitor, int events, int signals)
{
	int r = 0;
	struct err error;

	for (;;) {
		bool event = r == 2;

		if (dm_events_arm(events, &error))
			return complain("%s", error.text);
		r = round_of(monitor);
		if (r)
			return r;
		r = wait_for(events, signals, event ? AGAIN_MS : LOOK_MS);
		if (r < 0)
			return complain("cannot wait: %s", strerror(-r));
		if (r == 1)
			return EXIT_OK;
	}
}

/* They end the wait, and not what is under way. */
static int catch_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static int run(struct monitor *monitor)
{
	int signals = catch_signals(), events, r;
	struct err error;

	if (signals < 0)
		return complain("cannot wait for signals: %s", strerror(errno));
	events = dm_events_open(&error);
	if (events < 0)
		r = complain("%s", error.text);
	else if (!request_has(monitor->request, OPT_ONESHOT))
		r = loop(monitor, events, signals);
	else
		r = round_of(monitor) ?: check_named(monitor);
	if (events >= 0)
		close(events);
	close(signals);
	return r;
}

static int monitor(const struct request *request)
{
	struct monitor m = {
		.request = request,
		.teller = {
			.json = request_has(request, OPT_JSON),
			.exec = request->text[OPT_EXEC],
			.mail = request->text[OPT_MAIL],
		},
	};
	const char *at;
	int r;

	for (at = m.teller.mail; at && *at; at++)
		if ((unsigned char)*at <= ' ')
			return complain_usage("--mail '%s' is no address",
					      m.teller.mail);
	if (m.teller.exec && access(m.teller.exec, X_OK))
		return complain_usage("--exec %s: %s", m.teller.exec,
				      strerror(errno));
	r = run(&m);
	while (m.count)
		unwatch(&m, 0);
	free(m.watched);
	return r;
}

const struct command monitor_commands[] = {
	{
		.name = "monitor",
		.operands = "[NAME...]",
		.operands_max = -1,
		.options = OPT(JSON) | OPT(EXEC) | OPT(MAIL) | OPT(ONESHOT),
		.summary = "Watch arrays, tell what happens, take spares up.",
		.more = "Without names all arrays are watched. A program given with --exec is run for\n"
			"each event, with the event, the array and the device as arguments. Mail is\n"
			"sent of what is grave: a device that is lost or lacking, a spare that can't\n"
			"be used, a check that found differences.",
		.run = monitor,
	},
	{ 0 },
};
