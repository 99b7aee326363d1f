#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is said in recorded traffic, as the content of records has it: valid by the JSON Schemas of the
conventions, the same however the bodies are cut, and the same words and tool calls as a second reader,
this one, finds in the answers.

usage: content.py [CORPUS_CONTENT [CORPUS_DIR [SCHEMAS]]] [-v]

CORPUS_CONTENT is built from tests/tools/corpus_content.c by `make helpers`. Without the recordings the
test is skipped (exit 77). A known part is held to its own definition: the schemas take a text without
content for a part of a type of its own."""
# timeout: 400
import base64, collections, glob, gzip, json, os, struct, subprocess, sys, threading
import run, sessions

try:
    import jsonschema
except ImportError:
    jsonschema = None

HERE = os.path.dirname(os.path.abspath(__file__))
FIELDS = {'gen_ai.input.messages': 'gen-ai-input-messages', 'gen_ai.output.messages': 'gen-ai-output-messages',
          'gen_ai.system_instructions': 'gen-ai-system-instructions', 'gen_ai.tool.definitions': 'gen-ai-tool-definitions'}
PARTS = {'text': 'TextPart', 'tool_call': 'ToolCallRequestPart', 'tool_call_response': 'ToolCallResponsePart', 'reasoning': 'ReasoningPart',
         'blob': 'BlobPart', 'file': 'FilePart', 'uri': 'UriPart', 'server_tool_call': 'ServerToolCallPart',
         'server_tool_call_response': 'ServerToolCallResponsePart', 'compaction': 'CompactionPart'}


class Schemas:
    """The shapes, each definition of a part by its own."""
    def __init__(self, directory):
        self.whole, self.part = {}, {}
        for field, name in FIELDS.items():
            with open(os.path.join(directory, name + '.json')) as f:
                schema = json.load(f)
            self.whole[field] = jsonschema.Draft7Validator(schema)
            for type_, definition in PARTS.items():
                if definition in schema.get('$defs', {}):
                    self.part[type_] = jsonschema.Draft7Validator({'$ref': '#/$defs/' + definition, '$defs': schema['$defs']})

    def faults(self, record):
        for field, validator in self.whole.items():
            if field not in record:
                continue
            for e in validator.iter_errors(record[field]):
                yield '%s: %s' % (field, e.message[:200])
            messages = record[field] if field.endswith('.messages') else [{'parts': record[field]}]
            for part in (p for m in messages for p in m['parts']) if field != 'gen_ai.tool.definitions' else ():
                for e in self.part[part['type']].iter_errors(part) if part['type'] in self.part else ():
                    yield '%s, %s: %s' % (field, part['type'], e.message[:200])


# --- a second reader of answers ---

def events(data, framing):
    """The JSON documents of an answer."""
    text = data.decode('utf-8', 'replace').lstrip('\ufeff')
    if framing == 'sse':
        one = []
        for line in text.replace('\r\n', '\n').replace('\r', '\n').split('\n') + ['']:
            if line.startswith('data:'):
                one.append(line[5:].removeprefix(' '))
            elif not line and one:
                try:
                    yield json.loads('\n'.join(one))
                except ValueError:
                    pass
                one = []
        return
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        while at < len(text) and text[at] in ' \t\r\n,[]':
            at += 1
        try:
            value, at = decoder.raw_decode(text, at)
        except ValueError:
            return
        yield value


def aws(data):
    """The payloads of an event stream; InvokeModel's are unwrapped."""
    while len(data) >= 16:
        total, headers = struct.unpack('>II', data[:8])
        payload, data = data[12 + headers:total - 4], data[total:]
        try:
            value = json.loads(payload)
        except ValueError:
            continue
        yield json.loads(base64.b64decode(value['bytes'])) if isinstance(value, dict) and 'bytes' in value else value


def text_of(x):
    """What a content is, as words: a string, or a list of parts."""
    if isinstance(x, str):
        return x
    if isinstance(x, dict):
        return text_of(x.get('text') or '')
    return ''.join(text_of(p) for p in x or [] if not isinstance(p, dict) or p.get('type') in (None, 'text', 'output_text'))


