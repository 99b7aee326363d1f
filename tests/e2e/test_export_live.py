#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# alone
"""A live capture that exports to collectors which fail: nothing of the capture is lost, each span
arrives once when they are back. llmsnoop does not trace its own export. A real collector, restarted
in between, gets what the records say, by gzip, TLS and with a header."""
# timeout: 150
import os
import re
import time

import lib
import badcollector
import collector
from lib import check

lib.need_tracing()
HERE = os.path.dirname(os.path.abspath(__file__))
MIB = 1 << 20
FAST = {'OTEL_BSP_SCHEDULE_DELAY': '200', 'OTEL_BLRP_SCHEDULE_DELAY': '200',
        'OTEL_METRIC_EXPORT_INTERVAL': '1000'}


def environment(**more):
    clean = {k: v for k, v in os.environ.items() if not k.startswith('OTEL_')}
    return {**clean, **FAST, **more}


def load(provider, *what):
    return lib.Held([lib.SYSTEM_PYTHON, os.path.join(HERE, 'load.py'), *what],
                    env={**provider.env, **lib.private_libssl(),
                         'DEMO': 'ttft=0.01&gap=0.001&tokens=10'})


def memory(pid, name):
    with open('/proc/%d/status' % pid) as f:
        return int(re.search(r'^%s:\s+(\d+) kB' % name, f.read(), re.M).group(1)) * 1024


def ids(request):
    return [x.hex() for x in badcollector.every(request.body, 1, 2, 2, 2)]


def span_ids(records):
    return [r['span_id'] for r in records if 'span_id' in r]


def failing():
    """It hangs, then is overloaded, then gone, then answers garbage, then it is well again."""
    provider = lib.Provider()
    bad = badcollector.Receiver(mode=badcollector.hang)
    held = load(provider, 'steady', '8')
    tracer = lib.Tracer('-p', held.pid, '--otlp', bad.url,
                        env=environment(OTEL_EXPORTER_OTLP_TIMEOUT='500'))
    base = memory(tracer.pid, 'VmRSS')
    held.go()
    time.sleep(2)
    bad.mode = badcollector.status(503, ('Retry-After', '1'))
    time.sleep(2)
    bad.close()
    time.sleep(1.5)
    bad.mode = badcollector.raw(b'SSH-2.0-OpenSSH_9.2\r\n')
    bad.open()
    time.sleep(1)
    held.finish()
    wanted = len(provider.truth())
    tracer.settle(wanted)
    grown = memory(tracer.pid, 'VmHWM') - base
    bad.ended.set()
    bad.mode = badcollector.ok
    end = time.monotonic() + 25
    records = tracer.all_records()
    while time.monotonic() < end and not (
            set(span_ids(tracer.all_records())) <=
            {i for q in list(bad.accepted) if q.path == '/v1/traces' for i in ids(q)}):
        time.sleep(0.2)
    tracer.stop()
    records = tracer.all_records()
    calls = [r for r in records if r['type'] == 'llm.call']
    check(wanted > 50, 'calls', wanted)
    check.equal(len(calls), wanted, 'the records of a capture whose collector fails')
    check.equal(tracer.stats().get('lost_records'), 0, 'lost')
    got = [i for q in bad.accepted if q.path == '/v1/traces' for i in ids(q)]
    check.equal(len(got), len(set(got)), 'no span comes twice')
    check.equal(set(got), set(span_ids(records)), 'each span arrives')
    check(grown < 40 * MIB, 'memory', grown)
    st = tracer.stats()
    check(st.get('export.failures', 0) >= 3, 'failures are counted', st)
    check.equal([v for k, v in st.items() if k.startswith('export.dropped.') and v], [], 'drops')
    check(st.get('export.sent', 0) >= len(got), 'what was sent is counted', len(got), st)
    log = '\n'.join(tracer.lines)
    check('is tried again' in log and 'works again' in log, 'said', log)
    check(len(tracer.lines) < 30, 'not too often', log)
    provider.stop()


