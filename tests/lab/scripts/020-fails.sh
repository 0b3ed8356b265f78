#!/bin/bash
# Fails, with a sentence.
# runs: uml vm
# timeout: 20
. "$(dirname "$0")/../../kernel/lib.sh"

fail "this is the sentence"
