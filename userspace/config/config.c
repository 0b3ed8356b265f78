// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config.h"

struct loading {
	struct config *c;
	char why[ERR_TEXT_MAX / 2];
	uint32_t seen;
};

struct key {
	const char *section, *name;
	/* NULL, or what is wrong with the value, as "must be ..." */
	const char *(*set)(struct config *c, const char *value);
};

static const char *set_text(char *to, size_t size, const char *value)
{
	if (value[0] == '\0')
		return "must not be empty";
	if (strlen(value) >= size)
		return "is too long";
	strcpy(to, value);
	return NULL;
}

static const char *set_path(char *to, size_t size, const char *value)
{
	if (value[0] != '/')
		return "must be an absolute path";
	return set_text(to, size, value);
}

static const char *set_name(struct config *c, const char *value)
{
	size_t len = strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	if (len == 0 || len > CONFIG_NAME_MAX || value[len] != '\0')
		return "must be 1 to 32 of a-z, 0-9, _ and -";
	return set_text(c->name, sizeof(c->name), value);
}

static const char *set_role(struct config *c, const char *value)
{
	if (strcmp(value, "source") == 0)
		c->role = ROLE_SOURCE;
	else if (strcmp(value, "replica") == 0)
		c->role = ROLE_REPLICA;
	else
		return "must be source or replica";
	return NULL;
}

static const char *set_state(struct config *c, const char *value)
{
	return set_path(c->state, sizeof(c->state), value);
}

static const char *set_key(struct config *c, const char *value)
{
	return set_path(c->key, sizeof(c->key), value);
}

static const char *set_control(struct config *c, const char *value)
{
	return set_path(c->control, sizeof(c->control), value);
}

static const char *set_device(struct config *c, const char *value)
{
	return set_path(c->device, sizeof(c->device), value);
}

static const char *set_image(struct config *c, const char *value)
{
	return set_path(c->image, sizeof(c->image), value);
}

static const char *set_mode(struct config *c, const char *value)
{
	if (strcmp(value, "track") == 0)
		c->mode = MODE_TRACK;
	else if (strcmp(value, "scan") == 0)
		c->mode = MODE_SCAN;
	else
		return "must be track or scan";
	return NULL;
}

static const char *set_view(struct config *c, const char *value)
{
	if (strcmp(value, "shipped") == 0)
		c->view = VIEW_SHIPPED;
	else if (strcmp(value, "whole") == 0)
		c->view = VIEW_WHOLE;
	else
		return "must be shipped or whole";
	return NULL;
}

static const char *set_verify(struct config *c, const char *value)
{
	if (strcmp(value, "sha256") == 0)
		c->verify = true;
	else if (strcmp(value, "none") == 0)
		c->verify = false;
	else
		return "must be none or sha256";
	return NULL;
}

static const char *set_overwrite(struct config *c, const char *value)
{
	if (strcmp(value, "yes") == 0)
		c->overwrite = true;
	else if (strcmp(value, "no") == 0)
		c->overwrite = false;
	else
		return "must be yes or no";
	return NULL;
}

static const char *set_number(unsigned int *to, unsigned int max,
			      const char *value)
{
	char *end;
	unsigned long n;

	if (value[0] < '0' || value[0] > '9')
		return "must be a number";
	errno = 0;
	n = strtoul(value, &end, 10);
	if (errno != 0 || *end != '\0' || n > max)
		return "must be a number in range";
	*to = (unsigned int)n;
	return NULL;
}

static const char *set_interval(struct config *c, const char *value)
{
	return set_number(&c->interval_s, 7 * 86400, value);
}

static const char *set_patience(struct config *c, const char *value)
{
	const char *bad = set_number(&c->patience_s, 86400, value);

	return bad == NULL && c->patience_s == 0 ? "must be 1 or more" : bad;
}

/* HOST:PORT, with brackets around an IPv6 address. */
static const char *set_address(struct config_address *a, const char *value)
{
	static const char bad[] = "must be HOST:PORT";
	const char *colon = strrchr(value, ':'), *host = value;
	unsigned int port;
	size_t len;

	if (colon == NULL || set_number(&port, 65535, colon + 1) != NULL ||
	    port == 0)
		return bad;
	len = (size_t)(colon - value);
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	} else if (memchr(host, ':', len) != NULL) {
		return "must be [ADDRESS]:PORT for an IPv6 address";
	}
	if (len == 0 || len >= sizeof(a->host))
		return bad;
	memcpy(a->host, host, len);
	a->host[len] = '\0';
	snprintf(a->port, sizeof(a->port), "%u", port);
	return NULL;
}

static const char *set_peer(struct config *c, const char *value)
{
	return set_address(&c->peer, value);
}

static const char *set_listen(struct config *c, const char *value)
{
	return set_address(&c->listen, value);
}

