// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writers that depend on one another, and the check that an image is one that a
 * crash could have left (promise P6): if a write is in it, then so is every write,
 * of any writer, that was complete when that one began. The device begins with
 * zeros.
 *
 *	chained-writes write DEVICE STATE WRITERS SECONDS	(or until SIGTERM)
 *	chained-writes check IMAGE WRITERS BEFORE AFTER
 *	chained-writes ship VIEW BLOCK_SECTORS REPLICA PAUSE_MS <EXTENTS
 *
 * A write covers one sector or more of one of its writer's units; place_of() says
 * which, so that a check can do all writes of a writer again in its mind. Each
 * sector says which write of which writer it is of, when and for which place it was
 * made, and how many writes of each writer were complete by then, which is what it
 * depends on; a checksum tells whether it is whole.
 *
 * STATE is a file in memory that holds how many writes each writer has begun and
 * completed. A copy BEFORE a close says what a view must hold, one AFTER it what it
 * can hold. "check" prints a digest, by which two reads can be compared. "ship"
 * copies extents ("BLOCK COUNT", a line each) of a view to an image, reads them
 * again and compares.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SECTOR		512
#define ALIGN		4096
#define WRITERS		8
#define UNIT		24U	/* sectors: no multiple of a block's */
#define CHUNK		(1U << 20)
#define MAGIC		0x64656e6961686362ULL

struct state {
	_Atomic uint64_t begun[WRITERS];
	_Atomic uint64_t complete[WRITERS];
};

struct sector {
	uint64_t magic;
	uint64_t where;			/* its number on the device */
	uint64_t writer;
	uint64_t number;		/* of the write, from 1 */
	uint64_t time;			/* ns */
	uint64_t complete[WRITERS];	/* what was, when it was made */
	uint64_t fill[SECTOR / 8 - 6 - WRITERS];
	uint64_t sum;
};

_Static_assert(sizeof(struct sector) == SECTOR, "a sector");

struct place {
	uint64_t first;
	unsigned int count;
};

struct writer {
	pthread_t thread;
	unsigned int number;
	unsigned int writers;
	int fd;
	uint64_t sectors;
	struct state *state;
	uint64_t end;			/* ns */
	int error;
};

static volatile sig_atomic_t stopped;

static void stop(int number)
{
	stopped = number;
}

static void die(const char *what, const char *name)
{
	fprintf(stderr, "chained-writes: %s: %s: %s\n", name, what,
		strerror(errno));
	exit(1);
}

static void *buffer_new(size_t size)
{
	void *buffer = NULL;

	if (posix_memalign(&buffer, ALIGN, size)) {
		fprintf(stderr, "chained-writes: no memory\n");
		exit(1);
	}
	return buffer;
}

/* splitmix64's finish */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

/* Half of the writes go to an eighth of the units. */
static struct place place_of(uint64_t sectors, unsigned int writers,
			     unsigned int writer, uint64_t number)
{
	uint64_t units = sectors / UNIT / writers;
	uint64_t x = mix(number * WRITERS + writer + 1);
	unsigned int at = (x >> 8) % UNIT;
	struct place place;

	if (x & 1)
		units = (units + 7) / 8;
	place.first = ((x >> 20) % units * writers + writer) * UNIT + at;
	place.count = x & 2 ? 1 : 1 + (x >> 2) % (UNIT - at);
	return place;
}

