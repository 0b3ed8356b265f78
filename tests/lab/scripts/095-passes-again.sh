#!/bin/bash
# Passes, after all the others.
# runs: uml vm
# timeout: 20
. "$(dirname "$0")/../../kernel/lib.sh"

true
