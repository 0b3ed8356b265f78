# SPDX-License-Identifier: GPL-2.0-or-later
"""The table at the end of the demonstration."""
import textwrap

WIDTH = 46


def size(count):
    """Bytes for a person."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:.1f} {unit}" if unit != "B" else f"{count} B"
        count /= 1024
    return f"{count:.1f} GiB"


class Report:
    """Steps, figures and checks, in the order in which they came."""

    def __init__(self):
        self.steps = []
        self.figures = []
        self.checks = []

    def step(self, name, text, lost="", took=None, took_text=None):
        self.steps.append((name, text, lost or "-",
                           took_text or f"{took:.1f} s"))

    def figure(self, name, text):
        self.figures.append((name, text))

    def check(self, name, good):
        self.checks.append((name, bool(good)))

    def show(self):
        """Print it all; whether every check was good."""
        heads = ("step", "what happened", "lost", "took")
        rows = [[textwrap.wrap(cell, wide) or [""] for cell, wide in
                 zip(row, (20, WIDTH, 22, 14))] for row in self.steps]
        widths = [max(len(line) for row in rows for line in row[i]) for i in
                  range(4)]
        widths = [max(w, len(h)) for w, h in zip(widths, heads)]
        rule = "+-" + "-+-".join("-" * w for w in widths) + "-+"

        def put(cells):
            print("| " + " | ".join(c.ljust(w) for c, w in
                                    zip(cells, widths)) + " |")

        print("\n" + rule)
        put(heads)
        print(rule)
        for row in rows:
            for i in range(max(len(cell) for cell in row)):
                put([cell[i] if i < len(cell) else "" for cell in row])
            print(rule)
        for name, text in self.figures:
            print(f"  {name:<36} {text}")
        print()
        for name, good in self.checks:
            print(f"  {'ok    ' if good else 'FAILED'} {name}")
        return bool(self.checks) and all(good for _, good in self.checks)
