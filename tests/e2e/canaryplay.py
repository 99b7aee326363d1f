# SPDX-License-Identifier: Apache-2.0
"""Makes calls with a marker in every place where a secret or a word can be; test_canaries.py looks
for them. $MARKS: {kind: marker}. A line on stdin begins each of two parts: what comes before a
tracer, and all else. Says `part` after each."""
import base64
import http.client
import json
import os
import random
import socket
import ssl
import subprocess
import sys
import urllib.parse

import httpx

import wswire

M = json.loads(os.environ['MARKS'])
BASE = os.environ['BASE']
U = urllib.parse.urlsplit(BASE)
CA = os.environ['SSL_CERT_FILE']
CHAT, MESSAGES = '/v1/chat/completions', '/v1/messages'
context, h1_context = ssl.create_default_context(), ssl.create_default_context()

TOOL = {'type': 'function', 'function': {'name': 'look', 'description': M['tool description'],
                                         'parameters': {'type': 'object', 'properties': {}}}}


def chat(**more):
    return {'model': 'gpt-4o-mini', 'user': M['end user'], 'tools': [TOOL], 'messages': [
        {'role': 'system', 'content': M['system']}, {'role': 'user', 'content': M['prompt']},
        {'role': 'assistant', 'content': M['answer before'], 'tool_calls': [
            {'id': 'call_1', 'type': 'function', 'function': {
                'name': 'look', 'arguments': json.dumps({'what': M['tool argument']})}}]},
        {'role': 'tool', 'tool_call_id': 'call_1', 'content': M['tool result']}], **more}


def messages(**more):
    return {'model': 'claude-sonnet-4-5', 'max_tokens': 99, 'system': M['system'], 'messages': [
        {'role': 'user', 'content': [{'type': 'text', 'text': M['prompt']}]},
        {'role': 'assistant', 'content': [{'type': 'tool_use', 'id': 'toolu_1', 'name': 'look',
                                           'input': {'what': M['tool argument']}}]},
        {'role': 'user', 'content': [{'type': 'tool_result', 'tool_use_id': 'toolu_1',
                                      'content': M['tool result'], 'is_error': True}]}], **more}


def gemini():
    return {'contents': [{'role': 'user', 'parts': [{'text': M['prompt']}]}],
            'systemInstruction': {'parts': [{'text': M['system']}]}}


def headers(demo, **more):
    basic = base64.b64encode(('user:' + M['basic']).encode()).decode()
    return {'content-type': 'application/json', 'x-demo': demo, 'x-api-key': M['x-api-key'],
            'api-key': M['api-key'], 'x-goog-api-key': M['x-goog-api-key'],
            'cookie': 'a=%s; b=2' % M['cookie'], 'proxy-authorization': 'Basic ' + basic,
            'x-amz-security-token': M['aws token'], 'authorization': 'Bearer ' + M['bearer'],
            **more}


AWS = {'authorization': 'AWS4-HMAC-SHA256 Credential=%s/20261120/us-east-1/bedrock/aws4_request, '
       'SignedHeaders=host, Signature=%s' % (M['aws credential'], M['aws signature'])}
BEDROCK = '/model/anthropic.claude-3-haiku-20240307-v1:0/converse'
QUERY = urllib.parse.urlencode({n: M['url key'] for n in (
    'key', 'api-key', 'api_key', 'access_token', 'X-Amz-Signature', 'X-Amz-Credential', 'sig')})
GEMINI = '/v1beta/models/gemini-2.5-flash:%s?' + QUERY

# path, body, what the provider is asked for, headers
CALLS = (
    (CHAT, chat(stream=True), 'tools=2', {}), (CHAT, chat(), '', {}),
    (CHAT, chat(), 'error=400', {}), (CHAT, chat(stream=True), 'error=event', {}),
    (CHAT + '?' + QUERY, chat(), 'error=401', {}), (CHAT, chat(), 'error=in200', {}),
    (MESSAGES, messages(stream=True), 'tools=1', {}), (MESSAGES, messages(), 'error=429', {}),
    (MESSAGES, messages(stream=True), 'error=event', {}),
    (GEMINI % 'generateContent', gemini(), '', {}),
    (GEMINI % 'streamGenerateContent' + '&alt=sse', gemini(), '', {}),
    ('/v1/responses', {'model': 'gpt-4o-mini', 'instructions': M['system'], 'input': M['prompt'],
                       'stream': True}, '', {}),
    (BEDROCK, {'messages': [{'role': 'user', 'content': [{'text': M['prompt']}]}]}, '', AWS),
    ('/v1/embeddings', {'model': 'text-embedding-3-small', 'input': M['prompt']}, '', {}),
    ('/mcp', {'jsonrpc': '2.0', 'id': 1, 'method': 'tools/call', 'params': {
        'name': 'look', 'arguments': {'what': M['tool argument']}}}, '',
     {'mcp-protocol-version': '2025-06-18', 'accept': 'application/json, text/event-stream'}),
)
# Bodies that are none: cut, of the wrong kind, not even JSON.
MALFORMED = (json.dumps(chat())[:-20], '{"model": "gpt-4o-mini", "messages": {"%s": ["%s"]}}' % (
    M['prompt'], M['system']), '{"model": "gpt-4o-mini", %s' % M['prompt'],
    '\0\x01{' + M['prompt'], '[' * 300 + M['prompt'])


