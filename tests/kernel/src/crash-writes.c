// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Stamped writes until the power fails, and the check of what the map reports
 * after that (promise P5).
 *
 *	crash-writes write NAME STATE COUNT SEED ORIGIN_POWER META_POWER [KEEP...]
 *	crash-writes check ORIGIN BLOCK_SECTORS STATE ERA BOUND <EXTENTS
 *
 * Four threads write random sectors of the device-mapper device NAME with direct
 * I/O, and a fifth closes eras. Each write has a number, which each of its sectors
 * holds, with its place and a checksum. When COUNT have begun, the disks are switched
 * off by writing 0 to their POWER files, the origin first: what is written while its
 * map's device is gone is known to be lost. Disks that are to KEEP what is in their
 * caches are flushed just before.
 *
 * STATE is the number of the newest write, for each sector that of the last one
 * that was complete, and of the last that had begun. Of the first era that was closed
 * and the last two, copies from just before and after the close are left in
 * STATE.before-ERA and STATE.after-ERA, and the eras are printed. With those "check"
 * knows of each block whether it must be among the EXTENTS ("KIND BLOCK COUNT", a
 * line each) that are said to have changed since, and whether it is there in vain;
 * BOUND is for the latter.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dm-ioctl.h>

#define SECTOR		512
#define SECTORS_MAX	8192U
#define ERAS_KEPT	3		/* of those that are closed */
#define UNIT		32U		/* sectors; a write is within one */
#define THREADS		4
#define KEEP_MAX	2
#define MAGIC		0x7374696873617263ULL

struct state {
	_Atomic uint64_t number;
	_Atomic uint64_t complete[SECTORS_MAX];
	_Atomic uint64_t begun[SECTORS_MAX];
};

struct sector {
	uint64_t magic;
	uint64_t where;
	uint64_t number;
	uint64_t fill[SECTOR / 8 - 4];
	uint64_t sum;
};

_Static_assert(sizeof(struct sector) == SECTOR, "a sector");

static struct state *state;
static const char *name, *state_path;
static int device;
static uint64_t sectors, seed, count;
static int power[2], keep[KEEP_MAX], nr_keep;
static atomic_int off;

static void die(const char *what, const char *name)
{
	fprintf(stderr, "crash-writes: %s: %s: %s\n", name, what,
		strerror(errno));
	exit(1);
}

/* splitmix64's finish */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

static uint64_t sum_of(const struct sector *s)
{
	const uint64_t *words = (const uint64_t *)s;
	uint64_t sum = 0;

	for (size_t i = 0; i < SECTOR / 8 - 1; i++)
		sum = mix(sum ^ words[i]) + i;
	return sum;
}

static void *buffer_new(size_t size)
{
	void *buffer = NULL;

	if (posix_memalign(&buffer, 4096, size)) {
		fprintf(stderr, "crash-writes: no memory\n");
		exit(1);
	}
	return buffer;
}

static struct state *state_map(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT, 0600);
	void *map;

	if (fd < 0 || ftruncate(fd, sizeof(struct state)))
		die("open", path);
	map = mmap(NULL, sizeof(struct state), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		die("map", path);
	close(fd);
	return map;
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags);

	if (fd < 0)
		die("open", path);
	return fd;
}

/* ---- writing */

static void cut_power(void)
{
	if (atomic_exchange(&off, 1))
		return;
	for (int i = 0; i < nr_keep; i++)
		if (fsync(keep[i]))
			die("flush", "a disk");
	for (int i = 0; i < 2; i++)
		if (write(power[i], "0", 1) != 1)
			die("switch off", "a disk");
}

/*
 * Each thread has units of its own, so that no two writes to a sector are under
 * way. Three of four writes go to a quarter of the units.
 */
static uint64_t unit_of(uint64_t x, unsigned int thread)
{
	uint64_t units = sectors / UNIT / THREADS;

	return (x >> 16) % (x & 3 ? units / 4 + 1 : units) * THREADS + thread;
}

