// SPDX-License-Identifier: GPL-2.0-or-later
#include <string.h>

#include "braidctl/complain.h"
#include "braidctl/request.h"
#include "braidctl/size.h"

enum value {
	VALUE_NONE,
	VALUE_TEXT,
	VALUE_NUMBER,
	VALUE_SIZE,
};

static const struct {
	const char *name;
	enum value value;
	const char *placeholder;
	const char *help;
} options[OPTIONS] = {
	[OPT_JSON] = { "json", VALUE_NONE, "", "print JSON" },
	[OPT_FORCE] = { "force", VALUE_NONE, "",
			"do it although something may be lost" },
	[OPT_LEVEL] = { "level", VALUE_TEXT, "raid0|raid1|raid5",
			"stripe, mirror, or stripe with parity" },
	[OPT_CHUNK] = { "chunk", VALUE_SIZE, "SIZE",
			"size of a chunk, 4K to 1M, a power of two [64K]" },
	[OPT_BLOCK] = { "block", VALUE_SIZE, "SIZE",
			"what is tracked, 4K to 1M, a power of two [64K]" },
	[OPT_META] = { "meta", VALUE_TEXT, "DEV",
		       "keep the views' old blocks on this device" },
	[OPT_VIEW] = { "view", VALUE_TEXT, "whole|shipped",
		       "keep a view: of all, or of what changed" },
	[OPT_SINCE] = { "since", VALUE_NUMBER, "ERA",
			"changes since this era" },
	[OPT_VIEW_ERA] = { "view-era", VALUE_NUMBER, "ERA",
			   "up to this view, not up to now" },
	[OPT_CONFIG] = { "config", VALUE_TEXT, "FILE",
			 "the volume's configuration" },
	[OPT_CONTROL] = { "control", VALUE_TEXT, "SOCKET",
			  "braidd's control socket" },
	[OPT_TIMEOUT] = { "timeout", VALUE_NUMBER, "SECONDS",
			  "how long to wait at most" },
	[OPT_NO_SUPERBLOCK] = { "no-superblock", VALUE_NONE, "",
				"write nothing to the devices" },
	[OPT_SCAN] = { "scan", VALUE_NONE, "",
		       "look at all block devices there are" },
	[OPT_COMPARE] = { "compare", VALUE_NONE, "",
			  "they may have changed: compare them" },
	[OPT_SPARE] = { "spare", VALUE_NONE, "",
			"keep it until a device is lacking" },
	[OPT_SPARES] = { "spares", VALUE_TEXT, "DEV[,DEV...]",
			 "devices for the day when one is lacking" },
	[OPT_ASSUME_CLEAN] = { "assume-clean", VALUE_NONE, "",
			       "the devices are alike: don't make them so" },
	[OPT_NO_LOG] = { "no-log", VALUE_NONE, "",
			 "without a write-intent log" },
	[OPT_NO_PPL] = { "no-ppl", VALUE_NONE, "",
			 "raid5: without a partial parity log" },
	[OPT_EXEC] = { "exec", VALUE_TEXT, "PROGRAM",
		       "run it with EVENT ARRAY DEVICE" },
	[OPT_MAIL] = { "mail", VALUE_TEXT, "ADDRESS",
		       "send mail of what is grave" },
	[OPT_ONESHOT] = { "oneshot", VALUE_NONE, "", "look once and end" },
	[OPT_EXTENT] = { "extent", VALUE_NUMBER, "BLOCKS",
			 "what the activity log notes at once, a power of two [64]" },
	[OPT_SLOTS] = { "slots", VALUE_NUMBER, "COUNT",
			"extents in the activity log [1008]" },
	[OPT_MAX_SIZE] = { "max-size", VALUE_SIZE, "SIZE",
			   "to which the origin may grow [twice its size]" },
	[OPT_STORE] = { "store", VALUE_SIZE, "SIZE",
			"there must be room for so much in views [a block]" },
	[OPT_GROUP] = { "group", VALUE_NONE, "",
			"close several devices at one instant" },
	[OPT_FSFREEZE] = { "fsfreeze", VALUE_NONE, "",
			   "with the filesystems frozen for that time" },
	[OPT_MAP] = { "map", VALUE_TEXT, "ID",
		      "refuse if the device has another map" },
	[OPT_TAIL] = { "tail", VALUE_NONE, "",
		       "the map is in the tail of ORIGIN, which gets shorter by it" },
	[OPT_HELP] = { "help", VALUE_NONE, "", "print this" },
};

const char *command_title(const struct command *command, char title[64])
{
	snprintf(title, 64, "%s%s%s", command->family ? command->family : "",
		 command->family ? " " : "", command->name);
	return title;
}

