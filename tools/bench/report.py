# SPDX-License-Identifier: GPL-2.0-or-later
"""What the benchmarks share: ratios, the table, the plot, build/bench/NAME.json."""
import json
import os
import platform
import re

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RESULTS = os.path.join(TOP, "build/bench")


def result(name, unit, mine, peer, peer_name, runs, less_is_better=False):
    """One line of the table. A ratio above 1 is always to our credit."""
    above, below = (peer, mine) if less_is_better else (mine, peer)
    return {"id": name, "unit": unit, "braid": round(mine, 3), "peer": round(peer, 3),
            "peer_name": peer_name, "ratio": round(above / below, 3) if below else None,
            "runs": runs}


def print_ratios(results, targets=None):
    """targets: by id, the ratio to reach; shown, not judged."""
    targets = targets or {}
    print("\n%-32s %12s %12s  %-6s %6s %7s  %s" % (
        "", "braid", "peer", "unit", "ratio", "target", "peer"))
    for r in results:
        target = targets.get(r["id"])
        missed = target and r["ratio"] is not None and r["ratio"] < target
        print("%-32s %12g %12g  %-6s %6.2f %7s %s %s" % (
            r["id"], r["braid"], r["peer"], r["unit"], r["ratio"] or 0,
            "%.2f" % target if target else "", "<" if missed else " ", r["peer_name"]))


def write_markdown(name, results, targets=None):
    """The same table, as the documentation has it."""
    targets = targets or {}
    path = os.path.join(RESULTS, name + ".md")
    with open(path, "w", encoding="ascii") as file:
        file.write("| | ours | peer | | ratio | to reach |\n"
                   "| --- | --- | --- | --- | --- | --- |\n")
        for r in results:
            target = targets.get(r["id"])
            file.write("| %s | %s | %s | %s, %s | %.2f | %s |\n" % (
                r["id"], rounded(r["braid"]), rounded(r["peer"]), r["unit"], r["peer_name"],
                r["ratio"] or 0, "%.2f" % target if target else ""))


def rounded(value):
    return "%.0f" % value if abs(value) >= 1000 else "%.3g" % value


def processor():
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        names = re.findall(r"model name\s*: (.*)", file.read())
    return "%s, %d cores" % (names[0] if names else platform.machine(), os.cpu_count())


def write_json(name, results, kernel=None):
    with open(os.path.join(RESULTS, name + ".json"), "w", encoding="ascii") as file:
        json.dump({"machine": processor(), "kernel": kernel or platform.release(),
                   "results": results}, file, indent=1)
        file.write("\n")


def bars(title, rows, unit, top):
    """A block of horizontal bars; returns the SVG lines and the next free y."""
    longest = max(value for _, value in rows) or 1
    lines = ['<text x="10" y="%d" class="title">%s</text>' % (top + 16, title)]
    y = top + 28
    for name, value in rows:
        width = 420 * value / longest
        kind = "braid" if name.startswith("braid") else "peer"
        lines.append('<text x="300" y="%d" text-anchor="end">%s</text>' % (y + 12, name))
        lines.append('<rect x="308" y="%d" width="%.1f" height="14" class="%s"/>'
                     % (y + 1, max(width, 1), kind))
        lines.append('<text x="%.1f" y="%d">%.3g %s</text>'
                     % (314 + max(width, 1), y + 12, value, unit))
        y += 19
    return lines, y + 14


def write_svg(path, blocks):
    """blocks: (title, [(name, value), ...], unit), one above the other."""
    lines, y = [], 10
    for title, rows, unit in blocks:
        part, y = bars(title, rows, unit, y)
        lines += part
    with open(path, "w", encoding="ascii") as file:
        file.write('<svg xmlns="http://www.w3.org/2000/svg" width="860" height="%d">\n'
                   "<style>text{font:12px sans-serif}.title{font-weight:bold}"
                   ".braid{fill:#2266aa}.peer{fill:#bbbbbb}</style>\n"
                   '<rect width="100%%" height="100%%" fill="white"/>\n' % y)
        file.write("\n".join(lines) + "\n</svg>\n")
