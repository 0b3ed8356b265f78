/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A volume's configuration file; braid.conf(5) describes it. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "err/err.h"

#define CONFIG_NAME_MAX 32

enum config_role {
	ROLE_NONE,
	ROLE_SOURCE,
	ROLE_REPLICA
};
enum config_mode {
	MODE_NONE,
	MODE_TRACK,
	MODE_SCAN
};
enum config_view {
	VIEW_SHIPPED,
	VIEW_WHOLE
};

/* An address as written: a name or number, and a port. */
struct config_address {
	char host[256];
	char port[8];
};

struct config {
	char path[PATH_MAX];
	/* [volume] */
	char name[CONFIG_NAME_MAX + 1];
	enum config_role role;
	char state[PATH_MAX];
	char key[PATH_MAX];
	char control[108]; /* as long as a socket's name can be */
	/* [source] */
	char device[PATH_MAX];
	enum config_mode mode;
	enum config_view view;
	struct config_address peer;
	unsigned int interval_s;
	unsigned int patience_s;
	bool verify;
	/* [replica] */
	struct config_address listen;
	char image[PATH_MAX];
	bool overwrite; /* what the image holds before anything came */
};

/**
 * config_load - read and check a file
 * The sentence of an error names the file and, where there is one, the line.
 */
int config_load(struct config *c, const char *path, struct err *e);

#endif
