# SPDX-License-Identifier: Apache-2.0
"""otlp_check.py finds what it is there to find: each rule, broken once in what is otherwise right."""
import copy
import os
import sys

import lib
from lib import check

if not os.environ.get('IN_VENV'):
    for module in ('opentelemetry.proto', 'jsonschema'):
        lib.need_module(module)
    os.execve(lib.VENV_PYTHON, [lib.VENV_PYTHON, *sys.argv], {**os.environ, 'IN_VENV': '1'})

import otlp_check  # noqa: E402  (they need the packages of build/venv)
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs  # noqa: E402
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics  # noqa: E402
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces  # noqa: E402

if not otlp_check.have_profiles():
    lib.skip('no ../shared/semconv')
TRACE, START = bytes(range(16)), 1_800_000_000 * 10**9


def put(pairs, **values):
    """Attributes; _ in names is a dot, __ an underscore."""
    for name, v in values.items():
        p = pairs.add()
        p.key = name.replace('__', '\0').replace('_', '.').replace('\0', '_')
        set_value(p.value, v)


def set_value(to, v):
    if isinstance(v, bool):
        to.bool_value = v
    elif isinstance(v, int):
        to.int_value = v
    elif isinstance(v, float):
        to.double_value = v
    elif isinstance(v, list):
        for x in v:
            set_value(to.array_value.values.add(), x)
    elif isinstance(v, dict):
        for k, x in v.items():
            p = to.kvlist_value.values.add()
            p.key = k
            set_value(p.value, x)
    else:
        to.string_value = v


def envelope(message, kind, items):
    part = getattr(message, 'resource_' + kind).add()
    put(part.resource.attributes, service_name='app', telemetry_sdk_name='llmsnoop',
        telemetry_sdk_language='cpp', telemetry_sdk_version='1')
    scope = getattr(part, 'scope_' + kind).add()
    scope.scope.name, scope.scope.version = 'llmsnoop', '1'
    scope.schema_url = otlp_check.SCHEMA_URLS['1.41']
    return getattr(scope, items)


def some_spans():
    m = traces.ExportTraceServiceRequest()
    spans = envelope(m, 'spans', 'spans')
    for i, (name, kind) in enumerate((('invoke_agent', 1), ('chat m', 3), ('execute_tool t', 1),
                                      ('tools/call t', 3))):
        s = spans.add()
        s.trace_id, s.span_id, s.name, s.kind = TRACE, bytes(7) + bytes([i + 1]), name, kind
        s.start_time_unix_nano, s.end_time_unix_nano = START + i, START + 10**9
        s.parent_span_id = b'' if i == 0 else spans[0].span_id
    put(spans[0].attributes, gen__ai_operation_name='invoke_agent')
    put(spans[1].attributes, gen__ai_operation_name='chat', gen__ai_provider_name='openai',
        gen__ai_request_model='m', server_address='h', server_port=443, error_type='429')
    spans[1].status.code = 2
    put(spans[2].attributes, gen__ai_operation_name='execute_tool', gen__ai_tool_name='t')
    put(spans[3].attributes, gen__ai_operation_name='execute_tool', gen__ai_tool_name='t',
        mcp_method_name='tools/call')
    return m


def some_records():
    m = logs.ExportLogsServiceRequest()
    r = envelope(m, 'logs', 'log_records').add()
    r.trace_id, r.span_id, r.event_name = TRACE, bytes(7) + b'\x02', \
        'gen_ai.client.operation.exception'
    r.time_unix_nano = r.observed_time_unix_nano = START
    r.severity_number = 13
    put(r.attributes, exception_type='429')
    return m


def some_metrics():
    m = metrics.ExportMetricsServiceRequest()
    metric = envelope(m, 'metrics', 'metrics').add()
    metric.name, metric.unit = 'gen_ai.client.operation.duration', 's'
    metric.histogram.aggregation_temporality = 2
    p = metric.histogram.data_points.add()
    p.start_time_unix_nano, p.time_unix_nano = START, START + 1
    p.explicit_bounds.extend([0.01 * 2**i for i in range(14)])
    p.bucket_counts.extend([0, 0, 1] + [0] * 12)
    p.count, p.sum, p.min, p.max = 1, 0.03, 0.03, 0.03
    put(p.attributes, gen__ai_operation_name='chat', gen__ai_provider_name='openai')
    return m


def faults(kind=None, breaks=None, content=False):
    made = {'traces': some_spans(), 'logs': some_records(), 'metrics': some_metrics()}
    if kind:
        breaks(made[kind])
    rules = otlp_check.Rules('1.41', content)
    for name, message in made.items():
        getattr(rules, name)(message)
    rules.end()
    return rules.faults


def span(i, breaks):
    return 'traces', lambda m: breaks(m.resource_spans[0].scope_spans[0].spans[i])


def record(breaks):
    return 'logs', lambda m: breaks(m.resource_logs[0].scope_logs[0].log_records[0])


def metric(breaks):
    return 'metrics', lambda m: breaks(m.resource_metrics[0].scope_metrics[0].metrics[0])


def point(breaks):
    return metric(lambda m: breaks(m.histogram.data_points[0]))


def assign(**values):
    def breaks(x):
        for name, v in values.items():
            setattr(x, name, v)
    return breaks


def more(**values):
    return lambda x: put(x.attributes, **values)


def without(key):
    def breaks(x):
        kept = [copy.deepcopy(a) for a in x.attributes if a.key != key]
        assert len(kept) < len(x.attributes)
        del x.attributes[:]
        x.attributes.extend(kept)
    return breaks


