# SPDX-License-Identifier: Apache-2.0
# timeout: 400
"""Agents that start others: two at once with the same words, which use tools over two rounds each
and hand their answer back, and one that starts one itself. Which requests are of one agent the mock
knows by the results of tools that they bring: each chain of them is one agent.run. Where the wire
names agents (Claude Code, Codex) a run is within that of the agent which started it; where it does
not, runs are within none (the Agents SDK, LangGraph), or there is but the session's run (Claude
Code of 2025)."""
import json
import os

import asides
import lib
import netns
import real
import tree
from lib import check

NAMES = ('api.anthropic.com', 'api.openai.com', 'chatgpt.com', 'api.smith.langchain.com',
         'statsig.anthropic.com')
MAIN, NEST, DIG = 'in one sentence', 'Nest:', 'Dig:'
# Whom each is started by.
ABOVE = {MAIN: None, NEST: MAIN, DIG: (MAIN, NEST)}


def use(*tools, **more):
    return {'tools': [{'name': n, 'arguments': a} for n, a in tools], **more}


def digging(name, key):
    """What the twins do: two rounds with tools, then the answer."""
    return [use((name, {key: 'echo dug'})), use((name, {key: 'echo up'}), tokens=17)]


def claude(tool, deep, **more):
    def start(what, prompt):
        return tool, {'description': what, 'prompt': prompt, 'subagent_type': 'general-purpose',
                      **more}

    bash = 'Bash', {'command': 'echo main'}
    deeper = [use(start('four', DIG + ' deeper.'))] if deep else []
    return {'agents': {
        MAIN: [use(bash), use(start('one', DIG + ' go on.'), start('two', DIG + ' go on.')),
               use(start('three', NEST + ' go on.')), use(bash)],
        NEST: [use(bash), *deeper],
        DIG: digging('Bash', 'command')}}


def codex():
    def many(name, **arguments):
        return {'name': name, 'namespace': 'multi_agent_v1', 'arguments': arguments}

    def wait(nth):
        """For the nth agent that the request names."""
        return {'tools': [many('wait_agent', timeout_ms=100000, targets={
            'find': r'agent_id\W+([0-9a-f-]{36})', 'nth': nth})]}

    start, shell = many('spawn_agent', message=DIG + ' go on.'), ('exec_command', {'cmd': 'echo x'})
    return {'agents': {
        MAIN: [use(shell), {'tools': [start, start]}, wait(0), wait(1), use(shell)],
        DIG: digging('exec_command', 'cmd')}}


def library(*last):
    start = 'dig', {'input': DIG + ' go on.'}
    return {'agents': {MAIN: [use(('look', {'what': 'x'})), use(start, start), *last],
                       DIG: digging('look', 'what')}}


def codex_agents(home, env):
    with open(os.path.join(home, 'config.toml'), 'a') as f:
        f.write('[features]\nmulti_agent = true\n')


def own_host(home, env):
    """It says more to its provider's own host."""
    del env['ANTHROPIC_BASE_URL']


# client, script, how it is set up, more of its command, whether the wire names agents
CLIENTS = (
    ('Claude Code', claude('Agent', True, run_in_background=False), own_host,
     ['--dangerously-skip-permissions'], True),
    ('Claude Code of November 2025', claude('Task', False), own_host,
     ['--dangerously-skip-permissions'], None),
    ('Codex, HTTP/2', codex(), codex_agents, [], True),
    ('Codex, WebSocket', codex(), codex_agents, [], True),
)
PROGRAMS = (
    ('openai_subagents.py', 'responses', library(use(('transfer_to_closer', {})),
                                                 use(('work', {'what': 'it'})))),
    ('openai_subagents.py', 'chat', library(use(('transfer_to_closer', {})))),
    ('langgraph_subagents.py', 'messages', library(use(('work', {'what': 'it'})))),
)


class Chain:
    """The calls of one agent, the first to the last."""

    def __init__(self, truth):
        self.truths, self.words = [truth], truth['agent']

    def asked(self):
        return {c['id'] for t in self.truths for c in t.get('tool_calls') or []}


def chains(truths):
    out = []
    for t in sorted(truths, key=lambda t: t['received_ns']):
        of = [c for c in out if c.words == t['agent'] and c.asked() & set(t['brought'])]
        if of:
            of[0].truths.append(t)
        else:
            out.append(Chain(t))
    return out


