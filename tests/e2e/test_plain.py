# SPDX-License-Identifier: Apache-2.0
# timeout: 400
# alone
"""Plain HTTP of local model servers, from what their sockets move: the calls of unmodified clients
and servers on loopback are right at both ends, also where one thread writes and another reads,
where the tracer joins later or knows one end only; a web server beside them is none of them and
pays next to nothing."""
import os
import re
import shutil
import statistics
import struct
import subprocess

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
PLAY = os.path.join(HERE, 'plainplay.py')
GO = os.path.join(lib.BUILD, 'go')
python = lib.SYSTEM_PYTHON
CLIENTS = {'curl.py': None, 'py_requests.py': 'requests', 'py_httpx.py': 'httpx',
           'py_httpx_async.py': 'httpx', 'py_aiohttp.py': 'aiohttp', 'node_fetch.mjs': 'node'}
NGINX = '''
daemon off; master_process off; worker_processes 1; pid {dir}/nginx.pid; error_log stderr error;
events {{ worker_connections 512; }}
http {{
	access_log off; client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
	uwsgi_temp_path {dir}; scgi_temp_path {dir}; keepalive_requests 10000000;
	server {{ listen 127.0.0.1:{a}; listen 127.0.0.1:{b}; location / {{ return 200 'hello'; }} }}
}}
'''


def start(how, host='127.0.0.1'):
    """A server of plainplay.py and its port."""
    p = lib.spawn([python, PLAY, how, host, '0', '300'], stdout=subprocess.PIPE, text=True)
    return p, int(p.stdout.readline().split()[1])


def go():
    """The Go client, built; None: no go."""
    if not shutil.which('go'):
        return None
    os.makedirs(GO, exist_ok=True)
    built = subprocess.run(
        ['go', 'build', '-o', GO + '/', './plain'], cwd=os.path.join(HERE, 'go'), text=True,
        capture_output=True, env={**os.environ, 'CGO_ENABLED': '0', 'GOTOOLCHAIN': 'local',
                                  'GOPROXY': 'off', 'GOFLAGS': '-mod=mod', 'GO111MODULE': 'on'})
    check.equal(built.returncode, 0, built.stderr)
    return os.path.join(GO, 'plain')


def judge(records, numbers, role, what, flags=('truncated', 'midstream')):
    """Each call once, and its tokens those of the model's number."""
    mine = [r for r in records if r['llmsnoop.role'] == role]
    seen = []
    for r in mine:
        n = int(re.search(r'\d+$', r.get('gen_ai.request.model', '0')).group())
        seen.append(n)
        check.equal((r.get('gen_ai.usage.input_tokens'), r.get('gen_ai.usage.output_tokens')),
                    (100 + n, n), what, role, 'tokens', r.get('gen_ai.request.model'))
        check.equal(r.get('gen_ai.response.model'), r.get('gen_ai.request.model'), what, role)
        check.equal(r.get('gen_ai.response.finish_reasons'), ['stop'], what, role)
        check.equal(r.get('llmsnoop.tls'), 'none', what, role)
        check('network.peer.port' in r, what, role, 'has no peer')
        check(r.get('gen_ai.response.time_to_first_chunk', 0) <= r['duration_s'], what, role, 'times')
        for flag in flags:
            check(not r.get('llmsnoop.' + flag), what, role, flag, r.get('gen_ai.request.model'))
    check.equal(sorted(seen), sorted(numbers), what, role, 'calls')
    return mine


def early(cap):
    """How many pieces of a capture had to wait for the other direction."""
    with open(cap, 'rb') as f:
        data = f.read()
    at, n = 20, 0
    while at + 12 <= len(data):
        kind, _, size, _ = struct.unpack_from('<HHII', data, at)
        if kind == 4:
            n += struct.unpack_from('<I', data, at + 12 + size - 4)[0] > 0
        at += 12 + size + 4
    return n


lib.need_tracing()
plain = go()

# ---- clients that people use, a server like vLLM's
provider = lib.Provider('--speed', 0.1, life=400, command=[python, os.path.join(HERE, 'plainprovider.py')])
base = {**provider.env, 'BASE': 'http://127.0.0.1:%d' % provider.port}
have = [n for n, m in CLIENTS.items()
        if (shutil.which('node') if m == 'node' else m is None or lib.has_module(m))]
