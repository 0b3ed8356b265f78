#!/bin/bash
# Never ends.
# runs: uml vm
# timeout: 2
. "$(dirname "$0")/../../kernel/lib.sh"

sleep 1000
