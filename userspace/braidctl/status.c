// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "braidctl/array.h"
#include "braidctl/complain.h"
#include "braidctl/print.h"
#include "braidctl/replica.h"
#include "braidctl/status.h"
#include "braidctl/track.h"
#include "dm-braid.h"
#include "dm/device.h"

struct everything {
	json_object *arrays, *tracks, *volumes;
};

static int nothing(void *arg, const char *name)
{
	return 0;
}

/* A replica may run where there is no device-mapper at all. */
static bool device_mapper_there(void)
{
	return dm_dev_each_of(BRAID_RAID_TARGET, nothing, NULL, NULL) !=
	       -ENODEV;
}

/* Only what has this name, of a report. */
static void keep_only(json_object **array, const char *name)
{
	json_object *kept = print_array();
	size_t i;

	for (i = 0; i < json_object_array_length(*array); i++) {
		json_object *one = json_object_array_get_idx(*array, i);

		if (!strcmp(print_text_of(one, "name"), name))
			print_append(kept, json_object_get(one));
	}
	json_object_put(*array);
	*array = kept;
}

static size_t count(const struct everything *all)
{
	return json_object_array_length(all->arrays) +
	       json_object_array_length(all->tracks) +
	       json_object_array_length(all->volumes);
}

static int collect(struct everything *all)
{
	static const struct request any;
	struct volumes volumes;
	int r = 0;

	if (device_mapper_there()) {
		r = array_report(NULL, &all->arrays);
		if (!r)
			r = track_report(NULL, &all->tracks);
	} else {
		all->arrays = print_array();
		all->tracks = print_array();
	}
	if (!r)
		r = volume_all(&any, 0, &volumes);
	if (!r)
		replica_report(&volumes, &all->volumes);
	return r;
}

static int print(const struct everything *all, bool json)
{
	json_object *object;

	if (json) {
		object = print_object();
		print_add(object, "arrays", json_object_get(all->arrays));
		print_add(object, "tracks", json_object_get(all->tracks));
		print_add(object, "volumes", json_object_get(all->volumes));
		return print_json(object);
	}
	if (json_object_array_length(all->arrays))
		array_print(all->arrays);
	if (json_object_array_length(all->tracks))
		track_print(all->tracks);
	if (json_object_array_length(all->volumes))
		replica_print(all->volumes);
	if (!count(all))
		puts("no arrays, no tracked devices, no volumes");
	return print_done();
}

static int status(const struct request *request)
{
	const char *name = request->operands ? request->operand[0] : NULL;
	struct everything all = { 0 };
	int r;

	r = collect(&all);
	if (!r && name) {
		keep_only(&all.arrays, name);
		keep_only(&all.tracks, name);
		keep_only(&all.volumes, name);
	}
	if (!r && name && !count(&all))
		r = complain(
			"nothing is called %s: no array, no tracked device, no volume",
			name);
	if (!r)
		r = print(&all, request_has(request, OPT_JSON));
	json_object_put(all.arrays);
	json_object_put(all.tracks);
	json_object_put(all.volumes);
	return r;
}

const struct command status_commands[] = {
	{
		.name = "status",
		.operands = "[NAME]",
		.operands_max = 1,
		.options = OPT(JSON),
		.summary = "Show everything: arrays, tracked devices, volumes.",
		.more = "With a name, only what is called so.",
		.run = status,
	},
	{ 0 },
};
