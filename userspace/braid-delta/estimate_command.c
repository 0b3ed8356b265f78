// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/commands.h"
#include "braid-delta/complain.h"
#include "delta/size.h"
#include "delta/strong.h"

#include <inttypes.h>
#include <stdio.h>

static void human(uint64_t bytes, char *text, size_t size)
{
	static const char *const units[] = { "kB", "MB", "GB", "TB", "PB" };
	double value = (double)bytes / 1000;
	size_t unit = 0;

	if (bytes < 1000) {
		snprintf(text, size, "%" PRIu64 " B", bytes);
		return;
	}
	for (; value >= 999.95 && unit < 4; unit++)
		value /= 1000;
	snprintf(text, size, "%.1f %s", value, units[unit]);
}

int bd_command_estimate(const struct options *options, char **args)
{
	unsigned int kind = options->strong ? options->strong : DELTA_BLAKE2B;
	uint32_t entry = DELTA_WEAK_SIZE + (options->strong_length ?
						    options->strong_length :
						    delta_strong_size(kind));
	uint64_t size, blocks;
	char text[32];
	uint32_t block;

	printf("%-12s %10s %12s %12s\n", "size", "block", "blocks",
	       "signature");
	for (; *args; args++) {
		if (bd_options_size(*args, &size))
			return bd_complain("%s is not a size", *args);
		block = options->block ? options->block :
					 delta_default_block(size);
		blocks = delta_block_count(size, block);
		human(blocks * entry, text, sizeof(text));
		printf("%-12s %10u %12" PRIu64 " %12s\n", *args, block, blocks,
		       text);
	}
	return 0;
}
