// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "braidctl/agent.h"
#include "braidctl/complain.h"
#include "braidctl/print.h"
#include "braidctl/promote.h"
#include "braidctl/replica.h"
#include "braidctl/volume.h"

#define PROMOTE_SECONDS 600

static int print_promoted(const struct request *request, json_object *reply)
{
	if (request_has(request, OPT_JSON))
		return print_json(reply);
	printf("promoted at era %" PRIu64 ": %s\n",
	       print_number_of(reply, "era"), print_text_of(reply, "image"));
	json_object_put(reply);
	return print_done();
}

/*
 * With its source connected a replica is promoted by mistake, mostly: what the
 * source goes on writing would be in neither.
 */
static int check_peer(const struct request *request, json_object *status,
		      const char *name)
{
	const char *peer = print_text_of(status, "peer");

	if (strcmp(print_text_of(status, "role"), "replica"))
		return complain("%s is the source here; only a replica can be "
				"promoted",
				name);
	if (!strcmp(peer, "-") || request_has(request, OPT_FORCE) ||
	    !strcmp(print_text_of(status, "state"), "promoted"))
		return 0;
	return complain("the source of %s is connected (%s); --force promotes "
			"at era %" PRIu64 ", and what the source writes after "
					  "that is lost or has to be merged by "
					  "hand",
			name, peer, print_number_of(status, "era"));
}

static int promote_offline(const struct request *request,
			   const struct volume *volume, const char *why)
{
	return complain("%s", why);
}

static int promote(const struct request *request)
{
	json_object *status, *reply;
	char why[AGENT_WHY];
	struct volume volume;
	int r;

	r = volume_one(request, 0, &volume);
	if (r)
		return r;
	r = agent_ask(volume.control, "status", STATUS_SECONDS, &status, why);
	if (r == -ENOENT || r == -ECONNREFUSED)
		return promote_offline(request, &volume, why);
	if (r)
		return complain("%s", why);
	r = check_peer(request, status, print_text_of(status, "name"));
	json_object_put(status);
	if (r)
		return r;
	if (agent_ask(volume.control, "promote", PROMOTE_SECONDS, &reply, why))
		return complain("%s%s%s", volume.name, *volume.name ? ": " : "",
				why);
	return print_promoted(request, reply);
}

const struct command promote_commands[] = {
	{
		.name = "promote",
		.operands = "[NAME]",
		.operands_max = 1,
		.options = OPT(JSON) | OPT(FORCE) | OPT(CONFIG) | OPT(CONTROL),
		.summary = "Make a replica's image usable at its newest "
			   "committed era.",
		.more = "The source is refused from then on. While it is "
			"connected, --force is\n"
			"needed. Without a braidd, -c FILE or NAME finds the "
			"replica's state by its\n"
			"configuration.",
		.run = promote,
	},
	{ 0 },
};