def said(api, documents):
    """The words of the first answer, or None where this reader does not know."""
    out, final = [], None
    for d in documents:
        if not isinstance(d, dict):
            continue
        if api in ('openai.chat', 'openai.completions', 'mistral.agents', 'mistral.fim'):
            for c in d.get('choices') or []:
                if c.get('index', 0) == 0:
                    m = c.get('delta') or c.get('message') or {}
                    out.append(text_of(m.get('content')) or text_of(c.get('text')) or text_of((m.get('audio') or {}).get('transcript')))
        elif api.startswith('openai.responses'):
            whole = d.get('response', d)
            if isinstance(whole, dict) and whole.get('output') and d.get('type') != 'response.created':
                final = ''.join(text_of(i.get('content')) for i in whole['output'] if i.get('type') == 'message')
            if d.get('type') == 'response.output_text.delta':
                out.append(d.get('delta', ''))
        elif api == 'anthropic.messages':
            out += [text_of(d.get('content')), text_of((d.get('delta') or {}).get('text'))] if 'delta' in d or 'content' in d else []
            if d.get('type') == 'content_block_start':
                out.append(text_of(d['content_block'].get('text')))
        elif api == 'gemini.generate':
            for c in d.get('response', d).get('candidates') or []:
                if c.get('index', 0) == 0:
                    out += [p['text'] for p in (c.get('content') or {}).get('parts') or [] if p.get('text') and not p.get('thought')]
        elif api == 'bedrock.converse':
            for name in ('contentBlockDelta', 'contentBlockStart'):
                d = d.get(name, d)
            content = ((d.get('output') or {}).get('message') or {}).get('content') or []
            out += [b['text'] for b in content if 'text' in b] + [text_of((d.get('delta') or {}).get('text'))]
        elif api == 'ollama.chat':
            out.append((d.get('message') or {}).get('content') or '')
        elif api == 'ollama.generate':
            out.append(d.get('response') or '')
        elif api == 'cohere.chat.v2':
            m = (d.get('delta') or d).get('message') or {}
            out.append(text_of(m.get('content')))
        else:
            return None
    return final if final is not None else ''.join(out)


def words(record):
    m = next(iter(record.get('gen_ai.output.messages') or []), {'parts': []})
    return ''.join(p['content'] for p in m['parts'] if p['type'] == 'text')


def calls(record):
    return [(p['name'], p.get('id') or '') for m in record.get('gen_ai.output.messages') or [] for p in m['parts'] if p['type'] == 'tool_call']


def inputs(record):
    return len(record.get('gen_ai.input.messages') or [])


def asked(request):
    """How many messages the request holds, where that is plain to see."""
    for key in ('messages', 'contents'):
        if isinstance(request.get(key), list):
            return len(request[key])
    if isinstance(request.get('input'), list) and all(isinstance(x, dict) for x in request['input']):
        return len(request['input'])
    return 1 if isinstance(request.get('input'), str) and request['input'] else None


def judge(r, t, record, schemas, count):
    for fault in schemas.faults(record):
        yield fault
    api, data = t['api'], run.decoded(r)
    if data is None or r['body_state'] == 'mangled' or (t['status'] or 200) >= 400 or t.get('error_type') or t.get('error_code'):
        return
    kind = ''.join(v for k, v in r['resp_headers'] if k.lower() == 'content-type').lower()
    sse = 'event-stream' in kind and 'amazon' not in kind or data.lstrip()[:6] in (b'event:', b'data: ')
    documents = list(aws(data) if data[:1] == b'\0' else events(data, 'sse' if sse else 'json'))
    want = said(api, documents)
    if record.get('llmsnoop.truncated') and not documents:
        count['cut before a document was whole'] += 1
    elif want is not None:
        count['answers'] += 1
        count['words'] += bool(want)
        if want != words(record):
            yield 'words: %r, not %r' % (words(record)[:120], want[:120])
    # Tools of a batch's or a cut answer are the truth's to say.
    wanted = sorted((str(c.get('name')), c.get('id') or '') for c in t['tool_calls'] or [])
    if api not in ('openai.threads',) and wanted != sorted(calls(record)):
        yield 'tool calls: %r, not %r' % (sorted(calls(record))[:3], wanted[:3])
    count['tools'] += len(wanted)
    for m in record.get('gen_ai.output.messages') or []:
        for p in m['parts']:
            if p['type'] == 'tool_call' and isinstance(p.get('arguments'), str):
                count['arguments that are no JSON'] += 1
    try:
        request = json.loads(run.body(r.get('req_body_b64')) or b'null')
    except ValueError:
        return
    n = asked(request) if isinstance(request, dict) and api in ('openai.chat', 'anthropic.messages', 'gemini.generate', 'bedrock.converse',
                                                                  'openai.responses', 'ollama.chat', 'cohere.chat.v2') else None
    if n is not None:
        count['requests'] += 1
        if n != inputs(record):
            yield 'input messages: %d, not %d' % (inputs(record), n)


