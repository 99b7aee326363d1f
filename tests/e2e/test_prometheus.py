# SPDX-License-Identifier: Apache-2.0
# timeout: 150
"""The real Prometheus scrapes a run: promtool finds no fault, five questions in PromQL have the
answers that jq computes from the records of the same run, and no scraper, however slow, rude or
numerous, holds up the run or grows it. The run is the replay of a capture that is still being
written, so that the test chooses each time to the nanosecond."""
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request

import capfile
import lib
import prometheus
from lib import check

MODELS = {'gpt-4o-mini': 0.7, 'gpt-4o': 1.9}
PODS = [('prod', 'rag-5d4f7c9b8-abcde'), ('prod', 'rag-5d4f7c9b8-fghij'), ('dev', 'chat-0')]
EVIL = 'evil"} 1\n# EOF\\n\t\u202e\u0000\ud800{le="1"}é'
OPENMETRICS = 'application/openmetrics-text;version=1.0.0'


class World:
    """Calls without end, into a pipe that the tracer reads."""

    def __init__(self, path):
        self.w = capfile.Writer(path)
        self.conn = 0
        for pid, (namespace, pod) in enumerate(PODS, 100):
            uid = 'aaaaaaaa-bbbb-cccc-dddd-%012d' % pid
            self.w.process(pid, comm='python3', exe='/usr/bin/python3', cmdline='python3 app.py',
                           pod_uid=uid, pod_namespace=namespace, pod_name=pod, pod_container='main')

    def call(self, pid, model, ttft=None, status=200, prompt=0, cached=0, output=0):
        """ttft None: no stream."""
        w = self.w
        self.conn += 1
        body = {'model': model, 'messages': [{'role': 'user', 'content': 'hi'}]}
        if ttft is not None:
            body.update(stream=True, stream_options={'include_usage': True})
        body = json.dumps(body)
        w.data(self.conn, pid, capfile.WRITE, 'POST /v1/chat/completions HTTP/1.1\r\n'
               'Host: api.openai.com\r\nAuthorization: Bearer sk-none\r\n'
               'Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' % (len(body), body))
        usage = {'prompt_tokens': prompt, 'completion_tokens': output, 'total_tokens': prompt + output,
                 'prompt_tokens_details': {'cached_tokens': cached}}
        if status != 200:
            self.answer(pid, status, {'error': {'type': 'tokens', 'code': 'rate_limit_exceeded',
                                                'message': 'no'}})
        elif ttft is None:
            self.answer(pid, 200, {'id': 'c%d' % self.conn, 'object': 'chat.completion', 'model': model,
                                   'choices': [{'index': 0, 'finish_reason': 'stop',
                                                'message': {'role': 'assistant', 'content': 'x'}}],
                                   'usage': usage})
        else:
            self.stream(pid, model, ttft, usage)
        w.close(self.conn, pid)

    def answer(self, pid, status, body):
        body = json.dumps(body)
        self.w.now += 350_000_000
        self.w.data(self.conn, pid, capfile.READ, 'HTTP/1.1 %d X\r\nContent-Type: application/json\r\n'
                    'Content-Length: %d\r\n\r\n%s' % (status, len(body), body))

    def stream(self, pid, model, ttft, usage):
        def event(**more):
            data = {'id': 'c%d' % self.conn, 'object': 'chat.completion.chunk', 'model': model, **more}
            text = 'data: %s\n\n' % json.dumps(data)
            return '%x\r\n%s\r\n' % (len(text.encode()), text)

        w = self.w
        w.now += round(ttft * 1e9) - 3000  # less what the calls before it and itself take
        w.data(self.conn, pid, capfile.READ, 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n'
               'Transfer-Encoding: chunked\r\n\r\n' +
               event(choices=[{'index': 0, 'delta': {'content': 'a'}}]))
        for _ in range(3):
            w.now += 30_000_000
            w.data(self.conn, pid, capfile.READ, event(choices=[{'index': 0, 'delta': {'content': 'b'}}]))
        done = 'data: [DONE]\n\n'
        w.data(self.conn, pid, capfile.READ,
               event(choices=[{'index': 0, 'delta': {}, 'finish_reason': 'stop'}]) +
               event(choices=[], usage=usage) + '%x\r\n%s\r\n0\r\n\r\n' % (len(done), done))

    def flush(self):
        """What was written is seen to the end: time has passed."""
        self.w.wait(1)
        self.w.f.flush()


def mixed(world, n):
    for i in range(n):
        pid = 100 + i % len(PODS)
        model = list(MODELS)[i % 5 % 2]
        if i % 10 == 9:
            world.call(pid, model, status=429)
        elif i % 10 == 8:
            world.call(pid, model, prompt=700 + i, output=30)
        else:
            world.call(pid, model, MODELS[model] * (1 + i % 17) / 4, prompt=1000 + 3 * i,
                       cached=512 if i % 3 else 0, output=20 + i)
    world.flush()


