# SPDX-License-Identifier: Apache-2.0
"""A small agent: it asks, runs the tools that the answer wants, brings their results, and goes on
until the answer wants nothing more; a request that is refused is made again."""
import http.client
import json
import os
import ssl
import time
import urllib.parse

u = urllib.parse.urlsplit(os.environ['BASE'])
conn = http.client.HTTPSConnection(u.hostname, u.port, context=ssl.create_default_context())
TOOLS = [{'name': name, 'description': name, 'input_schema': {'type': 'object'}}
         for name in ('get_weather', 'search_files', 'run_query', 'send_mail')]
# What the stand-in is to answer, request by request.
SCRIPT = ('tools=1&tokens=30', 'error=429&ttft=0.1', 'tools=2&tokens=40', 'tokens=60&cached=200')

messages = [{'role': 'user', 'content': 'Which of our picnics should move indoors?'}]
for demo in SCRIPT:
    conn.request('POST', '/v1/messages', json.dumps(
        {'model': 'claude-sonnet-4-5', 'max_tokens': 1000, 'tools': TOOLS, 'messages': messages}),
        {'content-type': 'application/json', 'x-api-key': 'sk-ant-demo-not-a-key',
         'anthropic-version': '2023-06-01', 'x-demo': demo})
    response = conn.getresponse()
    answer = json.loads(response.read())
    if response.status != 200:
        time.sleep(0.3)
        continue
    messages.append({'role': 'assistant', 'content': answer['content']})
    wanted = [part for part in answer['content'] if part['type'] == 'tool_use']
    if not wanted:
        break
    time.sleep(0.4 * len(wanted))  # the tools at work
    messages.append({'role': 'user', 'content': [
        {'type': 'tool_result', 'tool_use_id': part['id'], 'content': 'rain'} for part in wanted]})
