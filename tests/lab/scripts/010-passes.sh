#!/bin/bash
# Passes.
# runs: uml vm
# timeout: 20
. "$(dirname "$0")/../../kernel/lib.sh"

disk one 16 >/dev/null
