# SPDX-License-Identifier: Apache-2.0
# timeout: 240
"""What is chosen by others cannot blind it, break its lines, reach the terminal, or grow it."""
import json
import os
import pty
import re
import subprocess
import threading

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ('x","pid":1,"a":"', '\x1b[2J\x1b]0;owned\x07', '\udcff\udcfe\udcc0name', 'tab\tnew\nline')
# What a table may send to a terminal besides text: colours and bold.
SGR = re.compile(rb'\x1b\[[0-9;]*[mK]')
MEMORY_KIB = 120 << 10


def blinding():
    """10,500 threads, each in a failing SSL_read."""
    victim = lib.helper('victim')
    provider = lib.Provider()
    held = lib.Held([victim, 'failread', str(provider.port), provider.ca, '10500'],
                    env=lib.private_libssl())
    tracer = lib.Tracer('-p', held.pid)
    held.go()
    said = held.finish().strip()
    check.equal((held.status, said), (0, 'calls=1'), 'the victim')
    tracer.settle(1)
    check.equal(tracer.stop(), 0, 'exit status')
    lib.verify(tracer.records(), provider.truth(1))
    provider.stop()


def printable(data, what):
    """Lines of text only, apart from colours."""
    plain = SGR.sub(b'', data).replace(b'\r\n', b'\n')
    bad = set(plain) & (set(range(32)) - {10} | {127})
    check(not bad, what, 'control bytes', sorted(bad),
          [line for line in plain.split(b'\n') if set(line) & bad][:2])
    text = plain.decode(errors='strict') if check(valid(plain), what, 'is not UTF-8') else ''
    check(not re.search('[\x80-\x9f\u202a-\u202e\u2066-\u2069]', text), what,
          'C1 or direction controls reach the terminal')


def valid(data):
    try:
        data.decode()
        return True
    except UnicodeDecodeError:
        return False


def hostile(name, columns):
    held = lib.Held([lib.SYSTEM_PYTHON, os.path.join(HERE, 'peers.py'), lib.temporary_directory(),
                     name], env={**lib.private_libssl(), 'PYTHONDONTWRITEBYTECODE': '1'})
    leader, follower = pty.openpty()
    subprocess.run(['stty', 'cols', str(columns)], stdin=follower)
    screen = []

    def read():
        try:
            while data := os.read(leader, 65536):
                screen.append(data)
        except OSError:
            pass
    threading.Thread(target=read, daemon=True).start()
    tracer = lib.Tracer('--role', 'client', '-v', '-p', held.pid, stdout=follower)
    os.close(follower)
    held.go()
    said = lib.json_lines(held.finish(200))
    check.equal(held.status, 0, 'the peers')
    check(len(said) > 30, 'only', len(said), 'cases ran')
    tracer.settle(seconds=10)
    high = lib.proc_status(tracer.pid, 'VmHWM') if tracer.process.poll() is None else None
    check(high, 'the tracer is gone: exit status', tracer.process.poll(), tracer.lines[-3:])
    check.equal(tracer.stop(), 0, 'exit status')
    if high:
        print('most memory: %d KiB' % high)
        check(high < MEMORY_KIB, 'memory grew to', high, 'KiB')
    records = tracer.records()
    by = {}
    for r in records:
        by.setdefault(r.get('llmsnoop.request_id'), []).append(r)
        for key, value in r.items():
            check(key != 'pid' and key != 'a' and key != 'x', 'an injected key', key)
        check.equal(r.get('process.pid'), held.pid, 'process.pid')
    for s in said:
        found = by.get(s['tag'], [])
        if not check.equal(len(found), 1, s['tag'], 'records of the good call after it'):
            continue
        r = found[0]
        for key, want in (('gen_ai.request.model', 'asked-model'),
                          ('gen_ai.response.model', 'good-model'),
                          ('gen_ai.usage.input_tokens', 11), ('gen_ai.usage.output_tokens', 3),
                          ('http.response.status_code', 200)):
            check.equal(r.get(key), want, s['tag'], key)
        check(not r.get('llmsnoop.truncated') and 'error.type' not in r, s['tag'], 'is flagged')
    flagged('gzip-bomb', by)
    flagged('chunk-overflow', by)
    for r in by.get('big-numbers', []):
        for key in ('gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'):
            check(key not in r, 'a number that cannot be:', key, r.get(key))
    with open(tracer.out, 'rb') as f:
        out = f.read()
    check(valid(out), 'JSONL is not UTF-8')
    check(not set(out) & (set(range(32)) - {10}), 'control bytes in JSONL')
    printable(b''.join(screen), 'table')
    printable('\n'.join(tracer.lines).encode(errors='surrogateescape'), 'stderr')


def flagged(name, by):
    for r in by.get(name, []):
        check(r.get('llmsnoop.truncated') or 'error.type' in r, name, 'is not flagged:',
              json.dumps(r)[:200])


if __name__ == '__main__':
    lib.need_tracing()
    blinding()
    for i, n in enumerate(NAMES):
        hostile(n, (80, 120, 200, 40)[i])
    check.finish()
