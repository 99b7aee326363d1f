# SPDX-License-Identifier: Apache-2.0
"""Runs of agents that libraries make: the OpenAI Agents SDK, LangGraph, Vercel's AI SDK, each with
several agents at once in one process, some of them with the same prompt. Every agent goes through
six rounds of tools, a parallel pair among them, one refusal and one failure that are tried again,
and a tool that fails: that is one agent.run, with just its own calls and tools. (Claude Code and
Codex: test_agents.py.)"""
import json
import os

import lib
import netns
import real
import tree
from lib import check

NAMES = ('api.openai.com', 'api.anthropic.com', 'api.smith.langchain.com')
MODELS = {'messages': 'claude-sonnet-4-5'}
# What the tools of agents/ sleep for.
TAKES_S = {'look': 0.05, 'work': 0.15}
# How much later than the mock's last write a client's read can be, and its request the mock's
# reading: the machine may be busy.
LATE_S = 0.5


def use(*tools, **more):
    return {'tools': [{'name': n, 'arguments': {'what': w}} for n, w in tools], **more}


ROUNDS = [use(('look', 'one')), use(('look', 'two'), ('work', 'three'), tokens=31),
          {'error': '429'}, use(('work', 'fail')), use(('look', 'four'), cached=3), {'error': '500'},
          use(('work', 'five')), use(('look', 'six'))]
# Refused before anything was said.
FIRST = [{'error': '429'}, use(('look', 'one')), use(('work', 'two'))]
# Asks for just the same, again and again.
LOOP = [use(('look', 'same'))] * 4
# Ends with what no client tries again.
BROKEN = [use(('look', 'one')), {'error': '400'}]


class Agent:
    def __init__(self, tag, api, stream=True, prompt='Do what is to be done.', script=ROUNDS):
        self.tag, self.script = tag, script
        self.plan = {'tag': tag, 'prompt': prompt, 'api': api, 'stream': stream,
                     'model': MODELS.get(api, 'gpt-4o-mini')}


def twins(tag, api, **more):
    """With the same words, at the same time."""
    return [Agent(tag + n, api, prompt='Do the same.', **more) for n in ('1', '2')]


PROGRAMS = (
    ('openai_agents.py', [
        Agent('oa-responses', 'responses', False), Agent('oa-previous', 'previous'),
        Agent('oa-chat', 'chat'), *twins('oa-twin', 'responses'),
        Agent('oa-loop', 'previous', script=LOOP),
        Agent('oa-first', 'chat', prompt='Do it first.', script=FIRST),
        Agent('oa-broken', 'responses', script=BROKEN)]),
    ('langgraph_agents.py', [
        Agent('lg-chat', 'chat', False), Agent('lg-messages', 'messages'),
        *twins('lg-twin', 'chat'), Agent('lg-loop', 'messages', script=LOOP),
        Agent('lg-broken', 'messages', script=BROKEN)]),
    ('vercel_agents.mjs', [
        Agent('ai-responses', 'responses', False), Agent('ai-chat', 'chat'),
        Agent('ai-messages', 'messages'), *twins('ai-twin', 'messages'),
        Agent('ai-first', 'messages', prompt='Do it first.', script=FIRST)]),
)


def command(name):
    """None where the packages of it are not here."""
    path = os.path.join(lib.ROOT, 'tests/e2e/agents', name)
    if name.endswith('.mjs'):
        here = os.path.isdir(os.path.join(lib.MODULES, 'node_modules/ai'))
        return ['node', path] if here and real.shutil.which('node') else None
    module = {'openai_agents.py': 'agents', 'langgraph_agents.py': 'langgraph'}[name]
    return [lib.VENV_PYTHON, path] if lib.has_module(module) else None


def run_of(agent, truths, by, found):
    """Its tree; checks that it has just the calls that the mock answered."""
    records = [by.get(t['request_id']) for t in truths]
    if not check(None not in records, agent.tag, records.count(None), 'calls have no record'):
        return None
    parents = {r.get('parent_span_id') for r in records}
    if not check(len(parents) == 1 and None not in parents, agent.tag, 'calls are of the runs',
                 [r.get('parent_span_id') for r in records]):
        return None
    one = found.get(parents.pop())
    if not check(one, agent.tag, 'has no agent.run'):
        return None
    check.equal(len(one.calls), len(truths), agent.tag, 'calls of its run')
    return one


