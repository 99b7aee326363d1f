# SPDX-License-Identifier: Apache-2.0
# timeout: 600
"""Go programs, whose TLS is Go's own: from the oldest toolchain that passes arguments in registers
to the newest, stripped, position-independent and linked with C; over HTTP/1 and 2, as client and
as server, by the providers' own libraries; calls answered before they were asked to the end, and
probes that come and go while stacks grow. Programs that tests/e2e/go/build could not build are
named and left out.

  python3 tests/e2e/test_go.py [--cycles N] [PART OF A NAME...]"""
import os
import signal
import subprocess
import sys
import threading
import time

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
GO = os.path.join(lib.BUILD, 'go-clients')
AT_ONCE, CALLS = 50, 150
EARLY = 3000
SEEN = ('calls-local', 'calls-1.17.13', 'calls-1.17.13-symbols', 'calls-1.17.13-pie',
        'calls-1.18.10', 'calls-1.20.14', 'calls-1.20.14-cgo', 'calls-1.24.9', 'calls-1.27.2',
        'calls-1.27.2-symbols', 'calls-1.27.2-pie')
LOCATED = SEEN + ('calls-1.18.10-arm64', 'calls-1.27.2-arm64', 'sdk', 'front-local')
UNSEEN = {'calls-1.16.15': 'Go before 1.17 passes arguments on the stack',
          'calls-1.17.13-arm64': 'Go before 1.18 passes arguments on the stack on arm64'}
missing, table = set(), []


def program(name):
    """Its path; None where it could not be built."""
    path = os.path.join(GO, name)
    if os.access(path, os.X_OK):
        return path
    missing.add(name)
    return None


class Ready:
    """A program that has said READY and waits for go()."""

    def __init__(self, name, *args, env=None):
        self.process = lib.spawn([program(name), *map(str, args)], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, text=True, env={**os.environ, **(env or {})})
        self.pid = self.process.pid
        for line in self.process.stdout:
            if line.strip() == 'READY':
                return
        raise SystemExit(name + ' did not start')

    def go(self, seconds=120):
        out, _ = self.process.communicate('\n', timeout=seconds)
        check.equal(self.process.returncode, 0, 'exit status')
        return lib.json_lines(out)


def row(name, what, records, wanted, faults):
    table.append((name, what, '%d of %d' % (records, wanted), faults))


def calls(name, what, provider, server, *args, allow=()):
    """All calls after READY by their records. server: where the client goes, provider or before
    it."""
    client = Ready(name, '-n', CALLS, '-c', AT_ONCE, *args, env=server.env)
    before = len(provider.truth())
    tracer = lib.Tracer('-p', client.pid)
    said = client.go()
    truth = provider.truth(wait_for=before + len(said))[before:]
    tracer.settle(len(truth))
    tracer.stop()
    check.equal([s['good'] for s in said].count(True), len(said), name, what, 'good calls')
    records, failed = tracer.records(), check.failed
    for record in records:
        check.equal(record.get('llmsnoop.tls'), 'go', name, what, 'stack')
        for key in allow:
            record.pop(key, None)
    lib.verify(records, truth, said)
    stats = tracer.stats()
    for key in ('lost_records', 'gaps', 'no_entry'):
        if 'llmsnoop.midstream' not in allow:
            check.equal(stats.get(key), 0, name, what, key)
    row(name, what, len(records), len(truth), check.failed - failed)


def test_located():
    located = lib.helper('located')
    for name in (*LOCATED, *UNSEEN):
        if not program(name):
            continue
        out = subprocess.run([located, program(name)], capture_output=True, text=True)
        found = [x for x in lib.json_lines(out.stdout) if x.get('stack') == 'go']
        if not check(len(found) == 1, name, out.stdout):
            continue
        if name in UNSEEN:
            check.equal((found[0]['sites'], found[0]['why_not']), (0, UNSEEN[name]), name)
        else:
            check(found[0]['sites'] >= 4, name, found[0])
        words = name.split('-')
        if words[1:] and words[1][0] == '1':
            check.equal(found[0]['version'], 'go' + words[1], name)


def test_http1(provider, front):
    for name in filter(program, SEEN):
        calls(name, 'HTTP/1', provider, provider)


def test_http2(provider, front):
    for name in filter(program, SEEN):
        calls(name, 'HTTP/2', provider, front, '-h2')


def test_lazy(provider, front):
    """The handshake within Write, the buffer on a stack that moves, a Write after Close."""
    for name in filter(program, ('calls-local', 'calls-1.17.13', 'calls-1.27.2-pie')):
        calls(name, 'lazy', provider, provider, '-way', 'lazy')


def test_joined(provider, front):
    """The first call goes over a connection whose Read waits since before the probes came."""
    for name in filter(program, ('calls-local', 'calls-1.17.13', 'calls-1.20.14')):
        calls(name, 'joined', provider, provider, '-before', 1, allow=('llmsnoop.midstream',))


def test_methods(provider, front):
    """As on kernels before 6.6, and before 5.17."""
    for without in filter(lambda _: program('calls-local'), ('multi', 'multi,bpf_loop,task_storage')):
        os.environ['LLMSNOOP_WITHOUT'] = without
        calls('calls-local', 'no ' + without, provider, provider, '-way', 'lazy')
    os.environ.pop('LLMSNOOP_WITHOUT', None)


