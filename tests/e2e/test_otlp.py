# SPDX-License-Identifier: Apache-2.0
# timeout: 180
"""What a collector receives of a mixed run, by the rules of OTLP and of the conventions, in both of
their versions; the same as the records say; and what a real collector makes of it."""
import json
import os
import subprocess
import sys

import lib
from lib import check

if not os.environ.get('IN_VENV'):
    for module in ('opentelemetry.proto', 'jsonschema'):
        lib.need_module(module)
    os.execve(lib.VENV_PYTHON, [lib.VENV_PYTHON, *sys.argv], {**os.environ, 'IN_VENV': '1'})

import collector  # noqa: E402
import otlp_check  # noqa: E402  (they need the packages of build/venv)
import otlp_mixed  # noqa: E402
import otlp_receiver  # noqa: E402

directory = lib.temporary_directory()
cap = os.path.join(directory, 'mixed.cap')
otlp_mixed.Mixed(cap).all()
receiver = otlp_receiver.Receiver()
PARENTS = {bytes.fromhex(otlp_mixed.PARENT)}


def replay(*args, url=None, env=None, want=0):
    """The records of a replay that exports."""
    out = os.path.join(lib.temporary_directory(), 'out.jsonl')
    p = subprocess.run(
        [lib.LLMSNOOP, '-r', cap, '-q', '--role', 'both', '-o', out, '--otlp', url or receiver.url,
         *args], env={**os.environ, **(env or {})}, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=60)
    check.equal(p.returncode, want, 'exit status:', p.stderr[-500:])
    if want:
        return []
    with open(out) as f:
        return [json.loads(line) for line in f]


def judge(semconv, content=False, **more):
    rules = otlp_check.Rules(semconv, content, **more)
    for message in receiver.of('traces'):
        rules.traces(message)
    for message in receiver.of('logs'):
        rules.logs(message)
    for message in receiver.of('metrics'):
        rules.metrics(message)
    rules.end(PARENTS)
    for fault in receiver.faults + rules.faults:
        check(False, semconv, fault)
    check(not rules.faults, semconv, len(rules.faults), 'rules broken')
    return rules


def number(rules, name, **labels):
    """(count or sum of values, sum) over the points of a metric that have those labels."""
    count = total = 0
    for n, _, a, kind, p in rules.points:
        if n == name and all(a.get(k) == v for k, v in labels.items()):
            count += p.count if kind == 'histogram' else p.as_int or p.as_double
            total += p.sum if kind == 'histogram' else 0
    return count, total