static void put(struct sector *buffer, uint64_t n, unsigned int thread)
{
	uint64_t x = mix(seed + n * 0x9e3779b97f4a7c15ULL);
	unsigned int at = (x >> 8) % UNIT;
	unsigned int size = x & 1 ? 1 : 1 + (x >> 24) % (UNIT - at);
	uint64_t where = unit_of(mix(x), thread) * UNIT + at;

	for (unsigned int i = 0; i < size; i++) {
		struct sector *s = &buffer[i];

		memset(s, 0, sizeof(*s));
		s->magic = MAGIC;
		s->where = where + i;
		s->number = n;
		s->fill[0] = x;
		s->sum = sum_of(s);
		atomic_store(&state->begun[where + i], n);
	}
	if (pwrite(device, buffer, size * SECTOR, where * SECTOR) !=
	    (ssize_t)size * SECTOR)
		return;
	for (unsigned int i = 0; i < size && !atomic_load(&off); i++)
		atomic_store(&state->complete[where + i], n);
}

static void *write_on(void *arg)
{
	struct sector *buffer = buffer_new(UNIT * SECTOR);

	while (!atomic_load(&off)) {
		uint64_t n = atomic_fetch_add(&state->number, 1) + 1;

		if (n > count)
			cut_power();
		else
			put(buffer, n, (uintptr_t)arg);
		if (n % 16 == 0 && (mix(n) & 3) == 0)
			fdatasync(device);
		if (n % 8 == 0)
			usleep(1000);
	}
	free(buffer);
	return NULL;
}

/* ---- closing */

/* Two copies of the state around the close of an era. */
struct closed {
	unsigned long era;
	struct state before, after;
};

static struct closed kept[ERAS_KEPT], now;
static unsigned int nr_closed;
static int control;

/* Return: the era that was closed, 0 if it can't be. */
static unsigned long send_close(void)
{
	struct {
		struct dm_ioctl head;
		struct dm_target_msg target;
		char words[256];
	} message = { .head = { .version = { DM_VERSION_MAJOR },
				.data_size = sizeof(message),
				.data_start = sizeof(message.head) } };

	snprintf(message.head.name, sizeof(message.head.name), "%s", name);
	strcpy(message.target.message, "close");
	if (ioctl(control, DM_TARGET_MSG, &message) ||
	    !(message.head.flags & DM_DATA_OUT_FLAG))
		return 0;
	return strtoul((char *)&message + message.head.data_start, NULL, 10);
}

static void state_write(const struct state *s, const char *when,
			unsigned long era)
{
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s.%s-%lu", state_path, when, era);
	file = fopen(path, "wb");
	if (!file || fwrite(s, sizeof(*s), 1, file) != 1 || fclose(file))
		die("write", path);
}

/* What is closed after the power failed counts for nothing. */
static void close_era(void)
{
	memcpy(&now.before, state, sizeof(*state));
	now.era = send_close();
	memcpy(&now.after, state, sizeof(*state));
	if (!now.era || atomic_load(&off))
		return;
	/* the first stays, the last two take turns */
	memcpy(&kept[nr_closed ? 1 + nr_closed % 2 : 0], &now, sizeof(now));
	nr_closed++;
}

static void *close_on(void *arg)
{
	for (unsigned int n = 0; !atomic_load(&off); n++) {
		usleep(mix(seed + n) % 50000);
		close_era();
	}
	return arg;
}

static void write_eras(void)
{
	for (int i = 0; i < ERAS_KEPT; i++) {
		if (!kept[i].era)
			continue;
		state_write(&kept[i].before, "before", kept[i].era);
		state_write(&kept[i].after, "after", kept[i].era);
		printf("%lu\n", kept[i].era);
	}
}

static int write_all(int argc, char **argv)
{
	pthread_t threads[THREADS], closer;
	char path[256];

	name = argv[2];
	state_path = argv[3];
	snprintf(path, sizeof(path), "/dev/mapper/%s", name);
	device = open_file(path, O_RDWR | O_DIRECT);
	state = state_map(state_path);
	count = strtoull(argv[4], NULL, 10);
	seed = mix(strtoull(argv[5], NULL, 10));
	power[0] = open_file(argv[6], O_WRONLY);
	power[1] = open_file(argv[7], O_WRONLY);
	for (int i = 8; i < argc && nr_keep < KEEP_MAX; i++)
		keep[nr_keep++] = open_file(argv[i], O_RDWR);
	sectors = lseek(device, 0, SEEK_END) / SECTOR;
	if (sectors > SECTORS_MAX)
		return 2;
	control = open_file("/dev/mapper/control", O_RDWR);
	close_era();
	if (pthread_create(&closer, NULL, close_on, NULL))
		die("thread", name);
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, write_on, (void *)i))
			die("thread", name);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_join(closer, NULL);
	write_eras();
	return 0;
}