cases = [lib.client(n, API=api, STREAM=stream, CALLS=2, DEMO='tag=%s-%s-%s' % (n.split('.')[0], api, stream))
         for n in have for api, stream in (('openai', 1), ('anthropic', 0))]
held = lib.Held(['/bin/bash', '-c', '\n'.join(cases)], env=base)
tracer = lib.Tracer('--plain', provider.port, '-p', held.pid, '-p', provider.pid)
held.go()
said = lib.json_lines(held.finish(200))
truths = provider.truth(2 * len(cases))
check.equal(len(truths), 2 * len(cases), 'calls the provider answered')
tracer.settle(4 * len(cases))
check.equal(tracer.stop(), 0, 'exit status')
records = tracer.records()
lib.verify([r for r in records if r['llmsnoop.role'] == 'client'], truths, said)
for r, t in lib.match([r for r in records if r['llmsnoop.role'] == 'server'], truths):
    for fault in lib.differences(r, t):
        check(False, 'server', t.get('tag'), *fault)
for r in records:
    check.equal((r.get('llmsnoop.tls'), r.get('server.address'), r.get('server.port')),
                ('none', '127.0.0.1', provider.port), 'where')
    if r['llmsnoop.role'] == 'client':
        check.equal(r.get('network.peer.port'), provider.port, 'peer')
print('%d clients: %d records' % (len(have), len(records)))

# ---- an answer that is read while its request is still being sent
EARLY = '''
import json, socket, sys, threading, time
def server(listener):
    c, _ = listener.accept()
    for n in range(5):
        c.recv(65536, socket.MSG_WAITALL)
        data = json.dumps({'id': 'c', 'object': 'chat.completion', 'model': 'm-%d' % n, 'created': 1,
            'choices': [{'index': 0, 'finish_reason': 'stop', 'message': {'role': 'assistant', 'content': 'x'}}],
            'usage': {'prompt_tokens': 100 + n, 'completion_tokens': n}}).encode()
        c.sendall(b'HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n' % len(data) + data)
        time.sleep(0.3)
        left = total - 65536
        while left:
            left -= len(c.recv(min(left, 1 << 20)))
body = lambda n: json.dumps({'messages': [{'role': 'user', 'content': 'x' * 20000000}], 'model': 'm-%d' % n}).encode()
head = b'POST /v1/chat/completions HTTP/1.1\\r\\nhost: h\\r\\ncontent-length: %d\\r\\n\\r\\n' % len(body(0))
total = len(head) + len(body(0))
s = socket.socket()
s.connect(('127.0.0.1', int(sys.argv[1]))) if sys.argv[2] == 'client' else None
if sys.argv[2] == 'server':
    l = socket.create_server(('127.0.0.1', int(sys.argv[1])))
    print('READY', flush=True)
    server(l)
    sys.exit()
for n in range(5):
    t = threading.Thread(target=s.sendall, args=(head + body(n),))
    t.start()
    assert s.recv(65536).endswith(b'}}')
    t.join()
'''


def early_answers():
    """One client's five calls, each judged; how many of their answers really were early: who wins
    that race is up to the scheduler."""
    port = lib.free_port()
    server = lib.spawn([python, '-c', EARLY, str(port), 'server'], stdout=subprocess.PIPE)
    server.stdout.readline()
    held = lib.Held([python, '-c', EARLY, str(port), 'client'])
    cap = os.path.join(lib.temporary_directory(), 'early.cap')
    tracer = lib.Tracer('--plain', port, '-p', held.pid, '-w', cap, '--ring', '64M')
    held.go()
    held.finish()
    check.equal(held.status, 0, 'the client')
    tracer.settle(5)
    check.equal(tracer.stop(), 0, 'exit status')
    judge(tracer.records(), range(5), 'client', 'early answers')
    return early(cap)


rounds = [early_answers()]
while sum(rounds) < 5 and len(rounds) < 5:
    rounds.append(early_answers())
print('early answers: %s of 5 were read before their request was sent' % rounds)
check(sum(rounds) >= 5, 'too few answers were early', rounds)

