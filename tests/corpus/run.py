#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Recorded traffic through dialect__match and dialect_reader, compared with its truth.

usage: run.py [CORPUS_FACTS [CORPUS_DIR]] [-v]

CORPUS_FACTS is the program built from tests/tools/corpus_facts.c (build/tests/corpus_facts by
`make helpers`). Without the corpus the test is skipped (exit 77). What is compared and how follows the corpus's own scorer (its fields() and invented()); the
known differences, in which the truth errs, are in README.md beside this file and in EXPECTED below.
"""
import base64, collections, glob, gzip, json, os, re, struct, subprocess, sys, threading, urllib.parse, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
APIS = {
    'anthropic.complete', 'anthropic.count_tokens', 'anthropic.messages',
    'cohere.chat.v1', 'cohere.chat.v2', 'cohere.embed', 'cohere.generate', 'cohere.rerank', 'rerank', 'watsonx.generate',
    'bedrock.converse', 'bedrock.count_tokens', 'bedrock.invoke',
    'gemini.generate', 'gemini.embed', 'gemini.count_tokens', 'gemini.interactions', 'vertex.predict',
    'ollama.chat', 'ollama.embed', 'ollama.generate',
    'openai.chat', 'openai.completions', 'openai.embeddings', 'openai.moderations', 'openai.images', 'openai.audio',
    'openai.responses', 'openai.responses.compact', 'openai.count_tokens',
}
# Whose operation is not graded (the corpus's README).
UNGRADED = {'bedrock.invoke', 'openai.count_tokens', 'openai.moderations', 'openai.images', 'openai.audio'}
# Names by number, read from the header so that they cannot drift apart.
def fact_names():
    text = open(os.path.join(HERE, '../../user/dialect/fact.h')).read()
    body = re.search(r'enum fact \{(.*?)\n\};', re.sub(r'/\*.*?\*/', '', text, flags=re.S), re.S).group(1)
    return [x.strip() for x in body.split(',') if x.strip()]

# (file's tail, index in it, field): see README.md
DECORATOR = 'pan-for-workflows-with-input_862263550/output_2041138948/recording.har'
MANUAL = 'ld-create-spans-for-manual-LLM-instrumentation_981493419/recording.har'
WRITER = 'ests/cassettes/test_chat/test_writer_async_chat_tool_calls_legacy.yaml'
CUT = 'ttributes-in-span-for-responses-non-streaming_1229494740/recording.har'
OTHER_WIRE = 'packages/azure/src/__fixtures__/azure-deepseek-reasoning.1.'
UNBALANCED = 'nai/src/responses/__fixtures__/parallel-tool-call-wrapper.1.chunks.txt'
SEARCH = 'packages/google/src/interactions/__fixtures__/google-search'
EXPECTED = {(DECORATOR, 0, 'response_id'), (MANUAL, 0, 'response_id'), (MANUAL, 0, 'response_model'), (WRITER, 0, 'request_model'),
            (SEARCH + '.chunks.txt', 0, 'output_tokens_total'), (SEARCH + '.json', 0, 'output_tokens_total')}
EXPECTED |= {('llms/cohere/testdata/%s.httprr' % x, 0, 'request_model') for x in ('TestCallbacksHandler', 'TestGenerateContent')}
EXPECTED |= {('trics/cassettes/test_watsonx_metrics/test_generate_stream_metrics.yaml', 6, 'stream'),
             ('nx/tests/traces/cassettes/test_generate/test_generate_text_stream.yaml', 6, 'stream')}
EXPECTED |= {(CUT, 0, 'response_id'), (OTHER_WIRE + 'chunks.txt', 0, 'response_model'), (OTHER_WIRE + 'chunks.txt', 0, 'response_id'),
             (OTHER_WIRE + 'json', 0, 'input_tokens_total'), (OTHER_WIRE + 'json', 0, 'output_tokens_total')}
EXPECTED |= {(UNBALANCED, 0, x) for x in ('response_model', 'response_id', 'input_tokens_total', 'output_tokens_total', 'finish_reasons')}
TITAN = 'est_bedrock_guardrails_metrics/test_titan_invoke_stream_guardrail.yaml'
EXPECTED |= {(TITAN, 0, 'finish_reasons')}
TITAN_BLOCKED = 'sts/traces/cassettes/test_guardrails/test_guardrail_invoke_stream.yaml'
EXPECTED |= {(TITAN_BLOCKED, 0, 'done')}
EXPECTED |= {('tel_integrations/cassettes/test_openai_agents/test_voice_pipeline.yaml', 0, 'request_model')}
EXPECTED |= {('1/should-set-attributes-in-span-for-completion_322013537/recording.har', 0, x) for x in ('response_model', 'response_id')}

def load(directory):
    for f in sorted(glob.glob(os.path.join(directory, '*.truth.jsonl.gz'))):
        with gzip.open(f.replace('.truth', '')) as a, gzip.open(f) as b:
            for l, t in zip(a, b):
                yield json.loads(l), json.loads(t)

def body(b64):
    return base64.b64decode(b64 or '')

def decoded(r):
    data = body(r['resp_body_b64'])
    coding = ''.join(v for k, v in r['resp_headers'] if k.lower() == 'content-encoding').lower()
    if r['body_state'] == 'wire' and coding in ('gzip', 'deflate', 'x-gzip'):
        try:
            return zlib.decompressobj(47).decompress(data)
        except zlib.error:
            return None
    return data if r['body_state'] != 'wire' or not coding else None

def pack(r, seed):
    u = urllib.parse.urlsplit(re.sub(r'<[A-Z_]+>', 'x', r['url']))
    headers = lambda h: ''.join('%s: %s\n' % (k, str(v).replace('\n', ' ')) for k, v in h)
    fields = [r['method'], u.path or '/', u.hostname or 'unknown.invalid', str(r['status'] or 200), headers(r['req_headers']),
              headers(r['resp_headers']), body(r.get('req_body_b64')), decoded(r) or b'', str(seed)]
    fields = [x.encode('utf-8', 'replace') if isinstance(x, str) else x for x in fields]
    return b''.join(struct.pack('=I', len(x)) + x for x in fields)

def run(program, packed):
    p = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    def write():
        for x in packed:
            p.stdin.write(x)
        p.stdin.close()
    threading.Thread(target=write, daemon=True).start()
    out = [json.loads(l) for l in p.stdout.read().decode('utf-8').splitlines()]
    if p.wait():
        sys.exit('%s ended with %d' % (program, p.returncode))
    return out

def record(got, names):
    """The facts as a record has them: later ones replace earlier ones."""
    r = {'api': got['api'], 'operation': got['operation'], 'provider': got['provider']}
    finish, tools = {}, {}
    plain = {'FACT_REQUEST_MODEL': ('request_model', 1), 'FACT_RESPONSE_MODEL': ('response_model', 1), 'FACT_RESPONSE_ID': ('response_id', 1),
             'FACT_INPUT_TOKENS': ('input_tokens_total', 3), 'FACT_OUTPUT_TOKENS': ('output_tokens_total', 3), 'FACT_CACHE_READ_TOKENS': ('cache_read', 3),
             'FACT_CACHE_WRITE_TOKENS': ('cache_creation', 3), 'FACT_REASONING_TOKENS': ('reasoning_tokens', 3), 'FACT_REQUEST_STREAM': ('stream', 3),
             'FACT_COUNTED_TOKENS': ('input_tokens_total', 3), 'FACT_ERROR_TYPE': ('error', 1), 'FACT_PENDING': ('pending', 3)}
    for f in got['facts'][:-1]:
        name = names[f[0]]
        if name in plain:
            r[plain[name][0]] = f[plain[name][1]]
        elif name == 'FACT_FINISH_REASON':
            finish[f[5]] = f[1]
        elif name == 'FACT_TOOL_CALL':
            tools[f[5]] = {'name': f[1], 'id': f[2]}
        elif name == 'FACT_DONE':
            r['done'] = True
    r['finish_reasons'] = [v for _, v in sorted(finish.items())]
    r['tool_calls'] = [v for _, v in sorted(tools.items())]
    r['streamed'], r['damaged'] = got['streamed'], got['damaged']
    return r

def norm_tools(l):
    return sorted((str(x.get('name')), x.get('id') or '') for x in l or [])

def differences(r, t, rec, usable):
    """(field, wanted, got) for what is wrong, missing or invented"""
    asked = r['req'] != 'absent'
    def check(field, want, got):
        if want != got:
            yield field, want, got
    yield from check('api', t['api'], rec['api'])
    if t['api'] not in UNGRADED:
        yield from check('operation', t['operation'], rec['operation'])
    if t['provider']:
        yield from check('provider', t['provider'], rec['provider'])
    if asked:
        yield from check('request_model', t['request_model'], rec.get('request_model'))
        yield from check('stream', bool(t['stream']), bool(rec.get('stream')))
    if not usable:
        return
    for k in ('response_model', 'response_id', 'input_tokens_total', 'output_tokens_total', 'cache_read', 'cache_creation', 'reasoning_tokens'):
        want, got = t.get(k), rec.get(k)
        if (want or 0) == 0 and (got or 0) == 0 and k in ('cache_read', 'cache_creation', 'reasoning_tokens'):
            continue
        yield from check(k, want, got)
    yield from check('finish_reasons', [str(x) for x in t['finish_reasons'] or []], rec['finish_reasons'])
    yield from check('tool_calls', norm_tools(t['tool_calls']), norm_tools(rec['tool_calls']))
    failed = t['error_type'] or t['error_code']
    wanted = [str(x) for x in (t['error_type'], t['error_code'], t['status']) if x is not None]
    got = rec.get('error') or ((t['status'] or 200) >= 400 and str(t['status'])) or None
    if (failed or (t['status'] or 200) >= 400) and got not in wanted:
        yield 'error', wanted, got
    if not failed and (t['status'] or 200) < 400 and got:
        yield 'error', None, got
    yield from check('streamed', bool(t['streamed']), rec['streamed'])
    if t['done'] is not None and rec['streamed']:
        yield from check('done', t['done'], rec.get('done', False))

def fetched(got, r, names, count):
    """An earlier answer is fetched, or an assistant runs: no call by the truth's measure. Its usage must be what the body says."""
    if not got['match'] or (got['operation'] != 'fetch_response' and got['api'] != 'openai.threads'):
        return False
    rec = record(got, names)
    text = decoded(r).decode('utf-8', 'replace')
    documents = [json.loads(x[5:]) for x in text.splitlines() if x.startswith('data:') and x[5:].strip() != '[DONE]'] if rec['streamed'] else [json.loads(text)]
    documents = [x for x in documents if isinstance(x, dict) and not x.get('object', '').startswith('thread.') or x.get('object') == 'thread.run']
    last = documents[-1].get('response', documents[-1]) if isinstance(documents[-1], dict) else {}
    usage = last.get('usage') or {}
    wanted = usage.get('input_tokens', usage.get('prompt_tokens')), usage.get('output_tokens', usage.get('completion_tokens'))
    count['fetched'] += 1
    count['pending'] += rec.get('pending', 0)
    return got['same'] and wanted == (rec.get('input_tokens_total'), rec.get('output_tokens_total'))

