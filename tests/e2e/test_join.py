# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""Attached to HTTP/2 connections that have made 100 calls, whose header tables are therefore not
known: the calls from then on are right. Clients curl, httpx, node and Go; servers nginx, node and
Go. Whichever end has OpenSSL is traced."""
import json
import os
import shutil
import signal
import subprocess

import lib
import load
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
FIRST, THEN = 100, 20
GO = os.path.join(lib.BUILD, 'go')

NGINX = '''
daemon off; master_process off; worker_processes 1; pid {dir}/nginx.pid; error_log stderr error;
events {{ worker_connections 256; }}
http {{
	access_log off; client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
	uwsgi_temp_path {dir}; scgi_temp_path {dir};
	server {{
		listen 127.0.0.1:{port} ssl http2; server_name localhost;
		ssl_certificate {dir}/cert.pem; ssl_certificate_key {dir}/key.pem;
		location / {{
			proxy_pass {upstream}; proxy_http_version 1.1; proxy_buffering off;
			proxy_set_header Connection ""; proxy_set_header Host $http_host; proxy_read_timeout 60s;
		}}
	}}
}}
'''


def build_go():
    """The Go programs, built into build/go; False where there is no go."""
    if not shutil.which('go'):
        return False
    env = {**os.environ, 'CGO_ENABLED': '0', 'GOTOOLCHAIN': 'local', 'GOFLAGS': '-mod=mod',
           'GOPROXY': 'off', 'GO111MODULE': 'on'}
    os.makedirs(GO, exist_ok=True)
    p = subprocess.run(['go', 'build', '-o', GO + '/', './...'], cwd=os.path.join(HERE, 'go'),
                       env=env, capture_output=True, text=True)
    return check(p.returncode == 0, 'go build:', p.stderr)


class Nginx:
    """nginx with HTTP/2 before a provider; the same attributes as lib.Provider."""

    def __init__(self, provider, env):
        directory = lib.temporary_directory()
        for name in ('cert.pem', 'key.pem'):
            shutil.copy(os.path.join(provider.dir, name), directory)
        self.port = lib.free_port()
        path = os.path.join(directory, 'nginx.conf')
        with open(path, 'w') as f:
            f.write(NGINX.format(dir=directory, port=self.port, upstream=provider.base))
        self.process = lib.spawn([nginx(), '-p', directory, '-c', path], env={**os.environ, **env})
        self.pid, self.ca = self.process.pid, provider.ca
        self.base = 'https://localhost:%d' % self.port
        lib.wait_port(self.port)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def nginx():
    return shutil.which('nginx') or shutil.which('/usr/sbin/nginx')


def server(kind, provider, env):
    if kind == 'nginx':
        return Nginx(provider, env)
    command = ['node', os.path.join(HERE, 'h2front.mjs')] if kind == 'node' else \
        [os.path.join(GO, 'front')]
    return lib.Provider(command=command, directory=provider.dir,
                        env={**os.environ, **env, 'UPSTREAM': provider.base})


def plan():
    """The calls. Those after the attaching have paths that were not sent before."""
    calls = []
    for i in range(FIRST + THEN):
        path, body, headers = load.request(i, stream=i % 3 > 0)
        headers['X-Demo'] = 'burst=1&tokens=%d&tag=call-%d' % (i % 9 + 1, i)
        if i >= FIRST and i % 2:
            path += '?n=%d' % i
        calls.append({'path': path, 'body': body, 'headers': headers})
    return {'first': calls[:FIRST], 'then': calls[FIRST:]}


def curl_config(calls, base):
    """One process, one connection. Between the two halves a call that is answered when the tracer
    is there."""
    path, body, headers = load.request(1)
    held = {'path': path, 'body': body, 'headers': {**headers,
                                                    'X-Demo': 'hold=1&tokens=3&burst=1&tag=held'}}
    out = []
    for call in calls['first'] + [held] + calls['then']:
        quoted = lambda text: '"%s"' % text.replace('\\', '\\\\').replace('"', '\\"')
        out.append('\n'.join(['url = ' + quoted(base + call['path']), 'output = /dev/null', 'silent',
                              'data-binary = ' + quoted(call['body']),
                              'write-out = "%{num_connects} %{http_code} %{http_version}\\n"',
                              *('header = ' + quoted('%s: %s' % kv)
                                for kv in call['headers'].items())]))
    return '\nnext\n'.join(out) + '\n'


def faults(record, truth):
    """Differences that a connection whose header table was missed does not explain."""
    record = dict(record)
    record.pop('llmsnoop.midstream', None)
    if 'llmsnoop.request_id' not in record:
        truth = {**truth, 'request_id': None}
    # A path is sure where it had not been sent before.
    if '?' not in truth['path'] and 'url.path' not in record:
        truth = {**truth, 'path': None}
    return lib.differences(record, truth)


def run(client, kind, traced):
    what = '%s and %s, %s traced' % (client, kind, traced)
    env = lib.private_libssl()
    provider = lib.Provider()
    front = server(kind, provider, env)
    calls = plan()
    directory = lib.temporary_directory()
    path = os.path.join(directory, 'plan')
    with open(path, 'w') as f:
        if client == 'curl':
            f.write(curl_config(calls, front.base))
        else:
            json.dump(calls, f)
    command = {'curl': ['curl', '--http2', '-K', path],
               'httpx': [lib.VENV_PYTHON, os.path.join(HERE, 'h2client.py')],
               'node': ['node', os.path.join(HERE, 'h2client.mjs')],
               'Go': [os.path.join(GO, 'client')]}[client]
    held = lib.Held(command, env={**provider.env, **env, 'PLAN': path, 'BASE': front.base})
    held.go()
    if client != 'curl':
        check.equal(held.process.stdout.readline().strip(), 'joined', what)
    done = len(provider.truth(FIRST, seconds=30))
    check.equal(done, FIRST, what, 'calls before')
    tracer = lib.Tracer('--role', traced, '-p', held.pid if traced == 'client' else front.pid)
    check.equal(len(provider.truth()), FIRST, what, 'calls when the tracer was ready')
    if client == 'curl':
        provider.process.send_signal(signal.SIGUSR1)
    else:
        held.go()
    said = held.finish(60)
    extra = client == 'curl'
    if client == 'curl':
        lines = said.split('\n')[:-1]
        check.equal(len(lines), FIRST + 1 + THEN, what, 'answers')
        check.equal(sorted(set(lines)), ['0 200 2', '1 200 2'], what, 'connections, status, version')
        check.equal(lines.count('1 200 2'), 1, what, 'connections')
    else:
        check.equal(lib.json_lines(said), [{'good': FIRST + THEN, 'connections': 1}], what)
    truths = {t['response_id']: t for t in provider.truth(FIRST + THEN + extra)[FIRST:]}
    check.equal(len(truths), THEN + extra, what, 'calls after')
    tracer.settle(THEN)
    check.equal(tracer.stop(), 0, what, 'exit status')
    seen = 0
    for record in tracer.records():
        truth = truths.pop(record.get('gen_ai.response.id'), None)
        if truth and truth.get('tag') == 'held':
            check(record.get('llmsnoop.midstream'), what, 'not flagged:', record)
            continue
        if check(truth, what, 'a record of no call:', json.dumps(record)[:400]):
            seen += 1
            for fault in faults(record, truth):
                check(False, what, truth['tag'], *fault)
    for truth in truths.values():
        check(truth.get('tag') == 'held', what, 'call', truth.get('tag'), 'is missing')
    print(what + ':', seen, 'of', THEN, flush=True)
    front.stop()
    provider.stop()


def main():
    lib.need_tracing()
    have = {'curl': b'HTTP2' in subprocess.run(['curl', '-V'], capture_output=True).stdout,
            'httpx': lib.has_module('h2'), 'node': shutil.which('node'), 'Go': build_go(),
            'nginx': nginx()}
    print('not here, so not tested:', ', '.join(k for k, v in have.items() if not v) or 'nothing')
    for client, kind, traced in (
            ('curl', 'nginx', 'client'), ('curl', 'node', 'client'), ('curl', 'Go', 'client'),
            ('httpx', 'nginx', 'client'), ('httpx', 'node', 'client'), ('httpx', 'Go', 'client'),
            ('node', 'nginx', 'client'), ('node', 'Go', 'client'),
            ('Go', 'nginx', 'server'), ('Go', 'node', 'server'), ('curl', 'nginx', 'server')):
        if have[client] and have[kind]:
            run(client, kind, traced)
    check.finish()


if __name__ == '__main__':
    main()
