# SPDX-License-Identifier: Apache-2.0
"""The judge of trees (tree.py) itself: a right tree has no fault, and each of many wrong ones
has one."""
import copy

import tree
from lib import check

TRACE = '1' * 32


def record(kind, span, at_s, seconds, **more):
    return {'v': 1, 'type': kind, 'trace_id': TRACE, 'span_id': span * 16, 'name': kind + ' x',
            'time': '2026-11-20T14:02:%012.9fZ' % (10 + at_s), 'duration_s': seconds,
            'process.pid': 7, **more}


def call(span, at_s, seconds, tools=(), **more):
    return record('llm.call', span, at_s, seconds, parent_span_id='a' * 16, **{
        'gen_ai.operation.name': 'chat', 'gen_ai.request.model': 'm', 'llmsnoop.role': 'client',
        'gen_ai.usage.input_tokens': 100, 'gen_ai.usage.output_tokens': 10,
        'gen_ai.usage.cost': 0.000000123, 'gen_ai.response.finish_reasons': ['tool_use'],
        'llmsnoop.tool_calls': [{'id': i, 'name': n} for i, n in tools], **more})


def tool(span, at_s, seconds, ident, name):
    return record('agent.tool', span, at_s, seconds, parent_span_id='a' * 16, **{
        'gen_ai.tool.name': name, 'gen_ai.tool.call.id': ident, 'llmsnoop.inferred': True})


def right():
    """One run: a pair of tools, a refusal that is tried again, a tool, the answer."""
    failed = call('c', 1.5, 0.1, **{'error.type': 'overloaded'})
    for key in list(failed):
        if key.startswith(('gen_ai.usage', 'gen_ai.response', 'llmsnoop.tool')):
            del failed[key]
    return [
        call('b', 0, 1, [('t1', 'look'), ('t2', 'work')]), failed,
        call('d', 2, 1, [('t3', 'look')], **{'llmsnoop.attempt': 2}),
        call('e', 3.25, 1, **{'gen_ai.response.finish_reasons': ['stop']}),
        tool('1', 1, 0.5, 't1', 'look'), tool('2', 1, 0.5, 't2', 'work'),
        tool('3', 3, 0.25, 't3', 'look'),
        record('agent.run', 'a', 0, 4.25, **{
            'gen_ai.request.model': 'm', 'gen_ai.usage.input_tokens': 300,
            'gen_ai.usage.output_tokens': 30, 'gen_ai.usage.cost': 0.000000369,
            'gen_ai.response.finish_reasons': ['stop'], 'llmsnoop.run.calls': 4,
            'llmsnoop.run.rounds': 3, 'llmsnoop.run.errors': 1, 'llmsnoop.run.retries': 1,
            'llmsnoop.run.tools': 3, 'llmsnoop.run.model_s': 3.1, 'llmsnoop.run.tool_s': 0.75,
            'llmsnoop.run.slowest_s': 1, 'llmsnoop.run.slowest': 'm',
            'llmsnoop.run.slowest_span_id': 'b' * 16})]


def change(index, **what):
    def do(records):
        for key, value in what.items():
            key = key.replace('__', '.')
            if value is None:
                records[index].pop(key)
            else:
                records[index][key] = value
    return do


def double(index, **what):
    def do(records):
        records.append({**copy.deepcopy(records[index]), **what})
    return do


def without(index):
    return lambda records: records.pop(index)


RUN = 7
WRONG = (
    change(0, span_id='0' * 16), change(0, span_id='c' * 16), change(0, trace_id='2' * 32),
    change(0, parent_span_id='9' * 16), change(4, parent_span_id='b' * 16),
    change(4, parent_span_id=None), change(RUN, parent_span_id='1' * 16),
    double(0), double(0, span_id='8' * 16), double(4, span_id='8' * 16), without(0), without(3),
    change(RUN, gen_ai__usage__input_tokens=301), change(RUN, gen_ai__usage__output_tokens=None),
    change(RUN, gen_ai__usage__cost=0.00000037), change(RUN, gen_ai__usage__cost=None),
    change(0, gen_ai__usage__cost=None), change(0, gen_ai__usage__cache_read__input_tokens=1),
    *[change(RUN, **{'llmsnoop.run.' + name: 9}) for name in (
        'calls', 'rounds', 'errors', 'retries', 'tools', 'unpriced', 'model_s', 'tool_s',
        'slowest_s')],
    change(RUN, **{'llmsnoop.run.slowest': 'look'}),
    change(RUN, **{'llmsnoop.run.slowest_span_id': 'c' * 16}),
    change(RUN, error__type='overloaded'), change(RUN, duration_s=4.24),
    change(RUN, time='2026-11-20T14:02:09.999Z'), change(RUN, **{'gen_ai.request.model': 'n'}),
    change(RUN, **{'gen_ai.response.finish_reasons': ['tool_use']}),
    change(1, error__type=None), change(2, **{'llmsnoop.attempt': 3}),
    change(4, **{'gen_ai.tool.name': 'work'}), change(4, **{'gen_ai.tool.call.id': 't2'}),
    change(4, **{'gen_ai.tool.call.id': 't9'}), change(4, duration_s=0.4), change(6, duration_s=9),
    change(5, **{'llmsnoop.tool.mcp_span_id': '7' * 16}), change(3, **{'process.pid': 8}),
    change(3, **{'llmsnoop.role': 'server'}),
)

check.equal(tree.faults(right()), [], 'a right tree')
check.equal(tree.faults([{**r, 'trace_id': '3' * 32} for r in reversed(right())]), [], 'any order')
for n, wrong in enumerate(WRONG):
    records = right()
    wrong(records)
    check(tree.faults(records), 'wrong tree', n, 'has no fault')
outer = right()
outer[RUN]['parent_span_id'] = '5' * 16
check.equal(tree.faults(outer, ['5' * 16]), [], 'a run within a trace of others')
check(tree.faults(outer), 'a parent that is nowhere')
[one] = tree.trees(right())
check.equal([len(one.calls), len(one.tools)], [4, 3], 'calls and tools')
check(one.show().count('\n') == 7, 'shows each')
check.finish()
