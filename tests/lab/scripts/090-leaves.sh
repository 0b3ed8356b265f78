#!/bin/bash
# Leaves a device behind.
# runs: uml vm
# timeout: 20
. "$(dirname "$0")/../../kernel/lib.sh"

dmsetup create --noudevsync left --table "0 8 zero"
