# SPDX-License-Identifier: Apache-2.0
# timeout: 240
"""Programs whose TLS library is compiled in and has no names. bun (BoringSSL): those that
LLMSNOOP_RUNTIMES names, separated by colons, or the one in PATH, with the fetch client; its file is
known by then, for finding its functions takes longer than its first call. A client of the tests,
linked statically (OpenSSL). Calls must come out right: facts, times, one record a call, and a
connection's beginning known."""
import os
import shutil
import subprocess

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


def linked(how):
    """tlscall with the library in it and without names; None where that cannot be built."""
    if not shutil.which('cc') or not shutil.which('strip'):
        return None
    tools = os.path.join(lib.ROOT, 'tests/tools')
    path = os.path.join(lib.temporary_directory(), 'tlscall' + how)
    made = subprocess.run(['cc', '-O2', '-w', '-D_GNU_SOURCE', how, '-o', path,
                           os.path.join(tools, 'tlscall.c'), '-lssl', '-lcrypto', '-lpthread'],
                          capture_output=True)
    if made.returncode:
        return None
    subprocess.run(['strip', path], check=True)
    return path


def run_static(path, provider, answered):
    """Both forms of the functions, a small write and a small read at a time as well."""
    script = ''
    for i, more in enumerate(('', '--ex', '--write 100 --read 50 --stream', '--ex --stream')):
        script += "(sleep 1; yes) | %s --hold --port %d --ca %s --calls %d --demo tag=static-%d %s\n" % (
            path, provider.port, provider.ca, CALLS, i, more)
    held = lib.Held(['/bin/bash', '-c', script])
    tracer = lib.Tracer('-v', '-p', held.pid)
    held.go()
    held.finish(120)
    want = 4 * CALLS
    truths = provider.truth(answered + want)[answered:]
    check.equal(len(truths), want, 'calls of', version(path))
    tracer.settle(want)
    check.equal(tracer.stop(), 0, version(path), 'exit status')
    lib.verify(tracer.records(), truths)
    check(any('OpenSSL' in line and 'SSL_read at ' in line for line in tracer.lines), version(path),
          'is not found to have OpenSSL:', '\n'.join(tracer.lines))
    print(version(path), len(tracer.records()), 'records')
    return answered + want


lib.need_tracing()
paths = runtimes()
statics = [p for p in map(linked, ('-static', '-static-pie')) if p]
if not paths and not statics:
    lib.skip('no bun in PATH, LLMSNOOP_RUNTIMES names none, and no static libssl')
provider = lib.Provider('--speed', 0.25)
answered = 0
for path in paths:
    answered = run(path, provider, answered)
for path in statics:
    answered = run_static(path, provider, answered)
check.finish()
