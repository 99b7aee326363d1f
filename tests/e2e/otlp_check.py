# SPDX-License-Identifier: Apache-2.0
"""The rules of OTLP and of the OpenTelemetry GenAI conventions, as far as a receiver can see whether
they are kept (the official conformance rules of August 2026 among them). What the conventions say
is read from the profiles beside the checkout (../shared/semconv); without them only what OTLP
itself and this file say is checked.

  rules = otlp_check.Rules('1.41', content=False)
  rules.traces(message); rules.logs(message); rules.metrics(message)   # for each request, in order
  rules.end()
  rules.faults, rules.spans, rules.records, rules.points"""
import json
import os

import lib
import otlp_content

SHARED = os.path.join(os.path.dirname(lib.ROOT), 'shared')
if not os.path.isdir(SHARED):
    SHARED = os.environ.get('LLMSNOOP_SHARED', '/nonexistent')
PROFILES = {'1.41': 'profile-2026-08-03.json', 'latest': 'profile-latest.json'}
SCHEMA_URLS = {'1.41': 'https://opentelemetry.io/schemas/1.41.1', 'latest': ''}
INTERNAL, SERVER, CLIENT = 1, 2, 3
KIND = {'internal': INTERNAL, 'server': SERVER, 'client': CLIENT}
# Operation -> the conventions' span, and the attribute that its name has after the operation.
SPANS = {
    'chat': ('gen_ai.inference.client', 'gen_ai.request.model'),
    'generate_content': ('gen_ai.inference.client', 'gen_ai.request.model'),
    'text_completion': ('gen_ai.inference.client', 'gen_ai.request.model'),
    'embeddings': ('gen_ai.embeddings.client', 'gen_ai.request.model'),
    'retrieval': ('gen_ai.retrieval.client', 'gen_ai.data_source.id'),
    'fetch_response': ('gen_ai.fetch_response.client', None),
    'invoke_agent': ('gen_ai.invoke_agent.internal', 'gen_ai.agent.name'),
    'execute_tool': ('gen_ai.execute_tool.internal', 'gen_ai.tool.name'),
}
# Attributes that are no GenAI ones: their types (semantic-conventions, stable groups).
COMMON = {
    'error.type': 'string', 'server.address': 'string', 'server.port': 'int',
    'client.address': 'string', 'client.port': 'int', 'network.peer.address': 'string',
    'network.peer.port': 'int', 'network.transport': 'string', 'network.protocol.name': 'string',
    'network.protocol.version': 'string', 'http.request.method': 'string',
    'http.response.status_code': 'int', 'url.path': 'string', 'user_agent.original': 'string',
    'exception.type': 'string', 'exception.message': 'string', 'rpc.response.status_code': 'string',
    'service.name': 'string', 'process.pid': 'int', 'process.executable.name': 'string',
    'container.id': 'string', 'host.name': 'string', 'host.id': 'string', 'host.arch': 'string',
    'os.type': 'string', 'telemetry.sdk.name': 'string', 'telemetry.sdk.language': 'string',
    'telemetry.sdk.version': 'string', 'azure.resource_provider.namespace': 'string',
    'otel.metric.overflow': 'boolean', 'jsonrpc.request.id': 'string',
    # No convention has it; every backend that shows costs reads it.
    'gen_ai.usage.cost': 'double',
}
CLOSED = {'gen_ai.operation.name', 'gen_ai.output.type', 'gen_ai.token.type',
          'gen_ai.token.modality', 'openai.api.type', 'gen_ai.response.status'}
CONTENT = ('gen_ai.system_instructions', 'gen_ai.input.messages', 'gen_ai.output.messages',
           'gen_ai.tool.definitions', 'gen_ai.tool.call.arguments', 'gen_ai.tool.call.result')
TYPES = {'string_value': 'string', 'int_value': 'int', 'double_value': 'double',
         'bool_value': 'boolean', 'array_value': 'array', 'kvlist_value': 'kvlist'}


def have_profiles():
    return os.path.isdir(os.path.join(SHARED, 'semconv'))


def plain(v):
    """An AnyValue as Python has it."""
    kind = v.WhichOneof('value')
    if kind == 'array_value':
        return [plain(x) for x in v.array_value.values]
    if kind == 'kvlist_value':
        return {x.key: plain(x.value) for x in v.kvlist_value.values}
    return getattr(v, kind) if kind else None


def type_of(v):
    kind = v.WhichOneof('value')
    if kind == 'array_value':
        inner = {type_of(x) for x in v.array_value.values}
        return inner.pop() + '[]' if len(inner) == 1 else 'any[]'
    return TYPES.get(kind, 'none')


