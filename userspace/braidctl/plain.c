// SPDX-License-Identifier: GPL-2.0-or-later
#include "braidctl/plain.h"

char *plain(char *text)
{
	unsigned char *at = (unsigned char *)text;

	for (; *at; at++)
		if (*at < ' ' || *at == 0x7f)
			*at = '?';
	return text;
}
