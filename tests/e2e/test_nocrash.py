# SPDX-License-Identifier: Apache-2.0
# timeout: 500
"""Nothing that is traced ever crashes: each real client that is here makes 50 calls while probes
are put into it and taken away every 200 ms, and while llmsnoop is started and ended besides, at
times by SIGKILL. No client may end badly, no call may fail.

  python3 tests/e2e/test_nocrash.py [PART OF A NAME...]"""
import itertools
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

import lib
import netns
import real
from lib import check

CALLS = 50
AT_ONCE = 3
EVERY_MS = 200
PACE = 'ttft=0.02&gap=0.007&tokens=12'
# Makes its calls all at the same time.
SLOW = {'aiohttp': 'ttft=0.5&gap=0.4&tokens=12'}
TURN = {'claude': ('Bash', 'command', {'description': 'nothing'}),
        'opencode': ('bash', 'command', {'description': 'nothing'}),
        'Codex': ('exec_command', 'cmd', {}),
        'gemini': ('glob', 'pattern', {})}
ALLOWED = {'claude': ['--dangerously-skip-permissions'], 'gemini': ['--yolo']}


def agent_of(client):
    return next(k for k in TURN if k in client.name.lower() or k in client.name)


def prepared(client):
    """(the run, the mock it talks to): a client of lines makes its calls in one process, an agent
    in one session of so many rounds."""
    home, script, more = lib.temporary_directory(), None, []
    if not client.lines:
        name, key, others = TURN[agent_of(client)]
        more = ALLOWED.get(agent_of(client), [])
        # Never the same twice: agents stop themselves at a loop.
        script = [{'tools': [{'name': name, 'arguments': {key: 'true %d' % n, **others}}]}
                  for n in range(CALLS - 1)]
    vendor = real.Vendor(script=script, life=490)
    vendor.pace = SLOW.get(client.name, PACE)
    env = real.environment(client, vendor, re.sub(r'\W+', '_', client.name), home,
                           client.streams[0], client.apis[0], CALLS)
    argv = real.command(client, vendor, CALLS, more)
    return {'name': client.name, 'argv': argv, 'env': env, 'cwd': home, 'seconds': 150}, vendor


class Restless:
    """llmsnoop, started and ended again and again."""

    def __init__(self, pid):
        self.pid, self.rounds, self.records, self.over = pid, 0, 0, False
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        for n in itertools.count(1):
            if self.over:
                return
            tracer = lib.Tracer('-p', self.pid, ready=False)
            while not tracer.wait_ready(1) and not self.over and tracer.process.poll() is None:
                pass
            time.sleep(EVERY_MS / 1000)
            kill = n % 5 == 0
            status = tracer.stop(signal.SIGKILL if kill else signal.SIGTERM)
            check.equal(status, -signal.SIGKILL if kill else 0, 'exit status of the tracer',
                        tracer.lines[-3:])
            self.rounds += 1
            for r in tracer.records() if not kill else []:
                self.records += 1

    def stop(self):
        self.over = True
        self.thread.join()


def judge(client, result, vendor):
    name = client.name
    check.equal(result.get('status'), 0, name, 'exit status:', result.get('err', '')[-500:])
    if client.lines:
        said = lib.json_lines(result.get('out', ''))
        check.equal(len(said), CALLS, name, 'calls')
        check(all(s.get('good') or (s.get('status') == 200 and 'error' not in s) for s in said),
              name, 'a call failed')
    answered = [t for t in vendor.truth() if client.lines or t['offers_tools']]
    check(len(answered) >= CALLS, name, 'made', len(answered), 'calls')
    check(all(t['complete'] for t in answered), name, 'left an answer')
    return len(answered)


def main():
    lib.need_tracing()
    if not netns.enter():
        lib.skip('no network namespace here')
    flip = lib.helper('flip')
    clients, missing = real.find(sys.argv[1:])
    for name, why in missing.items():
        print('not here: %s: %s' % (name, why))
    if not clients:
        lib.skip('none of the clients is here')
    vendors, plan = {}, []
    for client in clients:
        run, vendors[client.name] = prepared(client)
        plan.append(run)
    path = os.path.join(lib.temporary_directory(), 'plan.json')
    with open(path, 'w') as f:
        json.dump({'at_once': AT_ONCE, 'runs': plan}, f)
    held = lib.Held([lib.SYSTEM_PYTHON, os.path.join(lib.ROOT, 'tests/e2e/drive.py'), path])
    flipper = lib.spawn([flip, str(held.pid), str(EVERY_MS)], stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, text=True)
    check.equal(flipper.stdout.readline(), 'flipping\n', 'flip')
    restless = Restless(held.pid)
    begun = time.monotonic()
    held.go()
    results = {r['name']: r for r in lib.json_lines(held.finish(460))}
    seconds = time.monotonic() - begun
    restless.stop()
    flipped, _ = flipper.communicate('over\n', timeout=20)
    check.equal(flipper.returncode, 0, 'flip', flipped)
    attached, events = map(int, re.findall(r'=(\d+)', flipped))
    calls = sum(judge(c, results.get(c.name, {}), vendors[c.name]) for c in clients)
    for client in clients:
        r = results.get(client.name)
        took = (r['ended_ns'] - r['begun_ns']) / 1e9 if r else 0
        print('%-34s %6.1f s' % (client.name, took))
    check(attached >= len(clients) and events > calls, 'probes were there:', flipped)
    check(restless.rounds and restless.records, 'llmsnoop itself saw something')
    print('%d calls of %d clients in %.0f s; probes put into a process %d times (%d events), '
          'llmsnoop started %d times (%d records)' % (
              calls, len(clients), seconds, attached, events, restless.rounds, restless.records))
    check.finish()


main()
