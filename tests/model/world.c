// SPDX-License-Identifier: GPL-2.0-or-later
#include "world.h"

#include "dm-braid.h"
#include "map-sector.h"
#include "targets.h"
#include "track.h"
#include "truth.h"

#define ROOM		2600U		/* blocks, after growth */
#define VIEWS		BRAID_VIEWS_MAX
#define ARGS_MAX	8U
#define CHANGES_MAX	48U
#define PER_BIO		1024U

#if __has_include("map-disk.h")
#define HAS_DURABLE	1
#else
#define HAS_DURABLE	0
#endif


/* A view, and what must be in it. */
struct seen {
	bool used;
	u32 era, since, nr_blocks;
	bool whole, ending;
	unsigned int readers;
	struct snapshot *content;
	bool *must, *may, *released;
	struct mapped_device md;
	struct dm_table table;
	struct dm_target ti;
};

struct world {
	bool up, suspended, closing, reloading, growing;
	bool durable;
	bool calm;			/* it seldom stops, so eras get old */
	u32 extent, slots;		/* of the activity log */
	u32 forgiven;			/* blocks that may be suspect in vain */
	u32 nr_blocks;
	unsigned int block_sectors;
	unsigned int writes, messages;	/* under way */
	unsigned int suspensions;
	u64 tag;
	struct mapped_device md;
	struct dm_table table;
	struct dm_target *live;
	struct seen views[VIEWS];
};

struct write {
	struct bio bio;
	char per_bio[PER_BIO];
	struct change change;
};

struct reading {
	struct bio bio;
	char per_bio[PER_BIO];
	struct seen *view;
	u32 block;
};

const char *const op_names[OP_KINDS] = {
	"write", "discard", "flush", "close", "close whole", "close shipped",
	"changed now", "changed of a view", "read a view", "release", "drop",
	"mark", "suspend and resume", "reload", "grow", "stop and start",
	"write while away", "rot", "metadata device fails", "crash", "wait",
};

const unsigned int op_weights[OP_KINDS] = {
	[OP_WRITE] = 560,
	[OP_DISCARD] = 40,
	[OP_FLUSH] = 10,
	[OP_CLOSE] = 25,
	[OP_CLOSE_WHOLE] = 14,
	[OP_CLOSE_SHIPPED] = 20,
	[OP_CHANGED] = 50,
	[OP_CHANGED_VIEW] = 30,
	[OP_READ_VIEW] = 120,
	[OP_RELEASE] = 15,
	[OP_DROP] = 14,
	[OP_MARK] = 10,
	[OP_SUSPEND] = 3,
	[OP_RELOAD] = 2,
	[OP_GROW] = 1,
	[OP_STOP] = 2,
	[OP_AWAY] = 2,
	[OP_ROT] = 2,
	[OP_FAIL] = 1,
	[OP_CRASH] = 5,
	[OP_WAIT] = 40,
};

struct world_counts world_counts;
static struct world world;
static char *pristine;			/* the module's variables */

/* ---- as device-mapper does */

static struct dm_target *target_new(u32 nr_blocks)
{
	struct dm_target *ti = calloc(1, sizeof(*ti));

	ti->table = &world.table;
	ti->len = (sector_t)nr_blocks * world.block_sectors;
	return ti;
}

