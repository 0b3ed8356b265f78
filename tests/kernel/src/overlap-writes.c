// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes that overlap, at the same time, and what becomes of their buffers.
 *
 *	overlap-writes DEVICE COUNT
 *
 * One thread writes whole blocks of 4 KiB, others parts of the same blocks, all with
 * O_DIRECT. Which of them a sector holds afterwards is nobody's business, but it is
 * one of them, and a buffer must be what it was: nobody may put one writer's bytes
 * into another one's memory. Exit status: 0, 1 if something went wrong, 2 if a
 * buffer was changed.
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK	4096
#define BLOCKS	16
#define PARTS	3

static pthread_barrier_t start;
static int device;
static unsigned long count;

static void put(unsigned char *buffer, size_t bytes, off_t at, int fill)
{
	size_t i;

	memset(buffer, fill, bytes);
	pthread_barrier_wait(&start);
	if (pwrite(device, buffer, bytes, at) != (ssize_t)bytes)
		err(1, "pwrite");
	for (i = 0; i < bytes; i++) {
		if (buffer[i] != fill)
			errx(2, "a buffer of %#x has %#x at %zu", fill, buffer[i], i);
	}
	pthread_barrier_wait(&start);
}

static void *writer(void *arg)
{
	uintptr_t number = (uintptr_t)arg;
	unsigned char *buffer;
	unsigned long i;

	if (posix_memalign((void **)&buffer, BLOCK, BLOCK * BLOCKS))
		errx(1, "no memory");
	for (i = 0; i < count; i++) {
		if (!number)
			put(buffer, BLOCK * BLOCKS, 0, 0x10);
		else
			put(buffer, 512 * number,
			    BLOCK * (i % BLOCKS) + 512 * number, 0x10 + number);
	}
	free(buffer);
	return NULL;
}

static void check(void)
{
	unsigned char *buffer;
	size_t at;

	if (posix_memalign((void **)&buffer, BLOCK, BLOCK * BLOCKS))
		errx(1, "no memory");
	if (pread(device, buffer, BLOCK * BLOCKS, 0) != BLOCK * BLOCKS)
		err(1, "pread");
	for (at = 0; at < BLOCK * BLOCKS; at++) {
		if (buffer[at] < 0x10 || buffer[at] > 0x10 + PARTS ||
		    buffer[at] != buffer[at / 512 * 512])
			errx(1, "at %zu nobody wrote %#x", at, buffer[at]);
	}
	free(buffer);
}

int main(int argc, char **argv)
{
	pthread_t thread[PARTS + 1];
	uintptr_t i;

	if (argc != 3)
		errx(1, "usage: overlap-writes DEVICE COUNT");
	device = open(argv[1], O_RDWR | O_DIRECT);
	if (device < 0)
		err(1, "%s", argv[1]);
	count = strtoul(argv[2], NULL, 10);
	pthread_barrier_init(&start, NULL, PARTS + 1);
	for (i = 0; i <= PARTS; i++) {
		if (pthread_create(&thread[i], NULL, writer, (void *)i))
			errx(1, "no thread");
	}
	for (i = 0; i <= PARTS; i++)
		pthread_join(thread[i], NULL);
	check();
	return 0;
}
