// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A durable map is made on a device that is checked first; nothing is written
 * before all is decided, and there is no map before all of it is written.
 */
#include <asm/byteorder.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/mapcreate.h"
#include "braidctl/member.h"
#include "braidctl/print.h"
#include "braidctl/size.h"
#include "map/map.h"

#define DEFAULT_BLOCK 65536

/* What a number that is too large for it can't be: it is refused later. */
static uint32_t narrow(uint64_t number)
{
	return number > UINT32_MAX ? UINT32_MAX : number;
}

static int whole_sectors(const struct request *request, enum option option,
			 const char *name, uint64_t *sectors)
{
	if (!request_has(request, option))
		return 0;
	if (request->number[option] % 512)
		return complain_usage("--%s %s: not a number of whole sectors",
				      name, request->text[option]);
	*sectors = request->number[option] / 512;
	return 0;
}

static int create_shape(const struct request *request,
			const struct member members[2], struct map_shape *shape)
{
	uint64_t block = DEFAULT_BLOCK / 512;
	int r;

	r = whole_sectors(request, OPT_BLOCK, "block", &block);
	if (r)
		return r;
	*shape = (struct map_shape){
		.device_sectors = members[0].sectors,
		.origin_sectors = members[1].sectors,
		.max_sectors = 2 * members[1].sectors,
		.store_sectors = block,
		.block_sectors = narrow(block),
		.extent_blocks = BRAID_MAP_EXTENT,
		.log_slots = BRAID_MAP_SLOTS,
	};
	if (request_has(request, OPT_EXTENT))
		shape->extent_blocks = narrow(request->number[OPT_EXTENT]);
	if (request_has(request, OPT_SLOTS))
		shape->log_slots = narrow(request->number[OPT_SLOTS]);
	r = whole_sectors(request, OPT_MAX_SIZE, "max-size",
			  &shape->max_sectors);
	return r ? r :
		   whole_sectors(request, OPT_STORE, "store",
				 &shape->store_sectors);
}

/* In the tail there is as much for copies as a 64th of the device, unless told. */
static int tail_shape(const struct request *request,
		      const struct member *origin, struct map_shape *shape)
{
	const struct member members[2] = { *origin, *origin };
	int r = create_shape(request, members, shape);

	if (!r && request_has(request, OPT_MAX_SIZE))
		return complain_usage(
			"--max-size: a device with a map in its tail can't grow");
	if (!r && !request_has(request, OPT_STORE) &&
	    shape->store_sectors < origin->sectors / 64)
		shape->store_sectors = origin->sectors / 64;
	return r;
}

/* The metadata device, and the one to be tracked. */
static int create_members(const struct request *request,
			  struct member members[2])
{
	unsigned int i;

	memset(members, 0, 2 * sizeof(*members));
	for (i = 0; i < 2; i++)
		if (member_check(request->operand[i], &members[i]))
			return EXIT_FAILED;
	if (member_check_distinct(members, 2))
		return EXIT_FAILED;
	return member_check_blank(&members[0], request_has(request, OPT_FORCE));
}

/* So that writes to the origin before it is attached are found out. */
static int sum_origin(const struct member *origin,
		      struct braid_map_super *super)
{
	int fd = map_open(origin->path, O_RDONLY);
	uint32_t sum;
	int r;

	r = fd < 0 ? fd : map_origin_sum(fd, origin->sectors, &sum);
	if (fd >= 0)
		close(fd);
	if (r)
		return complain("cannot read %s: %s", origin->path,
				strerror(-r));
	super->origin_sum = __cpu_to_le32(sum);
	super->flags |= __cpu_to_le32(BRAID_MAP_SUMMED);
	return 0;
}

/*
 * Crash: before the superblock is written, there is none, and create can be
 * called again.
 */
static int make(const struct member *meta, uint64_t at,
		struct braid_map_super *super)
{
	int fd = map_open(meta->path, O_RDWR | O_EXCL);
	int r = fd < 0 ? fd : 0;

