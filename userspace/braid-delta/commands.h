/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BRAID_DELTA_COMMANDS_H
#define BRAID_DELTA_COMMANDS_H

#include "braid-delta/options.h"

/* All return 0, or -1 after having complained. */
int bd_command_signature(const struct options *options, char **args);
int bd_command_delta(const struct options *options, char **args);
int bd_command_patch(const struct options *options, char **args);
int bd_command_stats(const struct options *options, char **args);
int bd_command_estimate(const struct options *options, char **args);

#endif