# ---- HTTP

def get(port, path='/metrics', accept=None, method='GET', timeout=20):
    """(status, content type, body)"""
    request = urllib.request.Request('http://127.0.0.1:%d%s' % (port, path), method=method,
                                     headers={'Accept': accept} if accept else {})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as r:
            return r.status, r.headers['Content-Type'], r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.headers['Content-Type'], e.read().decode()


def say(port, data, seconds=15):
    """What the server answers to these bytes, until it ends the connection; None: it did not."""
    with socket.create_connection(('127.0.0.1', port)) as s:
        s.settimeout(seconds)
        got = b''
        try:
            s.sendall(data)
            while True:
                more = s.recv(65536)
                if not more:
                    return got
                got += more
        except ConnectionError:
            return got
        except socket.timeout:
            return None


# ---- jq

def jq(program, path):
    """All values that the program makes of the file's list of calls."""
    p = subprocess.run(['jq', '-c', '-s', '[.[] | select(.type == "llm.call")] | ' + program, path],
                       capture_output=True, text=True)
    check.equal(p.returncode, 0, 'jq', p.stderr)
    return [json.loads(line) for line in p.stdout.splitlines()]


# Prometheus' histogram_quantile(): linear within a bucket, the highest finite bound above all.
QUANTILE = '''
def quantile($q; $le): . as $v | ($v | length) as $n | ($q * $n) as $rank
  | [$le[] as $b | [$v[] | select(. <= $b)] | length] as $sums
  | ([range($le | length) | select($sums[.] >= $rank)] | first) as $i
  | if $i == null then $le[-1] else
      (if $i == 0 then 0 else $le[$i - 1] end) as $low
      | (if $i == 0 then 0 else $sums[$i - 1] end) as $before
      | $low + ($le[$i] - $low) * (($rank - $before) / ($sums[$i] - $before)) end;
[0.01,0.02,0.04,0.08,0.16,0.32,0.64,1.28,2.56,5.12,10.24,20.48,40.96,81.92] as $le |
'''


def same(got, want, *what):
    """Two tables of numbers: equal but for the last digits of sums made in another order."""
    check.equal(sorted(got), sorted(want), *what)
    check(want and any(want.values()), *what, 'has numbers')
    for k in want:
        check(k in got and abs(got[k] - want[k]) <= 1e-9 * abs(want[k]), *what, k, got.get(k), want[k])


def questions(prom, path):
    def table(promql, label):
        return {labels.get(label, ''): v for labels, v in prom.query(promql)}

    same(table('sum by (feature) (llmsnoop_cost_usd_total)', 'feature'),
         dict(jq('group_by(."llmsnoop.feature")[] | [.[0]."llmsnoop.feature" // "", '
                 '([.[]."gen_ai.usage.cost" // 0] | add)]', path)), 'cost by feature')
    for q in (0.5, 0.95, 0.99):
        same(table('histogram_quantile(%g, sum by (le, gen_ai_request_model) '
                   '(llmsnoop_time_to_first_token_seconds_bucket))' % q, 'gen_ai_request_model'),
             dict(jq(QUANTILE.replace('def', '. as $all | def', 1) +
                     '$all | map(select(."llmsnoop.ttft_s")) | group_by(."gen_ai.request.model")[] '
                     '| [.[0]."gen_ai.request.model", ([.[]."llmsnoop.ttft_s"] | quantile(%g; $le))]' % q,
                     path)), 'time to first token', q)
    same(table('sum(gen_ai_client_operation_duration_seconds_count{error_type!=""}) / '
               'sum(gen_ai_client_operation_duration_seconds_count)', ''),
         {'': jq('([.[] | select(."error.type")] | length) / length', path)[0]}, 'error ratio')
    same(table('sum(llmsnoop_tokens_total{kind="cache_read"}) / '
               'sum(llmsnoop_tokens_total{kind="input"})', ''),
         {'': jq('([.[]."gen_ai.usage.cache_read.input_tokens" // 0] | add) / '
                 '([.[]."gen_ai.usage.input_tokens" // 0] | add)', path)[0]}, 'cache share')
    same(table('sum by (k8s_pod_name) (llmsnoop_tokens_total{kind=~"input|output"})', 'k8s_pod_name'),
         dict(jq('group_by(."k8s.pod.name")[] | [.[0]."k8s.pod.name", ([.[] | '
                 '(."gen_ai.usage.input_tokens" // 0) + (."gen_ai.usage.output_tokens" // 0)] | add)]',
                 path)), 'tokens by pod')


# ---- the pages

