# SPDX-License-Identifier: GPL-2.0-or-later
"""braid-track, dm-era and dm-snapshot over the same origin, and the origin by itself."""
import random
import statistics
import subprocess
import time

from ioctl import Messenger
from machine import (contract_knows, dm_create, dm_remove, drop_disk, fill, fio,
                     fio_command, memory_used, run, sectors, throttled_disk, wipe)

# META is larger, so that there is room for a copy of every block
DISK, ORIGIN, META = "/dev/ram0", "/dev/ram0p1", "/dev/ram1"
BLOCK = 128		# sectors: 64 KiB
TIB = 1 << 31		# sectors


class Bare:
    """The device with nothing on it."""
    closing = None

    def up(self, origin):
        return origin

    def down(self):
        pass


class Braid(Bare):
    closing = "close"

    def up(self, origin):
        features = ""
        wipe(META)
        if contract_knows("durable map"):
            run("braidctl", "track", "create", META, origin, "--block", "64K", "--max-size",
                str(512 * sectors(origin)), "--force")
            features = "1 durable"
        return dm_create("bench", "0 %d braid-track %s %s %d %s" % (
            sectors(origin), META, origin, BLOCK, features))

    def keep_view(self):
        run("dmsetup", "message", "bench", "0", "close whole 0")

    def down(self):
        dm_remove("bench")


class Era(Bare):
    closing = "checkpoint"

    def up(self, origin):
        wipe(META)
        return dm_create("bench", "0 %d era %s %s %d" % (
            sectors(origin), META, origin, BLOCK))

    def down(self):
        dm_remove("bench")


class Snapshot(Bare):
    """Not persistent, as a view isn't, and with chunks as large as our blocks."""

    def up(self, origin):
        length = sectors(origin)
        self.table = "0 %d snapshot %s %s N %d" % (length, origin, META, BLOCK)
        return dm_create("bench", "0 %d snapshot-origin %s" % (length, origin))

    def keep_view(self):
        run("dmsetup", "suspend", "--noudevsync", "bench")
        dm_create("kept", self.table)
        run("dmsetup", "resume", "--noudevsync", "bench")

    def down(self):
        dm_remove("kept")
        dm_remove("bench")


SUBJECTS = {"braid": Braid(), "bare": Bare(), "era": Era(), "snapshot": Snapshot()}


def measure_steady(case, subject, seconds):
    """Every block has been written in this era."""
    device = subject.up(ORIGIN)
    try:
        fill(device)
        return {"": fio(device, case["job"], seconds)}
    finally:
        subject.down()


def write_each_block(device):
    """4 KiB into each block, in random order: operations a second."""
    blocks = list(range(sectors(device) // BLOCK))
    random.Random(1).shuffle(blocks)
    with open("/tmp/each", "w", encoding="ascii") as log:
        log.write("fio version 2 iolog\n%s add\n%s open\n" % (device, device))
        log.writelines("%s write %d 4096\n" % (device, 512 * BLOCK * block)
                       for block in blocks)
        log.write("%s close\n" % device)
    return fio(device, {"rw": "randwrite", "bs": "4k", "read_iolog": "/tmp/each",
                        "replay_no_stall": 1})


def measure_first_touch(_case, subject, _seconds):
    """Right after a close nothing has been written; several closes in a row."""
    device = subject.up(ORIGIN)
    figures = []
    try:
        fill(device)
        for _ in range(3):
            run("dmsetup", "message", "bench", "0", subject.closing)
            figures.append(write_each_block(device))
    finally:
        subject.down()
    return {"": statistics.median(figures)}


def measure_view(_case, subject, _seconds):
    """Each block must be kept for a view before it is written."""
    device = subject.up(ORIGIN)
    try:
        subject.keep_view()
        return {"": write_each_block(device)}
    finally:
        subject.down()


def close_often(subject, seconds):
    """How long each close took, in microseconds."""
    times = []
    messenger = Messenger("bench")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begin = time.monotonic_ns()
        messenger.send(subject.closing)
        times.append((time.monotonic_ns() - begin) / 1000)
        time.sleep(0.01)
    messenger.close()
    return times


def measure_close(case, subject, seconds):
    """While writes are under way, on a disk that takes 100 microseconds for each."""
    origin = throttled_disk("slow", 64, 0, 100000)
    device = subject.up(origin)
    try:
        with subprocess.Popen(fio_command(device, case["job"], 2 * seconds),
                              stdout=subprocess.DEVNULL) as load:
            time.sleep(seconds / 2)
            times = close_often(subject, seconds)
            if load.wait():
                raise SystemExit("fio failed on " + device)
    finally:
        subject.down()
        drop_disk("slow")
    return {"median": statistics.median(times), "worst": max(times)}


def measure_memory(_case, subject, _seconds):
    """MiB for a device of 1 TiB; it stores nothing, and nobody writes to it."""
    origin = dm_create("large", "0 %d zero" % TIB)
    before = memory_used()
    subject.up(origin)
    used = memory_used() - before
    subject.down()
    dm_remove("large")
    return {"": used / (1 << 20)}


HOW = {"steady": measure_steady, "first-touch": measure_first_touch, "view": measure_view,
       "close": measure_close, "memory": measure_memory}
filled = set()


def measure(case, subject, seconds):
    if not filled:
        run("addpart", DISK, "1", "2048", str(case["mib"] << 11))
        for disk in (ORIGIN, META):
            fill(disk)
            filled.add(disk)
    return HOW[case["how"]](case, SUBJECTS[subject], seconds)