static int construct(struct target_type *type, struct dm_target *ti,
		     const char *format, ...)
{
	char line[128], *argv[ARGS_MAX], *save = NULL;
	unsigned int argc = 0;
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (char *word = strtok_r(line, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	return type->ctr(ti, argc, argv);
}

static struct dm_target *table_load(u32 nr_blocks)
{
	struct dm_target *ti = target_new(nr_blocks);

	if (construct(&braid_track_target, ti, "7:1 7:0 %u%s",
		      world.block_sectors, world.durable ? " 1 durable" : ""))
		sim_fail("the table was refused: %s", ti->error);
	return ti;
}

static void target_end(struct dm_target *ti)
{
	braid_track_target.dtr(ti);
	free(ti);
}

static void resume(struct dm_target *ti)
{
	int r = braid_track_target.preresume(ti);

	if (r)
		sim_fail("the table was not resumed: error %d", r);
	braid_track_target.resume(ti);
	world.suspended = false;
}

static void suspend(void)
{
	world.suspended = true;
	world.suspensions++;
	while (world.writes)
		sim_wait();
	braid_track_target.postsuspend(world.live);
}

/* Return: what the message does; its reply is in @reply. */
static int message(char *reply, unsigned int size, const char *format, ...)
{
	char line[128], *argv[ARGS_MAX], *save = NULL;
	unsigned int argc = 0;
	va_list args;
	int r;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	for (char *word = strtok_r(line, " ", &save); word;
	     word = strtok_r(NULL, " ", &save))
		argv[argc++] = word;
	world.messages++;
	r = braid_track_target.message(world.live, argc, argv, reply, size);
	world.messages--;
	return r;
}

/* A word of the status, from 0. */
static u32 status_number(unsigned int word)
{
	char text[2048], *at = text;

	braid_track_target.status(world.live, STATUSTYPE_INFO, 0, text,
				  sizeof(text));
	for (unsigned int i = 0; i < word && at; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoul(at, NULL, 10) : 0;
}

/* What is being written now. */
static u32 era_now(void)
{
	return status_number(3);
}

/* Is it said that nothing is known any more since that era? */
static bool is_forgotten(u32 since)
{
	u32 oldest = status_number(4);

	if (oldest && oldest + ERA_KEPT > era_now())
		sim_fail("it is era %u, and those up to %u are forgotten",
			 era_now(), oldest);
	return since < oldest;
}

/* One that was closed: mostly one of the last few. */
static u32 some_era(u32 back)
{
	return sim_random(world.calm ? 3 : 8) ? truth_some_era(sim_random(back)) :
			       truth_any_era();
}

/* ---- changes */

/* The origin holds it now. */
static void write_landed(struct bio *bio)
{
	struct write *w = (struct write *)bio;
	struct track_bio *tb = dm_per_bio_data(bio, sizeof(*tb));

	w->change.last = (bio_end_sector(bio) - 1) / world.block_sectors;
	truth_end(&w->change, bio->tag, tb->era, era_now());
}

static void write_done(struct bio *bio)
{
	blk_status_t status = bio->bi_status;

	if (status)
		sim_fail("a write failed");
	braid_track_target.end_io(world.live, bio, &status);
	world.writes--;
	sim_free(bio);
}

static struct write *write_new(sector_t sector, sector_t end, blk_opf_t opf,
			       u64 tag)
{
	struct write *w = sim_alloc(sizeof(*w));
	bool discard = (opf & REQ_OP_MASK) != REQ_OP_WRITE;

	bio_init(&w->bio, NULL, NULL, 0, opf);
	w->bio.bi_iter.bi_sector = sector;
	w->bio.bi_iter.bi_size = (end - sector) << SECTOR_SHIFT;
	w->bio.landed = write_landed;
	w->bio.bi_end_io = write_done;
	w->bio.tag = tag | (discard ? TRUTH_WILD : 0);
	truth_begin(&w->change, sector / world.block_sectors,
		    (end - 1) / world.block_sectors, era_now(), discard);
	return w;
}

/* What isn't taken of it is submitted anew. Return: where to go on. */
static sector_t submit_part(struct write *w)
{
	sector_t sector = w->bio.bi_iter.bi_sector;
	sector_t taken = bio_sectors(&w->bio);

	/* for dm_accept_partial_bio(): a write may be over before map returns */
	w->bio.bi_private = &taken;
	switch (braid_track_target.map(world.live, &w->bio)) {
	case DM_MAPIO_REMAPPED:
		submit_bio_noacct(&w->bio);
		break;
	case DM_MAPIO_SUBMITTED:
		break;
	default:
		sim_fail("a write was not taken");
	}
	return sector + taken;
}

struct range {
	sector_t sector, end;
	blk_opf_t opf;
};

static void write_thread(void *arg)
{
	struct range *range = arg;
	u64 tag = ++world.tag;

	world.writes++;
	while (range->sector < range->end && !world.suspended) {
		struct write *w = write_new(range->sector, range->end,
					    range->opf, tag);

		world.writes++;
		range->sector = submit_part(w);
	}
	world.writes--;
	sim_free(range);
}

static void op_change(u32 blocks, blk_opf_t opf)
{
	struct range *range = sim_alloc(sizeof(*range));
	sector_t size = (sector_t)world.nr_blocks * world.block_sectors;
	sector_t near = sim_random(2) ? size : 1 + size / 16;

	range->sector = sim_random(near);
	range->end = range->sector + 1 +
		     sim_random(blocks * world.block_sectors);
	if (!sim_random(4)) {
		range->sector -= range->sector % world.block_sectors;
		range->end = range->sector +
			     (1 + sim_random(blocks)) * world.block_sectors;
	}
	range->end = min(range->end, size);
	range->opf = opf | (sim_random(16) ? 0 : REQ_FUA);
	sim_thread(write_thread, range);
}

static void flush_thread(void *arg)
{
	blkdev_issue_flush(&sim_origin);
}

/* The target sends a flush on as it is. */
static void op_flush(void)
{
	sim_thread(flush_thread, NULL);
}

/* ---- closing, views */

static struct seen *view_slot(bool used)
{
	unsigned int at = sim_random(VIEWS);

	for (unsigned int i = 0; i < VIEWS; i++, at = (at + 1) % VIEWS)
		if (world.views[at].used == used && !world.views[at].ending &&
		    (!used || world.views[at].content))
			return &world.views[at];
	return NULL;
}

static void seen_free(struct seen *v)
{
	if (!v->used)
		return;
	truth_put(v->content);
	free(v->must);
	free(v->may);
	free(v->released);
	memset(v, 0, sizeof(*v));
}

static void seen_new(struct seen *v, u32 era, u32 since, bool whole)
{
	memset(v, 0, sizeof(*v));
	v->used = true;
	v->era = era;
	v->since = since;
	v->whole = whole;
	v->nr_blocks = world.nr_blocks;
	v->must = calloc(ROOM, sizeof(bool));
	v->may = calloc(ROOM, sizeof(bool));
	v->released = calloc(ROOM, sizeof(bool));
	v->md.disk.dev = MKDEV(253, 1 + (v - world.views));
	v->table.md = &v->md;
	v->ti.table = &v->table;
	v->ti.len = (sector_t)world.nr_blocks * world.block_sectors;
	for (u32 b = 0; b < world.nr_blocks; b++)
		v->must[b] = truth.least[b] > since;
}

static void seen_may(struct seen *v)
{
	for (u32 b = 0; b < v->nr_blocks; b++)
		v->may[b] = truth.most[b] > v->since;
	for (struct change *c = truth.changes; c; c = c->next)
		for (u32 b = c->block; b <= c->last; b++)
			v->may[b] = true;
}

struct closing {
	struct seen *view;		/* or NULL */
	u32 since;
	bool whole;
};

static void close_view(struct closing *c, u32 era)
{
	struct seen *v = c->view;

	seen_may(v);
	world_counts.views++;
	if (construct(&braid_view_target, &v->ti, "253:0 %u", era))
		sim_fail("the view of era %u is refused: %s", era,
			 v->ti.error);
}

static void close_thread(void *arg)
{
	struct closing *c = arg;
	char reply[128];
	u32 era = era_now();
	int r;

	truth_close(era);
	if (c->view)
		seen_new(c->view, era, c->since, c->whole);
	if (c->view)
		r = message(reply, sizeof(reply), "close %s %u",
			    c->whole ? "whole" : "shipped", c->since);
	else
		r = message(reply, sizeof(reply), "close");
	if (r == -ERANGE && c->view && !c->whole && is_forgotten(c->since)) {
		truth_put(truth_closed(false));
		seen_free(c->view);
		world.closing = false;
		sim_free(c);
		return;
	}
	if (r != 1 || strtoul(reply, NULL, 10) != era)
		sim_fail("close of era %u: %d, %s", era, r, reply);
	world_counts.closes++;
	if (c->view) {
		struct snapshot *content = truth_closed(true);

		close_view(c, era);
		c->view->content = content;
	} else {
		truth_put(truth_closed(true));
	}
	world.closing = false;
	sim_free(c);
}

static void op_close(bool view, bool whole)
{
	struct closing *c;

	if (world.closing || world.suspended)
		return;
	c = sim_alloc(sizeof(*c));
	c->view = view ? view_slot(false) : NULL;
	if (c->view)
		c->view->used = true;
	c->whole = whole;
	c->since = some_era(4);
	world.closing = true;
	sim_thread(close_thread, c);
}

/* Is it open, by the status? */
static bool view_is_open(const struct seen *v)
{
	char text[128], type[16], state[16];

	braid_view_target.status((struct dm_target *)&v->ti, STATUSTYPE_INFO,
				 0, text, sizeof(text));
	return sscanf(text, "%15s %15s", type, state) == 2 &&
	       !strcmp(state, "open");
}

static bool view_must_read(const struct seen *v, u32 block)
{
	return (v->whole || v->must[block]) && !v->released[block] &&
	       view_is_open(v);
}

static void view_read_done(struct bio *bio)
{
	struct reading *r = (struct reading *)bio;
	struct seen *v = r->view;
	blk_status_t status = bio->bi_status;

	braid_view_target.end_io(&v->ti, bio, &status);
	v->readers--;
	world_counts.reads++;
	if (status && view_must_read(v, r->block))
		sim_fail("block %u of the view of era %u can't be read",
			 r->block, v->era);
	if (!status && bio->tag != v->content->content[r->block])
		sim_fail("block %u of the view of era %u holds write %llx, not %llx",
			 r->block, v->era, (unsigned long long)bio->tag,
			 (unsigned long long)v->content->content[r->block]);
	sim_free(r);
}

static void view_read_thread(void *arg)
{
	struct reading *r = arg;

	switch (braid_view_target.map(&r->view->ti, &r->bio)) {
	case DM_MAPIO_REMAPPED:
		submit_bio_noacct(&r->bio);
		break;
	case DM_MAPIO_KILL:
		bio_io_error(&r->bio);
		break;
	}
}

static void op_read_view(void)
{
	struct seen *v = view_slot(true);
	struct reading *r;

	if (!v)
		return;
	r = sim_alloc(sizeof(*r));
	bio_init(&r->bio, NULL, NULL, 0, REQ_OP_READ);
	r->view = v;
	r->block = sim_random(sim_random(2) ? v->nr_blocks :
					      1 + v->nr_blocks / 16);
	r->bio.bi_iter.bi_sector = (sector_t)r->block * world.block_sectors;
	r->bio.bi_iter.bi_size = world.block_sectors << SECTOR_SHIFT;
	r->bio.bi_end_io = view_read_done;
	v->readers++;
	sim_thread(view_read_thread, r);
}

static void release_thread(void *arg)
{
	struct seen *v = arg;
	u32 block = sim_random(v->nr_blocks);
	u32 count = 1 + sim_random(min(v->nr_blocks - block, 64U));
	char reply[128];

	memset(v->released + block, true, count);
	if (message(reply, sizeof(reply), "release %u %u %u", v->era, block,
		    count))
		sim_fail("a release failed");
	v->readers--;
}

static void op_release(void)
{
	struct seen *v = view_slot(true);

	if (!v)
		return;
	v->readers++;
	sim_thread(release_thread, v);
}

static void view_end(struct seen *v, bool drop)
{
	char reply[128];

	while (v->readers)
		sim_wait();
	if (!view_is_open(v))
		world_counts.invalid++;
	braid_view_target.dtr(&v->ti);
	if (drop && message(reply, sizeof(reply), "drop %u", v->era))
		sim_fail("the view of era %u was not dropped", v->era);
	seen_free(v);
}

static void drop_thread(void *arg)
{
	view_end(arg, true);
}

static void op_drop(void)
{
	struct seen *v = view_slot(true);

	if (!v)
		return;
	v->ending = true;
	sim_thread(drop_thread, v);
}

/* ---- what changed */

struct asking {
	struct seen *view;		/* or NULL: now */
	u32 since;
};

/* Take one page of a reply. Return: whether there is more. */
static bool take_page(char *reply, u32 *from)
{
	char *line, *save = NULL;
	u32 block, count;
	char kind;

	line = strtok_r(reply, "\n", &save);
	if (!line)
		sim_fail("an empty reply");
	while (save && *save) {
		char *next = strtok_r(NULL, "\n", &save);

		if (!next)
			break;
		if (sscanf(next, "%c %u %u", &kind, &block, &count) != 3)
			sim_fail("an extent is: %s", next);
		truth_report(kind, block, count);
	}
	if (!strcmp(line, "end"))
		return false;
	block = strtoul(line, NULL, 10);
	if (block < *from)
		sim_fail("changed goes back from %u to %u", *from, block);
	*from = block;
	return true;
}

/* Ask for all pages. The reply's size is drawn by lot. Return: whether it's known. */
static bool ask(u32 since, const char *upto)
{
	unsigned int size = 80 + sim_random(sim_random(2) ? 100 : 4000);
	char reply[4096];
	u32 from = 0;

	do {
		bool forgotten = is_forgotten(since);
		int r = message(reply, size, "changed %u %s %u", since, upto,
				from);

		if (r == -ERANGE && is_forgotten(since))
			return false;
		if (r != 1)
			sim_fail("changed since %u to %s is refused", since,
				 upto);
		if (forgotten)
			sim_fail("changed since %u to %s is guessed", since,
				 upto);
	} while (take_page(reply, &from));
	return true;
}

static void ask_now(u32 since)
{
	u32 nr_blocks;

	/* a device grows when it is resumed: until then it answers for what it was */
	while (world.growing)
		sim_wait();
	nr_blocks = world.nr_blocks;
	truth_must(since, ERA_ANY, nr_blocks);
	if (ask(since, "now"))
		truth_judge(since, era_now(), nr_blocks, "live");
}

static void ask_view(struct seen *v)
{
	char upto[16];

	snprintf(upto, sizeof(upto), "%u", v->era);
	memset(truth.reported, 0, ROOM * sizeof(u32));
	if (!ask(v->since, upto))
		return;
	for (u32 b = 0; b < v->nr_blocks; b++) {
		if (v->must[b] && !truth.reported[b])
			sim_fail("the view of era %u doesn't report block %u",
				 v->era, b);
		if (!v->may[b] && truth.reported[b])
			sim_fail("the view of era %u reports block %u, which has not changed",
				 v->era, b);
	}
	truth.checks++;
}

static bool asking;

static void ask_thread(void *arg)
{
	struct asking *a = arg;

	if (a->view)
		ask_view(a->view);
	else
		ask_now(a->since);
	if (a->view)
		a->view->readers--;
	asking = false;
	sim_free(a);
}

/* One at a time, for the answer is gathered in one place. */
static void op_changed(bool of_view)
{
	struct seen *v = of_view ? view_slot(true) : NULL;
	struct asking *a;

	if (asking || world.suspended || (of_view && !v))
		return;
	asking = true;
	a = sim_alloc(sizeof(*a));
	a->view = v;
	if (v)
		v->readers++;
	else
		a->since = some_era(TRUTH_ERAS);
	sim_thread(ask_thread, a);
}

static void mark_thread(void *arg)
{
	u32 block = sim_random(world.nr_blocks);
	u32 count = 1 + sim_random(min(world.nr_blocks - block, 20U));
	u32 era = era_now();
	unsigned int before = world.suspensions;
	struct change change;
	char reply[128];
	bool failed;

	truth_begin(&change, block, block + count - 1, era, false);
	failed = message(reply, sizeof(reply), "mark %u %u", block, count);
	/* a device that is suspended refuses it */
	if (failed && !world.suspended && before == world.suspensions)
		sim_fail("a mark failed");
	truth_end_mark(&change, !failed, era_now());
}

/* ---- tables */

static void suspend_thread(void *arg)
{
	suspend();
	resume(world.live);
	world.reloading = false;
}

static void reload_thread(void *arg)
{
	u32 nr_blocks = *(u32 *)arg;
	struct dm_target *ti = table_load(nr_blocks), *old = world.live;

	sim_free(arg);
	suspend();
	while (world.messages)
		sim_wait();
	world.growing = true;
	truth_grow(nr_blocks, era_now());
	world.live = ti;
	world.nr_blocks = nr_blocks;
	resume(ti);
	world.growing = false;
	target_end(old);
	world.reloading = false;
}

static void op_reload(bool grow)
{
	u32 *nr_blocks;

	if (world.reloading || world.closing)
		return;
	world.reloading = true;
	nr_blocks = sim_alloc(sizeof(*nr_blocks));
	*nr_blocks = world.nr_blocks;
	if (grow)
		*nr_blocks += sim_random(min(200U, ROOM - world.nr_blocks) + 1);
	sim_thread(reload_thread, nr_blocks);
}

static void op_suspend(void)
{
	if (world.reloading)
		return;
	world.reloading = true;
	sim_thread(suspend_thread, NULL);
}

/* ---- life and death of the machine */

static void start_thread(void *arg)
{
	world.live = table_load(world.nr_blocks);
	resume(world.live);
	world.up = true;
}

static void stop_thread(void *arg)
{
	for (unsigned int i = 0; i < VIEWS; i++)
		if (world.views[i].used)
			view_end(&world.views[i], false);
	suspend();
	target_end(world.live);
	world.live = NULL;
	world.up = false;
}

/* Not memcpy(): sanitizers know where each variable ends. */
static void copy_bytes(char *to, const char *from, size_t size)
{
	while (size--)
		*(volatile char *)to++ = *from++;
}

static void boot(void)
{
	size_t size = __stop_kdata - __start_kdata;

	if (!pristine) {
		pristine = malloc(size);
		copy_bytes(pristine, __start_kdata, size);
	}
	copy_bytes(__start_kdata, pristine, size);
	sim_reset();
	world.suspended = false;
	world.closing = false;
	world.growing = false;
	world.reloading = false;
	world.writes = 0;
	world.messages = 0;
	asking = false;
	world.md.disk.dev = MKDEV(253, 0);
	world.table.md = &world.md;
}

/* ---- what is on the metadata device */

static u32 sectors_for(u32 values)
{
	return DIV_ROUND_UP(DIV_ROUND_UP(values, BRAID_MAP_VALUES),
			    BRAID_MAP_UNIT) * BRAID_MAP_UNIT;
}

static void put_super(struct braid_map_super *super, u64 sequence)
{
	super->sequence = cpu_to_le64(sequence);
	super->checksum = cpu_to_le32(map_super_sum(super));
	memcpy(sim_disks.meta[map_super_sector(sequence)], super,
	       sizeof(*super));
}

/* A new map: nothing was ever written. */
static void format(void)
{
	struct braid_map_super super = {
		.magic = BRAID_MAP_MAGIC,
		.version = cpu_to_le32(BRAID_MAP_VERSION),
		.flags = cpu_to_le32(BRAID_MAP_CLEAN),
		.map_id = "simulated-map",
	};
	u32 log = sectors_for(world.slots), map = sectors_for(ROOM);

	super.origin_sectors = cpu_to_le64((u64)world.nr_blocks *
					   world.block_sectors);
	super.log_offset = cpu_to_le64(BRAID_MAP_AREA);
	super.log_sectors = cpu_to_le64(log);
	super.map_offset = cpu_to_le64(BRAID_MAP_AREA + log);
	super.map_sectors = cpu_to_le64(map);
	super.store_offset = cpu_to_le64(sim_disks.nr_sectors);
	super.block_sectors = cpu_to_le32(world.block_sectors);
	super.nr_blocks = cpu_to_le32(world.nr_blocks);
	super.capacity_blocks = cpu_to_le32(ROOM);
	super.extent_blocks = cpu_to_le32(world.extent);
	super.log_slots = cpu_to_le32(world.slots);
	for (u32 i = 0; i < log + map; i++) {
		struct braid_map_sector *sector =
			(void *)sim_disks.meta[BRAID_MAP_AREA + i];

		memset(sector, 0, sizeof(*sector));
		map_sector_seal(sector, super.map_id, BRAID_MAP_AREA + i);
	}
	put_super(&super, 1);
	put_super(&super, 2);
	memcpy(sim_disks.meta_durable, sim_disks.meta,
	       (size_t)sim_disks.nr_sectors * 512);
}

static struct braid_map_super *super_at(u32 sector)
{
	return (struct braid_map_super *)sim_disks.meta[sector];
}

/* The superblock that counts. */
static struct braid_map_super *super_newest(void)
{
	struct braid_map_super *odd = super_at(BRAID_MAP_ODD_SECTOR);
	struct braid_map_super *even = super_at(BRAID_MAP_EVEN_SECTOR);
	int r = map_super_newest(odd, even);

	if (r < 0)
		sim_fail("no copy of the superblock is whole");
	return r ? odd : even;
}

static bool super_says(u32 flag)
{
	return le32_to_cpu(super_newest()->flags) & flag;
}

/* After a stop or crash: what the map's owner may report in vain. */
static void forgive(bool failed)
{
	if (!world.durable || (failed && !super_says(BRAID_MAP_STALE))) {
		/* it can't be known what changed, so nobody may ask */
		truth_forget();
		if (world.durable)
			format();
		return;
	}
	if (super_says(BRAID_MAP_STALE))
		world.forgiven = ROOM;
	else if (!super_says(BRAID_MAP_CLEAN))
		world.forgiven += world.extent * world.slots;
}

/* A sector of log, map or superblock has changed by itself. */
static void rot(void)
{
	u32 log = sectors_for(world.slots);
	u32 at = sim_random(4) ? sim_random(log + sectors_for(world.nr_blocks)) :
				 sim_random(log);
	u32 sector = BRAID_MAP_AREA + at;

	if (!world.durable)
		return;
	if (!sim_random(5)) {
		struct braid_map_super *one = super_at(BRAID_MAP_ODD_SECTOR);
		struct braid_map_super *other = super_at(BRAID_MAP_EVEN_SECTOR);

		if (!map_super_whole(one) || !map_super_whole(other) ||
		    super_says(BRAID_MAP_STALE))
			return;
		sector = sim_random(2) ? BRAID_MAP_ODD_SECTOR :
					 BRAID_MAP_EVEN_SECTOR;
		world.forgiven += world.extent * world.slots;
	} else if (at < log) {
		/* without the log nobody knows what it named */
		world.forgiven = ROOM;
	} else {
		world.forgiven += BRAID_MAP_VALUES;
	}
	sim_disks.meta[sector][sim_random(512)] ^= 1 << sim_random(8);
	memcpy(sim_disks.meta_durable[sector], sim_disks.meta[sector], 512);
	world_counts.rotten++;
}

/* Somebody writes to the origin itself, where its fingerprint is taken of. */
static void write_away(void)
{
	sector_t sectors = (sector_t)world.nr_blocks * world.block_sectors;
	sector_t sector = sim_random(2) ?
		sim_random(map_sum_head(sectors)) :
		map_sum_tail(sectors) + sim_random(min_t(sector_t, sectors, BRAID_MAP_SUM_TAIL));
	u32 block = sector / world.block_sectors;

	if (!world.durable || !super_says(BRAID_MAP_CLEAN))
		return;
	sim_disks.origin[block] = ++world.tag;
	sim_disks.origin_durable[block] = sim_disks.origin[block];
	truth.unclear[block] = true;
	world.forgiven = ROOM;
}

/* What is suspect was not forgiven for nothing. */
static void suspects_thread(void *arg)
{
	u32 since = max(truth.newest, status_number(4));
	u32 count;

	truth_must(since, ERA_ANY, world.nr_blocks);
	if (!ask(since, "now"))
		sim_fail("changed since %u is refused", since);
	count = truth_suspects(since, era_now());
	if (count > world.forgiven)
		sim_fail("%u blocks are reported in vain, the bound is %u",
			 count, world.forgiven);
	truth_judge(since, era_now(), world.nr_blocks, "start");
	world_counts.suspects += count;
	world.forgiven = 0;
}

static void start(void)
{
	sim_thread(start_thread, NULL);
	sim_drain();
	if (!world.up)
		sim_fail("the device has not started");
	if (era_now() <= truth.newest)
		sim_fail("era %u begins, and era %u was closed already",
			 era_now(), truth.newest);
	truth_go_on(era_now());
	sim_thread(suspects_thread, NULL);
	sim_drain();
}

/* Everything comes to an end in good order. */
static void stop(void)
{
	sim_drain();
	sim_thread(stop_thread, NULL);
	sim_drain();
	if (world.up || truth.nr_changes)
		sim_fail("the device has not stopped");
	if (sim_memory())
		sim_fail("%u pieces of memory were not given back",
			 sim_memory());
}

/* Does the status say that the durable map has failed? */
static bool map_failed(void)
{
	char text[2048];

	if (!world.live)
		return false;
	braid_track_target.status(world.live, STATUSTYPE_INFO, 0, text,
				  sizeof(text));
	return strstr(text, " failed ");
}

static void crash(void)
{
	bool failed = map_failed();
	u64 *before = malloc(ROOM * sizeof(*before));

	memcpy(before, sim_disks.origin, ROOM * sizeof(*before));
	if (world.live)
		truth_crash(era_now());
	sim_power_cut();
	/* what was discarded may hold its old data again */
	for (u32 b = 0; b < truth.nr_blocks; b++)
		if (before[b] != sim_disks.origin[b])
			truth.unclear[b] = true;
	free(before);
	for (unsigned int i = 0; i < VIEWS; i++)
		seen_free(&world.views[i]);
	free(world.live);
	world.live = NULL;
	world.up = false;
	world_counts.crashes++;
	forgive(failed);
}

/* Nothing is lost by a clean stop but what was there in memory alone. */
static void op_stop(enum op_kind kind)
{
	bool failed;

	sim_drain();
	failed = map_failed();
	stop();
	sim_disks.meta_fails = false;
	forgive(failed);
	if (kind == OP_AWAY)
		write_away();
	if (kind == OP_ROT)
		rot();
	boot();
	start();
}

/* Sometimes there is another one before the device has started again. */
static void op_crash(enum op_kind kind)
{
	unsigned int steps;

	crash();
	boot();
	while (!sim_random(3)) {
		sim_thread(start_thread, NULL);
		for (steps = sim_random(400); steps && sim_step(); steps--)
			;
		crash();
		boot();
	}
	if (kind == OP_ROT)
		rot();
	start();
}

/* The metadata device fails, or works again. */
static void op_fail(void)
{
	if (!world.durable)
		return;
	sim_disks.meta_fails = !sim_disks.meta_fails;
	world_counts.failed += sim_disks.meta_fails;
}

void world_begin(u64 seed)
{
	memset(&world, 0, sizeof(world));
	sim_seed(seed);
	boot();
	world.block_sectors = sim_random(2) ? 8 : 16;
	world.nr_blocks = sim_random(3) ? 30 + sim_random(200) :
					  1000 + sim_random(1000);
	world.durable = sim_random(5) && HAS_DURABLE;
	world.calm = !sim_random(3);
	world.extent = 1U << sim_random(7);
	world.slots = sim_random(10) ? 4 + sim_random(60) : 1100;
	sim_disks_make(world.block_sectors, ROOM,
		       DIV_ROUND_UP(BRAID_MAP_AREA + sectors_for(1100) +
				    sectors_for(ROOM), 2048) * 2048,
		       sim_random(3) ? 4000 : 20 + sim_random(200));
	truth_make(ROOM, world.nr_blocks);
	if (world.durable)
		format();
	start();
}

void world_end(void)
{
	sim_drain();
	for (u32 i = 0; i < TRUTH_ERAS; i++) {
		struct asking *a = sim_alloc(sizeof(*a));

		a->since = truth_some_era(i);
		sim_thread(ask_thread, a);
		sim_drain();
	}
	stop();
	truth_free();
	sim_disks_free();
}

static bool is_end(enum op_kind kind)
{
	return kind == OP_STOP || kind == OP_AWAY || kind == OP_ROT ||
	       kind == OP_CRASH;
}

static void op_do(enum op_kind kind)
{
	if (world.calm && is_end(kind) && sim_random(50))
		return;
	switch (kind) {
	case OP_WRITE:
		op_change(sim_random(30) ? 3 : 60, REQ_OP_WRITE);
		break;
	case OP_DISCARD:
		op_change(20, sim_random(4) ? REQ_OP_DISCARD :
					      REQ_OP_WRITE_ZEROES);
		break;
	case OP_CLOSE:
		op_close(false, false);
		break;
	case OP_CLOSE_WHOLE:
		op_close(true, true);
		break;
	case OP_CLOSE_SHIPPED:
		op_close(true, false);
		break;
	case OP_CHANGED:
	case OP_CHANGED_VIEW:
		op_changed(kind == OP_CHANGED_VIEW);
		break;
	case OP_READ_VIEW:
		op_read_view();
		break;
	case OP_RELEASE:
		op_release();
		break;
	case OP_DROP:
		op_drop();
		break;
	case OP_MARK:
		if (!world.suspended)
			sim_thread(mark_thread, NULL);
		break;
	case OP_SUSPEND:
		op_suspend();
		break;
	case OP_RELOAD:
	case OP_GROW:
		op_reload(kind == OP_GROW);
		break;
	case OP_STOP:
	case OP_AWAY:
		op_stop(kind);
		break;
	case OP_ROT:
		if (sim_random(2))
			op_stop(kind);
		else
			op_crash(kind);
		break;
	case OP_FAIL:
		op_fail();
		break;
	case OP_CRASH:
		op_crash(kind);
		break;
	case OP_FLUSH:
		op_flush();
		break;
	case OP_WAIT:
		sim_drain();
		break;
	case OP_KINDS:
		break;
	}
}

void world_do(const struct op *op)
{
	unsigned int steps;

	sim_seed(op->seed);
	op_do(op->kind);
	for (steps = sim_random(24); steps && sim_step(); steps--)
		;
	while (truth.nr_changes > CHANGES_MAX && sim_step())
		;
}
