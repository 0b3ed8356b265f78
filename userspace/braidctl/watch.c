// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "braidctl/progress.h"
#include "braidctl/watch.h"

static const char *const words[] = {
	[WATCH_APPEARED] = "appeared",
	[WATCH_GONE] = "gone",
	[WATCH_DEGRADED] = "degraded",
	[WATCH_FAILED] = "failed",
	[WATCH_REMOVED] = "removed",
	[WATCH_ADDED] = "added",
	[WATCH_IN_SYNC] = "in-sync",
	[WATCH_STARTED] = "started",
	[WATCH_ENDED] = "ended",
	[WATCH_SPARE_TAKEN] = "spare-taken",
	[WATCH_SPARE_REFUSED] = "spare-refused",
};

const char *watch_word(enum watch_kind kind)
{
	return words[kind];
}

/* Two looks at one array, and who is told. */
struct pair {
	const struct watch_look *before, *now;
	watch_tell *tell;
	void *arg;
};

static void tell(const struct pair *pair, enum watch_kind kind, int slot,
		 const char *member, const char *action)
{
	const struct watch_look *look = pair->now ? pair->now : pair->before;
	struct watch_event event = {
		.kind = kind,
		.array = look,
		.slot = slot,
		.member = member && strcmp(member, "-") ? member : "",
		.action = action ? action : look->status.action,
		.mismatches = look->status.mismatches,
	};

	pair->tell(pair->arg, &event);
}

/* A device that was unplugged has a name in the earlier look only. */
static const char *name_of(const struct pair *pair, unsigned int slot)
{
	const char *now = pair->now->member[slot];

	return *now == '/' || !pair->before ? now : pair->before->member[slot];
}

static void compare_slot(const struct pair *pair, unsigned int slot)
{
	char before = pair->before->status.health[slot];
	char now = pair->now->status.health[slot];
	const char *member = name_of(pair, slot);
	bool lost = before == 'D' || before == '-';

	if (before == now)
		return;
	switch (now) {
	case 'D':
		tell(pair, WATCH_FAILED, slot, member, NULL);
		break;
	case '-':
		member = pair->before->member[slot];
		if (!lost)
			tell(pair, WATCH_FAILED, slot, member, NULL);
		tell(pair, WATCH_REMOVED, slot, member, NULL);
		break;
	case 'a':
		tell(pair, WATCH_ADDED, slot, member, NULL);
		break;
	case 'A':
		if (lost)
			tell(pair, WATCH_ADDED, slot, member, NULL);
		tell(pair, WATCH_IN_SYNC, slot, member, NULL);
		break;
	}
}

static void compare_action(const struct pair *pair)
{
	const struct dm_raid_status *before = &pair->before->status;
	const struct dm_raid_status *now = &pair->now->status;

	if (!strcmp(before->action, now->action))
		return;
	if (progress_under_way(before))
		tell(pair, WATCH_ENDED, -1, NULL, before->action);
	if (progress_under_way(now))
		tell(pair, WATCH_STARTED, -1, NULL, now->action);
}

static void first_look(const struct pair *pair)
{
	tell(pair, WATCH_APPEARED, -1, NULL, NULL);
	if (dm_raid_lost(&pair->now->status))
		tell(pair, WATCH_DEGRADED, -1, NULL, NULL);
	if (progress_under_way(&pair->now->status))
		tell(pair, WATCH_STARTED, -1, NULL, NULL);
}

static bool same(const struct watch_look *before, const struct watch_look *now)
{
	return before && now && !strcmp(before->uuid, now->uuid) &&
	       before->status.nr_members == now->status.nr_members;
}

void watch_compare(const struct watch_look *before,
		   const struct watch_look *now, watch_tell *teller, void *arg)
{
	const struct pair pair = { before, now, teller, arg };
	const struct pair gone = { before, NULL, teller, arg };
	unsigned int slot;

	if (same(before, now)) {
		for (slot = 0; slot < now->status.nr_members; slot++)
			compare_slot(&pair, slot);
		compare_action(&pair);
		return;
	}
	if (before)
		tell(&gone, WATCH_GONE, -1, NULL, NULL);
	if (now)
		first_look(&pair);
}

bool watch_is_grave(const struct watch_event *event)
{
	switch (event->kind) {
	case WATCH_DEGRADED:
	case WATCH_FAILED:
	case WATCH_SPARE_REFUSED:
		return true;
	case WATCH_ENDED:
		return event->mismatches && !strcmp(event->action, "check");
	default:
		return false;
	}
}

static void slot_sentence(const struct watch_event *event, const char *what,
			  char *text, size_t size)
{
	bool known = *event->member;

	snprintf(text, size, "slot %d%s%s%s %s", event->slot,
		 known ? " (" : "", event->member, known ? ")" : "", what);
}

void watch_sentence(const struct watch_event *event, char *text, size_t size)
{
	switch (event->kind) {
	case WATCH_APPEARED:
		snprintf(text, size, "%s is running (%s)",
			 event->array->status.level,
			 event->array->status.health);
		break;
	case WATCH_GONE:
		snprintf(text, size, "it is not running any more");
		break;
	case WATCH_DEGRADED:
		snprintf(text, size, "%u of %u devices are lacking (%s)",
			 dm_raid_lost(&event->array->status),
			 event->array->status.nr_members,
			 event->array->status.health);
		break;
	case WATCH_FAILED:
		slot_sentence(event, "failed", text, size);
		break;
	case WATCH_REMOVED:
		slot_sentence(event, "was let go of", text, size);
		break;
	case WATCH_ADDED:
		slot_sentence(event, "is being rebuilt", text, size);
		break;
	case WATCH_IN_SYNC:
		slot_sentence(event, "is in sync", text, size);
		break;
	case WATCH_STARTED:
		snprintf(text, size, "%s began", event->action);
		break;
	case WATCH_ENDED:
		snprintf(text, size, "%s ended, %" PRIu64 " sectors differed",
			 event->action, event->mismatches);
		if (strcmp(event->action, "check") &&
		    strcmp(event->action, "repair"))
			snprintf(text, size, "%s ended", event->action);
		break;
	case WATCH_SPARE_TAKEN:
		slot_sentence(event, "was given to a spare", text, size);
		break;
	case WATCH_SPARE_REFUSED:
		snprintf(text, size, "the spare %s can't be used",
			 event->member);
		break;
	}
}
