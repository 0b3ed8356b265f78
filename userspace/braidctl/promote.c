// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "braidctl/agent.h"
#include "braidctl/complain.h"
#include "braidctl/print.h"
#include "braidctl/promote.h"
#include "braidctl/replica.h"
#include "braidctl/volume.h"
#include "config/config.h"
#include "store/store.h"
#include "wire/hex.h"

#define PROMOTE_SECONDS 600

/* Three of the keepalives that braidd sends every two seconds. */
#define LISTEN_TRIES 12
#define LISTEN_PAUSE_US 500000

static bool says(json_object *reply, const char *key)
{
	return json_object_get_boolean(json_object_object_get(reply, key));
}

static const char *verdict(json_object *reply)
{
	if (says(reply, "diverged"))
		return " (it differs from what the source had)";
	return says(reply, "unverified") ? " (not verified)" : "";
}

static int print_promoted(const struct request *request, json_object *reply)
{
	if (request_has(request, OPT_JSON))
		return print_json(reply);
	printf("promoted at era %" PRIu64 "%s: %s\n",
	       print_number_of(reply, "era"), verdict(reply),
	       print_text_of(reply, "image"));
	json_object_put(reply);
	return print_done();
}

/*
 * Is the source that is connected alive? A host that died says nothing, and its
 * connection stands until the kernel gives it up; a source that is there says
 * at least that it is, every few seconds. -> 1, 0 or a negative errno
 */
static int source_alive(const char *control, uint64_t heard, char *why)
{
	json_object *status;
	bool gone, said;
	int i, r;

	for (i = 0; i < LISTEN_TRIES; i++) {
		usleep(LISTEN_PAUSE_US);
		r = agent_ask(control, "status", STATUS_SECONDS, &status, why);
		if (r)
			return r;
		gone = !strcmp(print_text_of(status, "peer"), "-");
		said = print_number_of(status, "bytes_wire_in") != heard;
		json_object_put(status);
		if (gone || said)
			return !gone;
	}
	return 0;
}

/*
 * With its source at work a replica is promoted by mistake, mostly: what the
 * source goes on writing would be in neither.
 */
static int check_source(const struct request *request, json_object *status,
			const char *control)
{
	const char *name = print_text_of(status, "name");
	const char *peer = print_text_of(status, "peer");
	char why[AGENT_WHY];
	int alive;

	if (strcmp(print_text_of(status, "role"), "replica"))
		return complain(
			"%s is the source here; only a replica can be promoted",
			name);
	if (!strcmp(peer, "-") || request_has(request, OPT_FORCE) ||
	    !strcmp(print_text_of(status, "state"), "promoted"))
		return 0;
	alive = source_alive(control, print_number_of(status, "bytes_wire_in"),
			     why);
	if (alive < 0)
		return complain("%s: %s", name, why);
	if (!alive)
		return 0;
	return complain(
		"the source of %s is connected (%s); --force promotes at era %" PRIu64
		", and what the source writes after that is lost or has to be merged by hand",
		name, peer, print_number_of(status, "era"));
}

/* What braidd would have answered. */
static json_object *promoted(const struct store *store)
{
	const struct store_state *state = store_state(store);
	char lineage[HEX_TEXT(WIRE_LINEAGE_BYTES)];
	json_object *reply = print_object();

	print_add_number(reply, "era", state->era);
	print_add_text(reply, "image", store_image(store));
	print_add_text(reply, "lineage",
		       hex_text(lineage, state->own_lineage,
				WIRE_LINEAGE_BYTES));
	print_add(reply, "diverged", json_object_new_boolean(state->diverged));
	print_add(reply, "unverified", json_object_new_boolean(state->verify));
	print_add(reply, "committed_at",
		  json_object_new_double(state->committed_at_ms / 1000.0));
	return reply;
}

/* The store is held exclusively: a braidd that runs after all is noticed. */
static int promote_store(const struct request *request,
			 const struct config *config)
{
	json_object *reply = NULL;
	struct store *store;
	struct err error;
	int r;

	if (config->role != ROLE_REPLICA)
		return complain(
			"%s is the source here; only a replica can be promoted",
			config->name);
	if (access(config->state, F_OK))
		return complain(
			"%s has never received anything: there is no %s",
			config->name, config->state);
	r = store_open(&store, config->state, config->image, &error);
	if (r)
		return complain("%s", error.text);
	r = store_promote(store, request_has(request, OPT_FORCE), &error);
	if (!r)
		reply = promoted(store);
	store_close(store);
	return r ? complain("%s", error.text) : print_promoted(request, reply);
}

static int promote_offline(const struct request *request,
			   const struct volume *volume, const char *why)
{
	struct config *config;
	struct err error;
	int r;

	if (!*volume->config)
		return complain(
			"%s (with -c FILE it is promoted without braidd)", why);
	config = calloc(1, sizeof(*config));
	if (!config)
		return complain("out of memory");
	if (config_load(config, volume->config, &error))
		r = complain("%s", error.text);
	else
		r = promote_store(request, config);
	free(config);
	return r;
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
	r = check_source(request, status, volume.control);
	json_object_put(status);
	if (r)
		return r;
	if (agent_insist(volume.control, "promote",
			 request_has(request, OPT_FORCE), PROMOTE_SECONDS,
			 &reply, why))
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
		.summary =
			"Make a replica's image usable at its newest committed era.",
		.more = "The source is refused from then on. While it is connected and says anything\n"
			"within six seconds, and for an image that is known to differ from what the\n"
			"source had, --force is needed. Without a braidd, -c FILE or NAME\n"
			"finds the replica's state by its configuration.",
		.run = promote,
	},
	{ 0 },
};
