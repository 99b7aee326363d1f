# SPDX-License-Identifier: Apache-2.0
# timeout: 180
# alone
"""A 64 KiB ring and a consumer that stands still for a second: what is lost is counted, what it
touched is flagged, the rest is right, and the next call on a connection is right again."""
import os
import re
import signal
import time

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
lib.need_tracing()
tlscall = lib.helper('tlscall')
provider = lib.Provider()
env = {**provider.env, **lib.private_libssl()}


def flagged(r):
    return r.get('llmsnoop.truncated') or r.get('llmsnoop.lost_bytes') or \
        r.get('llmsnoop.midstream')


held = lib.Held(['/bin/bash', '-c', 'exec 3<&0; (exec <&3; exec "$0" --port %d --ca %s --stream '
                 '--hold --calls 4 --demo "size=3000&tokens=40&tag=one&ttft=0.05&gap=0.005") & '
                 '%s %s threads 30 & wait' % (provider.port, provider.ca, lib.SYSTEM_PYTHON,
                                              os.path.join(HERE, 'load.py')), tlscall],
                env={**env, 'DEMO': 'size=2000&tokens=60&gap=0.02&ttft=0.5'})
tracer = lib.Tracer('-p', held.pid, '--ring', '64K')
held.go()
time.sleep(1.2)
held.go()  # the first of four calls on one connection: undisturbed or nearly so
time.sleep(0.3)
tracer.process.send_signal(signal.SIGSTOP)
held.go()  # 120 KB while nobody reads the ring
time.sleep(1)
tracer.process.send_signal(signal.SIGCONT)
time.sleep(4)  # the load is over
held.go()
time.sleep(1)
held.go()
held.finish()
truths = provider.truth(34)
check.equal(len(truths), 34, 'calls answered')
tracer.settle()
check.equal(tracer.stop(), 0, 'exit status')
stats, records = tracer.stats(), tracer.records()
lost = [int(n) for line in tracer.lines for n in re.findall(r'(\d+) lost', line)]
check(lost and lost[-1] > 0, 'totals name no loss:', tracer.lines[-3:])
check(any('lost' in k and v for k, v in stats.items()), 'stats name no loss:', stats)

by = {}
for r in records:
    by.setdefault(r.get('llmsnoop.request_id'), []).append(r)
clean = 0
for t in truths:
    for r in by.get(t['request_id'], []):
        for key, name in (('gen_ai.usage.input_tokens', 'input_tokens'),
                          ('gen_ai.usage.output_tokens', 'output_tokens')):
            if key in r and not (flagged(r) and r[key] in (0, 1)):
                check.equal(r[key], t.get(name), 'token count', t['tag'])
        if not flagged(r):
            clean += 1
            for fault in lib.differences(r, t):
                check(False, 'unflagged', t['tag'], *fault)
    check(len(by.get(t['request_id'], [])) <= 1, 'more than one record', t['tag'])
one = sorted((t for t in truths if t['tag'] == 'one'), key=lambda t: t['received_ns'])
for n in (2, 3):
    found = by.get(one[n]['request_id'], [])
    if check(len(found) == 1, 'call', n + 1, 'after the loss on the same connection is missing'):
        for fault in lib.differences(found[0], one[n]):
            check(False, 'call', n + 1, 'after the loss', *fault)
touched = [r for r in records if flagged(r)]
print(len(records), 'records of', len(truths), 'calls,', clean, 'clean,', len(touched), 'flagged;',
      lost[-1:] or 'nothing', 'lost')
# What is neither clean nor flagged was not recorded at all: only a call whose head was lost may.
check(len(touched) > 0 or len(records) < len(truths), 'loss touched no record')
check.finish()