def linted(port):
    page = get(port)[2]
    p = subprocess.run([prometheus.PROMTOOL, 'check', 'metrics'], input=page, capture_output=True, text=True)
    check.equal((p.returncode, p.stdout + p.stderr), (0, ''), 'promtool check metrics')


PARSE = '''
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = list(parse(sys.stdin.read()))
samples = [s for f in families for s in f.samples]
print(len(families), len(samples), sum(s.exemplar is not None for s in samples))
print([s.labels["gen_ai_request_model"] for s in samples if "evil" in str(s.labels)][-1])
'''


def parsed(port):
    status, kind, page = get(port, accept=OPENMETRICS)
    check(page.endswith('# EOF\n'), 'ends with # EOF')
    check.equal((status, kind), (200, 'application/openmetrics-text; version=1.0.0; charset=utf-8'))
    p = subprocess.run([lib.SYSTEM_PYTHON, '-c', PARSE], input=page, capture_output=True, text=True,
                       env={**os.environ, 'PYTHONPATH': prometheus.PYTHON, 'PYTHONIOENCODING': 'utf-8'})
    if not check.equal(p.returncode, 0, 'openmetrics parser:', p.stderr[-1000:]):
        return
    counts, evil = p.stdout.split('\n', 1)
    families, samples, exemplars = map(int, counts.split())
    check(families > 15 and samples > 500, families, samples)
    check(exemplars > 10, 'exemplars', exemplars)
    check(evil.startswith('evil"} 1\ufffd# EOF\\n\ufffd'), 'hostile label', evil)


def exemplars(prom, path):
    """An exemplar's trace is that of a record."""
    ids = set(jq('.[].trace_id', path))
    now = int(time.time())
    for name in ('gen_ai_client_operation_duration_seconds_bucket', 'llmsnoop_cost_usd_total'):
        found = [e for s in prom.api('query_exemplars', query=name, start=0, end=now + 10**9) or []
                 for e in s['exemplars']]
        check(found, 'Prometheus has exemplars of', name)
        check(all(e['labels']['trace_id'] in ids for e in found), 'their traces are those of records', name)


def surface(port):
    check.equal(get(port)[1], 'text/plain; version=0.0.4; charset=utf-8')
    check.equal(get(port, method='HEAD')[::2], (200, ''), 'HEAD')
    for path, method, want in (('/', 'GET', 404), ('/metrics/x', 'GET', 404), ('/metrics', 'POST', 405),
                               ('/metrics', 'DELETE', 405), ('/metrics?a=b', 'GET', 200)):
        check.equal(get(port, path, method=method)[0], want, method, path)


# ---- rude scrapers

def rude(tracer, port, world):
    started, before = time.monotonic(), lib.proc_status(tracer.pid, 'VmRSS')
    silent = [socket.create_connection(('127.0.0.1', port)) for _ in range(100)]
    for s in silent[:50]:
        s.sendall(b'GET /metr')
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(get(port, accept=OPENMETRICS, timeout=30)))
               for _ in range(100)]
    for t in threads:
        t.start()
    # the run goes on meanwhile
    n = len(tracer.records())
    mixed(world, 50)
    tracer.settle(n + 50)
    check(time.monotonic() < started + 5, 'the run goes on at once', time.monotonic() - started)
    check.equal(len(tracer.records()), n + 50, 'records meanwhile')
    for t in threads:
        t.join()
    check.equal(len(answers), 100)
    check(all(a[0] == 200 and a[2].endswith('# EOF\n') for a in answers), '100 scrapers at once')
    for s in silent:
        s.settimeout(20)
        try:
            check.equal(s.recv(1000)[:12] in (b'', b'HTTP/1.1 408'), True, 'a silent one is let go')
        except ConnectionError:
            pass
        s.close()
    head = b'GET /metrics HTTP/1.1\r\nHost: x\r\nX-Long: ' + b'a' * (1 << 20) + b'\r\n\r\n'
    check(say(port, head)[:12] in (b'HTTP/1.1 431', b'HTTP/1.1 413', b'HTTP/1.1 400', b''), 'a huge head')
    many = b'GET /metrics HTTP/1.1\r\nHost: x\r\n' + b'A: b\r\n' * 100000 + b'\r\n'
    check(say(port, many)[:10] != b'HTTP/1.1 2', 'a hundred thousand headers')
    check(say(port, b'\x16\x03\x01\x02\x00' * 1000) is not None, 'TLS')
    check(b'200' in say(port, b'GET /metrics HTTP/1.0\r\n\r\n')[:15], 'HTTP/1.0')
    say(port, b'POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n' + b'x' * (1 << 20))
    check.equal(get(port)[0], 200, 'and the server is as before')
    after = lib.proc_status(tracer.pid, 'VmRSS')
    check(after < before + 16384, 'memory', before, after, 'KiB')


