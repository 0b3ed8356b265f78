// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes and reads at random, on a device and on a file that is its model.
 *
 *	model-writes DEVICE MODEL SEED THREADS SLICE_BYTES SECONDS COUNT
 *
 * The device is cut into slices, a multiple of 512 bytes each, which are dealt
 * to the threads in turns: no two threads touch the same sector, but with small
 * slices they are in the same stripe, and the same 4 KiB, all the time. A step
 * writes a random run of sectors of a slice, or reads one and compares it.
 * A thread ends after COUNT steps or when the time is over. Exit status: 0, 1 if
 * something went wrong, 2 if a read differs from the model.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define THREADS_MAX	32
#define SECTOR		512

struct thread {
	pthread_t id;
	unsigned int number;
	uint64_t random;
	unsigned char *buffer;
};

static int device;
static unsigned char *model;
static uint64_t size, slice, seconds, count;
static unsigned int threads;

static void die(const char *what)
{
	fprintf(stderr, "model-writes: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* xorshift64* */
static uint64_t draw(struct thread *t)
{
	t->random ^= t->random >> 12;
	t->random ^= t->random << 25;
	t->random ^= t->random >> 27;
	return t->random * 0x2545f4914f6cdd1dULL;
}

static void do_write(struct thread *t, uint64_t at, size_t length)
{
	size_t i;
	uint64_t word;

	for (i = 0; i < length; i += sizeof(word)) {
		word = draw(t);
		memcpy(t->buffer + i, &word, sizeof(word));
	}
	if (pwrite(device, t->buffer, length, at) != (ssize_t)length)
		die("a write failed");
	memcpy(model + at, t->buffer, length);
}

static void do_read(struct thread *t, uint64_t at, size_t length)
{
	if (pread(device, t->buffer, length, at) != (ssize_t)length)
		die("a read failed");
	if (!memcmp(t->buffer, model + at, length))
		return;
	fprintf(stderr, "model-writes: %zu bytes at %llu differ\n", length,
		(unsigned long long)at);
	exit(2);
}

static void step(struct thread *t)
{
	uint64_t mine = size / slice / threads;
	uint64_t first = (draw(t) % mine * threads + t->number) * slice;
	uint64_t sectors = slice / SECTOR;
	uint64_t from = draw(t) % sectors;
	uint64_t length = 1 + draw(t) % (sectors - from);

	if (draw(t) % 8 == 0) {
		from = 0;
		length = sectors;
	}
	if (draw(t) % 4)
		do_write(t, first + from * SECTOR, length * SECTOR);
	else
		do_read(t, first + from * SECTOR, length * SECTOR);
}

static void *run(void *arg)
{
	struct thread *t = arg;
	time_t end = time(NULL) + seconds;
	uint64_t i;

	for (i = 0; i < count && time(NULL) < end; i++)
		step(t);
	return NULL;
}

static void open_files(const char *device_name, const char *model_name)
{
	struct stat st;
	int fd;

	device = open(device_name, O_RDWR | O_DIRECT);
	if (device < 0)
		die(device_name);
	fd = open(model_name, O_RDWR);
	if (fd < 0 || fstat(fd, &st))
		die(model_name);
	size = st.st_size;
	model = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (model == MAP_FAILED)
		die("mmap");
}

int main(int argc, char **argv)
{
	static struct thread thread[THREADS_MAX];
	unsigned int i;

	if (argc != 8) {
		fprintf(stderr,
			"usage: model-writes DEVICE MODEL SEED THREADS SLICE_BYTES SECONDS COUNT\n");
		return 1;
	}
	open_files(argv[1], argv[2]);
	threads = atoi(argv[4]);
	slice = strtoull(argv[5], NULL, 10);
	seconds = strtoull(argv[6], NULL, 10);
	count = strtoull(argv[7], NULL, 10);
	if (!threads || threads > THREADS_MAX || !slice || slice % SECTOR ||
	    size / slice < threads) {
		fprintf(stderr, "model-writes: bad number of threads, or slice\n");
		return 1;
	}
	for (i = 0; i < threads; i++) {
		thread[i].number = i;
		thread[i].random = strtoull(argv[3], NULL, 10) * 64 + i + 1;
		if (posix_memalign((void **)&thread[i].buffer, 4096, slice))
			die("no memory");
		if (pthread_create(&thread[i].id, NULL, run, &thread[i]))
			die("pthread_create");
	}
	for (i = 0; i < threads; i++)
		pthread_join(thread[i].id, NULL);
	return 0;
}
