// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/keygen.h"

#define KEY_BYTES 32

static int fill(int fd)
{
	unsigned char key[KEY_BYTES];
	char text[2 * KEY_BYTES + 2];
	size_t i;
	int r = 0;

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return -EIO;
	for (i = 0; i < KEY_BYTES; i++)
		sprintf(text + 2 * i, "%02x", key[i]);
	strcpy(text + 2 * KEY_BYTES, "\n");
	errno = 0;
	if (write(fd, text, sizeof(text) - 1) != sizeof(text) - 1 ||
	    fchmod(fd, 0600) < 0 || fsync(fd) < 0)
		r = errno ? -errno : -ENOSPC;
	explicit_bzero(key, sizeof(key));
	explicit_bzero(text, sizeof(text));
	return r;
}

static int keygen(const struct request *request)
{
	const char *path = request->operand[0];
	int fd, r;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno == EEXIST)
		return complain("%s exists already; a key is never overwritten",
				path);
	if (fd < 0)
		return complain("cannot make %s: %s", path, strerror(errno));
	r = fill(fd);
	if (close(fd) < 0 && !r)
		r = -errno;
	if (!r)
		return EXIT_OK;
	unlink(path);
	return complain("cannot write %s: %s", path, strerror(-r));
}

const struct command keygen_commands[] = {
	{
		.name = "keygen",
		.operands = "FILE",
		.operands_min = 1,
		.operands_max = 1,
		.summary = "Make a key file for a source and its replica.",
		.more = "Both sides need the same file, mode 0600; copy it over a safe channel.",
		.run = keygen,
	},
	{ 0 },
};
