// SPDX-License-Identifier: GPL-2.0-or-later
#include "braid-delta/commands.h"
#include "braid-delta/complain.h"
#include "braid-delta/infile.h"
#include "delta/format.h"
#include "delta/reader.h"
#include "delta/signature.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define DATA_SHOWN 16 /* bytes of data that a person sees */

/* The file, and its first bytes, which tell what it is. */
struct start {
	struct infile file;
	uint8_t bytes[DELTA_MAGIC_SIZE];
	size_t have, given;
};

static ssize_t read_start(void *ctx, void *buf, size_t size)
{
	struct start *start = ctx;
	size_t left = start->have - start->given;

	if (!left)
		return bd_infile_read(&start->file, buf, size);
	if (size > left)
		size = left;
	memcpy(buf, start->bytes + start->given, size);
	start->given += size;
	return (ssize_t)size;
}

static void print_hex(const uint8_t *bytes, size_t count, const char *end)
{
	for (; count; count--)
		printf("%02x", *bytes++);
	puts(end);
}

/* Not the input's fault: of two complaints the first one is heard. */
static int check_stdout(void)
{
	if (!ferror(stdout))
		return 0;
	bd_complain("can't write: %s", strerror(errno));
	return -EIO;
}

static void print_entry(const struct delta_params *params, uint64_t block,
			const struct delta_entry *entry)
{
	uint32_t i;

	for (i = 0; i < entry->repeat && !ferror(stdout); i++, block++) {
		printf("block %" PRIu64 "  offset %" PRIu64 "  weak %u  "
		       "strong ",
		       block, block * params->block, entry->weak);
		print_hex(entry->strong, params->strong_length, "");
	}
}

static int signature(struct start *start, const char *name)
{
	struct delta_signature_reader reader;
	struct delta_entry entry;
	uint64_t block = 0;
	int ret;

	ret = delta_signature_open(&reader, read_start, start);
	if (!ret)
		printf("signature  block length %u  weak rsync+31"
		       "  strong %s, %u bytes\n",
		       reader.params.block,
		       delta_strong_name(reader.params.kind),
		       reader.params.strong_length);
	while (!ret && (ret = delta_signature_next(&reader, &entry)) > 0) {
		print_entry(&reader.params, block, &entry);
		block += entry.repeat;
		ret = check_stdout();
	}
	if (ret)
		bd_complain_of(name, ret, reader.in.why);
	else
		printf("file of %" PRIu64 " bytes, %" PRIu64 " blocks\n",
		       reader.size, reader.blocks);
	delta_signature_close(&reader);
	return ret ? -1 : 0;
}

/* Long ones are several instructions in the file, and one to a person. */
struct run {
	struct delta_op op;
	uint8_t first[DATA_SHOWN];
	size_t shown;
};

static void print_run(struct run *run)
{
	const struct delta_op *op = &run->op;

	if (!op->length)
		return;
	switch (op->kind) {
	case DELTA_REFERENCE:
		printf("reference %" PRIu64 "+%" PRIu64 "\n", op->offset,
		       op->length);
		break;
	case DELTA_ZEROES:
		printf("zeroes %" PRIu64 "\n", op->length);
		break;
	case DELTA_DATA:
		printf("data %" PRIu64 "  ", op->length);
		print_hex(run->first, run->shown,
			  op->length > run->shown ? "..." : "");
	}
	memset(run, 0, sizeof(*run));
}

static int read_data(struct delta_reader *reader, struct run *run,
		     uint64_t length)
{
	size_t part = DATA_SHOWN - run->shown;
	uint8_t buf[4096];
	int ret;

	if (part > length)
		part = length;
	ret = delta_reader_data(reader, run->first + run->shown, part);
	run->shown += part;
	for (length -= part; length && !ret; length -= part) {
		part = length < sizeof(buf) ? length : sizeof(buf);
		ret = delta_reader_data(reader, buf, part);
	}
	return ret;
}

static int print_ops(struct delta_reader *reader)
{
	struct run run = { 0 };
	struct delta_op op;
	int ret;

	while ((ret = delta_reader_next(reader, &op)) > 0) {
		if (op.kind != run.op.kind || op.kind == DELTA_REFERENCE)
			print_run(&run);
		if (op.kind == DELTA_DATA)
			ret = read_data(reader, &run, op.length);
		if (ret >= 0)
			ret = check_stdout();
		if (ret < 0)
			return ret;
		op.length += run.op.length;
		run.op = op;
	}
	if (!ret)
		print_run(&run);
	return ret;
}

static int delta(struct start *start, const char *name)
{
	struct delta_reader reader;
	int ret = delta_reader_open(&reader, read_start, start);

	if (!ret) {
		printf("delta  block length %u  strong %s%s  from %" PRIu64
		       " bytes\n",
		       reader.block, delta_strong_name(reader.kind),
		       reader.in.compressed ? "  zstd" : "", reader.old_size);
		ret = print_ops(&reader);
	}
	if (ret) {
		bd_complain_of(name, ret, reader.in.why);
	} else {
		printf("to %" PRIu64 " bytes  digest ", reader.new_size);
		print_hex(reader.digest, delta_strong_size(reader.kind), "");
	}
	delta_reader_close(&reader);
	return ret ? -1 : 0;
}

int bd_command_stats(const struct options *options, char **args)
{
	struct start start = { 0 };
	ssize_t got;
	int ret;

	if (bd_infile_open(&start.file, args[0]))
		return -1;
	got = bd_infile_fill(&start.file, start.bytes, sizeof(start.bytes));
	if (got < 0) {
		ret = bd_complain_of(args[0], (int)got, NULL);
	} else {
		start.have = (size_t)got;
		ret = memcmp(start.bytes, DELTA_DELTA_MAGIC,
			     sizeof(start.bytes)) ?
			      signature(&start, args[0]) :
			      delta(&start, args[0]);
	}
	bd_infile_close(&start.file);
	if (!ret && fflush(stdout))
		ret = bd_complain("can't write: %s", strerror(errno));
	return ret;
}