def change(key, v):
    def breaks(x):
        without(key)(x)
        p = x.attributes.add()
        p.key = key
        set_value(p.value, v)
    return breaks


def status(code):
    def breaks(s):
        s.status.code = code
    return breaks


BROKEN = {
    'no trace id': span(1, assign(trace_id=b'')),
    'a zero trace id': span(1, assign(trace_id=bytes(16))),
    'a short span id': span(1, assign(span_id=b'1')),
    'a parent of nobody': span(1, assign(parent_span_id=b'12345678')),
    'an id twice': span(1, assign(span_id=bytes(7) + b'\x03')),
    'end before start': span(1, assign(end_time_unix_nano=1)),
    'status OK': span(0, status(1)),
    'ERROR without error.type': span(0, status(2)),
    'error.type without ERROR': span(1, status(0)),
    'another kind': span(1, assign(kind=1)),
    'a tool of kind CLIENT': span(2, assign(kind=3)),
    'a name without the model': span(1, assign(name='chat')),
    'a name with two spaces': span(1, assign(name='chat  m')),
    'no provider': span(1, without('gen_ai.provider.name')),
    'a tool without name': span(2, without('gen_ai.tool.name')),
    'an unknown operation': span(1, change('gen_ai.operation.name', 'rerank')),
    'no operation': span(1, without('gen_ai.operation.name')),
    'an address without port': span(1, without('server.port')),
    'a port as text': span(1, change('server.port', '443')),
    'tokens as double': span(1, more(gen__ai_usage_input__tokens=1.0)),
    'a reason that is no list': span(1, more(gen__ai_response_finish__reasons='stop')),
    'an attribute that nobody knows': span(1, more(gen__ai_usage_prompt__tokens=1)),
    'the name of later conventions': span(1, more(gen__ai_usage_cache__write_input__tokens=1)),
    'an empty value': span(1, more(gen__ai_response_id='')),
    'a key twice': span(1, more(error_type='x')),
    'no such output type': span(1, more(gen__ai_output_type='xml')),
    'content': span(1, more(gen__ai_input_messages='[]')),
    'a tool below a chat': span(2, assign(parent_span_id=bytes(7) + b'\x02')),
    'MCP that is no tool call': span(3, change('mcp.method.name', 'ping')),
    'no service.name': ('traces', lambda m: without('service.name')(m.resource_spans[0].resource)),
    'a scope without name': (
        'traces', lambda m: m.resource_spans[0].scope_spans[0].scope.ClearField('name')),
    'a schema of others': ('traces', lambda m: setattr(
        m.resource_spans[0].scope_spans[0], 'schema_url', 'https://x')),
    'a scope without spans': (
        'traces', lambda m: m.resource_spans.add().scope_spans.add()),
    'an unknown event': record(assign(event_name='gen_ai.x')),
    'an event of no span': record(assign(span_id=b'12345678')),
    'another severity': record(assign(severity_number=9)),
    'an exception that says nothing': record(without('exception.type')),
    'no time': record(assign(time_unix_nano=0)),
    'another unit': metric(assign(unit='ms')),
    'an unknown metric': metric(assign(name='gen_ai.x')),
    'no temporality': metric(lambda m: setattr(m.histogram, 'aggregation_temporality', 0)),
    'other bounds': point(lambda p: p.explicit_bounds.__setitem__(0, 0.005)),
    'too few buckets': point(lambda p: p.bucket_counts.pop()),
    'another count': point(assign(count=2)),
    'no sum': point(lambda p: p.ClearField('sum')),
    'a maximum of another bucket': point(assign(max=5.0)),
    'a start after the time': point(assign(start_time_unix_nano=START + 2)),
    'an attribute that is none of its': point(more(llmsnoop_x='y')),
    'no operation of a point': point(without('gen_ai.operation.name')),
    'a series twice': metric(lambda m: m.histogram.data_points.add().CopyFrom(
        m.histogram.data_points[0])),
    'another instrument': metric(lambda m: m.gauge.data_points.add(
        time_unix_nano=START, as_int=1)),
    'an exemplar with half an id': point(lambda p: p.exemplars.add(
        trace_id=b'x', time_unix_nano=START, as_double=1)),
}
check.equal(faults(), [], 'what is right')
for what, (kind, breaks) in BROKEN.items():
    check(faults(kind, breaks), 'not found:', what)

# Content, where it is wanted: JSON text on spans, structured in events.
TEXT = '[{"role":"user","parts":[{"type":"text","content":"x"}]}]'
MESSAGES = [{'role': 'user', 'parts': [{'type': 'text', 'content': 'x'}]}]
NO_CONTENT = [{'role': 'user', 'parts': [{'type': 'text'}]}]
for good, value in ((True, TEXT), (False, MESSAGES), (False, 'x'), (False, '[{"parts":[]}]'),
                    (False, TEXT.replace('"content":"x"', '"text":"x"'))):
    kind, breaks = span(1, more(gen__ai_input_messages=value))
    check.equal(not faults(kind, breaks, True), good, 'on a span', value)
for good, value in ((True, MESSAGES), (False, TEXT), (False, NO_CONTENT)):
    def details(r, value=value):
        r.event_name, r.severity_number = 'gen_ai.client.inference.operation.details', 5
        put(r.attributes, gen__ai_operation_name='chat', gen__ai_provider_name='openai',
            gen__ai_input_messages=value)
    kind, breaks = record(details)
    check.equal(not faults(kind, breaks, True), good, 'in an event', value)
check.finish()
