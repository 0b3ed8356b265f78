// SPDX-License-Identifier: GPL-2.0-or-later
/* Durable maps: planned, made on a file, read back, damaged. */
#include <asm/byteorder.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "map/map.h"

#define SECTORS 32768

static const struct map_shape usual = {
	.device_sectors = SECTORS,
	.origin_sectors = 128 * 3000 - 8,
	.max_sectors = 128 * 5000,
	.store_sectors = 128,
	.block_sectors = 128,
	.extent_blocks = BRAID_MAP_EXTENT,
	.log_slots = BRAID_MAP_SLOTS,
};

/* A file in the place of a device. */
static int device(void)
{
	char path[] = "/tmp/map_test.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(ftruncate(fd, SECTORS * 512), 0);
	return fd;
}

static int made(struct braid_map_super *super)
{
	struct err error;
	int fd = device();

	assert_int_equal(map_plan(super, &usual, &error), 0);
	assert_int_equal(map_make(fd, 0, super), 0);
	return fd;
}

/* Turn one bit over. */
static void rot(int fd, uint64_t offset)
{
	uint8_t byte;

	assert_int_equal(pread(fd, &byte, 1, offset), 1);
	byte ^= 4;
	assert_int_equal(pwrite(fd, &byte, 1, offset), 1);
}

/* Whatever is planned is what the kernel takes, or it is refused. */
static void any_shape_is_good_or_refused(void **state)
{
	unsigned int good = 0, i;
	struct err error;

	srandom(7);
	for (i = 0; i < 20000; i++) {
		struct map_shape shape = {
			.device_sectors = random() % 200000,
			.origin_sectors = random() % 2000000,
			.store_sectors = random() % 4096,
			.block_sectors = 4U << random() % 11,
			.extent_blocks = 1U << random() % 18,
			.log_slots = random() % 70000,
		};
		struct braid_map_super super;
		int r;

		shape.max_sectors = shape.origin_sectors * (random() % 4);
		error.text[0] = '\0';
		r = map_plan(&super, &shape, &error);
		if (r) {
			assert_true(r == -EINVAL || r == -ENOSPC);
			assert_true(error.text[0]);
			continue;
		}
		good++;
		assert_int_equal(map_super_check(&super, shape.device_sectors),
				 MAP_GOOD);
		assert_true(__le64_to_cpu(super.store_offset) +
				    shape.store_sectors <=
			    shape.device_sectors);
		assert_true((uint64_t)__le32_to_cpu(super.capacity_blocks) *
				    shape.block_sectors >=
			    shape.max_sectors);
	}
	assert_true(good > 1000);
}

static void too_many_blocks_are_refused(void **state)
{
	struct map_shape shape = usual;
	struct braid_map_super super;
	struct err error;

	shape.block_sectors = 8;
	shape.device_sectors = UINT64_MAX / 1024;
	shape.max_sectors = 8ULL * UINT32_MAX;
	assert_int_equal(map_plan(&super, &shape, &error), -EINVAL);
	assert_non_null(strstr(error.text, "larger block size"));
	shape.max_sectors -= 8;
	assert_int_equal(map_plan(&super, &shape, &error), 0);
}

struct seen {
	uint64_t sectors[2], rotten[2], values, stop_at;
};

static int see(struct seen *seen, unsigned int which, uint32_t first,
	       const struct braid_map_sector *sector, bool whole)
{
	unsigned int i;

	assert_int_equal(first, seen->sectors[which] * BRAID_MAP_VALUES);
	seen->sectors[which]++;
	seen->rotten[which] += !whole;
	for (i = 0; i < BRAID_MAP_VALUES; i++)
		seen->values += sector->value[i] != 0;
	return seen->sectors[1] == seen->stop_at ? -ECANCELED : 0;
}

static int see_log(void *arg, uint32_t first,
		   const struct braid_map_sector *sector, bool whole)
{
	return see(arg, 0, first, sector, whole);
}

static int see_map(void *arg, uint32_t first,
		   const struct braid_map_sector *sector, bool whole)
{
	return see(arg, 1, first, sector, whole);
}

static int walk(int fd, const struct map_found *found, struct seen *seen)
{
	const struct map_visitor visitor = { see_log, see_map, seen };

	return map_walk(fd, found, &visitor);
}

