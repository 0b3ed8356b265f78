# SPDX-License-Identifier: GPL-2.0-or-later
"""Arrays of Braid, md and device-mapper, made and taken apart on the same members."""
import os
import time

from machine import (contract_knows, dm_create, dm_remove, drop_disk, fill, fio,
                     memory_used, memory_while, poke, run, sectors, throttled_disk, wipe)

RAM = ["/dev/ram%d" % i for i in range(8)]


FAST = 4000000		# KiB/s: nothing is held back


def wait_until(done):
    limit = time.monotonic() + 120
    while not done():
        if time.monotonic() > limit:
            raise SystemExit("an array took too long to be in sync")
        time.sleep(0.01)


class Braid:
    """The words are for the table, of those that this version knows."""

    def __init__(self, *words):
        self.words = words

    def up(self, case, members):
        chunk = [] if case["level"] == "raid1" else ["--chunk", "64K"]
        run("braidctl", "array", "create", "bench", "--level", case["level"], *chunk,
            "--force", *members)
        features = []
        if case["level"] != "raid0":
            features = [word for word in self.words if contract_knows(word)]
            if contract_knows("max_recovery_rate"):
                features += ["max_recovery_rate", str(FAST)]
        if case["level"] != "raid5" and "no_ppl" in features:
            features.remove("no_ppl")
        self.add_features(features)
        wait_until(self.in_sync)
        return "/dev/mapper/bench"

    @staticmethod
    def add_features(features):
        """The same table, with more features."""
        words = run("dmsetup", "table", "bench").split()
        words[5:6] = [str(int(words[5]) + len(features))] + features
        if features:
            run("dmsetup", "load", "bench", "--table", " ".join(words))
            run("dmsetup", "suspend", "--noudevsync", "bench")
            run("dmsetup", "resume", "--noudevsync", "bench")

    @staticmethod
    def in_sync():
        words = run("dmsetup", "status", "bench").split()
        done, whole = words[6].split("/")
        return done == whole and words[7] == "idle"

    def fail(self, member):
        run("braidctl", "array", "fail", "bench", member)

    def rebuild(self, member):
        run("braidctl", "array", "remove", "bench", member)
        wipe(member)	# or only what changed would be copied
        run("braidctl", "array", "add", "bench", member, "--force")
        wait_until(self.in_sync)

    def down(self):
        run("braidctl", "array", "stop", "bench")


class Md:
    """policy: what it keeps for the time after a crash, on raid1 and raid5."""

    def __init__(self, policy="bitmap", skip_copy=False):
        self.policy = policy if contract_knows("no_log") else "resync"
        self.skip_copy = skip_copy

    def up(self, case, members):
        policy = "--consistency-policy=" + self.policy
        if self.policy == "bitmap":
            policy = "--bitmap=internal"
        options = {"raid0": ["--chunk=64"], "raid1": ["--assume-clean", policy],
                   "raid5": ["--chunk=64", "--assume-clean", policy]}
        run("mdadm", "--create", "/dev/md0", "--run", "--metadata=1.2",
            "--level=" + case["level"], *options[case["level"]],
            "--raid-devices=%d" % len(members), *members)
        if self.skip_copy:
            poke("/sys/block/md0/md/skip_copy", 1)
        return "/dev/md0"

    def fail(self, member):
        run("mdadm", "/dev/md0", "--fail", member)

    @staticmethod
    def in_sync():
        with open("/sys/block/md0/md/sync_action", encoding="ascii") as action:
            with open("/sys/block/md0/md/degraded", encoding="ascii") as degraded:
                return (action.read(), degraded.read()) == ("idle\n", "0\n")

    def rebuild(self, member):
        for limit in ("max", "min"):
            poke("/proc/sys/dev/raid/speed_limit_" + limit, FAST)
        run("mdadm", "/dev/md0", "--remove", member)
        run("mdadm", "--zero-superblock", member)
        run("mdadm", "/dev/md0", "--add", member)
        wait_until(self.in_sync)

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


# md has a bitmap or a PPL, never both: so what is compared with it hasn't either
SUBJECTS = {"braid": Braid("no_ppl"), "nolog": Braid("no_ppl", "no_log"),
            "stable": Braid("no_ppl", "stable_pages"),
            "ppl": Braid("no_log"), "noppl": Braid("no_log", "no_ppl"),
            "md": Md(), "mdskip": Md(skip_copy=True),
            "mdppl": Md("ppl"), "mdnoppl": Md("resync"),
            "stripe": DmStripe(), "member": Member()}

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


def measure_rebuild(case, subject, _seconds):
    """Seconds from a member's loss until another, here the same, is in its place."""
    members = RAM[:case["members"]]
    fresh(members)
    subject.up(case, members)
    try:
        subject.fail(members[1])
        begin = time.monotonic()
        subject.rebuild(members[1])
        return {"": time.monotonic() - begin}
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
    subject.up(case, members)	# what the kernel keeps of a first time isn't the array's
    subject.down()
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
    how = {"load": measure_load, "limited": measure_limited, "memory": measure_memory,
           "rebuild": measure_rebuild}
    return how[case["how"]](case, SUBJECTS[subject], seconds)