def refused():
    """What it does not take is counted. The endpoint is in the configuration file."""
    provider = lib.Provider()
    bad = badcollector.Receiver(mode=badcollector.status(400))
    held = load(provider, 'loop', '20')
    path = os.path.join(lib.temporary_directory(), 'config')
    with open(path, 'w') as f:
        f.write('[otel]\nOTEL_EXPORTER_OTLP_ENDPOINT = %s\nOTEL_METRICS_EXPORTER = none\n' % bad.url)
    tracer = lib.Tracer('-p', held.pid, '--config', path, env=environment())
    held.go()
    held.finish()
    tracer.settle(20)
    end = time.monotonic() + 10
    while time.monotonic() < end and not [q for q in bad.requests if q.path == '/v1/traces']:
        time.sleep(0.1)
    time.sleep(1)
    tracer.stop()
    check.equal(len(tracer.records()), 20, 'records')
    spans = sum(len(ids(q)) for q in bad.requests if q.path == '/v1/traces')
    dropped = tracer.stats().get('export.dropped.http_4xx', 0)
    check(dropped >= spans >= 20, 'dropped', dropped, spans)
    check(not [q for q in bad.requests if q.path == '/v1/metrics'], 'metrics are not wanted')
    check('dropped and counted' in '\n'.join(tracer.lines), 'said')
    provider.stop()


def not_itself():
    """Export that looks like a call of a model, over the library that is traced: another program's
    is seen, its own is not."""
    provider = lib.Provider()
    url = provider.base + '/v1/chat/completions'
    tracer = lib.Tracer(env=environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=url,
                                        OTEL_EXPORTER_OTLP_METRICS_ENDPOINT=url,
                                        OTEL_EXPORTER_OTLP_LOGS_ENDPOINT=url,
                                        OTEL_EXPORTER_OTLP_CERTIFICATE=provider.ca))
    clean = environment(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT=url,
                        OTEL_EXPORTER_OTLP_CERTIFICATE=provider.ca)
    body = b'{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hello"}]}'
    other = lib.spawn([lib.helper('otlpsend')], stdin=-1, stdout=-1, env=clean)
    other.stdin.write(b'put traces 1 %d\n%ssleep 1000\n' % (len(body), body))
    other.stdin.flush()
    end = time.monotonic() + 10
    while time.monotonic() < end and not [r for r in tracer.records()
                                          if r.get('process.pid') == other.pid]:
        time.sleep(0.1)
    other.communicate(timeout=20)
    time.sleep(2.5)
    tracer.stop()
    seen = {r.get('process.pid') for r in tracer.records()}
    check(other.pid in seen, 'the other program is seen: this shows that it could be', seen)
    check(tracer.pid not in seen, 'it traces its own export')
    mine = [t for t in provider.truth() if 'error' not in t]
    check(mine, 'the provider was asked')
    st = tracer.stats()
    check(st.get('export.failures', 0) + st.get('export.sent', 0) > 0, 'it did export', st)
    provider.stop()


def real():
    """A real collector with TLS, restarted while calls are made."""
    collector.need()
    provider = lib.Provider()
    directory = lib.temporary_directory()
    tls = badcollector.certificate(directory, 'collector', 'IP:127.0.0.1')
    there = collector.Collector(tls=tls)
    held = load(provider, 'steady', '5')
    tracer = lib.Tracer('-p', held.pid, '--otlp', there.url, env=environment(
        OTEL_EXPORTER_OTLP_CERTIFICATE=tls[0], OTEL_EXPORTER_OTLP_COMPRESSION='gzip',
        OTEL_EXPORTER_OTLP_HEADERS='x-tenant=tests', OTEL_RESOURCE_ATTRIBUTES='deploy.id=a%2Cb'))
    held.go()
    time.sleep(1.5)
    there.stop()
    time.sleep(1.5)
    there.start()
    held.finish()
    wanted = len(provider.truth())
    tracer.settle(wanted)
    tracer.stop()
    there.stop()
    records = tracer.all_records()
    calls = [r for r in records if r['type'] == 'llm.call']
    check.equal(len(calls), wanted, 'records beside a real collector')
    spans = there.spans()
    check.equal(len(spans), len({s['spanId'] for s in spans}), 'no span comes twice')
    check.equal({s['spanId'] for s in spans}, set(span_ids(records)), 'each span arrives')
    check(there.metrics(), 'metrics arrive')
    for s in spans[:3]:
        check.equal(collector.attributes(s['resource']).get('deploy.id'), 'a,b', 'resource')
    # It is asked whether it listens yet, without TLS.
    errors = [x for x in there.log().splitlines()
              if '\terror\t' in x.lower() and 'TLS handshake error' not in x]
    check.equal(errors, [], 'the collector complains')
    check.equal(tracer.stats().get('export.dropped.http_4xx'), 0, 'drops')
    provider.stop()


failing()
refused()
not_itself()
real()
check.finish()
