#!/bin/bash
# Passes, but the kernel has complained.
# runs: uml vm
# timeout: 20
. "$(dirname "$0")/../../kernel/lib.sh"

echo "WARNING: this is a kernel that complains" >/dev/kmsg
