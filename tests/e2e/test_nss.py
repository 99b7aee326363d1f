# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# beside
"""NSS: libcurl built with it, and Firefox, whose own libssl3 is another file than its NSPR; files
and plain sockets of NSPR are no connections. FIREFOX and CERTUTIL name programs that are not in
PATH."""
import ctypes.util
import json
import os
import shutil
import subprocess
import time

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
LIBRARIES = ('libnspr4.so', 'libssl3.so')
METHODS = ('', 'session', 'session,multi', 'session,multi,task_storage,bpf_loop')

PREFERENCES = {
    'network.http.http2.enabled': False,
    'network.lna.enabled': False,
    'network.captive-portal-service.enabled': False,
    'network.connectivity-service.enabled': False,
    'datareporting.policy.dataSubmissionEnabled': False,
    'browser.shell.checkDefaultBrowser': False,
}
PAGE = '''<script>
async function go() {
  for (let i = 0; i < CALLS; i++)
    await fetch("BASE/v1/chat/completions", {
      method: "POST", mode: "no-cors", headers: {"content-type": "text/plain"},
      body: JSON.stringify({model: "gpt-4o-mini", stream: i % 2 == 0,
                            messages: [{role: "user", content: "x".repeat(i * 40000)}]})});
}
go();
</script>'''


def curl_command(provider, connections, calls, size, options='tokens=40&gap=0.001'):
    return [lib.SYSTEM_PYTHON, os.path.join(HERE, 'libcurl.py'), 'libcurl-nss.so.4',
            provider.base, provider.ca, str(calls), str(connections), str(size), options]


def curl(without, connections=4, calls=6, size=300000):
    provider = lib.Provider()
    held = lib.Held(curl_command(provider, connections, calls, size),
                    env={**provider.env, **lib.private_libraries(*LIBRARIES)})
    tracer = lib.Tracer('-v', '-p', held.pid, env={**os.environ, 'LLMSNOOP_WITHOUT': without})
    held.go()
    check.equal(lib.json_lines(held.finish()), [{'good': connections * calls}], 'the client')
    tracer.settle(connections * calls)
    check.equal(tracer.stop(), 0, 'exit status')
    lib.verify(tracer.records(), provider.truth(connections * calls))
    check.equal({r.get('llmsnoop.tls') for r in tracer.records()}, {'nss'}, 'the stack')
    # libcurl reads its certificates with PR_Read: those files are none.
    check.equal(tracer.stats().get('connections'), connections, 'connections')
    check.equal(tracer.stats().get('no_entry'), 0, 'returns without entry')
    print('libcurl-nss without %s: %d records' % (without or 'nothing', len(tracer.records())))
    provider.stop()


def plain():
    """A file and a pipe that say what a request would."""
    d = lib.temporary_directory()
    env = lib.private_libraries(*LIBRARIES)
    with open(os.path.join(d, 'request'), 'wb') as f:
        f.write(b'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n{}')
    program = '''
import ctypes
p = ctypes.CDLL('libnspr4.so')
p.PR_Open.restype = p.PR_GetSpecialFD.restype = ctypes.c_void_p
buf = ctypes.create_string_buffer(4096)
for i in range(50):
    f = ctypes.c_void_p(p.PR_Open(b'request', 1, 0))
    n = p.PR_Read(f, buf, 4096)
    assert n > 60, n
    out = ctypes.c_void_p(p.PR_Open(b'/dev/null', 2, 0))
    assert p.PR_Write(out, buf, n) == n
    p.PR_Close(f)
    p.PR_Close(out)
print('done')
'''
    held = lib.Held([lib.SYSTEM_PYTHON, '-c', program], env=env, cwd=d)
    tracer = lib.Tracer('-p', held.pid)
    held.go()
    check.equal(held.finish().strip(), 'done', 'the program')
    tracer.settle(None, 2)
    check.equal(tracer.stop(), 0, 'exit status')
    check.equal(tracer.all_records() and tracer.stats().get('connections'), 0,
                'connections that are files')
    print('files are no connections')


def firefox(calls=6):
    program = os.environ.get('FIREFOX') or shutil.which('firefox-esr') or shutil.which('firefox')
    certutil = os.environ.get('CERTUTIL') or shutil.which('certutil')
    if not program or not certutil:
        print('no Firefox with certutil: left out')
        return
    provider = lib.Provider()
    profile, home = lib.temporary_directory(), lib.temporary_directory()
    for words in (['-N', '--empty-password'], ['-A', '-n', 'ca', '-t', 'C,,', '-i', provider.ca]):
        subprocess.run([certutil, *words, '-d', 'sql:' + profile], check=True, timeout=60)
    with open(os.path.join(profile, 'user.js'), 'w') as f:
        for name, value in PREFERENCES.items():
            f.write('user_pref("%s", %s);\n' % (name, json.dumps(value)))
    page = os.path.join(profile, 'page.html')
    with open(page, 'w') as f:
        f.write(PAGE.replace('BASE', provider.base).replace('CALLS', str(calls)))
    held = lib.Held([program, '--no-remote', '--headless', '--profile', profile, 'file://' + page],
                    env={'HOME': home, 'MOZ_HEADLESS': '1', 'MOZ_DISABLE_CONTENT_SANDBOX': '1'})
    tracer = lib.Tracer('-v', '-p', held.pid, '--role', 'client')
    held.go()
    truths = provider.truth(calls, 60)
    tracer.settle(calls, 10)
    held.process.terminate()
    held.finish()
    check.equal(tracer.stop(), 0, 'exit status')
    check.equal(len(truths), calls, 'calls of Firefox')
    lib.verify(tracer.records(), truths)
    check.equal({r.get('llmsnoop.tls') for r in tracer.records()}, {'nss'}, 'the stack')
    print('Firefox', len(tracer.records()), 'records')
    provider.stop()


def come_and_go():
    """50 calls under probes that come and go every 200 ms."""
    provider = lib.Provider()
    held = lib.Held(curl_command(provider, 2, 25, 2000, 'tokens=40&gap=0.03'),
                    env={**provider.env, **lib.private_libraries(*LIBRARIES)})
    lib.come_and_go(held)
    provider.stop()


if __name__ == '__main__':
    lib.need_tracing()
    if not ctypes.util.find_library('nspr4'):
        lib.skip('no NSS on this machine')
    plain()
    if ctypes.util.find_library('curl-nss'):
        for method in METHODS:
            curl(method)
        come_and_go()
    else:
        print('no libcurl with NSS: left out')
    firefox()
    check.finish()
