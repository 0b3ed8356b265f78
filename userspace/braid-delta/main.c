// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/commands.h"

#include <stdio.h>
#include <string.h>

#define ANY_NUMBER (-1)

static const struct command {
	const char *name;
	int args;
	int (*run)(const struct options *options, char **args);
	const char *usage;
} commands[] = {
	{ "signature", 2, bd_command_signature, "OLD SIGNATURE" },
	{ "delta", 3, bd_command_delta, "SIGNATURE NEW DELTA" },
	{ "patch", 3, bd_command_patch, "OLD DELTA OUT" },
	{ "stats", 1, bd_command_stats, "FILE" },
	{ "estimate", ANY_NUMBER, bd_command_estimate, "SIZE..." },
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int usage(FILE *to)
{
	size_t i;

	fputs("usage:\n", to);
	for (i = 0; i < COMMANDS; i++)
		fprintf(to, "  braid-delta %s [options] %s\n", commands[i].name,
			commands[i].usage);
	fputs("options:\n"
	      "  -b, --block-size N      bytes of a block; else the size's "
	      "square root\n"
	      "  -s, --strong NAME       blake2b (the default), sha256, md5, "
	      "xxh3\n"
	      "  -l, --strong-length N   bytes of the strong hash in the "
	      "signature\n"
	      "  -z, --compress[=LEVEL]  compress the delta with zstd\n"
	      "  -t, --threads N         the result is the same with any "
	      "number\n"
	      "  -q, --quiet             no progress on a terminal\n"
	      "- in place of a file is a pipe; braid-delta(1) tells the rest\n",
	      to);
	return to == stderr ? 2 : 0;
}

static const struct command *find(const char *name)
{
	size_t i;

	for (i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

int main(int argc, char **argv)
{
	const struct command *command;
	struct options options;
	int first;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")))
		return usage(stdout);
	command = argc > 1 ? find(argv[1]) : NULL;
	if (!command)
		return usage(stderr);
	first = bd_options_parse(&options, argc - 1, argv + 1);
	if (first < 0)
		return 2;
	argc -= 1 + first;
	if (command->args == ANY_NUMBER ? argc < 1 : argc != command->args)
		return usage(stderr);
	return command->run(&options, argv + 1 + first) ? 1 : 0;
}
