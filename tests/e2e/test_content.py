# SPDX-License-Identifier: Apache-2.0
# timeout: 120
"""--content, --redact, --sample: what two APIs' official packages say and hear is in the records, masked,
joined and nowhere else; off, meta and preview; samples that can be said again."""
import http.server
import json
import os
import signal
import subprocess
import sys
import threading
import time

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
SECRETS = ('anna@example.org', 'bob@example.com', '4111 1111 1111 1111', '415 555 2671')
WORDS = ('quixolith', 'in one sentence')
FIELDS = ('gen_ai.input.messages', 'gen_ai.output.messages', 'gen_ai.system_instructions', 'gen_ai.tool.definitions')
lib.need_tracing()
directory = lib.temporary_directory()
cap = os.path.join(directory, 'x.cap')
packages = lib.has_module('openai') and lib.has_module('anthropic')
provider = lib.Provider('--speed', 0.05)
held = lib.Held([lib.VENV_PYTHON if packages else lib.SYSTEM_PYTHON, os.path.join(HERE, 'say.py'),
                 *(['--packages'] if packages else [])], env={**provider.env, **lib.private_libssl()})
tracer = lib.Tracer('-p', held.pid, '--content', 'full', '-vv', '-w', cap)
held.go()
said = [json.loads(line) for line in held.finish().splitlines()]
check.equal(len(said), 9, 'calls')
tracer.settle()
check.equal(tracer.stop(), 0, 'exit status')
check(any('Content full, masked.' in l for l in tracer.lines), 'the line Tracing says so')
check.equal(os.stat(tracer.out).st_mode & 0o777, 0o600, 'mode of the records')
valid = subprocess.run([sys.executable, os.path.join(HERE, 'schema.py'), tracer.out], capture_output=True, text=True)
check(valid.returncode in (0, lib.SKIPPED), 'schema:', valid.stdout[-500:], valid.stderr[-300:])
log = '\n'.join(tracer.lines)
for word in SECRETS + WORDS:
    check(word not in log, 'in the log at -vv:', word)
live = sorted((r for r in tracer.records() if r['type'] == 'llm.call'), key=lambda r: r['time'])
check.equal(len(live), len(said), 'records')


def words(record):
    return ''.join(p['content'] for m in record.get('gen_ai.output.messages') or [] for p in m['parts'] if p['type'] == 'text')


def tools(record):
    return [[p['name'], p['arguments']] for m in record.get('gen_ai.output.messages') or [] for p in m['parts'] if p['type'] == 'tool_call']


for record, call in zip(live, said):
    what = (call['path'], call['demo'], 'stream' in call['body'])
    check.equal(words(record), call['text'], *what, 'text')
    check.equal(tools(record), call['tools'], *what, 'tools')
    check.equal('gen_ai.output.messages' in record, call['demo'] != 'error=429', *what, 'output')
    check('llmsnoop.content.truncated' not in record, *what, 'truncated')
    text = json.dumps(record, ensure_ascii=False)
    for secret in SECRETS:
        check(secret not in text, *what, 'not masked:', secret)
    check('I am [email]' in text and '{"to": "[email]"' in text, *what, 'masks')
    check(record.get('llmsnoop.secrets', {}).get('email') == 2, *what, 'counts', record.get('llmsnoop.secrets'))
    check.equal(record['gen_ai.tool.definitions'][0]['name'], 'send_mail', *what, 'definitions')
    check.equal('gen_ai.system_instructions' in record, call['path'] == '/v1/messages', *what, 'system')
chat = live[0]
check.equal([m['role'] for m in chat['gen_ai.input.messages']], ['system', 'user', 'assistant', 'tool'], 'roles')
check.equal(chat['gen_ai.input.messages'][1]['parts'][0]['content'], 'I am [email], card [card]. Speak of Łódź, in one sentence.', 'masked text')
check.equal(chat['gen_ai.input.messages'][2]['parts'][0],
            {'type': 'tool_call', 'id': 'call_1', 'name': 'send_mail', 'arguments': {'to': '[email]', 'quixolith': [1, 2.5, True]}}, 'tool call')
check.equal(chat['gen_ai.input.messages'][3]['parts'][0], {'type': 'tool_call_response', 'id': 'call_1', 'response': 'sent to [phone]'}, 'tool result')


# ---- the same bytes, kept otherwise

