# SPDX-License-Identifier: Apache-2.0
# alone
"""At rest it holds at most 24 MiB beside the ring, and at most 512 bytes for a connection that is
idle and not wanted."""
import os
import re
import sys
import time

import lib
from lib import check

REST_KIB = 24 << 10
IDLE_BYTES = 512


def memory(pid):
    """(resident KiB without mappings of BPF maps, anonymous KiB)"""
    resident = anonymous = 0
    of_bpf = False
    with open('/proc/%d/smaps' % pid) as f:
        for line in f:
            if re.match(r'[0-9a-f]+-[0-9a-f]+ ', line):
                of_bpf = 'bpf-map' in line or 'bpf_map' in line
            elif line.startswith('Rss:') and not of_bpf:
                resident += int(line.split()[1])
            elif line.startswith('Anonymous:') and not of_bpf:
                anonymous += int(line.split()[1])
    return resident, anonymous


lib.need_tracing()
idle = lib.helper('idle')
sys.path.insert(0, lib.DEMO)
import wire  # noqa: E402

directory = lib.temporary_directory()
_, cert, key = wire.make_certificates(directory)
figures = {}
for n in (500, 8500):
    held = lib.Held([idle, str(n), cert, key], env=lib.private_libssl())
    tracer = lib.Tracer('--role', 'both', '-p', held.pid)
    time.sleep(1)
    resident, before = memory(tracer.pid)
    if n == 500:
        print('at rest: %d KiB' % resident)
        check(resident <= REST_KIB, 'at rest', resident, 'KiB')
    held.go()
    check.equal(held.process.stdout.readline().strip(), 'rest', 'idle connections')
    time.sleep(3)
    _, after = memory(tracer.pid)
    # Both ends of each are seen.
    figures[n] = (2 * n, after)
    held.process.stdin.close()
    held.process.wait(20)
    check.equal(tracer.stop(), 0, 'exit status')
(a_n, a), (b_n, b) = figures.values()
each = (b - a) * 1024 / (b_n - a_n)
print('an idle connection: %.0f bytes' % each)
check(each <= IDLE_BYTES, 'an idle connection takes %.0f bytes' % each)
check.finish()
