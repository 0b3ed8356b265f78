# SPDX-License-Identifier: GPL-2.0-or-later
"""Arrays of Braid, md and device-mapper, made and taken apart on the same members."""
import os

from machine import (dm_create, dm_remove, drop_disk, fill, fio, memory_used, memory_while,
                     run, sectors, throttled_disk, wipe)

RAM = ["/dev/ram%d" % i for i in range(8)]


class Braid:
    def up(self, case, members):
        run("braidctl", "array", "create", "bench", "--level", case["level"],
            *self.chunk(case), "--force", *members)
        return "/dev/mapper/bench"

    @staticmethod
    def chunk(case):
        return [] if case["level"] == "raid1" else ["--chunk", "64K"]

    def fail(self, member):
        run("braidctl", "array", "fail", "bench", member)

    def down(self):
        run("braidctl", "array", "stop", "bench")


class Md:
    def up(self, case, members):
        options = {"raid0": ["--chunk=64"], "raid1": ["--assume-clean", "--bitmap=none"],
                   "raid5": ["--chunk=64", "--assume-clean", "--bitmap=none"]}
        run("mdadm", "--create", "/dev/md0", "--run", "--metadata=1.2",
            "--level=" + case["level"], *options[case["level"]],
            "--raid-devices=%d" % len(members), *members)
        return "/dev/md0"

    def fail(self, member):
        run("mdadm", "/dev/md0", "--fail", member)

    def down(self):
        run("mdadm", "--stop", "/dev/md0")


class DmStripe:
    def up(self, case, members):
        size = sectors(members[0]) * len(members)
        return dm_create("bench", "0 %d striped %d 128 %s" % (
            size, len(members), " ".join("%s 0" % member for member in members)))

    def down(self):
        dm_remove("bench")


class Member:
    """A member by itself: what the others stand on."""

    def up(self, _case, members):
        return members[0]

    def down(self):
        pass


SUBJECTS = {"braid": Braid(), "md": Md(), "stripe": DmStripe(), "member": Member()}


filled = set()


def fresh(members):
    for member in members:
        if member not in filled:
            fill(member)
            filled.add(member)
        wipe(member)


def measure_load(case, subject, seconds):
    """An array with a load on it; with members that were lost before, if any."""
    members = RAM[:case["members"]]
    fresh(members)
    device = subject.up(case, members)
    try:
        for slot in case.get("lost", []):
            subject.fail(members[slot])
        return {"": fio(device, case["job"], seconds)}
    finally:
        subject.down()


def measure_limited(case, subject, seconds):
    """The same on members as slow as disks."""
    names = ["slow%d" % i for i in range(case["members"])]
    members = [throttled_disk(name, 64, case["mbps"], 100000) for name in names]
    try:
        device = subject.up(case, members)
        try:
            return {"": fio(device, case["job"], seconds)}
        finally:
            subject.down()
    finally:
        for name in names:
            drop_disk(name)


def measure_memory(case, subject, _seconds):
    """Bytes that an array takes when it is idle, and busy, fio's own left out."""
    members = RAM[:case["members"]]
    fresh(members)
    bare_busy = memory_while(members[0], case["job"])
    bare_idle = memory_used()
    device = subject.up(case, members)
    try:
        idle = memory_used() - bare_idle
        busy = memory_while(device, case["job"]) - bare_busy
    finally:
        subject.down()
    return {"idle": idle / 1e6, "busy": busy / 1e6}


def measure(case, subject, seconds):
    os.environ["MDADM_NO_UDEV"] = "1"
    how = {"load": measure_load, "limited": measure_limited, "memory": measure_memory}
    return how[case["how"]](case, SUBJECTS[subject], seconds)
