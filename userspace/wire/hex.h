/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes as hex digits. */
#ifndef WIRE_HEX_H
#define WIRE_HEX_H

#include <stddef.h>
#include <stdint.h>

#define HEX_TEXT(bytes) (2 * (bytes) + 1)

/** hex_text - write HEX_TEXT(@len) characters; Return: @text */
const char *hex_text(char *text, const uint8_t *bytes, size_t len);

/** hex_bytes - read 2 * @len digits that end the string; 0 or -EINVAL */
int hex_bytes(uint8_t *bytes, size_t len, const char *text);

#endif
