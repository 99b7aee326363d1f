# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""Many at once: 300 streams in threads and in asyncio, 200 short processes, and a chain of
application, gateway and provider. Every call once, nothing mixed up, nothing lost."""
import os
import time

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
LOAD = [lib.SYSTEM_PYTHON, os.path.join(HERE, 'load.py')]


def streams(kind, n):
    provider = lib.Provider()
    held = lib.Held([*LOAD, kind, str(n)], env={
        **provider.env, **lib.private_libssl(), 'DEMO': 'ttft=1.5&gap=0.03&tokens=25'})
    tracer = lib.Tracer('-p', held.pid)
    held.go()
    said = lib.json_lines(held.finish())
    check.equal(said and said[0]['good'], n, kind, 'calls that succeeded')
    tracer.settle(n)
    check.equal(tracer.stop(), 0, 'exit status')
    truths = provider.truth(n)
    overlap = max(sum(t['received_ns'] <= at['received_ns'] <= t['end_ns'] for t in truths)
                  for at in truths)
    print(kind, 'at most', overlap, 'streams at once')
    check(overlap > n * 0.9, kind, 'only', overlap, 'at once')
    lib.verify(tracer.records(), truths)
    nothing_lost(tracer)
    provider.stop()


def nothing_lost(tracer):
    stats = tracer.stats()
    for key in ('lost_records', 'lost_bytes', 'gaps', 'truncated'):
        check.equal(stats.get(key), 0, key)
    check(any(' 0 lost' in line for line in tracer.lines), 'totals:', tracer.lines[-2:])


def short(n):
    """Processes that are gone as soon as they have their answer."""
    provider = lib.Provider()
    tlscall = lib.helper('tlscall')
    one = '%s --port %d --ca %s --stream --demo "burst=1&tokens=4&tag=c-$i" >/dev/null' % (
        tlscall, provider.port, provider.ca)
    curl = ("curl -sN --http1.1 $BASE/v1/messages -H 'content-type: application/json' "
            "-H \"x-demo: burst=1&tokens=3&tag=curl-$i\" -o /dev/null -d "
            "'{\"model\":\"claude-sonnet-4-5\",\"stream\":true,\"messages\":[]}'")
    script = 'for i in $(seq %d); do %s & %s & [ $((i %% 8)) = 0 ] && wait; done; wait' % (
        n // 2, one, curl)
    held = lib.Held(['/bin/bash', '-c', script], env={**provider.env, **lib.private_libssl()})
    tracer = lib.Tracer('-p', held.pid)
    started = time.monotonic()
    held.go()
    held.finish()
    took = time.monotonic() - started
    print('%d processes in %.1f s' % (n, took))
    check(took < 10, 'took %.1f s' % took)
    tracer.settle(n)
    check.equal(tracer.stop(), 0, 'exit status')
    truths = provider.truth(n)
    check.equal(len(truths), n, 'calls answered')
    lib.verify(tracer.records(), truths)
    nothing_lost(tracer)
    provider.stop()


def chain():
    """Application, gateway and provider, all three traced: two calls; each has two sides."""
    for role, want in (('client', {'client': 2}), ('server', {'server': 2}),
                       ('both', {'client': 2, 'server': 2})):
        env = lib.private_libssl()
        provider = lib.Provider(env={**os.environ, **env})
        gateway = lib.Provider(env={**os.environ, **provider.env, **env,
                                    'UPSTREAM': provider.base},
                               command=[lib.SYSTEM_PYTHON, os.path.join(HERE, 'gateway.py')])
        app = lib.Held([lib.SYSTEM_PYTHON, os.path.join(lib.CLIENTS, 'py_stdlib.py')], env={
            **gateway.env, **env, 'API': 'anthropic', 'DEMO': 'tokens=12&gap=0.01'})
        pids = '%d,%d,%d' % (app.pid, gateway.pid, provider.pid)
        tracer = lib.Tracer('--role', role, '-p', pids)
        app.go()
        said = lib.json_lines(app.finish())
        check.equal([s['status'] for s in said], [200], 'what the application got')
        tracer.settle(sum(want.values()))
        check.equal(tracer.stop(), 0, 'exit status')
        truth = provider.truth(1)[0]
        counts = {}
        for r in tracer.records():
            counts[r.get('llmsnoop.role')] = counts.get(r.get('llmsnoop.role'), 0) + 1
            for fault in lib.differences(r, truth):
                check(False, role, *fault)
        check.equal(counts, want, 'records by role with --role', role)
        ports = sorted(r.get('server.port') for r in tracer.records())
        check.equal(ports, sorted([gateway.port, provider.port] * (sum(want.values()) // 2)),
                    'servers')
        pids_seen = {(r['process.pid'], r['llmsnoop.role']) for r in tracer.records()}
        check.equal(len(pids_seen), sum(want.values()), 'each side from its own process')
        gateway.stop()
        provider.stop()


if __name__ == '__main__':
    lib.need_tracing()
    lib.helper('tlscall')
    streams('threads', 300)
    streams('asyncio', 300)
    short(200)
    chain()
    check.finish()
