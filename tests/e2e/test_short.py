# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# alone
"""Programs that live for a moment. Of a library that is known, every call of 500 processes is seen.
Of libraries that nobody had before, a copy for each process and ten new ones a second, nearly every
call; who may have been missed is counted. The copies are deleted behind them, and their probes go."""
import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import time

import lib
from lib import check

KNOWN = 500
NEW, EVERY_S, AFTER_MS = (int(sys.argv[1]) if sys.argv[1:] else 600), 0.1, 50
lib.need_tracing()
folder = lib.temporary_directory()
# Its own name, so that nobody else's calls are ours, or in their way.
tlscall = os.path.join(folder, 'shortcall')
shutil.copy(lib.helper('tlscall'), tlscall)
ca = os.path.join(folder, 'ca.pem')
provider = lib.spawn([lib.helper('tlsprovider'), ca], stdout=subprocess.PIPE, text=True)
port = provider.stdout.readline().split('port=')[1].strip()
COMMAND = [tlscall, '--port', port, '--ca', ca, '--stream', '--demo', 'tokens=3&ttft=0.05']


def call(env, *more):
    """Seconds it lived."""
    started = time.monotonic()
    done = subprocess.run([*COMMAND, *more], env={**os.environ, **env}, capture_output=True,
                          text=True)
    check.equal(done.returncode, 0, 'the client', done.stderr)
    return time.monotonic() - started


def judge(tracer, what):
    """Records that are whole and right, by the number of their call."""
    good = {}
    for r in tracer.records():
        # A process may be gone before anybody could ask for its path.
        if 'shortcall' not in (r.get('process.executable.name'), r.get('llmsnoop.comm')):
            continue
        n = int(re.fullmatch(r'chatcmpl-(\d+)', r.get('gen_ai.response.id', 'chatcmpl-0')).group(1))
        right = (r.get('gen_ai.usage.input_tokens') == 1000 + n and n and
                 r.get('gen_ai.usage.output_tokens') == 3 and
                 r.get('gen_ai.request.model') == 'gpt-4o-mini' and
                 r.get('llmsnoop.request_id') == 'req-%d' % n and 'error.type' not in r)
        check(right, what, 'record', r)
        check(n not in good, what, 'twice', n)
        good[n] = r
    return good


# Known: one process has the library already.
env = lib.private_libssl(early=False)
holder = lib.spawn([*COMMAND, '--hold'], env={**os.environ, **env}, stdin=subprocess.PIPE)
tracer = lib.Tracer('-c', 'shortcall')
with concurrent.futures.ThreadPoolExecutor(6) as pool:
    lives = sorted(pool.map(lambda _: call(env), range(KNOWN)))
tracer.settle(KNOWN, 30)
check.equal(tracer.stop(), 0, 'exit status')
seen = judge(tracer, 'known')
check.equal(len(seen), KNOWN, 'calls of known library', tracer.stats())
check(not any(r.get('llmsnoop.midstream') for r in seen.values()), 'known: connections met late')
check.equal(tracer.stats().get('late'), 0, 'late')
print('%d processes of %.2f s (median) with a known library: %d seen' % (
    KNOWN, lives[KNOWN // 2], len(seen)))
holder.stdin.close()

# New: a copy for each.
source = next(p for p in (os.path.join(env['LD_LIBRARY_PATH'], n)
                          for n in os.listdir(env['LD_LIBRARY_PATH'])) if 'libssl' in p)


def new(i):
    d = os.path.join(folder, str(i))
    os.mkdir(d)
    shutil.copy(source, d)
    lived = call({'LD_LIBRARY_PATH': d}, '--after', str(AFTER_MS))
    shutil.rmtree(d)
    return lived


if NEW:
    tracer = lib.Tracer('-c', 'shortcall')
    fds = lambda: len(os.listdir('/proc/%d/fd' % tracer.pid))
    before, most, spare = fds(), 0, 8 + NEW // 10  # others come and go
    started = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        running = []
        for i in range(NEW):
            time.sleep(max(0, started + i * EVERY_S - time.monotonic()))
            running.append(pool.submit(new, i))
            most = max(most, fds())
        for f in running:
            f.result()
    took = time.monotonic() - started
    tracer.settle(NEW, 10)
    # Whatever was deleted loses its probes once two looks at all processes did not find it.
    end = time.monotonic() + 40
    while fds() > before + spare and time.monotonic() < end:
        time.sleep(0.5)
    left = fds()
    rss = lib.proc_status(tracer.pid, 'VmRSS')
    check.equal(tracer.stop(), 0, 'exit status')
    seen = judge(tracer, 'new')
    late = tracer.stats().get('late', 0)
    check(len(seen) >= 0.99 * NEW, 'new libraries: seen', len(seen), 'of', NEW)
    check(len(seen) + late >= NEW, 'not counted: seen', len(seen), 'late', late, 'of', NEW)
    check(left <= before + spare, 'probes of deleted files are left: descriptors', before, most, left)
    print('%d never-seen libraries in %.0f s: %d seen (%d of them met after their handshake), '
          '%d counted as late; descriptors %d, %d at most, %d in the end; %d KiB resident' % (
              NEW, took, len(seen), sum(bool(r.get('llmsnoop.midstream')) for r in seen.values()),
              late, before, most, left, rss))
provider.kill()
provider.wait()
check.finish()
