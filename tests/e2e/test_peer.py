# SPDX-License-Identifier: Apache-2.0
# timeout: 240
"""The addresses in records are those of the sockets that carried the calls. Absent is allowed (and
counted here), wrong is not: also where one thread has many connections, whose bytes are all alike,
and where the tracer joins them in their middle."""
import os
import re
import shutil
import subprocess
import time

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
PLAY = os.path.join(HERE, 'peerplay.py')
# Where it must not be absent: the first call of a connection that was seen from its beginning.
CLIENTS = {'curl.py': None, 'py_stdlib.py': None, 'py_requests.py': 'requests',
           'py_aiohttp.py': 'aiohttp', 'py_httpx_async.py': 'httpx', 'node_fetch.mjs': 'node',
           'node_https.mjs': 'node'}
NGINX = '''
daemon off; master_process off; worker_processes 1; pid {dir}/nginx.pid; error_log stderr error;
events {{ worker_connections 256; }}
http {{
	access_log off; client_max_body_size 4m; client_body_temp_path {dir}; proxy_temp_path {dir};
	fastcgi_temp_path {dir}; uwsgi_temp_path {dir}; scgi_temp_path {dir};
	server {{
		listen 127.0.0.1:{port} ssl; server_name localhost;
		ssl_certificate {dir}/cert.pem; ssl_certificate_key {dir}/key.pem;
		location / {{ default_type application/json; return 200
			'{{"id":"c","model":"m","object":"chat.completion","choices":[],"usage":{{"prompt_tokens":1,"completion_tokens":1}}}}'; }}
	}}
}}
'''


def peer(record):
    return record.get('network.peer.address'), record.get('network.peer.port')


def judge(records, what):
    """Each record's model says what its peer is."""
    absent = 0
    for r in records:
        found = re.fullmatch(r'm-(\d+)-(\d+)', r.get('gen_ai.request.model', ''))
        if not check(found, what, 'a model', r.get('gen_ai.request.model')):
            continue
        own, port = map(int, found.groups())
        want = port if r['llmsnoop.role'] == 'client' else own
        if peer(r) == (None, None):
            absent += 1
        else:
            check.equal(peer(r), ('127.0.0.1', want), what, r['llmsnoop.role'])
    print('%s: %d records, %d without a peer' % (what, len(records), absent))
    return absent


def have(name, module):
    if module == 'node':
        return shutil.which('node')
    return module is None or lib.has_module(module)


lib.need_tracing()
env = lib.private_libssl()
provider = lib.Provider('--speed', 0.05, env={**os.environ, **env})

# ---- one after the other, as people run them
names = [n for n, m in CLIENTS.items() if have(n, m)]
held = lib.Held(['/bin/sh', '-c', '\n'.join(
    lib.client(n, CALLS=2, DEMO='tag=' + n) for n in names)], env={**provider.env, **env})
tracer = lib.Tracer('-p', held.pid, '-p', provider.pid, '-w', os.path.join(
    lib.temporary_directory(), 'peer.cap'))
cap = tracer.process.args[tracer.process.args.index('-w') + 1]
held.go()
held.finish()
truth = provider.truth(2 * len(names))
tracer.settle(2 * len(truth))
check.equal(tracer.stop(), 0, 'exit status')
records = tracer.records()
check.equal(len(records), 4 * len(names), 'records')
absent = 0
for r in records:
    if peer(r) == (None, None):
        absent += 1
    elif r['llmsnoop.role'] == 'client':
        check.equal(peer(r), ('127.0.0.1', provider.port), 'client')
    else:
        check(peer(r)[0] == '127.0.0.1' and peer(r)[1] not in (provider.port, 0), 'server', peer(r))
check.equal(absent, 0, 'records without a peer of', names)
replayed = subprocess.run([lib.LLMSNOOP, '-r', cap, '--role', 'both', '-o', cap + '.jsonl', '-q'],
                          capture_output=True, text=True)
with open(cap + '.jsonl') as f:
    again = [r for r in lib.json_lines(f.read()) if r['type'] == 'llm.call']
check.equal(sorted(map(peer, again)), sorted(map(peer, records)), 'replay')

# ---- fifty at once in one thread, on both sides
python = lib.SYSTEM_PYTHON
server = lib.spawn([python, PLAY, 'server', provider.dir, '5', '150'], stdout=subprocess.PIPE,
                   text=True, env={**os.environ, **env})
ports = server.stdout.readline().split()[1:]
for joins in (False, True):
    held = lib.Held([python, PLAY, 'client', provider.ca, '50', '40' if joins else '8', *ports],
                    env={**env, 'PAUSE': '0.1' if joins else '0'})
    if joins:
        held.go()
        time.sleep(1.5)
    tracer = lib.Tracer('-p', held.pid, '-p', server.pid)
    if not joins:
        held.go()
    held.finish()
    tracer.settle(None if joins else 800, seconds=10)
    check.equal(tracer.stop(), 0, 'exit status')
    records = tracer.records()
    if not joins:
        check.equal(len(records), 800, 'records')
    absent = judge(records, 'joined in the middle' if joins else 'from the beginning')
    # A server that encrypts in memory names its socket after its first answer; one that was met
    # later, after two.
    check(absent <= 50 * (3 if joins else 1), 'too many without a peer:', absent)

# ---- nginx knows its clients
nginx = shutil.which('nginx') or shutil.which('/usr/sbin/nginx')
if nginx:
    d = lib.temporary_directory()
    for name in ('cert.pem', 'key.pem'):
        shutil.copy(os.path.join(provider.dir, name), d)
    port = lib.free_port()
    with open(os.path.join(d, 'nginx.conf'), 'w') as f:
        f.write(NGINX.format(dir=d, port=port))
    front = lib.spawn([nginx, '-p', d, '-c', os.path.join(d, 'nginx.conf')],
                      env={**os.environ, **env})
    lib.wait_port(port)
    held = lib.Held([python, PLAY, 'client', provider.ca, '20', '3', str(port)], env=env)
    tracer = lib.Tracer('-p', front.pid)
    held.go()
    held.finish()
    tracer.settle(60, seconds=5)
    check.equal(tracer.stop(), 0, 'exit status')
    check.equal(len(tracer.records()), 60, 'records of nginx')
    check.equal(judge(tracer.records(), 'nginx'), 0, 'absent')
    front.terminate()
else:
    print('no nginx: not tested')
server.terminate()
check.finish()
