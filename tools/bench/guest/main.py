# SPDX-License-Identifier: GPL-2.0-or-later
"""Works off DIR/plan.json; DIR/measured gets a line of JSON for each measurement.

A plan is {"kind": "raid" or "track", "rounds": N, "seconds": S, "cases": [...]}. Every
round goes through the cases, and within a case through its subjects, each round beginning
with another one: whatever drifts, drifts for all of them.
"""
import json
import os
import sys

import raid
import track


def main():
    folder = sys.argv[1]
    with open(os.path.join(folder, "plan.json"), encoding="ascii") as file:
        plan = json.load(file)
    measure = {"raid": raid, "track": track}[plan["kind"]].measure
    with open(os.path.join(folder, "measured"), "w", encoding="ascii") as out:
        for number in range(plan["rounds"]):
            for case in plan["cases"]:
                first = number % len(case["subjects"])
                for subject in case["subjects"][first:] + case["subjects"][:first]:
                    for what, value in measure(case, subject, plan["seconds"]).items():
                        line = {"case": case["id"], "what": what, "subject": subject,
                                "value": value}
                        print(json.dumps(line), file=out, flush=True)


main()
