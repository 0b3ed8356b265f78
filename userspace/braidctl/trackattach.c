// SPDX-License-Identifier: GPL-2.0-or-later
#include <asm/byteorder.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/member.h"
#include "braidctl/tail.h"
#include "braidctl/track.h"
#include "braidctl/trackattach.h"
#include "dm/track.h"
#include "map/map.h"

#define DEFAULT_BLOCK 65536

static int attach_block(const struct request *request, uint32_t *sectors)
{
	uint64_t block = DEFAULT_BLOCK;

	/* that of a durable map is known already */
	if (*sectors)
		block = *sectors * 512ULL;
	if (*sectors && request_has(request, OPT_BLOCK) &&
	    request->number[OPT_BLOCK] != block)
		return complain_usage(
			"--block %s: the map on %s has blocks of %" PRIu64
			" bytes; leave --block out",
			request->text[OPT_BLOCK],
			request_has(request, OPT_META) ?
				request->text[OPT_META] :
				request->operand[1],
			block);
	if (request_has(request, OPT_BLOCK))
		block = request->number[OPT_BLOCK];
	if (block < 512ULL * BRAID_BLOCK_SECTORS_MIN ||
	    block > 512ULL * BRAID_BLOCK_SECTORS_MAX || block & (block - 1))
		return complain_usage(
			"--block %s: not a power of two from 4K to 1M",
			request->text[OPT_BLOCK]);
	*sectors = block / 512;
	return 0;
}

/*
 * A metadata device with a durable map is used for that, and says how large a block
 * is; what else is on one is overwritten.
 */
static int attach_meta(const struct request *request,
		       const struct member *origin, const struct member *meta,
		       struct dm_track_table *table)
{
	const struct braid_map_super *super;
	struct map_found found;
	int fd = map_open(meta->path, O_RDONLY);
	int r = fd < 0 ? fd : map_read(fd, &found);

	if (fd >= 0)
		close(fd);
	if (r)
		return complain("cannot read %s: %s", meta->path, strerror(-r));
	if (found.fault == MAP_NONE)
		return member_check_blank(meta,
					  request_has(request, OPT_FORCE));
	if (found.fault != MAP_GOOD)
		return complain("%s: %s; track create --force makes a new one",
				meta->path, map_fault_text(found.fault));
	super = &found.super;
	table->durable = true;
	table->block_sectors = __le32_to_cpu(super->block_sectors);
	if (origin->sectors >= __le64_to_cpu(super->origin_sectors))
		return 0;
	return complain(
		"%s has %" PRIu64
		" sectors, but the map on %s is of %llu: is it another device's?",
		origin->path, origin->sectors, meta->path,
		(unsigned long long)__le64_to_cpu(super->origin_sectors));
}

/* Has the origin a map in its tail? Then it ends where that begins. */
static int attach_tail(const struct request *request, struct member *origin,
		       struct map_found *found)
{
	int fd = map_open(origin->path, O_RDONLY);
	int r = fd < 0 ? fd : map_read(fd, found);

	if (fd >= 0)
		close(fd);
	if (r)
		return complain("cannot read %s: %s", origin->path,
				strerror(-r));
	if (!found->at)
		return request_has(request, OPT_TAIL) ?
			       complain("%s has no map in its tail",
					origin->path) :
			       0;
	if (request_has(request, OPT_META))
		return complain(
			"%s has a map in its tail: leave --meta out, or track erase takes that away",
			origin->path);
	if (found->fault != MAP_GOOD)
		return complain("%s: %s; track create --force makes a new one",
				origin->path, map_fault_text(found->fault));
	origin->sectors = found->at;
	return 0;
}

/* What is on the origin stays. */
static int attach_devices(const struct request *request, struct member *origin,
			  struct map_found *tail, struct dm_track_table *table)
{
	struct member members[2] = { 0 };

	if (strlen(request->operand[1]) >= sizeof(table->origin))
		return complain_usage("%.32s...: the path is too long",
				      request->operand[1]);
	if (member_check(request->operand[1], &members[0]))
		return EXIT_FAILED;
	strcpy(table->origin, request->operand[1]);
	strcpy(table->meta, "-");
	if (attach_tail(request, &members[0], tail))
		return EXIT_FAILED;
	*origin = members[0];
	if (tail->at) {
		table->durable = true;
		table->block_sectors = __le32_to_cpu(tail->super.block_sectors);
	}
	if (!request_has(request, OPT_META))
		return 0;
	if (strlen(request->text[OPT_META]) >= sizeof(table->meta))
		return complain_usage("--meta %.32s...: the path is too long",
				      request->text[OPT_META]);
	if (member_check(request->text[OPT_META], &members[1]) ||
	    member_check_distinct(members, 2) ||
	    attach_meta(request, &members[0], &members[1], table))
		return EXIT_FAILED;
	strcpy(table->meta, request->text[OPT_META]);
	return 0;
}

int trackattach_run(const struct request *request)
{
	const char *name = request->operand[0];
	struct dm_track_table table = { 0 };
	struct dm_dev_info info;
	struct err error;
	struct member origin = { 0 };
	struct map_found tail;
	int r;

	if (!dm_dev_name_ok(name) || strchr(name, '@'))
		return complain_usage(
			"'%s' is no name for a tracked device: use letters, digits and #+-.:=_",
			name);
	if (!dm_dev_info(name, &info, NULL))
		return complain("there is a device-mapper device %s already",
				name);
	r = attach_devices(request, &origin, &tail, &table);
	if (r)
		return r;
	r = attach_block(request, &table.block_sectors);
	if (r)
		return r;
	if (tail.at && tail_attach(name, origin.path, &tail, table.meta))
		return EXIT_FAILED;
	if (dm_track_create(name, &table, origin.sectors, &error)) {
		if (tail.at)
			tail_detach(name);
		return complain("%s", error.text);
	}
	return track_print_path(request, name);
}
