// SPDX-License-Identifier: GPL-2.0-or-later
/* braidd: keeps one volume's replication going, as its source or replica. */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/config.h"
#include "failpoint/failpoint.h"
#include "log/log.h"
#include "replica/replica.h"
#include "ring/ring.h"
#include "ring/signals.h"
#include "source/source.h"
#include "tls/tls.h"

#define RING_ENTRIES 256

static const char usage[] =
	"usage: braidd -c FILE [--check] [--foreground] [--journal]\n";

struct options {
	const char *config;
	bool check, journal, help;
};

static int parse(struct options *o, int argc, char **argv)
{
	static const struct option longs[] = {
		{ "config", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'C' },
		{ "foreground", no_argument, NULL, 'f' },
		{ "journal", no_argument, NULL, 'j' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 }
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "c:fhx:", longs, NULL)) != -1) {
		switch (opt) {
		case 'c':
			o->config = optarg;
			break;
		case 'C':
			o->check = true;
			break;
		case 'f': /* it never leaves it */
			break;
		case 'j':
			o->journal = true;
			break;
		case 'h':
			o->help = true;
			return 0;
#ifdef BRAID_FAILPOINTS
		case 'x':
			if (failpoint_arm(optarg) < 0)
				return -1;
			break;
#endif
		default:
			return -1;
		}
	}
	return o->config != NULL && optind == argc ? 0 : -1;
}

static void stop(struct ring_signals *signals)
{
	ring_stop(signals->op.ring);
}

static int run_volume(const struct config *c, struct ring *ring, struct err *e)
{
	struct replica *replica = NULL;
	struct source *source = NULL;
	int ret;

	if (c->role == ROLE_SOURCE)
		ret = source_start(&source, c, ring, e);
	else
		ret = replica_start(&replica, c, ring, e);
	if (ret < 0)
		return ret;
	ret = ring_run(ring);
	if (ret < 0) {
		log_error("the event loop failed: %s", strerror(-ret));
		_exit(1); /* the kernel may still write to what is to be freed */
	}
	source_stop(source);
	replica_stop(replica);
	log_info("stopped");
	return 0;
}

static int run(const struct config *c, struct err *e)
{
	struct ring_signals signals = { .stop = stop };
	struct ring *ring;
	int ret;

	ret = ring_open(&ring, RING_ENTRIES);
	if (ret < 0)
		return err_sys(e, -ret, "cannot set io_uring up");
	ret = ring_signals_open(&signals, ring);
	if (ret < 0)
		ret = err_sys(e, -ret, "cannot wait for signals");
	else
		ret = run_volume(c, ring, e);
	ring_close(ring);
	return ret;
}

static int check(const struct config *c, struct err *e)
{
	uint8_t key[TLS_KEY_BYTES];
	int ret = tls_key_load(c->key, key, e);

	explicit_bzero(key, sizeof(key));
	return ret;
}

int main(int argc, char **argv)
{
	static struct config config;
	struct options o = { .config = NULL };
	char name[CONFIG_NAME_MAX + 16];
	struct err e;
	int ret;

	if (parse(&o, argc, argv) < 0) {
		fputs(usage, stderr);
		return 2;
	}
	if (o.help) {
		fputs(usage, stdout);
		return 0;
	}
	log_setup("braidd", o.journal);
	ret = config_load(&config, o.config, &e);
	if (ret == 0) {
		snprintf(name, sizeof(name), "%s %s", config.name,
			 config.role == ROLE_SOURCE ? "source" : "replica");
		log_setup(name, o.journal);
	}
	if (ret == 0)
		ret = o.check ? check(&config, &e) : run(&config, &e);
	if (ret < 0) {
		log_error("%s", e.text);
		return 1;
	}
	return 0;
}
