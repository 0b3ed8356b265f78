#!/bin/bash
# Skips.
# runs: uml vm
# timeout: 20
. "$(dirname "$0")/../../kernel/lib.sh"

requires program no-such-program
