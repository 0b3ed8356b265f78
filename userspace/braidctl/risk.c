// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <string.h>

#include "braidctl/changed.h"
#include "braidctl/print.h"
#include "braidctl/risk.h"
#include "braidctl/size.h"
#include "dm/track.h"

struct search {
	const char *map_id;
	uint64_t since, bytes;
	bool found;
};

/* The tracked device whose map has the id that the replica's eras are of. */
static int look(void *arg, const char *name)
{
	struct search *search = arg;
	struct dm_track_status status;

	if (dm_track_status(name, &status, NULL) ||
	    strcmp(status.map_id, search->map_id))
		return 0;
	search->found =
		search->since >= status.oldest &&
		!changed_bytes(name, search->since, status.block_sectors,
			       &search->bytes, NULL);
	return search->found;
}

static bool changed_since_commit(json_object *volume, uint64_t *bytes)
{
	struct search search = {
		.map_id = print_text_of(volume, "map_id"),
		.since = print_number_of(volume, "kernel_era"),
	};

	if (strlen(search.map_id) != BRAID_MAP_ID_HEX || !search.since)
		return false;
	dm_dev_each_of(BRAID_TRACK_TARGET, look, &search, NULL);
	*bytes = search.bytes;
	return search.found;
}

static bool seconds_behind(json_object *volume, double now, double *seconds)
{
	json_object *at = json_object_object_get(volume, "committed_at");

	if (json_object_get_double(at) <= 0)
		return false;
	*seconds = now - json_object_get_double(at);
	if (*seconds < 0)
		*seconds = 0; /* the two clocks differ a little */
	return true;
}

void risk_add(json_object *volume, double now)
{
	json_object *risk = NULL;
	double seconds;
	uint64_t bytes;

	if (strcmp(print_text_of(volume, "state"), "promoted") &&
	    seconds_behind(volume, now, &seconds)) {
		risk = print_object();
		print_add(risk, "seconds", json_object_new_double(seconds));
		if (changed_since_commit(volume, &bytes))
			print_add_number(risk, "bytes", bytes);
		else
			print_add(risk, "bytes", NULL);
	}
	print_add(volume, "risk", risk);
}

void risk_print(json_object *volume)
{
	json_object *risk = json_object_object_get(volume, "risk"), *bytes;
	bool source = !strcmp(print_text_of(volume, "role"), "source");
	char span[SIZE_TEXT], size[SIZE_TEXT];

	if (!risk) {
		if (!print_number_of(volume, "era") &&
		    strcmp(print_text_of(volume, "state"), "unreachable"))
			printf("  nothing is committed yet: a loss of the source now would lose everything\n");
		return;
	}
	size_format_seconds(
		json_object_get_double(json_object_object_get(risk, "seconds")),
		span);
	bytes = json_object_object_get(risk, "bytes");
	if (bytes)
		printf("  a loss of this host now would lose %s, at most %s\n",
		       span, size_format(json_object_get_uint64(bytes), size));
	else
		printf("  a loss of %s now would lose %s\n",
		       source ? "this host" : "the source", span);
}
