# SPDX-License-Identifier: Apache-2.0
"""Attached in the middle of an answer: that call is flagged or left out, never wrong; the next
one on the connection is right."""
import time

import lib
from lib import check

lib.need_tracing()
tlscall = lib.helper('tlscall')
for what, demo, stream in (
        ('stream', 'ttft=0.3&gap=0.05&tokens=60', True),
        ('before the answer', 'ttft=2.5&gap=0.01&tokens=10', True),
        ('large stream', 'ttft=0.3&gap=0.05&tokens=60&size=30000', True),
        ('whole', 'ttft=2.5', False)):
    provider = lib.Provider()
    held = lib.Held([tlscall, '--port', str(provider.port), '--ca', provider.ca, '--calls', '3',
                     '--demo', demo, *(['--stream'] if stream else [])],
                    env=lib.private_libssl())
    held.go()
    time.sleep(1.2)
    tracer = lib.Tracer('-p', held.pid)
    check(not provider.truth(), what, 'attached too late to be in the middle')
    held.finish()
    tracer.settle(2)
    check.equal(tracer.stop(), 0, 'exit status')
    truths = provider.truth(3)
    by = {r.get('llmsnoop.request_id'): r for r in tracer.records()}
    first = by.pop(truths[0]['request_id'], None)
    if first:
        check(first.get('llmsnoop.midstream') is True, what, 'not flagged')
        for key in ('gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'):
            name = key.split('.')[-1]
            if key in first:
                check.equal(first[key], truths[0][name], what, key)
        check('llmsnoop.ttft_s' not in first, what, 'a time to first token that was not seen')
    for n, t in enumerate(truths[1:], 2):
        r = by.pop(t['request_id'], None)
        if check(r, what, 'call', n, 'is missing'):
            # The connection's start was not seen, so its records may say so.
            r.pop('llmsnoop.midstream', None)
            for fault in lib.differences(r, t) + lib.timing_faults(r, t):
                check(False, what, 'call', n, *fault)
    check(not by, what, 'records of no call:', by)
    print(what, 'first call', 'flagged' if first else 'left out')
    provider.stop()
check.finish()
