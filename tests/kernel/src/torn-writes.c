// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes at random until the device fails, as it does when its power is cut; and
 * what must be there afterwards.
 *
 *	torn-writes DEVICE MODEL MARKS SEED THREADS SLICE_BYTES [sync]
 *	torn-writes DEVICE MODEL MARKS
 *
 * MODEL holds what was acknowledged; MARKS has a byte for each sector, which is
 * not zero while somebody writes it. The device is cut into slices, a multiple of
 * 512 bytes each, which are dealt to the threads in turns, so that no two threads
 * touch the same sector. With "sync" each write is durable when it is done.
 *
 * The second form compares: each sector without a mark must be what the model
 * says. Exit status: 0, 1 if something went wrong, 2 if a sector differs.
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
#include <unistd.h>

#define THREADS_MAX	32
#define SECTOR		512
#define PIECE		(1 << 20)

struct thread {
	pthread_t id;
	unsigned int number;
	uint64_t random;
	unsigned char *buffer;
};

static int device;
static unsigned char *model, *marks;
static uint64_t size, slice;
static unsigned int threads;

static void die(const char *what)
{
	fprintf(stderr, "torn-writes: %s: %s\n", what, strerror(errno));
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

/* Whoever fails leaves the marks: what is there now, nobody knows. */
static int do_write(struct thread *t, uint64_t at, size_t length)
{
	uint64_t word;
	size_t i;

	for (i = 0; i < length; i += sizeof(word)) {
		word = draw(t);
		memcpy(t->buffer + i, &word, sizeof(word));
	}
	memset(marks + at / SECTOR, 1, length / SECTOR);
	if (pwrite(device, t->buffer, length, at) != (ssize_t)length)
		return -1;
	memcpy(model + at, t->buffer, length);
	memset(marks + at / SECTOR, 0, length / SECTOR);
	return 0;
}

static int step(struct thread *t)
{
	uint64_t mine = size / slice / threads;
	uint64_t first = (draw(t) % mine * threads + t->number) * slice;
	uint64_t sectors = slice / SECTOR;
	uint64_t from = draw(t) % sectors;
	uint64_t length = 1 + draw(t) % (sectors - from);

	if (draw(t) % 2) {
		from = 0;
		length = sectors;
	}
	return do_write(t, first + from * SECTOR, length * SECTOR);
}

static void *run(void *arg)
{
	while (!step(arg))
		;
	return NULL;
}

static unsigned char *map(const char *name, uint64_t *bytes)
{
	unsigned char *memory;
	struct stat st;
	int fd;

	fd = open(name, O_RDWR);
	if (fd < 0 || fstat(fd, &st))
		die(name);
	memory = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		      0);
	if (memory == MAP_FAILED)
		die("mmap");
	*bytes = st.st_size;
	return memory;
}

static void *aligned(size_t bytes)
{
	void *memory;

	if (posix_memalign(&memory, 4096, bytes))
		die("no memory");
	return memory;
}

static int compare(void)
{
	unsigned char *buffer = aligned(PIECE);
	uint64_t at, sector, bad = 0;
	ssize_t i, n;

	for (at = 0; at < size; at += n) {
		n = pread(device, buffer, PIECE, at);
		if (n <= 0)
			die("a read failed");
		for (i = 0; i < n; i += SECTOR) {
			sector = (at + i) / SECTOR;
			if (marks[sector] ||
			    !memcmp(buffer + i, model + at + i, SECTOR))
				continue;
			if (!bad++)
				printf("sector %llu is not what it was\n",
				       (unsigned long long)sector);
		}
	}
	return bad ? 2 : 0;
}

static void write_all(uint64_t seed)
{
	static struct thread thread[THREADS_MAX];
	unsigned int i;

	for (i = 0; i < threads; i++) {
		thread[i].number = i;
		thread[i].random = seed * 64 + i + 1;
		thread[i].buffer = aligned(slice);
		if (pthread_create(&thread[i].id, NULL, run, &thread[i]))
			die("pthread_create");
	}
	for (i = 0; i < threads; i++)
		pthread_join(thread[i].id, NULL);
}

int main(int argc, char **argv)
{
	uint64_t sectors;

	if (argc != 4 && argc != 7 && argc != 8) {
		fprintf(stderr,
			"usage: torn-writes DEVICE MODEL MARKS [SEED THREADS SLICE_BYTES [sync]]\n");
		return 1;
	}
	device = open(argv[1],
		      O_RDWR | O_DIRECT | (argc == 8 ? O_DSYNC : 0));
	if (device < 0)
		die(argv[1]);
	model = map(argv[2], &size);
	marks = map(argv[3], &sectors);
	if (sectors * SECTOR != size) {
		fprintf(stderr, "torn-writes: there is not a mark for each sector\n");
		return 1;
	}
	if (argc == 4)
		return compare();
	threads = atoi(argv[5]);
	slice = strtoull(argv[6], NULL, 10);
	if (!threads || threads > THREADS_MAX || !slice || slice % SECTOR ||
	    size / slice < threads) {
		fprintf(stderr, "torn-writes: bad number of threads, or slice\n");
		return 1;
	}
	write_all(strtoull(argv[4], NULL, 10));
	return 0;
}
