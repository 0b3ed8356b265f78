// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The tracker's own C, run on a simulated kernel and disks, against a slow and
 * obvious model of what it has to know.
 *
 *	track-model [--ops N] [--seed S] [--length N] [--verbose]
 *
 * Operations are drawn by lot in stories of some thousand each. A story is told by
 * its seed; one that fails is made shorter as long as it fails, and printed.
 */
#include <getopt.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "truth.h"
#include "world.h"

#define STORIES		50U		/* of one process */
#define SHRINK_MAX	3000U		/* attempts */

/* What a child tells, even if it dies. */
struct progress {
	u64 seed;
	u64 ops;
	u64 stories;
	u64 checks;
	struct world_counts counts;
};

static struct progress *progress;
static unsigned int length = 2000;
static unsigned int total_weight;

static enum op_kind draw_kind(void)
{
	unsigned int at = sim_random(total_weight);
	unsigned int kind = 0;

	while (at >= op_weights[kind])
		at -= op_weights[kind++];
	return kind;
}

static void tell(u64 seed, struct op *ops)
{
	sim_seed(seed);
	for (unsigned int i = 0; i < length; i++) {
		ops[i].kind = draw_kind();
		ops[i].seed = sim_random64();
	}
}

static void run(u64 seed, const struct op *ops, unsigned int count)
{
	world_begin(seed);
	for (unsigned int i = 0; i < count; i++)
		world_do(&ops[i]);
	world_end();
}

static void stories(u64 seed, u64 limit)
{
	struct op *ops = malloc(length * sizeof(*ops));

	for (unsigned int i = 0; i < STORIES && progress->ops < limit; i++) {
		progress->seed = seed + i;
		tell(seed + i, ops);
		run(seed + i, ops, length);
		progress->ops += length;
		progress->stories++;
	}
	progress->checks += truth.checks;
	progress->counts.crashes += world_counts.crashes;
	progress->counts.closes += world_counts.closes;
	progress->counts.views += world_counts.views;
	progress->counts.reads += world_counts.reads;
	progress->counts.invalid += world_counts.invalid;
	progress->counts.suspects += world_counts.suspects;
	progress->counts.rotten += world_counts.rotten;
	progress->counts.failed += world_counts.failed;
	free(ops);
}

static int wait_child(pid_t child)
{
	int status;

	if (child < 0 || waitpid(child, &status, 0) < 0) {
		perror("track-model: fork");
		exit(2);
	}
	return status;
}

/* ---- a story that fails */

static bool fails(u64 seed, const struct op *ops, unsigned int count)
{
	pid_t child;

	fflush(NULL);
	child = fork();
	if (!child) {
		if (!freopen("/dev/null", "w", stderr))
			_exit(0);
		alarm(60);
		run(seed, ops, count);
		_exit(0);
	}
	return wait_child(child);
}

/* Leave out half of it, a quarter, ... as long as it fails without. */
static unsigned int shrink(u64 seed, struct op *ops, unsigned int count)
{
	struct op *less = malloc(count * sizeof(*less));
	unsigned int part = count / 2, attempts = 0;

	while (part && attempts < SHRINK_MAX) {
		bool shorter = false;

		for (unsigned int at = 0; at < count && attempts < SHRINK_MAX;) {
			unsigned int gap = min(part, count - at);

			memcpy(less, ops, at * sizeof(*ops));
			memcpy(less + at, ops + at + gap,
			       (count - at - gap) * sizeof(*ops));
			attempts++;
			if (fails(seed, less, count - gap)) {
				count -= gap;
				memcpy(ops, less, count * sizeof(*ops));
				shorter = true;
			} else {
				at += gap;
			}
		}
		if (!shorter || part > count)
			part /= 2;
	}
	free(less);
	return count;
}

static void explain(u64 seed)
{
	struct op *ops = malloc(length * sizeof(*ops));
	unsigned int count;
	int status;

	printf("track-model: the story with the seed %llu has failed; SEED=%llu tells it again\n",
	       (unsigned long long)seed, (unsigned long long)seed);
	tell(seed, ops);
	count = shrink(seed, ops, length);
	printf("shortened to %u operations:\n", count);
	for (unsigned int i = 0; i < count; i++)
		printf("  %s %016llx\n", op_names[ops[i].kind],
		       (unsigned long long)ops[i].seed);
	fflush(stdout);
	if (!fork()) {
		alarm(60);
		sim_verbose = true;
		run(seed, ops, count);
		_exit(0);
	}
	if (wait(&status) > 0 && WIFSIGNALED(status))
		printf("it died of %s\n", strsignal(WTERMSIG(status)));
	free(ops);
}

static int run_all(u64 ops, u64 seed)
{
	u64 first = seed;

	while (progress->ops < ops) {
		pid_t child;
		int status;

		fflush(NULL);
		child = fork();
		if (!child) {
			stories(seed, ops);
			_exit(0);
		}
		status = wait_child(child);
		if (status) {
			explain(progress->seed);
			return 1;
		}
		seed += STORIES;
	}
	printf("track-model: %llu operations in %llu stories from seed %llu: %llu closes, %llu views (%llu invalid), %llu reads of views, %llu crashes, %llu sectors rotten, %llu failures of the metadata device, %llu blocks suspect in vain, %llu answers checked\n",
	       (unsigned long long)progress->ops,
	       (unsigned long long)progress->stories,
	       (unsigned long long)first,
	       (unsigned long long)progress->counts.closes,
	       (unsigned long long)progress->counts.views,
	       (unsigned long long)progress->counts.invalid,
	       (unsigned long long)progress->counts.reads,
	       (unsigned long long)progress->counts.crashes,
	       (unsigned long long)progress->counts.rotten,
	       (unsigned long long)progress->counts.failed,
	       (unsigned long long)progress->counts.suspects,
	       (unsigned long long)progress->checks);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "ops", required_argument, NULL, 'o' },
		{ "seed", required_argument, NULL, 's' },
		{ "length", required_argument, NULL, 'l' },
		{ "verbose", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	u64 ops = 200000, seed = 1;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 'o':
			ops = strtoull(optarg, NULL, 10);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 10);
			break;
		case 'l':
			length = strtoul(optarg, NULL, 10);
			break;
		case 'v':
			sim_verbose = true;
			break;
		default:
			fprintf(stderr,
				"usage: track-model [--ops N] [--seed S] [--length N] [--verbose]\n");
			return 2;
		}
	}
	for (unsigned int i = 0; i < OP_KINDS; i++)
		total_weight += op_weights[i];
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return run_all(ops, seed);
}
