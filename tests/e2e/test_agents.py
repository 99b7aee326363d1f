# SPDX-License-Identifier: Apache-2.0
# timeout: 300
"""Sessions of coding agents that use tools over several rounds, with their providers' own host
names, which lead to the mock here: each round is one record, with its tokens, tools and times; a
request that was refused and tried again is two. Whatever else they ask (telemetry, prewarming,
HEAD, lists of models, settings, updates) is no record. All rounds of a session are one run, with
each use of a tool in it."""
import json
import os
import urllib.parse

import asides
import lib
import netns
import real
import tree
from lib import check

NAMES = ('api.anthropic.com', 'statsig.anthropic.com', 'console.anthropic.com', 'claude.ai',
         'platform.claude.com', 'downloads.claude.ai', 'storage.googleapis.com',
         'http-intake.logs.us5.datadoghq.com', 'api.openai.com', 'chatgpt.com', 'ab.chatgpt.com',
         'auth.openai.com', 'github.com', 'api.github.com')


def shell(name, key, *commands, **more):
    return {'tools': [{'name': name, 'arguments': {key: c}} for c in commands], **more}


def rounds(name, key):
    """Six rounds of tools, a pair of them parallel, and two refusals."""
    return [shell(name, key, 'echo one'),
            shell(name, key, 'echo two', 'echo three', tokens=31),
            {'error': '429'},
            shell(name, key, 'exit 3', cached=40),
            shell(name, key, 'echo four', reasoning=5),
            {'error': '500'},
            shell(name, key, 'seq 200', tokens=90),
            shell(name, key, 'echo the end')]


CLAUDE = rounds('Bash', 'command')
CLAUDE[3] = {'tools': [{'name': 'Read', 'arguments': {'file_path': '/etc/hosts'}}], 'cached': 40}
CODEX = rounds('exec_command', 'cmd')
# Codex gives a session up at a status of 429; a rate limit that the stream itself tells, with the
# seconds to wait for in words, it waits for.
CODEX[2] = {'error': 'event', 'retry': 0.4}


def claude_home(vendor, home, env):
    """As it is after installing: it finds its provider itself and sends what it likes."""
    for name in ('ANTHROPIC_BASE_URL', 'CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC',
                 'DISABLE_AUTOUPDATER'):
        env.pop(name, None)


def codex_home(vendor, home, env):
    with open(os.path.join(home, 'config.toml'), 'w') as f:
        f.write('model = "gpt-5-codex"\napproval_policy = "never"\n'
                'sandbox_mode = "danger-full-access"\n')
    with open(os.path.join(home, 'auth.json'), 'w') as f:
        json.dump({'OPENAI_API_KEY': 'sk-demo-not-a-key'}, f)


def asked(requests, method, *parts):
    return [q for q in requests if q['method'] == method and any(
        p in q['headers'].get('host', '') + q['path'] + q['body'] for p in parts)]


# client, steps, how it is set up, what else it must have asked for the test to mean something
SESSIONS = (
    ('Claude Code', CLAUDE, claude_home, ['--dangerously-skip-permissions'],
     (('HEAD', '/api/hello'), ('POST', 'event_logging'), ('GET', 'bootstrap'))),
    ('Claude Code of November 2025', CLAUDE, claude_home, ['--dangerously-skip-permissions'],
     (('POST', 'statsig'),)),
    ('Codex, WebSocket', CODEX, codex_home, [],
     (('WEBSOCKET', '"generate":false'), ('GET', '/models'), ('POST', 'otlp'))),
    ('Codex, HTTP/2', CODEX, lambda vendor, home, env: None, [], ()),
)


def pairs(records, truths):
    """[(record, truth)], and the records that are of none."""
    calls, out = asides.Calls(records), []
    for t in sorted(truths, key=lambda t: t['received_ns']):
        found = calls.take(t)
        if check(len(found) == 1, 'a round has', len(found), 'records:', t.get('tool_calls'),
                 t.get('status'), t.get('error_types')):
            out.append((found[0], t))
    return out, calls.left


