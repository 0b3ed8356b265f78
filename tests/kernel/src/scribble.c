// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A program that changes its buffers while they are being written.
 *
 *	scribble DEVICE SECONDS
 *
 * One thread writes to random places of the device, with O_DIRECT and all from
 * one buffer; another changes the buffer all the time. What is on the device
 * afterwards is nobody's business, but a device that keeps redundancy has to
 * keep it right all the same.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUFFER	(512 * 1024)

static uint64_t *buffer;
static atomic_bool done;

static void die(const char *what)
{
	fprintf(stderr, "scribble: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void *change(void *arg)
{
	uint64_t count = 0;
	size_t i;

	while (!atomic_load(&done)) {
		for (i = 0; i < BUFFER / sizeof(*buffer); i += 64)
			buffer[i] = ++count;
	}
	return arg;
}

int main(int argc, char **argv)
{
	unsigned int seed = 1;
	pthread_t changer;
	off_t size, at;
	size_t length;
	time_t end;
	int fd;

	if (argc != 3) {
		fprintf(stderr, "usage: scribble DEVICE SECONDS\n");
		return 1;
	}
	fd = open(argv[1], O_WRONLY | O_DIRECT);
	size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
	if (size < BUFFER)
		die(argv[1]);
	if (posix_memalign((void **)&buffer, 4096, BUFFER))
		die("no memory");
	memset(buffer, 0, BUFFER);
	if (pthread_create(&changer, NULL, change, NULL))
		die("pthread_create");
	for (end = time(NULL) + atoi(argv[2]); time(NULL) < end;) {
		length = (1 + rand_r(&seed) % (BUFFER / 4096)) * 4096;
		at = rand_r(&seed) % ((size - length) / 4096 + 1) * 4096;
		if (pwrite(fd, buffer, length, at) != (ssize_t)length)
			die("a write failed");
	}
	atomic_store(&done, true);
	pthread_join(changer, NULL);
	return 0;
}
