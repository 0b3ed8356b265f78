#!/bin/bash
# Says that it passed, as the runner would, and fails.
# runs: uml vm
# timeout: 20
. "$(dirname "$0")/../../kernel/lib.sh"

echo "ok uml/080-lies"
echo "0 080-lies.sh"
echo end
exit 5
