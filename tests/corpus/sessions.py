#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recorded WebSocket sessions through dialect__match and dialect_reader__message, whole and cut.

usage: sessions.py [CORPUS_FACTS [CORPUS_DIR]] [-v]

Each response must be one turn with the ids, models, tokens, finish reasons, tool calls and tool results
that the frames themselves say, read here by other means. Without the recordings the test is skipped
(exit 77).
"""
import collections, glob, gzip, json, os, struct, sys, urllib.parse
import run

HERE = os.path.dirname(os.path.abspath(__file__))

def load(path):
    with gzip.open(path) as f:
        for line in f:
            yield json.loads(line)

def frames(session):
    for f in session['frames']:
        data = f['data']
        text = data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
        yield f['dir'] == 'received', text

def pack(session, seed):
    u = urllib.parse.urlsplit(session['url'])
    messages = b''.join(struct.pack('=BI', side, len(t.encode())) + t.encode() for side, t in frames(session))
    fields = ['GET', u.path + ('?' + u.query if u.query else ''), u.hostname, '101', 'upgrade: websocket\nsec-websocket-version: 13\n', '',
              messages, b'', str(seed)]
    fields = [x.encode() if isinstance(x, str) else x for x in fields]
    return b''.join(struct.pack('=I', len(x)) + x for x in fields)

def documents(session):
    for received, text in frames(session):
        try:
            yield received, json.loads(text)
        except ValueError:
            yield received, {}

def realtime_turns(session):
    """What the frames of OpenAI's Realtime say of each response."""
    turns, results, model, ids = [], [], None, []
    for received, d in documents(session):
        kind = d.get('type')
        if not received and kind == 'conversation.item.create' and d['item'].get('type') == 'function_call_output':
            results.append(d['item']['call_id'])
        elif not received and kind == 'response.create':
            turns.append({'results': results, 'model': model})
            results = []
        elif received and kind in ('session.created', 'session.updated'):
            model = d['session']['model']
        elif received and kind == 'response.created':
            ids.append(d['response']['id'])
            if len(ids) > len(turns):
                turns.append({'results': results, 'model': model})
                results = []
        elif received and kind and kind.startswith('response.') and kind.endswith('.delta'):
            t = turns[ids.index(d['response_id'])]
            t['outputs'] = t.get('outputs', 0) + 1
        elif received and kind == 'response.done':
            r, t = d['response'], turns[ids.index(d['response']['id'])]
            u = r['usage']
            i, o = u['input_token_details'], u['output_token_details']
            t.update(id=r['id'], finish=r['status'], input=u['input_tokens'], output=u['output_tokens'], cached=i['cached_tokens'],
                     input_audio=i['audio_tokens'], output_audio=o['audio_tokens'], reasoning=o.get('reasoning_tokens'),
                     tools=[(x['name'], x['call_id']) for x in r['output'] if x['type'] == 'function_call'], over=True)
    return turns

FIELDS = {'FACT_RESPONSE_ID': ('id', 1), 'FACT_FINISH_REASON': ('finish', 1), 'FACT_INPUT_TOKENS': ('input', 3), 'FACT_OUTPUT_TOKENS': ('output', 3),
          'FACT_CACHE_READ_TOKENS': ('cached', 3), 'FACT_INPUT_AUDIO_TOKENS': ('input_audio', 3), 'FACT_OUTPUT_AUDIO_TOKENS': ('output_audio', 3),
          'FACT_REASONING_TOKENS': ('reasoning', 3)}

def told_turns(got, names):
    """The turns as the call layer makes them of the facts."""
    turns, results, model, order = {}, [], None, []
    for f in got['facts'][:-1]:
        name, turn = names[f[0]], f[7]
        if name == 'FACT_TURN_BEGIN':
            order.append(turn)
            turns[turn] = {'results': results, 'model': model, 'tools': [], 'reasoning': None}
            results = []
        elif name == 'FACT_TOOL_RESULT_ID':
            (turns[turn]['results'] if turn else results).append(f[1])
        elif name == 'FACT_RESPONSE_MODEL' and not turn:
            model = f[1]
        elif name == 'FACT_TOOL_CALL':
            turns[turn]['tools'].append((f[1], f[2]))
        elif name == 'FACT_TURN_END':
            turns[turn]['over'] = True
        elif name in FIELDS:
            turns[turn][FIELDS[name][0]] = f[FIELDS[name][1]]
    return [turns[t] for t in order]

def gemini_turns(session):
    """What the messages of Gemini Live say: a turn for each turnComplete, with the tools that it waited for."""
    turns, t = [], None
    for received, d in documents(session):
        t = t or {'results': [], 'model': None, 'tools': []}
        answered = d.get('tool_response') or d.get('toolResponse') or {}
        t['results'] += [x['id'] for x in answered.get('functionResponses', [])]
        t['tools'] += [(c['name'], c['id']) for c in d.get('toolCall', {}).get('functionCalls', [])]
        content = d.get('serverContent') or {}
        t['outputs'] = t.get('outputs', 0) + bool('toolCall' in d or 'modelTurn' in content or 'outputTranscription' in content)
        if not content.get('turnComplete'):
            continue
        u = d['usageMetadata']
        parts = lambda key: {x['modality']: x['tokenCount'] for x in u.get(key, [])}
        t['reasoning'] = u.get('thoughtsTokenCount')
        known = {'input': u.get('promptTokenCount'), 'output': u.get('responseTokenCount', 0) + (t['reasoning'] or 0) or None,
                 'input_audio': parts('promptTokensDetails').get('AUDIO'), 'output_audio': parts('responseTokensDetails').get('AUDIO')}
        t.update({k: v for k, v in known.items() if v is not None}, over=True)
        turns.append(t)
        t = None
    return turns

WANTED = {'openai.realtime': realtime_turns, 'gemini.live': gemini_turns}

def main():
    args = [a for a in sys.argv[1:] if a != '-v']
    directory = args[1] if len(args) > 1 else os.path.join(HERE, '../../../shared/corpus')
    program = args[0] if args else os.path.join(HERE, '../../build/tests/corpus_facts')
    path = os.path.join(directory, 'websocket.jsonl.gz')
    if not os.path.exists(path):
        print('skip: no recordings in %s' % os.path.relpath(directory))
        sys.exit(77)
    names = run.fact_names()
    sessions = list(load(path))
    results = run.run(program, (pack(s, i) for i, s in enumerate(sessions)))
    assert len(results) == len(sessions)
    count, bad = collections.Counter(), []
    for s, got in zip(sessions, results):
        where = (s['source'], s['file'][-70:])
        count['sessions'] += 1
        if not got['match']:
            bad.append((where, 'match'))
            continue
        if not got['same']:
            bad.append((where, 'split', 'the same facts at every split', 'others'))
        if got['damaged']:
            bad.append((where, 'damaged'))
        told = told_turns(got, names)
        if got['api'] not in WANTED:
            bad.append((where, 'api', got['api']))
            continue
        wanted = WANTED[got['api']](s)
        outputs = sum(t.pop('outputs', 0) for t in wanted)
        for i in range(max(len(told), len(wanted))):
            a, b = (x[i] if i < len(x) else None for x in (wanted, told))
            count['turns'] += 1
            if a != b:
                bad.append((where, 'turn %d' % i, a, b))
        if outputs != got['outputs']:
            bad.append((where, 'outputs', outputs, got['outputs']))
    for b in bad:
        print('DIFFERENT', *b)
    print('checked: %(sessions)d sessions, %(turns)d turns;' % count, '%d differences' % len(bad))
    sys.exit(bool(bad))

if __name__ == '__main__':
    main()
