# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""Rust programs (tests/e2e/rust: reqwest on tokio's threads) with rustls on ring, rustls on
aws-lc-rs, and OpenSSL: many calls at once over HTTP/1.1 and HTTP/2, kept and fresh connections,
bodies of many TLS records, TLS 1.2; attached before they start and in the midst of it. Every call is
one record, all its facts right. A program that only looks like one with rustls is left alone."""
import os
import time

import lib
import netns
import real
from lib import check

BUILT = os.path.join(lib.BUILD, 'rust')
STACKS = {'ring': 'rustls', 'aws-lc-rs': 'rustls', 'native': 'openssl'}
# name: settings; MANY is what a call's prompt is padded with, so that it takes several records
MANY = 150000
WAYS = {
    'many_at_once': dict(TASKS=8, CALLS=24),
    'large': dict(TASKS=3, CALLS=9, PAD=MANY, STREAM=0),
    'kept': dict(TASKS=6, CALLS=24, HTTP=1, API='anthropic'),
    'fresh': dict(TASKS=4, CALLS=16, HTTP=1, FRESH=1, PAD=MANY),
    'fresh_h2': dict(TASKS=4, CALLS=16, FRESH=1),
    'tls12': dict(TASKS=2, CALLS=6, HTTP=1, TLS12=1, PAD=MANY),
    'tools': dict(TASKS=2, CALLS=4, DEMO='tools=2'),
}
LATE = dict(TASKS=6, CALLS=600, HTTP=1)
LATE_S = 3


def command(program, name, settings):
    """One program's calls, tagged."""
    demo = '&'.join(filter(None, ['tag=%s' % name, settings.get('DEMO', '')]))
    words = ["%s='%s'" % kv for kv in {'STREAM': 1, **settings, 'DEMO': demo}.items()]
    return ' '.join(words) + ' ' + program


def programs():
    here = {s: os.path.join(BUILT, 'rustcall-' + s) for s in STACKS}
    return {s: p for s, p in here.items() if os.path.exists(p)}


def answered(vendor, stack, *names):
    """What the provider says of those calls."""
    tags = {'%s-%s' % (stack, name) for name in names}
    return [t for t in vendor.truth() if t['tag'] in tags]


def whole(vendor, stack, program):
    """All ways of calling, two at a time."""
    lines = [command(program, '%s-%s' % (stack, name), s) for name, s in WAYS.items()]
    script = ''.join(' & '.join(lines[i:i + 2]) + ' & wait\n' for i in range(0, len(lines), 2))
    held = lib.Held(['/bin/bash', '-c', script], env=vendor.env)
    # So that the program is known, and carries its probes, before the first call.
    tracer = lib.Tracer('-p', '%d,%d' % (held.pid, real.hold([program])))
    held.go()
    said = lib.json_lines(held.finish(120))
    want = sum(s['CALLS'] for s in WAYS.values())
    truths = answered(vendor, stack, *WAYS)
    tracer.settle(want)
    check.equal(tracer.stop(), 0, stack, 'exit status')
    check.equal([s['error'] for s in said if 'error' in s], [], stack, 'errors of the client')
    check.equal((len(said), len(truths)), (want, want), stack, 'calls made')
    records = tracer.records()
    lib.verify(records, truths, said)
    check.equal({r.get('llmsnoop.tls') for r in records}, {STACKS[stack]}, stack)
    versions = {t['request_id']: t['tag'] for t in truths}
    for r in records:
        tag = versions.get(r.get('llmsnoop.request_id'), '')
        h1 = not vendor.http2 or WAYS.get(tag.split('-')[-1], {}).get('HTTP') == 1
        check.equal(r.get('network.protocol.version'), '1.1' if h1 else '2', tag)
    # Wrong peers are never right; sometimes there is none to tell.
    peers = [r.get('network.peer.port') for r in records]
    check({None, vendor.port} >= set(peers) and peers.count(None) * 10 <= len(peers), stack,
          'peers', set(peers), peers.count(None), 'absent')
    stats = tracer.stats()
    for key in ('missed_calls', 'no_entry', 'midstream', 'lost_records', 'lost_bytes', 'gaps'):
        check.equal(stats.get(key), 0, stack, key)
    print('%s: %d records' % (stack, len(records)))


def late(vendor, stack, program):
    """Attached to a program that has been calling for a while."""
    before = len(vendor.truth())
    held = lib.Held(['/bin/sh', '-c', 'exec env ' + command(program, stack + '-late', LATE)],
                    env=vendor.env)
    held.go()
    vendor.truth(before + 30)
    tracer = lib.Tracer('-p', held.pid)
    attached = time.monotonic_ns()
    time.sleep(LATE_S)
    ended = time.monotonic_ns()
    time.sleep(1)
    check.equal(tracer.stop(), 0, stack, 'exit status')
    held.process.kill()
    held.process.wait()
    truths = answered(vendor, stack, 'late')
    records = tracer.records()
    seen = {}
    for r in records:
        seen.setdefault(r.get('llmsnoop.request_id'), []).append(r)
    due = [t for t in truths if t['received_ns'] > attached + 10**8 and t['sent_ns'] and
           t['sent_ns'][-1] < ended]
    check(len(due) > 10, stack, 'only', len(due), 'calls after the tracer came')
    for t in due:
        found = seen.get(t['request_id'], [])
        if check(len(found) == 1, stack, 'a call after the tracer came has', len(found), 'records'):
            # What is told of a connection's midst is only flagged.
            faults = [f for f in lib.differences(found[0], t) if f[0] != 'llmsnoop.midstream']
            check.equal(faults, [], stack, 'joined late')
    print('%s: %d calls after the tracer came' % (stack, len(due)))


def lookalike():
    """Its functions are probed, found to be others after a few calls, and then let alone."""
    program = lib.helper('likerust')
    held = lib.Held(['/bin/sh', '-c', '%s 1 && sleep 1 && %s 100000' % (program, program)])
    tracer = lib.Tracer('-p', held.pid, '-v')
    held.go()
    out = held.finish(60)
    tracer.settle()
    check.equal(tracer.stop(), 0, 'exit status')
    check.equal((held.status, len(out.split())), (0, 4), 'the program')
    check(any('MessageEncrypter' in line for line in tracer.lines), 'it was not probed')
    check.equal(tracer.records(), [], 'records of what is no TLS')
    missed = tracer.stats().get('missed_calls')
    check(missed and 2 <= missed <= 16, 'calls taken for TLS:', missed)


def main():
    lib.need_tracing()
    here = programs()
    if not netns.enter():
        lib.skip('no network namespace here')
    lookalike()
    vendor = real.Vendor('--speed', 0.2, life=280)
    if not vendor.http2:
        print('no HTTP/2 at the mock (Python package h2)')
    for stack, program in here.items():
        whole(vendor, stack, program)
        late(vendor, stack, program)
    for stack in STACKS:
        if stack not in here:
            print('not here: rustcall-%s (tests/e2e/rust/build)' % stack)
    check.finish()


main()
