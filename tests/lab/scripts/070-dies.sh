#!/bin/bash
# The kernel dies.
# runs: uml vm
# timeout: 20
. "$(dirname "$0")/../../kernel/lib.sh"

echo c >/proc/sysrq-trigger
sleep 1000
