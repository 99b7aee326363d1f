# SPDX-License-Identifier: Apache-2.0
"""Says what test_content.py looks for, with the official packages of OpenAI and Anthropic, or with
the standard library where they are missing. Prints a JSON line for each call: its body and the text and
tool calls that came back."""
import http.client
import json
import os
import ssl
import sys
import urllib.parse

BASE, DEMO = os.environ['BASE'], 'tokens=20'
CARD = '4111 1111 1111 1111'
TOOL = {'name': 'send_mail', 'description': 'Sends a mail.',
        'parameters': {'type': 'object', 'properties': {'to': {'type': 'string'}}}}
OPENAI = [
    {'role': 'system', 'content': 'You are a quixolith.'},
    {'role': 'user', 'content': 'I am anna@example.org, card %s. Speak of Łódź, in one sentence.' % CARD},
    {'role': 'assistant', 'content': None, 'tool_calls': [{'id': 'call_1', 'type': 'function', 'function': {
        'name': 'send_mail', 'arguments': json.dumps({'to': 'bob@example.com', 'quixolith': [1, 2.5, True]})}}]},
    {'role': 'tool', 'tool_call_id': 'call_1', 'content': 'sent to +1 415 555 2671'},
]
ANTHROPIC = [
    {'role': 'user', 'content': 'I am anna@example.org, in one sentence.'},
    {'role': 'assistant', 'content': [{'type': 'tool_use', 'id': 'toolu_1', 'name': 'send_mail', 'input': {'to': 'bob@example.com'}}]},
    {'role': 'user', 'content': [{'type': 'tool_result', 'tool_use_id': 'toolu_1', 'content': 'sent'}]},
]


def bodies():
    chat = {'model': 'gpt-4o-mini', 'messages': OPENAI, 'temperature': 0.5, 'max_tokens': 500,
            'tools': [{'type': 'function', 'function': TOOL}]}
    said = {'model': 'claude-sonnet-4-5', 'max_tokens': 500, 'system': 'You are a quixolith.', 'messages': ANTHROPIC,
            'tools': [{'name': TOOL['name'], 'description': TOOL['description'], 'input_schema': TOOL['parameters']}]}
    for stream in (False, True):
        more = {'stream': True} if stream else {}
        for demo in (DEMO, 'tools=2'):
            yield '/v1/chat/completions', {**chat, **more}, demo
            yield '/v1/messages', {**said, **more}, demo
    yield '/v1/chat/completions', chat, 'error=429'


def with_packages(path, body, demo):
    import anthropic
    import openai
    headers = {'X-Demo': demo}
    try:
        if 'chat' in path:
            client = openai.OpenAI(base_url=BASE + '/v1', api_key='sk-demo-not-a-key', max_retries=0)
            answer = client.chat.completions.create(extra_headers=headers, **body)
            return [c.model_dump() for c in answer] if body.get('stream') else [answer.model_dump()]
        client = anthropic.Anthropic(base_url=BASE, api_key='sk-ant-demo-not-a-key', max_retries=0)
        answer = client.messages.create(extra_headers=headers, **body)
        return [e.model_dump() for e in answer] if body.get('stream') else [answer.model_dump()]
    except (openai.APIError, anthropic.APIError):
        return []


def with_http(path, body, demo):
    u = urllib.parse.urlsplit(BASE)
    c = http.client.HTTPSConnection(u.hostname, u.port, context=ssl.create_default_context(cafile=os.environ['SSL_CERT_FILE']))
    c.request('POST', path, json.dumps(body), {'Content-Type': 'application/json', 'X-Demo': demo, 'x-api-key': 'sk-demo-not-a-key'})
    a = c.getresponse()
    text = a.read().decode()
    if a.status >= 400:
        return []
    if not body.get('stream'):
        return [json.loads(text)]
    return [json.loads(l[5:]) for l in text.splitlines() if l.startswith('data:') and '[DONE]' not in l]


def came(documents):
    text, tools = '', {}
    for d in documents:
        for c in d.get('choices') or []:
            m = c.get('delta') or c.get('message') or {}
            text += m.get('content') or ''
            for i, t in enumerate(m.get('tool_calls') or []):
                one = tools.setdefault(t.get('index', i), ['', ''])
                one[0] += t['function'].get('name') or ''
                one[1] += t['function'].get('arguments') or ''
        for i, b in enumerate((d.get('content') or []) if d.get('type') == 'message' else []):
            text += b.get('text') or ''
            if b['type'] == 'tool_use':
                tools[i] = [b['name'], json.dumps(b['input'])]
        if d.get('type') == 'content_block_start' and d['content_block']['type'] == 'tool_use':
            tools[d['index']] = [d['content_block']['name'], '']
        if d.get('type') == 'content_block_delta':
            text += d['delta'].get('text') or ''
            if d['delta'].get('partial_json'):
                tools[d['index']][1] += d['delta']['partial_json']
    return text, [[n, json.loads(a)] for n, a in (tools[k] for k in sorted(tools))]


say = with_packages if '--packages' in sys.argv else with_http
for path, body, demo in bodies():
    text, tools = came(say(path, body, demo))
    print(json.dumps({'path': path, 'body': body, 'demo': demo, 'text': text, 'tools': tools}), flush=True)
