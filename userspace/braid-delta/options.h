/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BRAID_DELTA_OPTIONS_H
#define BRAID_DELTA_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct options - what the person asked for.
 * @block: bytes of a block, 0: it follows from the size
 * @strong: strong hash, 0 if none was named
 * @strong_length: bytes of it to keep, 0: all
 * @level: of zstd, 0: don't compress
 * @threads: never 0
 */
struct options {
	uint32_t block;
	unsigned int strong;
	uint32_t strong_length;
	int level;
	unsigned int threads;
	bool quiet;
};

/**
 * bd_options_parse - take the options out of a command's arguments.
 *
 * Returns the place of the first argument that is none, or -1 after having
 * complained.
 */
int bd_options_parse(struct options *options, int argc, char **argv);

/** bd_options_size - a number with a unit of 1024: "4096", "10MB", "1 G"; -1 */
int bd_options_size(const char *text, uint64_t *size);

#endif
