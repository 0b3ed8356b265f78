// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writers that depend on their own earlier writes, and the check that an image
 * is one that a crash could have left (promise P6). The device begins with zeros.
 *
 *	ordered-writes write DEVICE WRITERS SECONDS
 *	ordered-writes check IMAGE WRITERS
 *
 * DEVICE and IMAGE may be two, with a comma between them: then A is on the first
 * and B on the second.
 *
 * Each writer has PAIRS pairs of places, A and B, 4 KiB each, spread over the
 * device. It counts up, and for each number n and the next pair writes n to
 * A, waits until that is complete, then writes n to B. So an image holds a prefix
 * of the writer's writes and nothing else. "check" prints all numbers it found.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PLACE	4096
#define PAIRS	16
#define WRITERS	64

/* Where A and where B are. */
struct target {
	int fd[2];
	uint64_t places;	/* on each */
};

struct writer {
	pthread_t thread;
	unsigned int number;
	const struct target *target;
	time_t end;
	uint64_t count;
	int error;
};

static void die(const char *what, const char *name)
{
	fprintf(stderr, "ordered-writes: %s: %s: %s\n", name, what,
		strerror(errno));
	exit(1);
}

static void target_open(struct target *target, const char *names, int flags)
{
	char *copy = strdup(names), *second;
	uint64_t places;
	unsigned int half;

	if (!copy)
		die("no memory", names);
	second = strchr(copy, ',');
	if (second)
		*second++ = '\0';
	for (half = 0; half < 2; half++) {
		const char *name = half && second ? second : copy;

		target->fd[half] = open(name, flags | O_DIRECT);
		if (target->fd[half] < 0)
			die("open", name);
		places = lseek(target->fd[half], 0, SEEK_END) / PLACE;
		if (!half || places < target->places)
			target->places = places;
	}
	free(copy);
}

/* Neighbours in number are far apart; two writers may share a block. */
static off_t place_of(uint64_t places, unsigned int writer, unsigned int pair,
		      unsigned int half)
{
	uint64_t n = ((uint64_t)pair * 2 + half) * WRITERS + writer;

	return (off_t)(n * 1103 % places) * PLACE;
}

static void *buffer_new(void)
{
	void *buffer = NULL;

	if (posix_memalign(&buffer, PLACE, PLACE)) {
		fprintf(stderr, "ordered-writes: no memory\n");
		exit(1);
	}
	return buffer;
}

/* Every word of a place holds the number, so that a torn one is found. */
static int put(const struct writer *w, uint64_t *buffer, unsigned int pair,
	       unsigned int half, uint64_t n)
{
	for (size_t i = 0; i < PLACE / sizeof(*buffer); i++)
		buffer[i] = n;
	if (pwrite(w->target->fd[half], buffer, PLACE,
		   place_of(w->target->places, w->number, pair, half)) != PLACE)
		return errno ? errno : EIO;
	return 0;
}

static void *write_pairs(void *arg)
{
	struct writer *w = arg;
	uint64_t *buffer = buffer_new();
	uint64_t n = 0;

	while (!w->error && time(NULL) < w->end) {
		unsigned int pair = n++ % PAIRS;

		w->error = put(w, buffer, pair, 0, n);
		if (!w->error)
			w->error = put(w, buffer, pair, 1, n);
	}
	w->count = n;
	free(buffer);
	return NULL;
}

static int write_all(const char *device, unsigned int writers,
		     unsigned int seconds)
{
	struct writer w[WRITERS] = { 0 };
	struct target target;
	uint64_t total = 0;

	target_open(&target, device, O_RDWR);
	for (unsigned int i = 0; i < writers; i++) {
		w[i].number = i;
		w[i].target = &target;
		w[i].end = time(NULL) + seconds;
		if (pthread_create(&w[i].thread, NULL, write_pairs, &w[i]))
			die("thread", device);
	}
	for (unsigned int i = 0; i < writers; i++) {
		pthread_join(w[i].thread, NULL);
		errno = w[i].error;
		if (errno)
			die("write", device);
		total += w[i].count;
	}
	printf("%" PRIu64 " pairs written\n", total);
	return 0;
}

static uint64_t get(int fd, uint64_t *buffer, off_t place, const char *image)
{
	if (pread(fd, buffer, PLACE, place) != PLACE)
		die("read", image);
	for (size_t i = 1; i < PLACE / sizeof(*buffer); i++) {
		if (buffer[i] == buffer[0])
			continue;
		printf("%s: torn at offset %jd: %" PRIu64 " and %" PRIu64 "\n",
		       image, (intmax_t)place, buffer[0], buffer[i]);
		exit(1);
	}
	return buffer[0];
}

/*
 * The writer's state is a single number: of everything it wrote, in its order,
 * the image holds a prefix (its last write may be missing, nothing before).
 */
static int check_writer(const struct target *target, unsigned int writer,
			const char *image)
{
	uint64_t *buffer = buffer_new();
	uint64_t a[PAIRS], b[PAIRS], last = 0;

	for (unsigned int pair = 0; pair < PAIRS; pair++) {
		a[pair] = get(target->fd[0], buffer,
			      place_of(target->places, writer, pair, 0),
			      image);
		b[pair] = get(target->fd[1], buffer,
			      place_of(target->places, writer, pair, 1),
			      image);
		last = a[pair] > last ? a[pair] : last;
		printf("%u.%u %" PRIu64 " %" PRIu64 "\n", writer, pair, a[pair],
		       b[pair]);
	}
	free(buffer);

	for (unsigned int pair = 0; pair < PAIRS; pair++) {
		/* the last number up to "last" that this pair was given */
		uint64_t n = last < pair + 1 ? 0 :
			     last - (last - pair - 1) % PAIRS;
		int was_last = n == last && last;

		if (a[pair] == n && (b[pair] == n ||
				     (was_last && b[pair] + PAIRS == n) ||
				     (was_last && n <= PAIRS && !b[pair])))
			continue;
		printf("%s: writer %u has written %" PRIu64
		       ", but pair %u holds A=%" PRIu64 " B=%" PRIu64
		       ", not %" PRIu64 "\n",
		       image, writer, last, pair, a[pair], b[pair], n);
		return 1;
	}
	return 0;
}

static int check_all(const char *image, unsigned int writers)
{
	struct target target;
	int failed = 0;

	target_open(&target, image, O_RDONLY);
	for (unsigned int i = 0; i < writers; i++)
		failed |= check_writer(&target, i, image);
	return failed;
}

int main(int argc, char **argv)
{
	unsigned int writers = argc > 3 ? atoi(argv[3]) : 0;

	if (writers < 1 || writers > WRITERS)
		goto usage;
	if (argc == 4 && !strcmp(argv[1], "check"))
		return check_all(argv[2], writers);
	if (argc == 5 && !strcmp(argv[1], "write"))
		return write_all(argv[2], writers, atoi(argv[4]));
usage:
	fprintf(stderr, "usage: ordered-writes check IMAGE WRITERS\n"
			"       ordered-writes write DEVICE WRITERS SECONDS\n");
	return 2;
}
