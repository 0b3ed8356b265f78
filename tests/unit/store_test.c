// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The replica's store against a model in memory: whatever is staged, aborted,
 * committed and crashed, after recovery the image is a committed era.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "store/internal.h"

#define BLOCKS 64U
#define IMAGE_BYTES (BLOCKS * WIRE_BLOCK_BYTES - 1024U)

static char dir[64], state_dir[80], image_path[80];
static struct store *store;
static struct err e;
static unsigned int code;
static uint8_t frame[WIRE_FRAME_MAX];
static uint8_t model[IMAGE_BYTES], staged[IMAGE_BYTES];
static uint64_t frames, digest;
static const struct wire_hello hello = {
	.version_min = 1,
	.version_max = 1,
	.block_bytes = WIRE_BLOCK_BYTES,
	.lineage = "a lineage of 16",
	.device_bytes = IMAGE_BYTES,
};

static void must(int ret)
{
	if (ret < 0)
		fail_msg("%s", e.text);
}

static void open_store(void)
{
	must(store_open(&store, state_dir, image_path, &e));
	must(store_recover(store, &e));
}

static int setup(void **state)
{
	strcpy(dir, "/tmp/braid-store-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(state_dir, sizeof(state_dir), "%s/state", dir);
	snprintf(image_path, sizeof(image_path), "%s/image", dir);
	memset(model, 0, sizeof(model));
	open_store();
	return 0;
}

static int teardown(void **state)
{
	char command[128];

	store_close(store);
	store = NULL;
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

static void begin(void)
{
	const struct store_state *st = store_state(store);
	struct wire_era_begin m = { .base_era = st->era,
				    .device_bytes = IMAGE_BYTES };

	must(store_hello(store, &hello, &code, &e));
	must(store_begin(store, &m, &code, &e));
	frames = 0;
	digest = WIRE_DIGEST_INIT;
	memcpy(staged, model, sizeof(staged));
}

static int stage(size_t len)
{
	struct wire_header h;

	assert_int_equal(len, wire_frame_bytes(frame));
	must(wire_header_get(frame, &h, &e));
	frames++;
	digest = wire_digest(digest, h.payload_sum);
	return store_stage(store, &h, frame, &code, &e);
}

static uint32_t length_at(unsigned int block, unsigned int count)
{
	uint32_t left = IMAGE_BYTES - block * WIRE_BLOCK_BYTES;
	uint32_t len = count * WIRE_BLOCK_BYTES;

	return len < left ? len : left;
}

static void random_instruction(void)
{
	unsigned int block = (unsigned int)random() % BLOCKS;
	unsigned int count = 1 + (unsigned int)random() % 6, from;
	uint32_t len = length_at(block, count), i;
	uint64_t offset = (uint64_t)block * WIRE_BLOCK_BYTES;
	struct wire_range range = { offset, len };
	struct wire_data data = { offset, len, WIRE_RAW, staged + offset, len };

	switch (random() % 4) {
	case 0:
		memset(staged + offset, 0, len);
		must(stage(wire_put_zero(frame, &range)));
		break;
	case 1:
		if (store_state(store)->status == WIRE_COMMITTED) {
			from = (unsigned int)random() % (BLOCKS - 8);
			struct wire_reference ref = { offset,
						      from * WIRE_BLOCK_BYTES,
						      len };

			memcpy(staged + offset,
			       model + (size_t)from * WIRE_BLOCK_BYTES, len);
			must(stage(wire_put_reference(frame, &ref)));
			break;
		}
		/* fall through */
	default:
		for (i = 0; i < len; i++)
			staged[offset + i] = (uint8_t)random();
		must(stage(wire_put_data(frame, &data)));
	}
}

static void commit(void)
{
	struct wire_era_commit m = { .era = store_state(store)->era + 1,
				     .closed_at_ms = 1000,
				     .frames = frames,
				     .digest = digest };

	must(store_commit(store, &m, &code, &e));
	memcpy(model, staged, sizeof(model));
}

static void image_is(const uint8_t *bytes)
{
	static uint8_t image[IMAGE_BYTES];
	int fd = open(image_path, O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(read(fd, image, sizeof(image)), sizeof(image));
	close(fd);
	assert_memory_equal(image, bytes, sizeof(image));
}

/* What a crash leaves: nothing but the files. */
static void crash(void)
{
	store_close(store);
	open_store();
}

static void fingerprints_are_right(void)
{
	uint8_t prints[BLOCKS * WIRE_PRINT_BYTES], is[WIRE_PRINT_BYTES];
	const struct wire_range all = { 0, IMAGE_BYTES };
	struct wire_key key;
	unsigned int i;

	must(store_hello(store, &hello, &code, &e));
	must(store_sigs(store, &all, prints, &e));
	wire_key_init(&key, store_state(store)->key);
	for (i = 0; i < BLOCKS; i++) {
		wire_print(is, &key, model + (size_t)i * WIRE_BLOCK_BYTES,
			   length_at(i, 1));
		assert_memory_equal(is, prints + i * WIRE_PRINT_BYTES,
				    sizeof(is));
	}
}

static void first_image(void)
{
	int i;

	begin();
	for (i = 0; i < 40; i++)
		random_instruction();
	commit();
	must(store_apply(store, &e));
}

static void random_histories(void **state)
{
	int round, i;

	srandom(3);
	first_image();
	image_is(model);
	for (round = 0; round < 300; round++) {
		begin();
		for (i = (int)(random() % 20); i > 0; i--)
			random_instruction();
		switch (random() % 5) {
		case 0:
			store_abort(store);
			break;
		case 1:
			crash();
			break;
		case 2:
			commit();
			crash();
			break;
		default:
			commit();
			must(store_apply(store, &e));
		}
		image_is(model);
		if (round % 16 == 0)
			fingerprints_are_right();
	}
	fingerprints_are_right();
}

static void an_aborted_first_image_is_resumed(void **state)
{
	int i;

	begin();
	for (i = 0; i < 10; i++)
		random_instruction();
	crash();
	assert_int_equal(store_state(store)->status, WIRE_INITIALISING);
	assert_int_equal(store_state(store)->era, 0);
	assert_true(store_promote(store, false, &e) < 0);
	/* A source that compares would now send what differs. */
	begin();
	memset(staged, 0x55, sizeof(staged));
	for (i = 0; i < (int)BLOCKS; i++) {
		uint64_t offset = (uint64_t)i * WIRE_BLOCK_BYTES;
		uint32_t len = length_at((unsigned int)i, 1);
		struct wire_data d = { offset, len, WIRE_RAW, staged + offset,
				       len };

		must(stage(wire_put_data(frame, &d)));
	}
	commit();
	image_is(model);
	fingerprints_are_right();
}

static void another_lineage_is_refused(void **state)
{
	struct wire_hello other = hello;

	first_image();
	other.lineage[3] ^= 1;
	assert_true(store_hello(store, &other, &code, &e) < 0);
	assert_int_equal(code, WIRE_E_LINEAGE);
	other = hello;
	other.device_bytes += 512;
	assert_true(store_hello(store, &other, &code, &e) < 0);
	assert_int_equal(code, WIRE_E_SIZE);
}

static void a_promotion_is_for_ever(void **state)
{
	uint8_t lineage[WIRE_LINEAGE_BYTES];

	assert_true(store_promote(store, false, &e) < 0);
	first_image();
	begin();
	random_instruction();
	must(store_promote(store, false, &e));
	memcpy(lineage, store_state(store)->own_lineage, sizeof(lineage));
	image_is(model);
	must(store_promote(store, false, &e));
	crash();
	must(store_promote(store, false, &e));
	assert_memory_equal(lineage, store_state(store)->own_lineage,
			    sizeof(lineage));
	assert_true(store_hello(store, &hello, &code, &e) < 0);
	assert_int_equal(code, WIRE_E_PROMOTED);
}

static void bad_instructions_are_refused(void **state)
{
	struct wire_range range = { IMAGE_BYTES, 4096 };
	struct wire_data data = { 512, 4096, WIRE_RAW, staged, 4096 };

	first_image();
	begin();
	assert_int_equal(stage(wire_put_zero(frame, &range)), -EBADMSG);
	assert_int_equal(stage(wire_put_data(frame, &data)), -EBADMSG);
	data = (struct wire_data){ 0, 8192, WIRE_ZSTD, staged, 4096 };
	assert_int_equal(stage(wire_put_data(frame, &data)), -EBADMSG);
	crash();
	image_is(model);
}

static int file_write(const char *name, off_t at, const void *bytes, size_t len)
{
	char path[128];
	int fd, ok;

	snprintf(path, sizeof(path), "%s/%s", state_dir, name);
	fd = open(path, O_WRONLY);
	ok = pwrite(fd, bytes, len, at) == (ssize_t)len;
	close(fd);
	return ok ? 0 : -1;
}

/* A source has at most all of the image twice to tell in an era. */
static void an_era_has_an_end(void **state)
{
	struct wire_data d = { 0, 16 * WIRE_BLOCK_BYTES, WIRE_RAW, staged,
			       16 * WIRE_BLOCK_BYTES };
	unsigned int i;
	int ret = 0;

	first_image();
	begin();
	for (i = 0; i < 1024 && ret == 0; i++)
		ret = stage(wire_put_data(frame, &d));
	assert_int_equal(ret, -EMSGSIZE);
	assert_int_equal(code, WIRE_E_PROTOCOL);
	store_abort(store);
	image_is(model);
	begin();
	d.raw_bytes = d.length = WIRE_BLOCK_BYTES;
	for (i = 0; i < 2 * (BLOCKS - 1); i++) {
		d.offset = (uint64_t)(i % (BLOCKS - 1)) * WIRE_BLOCK_BYTES;
		d.bytes = staged + d.offset;
		memset(staged + d.offset, (int)i, WIRE_BLOCK_BYTES);
		must(stage(wire_put_data(frame, &d)));
	}
	commit();
	must(store_apply(store, &e));
	image_is(model);
}

/* The write of a state that was torn: the state before it counts. */
static void a_torn_state_falls_back(void **state)
{
	uint64_t slot;

	first_image();
	begin();
	random_instruction();
	commit();
	slot = (store_state(store)->sequence - 1) % 2;
	store_close(store);
	assert_int_equal(file_write("state",
				    (off_t)slot * STATE_SLOT_BYTES + 40, "torn",
				    4),
			 0);
	open_store();
	assert_int_equal(store_state(store)->era, 1);
}

static void a_damaged_log_is_noticed(void **state)
{
	static uint8_t before[IMAGE_BYTES];

	first_image();
	memcpy(before, model, sizeof(before));
	begin();
	random_instruction();
	random_instruction();
	commit();
	store_close(store);
	assert_int_equal(file_write("stage", WIRE_HEADER_BYTES + 8, "?", 1), 0);
	must(store_open(&store, state_dir, image_path, &e));
	assert_true(store_recover(store, &e) < 0);
	image_is(before);
}

/* One whole block at @block, as its number. */
static void write_block(unsigned int block)
{
	uint64_t offset = (uint64_t)block * WIRE_BLOCK_BYTES;
	struct wire_data d = { offset, WIRE_BLOCK_BYTES, WIRE_RAW,
			       staged + offset, WIRE_BLOCK_BYTES };

	memset(staged + offset, (int)block, WIRE_BLOCK_BYTES);
	must(stage(wire_put_data(frame, &d)));
}

static off_t size_of(const char *name)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", state_dir, name);
	assert_int_equal(stat(path, &st), 0);
	return st.st_size;
}

/* Of files, so the image is full at half its size and the log isn't. */
static void limit_files(rlim_t bytes)
{
	struct rlimit limit;

	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static int begin_again(void)
{
	struct wire_era_begin m = { .base_era = store_state(store)->era,
				    .device_bytes = IMAGE_BYTES };

	return store_begin(store, &m, &code, &e);
}

/* An era that was acknowledged is in its log only until it is applied. */
static void an_era_waits_for_room_in_the_image(void **state)
{
	off_t log;

	first_image();
	begin();
	write_block(2);
	write_block(50);
	commit();
	log = size_of("stage");
	limit_files(IMAGE_BYTES / 2);
	assert_true(store_apply(store, &e) < 0);
	assert_true(begin_again() < 0);
	assert_int_equal(code, WIRE_E_STORAGE);
	assert_true(store_hello(store, &hello, &code, &e) < 0);
	assert_int_equal(code, WIRE_E_STORAGE);
	store_abort(store);
	assert_int_equal(size_of("stage"), log);
	assert_true(store_promote(store, true, &e) < 0);
	assert_int_equal(size_of("stage"), log);
	limit_files(RLIM_INFINITY);
	must(begin_again());
	image_is(model);
	crash();
	image_is(model);
	fingerprints_are_right();
}

/* A state of which nobody knows whether it was written. */
static void a_failed_state_ends_it_all(void **state)
{
	char path[128], away[128];
	struct wire_era_commit m;
	off_t log;

	first_image();
	begin();
	write_block(7);
	snprintf(path, sizeof(path), "%s/state", state_dir);
	snprintf(away, sizeof(away), "%s/away", dir);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	m = (struct wire_era_commit){ .era = 2,
				      .frames = frames,
				      .digest = digest };
	log = size_of("stage");
	assert_true(store_commit(store, &m, &code, &e) < 0);
	assert_true(store_failed(store));
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rename(away, path), 0);
	/* It could be written again, but which one counts? */
	store_abort(store);
	assert_int_equal(size_of("stage"), log);
	assert_true(begin_again() < 0);
	assert_true(store_hello(store, &hello, &code, &e) < 0);
	assert_true(store_apply(store, &e) < 0);
	assert_true(store_promote(store, true, &e) < 0);
	assert_int_equal(size_of("stage"), log);
	crash();
	image_is(model);
	assert_int_equal(store_state(store)->era, 1);
}

/* The image can neither be read nor synced. */
static void break_image(bool yes)
{
	static int kept = -1;
	int pipes[2];

	if (!yes) {
		assert_true(dup2(kept, store->image.fd) >= 0);
		close(kept);
		return;
	}
	kept = dup(store->image.fd);
	assert_int_equal(pipe(pipes), 0);
	assert_true(dup2(pipes[0], store->image.fd) >= 0);
	close(pipes[0]);
	close(pipes[1]);
}

/* What a failed sync leaves in memory must not be taken for what is on disk. */
static void an_unsynced_first_image_is_sent_again(void **state)
{
	static const uint8_t none[BLOCKS * WIRE_PRINT_BYTES];
	uint8_t prints[BLOCKS * WIRE_PRINT_BYTES];
	const struct wire_range all = { 0, IMAGE_BYTES };
	struct wire_era_commit m;
	unsigned int i;

	begin();
	write_block(3);
	m = (struct wire_era_commit){ .era = 1,
				      .frames = frames,
				      .digest = digest };
	break_image(true);
	assert_true(store_commit(store, &m, &code, &e) < 0);
	break_image(false);
	store_abort(store);
	crash();
	for (i = 0; i < 2; i++) {
		begin();
		must(store_sigs(store, &all, prints, &e));
		assert_memory_equal(prints, none, sizeof(prints));
		store_abort(store);
	}
	begin();
	for (i = 0; i < BLOCKS - 1; i++)
		write_block(i);
	commit();
	image_is(model);
	fingerprints_are_right();
}

/* A promotion that comes too early does no harm to the first image. */
static void a_promotion_leaves_the_first_image_alone(void **state)
{
	begin();
	write_block(1);
	assert_true(store_promote(store, true, &e) < 0);
	write_block(2);
	commit();
	image_is(model);
}

/* As a crash within image_make() leaves it. */
static void an_empty_file_is_made_an_image(void **state)
{
	assert_int_equal(close(open(image_path, O_WRONLY | O_CREAT, 0600)), 0);
	crash();
	must(store_check_blank(store, &e));
	first_image();
	image_is(model);
	fingerprints_are_right();
}

static void commit_with_hash(uint8_t first)
{
	struct wire_era_commit m = { .era = store_state(store)->era + 1,
				     .cursor = { .map_era = 5 },
				     .frames = frames,
				     .digest = digest,
				     .has_sha256 = true,
				     .sha256 = { first } };

	must(store_commit(store, &m, &code, &e));
	memcpy(model, staged, sizeof(model));
}

static void an_image_that_differs_is_not_promoted(void **state)
{
	first_image();
	begin();
	write_block(9);
	commit_with_hash(1);
	must(store_apply(store, &e));
	assert_int_equal(store_verify(store, &e), -EUCLEAN);
	assert_int_equal(size_of("fingerprints"), 0);
	assert_int_equal(store_state(store)->cursor.map_era, 0);
	crash();
	assert_true(store_state(store)->diverged);
	assert_int_equal(store_promote(store, false, &e), -EUCLEAN);
	assert_int_equal(store_state(store)->status, WIRE_COMMITTED);
	must(store_promote(store, true, &e));
	assert_true(store_state(store)->diverged);
}

/* Neither a hurry nor an image that can't be read stands in the way. */
static void verification_can_wait(void **state)
{
	first_image();
	begin();
	write_block(9);
	commit_with_hash(1);
	must(store_apply(store, &e));
	assert_int_equal(size_of("stage"), 0);
	store_hurry(store);
	must(store_verify(store, &e));
	assert_true(store_state(store)->verify);
	store_calm(store);
	assert_int_equal(store_verify(store, &e), -EUCLEAN);
	begin();
	commit_with_hash(1);
	must(store_apply(store, &e));
	crash();
	break_image(true);
	must(store_hello(store, &hello, &code, &e));
	break_image(false);
	assert_true(store_state(store)->verify);
	must(store_promote(store, false, &e));
	assert_true(store_state(store)->verify);
	crash();
	assert_int_equal(store_state(store)->status, WIRE_PROMOTED);
}

/* Damage to the newest state after a promotion doesn't undo it. */
static void damage_does_not_undo_a_promotion(void **state)
{
	int slot;

	first_image();
	must(store_promote(store, false, &e));
	for (slot = 0; slot < 2; slot++) {
		store_close(store);
		assert_int_equal(file_write("state",
					    slot * STATE_SLOT_BYTES + 40, "rot",
					    3),
				 0);
		open_store();
		assert_int_equal(store_state(store)->status, WIRE_PROMOTED);
	}
}

static void state_slots_survive_garbage(void **state)
{
	struct store_state in = { .sequence = 9,
				  .status = WIRE_COMMITTED,
				  .era = 5,
				  .image_bytes = 4096 },
			   out;
	uint8_t slot[STATE_BYTES];
	size_t i, bit;
	int round;

	srandom(4);
	for (round = 0; round < 100000; round++) {
		state_encode(slot, &in);
		assert_int_equal(state_decode(&out, slot), 0);
		assert_int_equal(out.era, 5);
		bit = (size_t)random() % (8 * STATE_BYTES);
		slot[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(state_decode(&out, slot), -EBADMSG);
		for (i = 0; i < STATE_BYTES; i++)
			slot[i] = (uint8_t)random();
		assert_int_equal(state_decode(&out, slot), -EBADMSG);
	}
}

#define store_case(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		store_case(random_histories),
		store_case(an_aborted_first_image_is_resumed),
		store_case(another_lineage_is_refused),
		store_case(a_promotion_is_for_ever),
		store_case(bad_instructions_are_refused),
		store_case(an_era_has_an_end),
		store_case(a_torn_state_falls_back),
		store_case(a_damaged_log_is_noticed),
		store_case(an_era_waits_for_room_in_the_image),
		store_case(a_failed_state_ends_it_all),
		store_case(an_unsynced_first_image_is_sent_again),
		store_case(an_image_that_differs_is_not_promoted),
		store_case(verification_can_wait),
		store_case(a_promotion_leaves_the_first_image_alone),
		store_case(an_empty_file_is_made_an_image),
		store_case(damage_does_not_undo_a_promotion),
		cmocka_unit_test(state_slots_survive_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
