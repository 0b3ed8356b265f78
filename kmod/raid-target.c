// SPDX-License-Identifier: GPL-2.0-only
/*
 * The braid-raid target: device-mapper's side of an array. What the words of
 * the table line may be is in raid-args.c, the devices are in raid-members.c,
 * the work is the levels'. Documentation/braid-raid.md describes what a user
 * sees.
 */
#include <linux/module.h>

#include "raid.h"
#include "raid-log.h"
#include "raid-record.h"
#include "targets.h"

#define DM_MSG_PREFIX "braid-raid"

static const struct raid_level *const raid_levels[] = {
	[RAID_LEVEL_0] = &raid0_level,
	[RAID_LEVEL_1] = &raid1_level,
	[RAID_LEVEL_5] = &raid5_level,
};

static void send_event(struct work_struct *work)
{
	struct raid *raid = container_of(work, struct raid, event);

	dm_table_event(raid->ti->table);
}

static struct raid *make_raid(struct dm_target *ti,
			      const struct raid_args *args)
{
	struct raid *raid;

	raid = kzalloc(struct_size(raid, member, args->members + 1),
		       GFP_KERNEL);
	if (!raid)
		return NULL;
	raid->ti = ti;
	raid->level = raid_levels[args->level];
	raid->level_id = args->level;
	raid->algorithm = args->algorithm;
	raid->chunk = args->chunk;
	raid->members = args->members;
	raid->twin_of = args->twin ? args->twin_of : RAID_NO_SLOT;
	raid->member_sectors = ti->len;
	raid->no_log = args->no_log;
	raid->rate_min = args->rate_min;
	raid->rate_max = args->rate_max;
	raid->stable_pages = args->stable_pages;
	raid->used_at = jiffies - HZ;
	INIT_WORK(&raid->event, send_event);
	INIT_LIST_HEAD(&raid->node);
	mutex_init(&raid->change);
	if (args->level == RAID_LEVEL_0) {
		raid->layout.members = args->members;
		raid->layout.chunk_shift = ilog2(args->chunk);
		raid->member_sectors = div_u64(ti->len, args->members);
	}
	if (args->level == RAID_LEVEL_5)
		raid->member_sectors = div_u64(ti->len, args->members - 1);
	return raid;
}

static void free_raid(struct raid *raid)
{
	flush_work(&raid->event);
	raid_log_free(raid);
	raid_sync_free(raid);
	raid_members_close(raid);
	raid_record_free(raid);
	kfree(raid);
}

static int start_raid(struct dm_target *ti, const struct raid_args *args)
{
	struct raid *raid;
	int r;

	raid = make_raid(ti, args);
	if (!raid) {
		ti->error = "not enough memory for the array";
		return -ENOMEM;
	}
	r = raid_members_open(raid, args);
	if (r)
		goto out_free_raid;
	r = raid_record_load(raid, args);
	if (r)
		goto out_free_raid;
	r = raid_sync_make(raid, args);
	if (r)
		goto out_free_raid;
	r = raid_log_make(raid);
	if (r)
		goto out_free_raid;
	r = raid->level->start(raid);
	if (r)
		goto out_free_raid;
	ti->private = raid;
	return 0;

out_free_raid:
	free_raid(raid);
	return r;
}

static int raid_ctr(struct dm_target *ti, unsigned int argc, char **argv)
{
	struct raid_complaint complaint;
	struct raid_args *args;
	int r;

	args = kmalloc(sizeof(*args), GFP_KERNEL);
	if (!args) {
		ti->error = "not enough memory for the table line";
		return -ENOMEM;
	}
	r = raid_args_parse(args, argc, argv, ti->len, &complaint);
	if (r) {
		DMERR("%s: argument %u '%s': %s (length %llu)",
		      dm_table_device_name(ti->table), complaint.position,
		      complaint.word, complaint.error,
		      (unsigned long long)ti->len);
		ti->error = (char *)complaint.error;
	} else {
		r = start_raid(ti, args);
	}
	kfree(args);
	return r;
}

static void raid_dtr(struct dm_target *ti)
{
	struct raid *raid = ti->private;

	raid_sync_suspend(raid);
	raid->level->stop(raid);
	free_raid(raid);
}

