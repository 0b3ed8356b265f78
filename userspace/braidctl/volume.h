/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which volume, and so which braidd, a request is about: by --control, by
 * --config, by name, or because there is only one.
 */
#ifndef BRAIDCTL_VOLUME_H
#define BRAIDCTL_VOLUME_H

#include <limits.h>

#include "braidctl/request.h"

#define VOLUMES_MAX 64

struct volume {
	char name[64]; /* empty if only the socket is known */
	char control[108]; /* the socket */
	char config[PATH_MAX]; /* empty if there is no configuration */
};

struct volumes {
	unsigned int count;
	struct volume volume[VOLUMES_MAX];
};

/**
 * volume_one() - the volume that a request means
 * @operand: which operand may name it
 *
 * Return: 0, EXIT_FAILED or EXIT_USAGE, after a complaint.
 */
int volume_one(const struct request *request, int operand,
	       struct volume *volume);

/* All that a request means: the one it names, or all there are. */
int volume_all(const struct request *request, int operand,
	       struct volumes *volumes);

#endif
