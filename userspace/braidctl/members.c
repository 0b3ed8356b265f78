// SPDX-License-Identifier: GPL-2.0-or-later
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "braidctl/adopt.h"
#include "braidctl/complain.h"
#include "braidctl/finds.h"
#include "braidctl/members.h"
#include "braidctl/print.h"
#include "braidctl/replace.h"
#include "braidctl/spares.h"
#include "braidctl/turn.h"

/* The array that the first operand names. 0, or EXIT_FAILED. */
static int get(const struct request *request, struct live *live)
{
	struct err error;

	if (live_get(request->operand[0], live, &error))
		return complain("%s", error.text);
	live_read(live);
	return 0;
}

int array_fail(const struct request *request)
{
	static struct live live;
	struct err error;
	unsigned int slot;
	char message[32];

	if (live_get(request->operand[0], &live, &error))
		return complain("%s", error.text);
	if (live_slot(&live, request->operand[1], &slot))
		return EXIT_FAILED;
	snprintf(message, sizeof(message), "fail %u", slot);
	if (dm_dev_message(live.name, message, NULL, &error))
		return complain("%s", error.text);
	return EXIT_OK;
}

/* Take it out of the array, if it is of no use there. */
static int remove_slot(struct live *live, unsigned int slot)
{
	switch (live->status.health[slot]) {
	case 'D':
		return adopt_nothing(live, slot);
	case '-':
		return complain("there is no device in slot %u of %s", slot,
				live->name);
	default:
		return complain(
			"slot %u of %s is in use: array fail takes it out of use first, array replace exchanges it",
			slot, live->name);
	}
}

/* A spare is no member: its superblock is all that makes it one. */
static int remove_spare(const struct find *find)
{
	int fd = super_open(find->path, O_RDWR | O_EXCL);
	int r = fd < 0 ? fd : super_erase(fd);

	if (fd >= 0)
		close(fd);
	if (r)
		return complain("cannot erase the superblock of %s: %s",
				find->path, strerror(-r));
	return EXIT_OK;
}

static bool is_spare(const struct live *live, const char *path,
		     struct finds *finds)
{
	return strchr(path, '/') && !access(path, F_OK) &&
	       !finds_add(finds, path) && spares_fits(live, finds->find);
}

static int remove_one(const struct request *request)
{
	struct finds finds = { 0 };
	static struct live live;
	unsigned int slot;
	int r = get(request, &live);

	if (r)
		return r;
	if (is_spare(&live, request->operand[1], &finds))
		r = remove_spare(finds.find);
	else if (replace_is_twin(&live, request->operand[1]))
		r = adopt_no_twin(&live, live.status.twin_of);
	else if (live_slot(&live, request->operand[1], &slot))
		r = EXIT_FAILED;
	else
		r = remove_slot(&live, slot);
	finds_free(&finds);
	return r;
}

/* Whoever changes tables takes turns. */
static int in_turn(const struct request *request,
		   int (*run)(const struct request *request))
{
	int turn = turn_begin(), r;

	if (turn < 0)
		return EXIT_FAILED;
	r = run(request);
	turn_end(turn);
	return r;
}

int array_remove(const struct request *request)
{
	return in_turn(request, remove_one);
}

static int report(const struct request *request, const struct live *live,
		  const char *path, const struct join *join)
{
	bool readd = join && join->how == JOIN_READD;
	json_object *object;

	if (!request_has(request, OPT_JSON)) {
		if (join)
			printf("%s: in slot %u of %s, being %s\n", path,
			       join->slot, live->name,
			       readd ? "brought up to date" : "rebuilt");
		else
			printf("%s: a spare of %s\n", path, live->name);
		return print_done();
	}
	object = print_object();
	print_add_text(object, "name", live->name);
	print_add_text(object, "device", path);
	if (join)
		print_add_number(object, "slot", join->slot);
	else
		print_add(object, "slot", NULL);
	print_add_text(object, "how",
		       !join ? "spare" : readd ? "readd" : "rebuild");
	return print_json(object);
}

static int add_one(const struct request *request)
{
	bool force = request_has(request, OPT_FORCE);
	const char *path = request->operand[1];
	static struct live live;
	struct join join;
	int r = get(request, &live);

	if (r)
		return r;
	if (request_has(request, OPT_SPARE)) {
		if (adopt_spare(&live, path, force))
			return EXIT_FAILED;
		return report(request, &live, path, NULL);
	}
	if (adopt(&live, path, JOIN_ANY_SLOT, force, &join))
		return EXIT_FAILED;
	return report(request, &live, path, &join);
}

int array_add(const struct request *request)
{
	return in_turn(request, add_one);
}
