// SPDX-License-Identifier: GPL-2.0-only
/*
 * file-storm DIR MODEL SEED WORKERS STOP: what programs do to files, in DIR: writes
 * of any length, also through a mapping, truncation, holes, renaming, links, removal,
 * fsync. Each worker has a folder of its own, and a copy of each of its files in
 * memory, which the files are held against again and again. When the file STOP is
 * there and each worker has done enough, the copies are written to the folder MODEL,
 * for diff -r. Exit status 0 if no file ever was another than its copy.
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define FILES		24
#define BYTES_MAX	(192 * 1024)
#define ENOUGH		200	/* operations of a worker, at least */

struct file {
	bool there;
	unsigned int number;	/* of its name */
	size_t bytes;
	unsigned char data[BYTES_MAX];
};

static struct file files[FILES];
static unsigned int names;
static unsigned long long dice;
static char read_back[BYTES_MAX + 1];

static unsigned int draw(unsigned int below)
{
	dice = dice * 6364136223846793005ULL + 1442695040888963407ULL;
	return (dice >> 33) % below;
}

static const char *name_of(unsigned int number)
{
	static char text[2][32];
	static int turn;

	turn = !turn;
	snprintf(text[turn], sizeof(text[0]), "f%u", number);
	return text[turn];
}

static int open_file(const struct file *file)
{
	int fd = open(name_of(file->number), O_RDWR | O_CREAT, 0600);

	if (fd < 0)
		err(1, "%s", name_of(file->number));
	return fd;
}

static void check(struct file *file)
{
	int fd = open_file(file);
	ssize_t got = pread(fd, read_back, sizeof(read_back), 0);

	if (got < 0)
		err(1, "%s can't be read", name_of(file->number));
	if ((size_t)got != file->bytes || memcmp(read_back, file->data, got))
		errx(1, "%s has %zd bytes and isn't what was written: %zu",
		     name_of(file->number), got, file->bytes);
	close(fd);
}

/* A place in a file, and new data for it in the copy. */
static size_t invent(struct file *file, size_t *at)
{
	size_t bytes = 1 + draw(draw(4) ? 8192 : 65536), i;

	*at = draw(BYTES_MAX - bytes);
	for (i = 0; i < bytes; i++)
		file->data[*at + i] = draw(256);
	if (*at + bytes > file->bytes)
		file->bytes = *at + bytes;
	return bytes;
}

static void write_file(struct file *file)
{
	size_t at, bytes = invent(file, &at);
	int fd = open_file(file);

	if (pwrite(fd, file->data + at, bytes, at) != (ssize_t)bytes)
		err(1, "%s can't be written", name_of(file->number));
	if (!draw(8) && fsync(fd))
		err(1, "%s: fsync", name_of(file->number));
	close(fd);
}

static void write_mapped(struct file *file)
{
	size_t at, bytes = invent(file, &at);
	int fd = open_file(file);
	unsigned char *map;

	if (ftruncate(fd, file->bytes))
		err(1, "%s: ftruncate", name_of(file->number));
	map = mmap(NULL, file->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(1, "%s: mmap", name_of(file->number));
	memcpy(map + at, file->data + at, bytes);
	if (draw(2) && msync(map, file->bytes, MS_SYNC))
		err(1, "%s: msync", name_of(file->number));
	munmap(map, file->bytes);
	close(fd);
}

static void cut(struct file *file)
{
	size_t bytes = draw(BYTES_MAX);
	int fd = open_file(file);

	if (ftruncate(fd, bytes))
		err(1, "%s: ftruncate", name_of(file->number));
	close(fd);
	if (bytes < file->bytes)
		memset(file->data + bytes, 0, file->bytes - bytes);
	file->bytes = bytes;
}

static void punch(struct file *file)
{
	size_t bytes = 1 + draw(65536), at = draw(BYTES_MAX - bytes);
	int fd = open_file(file);

	if (!fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, at, bytes))
		memset(file->data + at, 0, bytes);
	else if (errno != EOPNOTSUPP)
		err(1, "%s: fallocate", name_of(file->number));
	close(fd);
}

static void rename_file(struct file *file)
{
	unsigned int old = file->number;

	file->number = names++;
	if (rename(name_of(old), name_of(file->number)))
		err(1, "rename");
}

static void link_file(struct file *file)
{
	unsigned int old = file->number;

	file->number = names++;
	if (link(name_of(old), name_of(file->number)) || unlink(name_of(old)))
		err(1, "link, unlink");
}

static void replace(struct file *file)
{
	if (unlink(name_of(file->number)))
		err(1, "unlink");
	memset(file, 0, sizeof(*file));
	file->there = true;
	file->number = names++;
	close(open_file(file));
	write_file(file);
}

typedef void (*step_fn)(struct file *file);

/* What is done to a file, by lot. */
static const step_fn what[] = {
	cut, punch, rename_file, link_file, replace,
	check, check, check, write_mapped, write_mapped,
	write_file, write_file, write_file, write_file, write_file, write_file,
};

static void step(void)
{
	struct file *file = &files[draw(FILES)];

	if (!file->there) {
		file->there = true;
		file->number = names++;
		write_file(file);
		return;
	}
	what[draw(sizeof(what) / sizeof(what[0]))](file);
}

/* The copies become files. */
static void tell(const char *model)
{
	unsigned int i;
	int fd;

	if (mkdir(model, 0700) || chdir(model))
		err(1, "%s", model);
	for (i = 0; i < FILES; i++) {
		if (!files[i].there)
			continue;
		fd = open_file(&files[i]);
		if (write(fd, files[i].data, files[i].bytes) != (ssize_t)files[i].bytes)
			err(1, "the copy of %s", name_of(files[i].number));
		close(fd);
	}
}

static int work(const char *dir, const char *model, const char *stop, int worker)
{
	char path[2][256];
	unsigned long done;
	unsigned int i;

	snprintf(path[0], sizeof(path[0]), "%s/w%d", dir, worker);
	snprintf(path[1], sizeof(path[1]), "%s/w%d", model, worker);
	if (mkdir(path[0], 0700) || chdir(path[0]))
		err(1, "%s", path[0]);
	for (done = 0; done < ENOUGH || access(stop, F_OK); done++)
		step();
	for (i = 0; i < FILES; i++) {
		if (files[i].there)
			check(&files[i]);
	}
	printf("%lu operations\n", done);
	tell(path[1]);
	return 0;
}

int main(int argc, char **argv)
{
	int i, status, bad = 0, workers;

	if (argc != 6)
		errx(2, "usage: file-storm DIR MODEL SEED WORKERS STOP");
	workers = atoi(argv[4]);
	for (i = 0; i < workers; i++) {
		switch (fork()) {
		case -1:
			err(1, "fork");
		case 0:
			dice = atoll(argv[3]) * 1000 + i;
			exit(work(argv[1], argv[2], argv[5], i));
		}
	}
	while (wait(&status) > 0)
		bad |= status;
	return !!bad;
}
