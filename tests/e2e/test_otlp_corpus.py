# SPDX-License-Identifier: Apache-2.0
# timeout: 180
"""Recorded traffic of public projects, every API of it, as a collector receives it: what is told of
each call keeps the rules of both versions of the conventions, its content their schemas, and the
numbers are those of the records. Needs the corpus beside the checkout, or LLMSNOOP_CORPUS."""
import base64
import glob
import gzip
import json
import os
import re
import subprocess
import sys
import urllib.parse

import corpus
import lib
from lib import check

corpus.need()
if not os.environ.get('IN_VENV'):
    for module in ('opentelemetry.proto', 'jsonschema'):
        lib.need_module(module)
    os.execve(lib.VENV_PYTHON, [lib.VENV_PYTHON, *sys.argv], {**os.environ, 'IN_VENV': '1'})

import capfile  # noqa: E402
import otlp_check  # noqa: E402  (it needs the packages of build/venv)
import otlp_receiver  # noqa: E402

FRAMING = {'host', 'content-length', 'transfer-encoding', 'connection'}
PID, PIECE = 7, 60000


def pairs(headers):
    items = headers.items() if isinstance(headers, dict) else headers or []
    for name, value in items:
        for v in value if isinstance(value, list) else [value]:
            yield name, v


def message(first, headers, body, coded=True):
    """coded: the body is as its Content-Encoding says."""
    lines = [first] + ['%s: %s' % (k, v) for k, v in headers if k.lower() not in FRAMING and (
        coded or k.lower() != 'content-encoding')]
    lines += ['Content-Length: %d' % len(body), '', '']
    return '\r\n'.join(lines).encode('utf-8', 'replace') + body


def write(path):
    """All exchanges, one connection each; how many."""
    w, n = capfile.Writer(path), 0
    w.process(PID)
    for name in sorted(glob.glob(os.path.join(corpus.DIRECTORY, '*.jsonl.gz'))):
        if '.truth.' in name or 'websocket' in name:
            continue
        for line in gzip.open(name):
            r, n = json.loads(line), n + 1
            url = urllib.parse.urlsplit(r['url'])
            target = (url.path or '/') + ('?' + url.query if url.query else '')
            asked = message('%s %s HTTP/1.1\r\nHost: %s' % (r['method'], target, url.netloc),
                            pairs(r.get('req_headers')), base64.b64decode(r.get('req_body_b64') or ''))
            told = message('HTTP/1.1 %d X' % int(r['status'] or 200), pairs(r.get('resp_headers')),
                           base64.b64decode(r.get('resp_body_b64') or ''),
                           r.get('body_state') == 'wire')
            for direction, data in ((capfile.WRITE, asked), (capfile.READ, told)):
                for at in range(0, len(data), PIECE):
                    w.data(n, PID, direction, data[at:at + PIECE])
                w.wait(0.1)
            w.close(n, PID)
    w.end()
    return n


directory = lib.temporary_directory()
cap = os.path.join(directory, 'corpus.cap')
exchanges = write(cap)
with open(cap, 'rb') as f:
    parents = {bytes.fromhex(p.decode()) for p in
               re.findall(rb'[Tt]raceparent: 00-[0-9a-f]{32}-([0-9a-f]{16})-', f.read())}
for semconv, content in (('1.41', True), ('latest', False)):
    receiver, out = otlp_receiver.Receiver(), os.path.join(directory, semconv)
    p = subprocess.run(
        [lib.LLMSNOOP, '-r', cap, '-q', '-o', out, '--otlp', receiver.url, '--semconv', semconv,
         *(['--content', 'full'] if content else [])], stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, env={
            **os.environ, 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT': 'SPAN_AND_EVENT'})
    check.equal((p.returncode, p.stderr), (0, ''), 'exit status and errors')
    rules = otlp_check.Rules(semconv, content)
    for kind in ('traces', 'logs', 'metrics'):
        for m in receiver.of(kind):
            getattr(rules, kind)(m)
    rules.end(parents)
    for fault in receiver.faults + rules.faults:
        check(False, semconv, fault)
    with open(out) as f:
        records = [json.loads(line) for line in f]
    # What its application does not record is not told; one use of a tool is one span.
    spans = {s.span_id.hex() for s, _, _ in rules.spans.values()}
    missing = [r for r in records if r['type'] in ('llm.call', 'mcp.call', 'agent.run') and
               r['span_id'] not in spans and 'parent_span_id' not in r]
    check(not missing, 'no span of', [r['name'] for r in missing[:5]])
    check(len(spans) > 3000, 'spans', len(spans))
    for key in ('gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens'):
        check.equal(sum(a.get(key, 0) for _, a, _ in rules.spans.values()
                        if a.get('gen_ai.operation.name') != 'invoke_agent'),
                    sum(r.get(key, 0) for r in records if r['type'] == 'llm.call' and
                        r['span_id'] in spans and
                        r.get('gen_ai.operation.name') != 'fetch_response'), key)
    print(semconv, '%d exchanges, %d spans, %d log records, %d points' % (
        exchanges, len(spans), len(rules.records), len(rules.points)))
    receiver.stop()
check.finish()
