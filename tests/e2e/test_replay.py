# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""What was written with -w gives the same records with -r: always, without root, and with every
piece cut at every byte, at random, or merged."""
import json
import os
import subprocess

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
lib.need_tracing()
directory = lib.temporary_directory()
cap = os.path.join(directory, 'x.cap')
provider = lib.Provider('--speed', 0.1)
script = '; '.join(
    [lib.client('py_stdlib.py', API=api, STREAM=s, CALLS=2, DEMO=demo)
     for api in ('openai', 'anthropic') for s in (0, 1)
     for demo in ('tokens=9', 'tools=2&coding=gzip', 'error=429', 'error=event', 'error=cut')
     if not (s == 0 and demo in ('error=event', 'error=cut'))] +
    [lib.client('agent.py', API='anthropic')] +
    ['%s %s mixed 40 7' % (lib.SYSTEM_PYTHON, os.path.join(HERE, 'load.py'))])
held = lib.Held(['/bin/bash', '-c', script + '; true'],
                env={**provider.env, **lib.private_libssl()})
tracer = lib.Tracer('-p', held.pid, '-w', cap)
held.go()
held.finish()
tracer.settle()
check.equal(tracer.stop(), 0, 'exit status')
# Runs and uses of tools as well: their ids and times come from those of calls.
KINDS = ('llm.call', 'agent.run', 'agent.tool')
live = [r for r in tracer.all_records() if r['type'] in KINDS]
check(len(live) > 30, 'only', len(live), 'records')
check.equal(os.stat(cap).st_mode & 0o777, 0o600, 'mode of the capture file')
with open(cap, 'rb') as f:
    check(b'demo-not-a-key' not in f.read(), 'an API key is in the capture file')


def replay_all(path, **more):
    p = subprocess.run([lib.LLMSNOOP, '-j', '-r', path], stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=60, **more)
    check.equal(p.returncode, 0, 'exit status of -r:', p.stderr.decode()[-300:])
    return [json.loads(x) for x in p.stdout.decode().splitlines()]


def replay(path, **more):
    return in_order(r for r in replay_all(path, **more) if r['type'] in KINDS)


def beginnings(records):
    """When the runs began that the totals are of."""
    return {r['started'] for r in records if r['type'] == 'stats'}


def in_order(records):
    """Records come as calls end, which merging may change; the start of a call stays."""
    return sorted(records, key=lambda r: (r['time'], r['type'], r.get('llmsnoop.request_id', ''),
                                          r.get('gen_ai.tool.call.id', '')))


def same(a, b, what, ignore=()):
    check.equal(len(b), len(a), what, 'number of records')
    for x, y in zip(a, b):
        for k in sorted(set(x) | set(y)):
            if k not in ignore:
                check.equal(y.get(k), x.get(k), what, x.get('llmsnoop.request_id'), k)


live = in_order(live)
check.equal({r['type'] for r in live}, set(KINDS), 'kinds of records')
first = replay(cap)
# The file has no credentials, hence nothing to tell keys apart by.
same(live, first, 'replayed', ('llmsnoop.key_fp',))
same(first, replay(cap), 'replayed again')
began = beginnings(tracer.all_records())
check.equal(len(began), 1, 'beginnings of one run')
check.equal(beginnings(replay_all(cap)), began, 'beginning of the run, replayed')
os.chmod(directory, 0o755)
copy = os.path.join(directory, 'nobody.cap')
with open(cap, 'rb') as a, open(copy, 'wb') as b:
    b.write(a.read())
os.chmod(copy, 0o644)
if os.access(lib.LLMSNOOP, os.X_OK):
    try:
        probe = subprocess.run([lib.LLMSNOOP, '-V'], user=65534, group=65534, extra_groups=[],
                               capture_output=True)
        if probe.returncode == 0:
            same(first, replay(copy, user=65534, group=65534, extra_groups=[]), 'without root')
    except PermissionError:
        print('build/ cannot be reached without root: not tried')

# A merged piece has the times of its first, which may belong to the request before: the start of a
# call moves, and with it the ids that are made of it.
timings = {'time', 'trace_id', 'span_id', 'duration_s', 'gen_ai.response.time_to_first_chunk', 'llmsnoop.ttft_s',
           'llmsnoop.ttlt_s', 'llmsnoop.itl_p50_s', 'llmsnoop.itl_p99_s', 'llmsnoop.chunks'}
split = os.path.join(lib.HELPERS, 'capsplit')
if os.access(split, os.X_OK):
    for mode, ignore in (('bytes', ()), ('random:1', ()), ('random:2', ()), ('merge', timings)):
        cut = os.path.join(directory, 'cut.cap')
        p = subprocess.run([split, mode, cap, cut], capture_output=True, text=True, timeout=120)
        if check.equal(p.returncode, 0, 'capsplit', mode, p.stderr):
            same(first, replay(cut), mode, ignore)
else:
    print('no capsplit: splits not tried')
check.finish()