def replay(*args, status=0):
    p = subprocess.run([lib.LLMSNOOP, '-j', '-r', cap, *args], stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    check.equal(p.returncode, status, *args, p.stderr.decode()[-300:])
    for word in WORDS + SECRETS:
        check(word.encode() not in p.stderr, *args, 'in the log:', word)
    return sorted((r for r in map(json.loads, p.stdout.decode().splitlines()) if r['type'] == 'llm.call'), key=lambda r: r['time']), p


for a, b in zip(live, replay('--content', 'full')[0]):
    for field in (*FIELDS, 'llmsnoop.secrets', 'trace_id'):
        check.equal(b.get(field), a.get(field), 'replayed', field)
for args in ((), ('--content', 'off')):
    records, p = replay(*args)
    check.equal(len(records), len(said), *args, 'records')
    check(not any(f in r for r in records for f in FIELDS), *args, 'has content')
    for word in SECRETS + WORDS:
        check(word.encode() not in p.stdout, *args, word)
records, p = replay('--content', 'meta')
for word in SECRETS + WORDS:
    check(word.encode() not in p.stdout, 'meta', word)
check.equal(records[0]['gen_ai.input.messages'][0], {'role': 'system', 'parts': [{'type': 'text', 'content': '', 'bytes': 20}]}, 'meta')
records, _ = replay('--content', 'preview')
longest = max(len(p.get('content', '').encode()) for r in records for m in r.get('gen_ai.output.messages') or [] for p in m['parts'])
check(longest <= lib.limit('content_preview'), 'a preview of', longest)
records, _ = replay('--content', 'full', '--redact', 'none')
check('anna@example.org' in json.dumps(records), 'masked in spite of none')
check(not any('llmsnoop.secrets' in r for r in records), 'counted in spite of none')
samples = os.path.join(directory, 'samples.jsonl')
with open(samples, 'w') as f:
    f.writelines(json.dumps(r) + '\n' for r in records)
rules = os.path.join(directory, 'rules')
with open(rules, 'w') as f:
    f.write('# ours\nplace = (?i)łódź\n')
text = json.dumps(replay('--content', 'full', '--redact', '@' + rules)[0], ensure_ascii=False)
check('Speak of [place], in' in text and 'Łódź' not in text and '[email]' in text, 'own rules')
for bad in ('emial', '@/nowhere'):
    check(bad.strip('@').encode() in replay('--content', 'full', '--redact', bad, status=2)[1].stderr, 'the reason why', bad)
replay('--redact', 'email', status=2)
replay('--content', 'full', '--sample', '101%', status=2)
for record, call in zip(replay('--content', 'full', '--sample', '0%')[0], said):
    failed = call['demo'] == 'error=429'
    check.equal(record['llmsnoop.content.sampled'], 'error' if failed else 'no', 'sampled')
    check.equal('gen_ai.input.messages' in record, failed, 'kept')
check.equal({r['llmsnoop.content.sampled'] for r in replay('--content', 'full', '--sample', '100%')[0]}, {'run', 'error'}, 'all')

# ---- SIGHUP reads rules again; wrong ones change nothing

def say(tracer, held, n):
    held.process.stdin.write('go\n')
    held.process.stdin.flush()
    tracer.settle(n)
    return tracer.records()[-1]['gen_ai.input.messages'][0]['parts'][0]['content']


one = lib.client('py_stdlib.py', STREAM=0, DEMO='burst=1', PROMPT='Mail anna@example.org of E-123456.')
held = lib.Held(['/bin/bash', '-c', one + '; read -r; ' + one + '; read -r; ' + one], env={**provider.env, **lib.private_libssl()})
tracer = lib.Tracer('-p', held.pid, '--content', 'full', '--redact', '@' + rules)
check.equal(say(tracer, held, 1), 'Mail [email] of E-123456.', 'before')
for i, (text, want) in enumerate((('number = E-[0-9]+\n', 'Mail [email] of [number].'), ('number = (\n', 'Mail [email] of [number].'))):
    with open(rules, 'w') as f:
        f.write(text)
    tracer.process.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    check.equal(say(tracer, held, 2 + i), want, 'after SIGHUP')
check(any('rules and masks stay as they were' in l for l in tracer.lines), 'wrong rules are said')
held.finish()
tracer.stop()

# ---- said again

heard = []


class Mock(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        heard.append((self.path, json.loads(self.rfile.read(int(self.headers['content-length'])))))
        self.send_response(200)
        self.send_header('content-length', '2')
        self.end_headers()
        self.wfile.write(b'{}')

    def log_message(self, *_):
        pass


mock = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Mock)
threading.Thread(target=mock.serve_forever, daemon=True).start()
p = subprocess.run([sys.executable, os.path.join(lib.ROOT, 'tools/replay-sample'), '--base', 'http://127.0.0.1:%d' % mock.server_port, samples],
                   capture_output=True, text=True, timeout=60, env={k: v for k, v in os.environ.items() if not k.endswith('_proxy')})
mock.shutdown()
check.equal(p.returncode, 0, 'replay-sample:', p.stderr[-300:])
p = subprocess.run([sys.executable, os.path.join(lib.ROOT, 'tools/replay-sample'), '--print', '/nonexistent'],
                   capture_output=True, text=True, timeout=60)
check.equal((p.returncode, p.stderr.count('\n')), (1, 1), 'replay-sample of no file:', p.stderr[-300:])
check.equal(len(heard), len(said), 'said again')


def plain(messages):
    """Without what means nothing: a null beside tool calls, and how arguments are spelled."""
    out = json.loads(json.dumps(messages))
    for m in out:
        if m.get('content', 0) is None:
            del m['content']
        for t in m.get('tool_calls') or []:
            t['function']['arguments'] = json.loads(t['function']['arguments'])
    return out


for (path, body), call in zip(heard, said):
    check.equal(path, call['path'], 'path')
    for key in set(body) | set(call['body']):
        if key == 'messages':
            check.equal(plain(body[key]), plain(call['body'][key]), path, key)
        else:
            check.equal(body.get(key), call['body'].get(key), path, key)
check.finish()
