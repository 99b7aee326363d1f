# SPDX-License-Identifier: Apache-2.0
# timeout: 120
"""Secrets and words stay where they are. Clients of many kinds put a marker of its own into every
header that authenticates, into cookies, URLs, command lines, prompts, tools' arguments and results,
into bodies that are none; the provider into its answers and errors. None of them is in any output:
records, tables, logs at every level, metrics, OTLP bodies, doctor, report; none but words in
capture files; and no core file is left. (lib.Tracer holds the whole suite to that.)"""
import gzip
import http.server
import json
import os
import random
import re
import resource
import signal
import stat
import string
import subprocess
import threading
import time

import canaries
import lib
import real
from lib import check

SECRETS = ('bearer', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie', 'basic', 'url key',
           'aws credential', 'aws signature', 'aws token', 'subprotocol')
WORDS = ('prompt', 'system', 'tool argument', 'tool result', 'tool description', 'answer before',
         'end user')
# The place of a canary in a description of tools is a schema that few dialects read: still words.
rnd = random.SystemRandom()
marks = {k: ''.join(rnd.choices(string.ascii_lowercase, k=18)) for k in SECRETS + WORDS}


def itself():
    """What canaries.py finds, and what it does not."""
    for n in range(9):
        pad, mark = b'u' * n, marks['basic'].encode()
        for coded in (mark, canaries.base64.b64encode(pad + mark + pad),
                      json.dumps({'a': marks['basic']}).encode()):
            check(canaries.leaks(b'\0' * n + coded + b'\n'), 'not found', coded)
    for offset in range(8):
        bits = '1' * offset + ''.join(format(canaries.HUFFMAN[c][0], '0%db' % canaries.HUFFMAN[c][1])
                                      for c in marks['basic'])
        bits += '1' * (-len(bits) % 8)
        check(canaries.leaks(int(bits, 2).to_bytes(len(bits) // 8, 'big')), 'not found in HPACK')
    check(canaries.leaks(marks['prompt'].encode()), 'a prompt is not found')
    check.equal(canaries.leaks(marks['prompt'].encode(), False), [], 'content that may be there')
    check.equal(canaries.leaks(b'a key that is none'), [], 'what is no marker')


class Collector:
    """Keeps the bodies of what is posted to it, as they were before compression."""

    def __init__(self):
        self.bodies = bodies = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get('content-length', 0)))
                if self.headers.get('content-encoding') == 'gzip':
                    body = gzip.decompress(body)
                bodies.append(('OTLP ' + self.path, str(self.headers).encode() + body))
                self.send_response(200)
                self.send_header('content-type', 'application/x-protobuf')
                self.send_header('content-length', '0')
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = 'http://127.0.0.1:%d' % self.server.server_address[1]


def knows(option):
    return re.search(r'[ ,]%s\b' % option, HELP)


def core_limit(tracer):
    """No core file, whatever those who started it permit."""
    with open('/proc/%d/limits' % tracer.pid) as f:
        [line] = [x for x in f if x.startswith('Max core file size')]
    check.equal(line.split()[4:6], ['0', '0'], 'limit of core files')


def undumpable(capture):
    """What a process that cannot be dumped has in /proc belongs to root, whoever it is."""
    readable = os.path.join(lib.temporary_directory(), 'a.cap')
    os.chmod(os.path.dirname(readable), 0o755)
    os.mkfifo(readable)
    os.chmod(readable, 0o666)
    try:
        p = lib.spawn([lib.LLMSNOOP, '-j', '-r', readable], stdout=subprocess.DEVNULL,
                      stderr=subprocess.DEVNULL, user=65534, group=65534, extra_groups=[])
    except PermissionError:
        return  # where nobody may not run what is built here
    with open(readable, 'wb') as f, open(capture, 'rb') as c:
        f.write(c.read(200))
        f.flush()
        time.sleep(0.3)
        check.equal(os.stat('/proc/%d/environ' % p.pid).st_uid, 0, 'owner of its environment')
        p.send_signal(signal.SIGSEGV)
        p.wait(10)
    check.equal(p.returncode, -signal.SIGSEGV, 'it dies of that')


def look(what, *leaks):
    for leak in leaks:
        check(False, what, *leak)
    check(True)


def replay(capture, *args):
    """Every way to put out what was captured."""
    collector = Collector()
    more = ['--otlp', collector.url] if knows('--otlp') else []
    d = lib.temporary_directory()
    outputs = canaries.Outputs(['-o', os.path.join(d, 'out.jsonl'), *args, *more])
    p = subprocess.run([lib.LLMSNOOP, '-r', capture, *outputs.args], capture_output=True,
                       stdin=subprocess.DEVNULL, timeout=60)
    check.equal(p.returncode, 0, args, 'exit status', p.stderr[-300:])
    outputs.bodies = [('stdout', p.stdout), *collector.bodies]
    check(p.stdout.count(b'\n') > 40, args, 'hardly any output', p.stdout[-300:])
    check(collector.bodies or not more, args, 'no body of OTLP')
    look((os.path.basename(capture), *args), *outputs.leaks(p.stderr))


canaries.credentials.update(marks[k] for k in SECRETS)
canaries.content.update(marks[k] for k in WORDS)
itself()
lib.need_tracing()
lib.need_module('httpx')
lib.need_module('anthropic')
HELP = subprocess.run([lib.LLMSNOOP, '--help'], capture_output=True, text=True).stdout

vendor = real.Vendor('--speed', 0)
env = {**vendor.env, **lib.private_libssl(), 'MARKS': json.dumps(marks), 'CLIENTS': lib.CLIENTS,
       'OPENAI_API_KEY': marks['bearer']}
play = lib.spawn([lib.VENV_PYTHON, os.path.join(lib.ROOT, 'tests/e2e/canaryplay.py')],
                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                 env={**os.environ, **env})


def part():
    play.stdin.write('go\n')
    play.stdin.flush()
    check.equal(play.stdout.readline(), 'part\n', 'the client')


part()
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2)
d = lib.temporary_directory()
clean, raw = os.path.join(d, 'clean.cap'), os.path.join(d, 'raw.cap')
collector = Collector()
tracer = lib.Tracer('-v', '-v', '-p', play.pid, '-w', clean,
                    *(['--otlp', collector.url] if knows('--otlp') else []),
                    *(['--metrics', lib.free_port()] if knows('--metrics') else []))