def judge(agent, truths, by, found):
    one = run_of(agent, truths, by, found)
    if not one:
        return
    run, attempt = one.run, 1
    failed = [t for t in truths if t.get('error_types')]
    check.equal(run.get('llmsnoop.run.errors', 0), len(failed), agent.tag, 'errors')
    check.equal(run.get('llmsnoop.run.retries', 0), len([t for t in failed if t is not truths[-1]]),
                agent.tag, 'retries')
    check.equal('error.type' in run, truths[-1] in failed, agent.tag, 'error of the run')
    check.equal(run.get('llmsnoop.run.end'), 'finished' if truths[-1] not in failed else
                run.get('llmsnoop.run.end'), agent.tag, 'end')
    for key, name in (('input', 'input_tokens'), ('output', 'output_tokens')):
        want = sum(t.get(name) or 0 for t in truths if t not in failed)
        # A stream of chat completions says its usage only where that is asked for.
        if all(t.get(name) for t in truths if t not in failed):
            check.equal(run.get('gen_ai.usage.%s_tokens' % key), want, agent.tag, name)
    for t in truths:
        check.equal(by[t['request_id']].get('llmsnoop.attempt', 1), attempt, agent.tag, 'attempt')
        attempt = attempt + 1 if t in failed else 1
    # The second may be meant.
    again = len(LOOP) - 2 if agent.script is LOOP else 0
    check.equal(run.get('llmsnoop.run.loops', 0), again, agent.tag, 'loops')
    if again:
        check.equal([t.get('llmsnoop.tool.repeats') for t in one.tools], list(range(len(LOOP))),
                    agent.tag, 'repeats')
        check(0 < run.get('llmsnoop.run.loops_cost', 0) < run['gen_ai.usage.cost'], agent.tag,
              'cost of its loops', run.get('llmsnoop.run.loops_cost'))
    tools(agent, truths, one)


def tools(agent, truths, one):
    """Every use of a tool, by its own id, with the time that it took."""
    by = {t['gen_ai.tool.call.id']: t for t in one.tools}
    want = []
    for t, after in zip(truths, truths[1:] + [None]):
        for c in t.get('tool_calls') or []:
            want.append(c['id'])
            record = by.get(c['id'])
            if not check(record, agent.tag, 'no record of tool', c):
                continue
            check.equal(record['gen_ai.tool.name'], c['name'], agent.tag, 'tool')
            outside = (after['received_ns'] - t['sent_ns'][-1]) / 1e9
            check(TAKES_S[c['name']] <= record['duration_s'] <= outside + LATE_S, agent.tag,
                  c['name'], 'took', record['duration_s'], 'outside of it', outside)
    check.equal(sorted(by), sorted(want), agent.tag, 'uses of tools')


lib.need_tracing()
programs = [(name, command(name), agents) for name, agents in PROGRAMS]
for name, argv, _ in programs:
    if not argv:
        print('not here: %s (tests/e2e/packages)' % name)
programs = [p for p in programs if p[1]]
if not programs:
    lib.skip('no library of agents is here')
if not netns.enter(NAMES):
    lib.skip('no network namespace here')

everyone = [a for _, _, agents in programs for a in agents]
vendor = real.Vendor('--speed', 0.2, '--port', 443, *(x for n in NAMES for x in ('--name', n)),
                     script={a.tag: a.script for a in everyone})
held = []
for name, argv, agents in programs:
    env = {**vendor.env, **lib.private_libssl(), 'OPENAI_API_KEY': 'sk-demo-not-a-key',
           'ANTHROPIC_API_KEY': 'sk-ant-demo-not-a-key',
           'PLAN': json.dumps([a.plan for a in agents])}
    held.append(lib.Held(['/bin/sh', '-c', 'exec "$@" 2>&1', 'agents', *argv], env=env))
files = [os.path.realpath(real.shutil.which('node'))] if real.shutil.which('node') else []
tracer = lib.Tracer('-p', ','.join(str(p) for p in [*(h.pid for h in held), real.hold(files)]),
                    seconds=60)
for h in held:
    h.go()
for (name, _, agents), h in zip(programs, held):
    said = h.finish(100)
    for a in agents:
        word = 'failed' if a.script is BROKEN else 'done'
        check('%s %s' % (word, a.tag) in said, name, a.tag, 'did not end', word, said[-800:])
tracer.settle(len(vendor.truth()))
check.equal(tracer.stop(), 0, 'exit status of the tracer')
records, truths = tracer.all_records(), sorted(vendor.truth(), key=lambda t: t['received_ns'])
vendor.stop()

for text in tree.faults(records):
    check(False, text)
found = tree.trees(records)
for r, t in lib.match([r for r in records if r['type'] == 'llm.call'], truths):
    if t.get('error_types'):
        # Who asks again may have left the body of the refusal unread.
        check(r.get('error.type') in (*t['error_types'], str(t['status'])), t['tag'],
              'error.type', r.get('error.type'), t['error_types'])
    for fault in lib.differences(r, t) if not t.get('error_types') else ():
        check(False, t['tag'], t['request_id'], *fault)
by_request = {r.get('llmsnoop.request_id'): r for r in records if r['type'] == 'llm.call'}
by_span = {t.run['span_id']: t for t in found}
for agent in everyone:
    its = [t for t in truths if t['tag'] == agent.tag]
    check.equal(len(its), len(agent.script) + (agent.script is not BROKEN), agent.tag, 'calls')
    judge(agent, its, by_request, by_span)
check.equal(len(found), len(everyone), 'runs of as many agents')
if check.failed:
    for one in found:
        print(one.show())
print('%d agents in %d processes, %d calls, %d uses of tools' % (
    len(everyone), len(programs), len(truths), sum(len(t.tools) for t in found)))
check.finish()
