#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Progress is shown on a terminal, and nowhere else.
. "$(dirname "$0")/lib.sh"
requires program python3

# A pipe that takes half a second makes sure that there is time to show it.
cat >terminal <<'END'
import os, pty, subprocess, sys, threading, time
master, slave = pty.openpty()
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stderr=slave)
def feed():
    for _ in range(8):
        child.stdin.write(bytes(3 << 20))
        child.stdin.flush()
        time.sleep(0.1)
    child.stdin.close()
thread = threading.Thread(target=feed)
thread.start()
child.wait()
thread.join()
os.close(slave)
shown = b""
try:
    while True:
        part = os.read(master, 4096)
        if not part:
            break
        shown += part
except OSError:
    pass
sys.exit(0 if b"MB/s" in shown else 3)
END
python3 terminal "$braid_delta" signature - sig || fail "nothing was shown"
status=0
python3 terminal "$braid_delta" signature --quiet - sig || status=$?
[ $status -eq 3 ] || fail "--quiet was not heeded"
braid signature sig x 2>shown
[ ! -s shown ] || fail "something was written to a file"
