# SPDX-License-Identifier: Apache-2.0
# timeout: 400
"""Sessions over WebSocket: recorded ones of OpenAI Realtime and Gemini Live, and Responses as
coding agents use it. Over HTTP/1.1 and HTTP/2, plain and compressed, fragmented and cut at random.
One record a response; its facts are those of an independent reading of the messages, and the first
token is between its message's leaving the server and its being whole at the client."""
import gzip
import json
import os
import random
import subprocess
import sys
import urllib.parse

import codex
import corpus
import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, lib.DEMO)
import wire  # noqa: E402

RECORDED = os.path.join(corpus.DIRECTORY, 'websocket.jsonl.gz')
CODEX = 16
WAYS = [(h2, deflate) for h2 in (False, True) for deflate in (
    None, {'takeover': True, 'bits': 15}, {'takeover': False, 'bits': 15},
    {'takeover': True, 'bits': 10})]
DETAILS = ('input_tokens_details', 'input_token_details')
OUT_DETAILS = ('output_tokens_details', 'output_token_details')


# ---- what the messages say

def first_of(usage, names, key):
    return next((usage[n].get(key) for n in names if usage.get(n)), None)


def read_openai(messages):
    """Realtime and Responses: what each response is, with the numbers of its messages."""
    out, model, asked, now = [], None, [], None
    for k, m in enumerate(messages):
        data = m['data']
        kind = data.get('type', '')
        if m['dir'] == 'sent':
            if kind == 'response.create':
                asked.append((k, data))
            continue
        model = data.get('session', {}).get('model', model) if kind.startswith('session.') else model
        if kind == 'response.created':
            at, request = asked.pop(0) if asked else (None, {})
            now = {'asked': at, 'first': None, 'last': None, 'outputs': 0, 'error': None,
                   'warm': request.get('generate') is False}
        elif kind.startswith('response.') and kind.endswith('.delta') and now:
            now['first'] = k if now['first'] is None else now['first']
            now['last'], now['outputs'] = k, now['outputs'] + 1
        elif kind in ('response.done', 'response.completed', 'response.incomplete',
                      'response.failed'):
            r = data['response']
            usage = r.get('usage') or {}
            now.update(end=k, id=r['id'], model=r.get('model') or model,
                       input=usage.get('input_tokens'), output=usage.get('output_tokens'),
                       cached=first_of(usage, DETAILS, 'cached_tokens'),
                       reasoning=first_of(usage, OUT_DETAILS, 'reasoning_tokens'),
                       tools=[(x['call_id'], x['name']) for x in r['output']
                              if x['type'] == 'function_call'])
            out.append(now)
            now = None
        elif kind == 'error' and asked:
            out.append({'asked': asked.pop(0)[0], 'first': None, 'last': None, 'outputs': 0,
                        'error': (data['error']['type'], data.get('status')), 'end': k, 'id': None,
                        'model': None, 'input': None, 'output': None, 'cached': None,
                        'reasoning': None, 'tools': [], 'warm': False})
    return out


def read_gemini(messages):
    out, fresh = [], lambda: {'asked': None, 'first': None, 'last': None, 'outputs': 0, 'id': None,
                              'error': None, 'warm': False, 'tools': [], 'input': None,
                              'output': None, 'cached': None, 'reasoning': None}
    model, now = None, fresh()
    for k, m in enumerate(messages):
        data = m['data']
        if 'setup' in data:
            model = data['setup']['model']
        content, tools = data.get('serverContent', {}), data.get('toolCall')
        if content.keys() & {'modelTurn', 'outputTranscription'} or tools:
            now['first'] = k if now['first'] is None else now['first']
            now['last'], now['outputs'] = k, now['outputs'] + 1
        if tools:
            now['tools'] += [(c.get('id'), c['name']) for c in tools['functionCalls']]
        if 'usageMetadata' in data:
            u = data['usageMetadata']
            now['input'] = u.get('promptTokenCount')
            now['cached'], now['reasoning'] = u.get('cachedContentTokenCount'), u.get('thoughtsTokenCount')
            if 'responseTokenCount' in u:
                # Its details add up to it without the thoughts.
                now['output'] = u['responseTokenCount'] + (now['reasoning'] or 0)
        if content.get('turnComplete'):
            now.update(end=k, model=model)
            out.append(now)
            now = fresh()
    return out


# ---- the plan