# ---- other servers; a client that writes and reads in two threads, a hundred connections at once
if plain:
    for how, host, conns, calls in (('async', '127.0.0.1', 8, 30), ('threads', '::', 8, 30),
                                    ('fork', '::1', 4, 10), ('async', '::', 100, 4)):
        server, port = start(how, host)
        url = 'http://%s:%d' % ('[::1]' if host == '::1' else '127.0.0.1', port)
        held = lib.Held([plain, 'calls', url, str(conns), str(calls)])
        cap = os.path.join(lib.temporary_directory(), 'plain.cap')
        tracer = lib.Tracer('--plain', port, '-p', held.pid, '-p', server.pid, '-w', cap, '--ring', '64M')
        held.go()
        check.equal(held.finish().strip(), str(conns * calls), how, 'calls that were answered')
        tracer.settle(2 * conns * calls, seconds=10)
        check.equal(tracer.stop(), 0, 'exit status')
        what = '%s server on %s' % (how, host)
        for role in ('client', 'server'):
            for r in judge(tracer.records(), range(conns * calls), role, what):
                check.equal(r.get('network.peer.address'), '::1' if host == '::1' else '127.0.0.1', what)
        print('%s: %d records, %d pieces were early' % (what, len(tracer.records()), early(cap)))
        server.terminate()

    # ---- one end alone; joined in the middle
    server, port = start('async')
    for role in ('client', 'server'):
        held = lib.Held([plain, 'calls', 'http://127.0.0.1:%d' % port, '2', '10'])
        tracer = lib.Tracer('--plain', port, '-p', held.pid if role == 'client' else server.pid)
        held.go()
        held.finish()
        tracer.settle(20)
        check.equal(tracer.stop(), 0, 'exit status')
        judge(tracer.records(), range(20), role, role + ' alone')
        check.equal(len(tracer.records()), 20, role, 'alone')
    held = lib.Held([plain, 'calls', 'http://127.0.0.1:%d' % port, '4', '1500'])
    held.go()
    tracer = lib.Tracer('--plain', port, '-p', held.pid, '-p', server.pid, '--ring', '64M')
    held.finish()
    tracer.settle(seconds=3)
    check.equal(tracer.stop(), 0, 'exit status')
    joined = [r for r in tracer.records() if not r.get('llmsnoop.truncated')]
    check(len(joined) >= 100 and len(joined) >= len(tracer.records()) - 16, 'joined later:', len(joined),
          'right records of', len(tracer.records()))
    for r in joined:
        n = int(re.search(r'\d+$', r['gen_ai.request.model']).group())
        check.equal(r.get('gen_ai.usage.output_tokens'), n, 'joined later', r['llmsnoop.role'])
    print('joined later: %d records, %d of them cut' % (
        len(tracer.records()), len(tracer.records()) - len(joined)))
    server.terminate()

    # ---- off
    server, port = start('async')
    held = lib.Held([plain, 'calls', 'http://127.0.0.1:%d' % port, '1', '3'])
    tracer = lib.Tracer('--plain', 'off', '-p', held.pid, '-p', server.pid)
    held.go()
    held.finish()
    tracer.settle()
    tracer.stop()
    check.equal(tracer.records(), [], 'records with --plain off')
    server.terminate()

# ---- a web server beside them: on a port that is listed, and on another
nginx = shutil.which('nginx') or shutil.which('/usr/sbin/nginx')
if plain and nginx:
    d = lib.temporary_directory()
    a, b = lib.free_port(), lib.free_port()
    with open(os.path.join(d, 'nginx.conf'), 'w') as f:
        f.write(NGINX.format(dir=d, a=a, b=b))
    front = lib.spawn([nginx, '-p', d, '-c', os.path.join(d, 'nginx.conf')])
    lib.wait_port(a)
    rate = {}

    def load(port, name):
        out = subprocess.run([plain, 'load', 'http://127.0.0.1:%d/' % port, '4', '1'], check=True,
                             capture_output=True, text=True).stdout
        rate.setdefault(name, []).append(int(out))

    for _ in range(5):
        load(a, 'none')
        tracer = lib.Tracer('--plain', a)
        load(a, 'listed')
        load(b, 'other')
        tracer.stop()
        check.equal([r for r in tracer.records() if r.get('server.port') in (a, b)], [], 'records of a web server')
        load(b, 'none')
    rate = {k: statistics.median(v) for k, v in rate.items()}
    print('nginx, requests/s: %(none)d without a tracer, %(other)d with one, %(listed)d on a port of the list' % rate)
    print('ratios: %.3f and %.3f' % (rate['other'] / rate['none'], rate['listed'] / rate['none']))
    check(rate['listed'] > rate['none'] / 3, 'a listed port costs too much', rate)
    front.terminate()
check.finish()
