#!/bin/bash
# The benchmarks of the module work: each kind of measurement once, small and short, and what
# they write has the form that was agreed on. How fast anything was is not looked at.
# timeout: 120
set -eu
cd "$(dirname "$0")/../.."

make -s -C userspace "-j$(nproc)"
for name in raid track; do
	rm -f "build/bench/$name-smoke.json" "build/bench/$name-smoke.svg"
	"tools/bench/$name" --smoke
	python3 - "build/bench/$name-smoke.json" "build/bench/$name-smoke.svg" <<'X'
import json
import sys
import xml.etree.ElementTree

with open(sys.argv[1], encoding="ascii") as file:
    report = json.load(file)
assert set(report) == {"machine", "kernel", "results"}, report
for result in report["results"]:
    assert set(result) == {"id", "unit", "braid", "peer", "peer_name", "ratio",
                           "runs"}, result
    assert result["runs"] == 1, result
    # so little memory is less than the error
    assert result["unit"] == "MB" or result["braid"] > 0 < result["peer"], result
ids = [result["id"] for result in report["results"]]
assert len(ids) >= 5 and len(ids) == len(set(ids)), ids
xml.etree.ElementTree.parse(sys.argv[2])
X
done
