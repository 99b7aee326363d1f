# SPDX-License-Identifier: Apache-2.0
# timeout: 240
"""Programs that people run, unmodified, streamed and not, with both APIs: one record a call, all
its facts right, and no token timed before the provider sent it or after the client had it."""
import os
import shutil
import subprocess

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
CALLS = 2
PLAIN = ['curl.py', 'py_stdlib.py']
PYTHON = {'py_requests.py': 'requests', 'py_httpx.py': 'httpx', 'py_httpx_async.py': 'httpx',
          'py_aiohttp.py': 'aiohttp', 'py_openai.py': 'openai', 'py_anthropic.py': 'anthropic'}
NODE = {'node_fetch.mjs': None, 'node_https.mjs': None, 'node_openai.mjs': 'openai',
        'node_anthropic.mjs': '@anthropic-ai/sdk'}
ONLY = {'py_openai.py': 'openai', 'node_openai.mjs': 'openai', 'py_anthropic.py': 'anthropic',
        'node_anthropic.mjs': 'anthropic'}


def clients():
    found, missing = list(PLAIN), []
    for name, module in PYTHON.items():
        there = os.path.exists(lib.VENV_PYTHON) and subprocess.run(
            [lib.VENV_PYTHON, '-c', 'import ' + module], capture_output=True).returncode == 0
        (found if there else missing).append(name)
    for name, module in NODE.items():
        there = shutil.which('node') and (module is None or os.path.isdir(
            os.path.join(lib.MODULES, 'node_modules', module)))
        (found if there else missing).append(name)
    if subprocess.run(['perl', '-MIO::Socket::SSL', '-MJSON::PP', '-e', '1'],
                      capture_output=True).returncode == 0:
        found.append('perl.pl')
    if missing:
        print('not here, so not tested:', ', '.join(missing))
    return found


lib.need_tracing()
provider = lib.Provider('--speed', 0.25)
cases = []
for name in clients():
    for api in ('openai', 'anthropic'):
        if ONLY.get(name, api) != api:
            continue
        for stream in (1, 0):
            demo = 'tag=%s-%s-%d' % (name.split('.')[0], api, stream)
            demo += {'py_requests.py': '&coding=gzip', 'node_fetch.mjs': '&coding=deflate',
                     'py_httpx.py': '&coding=gzip', 'py_aiohttp.py': '&tools=2',
                     'node_openai.mjs': '&tools=1', 'py_anthropic.py': '&cached=3&written=5'
                     }.get(name, '')
            cases.append(lib.client(name, API=api, STREAM=stream, CALLS=CALLS, DEMO=demo))
# Two at a time: some overlap, without starving a small machine's timings.
script = ''
for i in range(0, len(cases), 2):
    script += ' & '.join(cases[i:i + 2]) + ' & wait\n'
held = lib.Held(['/bin/bash', '-c', script], env={**provider.env, **lib.private_libssl()})
tracer = lib.Tracer('-p', held.pid)
held.go()
said = lib.json_lines(held.finish(200))
want = len(cases) * CALLS
truths = provider.truth(want)
check.equal(len(said), want, 'client lines')
check.equal(len(truths), want, 'calls the provider answered')
tracer.settle(want)
check.equal(tracer.stop(), 0, 'exit status')
lib.verify(tracer.records(), truths, said)
names = {r.get('process.executable.name') for r in tracer.records()}
print(len(tracer.records()), 'records from', sorted(map(str, names)))
text = open(tracer.out).read()
check('demo-not-a-key' not in text, 'an API key is in the output')


def http2():
    """curl's default where the server offers it."""
    if not shutil.which('node'):
        print('no node: HTTP/2 not tried')
        return
    server = lib.Provider(command=['node', os.path.join(HERE, 'h2server.mjs')],
                          directory=provider.dir)
    one = lib.Held([lib.SYSTEM_PYTHON, os.path.join(lib.CLIENTS, 'curl.py')], env={
        **server.env, **lib.private_libssl(), 'HTTP': '2', 'STREAM': '0', 'CALLS': '2'})
    t = lib.Tracer('-p', one.pid)
    one.go()
    lines = lib.json_lines(one.finish())
    check.equal([x.get('id') for x in lines], ['chatcmpl-h2'] * 2, 'what curl got')
    t.settle()
    check.equal(t.stop(), 0, 'exit status')
    check.equal([(r.get('http.response.status_code'), r.get('gen_ai.usage.output_tokens'))
                 for r in t.records()], [(200, 1)] * 2, 'calls over HTTP/2')


http2()
check.finish()
