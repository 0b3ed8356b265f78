/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * All that differs between the kernels that Braid is built for and tested on
 * (Debian's 6.1 and 6.12). No other file looks at LINUX_VERSION_CODE.
 */
#ifndef BRAID_COMPAT_H
#define BRAID_COMPAT_H

#include <linux/version.h>
#include <linux/device-mapper.h>

#endif
