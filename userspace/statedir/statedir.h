/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A volume's state directory, which one process holds at a time. */
#ifndef STATEDIR_STATEDIR_H
#define STATEDIR_STATEDIR_H

#include "err/err.h"

struct statedir {
	int fd; /* the directory, -1 while not open */
	int lock_fd;
};

/**
 * statedir_open - make @path (mode 0700) and its parent if missing, lock it
 */
int statedir_open(struct statedir *sd, const char *path, struct err *e);
void statedir_close(struct statedir *sd);

#endif
