/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes to stderr: one sentence, and the exit status that belongs to it. */
#ifndef BRAIDCTL_COMPLAIN_H
#define BRAIDCTL_COMPLAIN_H

enum {
	EXIT_OK = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

/* "braidctl: SENTENCE". Return: EXIT_FAILED. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same for arguments that make no sense. Return: EXIT_USAGE. */
int complain_usage(const char *format, ...)
	__attribute__((format(printf, 1, 2)));

/* What isn't an error but has to be known. */
void remark(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
