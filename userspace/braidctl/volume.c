// SPDX-License-Identifier: GPL-2.0-or-later
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "braidctl/complain.h"
#include "braidctl/volume.h"
#include "config/config.h"

#define CONFIG_DIR "/etc/braid"
#define CONTROL_DIR "/run/braid"

static bool name_ok(const char *name, size_t length)
{
	return length >= 1 && length <= 32 &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") >= length;
}

/* The path that --control gives is believed without being looked at. */
static int from_control(const char *control, struct volume *volume)
{
	if (strlen(control) >= sizeof(volume->control))
		return complain_usage(
			"--control %.32s...: too long for a socket", control);
	strcpy(volume->control, control);
	return 0;
}

static int from_config(const char *path, struct volume *volume)
{
	struct config *config = calloc(1, sizeof(*config));
	struct err error;
	int r;

	if (!config)
		return complain("out of memory");
	r = config_load(config, path, &error);
	if (r) {
		free(config);
		return complain("%s", error.text);
	}
	snprintf(volume->name, sizeof(volume->name), "%s", config->name);
	strcpy(volume->control, config->control);
	snprintf(volume->config, sizeof(volume->config), "%s", path);
	free(config);
	return 0;
}

/* With a configuration, that says where the socket is. */
static int from_name(const char *name, size_t length, struct volume *volume)
{
	char path[64];

	if (!name_ok(name, length))
		return complain_usage(
			"'%.64s' is no volume's name: 1 to 32 of a-z, 0-9, _ and -",
			name);
	snprintf(path, sizeof(path), "%s/%.*s.conf", CONFIG_DIR, (int)length,
		 name);
	if (!access(path, F_OK))
		return from_config(path, volume);
	snprintf(volume->name, sizeof(volume->name), "%.*s", (int)length, name);
	snprintf(volume->control, sizeof(volume->control), "%s/%s.sock",
		 CONTROL_DIR, volume->name);
	return 0;
}

static int from_request(const struct request *request, int operand,
			struct volume *volume, bool *named)
{
	int r = 0;

	memset(volume, 0, sizeof(*volume));
	*named = true;
	if (request_has(request, OPT_CONFIG) && request->operands > operand)
		return complain_usage(
			"a name and --config say the same: give one");
	if (request_has(request, OPT_CONFIG))
		r = from_config(request->text[OPT_CONFIG], volume);
	else if (request->operands > operand)
		r = from_name(request->operand[operand],
			      strlen(request->operand[operand]), volume);
	else
		*named = request_has(request, OPT_CONTROL);
	if (!r && request_has(request, OPT_CONTROL))
		r = from_control(request->text[OPT_CONTROL], volume);
	return r;
}

static bool known(const struct volumes *volumes, const struct volume *volume)
{
	unsigned int i;

	for (i = 0; i < volumes->count; i++)
		if (!strcmp(volumes->volume[i].control, volume->control))
			return true;
	return false;
}

/* The volumes that files of one folder are named after. */
static int scan(const char *folder, const char *suffix, struct volumes *volumes)
{
	DIR *dir = opendir(folder);
	struct volume volume;
	struct dirent *entry;
	int r = 0;

	if (!dir)
		return 0; /* none then */
	while (!r && (entry = readdir(dir))) {
		size_t length = strlen(entry->d_name), tail = strlen(suffix);

		if (length <= tail ||
		    strcmp(entry->d_name + length - tail, suffix) ||
		    !name_ok(entry->d_name, length - tail))
			continue;
		memset(&volume, 0, sizeof(volume));
		r = from_name(entry->d_name, length - tail, &volume);
		if (r || known(volumes, &volume))
			continue;
		if (volumes->count == VOLUMES_MAX)
			r = complain(
				"there are more than %d volumes in %s; name one",
				VOLUMES_MAX, folder);
		else
			volumes->volume[volumes->count++] = volume;
	}
	closedir(dir);
	return r;
}

int volume_all(const struct request *request, int operand,
	       struct volumes *volumes)
{
	bool named;
	int r;

	memset(volumes, 0, sizeof(*volumes));
	r = from_request(request, operand, &volumes->volume[0], &named);
	if (r)
		return r;
	if (named) {
		volumes->count = 1;
		return 0;
	}
	r = scan(CONFIG_DIR, ".conf", volumes);
	return r ? r : scan(CONTROL_DIR, ".sock", volumes);
}

int volume_one(const struct request *request, int operand,
	       struct volume *volume)
{
	struct volumes volumes;
	int r;

	r = volume_all(request, operand, &volumes);
	if (r)
		return r;
	if (!volumes.count)
		return complain(
			"no volume is configured in %s and no braidd has a socket in %s",
			CONFIG_DIR, CONTROL_DIR);
	if (volumes.count > 1)
		return complain_usage(
			"there are %u volumes, such as %s and %s: name one",
			volumes.count, volumes.volume[0].name,
			volumes.volume[1].name);
	*volume = volumes.volume[0];
	return 0;
}