def flood(tracer, port, world):
    """More models than a metric has series."""
    most = lib.limit('metric_series')
    n = len(tracer.records())
    for i in range(most + 500):
        world.call(100, 'made-up-%d' % i, prompt=1, output=1)
    world.flush()
    tracer.settle(n + most + 500, seconds=20)
    page = get(port, accept=OPENMETRICS)[2]
    lines = [x for x in page.splitlines() if x.startswith('gen_ai_client_operation_duration_seconds_count')]
    check.equal(len(lines), most + 1, 'series')
    over = [x for x in lines if 'otel_metric_overflow="true"' in x]
    check(over and int(over[0].split()[-1]) >= 500, 'overflow', over)
    check.equal(sum(int(x.split()[-1]) for x in lines), len(tracer.records()), 'all calls are counted')


def sockets(pid):
    names = [os.path.realpath('/proc/%d/fd/%s' % (pid, fd)) for fd in os.listdir('/proc/%d/fd' % pid)]
    return sum('socket:' in name for name in names)


def slow(tracer, port):
    """Those who ask for a page of megabytes and read nothing of it, and one who reads."""
    idle = sockets(tracer.pid)
    readers = []
    for _ in range(20):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        s.connect(('127.0.0.1', port))
        s.sendall(b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n')
        readers.append(s)
    started = time.monotonic()
    check(get(port, accept=OPENMETRICS)[2].endswith('# EOF\n'), 'who reads has his page')
    check(time.monotonic() < started + 5, 'at once', time.monotonic() - started)
    check(sockets(tracer.pid) >= 20, 'who does not is waited for', sockets(tracer.pid), idle)
    while sockets(tracer.pid) > idle + 2 and time.monotonic() < started + 20:
        time.sleep(0.2)
    check(sockets(tracer.pid) <= idle + 2, 'and let go', sockets(tracer.pid), idle)
    for s in readers:
        s.close()


def live():
    """Ready once probes are live, and what they are in."""
    try:
        lib.need_tracing()
    except SystemExit:
        return
    port = lib.free_port()
    tracer = lib.Tracer('-p', os.getpid(), '--metrics', '0.0.0.0:%d' % port)
    check(any('without password' in line for line in tracer.lines), 'a warning', tracer.lines)
    end = time.monotonic() + 10
    while get(port, '/readyz')[0] != 200 and time.monotonic() < end:
        time.sleep(0.2)
    check.equal(get(port, '/readyz')[:1] + get(port, '/healthz')[:1], (200, 200), 'ready')
    while 'llmsnoop_attached_targets{' not in get(port)[2] and time.monotonic() < end:
        time.sleep(0.2)
    linted(port)
    second = subprocess.run([lib.LLMSNOOP, '-p', str(os.getpid()), '--metrics', str(port), '-d', '1s'],
                            capture_output=True, text=True, timeout=30)
    check.equal(second.returncode, 1, 'the port is taken', second.stderr)
    check('in use' in second.stderr, second.stderr)
    tracer.stop()


def main():
    why = prometheus.fetch()
    if why:
        lib.skip(why)
    if not shutil.which('jq'):
        lib.skip('no jq')
    port, pipe = lib.free_port(), lib.temporary_directory() + '/pipe.cap'
    os.mkfifo(pipe, 0o600)
    tracer = lib.Tracer('-r', pipe, '-q', '--metrics', port, '--metrics-labels', 'pod', ready=False)
    lib.wait_port(port)
    check.equal(get(port, '/readyz')[0], 503, 'not ready before the first event')
    check.equal(get(port, '/healthz')[0], 200)
    world = World(pipe)
    prom = prometheus.Prometheus(port)
    mixed(world, 300)
    world.call(100, EVIL, prompt=5, output=5)
    world.flush()
    tracer.settle(301)
    n = len(tracer.records())
    check.equal(n, 301, 'records')
    check.equal(get(port, '/readyz')[0], 200, 'ready')
    check(prom.until('sum(gen_ai_client_operation_duration_seconds_count)', n), 'Prometheus has all calls')
    target = prom.api('targets')['activeTargets'][0]
    check.equal((target['health'], target['lastError']), ('up', ''))
    questions(prom, tracer.out)
    exemplars(prom, tracer.out)
    linted(port)
    parsed(port)
    surface(port)
    rude(tracer, port, world)
    flood(tracer, port, world)
    slow(tracer, port)
    check(prom.until('up', 1), 'Prometheus takes the largest page')
    linted(port)
    prom.stop()
    world.w.end()
    tracer.process.wait(20)
    tracer.stop()
    live()
    check.finish()


if __name__ == '__main__':
    main()
