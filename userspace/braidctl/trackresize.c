// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "braidctl/complain.h"
#include "braidctl/size.h"
#include "braidctl/tail.h"
#include "braidctl/trackresize.h"
#include "dm/track.h"

/* Nobody knows better how long the origin is than the kernel. */
static int origin_sectors(const char *origin, uint64_t *sectors)
{
	unsigned int major, minor;
	char path[64];
	int n = 0, fields;
	FILE *file;

	if (sscanf(origin, "%u:%u%n", &major, &minor, &n) != 2 || origin[n])
		return -EINVAL;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/size", major, minor);
	file = fopen(path, "re");
	if (!file)
		return -errno;
	fields = fscanf(file, "%" SCNu64, sectors);
	fclose(file);
	return fields == 1 ? 0 : -EPROTO;
}

static int resize_length(const struct request *request, uint64_t origin,
			 uint64_t now, bool tail, uint64_t *sectors)
{
	const char *name = request->operand[0];
	uint64_t bytes;

	*sectors = origin;
	if (request->operands > 1) {
		if (!size_parse(request->operand[1], &bytes) || !bytes ||
		    bytes % 512)
			return complain_usage(
				"'%s' is not a size such as 10G or 2048s",
				request->operand[1]);
		*sectors = bytes / 512;
	}
	if (*sectors > origin && tail)
		return complain(
			"%s can't be %" PRIu64
			" sectors long: its map is in the tail of its origin, behind sector %" PRIu64,
			name, *sectors, origin);
	if (*sectors > origin)
		return complain("%s can't be %" PRIu64
				" sectors long: its origin has %" PRIu64
				"; make that one larger first",
				name, *sectors, origin);
	if (*sectors < now)
		return complain(
			"%s has %" PRIu64
			" sectors and can't get shorter: detach it and attach it again",
			name, now);
	return 0;
}

/* Suspended only for the time in which the tables change places. */
static int resize_load(const char *name, const struct dm_dev_line *line,
		       uint64_t sectors)
{
	struct dm_dev_table table = {
		.sectors = sectors,
		.target = BRAID_TRACK_TARGET,
		.params = line->params,
	};
	struct err error, again;

	if (dm_dev_reload(name, &table, &error) ||
	    dm_dev_suspend(name, true, &error))
		return complain("%s", error.text);
	if (!dm_dev_resume(name, &error))
		return 0;
	/* it is suspended, and must not stay so */
	table.sectors = line->sectors;
	if (dm_dev_reload(name, &table, &again) || dm_dev_resume(name, &again))
		remark("%s", again.text);
	return complain("%s", error.text);
}

int trackresize_run(const struct request *request)
{
	const char *name = request->operand[0];
	struct dm_track_table table;
	struct dm_dev_line line;
	uint64_t origin, start, sectors = 0;
	struct err error;
	bool tail;
	int r;

	if (dm_track_table(name, &table, &error) ||
	    dm_dev_table(name, BRAID_TRACK_TARGET, &line, &error))
		return complain("%s", error.text);
	tail = tail_of(name, &table, &start);
	r = origin_sectors(table.origin, &origin);
	if (r)
		r = complain("cannot tell the size of %s, the origin of %s: %s",
			     table.origin, name, strerror(-r));
	else
		r = resize_length(request, tail ? start : origin, line.sectors,
				  tail, &sectors);
	if (!r && sectors == line.sectors)
		remark("%s has that size already", name);
	else if (!r)
		r = resize_load(name, &line, sectors);
	dm_dev_line_free(&line);
	return r;
}