def same_facts(rules, records, semconv):
    """Each record is a span with its facts, and metrics sum up to what records do."""
    spans = {s.span_id.hex(): (s, a, r) for s, a, r in rules.spans.values()}
    # One span for each use of a tool: its own call, where that was seen.
    told = [r for r in records if r['type'] != 'stats' and
            r['trace_id'] != otlp_mixed.UNSAMPLED_TRACE and 'llmsnoop.tool.mcp_span_id' not in r]
    check.equal(len(spans), len(told), 'spans')
    renamed = {'gen_ai.usage.cache_creation.input_tokens':
               'gen_ai.usage.cache_write.input_tokens'} if semconv == 'latest' else {}
    for r in told:
        if not check(r['span_id'] in spans, 'no span of', r['type'], r.get('name')):
            continue
        s, a, resource = spans[r['span_id']]
        check.equal((s.trace_id.hex(), s.parent_span_id.hex()),
                    (r['trace_id'], r.get('parent_span_id', '')), 'ids of', r['name'])
        check(abs((s.end_time_unix_nano - s.start_time_unix_nano) / 1e9 - r['duration_s']) < 1e-9,
              'duration of', r['name'])
        for key in ('gen_ai.request.model', 'gen_ai.response.model', 'gen_ai.response.id',
                    'error.type', 'gen_ai.request.temperature', 'gen_ai.request.stop_sequences',
                    'gen_ai.response.finish_reasons', 'gen_ai.usage.input_tokens',
                    'gen_ai.usage.cache_creation.input_tokens', 'gen_ai.usage.cost',
                    'llmsnoop.ttft_s', 'llmsnoop.streamed', 'http.response.status_code',
                    'gen_ai.tool.name', 'mcp.method.name', 'llmsnoop.run.rounds'):
            if r['type'] == 'llm.call' and key.startswith('gen_ai.usage.') and (
                    r['gen_ai.operation.name'] == 'fetch_response' or
                    r['llmsnoop.role'] == 'server'):
                check(key not in a, key, 'on', s.name)
            elif r['type'] == 'agent.run' and 'cache_creation' in key and semconv == 'latest':
                check(renamed[key] not in a, key, 'on', s.name)
            elif not (semconv == 'latest' and key == 'gen_ai.response.finish_reasons' and
                      'error.type' in r):
                check.equal(a.get(renamed.get(key, key)), r.get(key), key, 'of', s.name)
        for key in ('process.pid', 'process.executable.name', 'llmsnoop.feature'):
            check.equal(resource.get(key), r.get(key), key, 'of the resource of', s.name)

    calls = [r for r in records if r['type'] == 'llm.call' and r['llmsnoop.role'] == 'client']
    known = [r for r in calls if r['gen_ai.operation.name'] not in ('moderation', 'count_tokens')]
    inference = [r for r in known if r['gen_ai.operation.name'] in
                 ('chat', 'generate_content', 'text_completion', 'image', 'audio')]

    def total(rows, key):
        return sum(r.get(key, 0) for r in rows)

    if semconv == '1.41':
        usage = [r for r in known if r['gen_ai.operation.name'] != 'fetch_response']
        for token in ('input', 'output'):
            count, s = number(rules, 'gen_ai.client.token.usage', **{'gen_ai.token.type': token})
            key = 'gen_ai.usage.%s_tokens' % token
            check.equal((count, s), (sum(key in r for r in usage), total(usage, key)), key)
        count, s = number(rules, 'gen_ai.client.operation.duration')
        check.equal(count, len(known), 'operations')
        check(abs(s - total(known, 'duration_s')) < 1e-6, 'durations')
    else:
        for metric, key in (('input_tokens', 'input_tokens'), ('output_tokens', 'output_tokens'),
                            ('cache_write.input_tokens', 'cache_creation.input_tokens'),
                            ('cache_read.input_tokens', 'cache_read.input_tokens')):
            check.equal(number(rules, 'gen_ai.client.inference.usage.' + metric)[0],
                        total(inference, 'gen_ai.usage.' + key), metric)
        check.equal(number(rules, 'gen_ai.client.inference.duration')[0], len(inference),
                    'inferences')
        check.equal(number(rules, 'gen_ai.client.operation.duration')[0],
                    len(known) - len(inference), 'other operations')
    check.equal(number(rules, 'gen_ai.invoke_agent.duration')[0],
                sum(r['type'] == 'agent.run' for r in records), 'runs')
    check.equal(number(rules, 'gen_ai.execute_tool.duration')[0],
                sum(r['type'] == 'agent.tool' for r in records), 'uses of tools')


def kinds(rules):
    return {(a.get('gen_ai.operation.name') or a.get('mcp.method.name') or
             a.get('llmsnoop.operation'), s.kind) for s, a, _ in rules.spans.values()}


if not otlp_check.have_profiles():
    print('the conventions themselves are not checked: no ../shared/semconv')