def predicted(got, r, names, count):
    """A hosted prediction: the truth does not judge it. Its id and model must be what the body says."""
    if got.get('api') != 'replicate.predictions' or got['operation'] == 'fetch_response':
        return False
    rec, answer = record(got, names), json.loads(decoded(r))
    count['predicted'] += 1
    return got['same'] and (rec.get('response_id'), rec.get('response_model')) == (answer['id'], answer['model'])

def mcp_differences(r, got, names):
    """JSON-RPC says by itself what is to be told of a call; a notification has no id and is none."""
    q = json.loads(body(r['req_body_b64']))
    if not got['match'] or 'id' not in q:
        return [('match', 'id' in q, got['match'])] if bool(got['match']) != ('id' in q) else []
    told = {names[f[0]]: f[1] for f in got['facts'][:-1]}
    want = {'FACT_MCP_METHOD': q['method'], 'FACT_MCP_REQUEST_ID': str(q['id'])}
    if q['method'] == 'tools/call':
        want['FACT_MCP_TOOL'] = q['params']['name']
    want['FACT_MCP_PROTOCOL'] = told.get('FACT_MCP_PROTOCOL') and '2025-11-25'
    got = {k: v for k, v in told.items() if k.startswith('FACT_MCP') or k == 'FACT_ERROR_TYPE'}
    return [] if got == want else [('mcp', want, got)]