static int raid_map(struct dm_target *ti, struct bio *bio)
{
	struct raid *raid = ti->private;

	raid_sync_used(raid);
	return raid->level->map(raid, bio);
}

static int raid_end_io(struct dm_target *ti, struct bio *bio,
		       blk_status_t *error)
{
	struct raid *raid = ti->private;

	return raid->level->end_io(raid, bio, error);
}

static void raid_postsuspend(struct dm_target *ti)
{
	struct raid *raid = ti->private;

	raid_sync_suspend(raid);
	if (raid->level->suspended)
		raid->level->suspended(raid);
	raid_log_stop(raid);
	raid_record_stop(raid);
}

static int raid_preresume(struct dm_target *ti)
{
	struct raid *raid = ti->private;
	int r = 0;

	if (raid->level_id != RAID_LEVEL_0)
		r = raid_members_inherit(raid);
	return r ? r : raid_record_start(raid);
}

static void raid_resume(struct dm_target *ti)
{
	struct raid *raid = ti->private;

	if (raid->level_id != RAID_LEVEL_0)
		raid_members_register(raid);
	if (raid->level->resumed)
		raid->level->resumed(raid);
	raid_sync_resume(raid);
}

static const char *type_name(const struct raid *raid)
{
	return raid_args_type_name(raid->level_id, raid->algorithm);
}

static char health(const struct raid *raid, unsigned int slot)
{
	if (!raid->member[slot])
		return '-';
	if (test_bit(slot, raid->dead))
		return 'D';
	return test_bit(slot, raid->rebuilding) ? 'a' : 'A';
}

/* The fields and their order are dm-raid's. */
static void status_info(const struct raid *raid, char *result,
			unsigned int maxlen)
{
	struct raid_sync_status sync;
	unsigned int slot, sz = 0;

	raid_sync_status(raid, &sync);
	DMEMIT("%s %u ", type_name(raid), raid->members);
	for (slot = 0; slot < raid->members; slot++)
		DMEMIT("%c", health(raid, slot));
	DMEMIT(" %llu/%llu %s %llu %llu -", (unsigned long long)sync.done,
	       (unsigned long long)raid->member_sectors,
	       raid_sync_word(sync.action),
	       (unsigned long long)sync.mismatches,
	       (unsigned long long)raid->data_offset);
	if (raid->twin_of == RAID_NO_SLOT)
		return;
	DMEMIT(" replace %u %c %llu", raid->twin_of,
	       health(raid, raid->members),
	       (unsigned long long)READ_ONCE(raid->recovered[raid->members]));
}

/* A table loaded again from this doesn't trust a member that was dropped. */
static void status_table(const struct raid *raid, char *result,
			 unsigned int maxlen)
{
	bool redundant = raid->level_id != RAID_LEVEL_0;
	unsigned int slot, sz = 0, features = 0;

	if (redundant)
		features += 2 * bitmap_weight(raid->dead, raid->members);
	if (raid->record)
		features += 2;
	features += raid->no_log;
	features += 3 * raid_twin_used(raid);
	features += 2 * (!!raid->rate_min + !!raid->rate_max);
	features += raid->stable_pages;
	if (raid->ppl_offset && !raid->ppl)
		features++;
	DMEMIT("%s %u %u", type_name(raid), raid->chunk, features);
	if (raid->record)
		DMEMIT(" superblock %pUb", &raid->uuid);
	if (raid->ppl_offset && !raid->ppl)
		DMEMIT(" no_ppl");
	if (raid->no_log)
		DMEMIT(" no_log");
	if (raid_twin_used(raid))
		DMEMIT(" replace %u %s", raid->twin_of,
		       raid->member[raid->members]->name);
	if (raid->rate_min)
		DMEMIT(" min_recovery_rate %u", raid->rate_min);
	if (raid->rate_max)
		DMEMIT(" max_recovery_rate %u", raid->rate_max);
	if (raid->stable_pages)
		DMEMIT(" stable_pages");
	for_each_set_bit(slot, raid->dead, raid->members) {
		if (redundant)
			DMEMIT(" failed %u", slot);
	}
	DMEMIT(" %u", raid->members);
	for (slot = 0; slot < raid->members; slot++)
		DMEMIT(" %s", raid->member[slot] ?
			      raid->member[slot]->name : "-");
}