for semconv in ('1.41', 'latest'):
    receiver.clear()
    records = replay('--semconv', semconv)
    rules = judge(semconv)
    same_facts(rules, records, semconv)
    want = {('chat', 3), ('generate_content', 3), ('embeddings', 3), ('retrieval', 3),
            ('fetch_response', 3), ('invoke_agent', 1), ('execute_tool', 1), ('execute_tool', 3),
            ('execute_tool', 2), ('initialize', 3), ('prompts/get', 3), ('moderation', 3),
            ('count_tokens', 3), ('chat', 2)}
    check(want <= kinds(rules), 'spans of no kind:', want - kinds(rules))
    used = [r for r in records if 'llmsnoop.tool.mcp_span_id' in r]
    check.equal([r['gen_ai.tool.name'] for r in used], ['mcp__files__lookup'], 'tools by MCP')
    for r in used:
        s = rules.spans[bytes.fromhex(r['llmsnoop.tool.mcp_span_id'])][0]
        check.equal(s.parent_span_id.hex(), r['parent_span_id'], 'the parent of', s.name)
    failed = [r for r in records if r['type'] == 'llm.call' and 'error.type' in r]
    check.equal(len(rules.records), len(failed), 'exceptions')
    check(len(failed) >= 4, 'errors', len(failed))
    child = [s for s, _, _ in rules.spans.values() if s.parent_span_id in PARENTS]
    check.equal([s.trace_id.hex() for s in child], [otlp_mixed.TRACE], 'below the application')
    check(not any(b'canary' in body for body in receiver.bodies), 'content without being asked')
    print(semconv, '%d spans, %d events, %d points' % (
        len(rules.spans), len(rules.records), len(rules.points)))

# The same again is the same to the byte, but for what says when the program ran.
spans = sorted(b for b in receiver.bodies if b'gen_ai.request.model' in b)
receiver.clear()
replay('--semconv', 'latest')
check.equal(sorted(b for b in receiver.bodies if b'gen_ai.request.model' in b), spans,
            'a second replay')

# Content: on spans as JSON text, in events structured; each where it is asked for, nowhere else.
for semconv in ('1.41', 'latest'):
    for where in (None, 'EVENT_ONLY', 'SPAN_AND_EVENT', 'NO_CONTENT'):
        receiver.clear()
        said = replay('--semconv', semconv, '--content', 'full', env={
            'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT': where} if where else {})
        rules = judge(semconv, content=True)
        on_spans = sum('gen_ai.input.messages' in a for _, a, _ in rules.spans.values())
        details = [a for r, a in rules.records
                   if r.event_name == 'gen_ai.client.inference.operation.details']
        have = [r for r in said if 'gen_ai.input.messages' in r and
                r['trace_id'] != otlp_mixed.UNSAMPLED_TRACE]
        check(len(have) > 15, 'records with content', len(have))
        check.equal(on_spans, len(have) if where in (None, 'SPAN_AND_EVENT') else 0, 'on spans',
                    where)
        check((len(details) > 10) == (where in ('EVENT_ONLY', 'SPAN_AND_EVENT')), 'events', where,
              len(details))
        check.equal(any(b'canary' in body for body in receiver.bodies), where != 'NO_CONTENT',
                    where)

# Samplers, attribute limits, resource attributes, temporality.
receiver.clear()
replay(env={'OTEL_TRACES_SAMPLER': 'always_off'})
check.equal((len(receiver.of('traces')), len(receiver.of('logs'))), (0, 0), 'always_off')
receiver.clear()
replay('--semconv', 'latest',
       env={'OTEL_TRACES_SAMPLER': 'always_on', 'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT': '5',
            'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT': '4',
            'OTEL_RESOURCE_ATTRIBUTES': 'deployment.environment.name=t%20x'})
limited = [s for m in receiver.of('traces') for r in m.resource_spans for sc in r.scope_spans
           for s in sc.spans]
check.equal(len(limited), len([r for r in records if r['type'] != 'stats' and
                                   'llmsnoop.tool.mcp_span_id' not in r]), 'always_on')
check(all(len(s.attributes) <= 5 for s in limited), 'more attributes than the limit')
for s in limited:
    whole = rules.spans.get(s.span_id)
    if whole:
        check.equal(len(s.attributes) + s.dropped_attributes_count, len(whole[1]), 'dropped')
check(all(len(a.value.string_value) <= 4 for s in limited for a in s.attributes), 'long values')
for m in receiver.of('traces'):
    for r in m.resource_spans:
        check(any(a.key == 'deployment.environment.name' and a.value.string_value == 't x'
                  for a in r.resource.attributes), 'OTEL_RESOURCE_ATTRIBUTES')
