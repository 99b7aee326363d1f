#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The exporter alone (tests/tools/otlpsend.c) against collectors that are killed, hung, overloaded,
wrong, half open, or no collectors at all: who hands batches over never waits, memory stays under its
bound, what waits arrives once when the collector is back, and each loss has its reason."""
# timeout: 150
import concurrent.futures
import email.utils
import json
import os
import random
import re
import subprocess
import sys
import time

import lib
import badcollector
from badcollector import Receiver

check = lib.check
OTLPSEND = lib.helper('otlpsend')
REASONS = ('queue_full', 'too_large', 'rejected', 'http_3xx', 'http_4xx', 'http_5xx', 'bad_answer',
           'timeout_at_exit', 'no_memory')
MIB = 1 << 20


class Sender:
    """otlpsend; what it logs is read when it has ended."""

    def __init__(self, url, *args, flush_ms=5000, command=(), pass_fds=(), **env):
        clean = {k: v for k, v in os.environ.items() if not k.startswith('OTEL_')}
        self.log = open(os.path.join(lib.temporary_directory(), 'log'), 'w+')
        if url:
            args = ('-u', url, *args)
        self.process = lib.spawn([*command, OTLPSEND, '-f', str(flush_ms), *args],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log,
                                 env={**clean, **env})

    def tell(self, line, body=b''):
        self.process.stdin.write(line.encode() + b'\n' + body)
        self.process.stdin.flush()

    def put(self, body, items=1, signal='traces'):
        self.tell('put %s %d %d' % (signal, items, len(body)), body)

    def stats(self):
        self.tell('stats')
        return json.loads(self.process.stdout.readline())

    def until(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while True:
            st = self.stats()
            if condition(st) or time.monotonic() > end:
                return st
            time.sleep(0.05)

    def memory(self, name):
        with open('/proc/%d/status' % self.process.pid) as f:
            return int(re.search(r'^%s:\s+(\d+) kB' % name, f.read(), re.M).group(1)) * 1024

    def end(self):
        """The last statistics, what was logged, seconds that the end took."""
        began = time.monotonic()
        self.process.stdin.close()
        out = self.process.stdout.read()
        self.process.wait()
        self.log.seek(0)
        return json.loads(out), self.log.read(), time.monotonic() - began


def bodies(n, size=200, seed=1):
    rnd = random.Random(seed)
    return [b'%08d ' % i + rnd.randbytes(size // 2).hex().encode() for i in range(n)]


def dropped(st, signal='traces'):
    return {r: st[signal][r] for r in REASONS if st[signal][r]}


def arrived(name, receiver, st, wanted, signal='traces'):
    check.equal(len(receiver.taken), len(wanted), name, 'batches')
    check(sorted(receiver.taken) == sorted(wanted), name, 'each batch arrives once')
    check.equal(dropped(st, signal), {}, name, 'drops')
    check.equal(st[signal]['sent'], len(wanted), name, 'counted as sent')


# ---- a collector as it should be

def good(gzip):
    r = Receiver()
    s = Sender(r.url, OTEL_EXPORTER_OTLP_COMPRESSION='gzip' if gzip else '',
               OTEL_EXPORTER_OTLP_HEADERS='api-key=s3cr%20et,x-b=2')
    wanted = bodies(300)
    for b in wanted:
        s.put(b, 2)
    s.put(b'logs', 5, 'logs')
    s.put(b'metrics', 7, 'metrics')
    s.put(b'', 0, 'metrics')
    st, log, _ = s.end()
    traces = [q.body for q in r.requests if q.path == '/v1/traces']
    check(traces == wanted, 'in order', len(traces))
    check.equal([st[x]['sent'] for x in ('traces', 'metrics', 'logs')], [600, 7, 5], 'sent')
    check.equal([q.body for q in r.requests if q.path == '/v1/logs'], [b'logs'], 'logs')
    check.equal([q.body for q in r.requests if q.path == '/v1/metrics'], [b'metrics', b''],
                'metrics')
    check(r.connections <= 3, 'connections are kept', r.connections)
    q = next(q for q in r.requests if q.path == '/v1/traces')
    check.equal(q.method, 'POST', 'method')
    check.equal(q.headers.get('content-type'), 'application/x-protobuf', 'content type')
    check.equal(q.headers.get('api-key'), 's3cr et', 'header, decoded')
    check.equal(q.headers.get('x-b'), '2', 'second header')
    check(re.fullmatch(r'llmsnoop/\S+ OTel-OTLP-Exporter-C/\S+', q.headers.get('user-agent', '')),
          'user agent', q.headers.get('user-agent'))
    check('expect' not in q.headers, 'no Expect')
    check.equal(q.headers.get('content-encoding'), 'gzip' if gzip else None, 'coding')
    check(not gzip or len(q.raw) < len(q.body), 'smaller')
    check.equal(log, '', 'says nothing')


# ---- what passes: nothing is lost, nothing comes twice

PASSING = {
    '429': badcollector.status(429),
    '502': badcollector.status(502, body=b'<html>', ),
    '503': badcollector.status(503, ('Retry-After', '0')),
    '504': badcollector.status(504),
    'hung': badcollector.hang,
    'half an answer': badcollector.raw(b'HTTP/1.1 20', close=False),
    'half an answer, closed': badcollector.raw(b'HTTP/1.'),
    'closed': badcollector.raw(b''),
    'garbage': badcollector.raw(b'SSH-2.0-OpenSSH_9.2\r\n'),
    'binary garbage': badcollector.raw(bytes(range(256)) * 8),
}


def passing(name):
    r = Receiver(mode=PASSING[name])
    s = Sender(r.url, OTEL_EXPORTER_OTLP_TIMEOUT='600')
    wanted = bodies(40)
    for b in wanted:
        s.put(b)
    st = s.until(lambda st: st['traces']['failures'] >= 1)
    check(st['traces']['failures'] >= 1 and st['traces']['failing'], name, 'fails', st)
    check.equal(st['traces']['waiting_items'], 40, name, 'all wait')
    r.mode = badcollector.ok
    r.ended.set()
    st = s.until(lambda st: st['traces']['sent'] == 40)
    arrived(name, r, st, wanted)
    st, log, _ = s.end()
    check(st['traces']['retries'] >= 1, name, 'retries are counted')
    lines = log.splitlines()
    check.equal(len(lines), 2, name, 'two lines', log)
    check('what is not taken is tried again' in log and r.url in log, name, log)
    check(lines and lines[-1].endswith('works again'), name, log)


def killed():
    """Gone and back on the same port, twice, while batches keep coming."""
    r = Receiver()
    s = Sender(r.url)
    wanted = bodies(60)
    for i, b in enumerate(wanted):
        s.put(b)
        if i in (10, 30):
            s.until(lambda st: not st['traces']['waiting_items'])
            r.close()
        if i in (20, 40):
            s.until(lambda st: st['traces']['failing'])
            r.open()
    st = s.until(lambda st: st['traces']['sent'] == 60)
    arrived('killed', r, st, wanted)
    _, log, _ = s.end()
    check.equal(log.count('is tried again'), 1, 'killed: said once', log)
    check.equal(log.count('works again'), 1, 'killed: said once', log)


def deaf():
    """Accepts, and does not even read."""
    r = Receiver()
    r.deaf = True
    s = Sender(r.url, OTEL_EXPORTER_OTLP_TIMEOUT='500')
    wanted = bodies(10)
    for b in wanted:
        s.put(b)
    st = s.until(lambda st: st['traces']['failures'] >= 1)
    check.equal(st['traces']['waiting_items'], 10, 'deaf: all wait')
    r.requests, r.deaf, refused = [], False, r.taken
    # What it reads now of connections that are gone was never answered: not the exporter's doing.
    st = s.until(lambda st: st['traces']['sent'] == 10)
    check.equal(st['traces']['sent'], 10, 'deaf: sent')
    check.equal(dropped(st), {}, 'deaf: drops')
    s.end()
    check.equal(refused, r.taken, 'deaf')
    check.equal(sorted(r.taken), wanted, 'deaf: once')


def after_status():
    """The status was there before the connection broke: it was taken, and is not sent again."""
    for mode in (badcollector.cut_after_status, badcollector.endless_head):
        r = Receiver(mode=mode)
        s = Sender(r.url)
        wanted = bodies(5)
        for b in wanted:
            s.put(b)
        st = s.until(lambda st: st['traces']['sent'] == 5)
        check(s.memory('VmHWM') < 40 * MIB, mode.__name__, 'memory', s.memory('VmHWM'))
        arrived(mode.__name__, r, st, wanted)
        s.end()


# ---- Retry-After

def retry_after(code, header, low, high):
    r = Receiver()
    first = []

    def mode(receiver, sock, request):
        if not first:
            first.append(request.at)
            badcollector.answer(sock, code, b'', ('Retry-After', header()))
            return True
        return badcollector.ok(receiver, sock, request)

    r.mode = mode
    s = Sender(r.url)
    s.put(b'a')
    s.until(lambda st: st['traces']['sent'])
    st, _, _ = s.end()
    check.equal(st['traces']['sent'], 1, code, 'sent')
    waited = r.requests[-1].at - first[0]
    check(low <= waited <= high, code, 'waits as long as it is told', waited)


def http_date():
    # Whole seconds: up to one of them is lost.
    return email.utils.formatdate(time.time() + 4, usegmt=True)


# ---- what does not pass: dropped, counted, not sent again

FINAL = {
    '400': (badcollector.status(400), 'http_4xx'),
    '401': (badcollector.status(401), 'http_4xx'),
    '404': (badcollector.status(404, ('Content-Type', 'text/plain'), body=b'no such page'),
            'http_4xx'),
    '413': (badcollector.status(413), 'http_4xx'),
    '500': (badcollector.status(500), 'http_5xx'),
    '501': (badcollector.status(501, ('Retry-After', '1')), 'http_5xx'),
    '307': (badcollector.status(307, ('Location', 'http://127.0.0.1:1/')), 'http_3xx'),
    'a huge answer': (badcollector.huge, 'bad_answer'),
}


def final(name):
    mode, reason = FINAL[name]
    r = Receiver(mode=mode)
    s = Sender(r.url)
    for b in bodies(6):
        s.put(b, 3)
    s.put(b'log', 2, 'logs')
    st = s.until(lambda st: not st['traces']['waiting_items'] and not st['logs']['waiting_items'])
    check.equal(dropped(st), {reason: 18}, name, 'drops')
    check.equal(dropped(st, 'logs'), {reason: 2}, name, 'drops of logs')
    check.equal(st['traces']['retries'], 0, name, 'no retries')
    check.equal(len([q for q in r.requests if q.path == '/v1/traces']), 6, name, 'requests')
    hwm = s.memory('VmHWM')
    check(hwm < 60 * MIB, name, 'memory', hwm)
    r.mode = badcollector.ok
    s.put(b'good')
    st, log, _ = s.end()
    check.equal(st['traces']['sent'], 1, name, 'the next one is sent')
    check('dropped and counted' in log and '18 ' + reason in log, name, log)
    check.equal(log.count('/v1/traces: '), 2, name, 'said once, recovery too', log)


def partial():
    r = Receiver(mode=badcollector.partial(2, 'two of them are \x1b[31mtoo old'))
    s = Sender(r.url)
    for b in bodies(4):
        s.put(b, 5)
    s.until(lambda st: not st['traces']['waiting_items'])
    r.mode = badcollector.partial(0, 'take care')
    s.put(b'a', 5)
    s.until(lambda st: not st['traces']['waiting_items'])
    r.mode = badcollector.partial(99, 'more than there were')
    s.put(b'b', 5)
    s.until(lambda st: not st['traces']['waiting_items'])
    r.mode = badcollector.status(200, body=b'\xff\xff\xff\xff garbage')
    s.put(b'c', 5)
    s.until(lambda st: not st['traces']['waiting_items'])
    r.mode = badcollector.status(200, ('Content-Type', 'application/json'), body=b'{}')
    s.put(b'd', 5)
    st, log, _ = s.end()
    check.equal(st['traces']['sent'], 4 * 3 + 5 + 5 + 5, 'partial: sent')
    check.equal(dropped(st), {'rejected': 4 * 2 + 5}, 'partial: rejected')
    check.equal(len(r.requests), 8, 'partial: never sent again')
    check('rejects some of what is sent' in log and 'too old' in log, 'partial', log)
    check('\x1b' not in log, 'partial: escaped', log)


# ---- bounds

def full(name, make):
    """A collector that takes nothing, and twice as much as the queue holds."""
    r = make()
    s = Sender(r.url, OTEL_EXPORTER_OTLP_TIMEOUT='1000', flush_ms=20000)
    s.put(b'first')
    s.until(lambda st: st['traces']['failures'] or st['traces']['waiting_items'])
    base = s.memory('VmRSS')
    bound = lib.limit('otlp_traces_bytes') + lib.limit('otlp_logs_bytes')
    wanted = [b'first'] + bodies(512, 65000)
    logs = bodies(160, 130000, seed=2)
    for b in wanted[1:]:
        s.put(b)
    for b in logs:
        s.put(b, 2, 'logs')
    s.put(bytes(lib.limit('otlp_traces_bytes') + 1), 9)
    st = s.stats()
    t, l = st['traces'], st['logs']
    check(st['put_max_s'] < 0.25, name, 'nobody waits', st['put_max_s'])
    check.equal(t['waiting_items'] + t['queue_full'], 513, name, 'all are accounted for')
    check(t['queue_full'] > 200, name, 'more than it holds', t)
    check.equal(t['too_large'], 9, name, 'one that never fits')
    check(t['waiting_bytes'] <= lib.limit('otlp_traces_bytes'), name, 'bound', t)
    check(l['waiting_bytes'] <= lib.limit('otlp_logs_bytes'), name, 'bound', l)
    check.equal(l['waiting_items'] + l['queue_full'], 320, name, 'logs, too')
    # The driver's own copies: one body of 16 MiB is the largest.
    grown = s.memory('VmHWM') - base
    check(grown < bound + 16 * MIB + 8 * MIB, name, 'memory', grown)
    kept = t['waiting_items']
    r.mode, r.deaf = badcollector.ok, False
    r.ended.set()
    if name == 'dead':
        r.open()
    st = s.until(lambda st: not st['traces']['waiting_items'] and not st['logs']['waiting_items'],
                 40)
    # The oldest are kept, and arrive once.
    traces = [q.body for q in r.requests if q.path == '/v1/traces' and q.body in set(r.taken)]
    check(traces[-kept:] == wanted[:kept], name, 'the oldest arrive', len(traces), kept)
    taken = [b for b in r.taken if b in set(wanted)]
    check.equal(len(taken), kept, name, 'once')
    check.equal(st['traces']['sent'], kept, name, 'sent')
    _, log, _ = s.end()
    check('%d queue_full' % t['queue_full'] in log, name, log)


def dead():
    r = Receiver()
    r.close()
    return r


def hung():
    return Receiver(mode=badcollector.hang)


def patient():
    """Who can wait loses nothing where more is sent than fits; a dead collector is not waited for."""
    def slow(receiver, sock, request):
        time.sleep(0.002)
        return badcollector.ok(receiver, sock, request)

    r = Receiver(mode=slow)
    s = Sender(r.url, '-w', flush_ms=20000)
    wanted = bodies(64, 512 << 10)
    for b in wanted:
        s.put(b)
    st, _, _ = s.end()
    arrived('patient', r, st, wanted)
    r = dead()
    s = Sender(r.url, '-w', flush_ms=100)
    began = time.monotonic()
    s.put(wanted[0])
    s.until(lambda st: st['traces']['failing'])
    for b in wanted[1:]:
        s.put(b)
    st, _, _ = s.end()
    check(time.monotonic() - began < 10, 'patient with the dead', time.monotonic() - began)
    check(dropped(st).get('queue_full', 0) > 20, 'patient with the dead', dropped(st))


def bounded_end():
    """The end waits as long as it is told and no longer; what is left has its reason."""
    r = Receiver(mode=badcollector.hang)
    s = Sender(r.url, flush_ms=700)
    for b in bodies(3):
        s.put(b, 4)
    st, log, took = s.end()
    check(0.6 < took < 2, 'hung at the end', took)
    check.equal(dropped(st), {'timeout_at_exit': 12}, 'hung at the end')
    check('12 timeout_at_exit' in log, 'hung at the end', log)
    # Nothing to wait for: a dead collector does not hold up the end for all of its time.
    r = Receiver()
    r.close()
    s = Sender(r.url, flush_ms=1500)
    s.put(b'a')
    s.until(lambda st: st['traces']['failures'] >= 3)
    st, log, took = s.end()
    check(took < 1, 'dead at the end', took)
    check.equal(dropped(st), {'timeout_at_exit': 1}, 'dead at the end')
    # One that takes what waits is given it.
    r = Receiver()
    s = Sender(r.url, flush_ms=5000)
    wanted = bodies(500)
    for b in wanted:
        s.put(b)
    st, log, took = s.end()
    arrived('flush', r, st, wanted)


# ---- names, TLS, proxies

def names():
    """A host name that nobody resolves, and a name server that does not answer."""
    for silent in (False, True):
        directory = lib.temporary_directory()
        conf = os.path.join(directory, 'resolv.conf')
        with open(conf, 'w') as f:
            f.write('nameserver 127.0.0.1\noptions timeout:10 attempts:2\n')
        server = ("import socket,time\ns=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
                  "s.bind(('127.0.0.1',53))\nprint(flush=True)\ntime.sleep(60)")
        up = 'import fcntl,socket,struct;fcntl.ioctl(socket.socket(2,2),0x8914,struct.pack(' \
             '"16sH14x",b"lo",0x41))'
        script = "%s -c '%s'\nmount --bind %s /etc/resolv.conf\n" % (lib.SYSTEM_PYTHON, up, conf)
        if silent:
            # It ends with the namespace's first process: its pid namespace.
            script += '%s -c "%s" >/dev/null &\nsleep 0.5\n' % (lib.SYSTEM_PYTHON, server)
        script += 'exec "$@"'
        s = Sender('http://collector.invalid:4318', flush_ms=800,
                   OTEL_EXPORTER_OTLP_TIMEOUT='1000',
                   command=('unshare', '-n', '-m', '-p', '-f', '--kill-child', '--mount-proc',
                            'sh', '-c', script, 'sh'))
        s.put(b'a', 3)
        st = s.until(lambda st: st['traces']['failures'] >= 1)
        check(st['traces']['failures'] >= 1, 'a name that does not resolve: fails', silent)
        check.equal(st['traces']['waiting_items'], 3, 'and waits')
        st, log, took = s.end()
        check(took < 3, 'the end does not wait for a name', silent, took)
        check.equal(dropped(st), {'timeout_at_exit': 3}, 'names', silent)
        check(silent or 'Is the name right?' in log, 'names', log)


def tls():
    directory = lib.temporary_directory()
    right = badcollector.certificate(directory, 'right', 'IP:127.0.0.1')
    wrong = badcollector.certificate(directory, 'wrong', 'DNS:other.test')
    for name, files, ca, good in (('self-signed', right, None, False),
                                  ('its CA', right, right[0], True),
                                  ('another CA', right, wrong[0], False),
                                  ('another name', wrong, wrong[0], False)):
        r = Receiver(tls=files)
        s = Sender(r.url, flush_ms=300, **{'OTEL_EXPORTER_OTLP_CERTIFICATE': ca} if ca else {})
        s.put(b'a', 2)
        st = s.until(lambda st: st['traces']['failures'] or st['traces']['sent'])
        st, log, _ = s.end()
        check.equal(st['traces']['sent'], 2 if good else 0, 'TLS', name)
        check.equal(dropped(st), {} if good else {'timeout_at_exit': 2}, 'TLS', name)
        check(good or 'OTEL_EXPORTER_OTLP_CERTIFICATE' in log, 'TLS', name, log)
        check.equal(len(r.requests), good, 'TLS', name, 'nothing is sent in the clear or unproven')
    # One who wants to know who sends.
    client = badcollector.certificate(directory, 'client', 'DNS:client.test')
    for name, files, good in (('no certificate', None, False), ('its certificate', client, True),
                              ('a stranger', wrong, False)):
        r = Receiver(tls=right, client_ca=client[0])
        env = {'OTEL_EXPORTER_OTLP_CERTIFICATE': right[0]}
        if files:
            env.update(OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE=files[0],
                       OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY=files[1])
            env.update({'OTEL_EXPORTER_OTLP_%s_CLIENT_KEY' % x: files[1]
                        for x in ('METRICS', 'LOGS')})
        s = Sender(r.url, flush_ms=300, **env)
        s.put(b'a', 2)
        s.until(lambda st: st['traces']['failures'] or st['traces']['sent'])
        st, log, _ = s.end()
        check.equal(st['traces']['sent'], 2 if good else 0, 'client certificate', name, log)
        check.equal(len(r.requests), good, 'client certificate', name)
    # https to one who speaks http, and the other way round.
    for url, r in (('https', Receiver()), ('http', Receiver(tls=right))):
        s = Sender('%s://127.0.0.1:%d' % (url, r.port), flush_ms=300)
        s.put(b'a')
        s.until(lambda st: st['traces']['failures'])
        st, log, _ = s.end()
        check.equal(dropped(st), {'timeout_at_exit': 1}, url)


def proxies():
    r = Receiver()
    env = {'http_proxy': 'http://user:Pr0xyS3cret@127.0.0.1:%d' % r.port, 'no_proxy': ''}
    s = Sender('http://collector.invalid:4318/base', **env)
    s.put(b'a')
    st, log, _ = s.end()
    check.equal(st['traces']['sent'], 1, 'by a proxy')
    check.equal(r.requests[0].path, 'http://collector.invalid:4318/base/v1/traces', 'by a proxy')
    direct = Receiver()
    env['no_proxy'] = '127.0.0.1'
    s = Sender(direct.url, **env)
    s.put(b'a')
    s.end()
    check.equal(direct.requests[0].path, '/v1/traces', 'no_proxy')


def secrets():
    """No credential comes back in a message, not even from a collector that repeats it."""
    canary, user, query = 'C4naryHeader', 'C4naryUser', 'C4naryQuery'
    modes = (badcollector.status(401, ('Content-Type', 'text/plain'),
                                 body=b'no %s %s %s' % (canary.encode(), user.encode(),
                                                        query.encode())),
             badcollector.partial(1, 'not by %s' % canary),
             badcollector.status(503), badcollector.raw(b''))
    for mode in modes:
        r = Receiver(mode=mode)
        url = 'http://me:%s@127.0.0.1:%d/?key=%s' % (user, r.port, query)
        s = Sender(url, flush_ms=300,
                   OTEL_EXPORTER_OTLP_HEADERS='authorization=Bearer%20' + canary + ',bad=%zz' +
                   canary)
        s.put(b'a')
        s.until(lambda st: r.requests and not st['traces']['waiting_items'] or
                st['traces']['failures'])
        st, log, _ = s.end()
        check('C4nary' not in log and 'OTLP to http://127.0.0.1' in log, 'secrets', log)


def thread():
    """It takes no signals, and what it has open is not inherited."""
    r = Receiver()
    s = Sender(r.url)
    s.put(b'a')
    s.until(lambda st: st['traces']['sent'])
    masks = {}
    for task in os.listdir('/proc/%d/task' % s.process.pid):
        with open('/proc/%d/task/%s/status' % (s.process.pid, task)) as f:
            text = f.read()
        name = re.search(r'^Name:\t(.*)$', text, re.M).group(1)
        masks[name] = int(re.search(r'^SigBlk:\t(.*)$', text, re.M).group(1), 16)
    wanted = sum(1 << n - 1 for n in (1, 2, 10, 12, 13, 14, 15, 17))
    check.equal(masks.get('llmsnoop-otlp', 0) & wanted, wanted, 'signals are blocked', masks)
    s.tell('fork')
    lines = iter(lambda: s.process.stdout.readline().decode().strip(), 'END')
    left = [x for x in lines if 'socket:' in x and 'AF_UNIX' not in x]
    open_sockets = os.popen('ls -l /proc/%d/fd' % s.process.pid).read()
    tcp = set(re.findall(r'socket:\[(\d+)\]', open_sockets))
    check(tcp, 'it has a socket', open_sockets)
    with open('/proc/%d/net/tcp' % s.process.pid) as f:
        inodes = {x.split()[9] for x in f.readlines()[1:]}
    check(not [x for x in left if set(re.findall(r'\d+', x)) & inodes & tcp],
          'no connection is inherited', left)
    st, _, _ = s.end()


def main():
    work = [(good, True), (good, False), (killed,), (deaf,), (after_status,), (partial,),
            (bounded_end,), (patient,), (tls,), (proxies,), (secrets,), (thread,),
            (retry_after, 429, lambda: '2', 1.95, 4), (retry_after, 503, http_date, 2.9, 6)]
    work += [(passing, name) for name in PASSING] + [(final, name) for name in FINAL]
    if not subprocess.run(['unshare', '-n', '-m', '-p', '-f', 'true'],
                          capture_output=True).returncode:
        work.append((names,))
    else:
        print('no namespaces here: names that do not resolve are not tried')
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = [pool.submit(*w) for w in work]
        for d, w in zip(done, work):
            try:
                d.result()
            except Exception as e:
                check(False, w[0].__name__, w[1:], repr(e))
                if '-v' in sys.argv:
                    raise
    # One after the other: memory is measured.
    full('dead', dead)
    full('hung', hung)
    check.finish()


if __name__ == '__main__':
    main()
