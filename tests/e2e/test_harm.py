# SPDX-License-Identifier: Apache-2.0
# timeout: 240
# alone
"""First, do no harm: a killed tracer leaves nothing behind, and programs that fork, exec, confine
themselves or run a thousand threads are unharmed and seen."""
import os
import re
import signal
import subprocess
import time

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))


def changed_text(pid, libdir):
    """How many bytes of the process's libssl code are not as in the file: breakpoints."""
    n = 0
    with open('/proc/%d/maps' % pid) as maps, open('/proc/%d/mem' % pid, 'rb') as mem:
        for line in maps:
            m = re.match(r'([0-9a-f]+)-([0-9a-f]+) r-xp ([0-9a-f]+) \S+ \d+ +(.*)', line)
            if not m or not m.group(4).startswith(libdir):
                continue
            start, end, offset = (int(m.group(i), 16) for i in (1, 2, 3))
            mem.seek(start)
            live = mem.read(end - start)
            with open(m.group(4), 'rb') as f:
                f.seek(offset)
                plain = f.read(end - start)
            n += sum(a != b for a, b in zip(live, plain))
    return n


def bpf_ids(pid):
    """(kind, id) of the BPF links and programs that a process holds."""
    out = set()
    for fd in os.listdir('/proc/%d/fdinfo' % pid):
        try:
            with open('/proc/%d/fdinfo/%s' % (pid, fd)) as f:
                text = f.read()
        except OSError:
            continue
        for kind in ('link', 'prog'):
            m = re.search(r'^%s_id:\t(\d+)' % kind, text, re.M)
            if m and (kind == 'link' or 'link_id' not in text):
                out.add((kind, int(m.group(1))))
    return out


def still_there(ids):
    bpftool = subprocess.run([os.path.join(lib.ROOT, 'tools/install-deps'), '--bpftool'],
                             capture_output=True, text=True).stdout.strip()
    if not bpftool:
        return set()
    return {(k, i) for k, i in ids if subprocess.run(
        [bpftool, k, 'show', 'id', str(i)], capture_output=True).returncode == 0}


def killed():
    provider = lib.Provider()
    ssl_copy = lib.private_libssl()
    held = lib.Held([lib.SYSTEM_PYTHON, os.path.join(HERE, 'load.py'), 'steady', '6'],
                    env={**provider.env, **ssl_copy, 'DEMO': 'ttft=0.05&gap=0.005&tokens=20'})
    tracer = lib.Tracer('-p', held.pid)
    held.go()
    time.sleep(2)
    check(changed_text(held.pid, ssl_copy['LD_LIBRARY_PATH']) > 0,
          'no breakpoint to be seen while tracing: this test shows nothing')
    ids = bpf_ids(tracer.pid)
    check(ids, 'the tracer holds no BPF object')
    tracer.stop(signal.SIGKILL)
    end = time.monotonic() + 3
    while time.monotonic() < end and (changed_text(
            held.pid, ssl_copy['LD_LIBRARY_PATH']) or still_there(ids)):
        time.sleep(0.1)
    check.equal(changed_text(held.pid, ssl_copy['LD_LIBRARY_PATH']), 0,
                'bytes of code that still differ after kill -9')
    check.equal(still_there(ids), set(), 'BPF objects after kill -9')
    said = lib.json_lines(held.finish())
    check.equal(held.status, 0, 'the client')
    check(said and said[0]['good'] == said[0]['calls'] > 10, 'the client noticed:', said)
    print('kill -9:', said, len(ids), 'BPF objects gone')
    provider.stop()


def victims():
    victim = lib.helper('victim')
    for kind, n, calls in (('fork', 0, 3), ('exec', 0, 2), ('seccomp', 0, 3),
                           ('seccomp-all', 0, 3), ('threads', 1000, 1000)):
        provider = lib.Provider()
        plain = subprocess.run([victim, kind, str(provider.port), provider.ca, str(n)],
                               capture_output=True, timeout=60)
        if plain.returncode:
            print(kind, 'does not work untraced here, so it is not tried:', plain.returncode)
            continue
        before = len(provider.truth(calls))
        held = lib.Held([victim, kind, str(provider.port), provider.ca, str(n)],
                        env=lib.private_libssl())
        tracer = lib.Tracer('-p', held.pid)
        held.go()
        said = held.finish().strip()
        check.equal(held.status, 0, kind, 'exit status of the traced program;', said)
        tracer.settle(calls)
        check.equal(tracer.stop(), 0, kind, 'exit status')
        truths = provider.truth(before + calls)[before:]
        check.equal(len(truths), calls, kind, 'calls answered')
        if kind == 'fork':
            # The child shares the parent's SSL object; nothing else may be flagged.
            for r in tracer.records():
                r.pop('llmsnoop.midstream', None)
        lib.verify(tracer.records(), truths)
        print(kind, len(tracer.records()), 'records')
        provider.stop()


def started():
    """-- COMMAND: its exit status is passed on, its children are followed."""
    provider = lib.Provider('--speed', 0.1)
    env = {**os.environ, **provider.env, **lib.private_libssl()}
    two = lib.client('py_stdlib.py', API='openai') + ' >/dev/null; ' + \
        '(%s >/dev/null); exit 7' % lib.client('curl.py', API='anthropic')
    tracer = lib.Tracer('--', '/bin/bash', '-c', two, env=env)
    check.equal(tracer.process.wait(60), 7, 'exit status of the command')
    tracer.stop()
    lib.verify(tracer.records(), provider.truth(2))
    for command, want in ((['/nonexistent/command'], 127), (['/etc/passwd'], 126)):
        t = lib.Tracer('--', *command, ready=False)
        try:
            check.equal(t.process.wait(20), want, command)
        except subprocess.TimeoutExpired:
            check(False, command, 'does not end')
            t.stop()
    provider.stop()


if __name__ == '__main__':
    lib.need_tracing()
    killed()
    victims()
    started()
    check.finish()
