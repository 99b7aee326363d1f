# SPDX-License-Identifier: Apache-2.0
# timeout: 900
# beside
"""GnuTLS: what wget, git and libcurl send and receive, and every function of the library that moves
bytes, as client and as server; a program that makes calls while probes come and go."""
import glob
import json
import os
import re
import shutil
import subprocess
import time

import lib
from lib import check

import debroot  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
PEER = [lib.SYSTEM_PYTHON, os.path.join(HERE, 'gnutls_peer.py')]
CURL = [lib.SYSTEM_PYTHON, os.path.join(HERE, 'libcurl.py')]
METHODS = ('', 'session', 'session,multi', 'session,multi,task_storage,bpf_loop')


def traced(command, env, *args, without='', files=None):
    """Runs a command, held until it is traced. (records, last counts, its output)."""
    held = lib.Held(command, env={**env, **lib.private_libraries('libgnutls.so.30')}, cwd=files)
    tracer = lib.Tracer('-v', '-p', held.pid, *args,
                        env={**os.environ, 'LLMSNOOP_WITHOUT': without})
    held.go()
    said = held.finish()
    tracer.settle(None, 3)
    check.equal(tracer.stop(), 0, 'exit status')
    check(any(re.search(r'GnuTLS [0-9]+\.[0-9]+.*gnutls_record_recv at 0x', line)
              for line in tracer.lines), 'the place is not told:', tracer.lines)
    for r in tracer.records():
        check.equal(r.get('llmsnoop.tls'), 'gnutls', 'the stack')
    return tracer.records(), tracer.stats(), held, said


def wget():
    """A process and a connection for each call."""
    provider = lib.Provider()
    d = lib.temporary_directory()
    script = []
    for i in range(6):
        with open(os.path.join(d, 'body%d' % i), 'w') as f:
            json.dump({'model': 'gpt-4o-mini', 'stream': i % 2 == 0, 'messages': [
                {'role': 'user', 'content': 'x' * (300, 2000000)[i > 3]}]}, f)
        script.append('wget -q -O - --ca-certificate=%s --header="content-type: application/json" '
                      '--header="x-demo: tokens=%d&gap=0.002&size=%d" --post-file=body%d '
                      '%s/v1/chat/completions' % (provider.ca, 20 if i % 3 else 200,
                                                  5 if i < 3 else 50000, i, provider.base))
    records, stats, held, said = traced(
        ['/bin/sh', '-ec', ' && '.join(script) + ' | wc -c'], provider.env, files=d)
    check.equal(held.status, 0, 'wget')
    lib.verify(records, provider.truth(6))
    check.equal(stats.get('connections'), 6, 'connections')
    print('wget', len(records), 'records,', stats['bytes'], 'bytes')
    provider.stop()


def git():
    """No call, but seen."""
    if not glob_git():
        print('no git-remote-https: left out')
        return
    provider = lib.Provider()
    records, stats, held, said = traced(
        ['git', 'ls-remote', provider.base + '/project.git'],
        {**provider.env, 'GIT_SSL_CAINFO': provider.ca, 'GIT_TERMINAL_PROMPT': '0'})
    check.equal(records, [], 'records of git')
    check.equal(stats.get('connections'), 1, 'connections of git')
    check(stats.get('bytes', 0) > 300, 'bytes of git', stats)
    print('git: no record,', stats['bytes'], 'bytes')
    provider.stop()


def glob_git():
    where = subprocess.run(['git', '--exec-path'], capture_output=True, text=True)
    helper = os.path.join(where.stdout.strip(), 'git-remote-https')
    return where.returncode == 0 and 'gnutls' in subprocess.run(
        ['ldd', helper], capture_output=True, text=True).stdout


def curl(without, connections=5, calls=6, size=300000):
    """Several connections of one process, several calls on each."""
    provider = lib.Provider()
    records, stats, held, said = traced(
        [*CURL, 'libcurl-gnutls.so.4', provider.base, provider.ca, str(calls), str(connections),
         str(size), 'tokens=40&gap=0.001'], provider.env, without=without)
    check.equal(lib.json_lines(said), [{'good': connections * calls}], 'what the client says')
    lib.verify(records, provider.truth(connections * calls))
    check.equal(stats.get('connections'), connections, 'connections')
    check.equal(stats.get('lost_bytes'), 0, 'lost bytes')
    print('libcurl-gnutls without %s: %d records' % (without or 'nothing', len(records)))
    provider.stop()


