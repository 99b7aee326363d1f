# SPDX-License-Identifier: Apache-2.0
# timeout: 240
"""Runtimes whose TLS library is compiled in and has no names: bun (BoringSSL). Those that
LLMSNOOP_RUNTIMES names, separated by colons, or the bun in PATH. Each runs the fetch client, whose
calls must come out right: facts, times, one record a call, and a connection's beginning known.
The runtime's file is known by then: finding its functions takes longer than its first call."""
import os
import shutil

import lib
from lib import check

CALLS = 3


def runtimes():
    named = os.environ.get('LLMSNOOP_RUNTIMES')
    if named:
        return [p for p in named.split(':') if p]
    return [shutil.which('bun')] if shutil.which('bun') else []


def version(path):
    return os.path.basename(path) + ' in ' + os.path.dirname(path)


def run(path, provider, answered):
    """One runtime, streamed and not, with both APIs."""
    script = "%s -e 'await new Promise(r => setTimeout(r, 2000))'\n" % path
    for api in ('openai', 'anthropic'):
        for stream in (1, 0):
            demo = 'tag=%s-%d' % (api, stream) + ('&coding=gzip' if stream else '')
            line = lib.client('node_fetch.mjs', API=api, STREAM=stream, CALLS=CALLS, DEMO=demo)
            script += line.replace(' node ', ' %s ' % path) + '\n'
    held = lib.Held(['/bin/bash', '-c', script], env=provider.env)
    tracer = lib.Tracer('-v', '-p', held.pid)
    held.go()
    said = lib.json_lines(held.finish(120))
    want = 4 * CALLS
    check.equal(len(said), want, version(path), 'client lines')
    truths = provider.truth(answered + want)[answered:]
    tracer.settle(want)
    check.equal(tracer.stop(), 0, version(path), 'exit status')
    lib.verify(tracer.records(), truths)  # bun's clock begins with the process
    check(any('BoringSSL: SSL_read at ' in line for line in tracer.lines), version(path),
          'is not found to have BoringSSL:', '\n'.join(tracer.lines))
    stacks = {r.get('llmsnoop.tls') for r in tracer.records()}
    print(version(path), len(tracer.records()), 'records', sorted(map(str, stacks)))
    return answered + want


lib.need_tracing()
paths = runtimes()
if not paths:
    lib.skip('no bun in PATH, and LLMSNOOP_RUNTIMES names none')
provider = lib.Provider('--speed', 0.25)
answered = 0
for path in paths:
    answered = run(path, provider, answered)
check.finish()