static int option_by_name(const char *name, size_t length)
{
	int i;

	if (length == 1 && *name == 'c')
		return OPT_CONFIG;
	if (length == 1 && *name == 'h')
		return OPT_HELP;
	for (i = 0; i < OPTIONS; i++)
		if (strlen(options[i].name) == length &&
		    !memcmp(options[i].name, name, length))
			return i;
	return -1;
}

static int set_value(struct request *request, int option, const char *value)
{
	bool good = true;

	if (options[option].value == VALUE_NUMBER)
		good = size_parse_number(value, &request->number[option]);
	else if (options[option].value == VALUE_SIZE)
		good = size_parse(value, &request->number[option]);
	else if (options[option].value == VALUE_TEXT)
		good = *value;
	if (!good)
		return complain_usage("--%s %s: not a %s", options[option].name,
				      value,
				      options[option].value == VALUE_SIZE ?
					      "size such as 64K, 1M or 128s" :
				      options[option].value == VALUE_NUMBER ?
					      "decimal number" :
					      "value");
	request->text[option] = value;
	return 0;
}

/* @word starts with a dash. Return: how many words were used, or -1. */
static int take_option(const struct command *command, int left, char **word,
		       struct request *request)
{
	const char *name = *word + (word[0][1] == '-' ? 2 : 1);
	size_t length = strcspn(name, "=");
	const char *value = name[length] ? name + length + 1 : NULL;
	int option = option_by_name(name, length), used = 1;
	char title[64];

	if (option < 0 || (word[0][1] != '-' && length != 1) ||
	    !((command->options | OPT(HELP)) & (1U << option))) {
		complain_usage("%s has no option %s (see --help)",
			       command_title(command, title), *word);
		return -1;
	}
	if (request->given & (1U << option)) {
		complain_usage("%s is given twice", *word);
		return -1;
	}
	request->given |= 1U << option;
	if (options[option].value == VALUE_NONE) {
		if (!value)
			return used;
		complain_usage("--%s takes no value", options[option].name);
		return -1;
	}
	if (!value) {
		if (left < 2) {
			complain_usage("--%s needs a value, %s",
				       options[option].name,
				       options[option].placeholder);
			return -1;
		}
		value = word[1];
		used = 2;
	}
	return set_value(request, option, value) ? -1 : used;
}

static int check_counts(const struct command *command,
			const struct request *request)
{
	unsigned int lacking = command->needed & ~request->given;
	char title[64];

	command_title(command, title);
	if (request->operands < command->operands_min)
		return complain_usage("%s needs %s (see --help)", title,
				      command->operands);
	if (command->operands_max >= 0 &&
	    request->operands > command->operands_max)
		return complain_usage("%s has no use for '%s' (see --help)",
				      title,
				      request->operand[command->operands_max]);
	if (lacking)
		return complain_usage(
			"%s needs --%s %s", title,
			options[__builtin_ctz(lacking)].name,
			options[__builtin_ctz(lacking)].placeholder);
	return 0;
}

int request_parse(const struct command *command, int count, char **words,
		  struct request *request)
{
	bool only_operands = false;
	int i = 0, used;

	memset(request, 0, sizeof(*request));
	request->operand = words;
	while (i < count) {
		if (only_operands || words[i][0] != '-' || !words[i][1]) {
			words[request->operands++] = words[i++];
		} else if (!strcmp(words[i], "--")) {
			only_operands = true;
			i++;
		} else {
			used = take_option(command, count - i, words + i,
					   request);
			if (used < 0)
				return EXIT_USAGE;
			i += used;
		}
	}
	if (request_has(request, OPT_HELP))
		return 0;
	return check_counts(command, request);
}

int request_number(const struct request *request, int operand, const char *what,
		   uint64_t *number)
{
	if (size_parse_number(request->operand[operand], number))
		return 0;
	return complain_usage("%s: not a decimal number for %s",
			      request->operand[operand], what);
}

void request_help(const struct command *command, FILE *out)
{
	unsigned int all = command->options | OPT(HELP);
	char title[64], left[64];
	int i;

	fprintf(out, "usage: braidctl %s%s%s [option...]\n\n%s\n",
		command_title(command, title), *command->operands ? " " : "",
		command->operands, command->summary);
	if (command->more)
		fprintf(out, "\n%s\n", command->more);
	fprintf(out, "\noptions:\n");
	for (i = 0; i < OPTIONS; i++) {
		if (!(all & (1U << i)))
			continue;
		snprintf(left, sizeof(left), "--%s %s", options[i].name,
			 options[i].placeholder);
		fprintf(out, "  %-22s %s%s\n", left, options[i].help,
			command->needed & (1U << i) ? " (needed)" : "");
	}
}
