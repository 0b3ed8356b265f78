/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What happened to an array between two looks at it. (pure) */
#ifndef BRAIDCTL_WATCH_H
#define BRAIDCTL_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "dm/raid.h"

enum watch_kind {
	WATCH_APPEARED, /* first seen */
	WATCH_GONE,
	WATCH_DEGRADED, /* it lacked a device when it was first seen */
	WATCH_FAILED, /* a device was lost */
	WATCH_REMOVED, /* a device was let go of */
	WATCH_ADDED, /* a device is being rebuilt */
	WATCH_IN_SYNC, /* a device was rebuilt to its end */
	WATCH_STARTED, /* an action began */
	WATCH_ENDED, /* an action ended, wherever it got */
	WATCH_SPARE_TAKEN, /* the monitor put a spare into a slot */
	WATCH_SPARE_REFUSED, /* it could not */
};

struct watch_look {
	char name[DM_DEV_NAME_SIZE];
	char uuid[DM_RAID_UUID_SIZE]; /* "": no superblocks */
	struct dm_raid_status status;
	char member[DM_RAID_MEMBERS_MAX][DM_DEV_PATH_SIZE]; /* "-": none */
};

struct watch_event {
	enum watch_kind kind;
	const struct watch_look *array;
	int slot; /* -1: of the whole array */
	const char *member; /* its path; "" if it isn't known */
	const char *action; /* that began or ended; else what is under way */
	uint64_t mismatches;
};

typedef void watch_tell(void *arg, const struct watch_event *event);

/**
 * watch_compare() - tell what is new
 * @before: NULL: it was not there
 * @now: NULL: it is not there any more
 */
void watch_compare(const struct watch_look *before,
		   const struct watch_look *now, watch_tell *tell, void *arg);

/* As hooks and JSON call it: "failed", "spare-taken". */
const char *watch_word(enum watch_kind kind);

/* Should somebody be woken up? */
bool watch_is_grave(const struct watch_event *event);

/* The event in a sentence, such as "slot 1 (/dev/sdc) failed". */
void watch_sentence(const struct watch_event *event, char *text, size_t size);

#endif
