#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Two hosts: the demonstration, with the network cut for a while. It compares
# the replica's image with the primary's last committed era, and every file.
# timeout: 480
. "$(dirname "$0")/lib.sh"

tools/demo/run --kernel "$KERNEL" --seconds 5 --cut ||
	fail "the demonstration failed on $KERNEL"
