// SPDX-License-Identifier: GPL-2.0-or-later
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "braidctl/complain.h"
#include "braidctl/freeze.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "braidctl/trackclose.h"
#include "dm/track.h"

struct closing {
	enum dm_track_mode mode;
	unsigned int count;
	struct dm_track_member members[BRAID_GROUP_MAX];
	char names[BRAID_GROUP_MAX][DM_DEV_NAME_SIZE];
};

static int closing_mode(const struct request *request, struct closing *closing)
{
	closing->mode = DM_TRACK_NO_VIEW;
	if (request_has(request, OPT_VIEW) &&
	    (!dm_track_mode_of(request->text[OPT_VIEW], &closing->mode) ||
	     closing->mode == DM_TRACK_NO_VIEW))
		return complain_usage(
			"--view %s: only whole and shipped are known",
			request->text[OPT_VIEW]);
	if (request_has(request, OPT_SINCE) && !request_has(request, OPT_VIEW))
		return complain_usage("--since belongs to --view");
	if (request->operands > 1 && !request_has(request, OPT_GROUP))
		return complain_usage(
			"several devices are closed at one instant with --group");
	return 0;
}

/* "NAME" or "NAME@SINCE". */
static int closing_add(const struct request *request, struct closing *closing,
		       const char *word)
{
	struct dm_track_member *member = &closing->members[closing->count];
	char *name = closing->names[closing->count++];
	const char *at = strchr(word, '@');
	size_t length = at ? (size_t)(at - word) : strlen(word);

	if (length >= DM_DEV_NAME_SIZE)
		return complain_usage("%.32s...: the name is too long", word);
	memcpy(name, word, length);
	name[length] = '\0';
	member->name = name;
	member->since = request->number[OPT_SINCE];
	if (at && closing->mode == DM_TRACK_NO_VIEW)
		return complain_usage("%s: an era belongs to --view", word);
	if (at && !size_parse_number(at + 1, &member->since))
		return complain_usage("%s: '%s' is not an era", word, at + 1);
	if (!at && closing->mode != DM_TRACK_NO_VIEW &&
	    !request_has(request, OPT_SINCE))
		return complain_usage(
			"--view and --since belong together, or write %s@ERA",
			name);
	return 0;
}

/* Messages mean something else to other targets, or the same by accident. */
static int closing_check(const struct closing *closing)
{
	struct dm_dev_line line;
	struct err error;
	unsigned int i;

	for (i = 0; i < closing->count; i++) {
		if (dm_dev_table(closing->names[i], BRAID_TRACK_TARGET, &line,
				 &error))
			return complain("%s", error.text);
		dm_dev_line_free(&line);
	}
	return 0;
}

static int closing_do(const struct request *request, struct closing *closing,
		      struct err *error)
{
	struct dm_track_member *only = &closing->members[0];

	if (request_has(request, OPT_GROUP))
		return dm_track_close_group(closing->members, closing->count,
					    closing->mode, error);
	return dm_track_close(only->name, closing->mode, only->since,
			      &only->era, error);
}

/* Views that are not what was asked for are not kept. */
static void closing_drop(const struct closing *closing)
{
	struct err error;
	unsigned int i;

	for (i = 0; closing->mode && i < closing->count; i++)
		if (dm_track_drop(closing->names[i], closing->members[i].era,
				  &error))
			remark("%s", error.text);
}

static int closing_frozen(const struct request *request,
			  struct closing *closing)
{
	const char *names[BRAID_GROUP_MAX];
	struct err error, thaw;
	struct freeze freeze;
	unsigned int i;
	int r, late;

	for (i = 0; i < closing->count; i++)
		names[i] = closing->names[i];
	if (freeze_begin(&freeze, names, closing->count, &error))
		return complain("%s", error.text);
	r = closing_do(request, closing, &error);
	late = freeze_end(&freeze, &thaw);
	if (r) {
		if (late)
			remark("%s", thaw.text);
		return complain("%s", error.text);
	}
	if (!late)
		return 0;
	closing_drop(closing);
	return complain("%s", thaw.text);
}

static json_object *report_one(const struct closing *closing, unsigned int i)
{
	json_object *object = print_object();

	print_add_text(object, "name", closing->names[i]);
	print_add_number(object, "era", closing->members[i].era);
	print_add_text(object, "view",
		       closing->mode == DM_TRACK_NO_VIEW ?
			       NULL :
			       dm_track_mode_name(closing->mode));
	return object;
}

static int report(const struct request *request, const struct closing *closing)
{
	bool group = request_has(request, OPT_GROUP);
	json_object *object, *all;
	unsigned int i;

	if (!request_has(request, OPT_JSON)) {
		for (i = 0; i < closing->count; i++)
			if (group)
				printf("%s %" PRIu64 "\n", closing->names[i],
				       closing->members[i].era);
			else
				printf("%" PRIu64 "\n",
				       closing->members[i].era);
		return print_done();
	}
	if (!group)
		return print_json(report_one(closing, 0));
	all = print_array();
	for (i = 0; i < closing->count; i++)
		print_append(all, report_one(closing, i));
	object = print_object();
	print_add(object, "closed", all);
	return print_json(object);
}

int trackclose_run(const struct request *request)
{
	struct closing closing = { 0 };
	struct err error;
	int r, i;

	r = closing_mode(request, &closing);
	for (i = 0; i < request->operands && !r; i++)
		r = closing_add(request, &closing, request->operand[i]);
	if (!r)
		r = closing_check(&closing);
	if (r)
		return r;
	if (request_has(request, OPT_FSFREEZE))
		r = closing_frozen(request, &closing);
	else if (closing_do(request, &closing, &error))
		r = complain("%s", error.text);
	return r ? r : report(request, &closing);
}
