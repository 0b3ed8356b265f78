// SPDX-License-Identifier: GPL-2.0-or-later
#include <err.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "braidctl/plain.h"
#include "braidctl/table.h"

static void add(struct table *table, char *text)
{
	if (!text)
		errx(1, "out of memory");
	if (table->cells == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->cell = reallocarray(table->cell, table->room,
					   sizeof(*table->cell));
		if (!table->cell)
			errx(1, "out of memory");
	}
	table->cell[table->cells++] = text;
}

void table_begin(struct table *table, ...)
{
	const char *name;
	va_list args;

	memset(table, 0, sizeof(*table));
	va_start(args, table);
	while ((name = va_arg(args, const char *)) &&
	       table->columns < TABLE_COLUMNS_MAX) {
		add(table, strdup(name));
		table->columns++;
	}
	va_end(args);
}

void table_cell(struct table *table, const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	add(table, text ? plain(text) : NULL);
}

void table_end(struct table *table, FILE *out)
{
	int width[TABLE_COLUMNS_MAX] = { 0 };
	unsigned int i;

	for (i = 0; i < table->cells; i++) {
		int length = strlen(table->cell[i]);

		if (length > width[i % table->columns])
			width[i % table->columns] = length;
	}
	for (i = 0; i < table->cells; i++) {
		unsigned int column = i % table->columns;

		if (column + 1 == table->columns)
			fprintf(out, "%s\n", table->cell[i]);
		else
			fprintf(out, "%-*s  ", width[column], table->cell[i]);
		free(table->cell[i]);
	}
	free(table->cell);
	memset(table, 0, sizeof(*table));
}