def runs(name, found, records, named):
    """Judges the runs: found is [(record, truth)]."""
    for text in tree.faults(records):
        check(False, name, text)
    by = {t.run['span_id']: t for t in tree.trees(records)}
    loop = [t for _, t in found if t['offers_tools']]
    of = {id(t): r for r, t in found}
    all_chains = chains(loop)
    check.equal(sorted(c.words for c in all_chains), sorted(
        [MAIN, DIG, DIG] + ([NEST] if name.startswith('Claude') else []) +
        ([DIG] if name == 'Claude Code' else [])), name, 'agents')
    if named is None:
        check.equal(len(by), 1, name, 'runs')
        check.equal({of[id(t)].get('parent_span_id') for t in loop}, set(by), name, 'run of all')
        return by
    run_of = {}
    for c in all_chains:
        parents = {of[id(t)].get('parent_span_id') for t in c.truths}
        its = by.get(parents.pop()) if len(parents) == 1 else None
        if not check(its, name, c.words, 'is in runs', [of[id(t)].get('parent_span_id')
                                                        for t in c.truths]):
            continue
        check(its.run['span_id'] not in run_of, name, 'two agents share a run')
        run_of[its.run['span_id']] = c
        rounds = [r for r in its.calls if r in [of[id(t)] for t in c.truths]]
        check.equal(len(rounds), len(c.truths), name, 'calls of', c.words)
        check.equal(len(its.tools), len(c.asked()), name, 'tools of', c.words)
        check.equal(its.run.get('llmsnoop.run.end'), 'finished', name, 'end of', c.words)
    check.equal(set(run_of), set(by), name, 'runs of agents')
    for span, c in run_of.items():
        it, above = by[span], run_of.get(by[span].run.get('parent_span_id'))
        if not named:
            check('parent_span_id' not in it.run, name, c.words, 'is within a run')
            continue
        check.equal(above and above.words in ABOVE[c.words] if ABOVE[c.words] else above is None,
                    True, name, c.words, 'is within', above and above.words)
        if above:
            within(name, it, by[it.run['parent_span_id']])
    if name == 'Claude Code':
        [deep] = [s for s, c in run_of.items() if c.words == DIG and run_of[
            by[s].run['parent_span_id']].words == NEST] or [None]
        check(deep, name, 'no agent is within the one that started it')
    return by


def within(name, it, above):
    """It began after an answer above had begun to ask for an agent (Claude Code does not wait for
    the end of that), and the run above ended later."""
    check.equal(it.run['trace_id'], above.run['trace_id'], name, 'trace')
    asked = [c for c in above.calls for t in c.get('llmsnoop.tool_calls', [])
             if t['name'] in ('Agent', 'spawn_agent')]
    check(any(tree.begin_ns(c) < tree.begin_ns(it.run) for c in asked), name,
          'an agent began before it was asked for')
    check(tree.end_ns(it.run) < tree.end_ns(above.run), name, 'an agent outlived its master')
    if name == 'Claude Code':
        check.equal(it.run.get('gen_ai.agent.name'), 'general-purpose', name, 'name of an agent')


def trace(name, command, env, file, script, home, named, agent=True):
    vendor = real.Vendor('--speed', 0.2, '--port', 443, *(
        x for n in NAMES for x in ('--name', n)), script=script)
    env = env(vendor)
    held = lib.Held(['/bin/sh', '-c', 'exec "$@" 2>&1', 'agent', *command], env=env, cwd=home)
    tracer = lib.Tracer('-p', '%d,%d' % (held.pid, real.hold([file] if file else [])), seconds=60)
    held.go()
    out = held.finish(100)
    tracer.settle(len(vendor.truth()))
    check.equal(tracer.stop(), 0, name, 'exit status of the tracer')
    records = tracer.all_records()
    calls = [r for r in records if r['type'] == 'llm.call' and
             r['gen_ai.operation.name'] != 'count_tokens']
    truths = vendor.truth(len(calls))
    vendor.stop()
    check.equal(held.status, 0, name, 'exit status', out[-500:])
    left, found = asides.Calls(calls), []
    for t in truths:
        got = left.take(t)
        if check(len(got) == 1, name, len(got), 'records of', t.get('request_id')):
            found.append((got[0], t))
            for fault in asides.faults(got[0], t, agent=agent)[0]:
                check(False, name, t['agent'], t.get('request_id'), *fault)
    check.equal([r.get('url.path') for r in left.left], [], name, 'records of no call')
    failed = check.failed
    by = runs(name, found, records, named)
    if check.failed != failed:
        for one in by.values():
            print(one.show())
    print('%s: %d calls, %d runs%s' % (name, len(truths), len(by), '' if check.failed == failed
                                       else ', with faults'))


def client(c, script, prepare, more, named):
    home = lib.temporary_directory()

    def env(vendor):
        got = {**os.environ, **real.environment(c, vendor, 'session', home, True, None, 1)}
        prepare(home, got)
        return got

    trace(c.name, [*c.command, *more], env, c.file, script, home, named)


def program(file, api, script):
    name = '%s, %s' % (file, api)
    path = os.path.join(lib.ROOT, 'tests/e2e/agents', file)
    plan = {'tag': 'main', 'prompt': 'Say it %s.' % MAIN, 'api': api, 'stream': False,
            'model': 'claude-sonnet-4-5' if api == 'messages' else 'gpt-4o-mini'}

    def env(vendor):
        return {**vendor.env, **lib.private_libssl(), 'PLAN': json.dumps([plan]),
                'OPENAI_API_KEY': 'sk-demo-not-a-key', 'OPENAI_AGENTS_DISABLE_TRACING': '1',
                'ANTHROPIC_API_KEY': 'sk-ant-demo-not-a-key'}

    trace(name, [lib.VENV_PYTHON, path], env, None, script, lib.temporary_directory(), False, False)


lib.need_tracing()
if not netns.enter(NAMES):
    lib.skip('no network namespace here')
done = 0
for name, *how in CLIENTS:
    here, missing = real.find([name])
    here = [c for c in here if c.name == name]
    if here:
        client(here[0], *how)
        done += 1
    else:
        print('not here: %s: %s' % (name, missing.get(name)))
for file, api, script in PROGRAMS:
    if lib.has_module('agents' if file.startswith('openai') else 'langgraph'):
        program(file, api, script)
        done += 1
    else:
        print('not here: %s (tests/e2e/packages)' % file)
if not done:
    lib.skip('no agent is here')
check.finish()
