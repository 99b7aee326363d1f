#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges what records say of agents' runs: agent.run over its calls and its tools, all siblings.
Knows nothing but the records: whether the right calls are in a run is for those who know the truth.

  tree.py FILE.jsonl...     shows the trees and every fault; exit status 1 where there is one"""
import calendar
import json
import sys
import time

SPANS = ('llm.call', 'mcp.call', 'agent.run', 'agent.tool')
# Seconds in records have nanoseconds; their sums in floating point have a little less.
SLACK_NS = 1000
SUMS = ('gen_ai.usage.input_tokens', 'gen_ai.usage.output_tokens',
        'gen_ai.usage.cache_read.input_tokens', 'gen_ai.usage.cache_creation.input_tokens',
        'gen_ai.usage.reasoning.output_tokens')
COST = 'gen_ai.usage.cost'
# Facts of a run that are those of its calls where they all have the same.
SHARED = ('gen_ai.request.model', 'gen_ai.provider.name')


def begin_ns(record):
    """CLOCK_REALTIME of its first byte."""
    whole, _, fraction = record['time'].rstrip('Z').partition('.')
    return calendar.timegm(time.strptime(whole, '%Y-%m-%dT%H:%M:%S')) * 10**9 + \
        int(fraction.ljust(9, '0'))


def length_ns(record, key='duration_s'):
    return round(record.get(key, 0) * 1e9)


def end_ns(record):
    return begin_ns(record) + length_ns(record)


def nano(usd):
    return round(usd * 1e9)


def union(intervals):
    """Disjoint intervals in order of time that cover the same."""
    out = []
    for a, b in sorted(intervals):
        if out and a <= out[-1][1]:
            out[-1][1] = max(out[-1][1], b)
        else:
            out.append([a, b])
    return out


def measure(intervals):
    return sum(b - a for a, b in union(intervals))


class Tree:
    """A run, and in order of time its calls and its tools."""

    def __init__(self, run):
        self.run, self.calls, self.tools = run, [], []

    def sort(self):
        self.calls.sort(key=begin_ns)
        self.tools.sort(key=lambda t: (begin_ns(t), t.get('gen_ai.tool.call.id', '')))

    def show(self):
        lines = ['%-10s %s %.3f s, %s' % (
            self.run['type'], self.run['name'], self.run.get('duration_s', 0), ', '.join(
                '%s %s' % (k.rpartition('.')[2], v) for k, v in self.run.items()
                if k.startswith(('llmsnoop.run.', 'gen_ai.usage', 'error'))))]
        start = begin_ns(self.run)
        for r in sorted(self.calls + self.tools, key=begin_ns):
            lines.append('  +%7.3f %-10s %-32s %.3f s %s' % (
                (begin_ns(r) - start) / 1e9, r['type'], r['name'], r.get('duration_s', 0), ' '.join(
                    str(r[k]) for k in ('llmsnoop.attempt', 'error.type', 'gen_ai.tool.call.id')
                    if k in r)))
        return '\n'.join(lines)


def trees(records):
    """All runs, in order of time."""
    by = {r['span_id']: Tree(r) for r in records if r.get('type') == 'agent.run'}
    for r in records:
        parent = by.get(r.get('parent_span_id'))
        if parent and r['type'] == 'llm.call':
            parent.calls.append(r)
        elif parent and r['type'] == 'agent.tool':
            parent.tools.append(r)
    for tree in by.values():
        tree.sort()
    return sorted(by.values(), key=lambda t: begin_ns(t.run))


# ---- faults: each function yields texts

def ids(records, outside):
    """Ids are there, unique, and lead to what is there; outside: spans of others (traceparent)."""
    by = {}
    for r in records:
        if not int(r.get('span_id', '0'), 16) or not int(r.get('trace_id', '0'), 16):
            yield '%s %s has no id' % (r['type'], r.get('name'))
        elif r['span_id'] in by:
            yield 'two records are span %s' % r['span_id']
        by[r.get('span_id')] = r
    may_be_in = {'llm.call': ('agent.run', 'agent.tool'), 'agent.tool': ('agent.run',),
                 'mcp.call': ('agent.run', 'agent.tool'), 'agent.run': ('agent.run', 'agent.tool')}
    for r in records:
        parent = by.get(r.get('parent_span_id'))
        if parent is None:
            if 'parent_span_id' in r and r['parent_span_id'] not in outside:
                yield '%s %s: its parent is nowhere' % (r['type'], r.get('name'))
            if r['type'] == 'agent.tool':
                yield 'agent.tool %s is in no run' % r.get('name')
            continue
        if parent['type'] not in may_be_in[r['type']]:
            yield '%s %s is in %s %s' % (r['type'], r['name'], parent['type'], parent['name'])
        if parent['trace_id'] != r['trace_id']:
            yield '%s %s is of another trace than its parent' % (r['type'], r['name'])
        seen = set()
        while parent and parent['span_id'] not in seen:
            seen.add(parent['span_id'])
            parent = by.get(parent.get('parent_span_id'))
        if parent:
            yield '%s %s is in a circle' % (r['type'], r['name'])


def near(what, got, want, slack=0):
    if got is None or abs(got - want) > slack:
        yield '%s is %s, not %s' % (what, got, want)


def members(tree):
    """Its calls of a model, as its client has them: they alone are counted."""
    return [c for c in tree.calls if c.get('llmsnoop.role') == 'client' and
            c.get('gen_ai.operation.name') not in ('count_tokens', 'fetch_response')]


def sums(tree):
    run, calls = tree.run, tree.calls
    if any(c.get('llmsnoop.role') == 'server' for c in calls):
        yield 'a server\'s record is in a run beside its client\'s'
    for key in SUMS:
        got = [c[key] for c in calls if key in c]
        if got:
            yield from near(key, run.get(key), sum(got))
        elif key in run:
            yield '%s is there and no call has it' % key
    cost = [nano(c[COST]) for c in calls if COST in c]
    if cost:
        yield from near(COST + ' in nano-dollars', nano(run.get(COST, -1)), sum(cost))
    elif COST in run:
        yield 'a cost that no call has'
    unpriced = [c for c in calls if COST not in c and any(k in c for k in SUMS[:2])]
    yield from near('unpriced', run.get('llmsnoop.run.unpriced', 0), len(unpriced))


def counts(tree):
    run, calls = tree.run, members(tree)
    failed = [c for c in calls if 'error.type' in c]
    if not calls:
        yield 'no call is in it'
        return
    yield from near('calls', run.get('llmsnoop.run.calls'), len(calls))
    yield from near('errors', run.get('llmsnoop.run.errors', 0), len(failed))
    # Calls beside the agent's own conversation (titles, embeddings) are answered, too.
    if run.get('llmsnoop.run.rounds', -1) not in range(len(calls) - len(failed) + 1):
        yield 'rounds: %s of %d answered calls' % (run.get('llmsnoop.run.rounds'),
                                                   len(calls) - len(failed))
    yield from near('retries', run.get('llmsnoop.run.retries', 0),
                    sum(c.get('llmsnoop.attempt', 1) > 1 for c in calls))
    yield from near('tools', run.get('llmsnoop.run.tools', 0),
                    sum(len(c.get('llmsnoop.tool_calls', [])) for c in calls))
    last = calls[-1]
    if run.get('error.type') != last.get('error.type'):
        yield 'error.type is %s, its last call\'s %s' % (run.get('error.type'),
                                                         last.get('error.type'))
    if run.get('gen_ai.response.finish_reasons') != last.get('gen_ai.response.finish_reasons'):
        yield 'its finish reasons are not those of its last call'
    for key in SHARED:
        values = {c.get(key) for c in calls}
        if key in run and values != {run[key]}:
            yield '%s is %s, its calls\' are %s' % (key, run[key], values)
    for r in calls + tree.tools:
        if r.get('process.pid') != run.get('process.pid'):
            yield '%s is of another process' % r['name']
        both = 'gen_ai.conversation.id'
        if both in r and both in run and r[both] != run[both]:
            yield '%s is of another conversation' % r['name']


def attempts(tree):
    """What is a retry says again what failed before it, one time earlier."""
    calls = members(tree)
    for i, c in enumerate(calls):
        n = c.get('llmsnoop.attempt', 1)
        if n > 1 and not any('error.type' in b and b.get('llmsnoop.attempt', 1) == n - 1 and
                             b.get('gen_ai.request.model') == c.get('gen_ai.request.model')
                             for b in calls[:i]):
            yield 'attempt %d of %s comes after no failed attempt %d' % (n, c['name'], n - 1)


def tools(tree):
    """Each was asked for by one call, lasts from its end, to a request of the same run."""
    asked = {}
    for c in members(tree):
        for t in c.get('llmsnoop.tool_calls', []):
            asked.setdefault(t.get('id'), []).append((c, t.get('name')))
    seen = set()
    for t in tree.tools:
        name, ident = t.get('gen_ai.tool.name'), t.get('gen_ai.tool.call.id')
        if ident is not None and ident in seen:
            yield 'tool call %s has two records' % ident
        seen.add(ident)
        found = asked.get(ident, [])
        if len(found) != 1:
            yield 'tool %s %s was asked for by %d calls of its run' % (name, ident, len(found))
            continue
        call, said = found[0]
        if said != name:
            yield 'tool call %s is %s, asked for was %s' % (ident, name, said)
        if not t.get('llmsnoop.inferred'):
            continue  # it has the times of its own call
        yield from near('start of %s' % ident, begin_ns(t), end_ns(call), SLACK_NS)
        if not any(abs(begin_ns(c) - end_ns(t)) <= SLACK_NS for c in tree.calls):
            yield 'tool call %s ends where no request of its run begins' % ident


def times(tree):
    run, calls = tree.run, tree.calls
    if not calls:
        return
    yield from near('start', begin_ns(run), min(map(begin_ns, calls)), SLACK_NS)
    yield from near('end', end_ns(run), max(map(end_ns, calls)), SLACK_NS)
    model = [(begin_ns(c), end_ns(c)) for c in calls]
    busy = [(begin_ns(t), end_ns(t)) for t in tree.tools]
    yield from near('model time', length_ns(run, 'llmsnoop.run.model_s'), measure(model), SLACK_NS)
    # All that the model waited for: more than the tools where their own calls gave their times.
    waited = length_ns(run, 'llmsnoop.run.tool_s')
    tools_alone = measure(model + busy) - measure(model)
    if all(t.get('llmsnoop.inferred') for t in tree.tools):
        yield from near('tool time', waited, tools_alone, SLACK_NS)
    elif not tools_alone - SLACK_NS <= waited <= length_ns(run) - measure(model) + SLACK_NS:
        yield 'tool time is %d, tools took %d' % (waited, tools_alone)
    slowest = max(map(length_ns, members(tree) + tree.tools), default=0)
    yield from near('slowest step', length_ns(run, 'llmsnoop.run.slowest_s'), slowest, SLACK_NS)
    its = [r for r in calls + tree.tools
           if r['span_id'] == run.get('llmsnoop.run.slowest_span_id')]
    if len(its) != 1 or abs(length_ns(its[0]) - slowest) > SLACK_NS:
        yield 'the slowest step\'s span is not the slowest'
    elif run.get('llmsnoop.run.slowest') not in (its[0].get('gen_ai.tool.name'),
                                                 its[0].get('gen_ai.request.model')):
        yield 'the slowest step is called %s' % run.get('llmsnoop.run.slowest')


def faults(records, outside=()):
    """Texts that say what cannot be; records: of all types, in any order."""
    spans = [r for r in records if r.get('type') in SPANS]
    out = list(ids(spans, outside))
    mcp = {r['span_id']: r for r in spans if r['type'] == 'mcp.call'}
    for tree in trees(spans):
        for judge in (sums, counts, attempts, tools, times):
            out += ['run %s: %s' % (tree.run['span_id'], text) for text in judge(tree)]
        for t in tree.tools:
            call = mcp.get(t.get('llmsnoop.tool.mcp_span_id'))
            if 'llmsnoop.tool.mcp_span_id' in t and (
                    not call or call.get('gen_ai.tool.name') != t.get('gen_ai.tool.name')):
                out.append('tool %s names an MCP call that is not its own' % t['name'])
    return out


def main():
    status = 0
    for path in sys.argv[1:]:
        with open(path) as f:
            records = [json.loads(line) for line in f]
        for tree in trees(records):
            print(tree.show())
        for text in faults(records):
            print('FAULT:', text)
            status = 1
    sys.exit(status)


if __name__ == '__main__':
    main()
