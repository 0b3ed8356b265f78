// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "braidctl/complain.h"
#include "braidctl/print.h"

static json_object *made(json_object *object)
{
	if (!object)
		errx(1, "out of memory");
	return object;
}

json_object *print_object(void)
{
	return made(json_object_new_object());
}

json_object *print_array(void)
{
	return made(json_object_new_array());
}

void print_add(json_object *to, const char *key, json_object *value)
{
	if (json_object_object_add(to, key, value))
		errx(1, "out of memory");
}

void print_add_text(json_object *to, const char *key, const char *text)
{
	print_add(to, key, text ? made(json_object_new_string(text)) : NULL);
}

void print_add_number(json_object *to, const char *key, uint64_t number)
{
	print_add(to, key, made(json_object_new_uint64(number)));
}

void print_add_flag(json_object *to, const char *key, int flag)
{
	print_add(to, key, made(json_object_new_boolean(flag)));
}

void print_append(json_object *array, json_object *value)
{
	if (json_object_array_add(array, value))
		errx(1, "out of memory");
}

const char *print_text_of(json_object *object, const char *key)
{
	const char *text;

	text = json_object_get_string(json_object_object_get(object, key));
	return text ? text : "-";
}

uint64_t print_number_of(json_object *object, const char *key)
{
	return json_object_get_uint64(json_object_object_get(object, key));
}

int print_done(void)
{
	if (!fflush(stdout) && !ferror(stdout))
		return EXIT_OK;
	return complain("cannot write to the standard output: %s",
			strerror(errno));
}

int print_json(json_object *object)
{
	puts(json_object_to_json_string_ext(
		object, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED |
				JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(object);
	return print_done();
}
