/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A table for people: columns as wide as what stands in them. */
#ifndef BRAIDCTL_TABLE_H
#define BRAIDCTL_TABLE_H

#include <stddef.h>
#include <stdio.h>

#define TABLE_COLUMNS_MAX 12

struct table {
	unsigned int columns, cells, room;
	char **cell;
};

/* Start a table with its head; NULL ends the names. */
void table_begin(struct table *table, ...) __attribute__((sentinel));

/* One cell after the other, row by row. */
void table_cell(struct table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Print it, if it has any rows, and free it. */
void table_end(struct table *table, FILE *out);

#endif
