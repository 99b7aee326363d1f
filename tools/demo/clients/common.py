# SPDX-License-Identifier: Apache-2.0
"""What the Python clients share: arguments, request bodies, and the lines they print.

Every client, in whatever language, takes the same environment and prints a JSON line a call:
  BASE     https://host:port of the provider      API     openai or anthropic
  STREAM   1 or 0                                 MODEL   model name
  CALLS    how many calls (1)                     DEMO    the case asked for (answers.py)
  PROMPT   the user's message
{"client", "id", "status", "finish", "start_ns", "first_ns", "last_ns", "end_ns", "text"}:
times are CLOCK_MONOTONIC nanoseconds, taken before the call, after the read that delivered the
first and the last token, and at the end. CA files come by the variables that each library
knows (SSL_CERT_FILE, REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS, CURL_CA_BUNDLE)."""
import json
import os
import sys
import time

BASE = os.environ.get('BASE', 'https://localhost:8443')
API = os.environ.get('API', 'openai')
STREAM = os.environ.get('STREAM', '1') == '1'
MODEL = os.environ.get('MODEL') or ('gpt-4o-mini' if API == 'openai' else 'claude-sonnet-4-5')
CALLS = int(os.environ.get('CALLS', '1'))
DEMO = os.environ.get('DEMO', '')
PROMPT = os.environ.get('PROMPT', 'Say something about probes, in one sentence.')
PATH = '/v1/chat/completions' if API == 'openai' else '/v1/messages'
URL = BASE + PATH


def body(**more):
    b = {'model': MODEL, 'messages': [{'role': 'user', 'content': PROMPT}]}
    if API == 'anthropic':
        b['max_tokens'] = 4096
    if STREAM:
        b['stream'] = True
        if API == 'openai':
            b['stream_options'] = {'include_usage': True}
    b.update(more)
    return b


def headers():
    h = {'Content-Type': 'application/json', 'Cookie': 'session=demo-not-a-key'}
    if DEMO:
        h['X-Demo'] = DEMO
    if API == 'openai':
        h['Authorization'] = 'Bearer sk-demo-not-a-key'
    else:
        h.update({'x-api-key': 'sk-ant-demo-not-a-key', 'anthropic-version': '2023-06-01'})
    return h


def output_of(event):
    """The text a stream event carries, '' where it is no output."""
    if API == 'openai':
        for c in event.get('choices') or []:
            d = c.get('delta') or {}
            if d.get('content'):
                return d['content']
            for t in d.get('tool_calls') or []:
                if t.get('function', {}).get('arguments'):
                    return t['function']['arguments']
        return ''
    d = event.get('delta') or {}
    return d.get('text') or d.get('partial_json') or d.get('thinking') or ''


class Call:
    def __init__(self, client):
        self.r = {'client': client, 'api': API, 'stream': STREAM,
                  'start_ns': time.monotonic_ns()}
        self.text = []

    def event(self, event):
        """One decoded stream event, just delivered."""
        now = time.monotonic_ns()
        if API == 'openai':
            self.r['id'] = event.get('id') or self.r.get('id')
            for c in event.get('choices') or []:
                self.r['finish'] = c.get('finish_reason') or self.r.get('finish')
        else:
            if event.get('type') == 'message_start':
                self.r['id'] = event['message']['id']
            if event.get('type') == 'message_delta':
                self.r['finish'] = event['delta'].get('stop_reason')
        text = output_of(event)
        if text:
            self.r.setdefault('first_ns', now)
            self.r['last_ns'] = now
            self.text.append(text)

    def line(self, line):
        """One line of an SSE stream, without its end."""
        if isinstance(line, bytes):
            line = line.decode()
        if line.startswith('data:'):
            data = line[5:].strip()
            if data and data != '[DONE]':
                self.event(json.loads(data))

    def document(self, doc):
        self.r['first_ns'] = self.r['last_ns'] = time.monotonic_ns()
        self.r['id'] = doc.get('id')
        if API == 'openai':
            for c in doc.get('choices') or []:
                self.r['finish'] = c.get('finish_reason')
                self.text.append((c.get('message') or {}).get('content') or '')
        else:
            self.r['finish'] = doc.get('stop_reason')
            self.text += [b.get('text', '') for b in doc.get('content') or []]

    def done(self, status, error=None):
        self.r.update(end_ns=time.monotonic_ns(), status=status, text=len(''.join(self.text)))
        if error:
            self.r['error'] = str(error)[:200]
        print(json.dumps(self.r), flush=True)


def each(one):
    """one(call number) CALLS times."""
    for i in range(CALLS):
        one(i)
    sys.stdout.flush()