def plan():
    found, rnd = [], random.Random(1)
    if os.path.exists(RECORDED):
        for line in gzip.open(RECORDED):
            r = json.loads(line)
            u = urllib.parse.urlsplit(r['url'])
            gemini = r['provider_hint'] == 'google'
            found.append({'name': r['file'][-60:], 'host': u.hostname, 'path': u.path, 'headers': [],
                          'api': 'gemini.live' if gemini else 'openai.realtime',
                          'messages': [{**m, 'binary': gemini and m['dir'] == 'received'}
                                       for m in r['frames']]})
    else:
        print('no recorded sessions: only written ones')
    for n in range(CODEX):
        found.append({'name': 'agent %d' % n, 'api': 'openai.responses', 'headers': [
                          ('originator', 'codex_cli_rs'), ('authorization', 'Bearer not-a-key-%d' % n)],
                      'host': 'chatgpt.com' if n % 2 else 'api.openai.com',
                      'path': '/backend-api/codex/responses' if n % 2 else '/v1/responses',
                      'messages': codex.session(rnd)})
    ways = [w for w in WAYS if lib.has_module('hpack') or not w[0]]
    out = []
    for n, session in enumerate(found):
        # Each session in two ways, all ways in turn.
        for h2, deflate in (ways[n % len(ways)], ways[(n + len(ways) // 2) % len(ways)]):
            out.append({**session, 'h2': h2, 'deflate': deflate, 'port': 20000 + len(out)})
    return out


# ---- judging

def logged(path):
    with open(path) as f:
        lines = [json.loads(line) for line in f]
    for line in lines:
        check(not line['error'], 'session', line['port'], line['error'])
    return {line['port']: {int(k): v for k, v in line['times'].items()} for line in lines}


def moment(what, record, key, low, high):
    at = lib.record_mono_ns(record) + round((record[key] if key else 0) * 1e9)
    check(low is None or at >= low - lib.TOLERANCE_NS, what, key or 'start',
          'is %.3f ms too early' % (((low or 0) - at) / 1e6))
    check(high is None or at <= high + lib.TOLERANCE_NS, what, key or 'start',
          'is %.3f ms too late' % ((at - (high or 0)) / 1e6))


def judge(what, record, truth, client, server):
    for key, want in (('gen_ai.response.id', truth['id']),
                      ('gen_ai.usage.input_tokens', truth['input']),
                      ('gen_ai.usage.output_tokens', truth['output'])):
        check.equal(record.get(key), want, what, key)
    for key, want in (('gen_ai.usage.cache_read.input_tokens', truth['cached']),
                      ('gen_ai.usage.reasoning.output_tokens', truth['reasoning'])):
        check.equal(record.get(key) or 0, want or 0, what, key)
    tools = [(t.get('id'), t['name']) for t in record.get('llmsnoop.tool_calls', [])]
    check.equal(tools, truth['tools'], what, 'tool calls')
    if truth['model']:
        models = {str(record.get(k)).removeprefix('models/')
                  for k in ('gen_ai.request.model', 'gen_ai.response.model')}
        check(truth['model'].removeprefix('models/') in models, what, 'model', models, truth['model'])
    if truth['error']:
        check(record.get('error.type') in map(str, truth['error']), what, 'error',
              record.get('error.type'))
    else:
        check('error.type' not in record, what, 'error', record.get('error.type'))
    for flag in ('llmsnoop.truncated', 'llmsnoop.midstream', 'llmsnoop.lost_bytes'):
        check(not record.get(flag), what, flag)
    if truth['asked'] is not None:
        moment(what, record, '', client[truth['asked']], server[truth['asked']])
    moment(what, record, 'duration_s', server[truth['end']], client[truth['end']])
    if truth['first'] is None:
        check('llmsnoop.ttft_s' not in record, what, 'a first token that nobody sent')
        return
    for key, at in (('llmsnoop.ttft_s', 'first'), ('llmsnoop.ttlt_s', 'last')):
        if check(key in record, what, key, 'missing'):
            moment(what, record, key, server[truth[at]], client[truth[at]])


def run(sessions, side):
    directory = lib.temporary_directory()
    wire.make_certificates(directory)
    paths = [os.path.join(directory, name) for name in ('plan', 'server.log', 'client.log')]
    with open(paths[0], 'w') as f:
        json.dump(sessions, f)
    for path in paths[1:]:
        open(path, 'w').close()
    env = {**os.environ, **lib.private_libssl(), 'PYTHONDONTWRITEBYTECODE': '1'}
    python = lib.VENV_PYTHON if lib.has_module('hpack') else lib.SYSTEM_PYTHON
    play = [python, os.path.join(HERE, 'wsplay.py')]
    server = lib.spawn([*play, 'serve', paths[0], directory, paths[1]], env=env,
                       stdout=subprocess.PIPE, text=True)
    port = server.stdout.readline().strip().rpartition('=')[2]
    client = lib.Held([*play, 'client', paths[0], port, paths[2]], env=env)
    tracer = lib.Tracer('--role', side, '-p', server.pid if side == 'server' else client.pid)
    client.go()
    client.go()
    said = lib.json_lines(client.finish())
    check.equal(said, [{'sessions': len(sessions), 'bad': 0}], side, 'what the player says')
    truths = {s['port']: (read_gemini if s['api'] == 'gemini.live' else read_openai)(s['messages'])
              for s in sessions}
    # What only warms up need not be a call.
    surely = sum(not t['warm'] for ts in truths.values() for t in ts)
    tracer.settle(seconds=10)
    check.equal(tracer.stop(), 0, side, 'exit status')
    server.kill()
    times = [logged(path) for path in paths[1:]]
    by = {}
    for record in tracer.records():
        by.setdefault(record.get('server.port'), []).append(record)
    good = 0
    for s in sessions:
        what = '%s %s, %s%s:' % (side, s['name'], 'HTTP/2' if s['h2'] else 'HTTP/1.1',
                                 ', deflate %s' % s['deflate'] if s['deflate'] else '')
        records, wanted = by.pop(s['port'], []), truths[s['port']]
        records.sort(key=lambda r: (r['time'], r['duration_s']))
        ids = {r.get('gen_ai.response.id') for r in records}
        wanted = [t for t in wanted if not t['warm'] or t['id'] in ids]
        if not check.equal(len(records), len(wanted), what, 'records'):
            continue
        for record, truth in zip(records, wanted):
            good += 1
            check.equal(record.get('llmsnoop.api'), s['api'], what, 'api')
            check.equal(record.get('url.path'), s['path'], what, 'path')
            judge(what, record, truth, times[1].get(s['port'], {}), times[0].get(s['port'], {}))
    check(not by, 'records of no session:', str(by)[:300])
    print('%s: %d responses in %d sessions, %d records, %d judged' % (
        side, surely, len(sessions), len(tracer.records()), good), flush=True)


def main():
    lib.need_tracing()
    sessions = plan()
    run(sessions, 'client')
    run(sessions, 'server')
    check.finish()


if __name__ == '__main__':
    main()
