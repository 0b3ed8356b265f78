// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/options.h"
#include "braid-delta/complain.h"
#include "braid-delta/pool.h"
#include "delta/size.h"
#include "delta/strong.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define LEVEL_DEFAULT 3
#define LEVEL_MAX 19
#define THREADS_MAX 64

enum {
	BLOCK_SIZE = 'b',
	STRONG = 's',
	STRONG_LENGTH = 'l',
	COMPRESS = 'z',
	THREADS = 't',
	QUIET = 'q',
};

int bd_options_size(const char *text, uint64_t *size)
{
	static const char units[] = "kmgtp";
	unsigned long long n;
	const char *unit;
	unsigned int shift = 0;
	char *end;

	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno || end == text || !isdigit((unsigned char)*text))
		return -1;
	end += strspn(end, " ");
	unit = *end ? strchr(units, tolower((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		end += end[1] == 'i' ? 2 : 1;
	}
	if (*end == 'B')
		end++;
	if (*end || n > DELTA_MAX_SIZE >> shift)
		return -1;
	*size = (uint64_t)n << shift;
	return 0;
}

/* A number between @low and @high, or 0. */
static uint32_t number(const char *text, uint32_t low, uint32_t high)
{
	uint64_t n;

	if (bd_options_size(text, &n) || n < low || n > high)
		return 0;
	return (uint32_t)n;
}

static int take(struct options *o, int option)
{
	switch (option) {
	case BLOCK_SIZE:
		o->block = number(optarg, 1, DELTA_MAX_BLOCK);
		if (!o->block)
			return bd_complain("block size %s is not within 1 and "
					   "%u",
					   optarg, DELTA_MAX_BLOCK);
		return 0;
	case STRONG:
		o->strong = delta_strong_find(optarg);
		if (!o->strong)
			return bd_complain("there is no strong hash %s: "
					   "blake2b,"
					   " sha256, md5 and xxh3 there are",
					   optarg);
		return 0;
	case STRONG_LENGTH:
		o->strong_length = number(optarg, 1, DELTA_STRONG_MAX);
		if (!o->strong_length)
			return bd_complain("hash length %s is not within 1 and "
					   "%u",
					   optarg, DELTA_STRONG_MAX);
		return 0;
	case COMPRESS:
		o->level = optarg ? (int)number(optarg, 1, LEVEL_MAX) :
				    LEVEL_DEFAULT;
		if (!o->level)
			return bd_complain("compression level %s is not within "
					   "1"
					   " and %u",
					   optarg, LEVEL_MAX);
		return 0;
	case THREADS:
		o->threads = number(optarg, 1, THREADS_MAX);
		if (!o->threads)
			return bd_complain("%s threads are not within 1 and %u",
					   optarg, THREADS_MAX);
		return 0;
	case QUIET:
		o->quiet = true;
		return 0;
	default:
		return -1;
	}
}

int bd_options_parse(struct options *o, int argc, char **argv)
{
	static const struct option names[] = {
		{ "block-size", required_argument, NULL, BLOCK_SIZE },
		{ "strong", required_argument, NULL, STRONG },
		{ "strong-length", required_argument, NULL, STRONG_LENGTH },
		{ "compress", optional_argument, NULL, COMPRESS },
		{ "threads", required_argument, NULL, THREADS },
		{ "quiet", no_argument, NULL, QUIET },
		{ NULL, 0, NULL, 0 },
	};
	int option;

	memset(o, 0, sizeof(*o));
	o->threads = bd_pool_cpus();
	if (o->threads > THREADS_MAX)
		o->threads = THREADS_MAX;
	while ((option = getopt_long(argc, argv, "b:s:l:zt:q", names, NULL)) !=
	       -1)
		if (take(o, option))
			return -1;
	if (o->strong_length >
	    delta_strong_size(o->strong ? o->strong : DELTA_BLAKE2B))
		return bd_complain("%s has no %u bytes",
				   delta_strong_name(o->strong ? o->strong :
								 DELTA_BLAKE2B),
				   o->strong_length);
	return optind;
}
