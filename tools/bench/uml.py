# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a plan (guest/main.py) in the lab's User-mode Linux and gathers what it measured."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import report
from report import TOP


def tell(folder):
    """What the guest had to say, for who wants to know why it failed."""
    for name in ("run.sh.log", "run.sh.reason", "console.log"):
        path = os.path.join(folder, name)
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                print("".join(file.readlines()[-20:]), file=sys.stderr)


def boot(plan, memory, append):
    """Returns the measurements, {(case, what, subject): [value of each round]}."""
    environment = dict(os.environ, UML_MEMORY=memory, UML_APPEND=append)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("plan.json", json.dumps(plan)), ("list", "run.sh\n")):
            with open(os.path.join(folder, name), "w", encoding="ascii") as file:
                file.write(text)
        subprocess.run([os.path.join(TOP, "tools/uml"), "boot", folder,
                        os.path.join(folder, "list"), "tools/bench/guest"],
                       env=environment, check=True)
        try:
            with open(os.path.join(folder, "verdicts"), encoding="ascii") as file:
                good = file.readline().startswith("0 ")
            with open(os.path.join(folder, "measured"), encoding="ascii") as file:
                lines = [json.loads(line) for line in file]
        except FileNotFoundError:
            good = False
        if not good:
            tell(folder)
            sys.exit("bench: the run in User-mode Linux failed")
    values = {}
    for line in lines:
        key = line["case"], line["what"], line["subject"]
        values.setdefault(key, []).append(line["value"])
    return values


def with_earlier(name, values, only):
    """Adds what was measured before in the cases that were not chosen this time."""
    path = os.path.join(report.RESULTS, name + "-rounds.json")
    merged = {}
    if only != "*" and os.path.exists(path):
        chosen = {key[0] for key in values}
        with open(path, encoding="ascii") as file:
            for key, rounds in json.load(file):
                if key[0] not in chosen:
                    merged[tuple(key)] = rounds
    merged.update(values)
    with open(path, "w", encoding="ascii") as file:
        json.dump(list(merged.items()), file)
    return merged


def middle(all_values):
    return statistics.median(all_values)


def print_values(values, names):
    """Every subject's median and spread, so that noise can be seen."""
    print("%-32s %-12s %10s %10s %10s" % ("", "", "median", "lowest", "highest"))
    for (case, what, subject), all_values in values.items():
        label = case + ("-" + what if what else "")
        print("%-32s %-12s %10.1f %10.1f %10.1f" % (
            label, names[subject], middle(all_values), min(all_values), max(all_values)))


def write_svg(name, cases, values, names):
    """A block of bars for each case that is one figure."""
    blocks = []
    for case in cases:
        rows = [(names[subject], middle(values[case["id"], "", subject]))
                for subject in case["subjects"] if (case["id"], "", subject) in values]
        if rows:
            blocks.append((case["id"], rows, case["unit"]))
    if blocks:
        report.write_svg(os.path.join(report.RESULTS, name + ".svg"), blocks)


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each measurement")
    parser.add_argument("--only", default="*",
                        help="cases whose id fits this glob; the others keep their figures")
    parser.add_argument("--smoke", action="store_true",
                        help="small and short: shows that it works, measures nothing")


def parse(parser):
    args = parser.parse_args()
    if args.smoke:
        args.rounds, args.seconds = 1, 0.2
    require("mdadm", "fio", "dmsetup")
    os.makedirs(report.RESULTS, exist_ok=True)
    return args


def kernel_name():
    tree = subprocess.run([os.path.join(TOP, "tools/uml"), "tree"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()
    version = os.path.basename(os.path.dirname(tree))
    return "User-mode Linux %s, 1 CPU" % version


def require(*programs):
    path = os.environ["PATH"] + ":/usr/sbin:/sbin"
    for program in programs:
        if not shutil.which(program, path=path):
            sys.exit("bench: %s is missing: make setup installs it" % program)
