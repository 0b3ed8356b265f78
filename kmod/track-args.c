// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table line of braid-track: what is refused, and why. The log names device
 * and value, ti->error says what is wrong with them.
 */
#define DM_MSG_PREFIX "braid-track"

#include <linux/log2.h>

#include "compat.h"
#include "track.h"
#include "view-store.h"

static int track_parse_block_size(struct dm_target *ti, const char *arg,
				  struct track_args *args)
{
	sector_t nr_blocks;

	if (kstrtou32(arg, 10, &args->block_sectors) ||
	    !is_power_of_2(args->block_sectors) ||
	    args->block_sectors < BRAID_BLOCK_SECTORS_MIN ||
	    args->block_sectors > BRAID_BLOCK_SECTORS_MAX) {
		DMERR("block size %s", arg);
		ti->error = "The block size must be a power of two from 8 to 2048 sectors";
		return -EINVAL;
	}

	nr_blocks = DIV_ROUND_UP_SECTOR_T(ti->len, args->block_sectors);
	if (nr_blocks > U32_MAX - 1) {
		ti->error = "The device has too many blocks: use a larger block size";
		return -EINVAL;
	}
	args->nr_blocks = nr_blocks;
	return 0;
}

static int track_get_origin(struct dm_target *ti, const char *path,
			    struct track_args *args)
{
	struct block_device *bdev;
	int r;

	r = dm_get_device(ti, path, dm_table_get_mode(ti->table),
			  &args->origin);
	if (r) {
		DMERR("origin %s: error %d", path, r);
		ti->error = "The origin can't be opened: is it there, and not in use?";
		return r;
	}
	bdev = args->origin->bdev;
	if (bdev_is_zoned(bdev)) {
		ti->error = "The origin is a zoned device, which can't be tracked";
		return -EINVAL;
	}
	if (bdev_nr_sectors(bdev) < ti->len) {
		DMERR("origin %s has %llu sectors, the table %llu", path,
		      (unsigned long long)bdev_nr_sectors(bdev),
		      (unsigned long long)ti->len);
		ti->error = "The origin is shorter than the table";
		return -EINVAL;
	}
	return 0;
}

/* A durable map says itself how much room it needs, see map_super_check(). */
static int track_check_room(struct dm_target *ti, const struct track_args *args)
{
	sector_t min = VIEW_STORE_RESERVED + args->block_sectors;
	sector_t sectors = bdev_nr_sectors(args->metadata->bdev);

	if (args->durable || sectors >= min)
		return 0;
	DMERR("metadata device %s has %llu sectors, needs %llu",
	      args->metadata->name, (unsigned long long)sectors,
	      (unsigned long long)min);
	ti->error = "The metadata device is too small: it needs 1 MiB and a block";
	return -EINVAL;
}

static int track_check_metadata(struct dm_target *ti,
				const struct track_args *args)
{
	struct block_device *bdev = args->metadata->bdev;
	unsigned int logical = bdev_logical_block_size(bdev) >> SECTOR_SHIFT;

	if (bdev == args->origin->bdev) {
		ti->error = "The metadata device is the origin";
		return -EINVAL;
	}
	if (bdev_is_zoned(bdev)) {
		ti->error = "The metadata device is a zoned device";
		return -EINVAL;
	}
	if (args->block_sectors % logical || ti->len % logical) {
		ti->error = "The block size or the length is no multiple of the metadata device's logical blocks";
		return -EINVAL;
	}
	if (args->durable && logical > BRAID_MAP_UNIT) {
		ti->error = "The metadata device's logical blocks are larger than 4 KiB";
		return -EINVAL;
	}
	return track_check_room(ti, args);
}

static int track_get_metadata(struct dm_target *ti, const char *path,
			      struct track_args *args)
{
	int r;

	if (!strcmp(path, "-")) {
		if (!args->durable)
			return 0;
		ti->error = "The feature durable needs a metadata device";
		return -EINVAL;
	}
	if (args->durable && !braid_table_writable(ti->table)) {
		ti->error = "The feature durable needs a table that can be written";
		return -EROFS;
	}

	r = dm_get_device(ti, path, dm_table_get_mode(ti->table),
			  &args->metadata);
	if (r) {
		DMERR("metadata device %s: error %d", path, r);
		ti->error = "The metadata device can't be opened: is it there, and not in use?";
		return r;
	}
	return track_check_metadata(ti, args);
}

static int track_parse_features(struct dm_target *ti, unsigned int argc,
				char **argv, struct track_args *args)
{
	u32 nr, i;

	if (!argc)
		return 0;
	if (kstrtou32(argv[0], 10, &nr) || nr != argc - 1) {
		ti->error = "The number of features doesn't match the arguments";
		return -EINVAL;
	}
	for (i = 1; i <= nr; i++) {
		if (strcasecmp(argv[i], "durable")) {
			DMERR("feature %s", argv[i]);
			ti->error = "The feature is unknown; there is \"durable\"";
		return -EINVAL;
	}
		args->durable = true;
	}
	return 0;
}

/**
 * track_parse() - read and check a table line
 * @ti: the target; its error is set
 * @argc: number of arguments
 * @argv: <metadata_dev|-> <origin_dev> <block_sectors> [<#features> ...]
 * @args: what they say; its devices are the caller's to put, also on failure
 *
 * Return: 0 or an error.
 */
int track_parse(struct dm_target *ti, unsigned int argc, char **argv,
		struct track_args *args)
{
	int r;

	args->len = ti->len;
	if (argc < 3) {
		ti->error = "Expected <metadata_dev|-> <origin_dev> <block_sectors> [<#features> <feature>...]";
		return -EINVAL;
	}
	if (ti->begin) {
		ti->error = "The target must begin at sector 0 of its table";
		return -EINVAL;
	}
	r = track_parse_block_size(ti, argv[2], args);
	if (r)
		return r;
	r = track_parse_features(ti, argc - 3, argv + 3, args);
	if (r)
		return r;
	r = track_get_origin(ti, argv[1], args);
	if (r)
		return r;
	return track_get_metadata(ti, argv[0], args);
}

/* A path or MAJOR:MINOR, as device-mapper takes them. */
int track_parse_dev(const char *path, dev_t *dev)
{
	unsigned int major, minor;
	char dummy;

	if (sscanf(path, "%u:%u%c", &major, &minor, &dummy) != 2)
		return lookup_bdev(path, dev);
	*dev = MKDEV(major, minor);
	return MAJOR(*dev) == major && MINOR(*dev) == minor ? 0 : -EOVERFLOW;
}