def one_run(name, records, loop, found):
    """Every round and each use of a tool is in the one run of the session; a call aside (a title)
    may be."""
    for text in tree.faults(records):
        check(False, name, text)
    runs = tree.trees(records)
    if not check.equal(len(runs), 1, name, 'runs') or not runs[0].calls:
        for one in runs:
            print(one.show())
        return
    run = runs[0]
    failed = [t for t in loop if t.get('error_types')]
    rounds = [r for r, t in found if t in loop]
    for r, t in zip(rounds, loop):
        check.equal(r.get('parent_span_id'), run.run['span_id'], name, 'the run of', t)
    check.equal(run.run.get('llmsnoop.run.errors'), len(failed), name, 'errors of the run')
    check.equal(run.run.get('llmsnoop.run.retries'), len(failed), name, 'retries of the run')
    check.equal(run.run.get('llmsnoop.run.end'), 'finished', name, 'end of the run')
    check('error.type' not in run.run, name, 'the run has an error')
    attempt = 1
    for r, t in zip(rounds, loop):
        check.equal(r.get('llmsnoop.attempt', 1), attempt, name, 'attempt')
        attempt = attempt + 1 if t in failed else 1
    want = sorted((x['id'], x['name']) for t in loop for x in t.get('tool_calls') or [])
    check.equal(sorted((t['gen_ai.tool.call.id'], t['gen_ai.tool.name']) for t in run.tools), want,
                name, 'uses of tools')
    if check.failed:
        print(run.show())


def session(client, steps, prepare, more, others):
    vendor = real.Vendor('--speed', 0.2, '--port', 443, *(
        x for n in NAMES for x in ('--name', n)), script=steps)
    home = lib.temporary_directory()
    env = {**os.environ, **real.environment(client, vendor, 'session', home, True, None, 1)}
    prepare(vendor, home, env)
    held = lib.Held(['/bin/sh', '-c', 'exec "$@" 2>&1', 'agent', *client.command, *more], env=env,
                    cwd=home)
    tracer = lib.Tracer('-p', '%d,%d' % (held.pid, real.hold([client.file])), seconds=60)
    held.go()
    # Standard input has to end, or Codex waits for more of the prompt.
    out = held.finish(100)
    tracer.settle(len(vendor.truth()))
    check.equal(tracer.stop(), 0, client.name, 'exit status of the tracer')
    records = tracer.records()
    # What was left at the end is written down once the mock notices.
    truths, requests = vendor.truth(len([r for r in records if '/count_tokens' not in r.get(
        'url.path', '')])), vendor.requests()
    vendor.stop()
    check.equal(held.status, 0, client.name, 'exit status', out[-300:])
    loop = sorted((t for t in truths if t['offers_tools']), key=lambda t: t['received_ns'])
    want = [[x['name'] for x in s.get('tools', [])] for s in steps] + [[]]
    check.equal([[x['name'] for x in t.get('tool_calls') or []] for t in loop], want,
                client.name, 'went through the script')
    for method, part in others:
        check(asked(requests, method, part), client.name, 'did not even ask', method, part)
    counted = [r for r in records if r['gen_ai.operation.name'] == 'count_tokens']
    check.equal(len(counted), len(asked(requests, 'POST', '/count_tokens')), 'counts of tokens')
    found, rest = pairs([r for r in records if r not in counted], truths)
    for r, t in found:
        answer, times = asides.faults(r, t)
        for fault in answer + times:
            check(False, client.name, t.get('request_id'), *fault)
        check(True)
    one_run(client.name, tracer.all_records(), loop, found)
    for r in rest:
        check(False, client.name, 'a record of no round:', json.dumps(r)[:400])
    check.equal(tracer.records('mcp.call'), [], client.name, 'MCP')
    hosts = {}
    for q in requests:
        path = urllib.parse.urlsplit(q['path']).path
        hosts.setdefault(q['headers'].get('host'), {}).setdefault((q['method'], path), []).append(q)
    print('%s: %d rounds, %d calls, %d records; %d requests of %d kinds to %d hosts' % (
        client.name, len(loop), len(truths), len(records), len(requests),
        sum(map(len, hosts.values())), len(hosts)))


lib.need_tracing()
if not netns.enter(NAMES):
    lib.skip('no network namespace here')
told, done = real.documented(), 0
for name, steps, prepare, more, others in SESSIONS:
    if told.get(name, {}).get('calls seen') != 'yes':
        print('not tried: %s: docs/clients.md has it as not seen' % name)
        continue
    here, missing = real.find([name])
    here = [c for c in here if c.name == name]
    if not here:
        print('not here: %s: %s' % (name, missing.get(name)))
        continue
    session(here[0], steps, prepare, more, others)
    done += 1
if not done:
    lib.skip('no agent is here')
check.finish()
