// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reads the members of a RAID 5 array as the layout's drawing says, by itself,
 * and knows nothing of the module.
 *
 *	raid5-image TYPE CHUNK_BYTES MEMBER|-...	> image
 *
 * TYPE is raid5_ls, raid5_la, raid5_rs or raid5_ra. The content of the array goes
 * to standard output; what a missing member has is computed. With all members,
 * every stripe's parity is checked, too: exit status 2 if it is wrong anywhere,
 * with the number of bytes where it is on standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MEMBERS_MAX	16

static unsigned int members;
static size_t chunk;
static int fd[MEMBERS_MAX];
static unsigned char *buffer[MEMBERS_MAX];

static void die(const char *what)
{
	fprintf(stderr, "raid5-image: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Whether there was a stripe to read. */
static int read_stripe(uint64_t stripe)
{
	unsigned int i, ended = 0, present = 0;
	ssize_t n;

	for (i = 0; i < members; i++) {
		if (fd[i] < 0)
			continue;
		present++;
		n = pread(fd[i], buffer[i], chunk, stripe * chunk);
		if (n < 0)
			die("pread");
		ended += (size_t)n < chunk;
	}
	return present && !ended;
}

/* The bytes in which the members are not all the sum of one another. */
static size_t sum(int missing)
{
	size_t at, wrong = 0;
	unsigned int i;

	for (at = 0; at < chunk; at++) {
		unsigned char byte = 0;

		for (i = 0; i < members; i++)
			if ((int)i != missing)
				byte ^= buffer[i][at];
		if (missing >= 0)
			buffer[missing][at] = byte;
		else
			wrong += byte != 0;
	}
	return wrong;
}

/* Goes along the slots as a reader of the drawing does. */
static void print_stripe(uint64_t stripe, int left, int symmetric)
{
	unsigned int turn = stripe % members;
	unsigned int parity = left ? members - 1 - turn : turn;
	unsigned int slot = symmetric ? parity : 0, i;

	for (i = 0; i < members; i++, slot = (slot + 1) % members) {
		if (slot == parity)
			continue;
		if (fwrite(buffer[slot], 1, chunk, stdout) != chunk)
			die("standard output");
	}
}

int main(int argc, char **argv)
{
	int missing = -1;
	uint64_t stripe;
	size_t wrong = 0;
	unsigned int i;

	if (argc < 6 || argc - 3 > MEMBERS_MAX || strlen(argv[1]) != 8) {
		fprintf(stderr,
			"usage: raid5-image TYPE CHUNK_BYTES MEMBER|-...\n");
		return 1;
	}
	members = argc - 3;
	chunk = strtoul(argv[2], NULL, 10);
	for (i = 0; i < members; i++) {
		buffer[i] = malloc(chunk);
		if (!buffer[i])
			die("no memory");
		fd[i] = -1;
		if (!strcmp(argv[i + 3], "-")) {
			missing = i;
			continue;
		}
		fd[i] = open(argv[i + 3], O_RDONLY);
		if (fd[i] < 0)
			die(argv[i + 3]);
	}
	for (stripe = 0; read_stripe(stripe); stripe++) {
		wrong += sum(missing);
		print_stripe(stripe, argv[1][6] == 'l', argv[1][7] == 's');
	}
	if (fflush(stdout))
		die("standard output");
	if (wrong)
		fprintf(stderr, "raid5-image: the parity of %zu bytes is wrong\n",
			wrong);
	return wrong ? 2 : 0;
}
