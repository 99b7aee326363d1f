# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# alone
"""More different TLS files than may have probes at once: what the first and the last cost, what
all of them cost, that the bound is said, and that a host which has seen thousands come and go still
sees the next program. The files are small libraries that nobody calls."""
import ctypes
import mmap
import os
import shutil
import subprocess
import time

import lib
from lib import check

lib.need_tracing()
BOUND = lib.limit('probed_files')
AT_ONCE, MORE = 700, 600  # mapped at once, in two steps past the bound; then one after the other
folder = lib.temporary_directory()
tiny = lib.helper('tinytls')
SIZE = os.path.getsize(tiny)
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
provider = lib.Provider('--speed', 0.02, life=290)


def copies(first, n):
    out = []
    for i in range(first, first + n):
        out.append(os.path.join(folder, 'tiny-%d.so' % i))
        shutil.copy(tiny, out[-1])
    return out


def mapped(path):
    """The address. (Python's own mmap keeps a descriptor for each.)"""
    fd = os.open(path, os.O_RDONLY)
    at = libc.mmap(None, SIZE, mmap.PROT_READ | mmap.PROT_EXEC, mmap.MAP_PRIVATE, fd, 0)
    os.close(fd)
    return at


def unmap(at):
    libc.munmap(at, SIZE)


tracer = lib.Tracer('-v')
fds = lambda: len(os.listdir('/proc/%d/fd' % tracer.pid))
rss = lambda: lib.proc_status(tracer.pid, 'VmRSS')


def attached(want, seconds=60):
    """Seconds until that many descriptors are there."""
    started = time.monotonic()
    while fds() < want and time.monotonic() - started < seconds:
        time.sleep(0.02)
    return time.monotonic() - started


def real(what):
    """A client with a library of its own that is new to the host."""
    env = lib.private_libssl(early=False)
    held = lib.Held([lib.SYSTEM_PYTHON, '-c', 'import ssl, time; time.sleep(1.5); import sys; '
                     'sys.path.insert(0, %r); import load; print(load.loop(2))' %
                     os.path.dirname(os.path.abspath(__file__))],
                    env={**provider.env, **env, 'DEMO': 'tokens=3'})
    before = len(ours())
    held.go()
    held.finish()
    end = time.monotonic() + 10
    while len(ours()) < before + 2 and time.monotonic() < end:
        time.sleep(0.1)
    return len(ours()) - before


def ours():
    return [r for r in tracer.records() if r.get('server.port') == provider.port]


base, base_rss = fds(), rss()
check.equal(real('before'), 2, 'a client before')
base = fds()
held, costs = [], []
for step in range(AT_ONCE // 100):
    paths = copies(step * 100, 100)
    want = base + (step + 1) * 100
    started = time.monotonic()
    held += [mapped(p) for p in paths]
    attached(want)
    costs.append((time.monotonic() - started) * 10)
check(fds() >= base + AT_ONCE, 'attached', fds() - base, 'of', AT_ONCE)
each = (rss() - base_rss) / AT_ONCE
check(each < 32, 'KiB resident for each file', each)
# The later hundreds cost what the first did, whatever else the machine does.
check(min(costs[-3:]) < 4 * min(costs[:3]) + 5, 'ms for each file, by hundreds', costs)
print('%d files at once: %s ms each, by hundreds; %.1f KiB each; %d descriptors' % (
    AT_ONCE, ' '.join('%.1f' % c for c in costs), each, fds()))

# Past the bound, all still mapped: said once, and no harm done.
held += [mapped(p) for p in copies(AT_ONCE, AT_ONCE)]
attached(base + BOUND, 20)
end, said = time.monotonic() + 30, []
while not said and time.monotonic() < end:
    time.sleep(0.5)
    said = [line for line in tracer.lines if 'not traced' in line]
time.sleep(2)
said = [line for line in tracer.lines if 'not traced' in line]
check.equal(len(said), 1, 'the bound was said', said)
check(fds() <= base + BOUND + 8, 'descriptors', fds(), 'bound', BOUND)
print('%d mapped: %d descriptors; %s' % (len(held), fds(), said[:1]))

# All are gone, and with them what stood in the way.
for m in held:
    unmap(m)
end = time.monotonic() + 30
while fds() > base + BOUND * 3 // 4 + 8 and time.monotonic() < end:
    time.sleep(0.2)
check(fds() <= base + BOUND * 3 // 4 + 8, 'probes that nobody needs', fds() - base)
check.equal(real('after the bound'), 2, 'a client after the bound')

# Thousands one after the other, all of them still there to be mapped again.
started = time.monotonic()
for path in copies(2 * AT_ONCE, MORE):
    unmap(mapped(path))
    time.sleep(0.03)
took = time.monotonic() - started
check.equal(real('in the end'), 2, 'a client in the end')
check(fds() <= base + BOUND, 'descriptors', fds())
print('%d more in %.0f s: %d descriptors, %d KiB resident' % (MORE, took, fds(), rss()))
started = time.monotonic()
check.equal(tracer.stop(), 0, 'exit status')
check(time.monotonic() - started < 12, 'detaching took', time.monotonic() - started)
print('detached from all of it in %.1f s' % (time.monotonic() - started))
lib.verify(ours(), provider.truth(6))
provider.stop()
check.finish()
