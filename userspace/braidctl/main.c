// SPDX-License-Identifier: GPL-2.0-or-later
/* braidctl: finds the subcommand that was asked for and runs it. */
#include <stdio.h>
#include <string.h>

#include "braidctl/array.h"
#include "braidctl/complain.h"
#include "braidctl/keygen.h"
#include "braidctl/monitor.h"
#include "braidctl/print.h"
#include "braidctl/promote.h"
#include "braidctl/replica.h"
#include "braidctl/request.h"
#include "braidctl/status.h"
#include "braidctl/track.h"

#define VERSION "0.1.0"

static const struct command *const families[] = {
	status_commands,  array_commands,   track_commands,
	replica_commands, promote_commands, keygen_commands, monitor_commands,
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

static int help(void)
{
	const struct command *command;
	char left[80], title[64];
	size_t i;

	puts("usage: braidctl SUBCOMMAND [operand...] [option...]\n");
	for (i = 0; i < FAMILIES; i++) {
		for (command = families[i]; command->name; command++) {
			snprintf(left, sizeof(left), "%s %s",
				 command_title(command, title),
				 command->operands);
			printf("  %-36s %s\n", left, command->summary);
		}
	}
	puts("\nbraidctl SUBCOMMAND --help tells more; so does braidctl(8).");
	return print_done();
}

/* The command that the first words mean; @used receives how many they are. */
static const struct command *find(int count, char **words, int *used)
{
	const struct command *command;
	size_t i;

	for (i = 0; i < FAMILIES; i++) {
		for (command = families[i]; command->name; command++) {
			*used = command->family ? 2 : 1;
			if (count < *used ||
			    strcmp(words[*used - 1], command->name))
				continue;
			if (*used == 1 || !strcmp(words[0], command->family))
				return command;
		}
	}
	return NULL;
}

static int unknown(int count, char **words)
{
	const struct command *command;
	size_t i;

	for (i = 0; i < FAMILIES; i++) {
		command = families[i];
		if (!command->family || strcmp(command->family, words[0]))
			continue;
		if (count < 2 || words[1][0] == '-')
			return complain_usage(
				"%s needs a subcommand (see braidctl --help)",
				words[0]);
		return complain_usage(
			"there is no subcommand '%s %s' (see braidctl --help)",
			words[0], words[1]);
	}
	return complain_usage(
		"there is no subcommand '%s' (see braidctl --help)", words[0]);
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct request request;
	int used;

	if (argc < 2)
		return complain_usage(
			"a subcommand is needed (see braidctl --help)");
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help();
	if (!strcmp(argv[1], "--version")) {
		puts("braidctl " VERSION);
		return print_done();
	}
	command = find(argc - 1, argv + 1, &used);
	if (!command)
		return unknown(argc - 1, argv + 1);
	if (request_parse(command, argc - 1 - used, argv + 1 + used, &request))
		return EXIT_USAGE;
	if (request_has(&request, OPT_HELP)) {
		request_help(command, stdout);
		return print_done();
	}
	return command->run(&request);
}
