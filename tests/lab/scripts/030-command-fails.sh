#!/bin/bash
# A command fails in the middle.
# runs: uml vm
# timeout: 20
. "$(dirname "$0")/../../kernel/lib.sh"

false
echo "not reached"
