# SPDX-License-Identifier: Apache-2.0
# timeout: 600
# beside
"""Every way of attaching that kernels offer, made to be used on this one: records right, and
programs that fork, exec, confine themselves or run a thousand threads unharmed under each."""
import os
import subprocess

import lib
from lib import check

# What this kernel is to pretend it lacks, and how probes are then attached where it has the rest.
METHODS = (
    ('', None),
    ('session', 'uprobe multi'),
    ('return_probes', 'uprobe multi on RET instructions'),
    ('session,multi', 'perf event'),
    ('task_storage', None),
    ('bpf_loop', None),
    ('session,multi,task_storage,bpf_loop', 'perf event'),
)
# helper, its words before port and CA, those after, calls
LOADS = (
    ('victim', ['fork'], [], 3),
    ('victim', ['exec'], [], 2),
    ('victim', ['seccomp'], [], 3),
    ('victim', ['seccomp-all'], [], 3),
    ('confined', [], [], 3),
    ('victim', ['threads'], ['1000'], 1000),
)


def works_untraced(command):
    return subprocess.run(command, capture_output=True, timeout=60).returncode == 0


def traced(what, without, method, command, provider, calls):
    """Runs a command, held until it is traced; its calls must be told, and it must end well."""
    before = len(provider.truth())
    held = lib.Held(command, env=lib.private_libssl())
    tracer = lib.Tracer('-v', '-p', held.pid, env={**os.environ, 'LLMSNOOP_WITHOUT': without})
    held.go()
    said = held.finish().strip()
    check.equal(held.status, 0, what, 'exit status of the traced program;', said)
    tracer.settle(calls)
    check.equal(tracer.stop(), 0, what, 'exit status')
    used = [line.removeprefix('llmsnoop: ').split(';')[0] for line in tracer.lines
            if 'files with probes' in line]
    if method and 'uprobe multi' in method:
        # A kernel without it is free to take less.
        check(used and used[0] in (method, 'perf event'), what, 'attached by', used)
    elif method:
        check.equal(used, [method], what, 'attached by')
    truths = provider.truth(before + calls)[before:]
    check.equal(len(truths), calls, what, 'calls answered')
    records = tracer.records()
    if 'fork' in command:
        # The child shares the parent's SSL object; nothing else may be flagged.
        for r in records:
            r.pop('llmsnoop.midstream', None)
    lib.verify(records, truths)
    return used[0] if used else '?', len(records)


def every_method():
    possible = []
    provider = lib.Provider(life=590)
    for name, first, last, calls in LOADS:
        command = [lib.helper(name), *first, str(provider.port), provider.ca, *last]
        if works_untraced(command):
            possible.append((' '.join([name, *first]), command, calls))
        else:
            print(name, *first, 'does not work untraced here, so it is not tried')
    possible.append(('tlscall', [lib.helper('tlscall'), '--port', str(provider.port), '--ca',
                                 provider.ca, '--calls', '3', '--stream', '--ex', '--demo',
                                 'tokens=20&gap=0.002'], 3))
    # What was tried above is answered, too.
    provider.truth(sum(calls for _, _, calls in possible) - 3)
    for without, method in METHODS:
        told = []
        for what, command, calls in possible:
            used, n = traced('%s without %s:' % (what, without or 'nothing'), without, method,
                             command, provider, calls)
            told.append('%s %d' % (what, n))
        print('%-36s %-34s %s' % (without or '(all there)', used, ', '.join(told)), flush=True)
    provider.stop()


if __name__ == '__main__':
    lib.need_tracing()
    every_method()
    check.finish()
