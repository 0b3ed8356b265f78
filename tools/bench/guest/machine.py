# SPDX-License-Identifier: GPL-2.0-or-later
"""Disks, fio and memory, as the benchmarks need them inside the lab's kernel."""
import json
import os
import subprocess
import time

NULLB = "/sys/kernel/config/nullb/"


def run(*command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        raise SystemExit("%s: %s" % (" ".join(command), done.stdout))
    return done.stdout


def poke(path, value):
    with open(path, "w", encoding="ascii") as file:
        file.write(str(value))


def contract_knows(words):
    """Does this version's module know this? Versions differ in what they can do."""
    for name in ("dm-braid.h", "raid-args.c"):
        path = os.path.join(os.environ["BRAID_TREE"], "kmod", name)
        with open(path, encoding="ascii") as file:
            if words in file.read():
                return True
    return False


def sectors(device):
    return int(run("blockdev", "--getsz", device))


def dm_create(name, table):
    run("dmsetup", "create", "--noudevsync", name, "--table", table)
    return "/dev/mapper/" + name


def dm_remove(name):
    run("dmsetup", "remove", "--noudevsync", "--retry", name)


def wipe(device, mib=1):
    """Nothing of an earlier owner at the start."""
    with open(device, "r+b", buffering=0) as file:
        file.write(bytes(mib << 20))
        os.fsync(file.fileno())


def fill(device):
    """Every page of a disk in memory is there before anybody is measured."""
    run("fio", "--name=fill", "--filename=" + device, "--ioengine=psync", "--direct=1",
        "--rw=write", "--bs=1M", "--output-format=terse")


def throttled_disk(name, mib, mbps, completion_nsec):
    """A disk as slow as we say; its device's path."""
    path = NULLB + name
    os.mkdir(path)
    for key, value in (("size", mib), ("blocksize", 512), ("memory_backed", 1),
                       ("irqmode", 2), ("completion_nsec", completion_nsec),
                       ("mbps", mbps), ("power", 1)):
        poke(path + "/" + key, value)
    with open(path + "/index", encoding="ascii") as file:
        device = "/dev/nullb" + file.read().strip()
    return device if os.path.exists(device) else "/dev/" + name


def drop_disk(name):
    poke(NULLB + name + "/power", 0)
    os.rmdir(NULLB + name)


def fio_command(device, job, seconds=None):
    """job: fio's options by name. With seconds for that long, else once over the device."""
    words = ["fio", "--name=bench", "--filename=" + device, "--ioengine=io_uring",
             "--direct=1", "--iodepth=16", "--norandommap", "--randrepeat=0",
             "--gtod_reduce=1", "--thread", "--group_reporting", "--output-format=json"]
    if seconds:
        words += ["--time_based", "--runtime=%dms" % (1000 * seconds),
                  "--ramp_time=%dms" % (200 * seconds)]
    if job.get("numjobs", 1) > 1 and not job["rw"].startswith("rand"):
        words.append("--offset_increment=%d%%" % (100 // job["numjobs"]))
    return words + ["--%s=%s" % item for item in job.items()]


def fio_figure(output, job):
    """MB/s where blocks are large, operations a second where they are small."""
    # what fio has to say besides comes before the report
    report = json.loads(output[output.index("{\n"):])["jobs"][0]
    side = report["read" if "read" in job["rw"] else "write"]
    if job["bs"].endswith("M"):
        return side["bw_bytes"] / 1e6
    return side["iops"]


def fio(device, job, seconds=None):
    return fio_figure(run(*fio_command(device, job, seconds)), job)


def memory_used():
    """Bytes in use, but for what is only cached."""
    for _ in range(3):
        time.sleep(0.1)
        poke("/proc/sys/vm/drop_caches", 3)
    with open("/proc/meminfo", encoding="ascii") as file:
        info = dict(line.split(":") for line in file)
    return 1024 * (int(info["MemTotal"].split()[0]) - int(info["MemFree"].split()[0]))


def memory_while(device, job):
    """The same while fio is at work on a device."""
    with subprocess.Popen(fio_command(device, job, 1.5), stdout=subprocess.DEVNULL) as load:
        time.sleep(0.8)
        used = memory_used()
        if load.wait():
            raise SystemExit("fio failed on " + device)
    return used