class Rules:
    def __init__(self, semconv, content=False, own_metrics=('llmsnoop.',), temporality=2):
        self.semconv, self.content, self.own_metrics = semconv, content, own_metrics
        self.temporality = temporality
        self.faults, self.spans, self.records, self.points = [], {}, [], []
        self.series = {}
        self.profile = None
        if have_profiles():
            with open(os.path.join(SHARED, 'semconv', PROFILES[semconv])) as f:
                self.profile = json.load(f)
        self.schemas = otlp_content.schemas(SHARED) if self.profile else None

    def fault(self, *what):
        self.faults.append(' '.join(map(str, what)))

    # ---- what all have

    def attributes(self, where, pairs):
        """As a dict, each checked by itself."""
        out = {}
        for p in pairs:
            if not p.key or p.key in out:
                self.fault(where, 'key', repr(p.key), 'is empty or stands twice')
            out[p.key] = plain(p.value)
            self.attribute(where, p.key, p.value, out[p.key])
        return out

    def attribute(self, where, key, any_value, value):
        have = type_of(any_value)
        known = self.profile['attributes'].get(key) if self.profile else None
        want = COMMON.get(key) or (known and known['type'])
        if have == 'none':
            self.fault(where, key, 'has no value')
        if value == '' or value == []:
            self.fault(where, key, 'is empty: unknown facts are absent')
        if want == 'enum':
            want = 'string'
        if key in CONTENT or want == 'any':
            return
        if want and have != want:
            self.fault(where, key, 'is', have, 'not', want)
        if self.profile and not want and key.startswith(('gen_ai.', 'mcp.', 'openai.', 'jsonrpc.')):
            self.fault(where, key, 'is no attribute of these conventions')
        if known and known['values'] and key in CLOSED and value not in known['values']:
            self.fault(where, key, 'has no such value:', value)
        if isinstance(value, float) and value != value:
            self.fault(where, key, 'is no number')

    def envelope(self, part, scopes):
        resource = self.attributes('resource', part.resource.attributes)
        for key in ('service.name', 'telemetry.sdk.name', 'telemetry.sdk.language',
                    'telemetry.sdk.version'):
            if not resource.get(key):
                self.fault('resource without', key, sorted(resource))
        if resource.get('telemetry.sdk.name') == 'opentelemetry':
            self.fault('telemetry.sdk.name is that of another')
        if not scopes:
            self.fault('a resource without scopes')
        for s in scopes:
            if s.scope.name != 'llmsnoop' or not s.scope.version:
                self.fault('scope', repr(s.scope.name), repr(s.scope.version))
            if s.schema_url != SCHEMA_URLS[self.semconv]:
                self.fault('schema_url', repr(s.schema_url))
        return resource

    def required(self, where, table, a):
        for key, rule in table.items():
            if rule['level'] == 'required' and key not in a:
                self.fault(where, 'lacks', key)

    # ---- spans

    def traces(self, message):
        if not message.resource_spans:
            self.fault('a request without spans')
        for part in message.resource_spans:
            resource = self.envelope(part, part.scope_spans)
            for scope in part.scope_spans:
                if not scope.spans:
                    self.fault('a scope without spans')
                for span in scope.spans:
                    self.span(span, resource)

    def span(self, s, resource):
        where = 'span %r' % s.name
        if len(s.trace_id) != 16 or not any(s.trace_id) or len(s.span_id) != 8 or \
                not any(s.span_id) or len(s.parent_span_id) not in (0, 8) or \
                (s.parent_span_id and not any(s.parent_span_id)):
            self.fault(where, 'ids', s.trace_id.hex(), s.span_id.hex(), s.parent_span_id.hex())
        if s.span_id in self.spans:
            self.fault(where, 'has an id that another has', s.span_id.hex())
        if not s.start_time_unix_nano or s.end_time_unix_nano < s.start_time_unix_nano:
            self.fault(where, 'times', s.start_time_unix_nano, s.end_time_unix_nano)
        a = self.attributes(where, s.attributes)
        if s.status.code == 1:
            self.fault(where, 'status OK is not for who observes')
        if (s.status.code == 2) != ('error.type' in a):
            self.fault(where, 'status', s.status.code, 'and error.type', a.get('error.type'))
        if s.status.message and s.status.message in (a.get('error.type'), str(s.status.code)):
            self.fault(where, 'status message says nothing new')
        if not self.content:
            for key in CONTENT:
                if key in a:
                    self.fault(where, 'has content that nobody asked for:', key)
        for key in CONTENT:
            if key in a and self.schemas:
                for fault in otlp_content.faults(self.schemas, key, a[key], as_text=True):
                    self.fault(where, key, fault)
        self.spans[s.span_id] = (s, a, resource)
        self.span_type(where, s, a)

    def span_type(self, where, s, a):
        operation, method = a.get('gen_ai.operation.name'), a.get('mcp.method.name')
        if method:
            name, target = method, a.get('gen_ai.tool.name') or a.get('gen_ai.prompt.name')
            kind = {CLIENT: 'mcp.client', SERVER: 'mcp.server'}.get(s.kind)
            if (operation == 'execute_tool') != (method == 'tools/call'):
                self.fault(where, 'operation of', method, 'is', operation)
        elif operation:
            if operation not in SPANS:
                self.fault(where, 'unknown operation', operation)
                return
            kind, target = SPANS[operation]
            name, target = operation, a.get(target)
            if operation == 'invoke_agent' and s.kind == CLIENT:
                kind = 'gen_ai.invoke_agent.client'
        else:
            # What the GenAI conventions have no word for is an HTTP span.
            if not a.get('http.request.method') or s.kind not in (CLIENT, SERVER):
                self.fault(where, 'is of no kind that is known', s.kind, sorted(a))
            return
        if s.name != name + (' ' + target if target else ''):
            self.fault(where, 'is not named as', name, target)
        if 'server.address' in a and 'server.port' not in a:
            self.fault(where, 'has server.address without server.port')
        if a.get('gen_ai.request.choice.count') == 1 or a.get('gen_ai.request.stream') is False:
            self.fault(where, 'says what goes without saying')
        if operation == 'fetch_response' and any(k.startswith('gen_ai.usage.') for k in a):
            self.fault(where, 'has usage')
        if a.get('gen_ai.response.time_to_first_chunk', 0) * 1e9 > \
                s.end_time_unix_nano - s.start_time_unix_nano + 1e3:
            self.fault(where, 'time to first chunk is longer than the span')
        if not self.profile:
            return
        if kind == 'gen_ai.inference.client' and self.semconv == 'latest':
            kind = 'gen_ai.client.inference'
        if kind not in self.profile['spans']:
            self.fault(where, 'kind', s.kind)
            return
        rule = self.profile['spans'][kind]
        if s.kind != KIND[rule['kind']]:
            self.fault(where, 'kind', s.kind, 'not', rule['kind'])
        self.required(where, rule['attributes'], a)

    # ---- log records

    def logs(self, message):
        for part in message.resource_logs:
            self.envelope(part, part.scope_logs)
            for scope in part.scope_logs:
                if not scope.log_records:
                    self.fault('a scope without log records')
                for r in scope.log_records:
                    self.record(r)

    def record(self, r):
        where = 'event %r' % r.event_name
        a = self.attributes(where, r.attributes)
        self.records.append((r, a))
        if not r.time_unix_nano or not r.observed_time_unix_nano:
            self.fault(where, 'has no time')
        severity = {'gen_ai.client.inference.operation.details': 5,
                    'gen_ai.client.operation.exception': 13}.get(r.event_name)
        if r.severity_number != severity:
            self.fault(where, 'severity', r.severity_number)
        if r.event_name == 'gen_ai.client.operation.exception' and not (
                a.get('exception.type') or a.get('exception.message')):
            self.fault(where, 'says neither type nor message')
        if self.profile:
            rule = self.profile['events'].get(r.event_name)
            if not rule:
                self.fault(where, 'is unknown')
            else:
                self.required(where, rule['attributes'], a)
        for key in CONTENT:
            if key not in a:
                continue
            if not self.content:
                self.fault(where, 'has content that nobody asked for:', key)
            if self.schemas:
                for fault in otlp_content.faults(self.schemas, key, a[key], as_text=False):
                    self.fault(where, key, fault)

    # ---- metrics

    def metrics(self, message):
        seen = set()
        for part in message.resource_metrics:
            resource = self.envelope(part, part.scope_metrics)
            for scope in part.scope_metrics:
                if not scope.metrics:
                    self.fault('a scope without metrics')
                for m in scope.metrics:
                    self.metric(m, resource, seen)

    def metric(self, m, resource, seen):
        where = 'metric ' + m.name
        kind = m.WhichOneof('data')
        data = getattr(m, kind) if kind else None
        if not kind or not data.data_points:
            self.fault(where, 'has no points')
            return
        if kind != 'gauge' and data.aggregation_temporality != self.temporality:
            self.fault(where, 'temporality', data.aggregation_temporality)
        if kind == 'sum' and not data.is_monotonic:
            self.fault(where, 'is not monotonic')
        rule = self.profile['metrics'].get(m.name) if self.profile else None
        if rule:
            instrument = {'counter': 'sum'}.get(rule['instrument'], rule['instrument'])
            if (kind, m.unit) != (instrument, rule['unit']):
                self.fault(where, kind, repr(m.unit), 'not', instrument, rule['unit'])
        elif self.profile and not m.name.startswith(self.own_metrics):
            self.fault(where, 'is unknown')
        for p in data.data_points:
            self.point(where, m, kind, p, rule, resource, seen)

    def point(self, where, m, kind, p, rule, resource, seen):
        a = self.attributes(where, p.attributes)
        key = (m.name, json.dumps(resource, sort_keys=True), json.dumps(a, sort_keys=True))
        if key in seen:
            self.fault(where, 'tells one series twice', key)
        seen.add(key)
        self.points.append((m.name, resource, a, kind, p))
        if 'process.pid' in a or 'process.pid' in resource:
            self.fault(where, 'is told by process')
        if not p.time_unix_nano or (kind != 'gauge' and not (
                0 < p.start_time_unix_nano <= p.time_unix_nano)):
            self.fault(where, 'times', p.start_time_unix_nano, p.time_unix_nano)
        if rule and 'otel.metric.overflow' not in a:
            allowed = set(rule['attributes'])
            for r in self.profile['refinements'].values():
                allowed |= set(r['attributes']) if r['of'] == m.name else set()
            if not set(a) <= allowed:
                self.fault(where, 'has attributes', sorted(set(a) - allowed))
            self.required(where, rule['attributes'], a)
            if 'server.address' in a and 'server.port' not in a:
                self.fault(where, 'has server.address without server.port')
        if kind == 'histogram':
            self.histogram(where, p, rule)
        elif not p.WhichOneof('value'):
            self.fault(where, 'has no value')
        for e in p.exemplars:
            if len(e.trace_id) not in (0, 16) or len(e.span_id) not in (0, 8) or \
                    not e.time_unix_nano or not e.WhichOneof('value'):
                self.fault(where, 'exemplar', e)
        self.follow(where, key, kind, p)

    def histogram(self, where, p, rule):
        bounds = list(p.explicit_bounds)
        if rule and bounds != [float(b) for b in rule['buckets']]:
            self.fault(where, 'bounds', bounds)
        if bounds != sorted(set(bounds)) or len(p.bucket_counts) != len(bounds) + 1:
            self.fault(where, 'bounds and buckets', len(bounds), len(p.bucket_counts))
        if sum(p.bucket_counts) != p.count or not p.HasField('sum'):
            self.fault(where, 'count', p.count, 'sum of buckets', sum(p.bucket_counts))
        if p.count and p.HasField('min') and not (
                p.min * p.count <= p.sum * (1 + 1e-9) and p.sum <= p.max * p.count * (1 + 1e-9)):
            self.fault(where, 'min, max, sum', p.min, p.max, p.sum)
        if p.count and p.HasField('min'):
            for value in (p.min, p.max):
                i = sum(b < value for b in bounds)
                if not p.bucket_counts[i]:
                    self.fault(where, 'nothing in the bucket of', value)

    def follow(self, where, key, kind, p):
        """One series over time."""
        if kind == 'gauge':
            return
        value = p.count if kind == 'histogram' else p.as_int or p.as_double
        start, time, was = self.series.get(key, (p.start_time_unix_nano, 0, 0))
        if self.temporality == 2 and (p.start_time_unix_nano != start or value < was):
            self.fault(where, 'cumulative series: start', p.start_time_unix_nano - start, 'value',
                       was, value)
        if p.start_time_unix_nano < time and self.temporality == 1:
            self.fault(where, 'intervals overlap')
        if p.time_unix_nano < time:
            self.fault(where, 'time goes back')
        self.series[key] = (p.start_time_unix_nano, p.time_unix_nano, value)

    # ---- all of it

    def end(self, foreign_parents=()):
        """foreign_parents: span ids that only the traced application has."""
        for s, a, _ in self.spans.values():
            where = 'span %r' % s.name
            parent = self.spans.get(s.parent_span_id)
            if not s.parent_span_id or s.parent_span_id in foreign_parents:
                continue
            if not parent:
                self.fault(where, 'has a parent that is not there', s.parent_span_id.hex())
                continue
            if parent[0].trace_id != s.trace_id:
                self.fault(where, 'has a parent of another trace')
            if a.get('gen_ai.operation.name') == 'execute_tool' and 'mcp.method.name' not in a and \
                    parent[1].get('gen_ai.operation.name') != 'invoke_agent':
                self.fault(where, 'is not below an agent')
            if s.start_time_unix_nano < parent[0].start_time_unix_nano:
                self.fault(where, 'begins before its parent')
        for r, _ in self.records:
            span = self.spans.get(r.span_id)
            if not span or span[0].trace_id != r.trace_id:
                self.fault('event', r.event_name, 'is of no span that is there', r.span_id.hex())