static void what_is_made_is_read(void **state)
{
	struct seen seen = { .stop_at = UINT64_MAX };
	struct braid_map_super super;
	struct map_found found;
	int fd = made(&super);

	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_GOOD);
	assert_true(found.whole[0] && found.whole[1]);
	assert_memory_equal(&found.super, &super, sizeof(super));
	assert_int_equal(walk(fd, &found, &seen), 0);
	assert_int_equal(seen.sectors[0], BRAID_MAP_SLOTS / BRAID_MAP_VALUES);
	assert_int_equal(seen.sectors[1],
			 (3000 + BRAID_MAP_VALUES - 1) / BRAID_MAP_VALUES);
	assert_int_equal(seen.rotten[0] + seen.rotten[1], 0);
	assert_int_equal(seen.values, 0);

	memset(&seen, 0, sizeof(seen));
	seen.stop_at = 3;
	assert_int_equal(walk(fd, &found, &seen), -ECANCELED);
	close(fd);
}

static void rot_is_found(void **state)
{
	struct seen seen = { .stop_at = UINT64_MAX };
	struct braid_map_super super;
	struct map_found found;
	int fd = made(&super);
	uint64_t log = __le64_to_cpu(super.log_offset);
	uint64_t map = __le64_to_cpu(super.map_offset);

	rot(fd, log * 512 + 100);
	rot(fd, (map + 3) * 512);
	rot(fd, (map + 9) * 512 + 511);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(walk(fd, &found, &seen), 0);
	assert_int_equal(seen.rotten[0], 1);
	assert_int_equal(seen.rotten[1], 2);

	/* one copy of the superblock is enough, without any there is no map */
	rot(fd, 8192 + 200);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_GOOD);
	assert_true(!found.whole[0] && found.whole[1]);
	assert_int_equal(__le64_to_cpu(found.super.sequence), 1);
	rot(fd, 4096 + 200);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_TORN);

	assert_int_equal(map_erase(fd, 0), 0);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_NONE);
	close(fd);
}

static void a_short_device_has_no_map(void **state)
{
	struct braid_map_super super;
	struct map_found found;
	int fd = made(&super);

	assert_int_equal(
		ftruncate(fd, __le64_to_cpu(super.store_offset) * 512 - 512),
		0);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_SHORT);
	assert_int_equal(ftruncate(fd, 4096), 0);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_NONE);
	close(fd);
}

/* The sum tells of a change at the beginning, at the end, and of the length. */
static void the_origin_is_summed(void **state)
{
	uint32_t sum, other;
	int fd = device();

	assert_int_equal(map_origin_sum(fd, SECTORS, &sum), 0);
	assert_int_equal(map_origin_sum(fd, SECTORS - 8, &other), 0);
	assert_int_not_equal(sum, other);
	rot(fd, 1024);
	assert_int_equal(map_origin_sum(fd, SECTORS, &other), 0);
	assert_int_not_equal(sum, other);
	rot(fd, 1024);
	rot(fd, SECTORS * 512 - 1);
	assert_int_equal(map_origin_sum(fd, SECTORS, &other), 0);
	assert_int_not_equal(sum, other);
	rot(fd, SECTORS * 512 - 1);
	rot(fd, SECTORS * 256);
	assert_int_equal(map_origin_sum(fd, SECTORS, &other), 0);
	assert_int_equal(sum, other);
	assert_int_equal(map_origin_sum(fd, 8, &other), 0);
	close(fd);
}