def test_server(provider, front):
    """The front answers over HTTP/2 and asks over HTTP/1: two records of each call."""
    if not program('calls-local'):
        return
    before = len(provider.truth())
    # One of its own: connections that it kept from other tests would be met midway.
    front = lib.Provider(command=[program('front-local')], directory=provider.dir, life=120,
                         env={**os.environ, 'UPSTREAM': provider.base})
    client = Ready('calls-local', '-n', CALLS, '-c', AT_ONCE, '-h2', env=front.env)
    tracer = lib.Tracer('-p', front.pid)
    said = client.go()
    truth = provider.truth(wait_for=before + len(said))[before:]
    tracer.settle(2 * len(truth))
    tracer.stop()
    for role in ('server', 'client'):
        records, failed = [r for r in tracer.records() if r.get('llmsnoop.role') == role], check.failed
        for record, t in lib.match(records, truth):
            for fault in lib.differences(record, t):
                check(False, role, t.get('tag'), *fault)
        row('front-local', 'as ' + role, len(records), len(truth), check.failed - failed)


def test_sdk(provider, front):
    if not program('sdk'):
        return
    client = Ready('sdk', '-n', 60, '-c', 10, env=provider.env)
    before = len(provider.truth())
    tracer = lib.Tracer('-p', client.pid)
    said = client.go()
    truth = provider.truth(wait_for=before + len(said))[before:]
    tracer.settle(len(truth))
    tracer.stop()
    failed = check.failed
    check.equal([s['good'] for s in said].count(True), 60, 'sdk: good calls')
    check.equal(sorted(s['id'] for s in said), sorted(t['response_id'] for t in truth), 'sdk: ids')
    lib.verify(tracer.records(), truth)
    row('sdk', 'openai-go, anthropic-sdk-go', len(tracer.records()), len(truth), check.failed - failed)


def test_early(provider, front):
    """Answers that come before their request has gone, as fast as they can: each call, seen from
    both ends, has the answer that names it."""
    for args in ((), ('-h2',)):
        if not program('early-local'):
            return
        what = 'early, HTTP/%d' % (2 if args else 1)
        p = Ready('early-local', '-dir', provider.dir, '-n', EARLY, *args, env={'GOMAXPROCS': '2'})
        tracer = lib.Tracer('-p', p.pid)
        good = p.go()[0]['good']
        tracer.settle(2 * good, 10)
        tracer.stop()
        check(good >= EARLY * 0.9 if args else good == EARLY, what, good, 'good calls')
        for role in ('client', 'server'):
            records, failed = [r for r in tracer.records() if r.get('llmsnoop.role') == role], check.failed
            for r in records:
                model = r.get('gen_ai.response.model', '?')
                check.equal(r.get('gen_ai.request.model', model), model, what, role, r.get('time'))
                check.equal(r.get('gen_ai.response.id'), 'chatcmpl-' + model[6:], what, role)
            ids = {r.get('gen_ai.response.id') for r in records}
            check.equal((len(records), len(ids)), (good, good), what, role, 'records, answers')
            row('early-local', '%s, %s' % (what, role), len(records), good, check.failed - failed)


def test_harm(provider, front, cycles):
    """Probes that come and go while goroutines live for one call and stacks grow."""
    for name in filter(program, ('calls-local', 'calls-1.17.13')):
        n = cycles // 2
        client = Ready(name, '-way', 'busy', '-s', 3600, '-c', 8, env=provider.env)
        client.process.stdin.write('\n')
        client.process.stdin.flush()
        done = 0
        threading.Thread(target=client.process.stdout.read, daemon=True).start()
        end = time.monotonic() + 3 * n
        while done < n and time.monotonic() < end and client.process.poll() is None:
            tracer = lib.Tracer('-p', client.pid)
            time.sleep(0.05 * (done % 4))
            tracer.stop(signal.SIGKILL if done % 5 == 4 else signal.SIGINT)
            done += 1
        alive = client.process.poll() is None
        check(alive, name, 'died in cycle', done, client.process.poll())
        if alive:
            client.process.kill()
            client.process.wait()
        check(done > n // 4, name, 'only', done, 'cycles')
        row(name, 'attached and detached', done, n, 0 if alive else 1)


def main():
    words = sys.argv[1:]
    cycles = 20
    if words[:1] == ['--cycles']:
        cycles, words = int(words[1]), words[2:]
    lib.need_tracing()
    if not os.access(os.path.join(GO, 'calls-local'), os.X_OK):
        subprocess.run([os.path.join(HERE, 'go/build')], timeout=500)
    if not os.access(os.path.join(GO, 'calls-local'), os.X_OK):
        lib.skip('no go, or it builds nothing (tests/e2e/go/build)')
    wanted = lambda name: not words or any(w in name for w in words)
    provider = lib.Provider(life=590)
    front = lib.Provider(command=[program('front-local')], directory=provider.dir, life=590,
                         env={**os.environ, 'UPSTREAM': provider.base})
    if wanted('located'):
        test_located()
    for test in (test_http1, test_http2, test_lazy, test_joined, test_methods, test_server, test_sdk,
                 test_early):
        if wanted(test.__name__):
            test(provider, front)
    if wanted('harm'):
        test_harm(provider, front, cycles)
    for line in table:
        print('%-24s %-28s %-12s %d faults' % line)
    if missing:
        print('not built, left out:', *sorted(missing))
    check.finish()


main()