other = lib.Tracer('-v', '-p', play.pid, '-w', raw, '--raw')
core_limit(tracer)
seen = subprocess.run([lib.LLMSNOOP, 'doctor', '-v', '-p', str(play.pid)], capture_output=True)
look('doctor', *canaries.leaks(seen.stdout + seen.stderr))
part()
tracer.settle(len(vendor.truth()) - 1)
# What they have been told to put out is looked through as they stop.
tracer.outputs.bodies = collector.bodies
for t in (other, tracer):
    check.equal(t.stop(), 0, 'exit status')
check(not knows('--otlp') or collector.bodies, 'no body of OTLP')
vendor.stop()

# The markers did pass by, or none of this means anything.
records = tracer.records()
apis = {r.get('llmsnoop.api') for r in records}
for api in ('openai.chat', 'openai.responses', 'openai.embeddings', 'anthropic.messages',
            'gemini.generate', 'bedrock.converse'):
    check(api in apis, 'no call of', api, 'was seen, of', apis)
check(tracer.records('mcp.call'), 'no call of a tool was seen')
check({'1.1', '2'} <= {r.get('network.protocol.version') for r in records}, 'HTTP versions')
check(any(r.get('llmsnoop.midstream') for r in records), 'nothing was joined midway')
with open(raw, 'rb') as f:
    everything = f.read()
for kind in SECRETS + WORDS:
    check(canaries.found(everything, [marks[kind]], True), 'no', kind, 'in the raw capture')
with open(clean, 'rb') as f:
    check(canaries.leaks(f.read()), 'no words in the capture file')
check.equal(stat.S_IMODE(os.stat(clean).st_mode), 0o600, 'mode of the capture file')

for capture in (clean, raw):
    replay(capture, '-j', '-v', '-v')
    replay(capture, '--format=table', '-v')
    for how in ('meta', 'preview', 'full') if knows('--content') else ():
        replay(capture, '-j', '-v', '-v', '--content', how)
undumpable(raw)
if 'report' in HELP:
    for form in ('-j', '--csv', '-v'):
        p = subprocess.run([lib.LLMSNOOP, 'report', form, tracer.out], capture_output=True)
        look('report ' + form, *canaries.leaks(p.stdout + p.stderr))
print('%d markers, %d records of %d APIs' % (len(marks), len(records), len(apis)))
check.finish()
