/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two faces of an answer: JSON for programs, a table for people. */
#ifndef BRAIDCTL_PRINT_H
#define BRAIDCTL_PRINT_H

#include <json-c/json.h>
#include <stdint.h>

/* Shorthands that don't leave half an object behind: out of memory ends us. */
json_object *print_object(void);
json_object *print_array(void);
void print_add(json_object *to, const char *key, json_object *value);
void print_add_text(json_object *to, const char *key, const char *text);
void print_add_number(json_object *to, const char *key, uint64_t number);
void print_add_flag(json_object *to, const char *key, int flag);
void print_append(json_object *array, json_object *value);

/* What stands in an object: "-" for no text, 0 for no number. */
const char *print_text_of(json_object *object, const char *key);
uint64_t print_number_of(json_object *object, const char *key);

/* Print it on stdout and free it. Return: EXIT_OK or EXIT_FAILED. */
int print_json(json_object *object);

/* Whether all of stdout could be written. Return: EXIT_OK or EXIT_FAILED. */
int print_done(void);

#endif