receiver.clear()
replay(env={'OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE': 'delta',
            'OTEL_METRIC_EXPORT_INTERVAL': '1000'})
check(len(receiver.of('metrics')) > 3, 'exports of metrics', len(receiver.of('metrics')))
delta = judge('1.41', temporality=1)
same_facts(delta, records, '1.41')
receiver.clear()
replay(env={'OTEL_METRIC_EXPORT_INTERVAL': '1000'})
judge('1.41')

# Backends.
receiver.clear()
replay('--otlp-profile', 'langfuse', env={'LANGFUSE_PUBLIC_KEY': 'pk', 'LANGFUSE_SECRET_KEY': 'sk'})
check.equal({path for path, _, _ in receiver.requests}, {'/api/public/otel/v1/traces'}, 'langfuse')
check.equal({h.get('Authorization') for _, h, _ in receiver.requests}, {'Basic cGs6c2s='},
            'langfuse')
langfuse = [(s, {a.key: otlp_check.plain(a.value) for a in s.attributes})
            for m in receiver.of('traces') for r in m.resource_spans for sc in r.scope_spans
            for s in sc.spans]
check(any('langfuse.observation.completion_start_time' in a for _, a in langfuse), 'langfuse')
for s, a in langfuse:
    usage = {k for k in a if k.startswith('gen_ai.usage.')}
    check(a.get('gen_ai.operation.name') != 'invoke_agent' or not usage, s.name, 'has', usage)
receiver.clear()
replay('--otlp-profile', 'datadog', env={'DD_API_KEY': 'k'})
check.equal({(h.get('dd-otlp-source'), h.get('dd-api-key')) for _, h, _ in receiver.requests},
            {('llmobs', 'k')}, 'datadog')
receiver.clear()
replay('--otlp-profile', 'signoz')
check(any(a.key == 'gen_ai.server.ttft' for m in receiver.of('traces') for r in m.resource_spans
          for sc in r.scope_spans for s in sc.spans for a in s.attributes), 'signoz')
replay('--otlp-profile', 'nobody', want=2)

# A real collector makes of it what our receiver does.
if os.access(collector.PATH, os.X_OK):
    receiver.clear()
    replay()
    ours = judge('1.41')
    real = collector.Collector()
    replay(url=real.url)
    check(real.wait(len(ours.spans), 1, len(ours.records)), 'the collector has less')
    spans = {s['spanId']: s for s in real.spans()}
    check.equal((len(spans), len(real.spans()), len(real.logs())),
                (len(ours.spans), len(ours.spans), len(ours.records)), 'the collector')
    for s, a, resource in ours.spans.values():
        there = spans.get(s.span_id.hex(), {})
        check.equal((there.get('name'), there.get('kind'), there.get('parentSpanId', '')),
                    (s.name, s.kind, s.parent_span_id.hex()), 'the collector')
        check.equal(collector.attributes(there), a, 'the collector: attributes of', s.name)
    points = sum(len(m[k].get('dataPoints', [])) for m in real.metrics()
                 for k in ('sum', 'gauge', 'histogram') if k in m)
    check.equal(points, len(ours.points), 'points that the collector has')
    real.stop()
else:
    print('no real collector (tests/e2e/go/build collector)')

# Live: what is traced now is there when the tracer has ended.
lib.need_tracing()
receiver.clear()
provider = lib.Provider('--speed', 0.1)
script = '; '.join(lib.client('py_stdlib.py', API=api, STREAM=s, CALLS=2, DEMO=demo)
                   for api in ('openai', 'anthropic') for s in (0, 1)
                   for demo in ('tokens=9', 'tools=2', 'error=429'))
held = lib.Held(['/bin/bash', '-c', script], env={**provider.env, **lib.private_libssl()})
tracer = lib.Tracer('-p', held.pid, '--otlp', receiver.url)
held.go()
held.finish()
tracer.settle()
check.equal(tracer.stop(), 0, 'exit status')
live = judge('1.41')
check(len(live.spans) >= 24, 'live spans', len(live.spans))
same_facts(live, tracer.all_records(), '1.41')
check.finish()