static uint64_t sum_of(const struct sector *s)
{
	const uint64_t *words = (const uint64_t *)s;
	uint64_t sum = 0;

	for (size_t i = 0; i < SECTOR / 8 - 1; i++)
		sum = mix(sum ^ words[i]) + i;
	return sum;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void fill_sectors(const struct writer *w, struct sector *s,
			 const struct place *place, uint64_t number)
{
	struct sector first = { .magic = MAGIC,
				.writer = w->number,
				.number = number,
				.time = now_ns() };

	for (unsigned int i = 0; i < w->writers; i++)
		first.complete[i] = atomic_load(&w->state->complete[i]);
	for (unsigned int i = 0; i < place->count; i++) {
		s[i] = first;
		s[i].where = place->first + i;
		for (size_t j = 0; j < sizeof(s->fill) / 8; j++)
			s[i].fill[j] = number;
		s[i].sum = sum_of(&s[i]);
	}
}

static void *write_on(void *arg)
{
	struct writer *w = arg;
	struct sector *buffer = buffer_new(UNIT * SECTOR);

	for (uint64_t n = 1; !w->error && !stopped && now_ns() < w->end; n++) {
		struct place place = place_of(w->sectors, w->writers,
					      w->number, n);
		ssize_t size = (ssize_t)place.count * SECTOR;

		atomic_store(&w->state->begun[w->number], n);
		fill_sectors(w, buffer, &place, n);
		if (pwrite(w->fd, buffer, size,
			   (off_t)place.first * SECTOR) != size)
			w->error = errno ? errno : EIO;
		atomic_store(&w->state->complete[w->number], n);
		/* others want to run as well */
		if (n % 8 == 0)
			usleep(1000);
	}
	free(buffer);
	return NULL;
}

static struct state *state_map(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	struct state *state;

	if (fd < 0 || ftruncate(fd, sizeof(*state)))
		die("open", path);
	state = mmap(NULL, sizeof(*state), PROT_READ | PROT_WRITE, MAP_SHARED,
		     fd, 0);
	if (state == MAP_FAILED)
		die("map", path);
	close(fd);
	return state;
}

static int write_all(const char *device, const char *path,
		     unsigned int writers, unsigned int seconds)
{
	struct writer w[WRITERS] = { 0 };
	struct state *state = state_map(path);
	int fd = open(device, O_RDWR | O_DIRECT);
	uint64_t total = 0;
	uint64_t end = now_ns() + seconds * 1000000000ULL;

	if (fd < 0)
		die("open", device);
	signal(SIGTERM, stop);
	for (unsigned int i = 0; i < writers; i++) {
		w[i].number = i;
		w[i].writers = writers;
		w[i].fd = fd;
		w[i].sectors = lseek(fd, 0, SEEK_END) / SECTOR;
		w[i].state = state;
		w[i].end = end;
		if (pthread_create(&w[i].thread, NULL, write_on, &w[i]))
			die("thread", device);
	}
	for (unsigned int i = 0; i < writers; i++) {
		pthread_join(w[i].thread, NULL);
		errno = w[i].error;
		if (errno)
			die("write", device);
		total += atomic_load(&state->complete[i]);
	}
	printf("%" PRIu64 " writes\n", total);
	return 0;
}

/* ---- the check */

struct image {
	const char *name;
	uint64_t sectors;
	unsigned int writers;
	struct sector *content;
	uint64_t need[WRITERS];		/* writes that must be in it */
	uint64_t begun[WRITERS];	/* and those that can be */
};

static int open_image(const char *name)
{
	int fd = open(name, O_RDONLY | O_DIRECT);

	/* a file in memory may know no direct I/O */
	if (fd < 0)
		fd = open(name, O_RDONLY);
	if (fd < 0)
		die("open", name);
	return fd;
}

static void read_all(int fd, void *buffer, size_t size, off_t offset,
		     const char *name)
{
	while (size) {
		ssize_t n = pread(fd, buffer, size < CHUNK ? size : CHUNK,
				  offset);

		if (n <= 0)
			die("read", name);
		buffer = (char *)buffer + n;
		offset += n;
		size -= n;
	}
}

static void image_read(struct image *image)
{
	int fd = open_image(image->name);
	off_t size = lseek(fd, 0, SEEK_END);

	image->sectors = size / SECTOR;
	image->content = buffer_new(size);
	read_all(fd, image->content, size, 0, image->name);
	close(fd);
}

static void state_read(const char *path, struct state *state)
{
	FILE *file = fopen(path, "rb");

	if (!file || fread(state, sizeof(*state), 1, file) != 1)
		die("read", path);
	fclose(file);
}

static int sector_is_zero(const struct sector *s)
{
	static const struct sector zero;

	return !memcmp(s, &zero, sizeof(zero));
}

/* What is wrong with a sector by itself, or NULL. */
static const char *sector_fault(const struct image *image, uint64_t where)
{
	const struct sector *s = &image->content[where];
	struct place place;

	if (s->magic != MAGIC || s->sum != sum_of(s))
		return "is not whole";
	if (s->where != where)
		return "was written for another place";
	if (s->writer >= image->writers)
		return "is of nobody";
	place = place_of(image->sectors, image->writers, s->writer, s->number);
	if (where < place.first || where >= place.first + place.count)
		return "is not of that write";
	if (s->number > image->begun[s->writer])
		return "was begun after the close";
	return NULL;
}

static void sector_say(const struct image *image, uint64_t where,
		       const char *what)
{
	const struct sector *s = &image->content[where];

	printf("%s: sector %" PRIu64 " (writer %" PRIu64 ", write %" PRIu64
	       ", at %" PRIu64 " ns) %s\n",
	       image->name, where, s->writer, s->number, s->time, what);
}

/* Every sector by itself; what all of them depend on is gathered. */
static int image_check_sectors(struct image *image)
{
	for (uint64_t i = 0; i < image->sectors; i++) {
		const struct sector *s = &image->content[i];
		const char *fault;

		if (sector_is_zero(s))
			continue;
		fault = sector_fault(image, i);
		if (fault) {
			sector_say(image, i, fault);
			return 1;
		}
		for (unsigned int w = 0; w < image->writers; w++)
			if (s->complete[w] > image->need[w])
				image->need[w] = s->complete[w];
	}
	return 0;
}

/* Do a writer's writes again, as far as they must be there. */
static int image_check_writer(const struct image *image, unsigned int writer,
			      uint64_t *last)
{
	for (uint64_t n = 1; n <= image->need[writer]; n++) {
		struct place place = place_of(image->sectors, image->writers,
					      writer, n);

		for (unsigned int i = 0; i < place.count; i++)
			last[place.first + i] = n;
	}
	for (uint64_t i = 0; i < image->sectors; i++) {
		if (image->content[i].number >= last[i])
			continue;
		sector_say(image, i, "is too old:");
		printf("%s: of writer %u, %" PRIu64
		       " writes must be there, of which %" PRIu64
		       " was the last to this sector\n",
		       image->name, writer, image->need[writer], last[i]);
		return 1;
	}
	memset(last, 0, image->sectors * sizeof(*last));
	return 0;
}

static int check(const char *name, unsigned int writers, const char *before,
		 const char *after)
{
	struct image image = { .name = name, .writers = writers };
	struct state state;
	uint64_t *last, digest = 0;
	int failed;

	state_read(before, &state);
	for (unsigned int i = 0; i < writers; i++)
		image.need[i] = atomic_load(&state.complete[i]);
	state_read(after, &state);
	for (unsigned int i = 0; i < writers; i++)
		image.begun[i] = atomic_load(&state.begun[i]);

	image_read(&image);
	last = calloc(image.sectors, sizeof(*last));
	if (!last)
		die("memory", name);
	failed = image_check_sectors(&image);
	for (unsigned int i = 0; i < writers && !failed; i++)
		failed = image_check_writer(&image, i, last);
	for (uint64_t i = 0; i < image.sectors; i++)
		digest = mix(digest ^ image.content[i].sum) + 1;
	if (!failed)
		printf("%016" PRIx64 "\n", digest);
	free(last);
	free(image.content);
	return failed;
}

/* ---- shipping */

struct extent {
	uint64_t block;
	uint64_t count;
};

static size_t extents_read(struct extent **extents)
{
	size_t n = 0, room = 0;
	struct extent e;

	*extents = NULL;
	while (scanf("%" SCNu64 " %" SCNu64, &e.block, &e.count) == 2) {
		if (n == room) {
			room = room * 2 + 64;
			*extents = realloc(*extents, room * sizeof(e));
			if (!*extents)
				die("memory", "extents");
		}
		(*extents)[n++] = e;
	}
	return n;
}

/* The first time copies, the second compares. */
static int ship_block(int from, int to, void *buffer, void *copy, size_t size,
		      off_t offset, int again, const char *view)
{
	read_all(from, buffer, size, offset, view);
	if (!again) {
		if (pwrite(to, buffer, size, offset) != (ssize_t)size)
			die("write", "the replica");
		return 0;
	}
	read_all(to, copy, size, offset, "the replica");
	if (!memcmp(buffer, copy, size))
		return 0;
	printf("%s: two reads at offset %jd differ\n", view, (intmax_t)offset);
	return 1;
}

static int ship(const char *view, size_t block_size, const char *replica,
		unsigned int pause_ms)
{
	int from = open_image(view), to = open(replica, O_RDWR);
	off_t end = lseek(from, 0, SEEK_END);
	void *buffer = buffer_new(block_size), *copy = buffer_new(block_size);
	struct extent *extents;
	size_t n = extents_read(&extents);
	int failed = 0;

	if (to < 0)
		die("open", replica);
	for (int again = 0; again < 2; again++) {
		for (size_t i = 0; i < n; i++) {
			off_t at = (off_t)extents[i].block * block_size;
			off_t stop = at + (off_t)extents[i].count * block_size;

			for (; at < stop && !failed; at += block_size)
				failed = ship_block(from, to, buffer, copy,
						    at + (off_t)block_size > end ?
							    (size_t)(end - at) :
							    block_size,
						    at, again, view);
		}
		usleep(again ? 0 : pause_ms * 1000);
	}
	free(extents);
	free(buffer);
	free(copy);
	close(from);
	close(to);
	return failed;
}

/* The number of writers, if it can be one. */
static unsigned int writers_from(const char *arg)
{
	int n = atoi(arg);

	return n >= 1 && n <= WRITERS ? n : 0;
}

int main(int argc, char **argv)
{
	if (argc != 6)
		goto usage;
	if (!strcmp(argv[1], "write") && writers_from(argv[4]))
		return write_all(argv[2], argv[3], writers_from(argv[4]),
				 atoi(argv[5]));
	if (!strcmp(argv[1], "check") && writers_from(argv[3]))
		return check(argv[2], writers_from(argv[3]), argv[4], argv[5]);
	if (!strcmp(argv[1], "ship") && atoi(argv[3]) > 0)
		return ship(argv[2], (size_t)atoi(argv[3]) * SECTOR, argv[4],
			    atoi(argv[5]));
usage:
	fprintf(stderr,
		"usage: chained-writes write DEVICE STATE WRITERS SECONDS\n"
		"       chained-writes check IMAGE WRITERS BEFORE AFTER\n"
		"       chained-writes ship VIEW BLOCK_SECTORS REPLICA PAUSE_MS <EXTENTS\n");
	return 2;
}
