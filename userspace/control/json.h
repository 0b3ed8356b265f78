/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields of an answer. */
#ifndef CONTROL_JSON_H
#define CONTROL_JSON_H

#include <json-c/json.h>
#include <stdint.h>

/** json_add_text - @text, or null if it is NULL */
void json_add_text(struct json_object *o, const char *key, const char *text);
void json_add_number(struct json_object *o, const char *key, uint64_t n);

/** json_ms - milliseconds as seconds with three decimals */
struct json_object *json_ms(uint64_t ms);

#endif
