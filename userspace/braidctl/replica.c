// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "braidctl/agent.h"
#include "braidctl/complain.h"
#include "braidctl/print.h"
#include "braidctl/replica.h"
#include "braidctl/risk.h"
#include "braidctl/size.h"
#include "braidctl/table.h"

#define SHORT_SECONDS 30
#define SHIP_SECONDS 3600

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static json_object *report_one(const struct volume *volume, double now)
{
	json_object *reply;
	char why[AGENT_WHY];

	if (!agent_ask(volume->control, "status", STATUS_SECONDS, &reply,
		       why)) {
		risk_add(reply, now);
		return reply;
	}
	reply = print_object();
	print_add_text(reply, "name", *volume->name ? volume->name : NULL);
	print_add_text(reply, "state", "unreachable");
	print_add_text(reply, "error", why);
	print_add(reply, "risk", NULL);
	return reply;
}

void replica_report(const struct volumes *volumes, json_object **all)
{
	double now = now_seconds();
	unsigned int i;

	*all = print_array();
	for (i = 0; i < volumes->count; i++)
		print_append(*all, report_one(&volumes->volume[i], now));
}

static void print_row(struct table *table, json_object *volume)
{
	json_object *progress = json_object_object_get(volume, "progress");
	json_object *at = json_object_object_get(volume, "committed_at");
	char text[64] = "-";
	time_t seconds = json_object_get_double(at);
	char size[SIZE_TEXT];
	struct tm tm;

	if (seconds > 0 && localtime_r(&seconds, &tm))
		strftime(text, sizeof(text), "%F %T", &tm);
	table_cell(table, "%s", print_text_of(volume, "name"));
	table_cell(table, "%s", print_text_of(volume, "role"));
	table_cell(table, "%s", print_text_of(volume, "state"));
	table_cell(table, "%" PRIu64, print_number_of(volume, "era"));
	table_cell(table, "%s", text);
	if (json_object_is_type(progress, json_type_object))
		table_cell(table, "%s of era %" PRIu64,
			   size_format(print_number_of(progress, "done_bytes"),
				       size),
			   print_number_of(progress, "era"));
	else
		table_cell(table, "-");
	table_cell(table, "%s", print_text_of(volume, "peer"));
}

static void print_notes(json_object *volume)
{
	const char *error = print_text_of(volume, "error");

	risk_print(volume);
	if (strcmp(error, "-"))
		remark("%s: %s", print_text_of(volume, "name"), error);
}

void replica_print(json_object *all)
{
	size_t i, count = json_object_array_length(all);
	struct table table;

	for (i = 0; i < count; i++) {
		table_begin(&table, "VOLUME", "ROLE", "STATE", "ERA",
			    "COMMITTED", "PROGRESS", "PEER", NULL);
		print_row(&table, json_object_array_get_idx(all, i));
		table_end(&table, stdout);
		print_notes(json_object_array_get_idx(all, i));
	}
}

/* Every volume that was asked could be asked. */
static int all_reachable(json_object *all)
{
	size_t i;

	for (i = 0; i < json_object_array_length(all); i++)
		if (!strcmp(print_text_of(json_object_array_get_idx(all, i),
					  "state"),
			    "unreachable"))
			return EXIT_FAILED;
	return EXIT_OK;
}

static int replica_status(const struct request *request)
{
	json_object *all, *object;
	struct volumes volumes;
	int r, done;

	r = volume_all(request, 0, &volumes);
	if (r)
		return r;
	replica_report(&volumes, &all);
	r = all_reachable(all);
	if (request_has(request, OPT_JSON)) {
		object = print_object();
		print_add(object, "volumes", all);
		done = print_json(object);
		return r ? r : done;
	}
	if (json_object_array_length(all))
		replica_print(all);
	else
		puts("no volumes");
	json_object_put(all);
	done = print_done();
	return r ? r : done;
}

/* A command that is all there is to a subcommand; prints the era, if any. */
static int simple(const struct request *request, const char *command,
		  unsigned int seconds)
{
	struct volume volume;
	char why[AGENT_WHY];
	json_object *reply;
	int r;

	r = volume_one(request, 0, &volume);
	if (r)
		return r;
	if (request_has(request, OPT_TIMEOUT)) {
		if (!request->number[OPT_TIMEOUT] ||
		    request->number[OPT_TIMEOUT] > 1000000)
			return complain_usage(
				"--timeout %s: not 1 to 1000000 seconds",
				request->text[OPT_TIMEOUT]);
		seconds = request->number[OPT_TIMEOUT];
	}
	if (agent_ask(volume.control, command, seconds, &reply, why))
		return complain("%s%s%s", volume.name, *volume.name ? ": " : "",
				why);
	if (request_has(request, OPT_JSON))
		return print_json(reply);
	if (print_number_of(reply, "era"))
		printf("%" PRIu64 "\n", print_number_of(reply, "era"));
	json_object_put(reply);
	return print_done();
}

static int replica_ship(const struct request *request)
{
	return simple(request, "ship", SHIP_SECONDS);
}

static int replica_pause(const struct request *request)
{
	return simple(request, "pause", SHORT_SECONDS);
}

static int replica_resume(const struct request *request)
{
	return simple(request, "resume", SHORT_SECONDS);
}

static int replica_stop(const struct request *request)
{
	return simple(request, "stop", SHORT_SECONDS);
}

#define WHERE OPT(JSON) | OPT(CONFIG) | OPT(CONTROL)

const struct command replica_commands[] = {
	{
		.family = "replica",
		.name = "status",
		.operands = "[NAME]",
		.operands_max = 1,
		.options = WHERE,
		.summary = "Show what braidd does, and what could be lost now.",
		.run = replica_status,
	},
	{
		.family = "replica",
		.name = "ship",
		.operands = "[NAME]",
		.operands_max = 1,
		.options = WHERE | OPT(TIMEOUT),
		.summary =
			"Close an era now; print it once the replica has committed it.",
		.more = "For the source. It waits an hour, if --timeout says nothing else; the era is\n"
			"shipped all the same when the wait was too short.",
		.run = replica_ship,
	},
	{
		.family = "replica",
		.name = "pause",
		.operands = "[NAME]",
		.operands_max = 1,
		.options = WHERE | OPT(TIMEOUT),
		.summary =
			"Ship nothing until resumed; tracking goes on. For the source.",
		.run = replica_pause,
	},
	{
		.family = "replica",
		.name = "resume",
		.operands = "[NAME]",
		.operands_max = 1,
		.options = WHERE | OPT(TIMEOUT),
		.summary = "Go on after a pause. For the source.",
		.run = replica_resume,
	},
	{
		.family = "replica",
		.name = "stop",
		.operands = "[NAME]",
		.operands_max = 1,
		.options = WHERE | OPT(TIMEOUT),
		.summary = "End braidd for this volume, at a committed era.",
		.run = replica_stop,
	},
	{ 0 },
};