/* ---- the check */

static const struct state *state_read(const char *of, const char *when,
				      const char *era)
{
	struct state *s = malloc(sizeof(*s));
	char path[256];
	FILE *file;

	snprintf(path, sizeof(path), "%s%s%s", of, when, era);
	file = fopen(path, "rb");

	if (!s || !file || fread(s, sizeof(*s), 1, file) != 1)
		die("read", path);
	fclose(file);
	return s;
}

static void extents_read(unsigned char *reported, uint64_t blocks)
{
	uint64_t block, n;

	while (scanf("%*s %" SCNu64 " %" SCNu64, &block, &n) == 2)
		for (; n--; block++)
			if (block < blocks)
				reported[block] = 1;
}

/* The number of the write that a sector holds. */
static uint64_t number_of(const struct sector *s, uint64_t where)
{
	static const struct sector zero;

	if (!memcmp(s, &zero, sizeof(zero)))
		return 0;
	if (s->magic == MAGIC && s->where == where && s->sum == sum_of(s))
		return s->number;
	printf("sector %" PRIu64 " of the origin is not whole\n", where);
	exit(1);
}

struct era {
	const struct state *before, *after, *end;
};

/* Does the sector differ from what it was at the close, or may it? */
static int must_report(const struct era *era, const struct sector *s,
		       uint64_t where)
{
	uint64_t n = number_of(s, where);

	if (n <= atomic_load(&era->after->number) &&
	    n >= atomic_load(&era->before->complete[where]))
		return 0;
	printf("sector %" PRIu64 " holds write %" PRIu64 "; the close began at write %" PRIu64
	       " and ended at %" PRIu64 ", and %" PRIu64 " had been complete\n",
	       where, n, atomic_load(&era->before->number),
	       atomic_load(&era->after->number),
	       atomic_load(&era->before->complete[where]));
	return 1;
}

static int can_report(const struct era *era, uint64_t where)
{
	return atomic_load(&era->end->begun[where]) >
	       atomic_load(&era->before->number) ||
	       atomic_load(&era->before->begun[where]) >
	       atomic_load(&era->before->complete[where]);
}

static int check_block(const struct era *era, const struct sector *s,
		       uint64_t first, uint64_t size, int reported,
		       uint64_t *vain)
{
	int can = 0;

	for (uint64_t i = 0; i < size; i++) {
		if (!reported && must_report(era, s + i, first + i))
			return 1;
		can |= can_report(era, first + i);
	}
	*vain += reported && !can;
	return 0;
}

static int check(char **argv)
{
	uint64_t size = strtoull(argv[3], NULL, 10), blocks, vain = 0;
	uint64_t bound = strtoull(argv[6], NULL, 10);
	struct era era = { state_read(argv[4], ".before-", argv[5]),
			   state_read(argv[4], ".after-", argv[5]),
			   state_read(argv[4], "", "") };
	struct sector *s = buffer_new(size * SECTOR);
	unsigned char *reported;
	int fd = open_file(argv[2], O_RDONLY | O_DIRECT);

	sectors = lseek(fd, 0, SEEK_END) / SECTOR;
	blocks = sectors / size;
	reported = calloc(blocks, 1);
	extents_read(reported, blocks);
	for (uint64_t b = 0; b < blocks; b++) {
		if (pread(fd, s, size * SECTOR, b * size * SECTOR) !=
		    (ssize_t)(size * SECTOR))
			die("read", argv[2]);
		if (check_block(&era, s, b * size, size, reported[b], &vain)) {
			printf("block %" PRIu64 " has changed and is not reported\n",
			       b);
			return 1;
		}
	}
	printf("%" PRIu64 " blocks are reported in vain, the bound is %" PRIu64
	       "\n", vain, bound);
	return vain > bound;
}

int main(int argc, char **argv)
{
	if (argc >= 8 && !strcmp(argv[1], "write"))
		return write_all(argc, argv);
	if (argc == 7 && !strcmp(argv[1], "check"))
		return check(argv);
	fprintf(stderr,
		"usage: crash-writes write NAME STATE COUNT SEED ORIGIN_POWER META_POWER [KEEP...]\n"
		"       crash-writes check ORIGIN BLOCK_SECTORS STATE ERA BOUND <EXTENTS\n");
	return 2;
}