def main():
    args = [a for a in sys.argv[1:] if a != '-v']
    verbose = '-v' in sys.argv
    directory = args[1] if len(args) > 1 else os.path.join(HERE, '../../../shared/corpus')
    program = args[0] if args else os.path.join(HERE, '../../build/tests/corpus_facts')
    if not glob.glob(os.path.join(directory, '*.truth.jsonl.gz')):
        print('skip: no recordings in %s' % os.path.relpath(directory))
        sys.exit(77)
    if not os.access(program, os.X_OK):
        sys.exit('%s is missing: make helpers' % os.path.relpath(program))
    names = fact_names()
    exchanges = list(load(directory))
    results = run(program, (pack(r, i) for i, (r, _) in enumerate(exchanges)))
    assert len(results) == len(exchanges), (len(results), len(exchanges))
    count = collections.Counter()
    bad, met = [], set()
    for (r, t), got in zip(exchanges, results):
        where = (r['source'], r['file'][-70:], r['index'])
        wanted = t['is_llm'] and t['api'] in APIS
        count['exchanges'] += 1
        if not wanted:
            count['others'] += 1
            if t['api'] == 'mcp':
                bad += [(where, *d) for d in mcp_differences(r, got, names)]
                count['mcp'] += 1
                continue
            if predicted(got, r, names, count) or fetched(got, r, names, count):
                continue
            if got['match']:
                bad.append((where, 'match', t['api'], got.get('api')))
            continue
        count['calls'] += 1
        if not got['match']:
            bad.append((where, 'match', t['api'], None))
            continue
        if not got['same']:
            bad.append((where, 'split', 'the same facts at every split', 'others'))
        usable = decoded(r) is not None and r['body_state'] != 'mangled' and not t.get('no_body')
        count['bodies'] += usable
        rec = record(got, names)
        count['damaged'] += rec['damaged']
        if rec['damaged'] and verbose:
            print('damaged:', *where)
        for field, want, have in differences(r, t, rec, usable):
            key = (r['file'][-70:], r['index'], field)
            if key in EXPECTED:
                met.add(key)
                continue
            bad.append((where, field, want, have))
    for b in bad:
        print('DIFFERENT', *b)
    for key in EXPECTED - met:
        print('no longer different:', *key)
    print('checked: %(exchanges)d exchanges, %(calls)d calls (%(bodies)d with bodies, %(damaged)d damaged), %(others)d others, of these %(mcp)d of MCP, %(fetched)d fetched (%(pending)d pending), %(predicted)d predictions;' % count,
          '%d differences, %d explained' % (len(bad), len(met)))
    sys.exit(bool(bad))

if __name__ == '__main__':
    main()
