/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What was asked for: the words behind a subcommand, checked against the
 * options that the subcommand has. The meaning of an option is the same
 * wherever it occurs, so all of them stand in one table.
 */
#ifndef BRAIDCTL_REQUEST_H
#define BRAIDCTL_REQUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum option {
	OPT_JSON,
	OPT_FORCE,
	OPT_LEVEL,
	OPT_CHUNK,
	OPT_BLOCK,
	OPT_META,
	OPT_VIEW,
	OPT_SINCE,
	OPT_VIEW_ERA,
	OPT_CONFIG,
	OPT_CONTROL,
	OPT_TIMEOUT,
	OPT_NO_SUPERBLOCK,
	OPT_SCAN,
	OPT_COMPARE,
	OPT_SPARE,
	OPT_SPARES,
	OPT_ASSUME_CLEAN,
	OPT_NO_LOG,
	OPT_NO_PPL,
	OPT_EXEC,
	OPT_MAIL,
	OPT_ONESHOT,
	OPT_EXTENT,
	OPT_SLOTS,
	OPT_MAX_SIZE,
	OPT_STORE,
	OPT_GROUP,
	OPT_FSFREEZE,
	OPT_MAP,
	OPT_TAIL,
	OPT_HELP,
	OPTIONS,
};

#define OPT(name) (1U << OPT_##name)

struct request {
	unsigned int given; /* OPT() bits */
	const char *text[OPTIONS]; /* as written */
	uint64_t number[OPTIONS]; /* of numbers and sizes */
	int operands;
	char **operand;
};

/* A subcommand; what it prints for --help is made from this. */
struct command {
	const char *family; /* NULL: the command has one word */
	const char *name;
	const char *operands; /* as the usage line shows them */
	int operands_min, operands_max; /* -1: any number */
	unsigned int options; /* OPT() bits; OPT_HELP always */
	unsigned int needed;
	const char *summary; /* one line */
	const char *more; /* a paragraph, or NULL */
	int (*run)(const struct request *request);
};

/**
 * request_parse() - take the words apart
 * @words: what follows the subcommand; reordered
 *
 * "--name value" and "--name=value" are the same, "--" ends the options.
 *
 * Return: 0 or EXIT_USAGE, after a complaint.
 */
int request_parse(const struct command *command, int count, char **words,
		  struct request *request);

static inline bool request_has(const struct request *request,
			       enum option option)
{
	return request->given & (1U << option);
}

/* An operand that has to be a number. Return: 0 or EXIT_USAGE. */
int request_number(const struct request *request, int operand, const char *what,
		   uint64_t *number);

void request_help(const struct command *command, FILE *out);

/* "array create", as people call it. */
const char *command_title(const struct command *command, char title[64]);

#endif