def releases():
    """wget with the GnuTLS of other Debian releases."""
    for suite, version in (('bullseye', '3.7.'), ('trixie', '3.8.'), ('sid', '3.')):
        try:
            root = debroot.root(suite, ['wget'], os.path.join(lib.BUILD, 'root', 'wget-' + suite))
        except debroot.Unavailable as e:
            print(suite, 'left out:', e)
            continue
        provider = lib.Provider()
        loader, = glob.glob(root + '/usr/lib/*/ld-linux-*.so.?')
        program = [loader, '--library-path', os.path.dirname(loader), root + '/usr/bin/wget',
                   '-q', '-O', '/dev/null', '--ca-certificate=' + provider.ca]
        # So that the library is known before the first call: it waits for addresses.
        waiting = lib.spawn([*program, '-i', '-'], stdin=subprocess.PIPE)
        held = []
        for i in range(4):
            body = json.dumps({'model': 'gpt-4o-mini', 'stream': i % 2 == 0, 'messages': [
                {'role': 'user', 'content': 'x' * 30000 * i}]})
            held.append(lib.Held([*program, '--header=content-type: application/json',
                                  '--post-data=' + body, provider.base + '/v1/chat/completions']))
        time.sleep(0.5)
        tracer = lib.Tracer('-v', '-p', ','.join(str(p.pid) for p in (waiting, *held)))
        for one in held:
            one.go()
        for one in held:
            one.finish()
            check.equal(one.status, 0, suite, 'wget')
        tracer.settle(4)
        check.equal(tracer.stop(), 0, 'exit status')
        waiting.kill()
        waiting.wait()
        lib.verify(tracer.records(), provider.truth(4))
        found = [m.group(1) for m in (re.search(r'GnuTLS (%s\S*): ' % re.escape(version), line)
                                      for line in tracer.lines if root in line) if m]
        check(found, suite, 'no GnuTLS', version, tracer.lines)
        print(suite, found, len(tracer.records()), 'records')
        provider.stop()


def functions(without):
    """Every function that moves bytes counts them once."""
    ways = ['plain', 'cork', 'nonblocking-cork:seq', 'range', 'file:seq', 'cork:seq']
    provider = lib.Provider()
    records, stats, held, said = traced([*PEER, 'client', str(provider.port), *ways],
                                        provider.env, without=without)
    check.equal(lib.json_lines(said), [{'good': len(ways)}], 'what the client says')
    lib.verify(records, provider.truth(len(ways)))
    check.equal(stats.get('connections'), 1, 'connections')
    # Packets are never in a buffer of ours: a gap, which says so.
    records, stats, held, said = traced([*PEER, 'client', str(provider.port), 'plain:packet'],
                                        provider.env, without=without)
    check.equal(lib.json_lines(said), [{'good': 1}], 'what the client says')
    check(stats.get('gaps', 0) > 0, 'an answer in packets is no gap:', stats)
    check(all('gen_ai.response.model' not in r for r in records), 'an unread answer is told')
    print('functions without %s: %d' % (without or 'nothing', len(ways)))
    provider.stop()


def server(without):
    provider = lib.Provider()
    n = 4
    held = lib.Held([*PEER, 'server', os.path.join(provider.dir, 'cert.pem'),
                     os.path.join(provider.dir, 'key.pem'), str(n)],
                    env=lib.private_libraries('libgnutls.so.30'))
    tracer = lib.Tracer('-p', held.pid, '--role', 'server',
                        env={**os.environ, 'LLMSNOOP_WITHOUT': without})
    held.go()
    port = held.process.stdout.readline().strip()
    for i in range(n):
        done = subprocess.run(
            ['curl', '-s', '--http1.1', '--cacert', provider.ca, '-H', 'expect:', '-d', '@-', '-H',
             'content-type: application/json', 'https://localhost:%s/v1/chat/completions' % port],
            input=json.dumps({'model': 'gpt-x', 'messages': [
                {'role': 'user', 'content': 'x' * 70000 * i}]}).encode(),
            capture_output=True, timeout=60)
        check(b'chatcmpl-gnutls' in done.stdout, 'curl', done)
    held.finish()
    tracer.settle(n, 5)
    check.equal(tracer.stop(), 0, 'exit status')
    records = tracer.records()
    check.equal(len(records), n, 'records of the server')
    for r in records:
        for key, want in (('llmsnoop.role', 'server'), ('gen_ai.request.model', 'gpt-x'),
                          ('gen_ai.response.model', 'gpt-x-1'), ('llmsnoop.tls', 'gnutls'),
                          ('gen_ai.response.id', 'chatcmpl-gnutls'),
                          ('gen_ai.usage.input_tokens', 12), ('gen_ai.usage.output_tokens', 34),
                          ('http.response.status_code', 200), ('llmsnoop.midstream', None),
                          ('error.type', None)):
            check.equal(r.get(key), want, 'server', key)
    print('server without %s: %d records' % (without or 'nothing', len(records)))
    provider.stop()


def come_and_go():
    """50 calls under probes that come and go every 200 ms."""
    provider = lib.Provider()
    held = lib.Held([*CURL, 'libcurl-gnutls.so.4', provider.base, provider.ca, '25', '2', '2000',
                     'tokens=40&gap=0.03'],
                    env={**provider.env, **lib.private_libraries('libgnutls.so.30')})
    lib.come_and_go(held)
    provider.stop()


if __name__ == '__main__':
    lib.need_tracing()
    if shutil.which('wget') and 'libgnutls' in subprocess.run(
            ['ldd', shutil.which('wget')], capture_output=True, text=True).stdout:
        wget()
    releases()
    git()
    for method in METHODS:
        curl(method)
        functions(method)
        server(method)
    come_and_go()
    check.finish()