static const struct key keys[] = {
	{ "volume", "name", set_name },
	{ "volume", "role", set_role },
	{ "volume", "state", set_state },
	{ "volume", "key", set_key },
	{ "volume", "control", set_control },
	{ "source", "device", set_device },
	{ "source", "mode", set_mode },
	{ "source", "view", set_view },
	{ "source", "peer", set_peer },
	{ "source", "interval", set_interval },
	{ "source", "patience", set_patience },
	{ "source", "verify", set_verify },
	{ "replica", "listen", set_listen },
	{ "replica", "image", set_image },
	{ "replica", "overwrite", set_overwrite },
};

#define NR_KEYS (sizeof(keys) / sizeof(keys[0]))

static int set_key_at(struct loading *l, size_t i, const char *value)
{
	const char *bad;

	if (l->seen & (1U << i)) {
		snprintf(l->why, sizeof(l->why), "%s is given twice",
			 keys[i].name);
		return 0;
	}
	l->seen |= 1U << i;
	bad = keys[i].set(l->c, value);
	if (bad == NULL)
		return 1;
	snprintf(l->why, sizeof(l->why), "%s = %.64s: it %s", keys[i].name,
		 value, bad);
	return 0;
}

/* inih's handler: 0 stands for an error; the first one is kept. */
static int on_key(void *user, const char *section, const char *name,
		  const char *value)
{
	struct loading *l = user;
	size_t i;

	if (l->why[0] != '\0')
		return 0;
	for (i = 0; i < NR_KEYS; i++)
		if (strcmp(section, keys[i].section) == 0 &&
		    strcmp(name, keys[i].name) == 0)
			return set_key_at(l, i, value);
	snprintf(l->why, sizeof(l->why), "unknown key %.64s in section [%.64s]",
		 name, section);
	return 0;
}

/* The file's basename, less ".conf", if it will do as a name. */
static void default_name(struct config *c)
{
	const char *slash = strrchr(c->path, '/');
	const char *base = slash ? slash + 1 : c->path;
	const char *dot = strrchr(base, '.');
	char name[NAME_MAX + 1];
	size_t len = dot ? (size_t)(dot - base) : strlen(base);

	if (len >= sizeof(name))
		return;
	memcpy(name, base, len);
	name[len] = '\0';
	if (set_name(c, name) != NULL)
		c->name[0] = '\0';
}

static const char *missing(const struct config *c)
{
	if (c->name[0] == '\0')
		return "[volume] name";
	if (c->role == ROLE_NONE)
		return "[volume] role";
	if (c->state[0] == '\0')
		return "[volume] state";
	if (c->key[0] == '\0')
		return "[volume] key";
	if (c->control[0] == '\0')
		return "[volume] control";
	if (c->role == ROLE_REPLICA) {
		if (c->listen.host[0] == '\0')
			return "[replica] listen";
		return c->image[0] == '\0' ? "[replica] image" : NULL;
	}
	if (c->device[0] == '\0')
		return "[source] device";
	if (c->mode == MODE_NONE)
		return "[source] mode";
	return c->peer.host[0] == '\0' ? "[source] peer" : NULL;
}

static void defaults(struct config *c)
{
	if (c->name[0] == '\0')
		default_name(c);
	if (c->name[0] == '\0')
		return;
	if (c->state[0] == '\0')
		snprintf(c->state, sizeof(c->state), "/var/lib/braid/%s",
			 c->name);
	if (c->key[0] == '\0')
		snprintf(c->key, sizeof(c->key), "/etc/braid/%s.key", c->name);
	if (c->control[0] == '\0')
		snprintf(c->control, sizeof(c->control), "/run/braid/%s.sock",
			 c->name);
}

int config_load(struct config *c, const char *path, struct err *e)
{
	struct loading l = { .c = c };
	const char *lacking;
	int line;

	memset(c, 0, sizeof(*c));
	c->interval_s = 10;
	c->patience_s = 180;
	if (strlen(path) >= sizeof(c->path))
		return err_set(e, ENAMETOOLONG, "the name %.64s... is too long",
			       path);
	strcpy(c->path, path);
	errno = EIO;
	line = ini_parse(path, on_key, &l);
	if (line < 0)
		return err_sys(e, errno, "cannot read the configuration %s",
			       path);
	if (line > 0)
		return err_set(e, EINVAL, "%s, line %d: %s", path, line,
			       l.why[0] ? l.why :
					  "neither [section] nor key = value");
	defaults(c);
	lacking = missing(c);
	if (lacking != NULL)
		return err_set(e, EINVAL, "%s: %s is missing", path, lacking);
	if (c->verify && c->mode == MODE_TRACK && c->view != VIEW_WHOLE)
		return err_set(
			e, EINVAL,
			"%s: verify = sha256 in track mode needs view = whole",
			path);
	return 0;
}