def over_h2(client, calls):
    for path, body, demo, more in calls:
        client.post(BASE + path, json=body, headers=headers(demo, **more))


def over_h1(calls):
    c = http.client.HTTPSConnection(U.hostname, U.port, context=h1_context)
    for path, body, demo, more in calls:
        c.request('POST', path, body if isinstance(body, str) else json.dumps(body),
                  headers(demo, **more))
        c.getresponse().read()
    c.close()


def websocket():
    raw = wswire.nodelay(socket.create_connection((U.hostname, U.port)))
    s = wswire.connect(h1_context.wrap_socket(raw, server_hostname=U.hostname), random.Random(1),
                       U.netloc, '/v1/responses?' + QUERY, None, [
                           ('Authorization', 'Bearer ' + M['bearer']), ('Cookie', 'a=' + M['cookie']),
                           ('Sec-WebSocket-Protocol', 'realtime, openai-insecure-api-key.' +
                            M['subprotocol'])])
    s.send([(json.dumps({'type': 'response.create', 'model': 'gpt-4o-mini',
                         'instructions': M['system'], 'input': M['prompt']}).encode(),
             wswire.TEXT)])
    while b'response.completed' not in s.receive()[0]:
        pass
    s.close()


def sdks():
    import anthropic
    import openai
    more = {'max_retries': 0}
    openai.OpenAI(base_url=BASE + '/v1', api_key=M['bearer'], **more).chat.completions.create(
        **chat(), extra_headers={'x-demo': ''})
    c = anthropic.Anthropic(base_url=BASE, api_key=M['x-api-key'], **more)
    try:
        c.messages.create(**messages(), extra_headers={'x-demo': 'error=400'})
    except anthropic.BadRequestError:
        pass


def programs():
    """Keys and prompts on command lines and in environments."""
    demo = json.dumps(chat())
    for version in ('--http1.1', '--http2'):
        subprocess.run(['curl', '-s', '-o', '/dev/null', '--cacert', CA, version, '-H',
                        'authorization: Bearer ' + M['bearer'], '-H', 'x-api-key: ' + M['x-api-key'],
                        '-b', 'a=' + M['cookie'], '-d', demo, '-H', 'content-type: application/json',
                        BASE + CHAT + '?' + QUERY], check=True)
    subprocess.run(['curl', '-s', '-o', '/dev/null', '--cacert', CA, '-u', 'user:' + M['basic'],
                    '-d', demo, BASE.replace('//', '//user:%s@' % M['basic']) + CHAT], check=True)
    node = os.path.join(os.environ['CLIENTS'], 'node_fetch.mjs')
    subprocess.run(['node', node, '--api-key=' + M['bearer'], '-p', M['prompt']], check=True,
                   stdout=subprocess.DEVNULL, env={
                       **os.environ, 'OPENAI_API_KEY': M['bearer'], 'PROMPT': M['prompt']})


def main():
    sys.stdin.readline()
    early = httpx.Client(http2=True, verify=context, timeout=60,
                         limits=httpx.Limits(keepalive_expiry=300))
    over_h2(early, CALLS[:1])
    print('part', flush=True)
    sys.stdin.readline()
    over_h2(early, CALLS)
    with httpx.Client(http2=True, verify=context, timeout=60) as late:
        over_h2(late, CALLS)
    over_h1(CALLS)
    over_h1([(path, body, '', {}) for body in MALFORMED for path in (CHAT, MESSAGES)])
    websocket()
    sdks()
    programs()
    print('part', flush=True)


main()
