/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One line on stderr for each thing that a person may want to know. Text that
 * came from a peer is cleaned of control characters before it is printed.
 */
#ifndef LOG_LOG_H
#define LOG_LOG_H

#include <stdbool.h>

/**
 * log_setup - choose how lines begin
 * @name:	put in front of each line
 * @journal:	begin lines with <priority>, as journald wants them
 */
void log_setup(const char *name, bool journal);

void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