	/* before a tail there is data, which stays */
	if (!r && !at)
		r = member_wipe(meta->path);
	if (!r)
		r = map_make(fd, at, super);
	if (fd >= 0)
		close(fd);
	if (r)
		return complain("cannot make a map on %s: %s", meta->path,
				strerror(-r));
	return 0;
}

static int create_report(const struct request *request,
			 const struct member *meta, uint64_t sectors,
			 const struct braid_map_super *super)
{
	uint64_t block = __le32_to_cpu(super->block_sectors) * 512ULL;
	uint64_t store = sectors - __le64_to_cpu(super->store_offset);
	char id[MAP_ID_TEXT], size[SIZE_TEXT], room[SIZE_TEXT];
	json_object *object;

	store = store * 512 / block * block;
	map_id_format(super->map_id, id);
	if (request_has(request, OPT_JSON)) {
		object = print_object();
		print_add_text(object, "device", meta->path);
		print_add_text(object, "map_id", id);
		print_add_number(object, "block_bytes", block);
		print_add_number(object, "blocks",
				 __le32_to_cpu(super->nr_blocks));
		print_add_number(object, "capacity_blocks",
				 __le32_to_cpu(super->capacity_blocks));
		print_add_number(object, "extent_blocks",
				 __le32_to_cpu(super->extent_blocks));
		print_add_number(object, "log_slots",
				 __le32_to_cpu(super->log_slots));
		print_add_number(object, "store_bytes", store);
		print_add_number(object, "origin_bytes",
				 __le64_to_cpu(super->origin_sectors) * 512);
		return print_json(object);
	}
	printf("%s: map %s of %u blocks of %s, %s for copies\n", meta->path, id,
	       __le32_to_cpu(super->nr_blocks), size_format(block, size),
	       size_format(store, room));
	return print_done();
}

static int create_tail(const struct request *request)
{
	struct braid_map_super super;
	struct map_shape shape;
	struct member member = { 0 };
	struct err error;
	int r;

	if (request->operands != 1)
		return complain_usage(
			"track create --tail takes one device, the one to be tracked");
	if (member_check(request->operand[0], &member) ||
	    member_check_blank(&member, request_has(request, OPT_FORCE)))
		return EXIT_FAILED;
	r = tail_shape(request, &member, &shape);
	if (r)
		return r;
	if (map_plan_tail(&super, &shape, &error))
		return complain("%s", error.text);
	member.sectors = shape.origin_sectors;
	r = sum_origin(&member, &super);
	if (!r)
		r = make(&member, shape.origin_sectors, &super);
	return r ? r :
		   create_report(request, &member, shape.device_sectors,
				 &super);
}

int map_create(const struct request *request)
{
	struct braid_map_super super;
	struct member members[2];
	struct map_shape shape;
	struct err error;
	int r;

	if (request_has(request, OPT_TAIL))
		return create_tail(request);
	if (request->operands != 2)
		return complain_usage(
			"track create takes two devices, META and ORIGIN, or one with --tail");
	r = create_members(request, members);
	if (!r)
		r = create_shape(request, members, &shape);
	if (r)
		return r;
	if (map_plan(&super, &shape, &error))
		return complain("%s", error.text);
	r = sum_origin(&members[1], &super);
	if (!r)
		r = make(&members[0], 0, &super);
	return r ? r :
		   create_report(request, &members[0], members[0].sectors,
				 &super);
}

int map_erase_found(const struct request *request)
{
	const char *path = request->operand[0];
	struct map_found found;
	struct member member;
	int fd, r;

	if (member_check(path, &member))
		return EXIT_FAILED;
	fd = map_open(path, O_RDWR | O_EXCL);
	r = fd < 0 ? fd : map_read(fd, &found);
	if (r)
		r = complain("cannot read %s: %s", path, strerror(-r));
	else if (found.fault == MAP_NONE)
		r = complain("%s: %s", path, map_fault_text(found.fault));
	else if (!request_has(request, OPT_FORCE))
		r = complain(
			"%s has a durable map, and what changed is forgotten with it: --force erases it",
			path);
	else if (map_erase(fd, found.at))
		r = complain("cannot write %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return r;
}