/* A map in the tail of a device: data before it, and the end behind. */
static void a_tail_is_found(void **state)
{
	struct seen seen = { .stop_at = UINT64_MAX };
	struct map_shape shape = usual;
	struct braid_map_super super, other;
	struct map_found found;
	struct err error;
	char data[512], still[512];
	int fd = device();

	/* a length that is no multiple of anything */
	assert_int_equal(ftruncate(fd, (SECTORS + 13) * 512), 0);
	shape.device_sectors = SECTORS + 13;
	assert_int_equal(map_plan_tail(&super, &shape, &error), 0);
	assert_int_equal(shape.origin_sectors % 2048, 0);
	assert_in_range(shape.origin_sectors, 2048, SECTORS - 8);
	assert_int_equal(shape.origin_sectors + shape.device_sectors, SECTORS);
	assert_true(__le64_to_cpu(super.store_offset) + 128 <=
		    shape.device_sectors);

	memset(data, 0x77, sizeof(data));
	assert_int_equal(
		pwrite(fd, data, 512, shape.origin_sectors * 512 - 512), 512);
	assert_int_equal(pwrite(fd, data, 512, 4096), 512);
	assert_int_equal(map_make(fd, shape.origin_sectors, &super), 0);
	assert_int_equal(
		pread(fd, still, 512, shape.origin_sectors * 512 - 512), 512);
	assert_memory_equal(data, still, 512);
	assert_int_equal(pread(fd, still, 512, 4096), 512);
	assert_memory_equal(data, still, 512);

	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_GOOD);
	assert_int_equal(found.at, shape.origin_sectors);
	assert_int_equal(found.sectors, shape.device_sectors);
	assert_memory_equal(&found.super, &super, sizeof(super));
	assert_int_equal(walk(fd, &found, &seen), 0);
	assert_int_equal(seen.rotten[0] + seen.rotten[1], 0);
	assert_int_equal(seen.values, 0);

	/* one that is torn is no less a map; one of another length is none */
	rot(fd, found.at * 512 + 4096 + 200);
	rot(fd, found.at * 512 + 8192 + 200);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_TORN);
	assert_int_equal(found.at, shape.origin_sectors);
	assert_int_equal(ftruncate(fd, (SECTORS + 29) * 512), 0);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_NONE);
	assert_int_equal(found.at, 0);

	/* a map at the beginning takes its place */
	assert_int_equal(ftruncate(fd, (SECTORS + 13) * 512), 0);
	assert_int_equal(map_plan(&other, &usual, &error), 0);
	assert_int_equal(map_make(fd, 0, &other), 0);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_GOOD);
	assert_int_equal(found.at, 0);
	assert_memory_equal(found.super.map_id, other.map_id, 16);
	close(fd);
}

static void a_tail_is_erased(void **state)
{
	struct map_shape shape = usual;
	struct braid_map_super super;
	struct map_found found;
	struct err error;
	int fd = device();

	shape.device_sectors = SECTORS;
	assert_int_equal(map_plan_tail(&super, &shape, &error), 0);
	assert_int_equal(map_make(fd, shape.origin_sectors, &super), 0);
	/* the end is rotten: nobody knows where the map is */
	rot(fd, (SECTORS - 8) * 512 + 40);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_NONE);
	rot(fd, (SECTORS - 8) * 512 + 40);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_GOOD);
	assert_int_equal(map_erase(fd, found.at), 0);
	assert_int_equal(map_read(fd, &found), 0);
	assert_int_equal(found.fault, MAP_NONE);
	assert_int_equal(found.at, 0);
	close(fd);
}

/* Whatever the device's length: it fits, or is refused. */
static void any_tail_fits(void **state)
{
	struct braid_map_super super;
	struct err error;
	uint64_t sectors;

	for (sectors = 0; sectors < 200000; sectors += 61) {
		struct map_shape shape = usual;
		int r;

		shape.device_sectors = sectors;
		r = map_plan_tail(&super, &shape, &error);
		if (r) {
			assert_int_equal(r, -ENOSPC);
			assert_in_range(sectors, 0, 6000);
			continue;
		}
		assert_true(shape.origin_sectors > 0);
		assert_true(shape.origin_sectors + shape.device_sectors <=
			    sectors - 8);
		assert_int_equal(map_super_check(&super, shape.device_sectors),
				 MAP_GOOD);
		assert_int_equal(__le64_to_cpu(super.origin_sectors),
				 shape.origin_sectors);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_shape_is_good_or_refused),
		cmocka_unit_test(too_many_blocks_are_refused),
		cmocka_unit_test(what_is_made_is_read),
		cmocka_unit_test(rot_is_found),
		cmocka_unit_test(a_short_device_has_no_map),
		cmocka_unit_test(the_origin_is_summed),
		cmocka_unit_test(a_tail_is_found),
		cmocka_unit_test(a_tail_is_erased),
		cmocka_unit_test(any_tail_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
