/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What libdevmapper would have printed: its first error since the last
 * forgetting is kept, everything else is dropped. The library has one log
 * function a process, so there is one such memory as well.
 */
#ifndef DM_LOG_H
#define DM_LOG_H

void dm_log_capture(void);
void dm_log_forget(void);
const char *dm_log_first_error(void);

#endif
