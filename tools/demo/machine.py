# SPDX-License-Identifier: GPL-2.0-or-later
"""A virtual machine of tools/vm, as the demonstration uses it."""
import collections
import json
import os
import re
import subprocess
import threading
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
VM = os.path.join(TOP, "tools", "vm")
HOUR = 3600

Line = collections.namedtuple("Line", "at text")


class Failure(Exception):
    """A sentence for the user."""


class Machine:
    """A machine by its name."""

    def __init__(self, name):
        self.name = name

    def start_boot(self, kernel, cable, address, disks):
        """Begin to boot; end_boot() waits. Disks in MiB, empty."""
        self.forget()
        words = [VM, "boot", self.name, "--kernel", kernel, "--cable", cable,
                 "--ip", address, "--cpus", "1", "--memory", "768"]
        for megabytes in disks:
            words += ["--disk", f"{megabytes}M"]
        # pylint: disable=consider-using-with
        return subprocess.Popen(words)

    def end_boot(self, process):
        if process.wait():
            raise Failure(f"machine {self.name} did not boot")
        self.run("chmod +x /root/*.sh 2>/dev/null || :")

    def act(self, script, words):
        """Run one step of a script of ours, showing what it prints."""
        target = f"/root/{script}"
        self.put(os.path.join(TOP, "tools/demo", script), target)
        print(self.run(f"chmod +x {target}; {target} {words}", 120), end="",
              flush=True)

    def run(self, script, seconds=60, data=None):
        """Run a script in the machine; returns what it printed."""
        words = [VM, "exec", self.name, "--timeout", str(seconds)]
        if data is not None:
            words.append("--input")
        done = subprocess.run(
            [*words, script], stdout=subprocess.PIPE, check=False,
            input=data, stdin=subprocess.DEVNULL if data is None else None)
        text = done.stdout.decode(errors="replace")
        if done.returncode:
            raise Failure(f"on {self.name}, status {done.returncode}: "
                          f"{script}\n{text}")
        return text

    def json(self, script):
        text = self.run(script)
        try:
            return json.loads(text)
        except ValueError:
            raise Failure(f"on {self.name}, {script} printed no JSON: "
                          f"{text}") from None

    def put(self, file, target):
        if subprocess.run([VM, "put", self.name, file, target],
                          check=False).returncode:
            raise Failure(f"could not put {file} into {self.name}")

    def tool(self, *words):
        if subprocess.run([VM, *words], check=False).returncode:
            raise Failure(f"tools/vm {' '.join(words)} failed")

    def unplug(self, disk):
        self.tool("unplug", self.name, str(disk))

    def cable(self, state):
        self.tool("cable", self.name, state)

    def kill(self):
        self.tool("kill", self.name)

    def forget(self):
        self.tool("forget", self.name)

    def folder(self):
        return subprocess.run([VM, "path", self.name], check=True, text=True,
                              stdout=subprocess.PIPE).stdout.strip()

    def console_tail(self, lines=25):
        try:
            with open(os.path.join(self.folder(), "serial.log"),
                      encoding="utf-8", errors="replace") as file:
                return "".join(file.readlines()[-lines:])
        except OSError:
            return ""


class Stream:
    """A script that runs on in a machine; its lines, with our time."""

    def __init__(self, machine, script):
        self.machine = machine
        self.script = script
        self._lines = []
        self._lock = threading.Lock()
        # pylint: disable=consider-using-with
        self._process = subprocess.Popen(
            [VM, "exec", machine.name, "--timeout", str(HOUR), script],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL, text=True, errors="replace")
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        for text in self._process.stdout:
            with self._lock:
                self._lines.append(Line(time.time(), text.rstrip("\n")))

    def lines(self):
        with self._lock:
            return list(self._lines)

    def ended(self):
        return self._process.poll() is not None

    def wait_for(self, pattern, seconds):
        limit = time.monotonic() + seconds
        while time.monotonic() < limit and not self.ended():
            if any(re.search(pattern, line.text) for line in self.lines()):
                return
            time.sleep(0.2)
        raise Failure(f"on {self.machine.name}, '{self.script}' did not say "
                      f"'{pattern}' within {seconds} s:\n{self.tail()}")

    def last(self, pattern):
        """The first group of the last match, or None."""
        found = [m for m in (re.search(pattern, line.text)
                             for line in self.lines()) if m]
        return found[-1].group(1) if found else None

    def tail(self, count=5):
        return "\n".join(line.text for line in self.lines()[-count:])

    def join(self):
        """To be called when its machine is dead."""
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._thread.join(timeout=10)