def spoken(session):
    """The words of each response of a recorded session of OpenAI's Realtime, as its end says them."""
    for received, d in sessions.documents(session):
        if received and d.get('type') == 'response.done':
            yield ''.join(c.get('text') or c.get('transcript') or '' for i in d['response'].get('output') or [] if i.get('type') == 'message' for c in i['content'])


def judge_sessions(program, directory, schemas, count):
    path = os.path.join(directory, 'websocket.jsonl.gz')
    if not os.path.exists(path):
        return
    recorded = list(sessions.load(path))
    for session, got in zip(recorded, run.run(program, (sessions.pack(s, i) for i, s in enumerate(recorded)))):
        where = (session.get('source'), session.get('file', '')[-70:])
        if got and got[0] == 'differs':
            yield (*where, 'other content at another split')
            continue
        count['turns'] += len(got)
        for record in got:
            count['turns with input'] += 'gen_ai.input.messages' in record
            for fault in schemas.faults(record):
                yield (*where, fault)
        want = list(spoken(session))
        if 'realtime' in session['url'] and want:
            have = [words(r) for r in got]
            count['spoken'] += len(want)
            if have[:len(want)] != want:
                yield (*where, 'words: %r, not %r' % (have[:3], want[:3]))


def main():
    args = [a for a in sys.argv[1:] if a != '-v']
    program = args[0] if args else os.path.join(HERE, '../../build/tests/corpus_content')
    directory = args[1] if len(args) > 1 else os.path.join(HERE, '../../../shared/corpus')
    shapes = args[2] if len(args) > 2 else os.path.join(HERE, '../../../shared/semconv/messages')
    if jsonschema is None:
        print('skip: no Python package jsonschema')
        sys.exit(77)
    if not glob.glob(os.path.join(directory, '*.truth.jsonl.gz')) or not os.path.isdir(shapes):
        print('skip: no recordings in %s, or no schemas in %s' % (os.path.relpath(directory), os.path.relpath(shapes)))
        sys.exit(77)
    if not os.access(program, os.X_OK):
        sys.exit('%s is missing: make helpers' % os.path.relpath(program))
    schemas, count, bad = Schemas(shapes), collections.Counter(), []
    exchanges = [(r, t) for r, t in run.load(directory) if t['is_llm']]
    results = run.run(program, (run.pack(r, i) for i, (r, _) in enumerate(exchanges)))
    assert len(results) == len(exchanges), (len(results), len(exchanges))
    for (r, t), got in zip(exchanges, results):
        where = (r['source'], r['file'][-70:], r['index'], t['api'])
        if not got:
            count['without a record'] += 1
            continue
        if got[0] == 'differs':
            bad.append((*where, 'other content at another split'))
            continue
        count['records'] += 1
        record = got[0]
        count['truncated'] += 'llmsnoop.content.truncated' in record
        count['with input'] += 'gen_ai.input.messages' in record
        count['with output'] += 'gen_ai.output.messages' in record
        bad += [(*where, x) for x in judge(r, t, record, schemas, count) if (where[1][-40:], where[2]) not in EXPECTED]
    bad += judge_sessions(program, directory, schemas, count)
    for b in bad:
        print('DIFFERENT', *b)
    print('checked: %d exchanges:' % len(exchanges), ', '.join('%d %s' % (n, k) for k, n in count.items()) + ';', '%d faults' % len(bad))
    sys.exit(bool(bad))


# (the file's tail, index in it): see README.md
EXPECTED = {('reasoning-encrypted-content.1.chunks.txt', 0)}

if __name__ == '__main__':
    main()