static void status_ima(const struct raid *raid, char *result,
		       unsigned int maxlen)
{
	struct raid_sync_status sync;
	unsigned int slot, sz = 0;

	raid_sync_status(raid, &sync);
	DMEMIT_TARGET_NAME_VERSION(raid->ti->type);
	DMEMIT(",raid_type=%s,raid_disks=%u,chunk_sectors=%u,raid_state=%s",
	       type_name(raid), raid->members,
	       raid->chunk, raid_sync_word(sync.action));
	for (slot = 0; slot < raid->members; slot++) {
		DMEMIT(",raid_device_%u=%s", slot, raid->member[slot] ?
		       raid->member[slot]->name : "-");
		DMEMIT(",raid_device_%u_status=%c", slot, health(raid, slot));
	}
	DMEMIT(";");
}

static void raid_status(struct dm_target *ti, status_type_t type,
			unsigned int status_flags, char *result,
			unsigned int maxlen)
{
	struct raid *raid = ti->private;

	switch (type) {
	case STATUSTYPE_INFO:
		status_info(raid, result, maxlen);
		break;
	case STATUSTYPE_TABLE:
		status_table(raid, result, maxlen);
		break;
	case STATUSTYPE_IMA:
		status_ima(raid, result, maxlen);
		break;
	}
}

static int message_fail(struct raid *raid, unsigned int argc, char **argv)
{
	const char *name = dm_table_device_name(raid->ti->table);
	unsigned int slot;

	if (argc != 2 || kstrtouint(argv[1], 10, &slot)) {
		DMERR("%s: message fail needs one number, that of a slot",
		      name);
		return -EINVAL;
	}
	if (slot >= raid->members || !raid->member[slot]) {
		DMERR("%s: message fail: there is no device in slot %u", name,
		      slot);
		return -EINVAL;
	}
	return raid->level->fail(raid, slot, "failed by message");
}

static int message_sync(struct raid *raid, const char *word)
{
	const char *name = dm_table_device_name(raid->ti->table);
	int r;

	if (!raid->sync) {
		DMERR("%s: message '%s': only fail <slot> is known for this level",
		      name, word);
		return -EINVAL;
	}
	r = raid_sync_message(raid, word);
	if (r == -EINVAL)
		DMERR("%s: message '%s' is unknown, or the array is suspended",
		      name, word);
	else if (r == -EBUSY)
		DMERR("%s: message %s: something else is being done", name,
		      word);
	return r;
}

static int raid_message(struct dm_target *ti, unsigned int argc, char **argv,
			char *result, unsigned int maxlen)
{
	struct raid *raid = ti->private;

	if (argc && !strcasecmp(argv[0], "fail"))
		return message_fail(raid, argc, argv);
	return message_sync(raid, argc == 1 ? argv[0] : "");
}

static int raid_iterate_devices(struct dm_target *ti,
				iterate_devices_callout_fn fn, void *data)
{
	struct raid *raid = ti->private;
	unsigned int slot;
	int r = 0;

	for (slot = 0; slot < raid_places(raid) && !r; slot++) {
		if (raid_member_used(raid, slot))
			r = fn(ti, raid->member[slot], raid->data_offset,
			       raid->member_sectors, data);
	}
	return r;
}

static void raid_io_hints(struct dm_target *ti, struct queue_limits *limits)
{
	struct raid *raid = ti->private;

	if (raid->level->io_hints)
		raid->level->io_hints(raid, limits);
}

struct target_type braid_raid_target = {
	.name = BRAID_RAID_TARGET,
	.version = { 1, 0, 0 },
	.features = DM_TARGET_NOWAIT,
	.module = THIS_MODULE,
	.ctr = raid_ctr,
	.dtr = raid_dtr,
	.map = raid_map,
	.end_io = raid_end_io,
	.postsuspend = raid_postsuspend,
	.preresume = raid_preresume,
	.resume = raid_resume,
	.status = raid_status,
	.message = raid_message,
	.iterate_devices = raid_iterate_devices,
	.io_hints = raid_io_hints,
};
