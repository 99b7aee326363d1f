# SPDX-License-Identifier: Apache-2.0
"""Runs on ways that libraries seldom take: a tool whose own call (MCP) is seen, an answer that the
client does not wait for, a process that ends before its run does."""
import lib
import real
import tree
from lib import check

AGENT = '''
import http.client, json, os, ssl, sys, time, urllib.parse
u = urllib.parse.urlsplit(os.environ['BASE'])
conn = http.client.HTTPSConnection(u.hostname, u.port, context=ssl.create_default_context())
way = sys.argv[1]
tools = [{'name': 'search', 'input_schema': {'type': 'object'}}]
said = [{'role': 'user', 'content': 'find it'}]

def ask(stream=False):
    conn.request('POST', '/v1/messages', json.dumps({
        'model': 'claude-sonnet-4-5', 'max_tokens': 500, 'tools': tools, 'messages': said,
        'stream': stream}), {
        'content-type': 'application/json', 'x-demo': 'tag=' + way, 'x-api-key': 'sk-not-a-key',
        'anthropic-version': '2023-06-01'})
    return conn.getresponse()

def mcp():
    conn.request('POST', '/mcp', json.dumps({
        'jsonrpc': '2.0', 'id': 7, 'method': 'tools/call',
        'params': {'name': 'search', 'arguments': {'what': 'a quixolith'}}}), {
        'content-type': 'application/json', 'accept': 'application/json, text/event-stream'})
    return json.loads(conn.getresponse().read())['result']['content'][0]['text']

answer = json.loads(ask().read())
used = [p for p in answer['content'] if p['type'] == 'tool_use'][0]
time.sleep(0.2)
text = mcp() if way == 'mcp' else 'found'
time.sleep(0.2)
said += [{'role': 'assistant', 'content': answer['content']},
         {'role': 'user', 'content': [{'type': 'tool_result', 'tool_use_id': used['id'],
                                       'content': text}]}]
if way == 'exit':
    sys.exit()
answer = ask(way == 'abort')
if way == 'abort':
    while b'text_delta' not in answer.readline():
        pass
    conn.sock.close()
    answer.close()
    time.sleep(0.3)
else:
    answer.read()
'''
WAYS = ('mcp', 'abort', 'exit')
USE = {'tools': [{'name': 'search', 'arguments': {'what': 'a quixolith'}}]}

lib.need_tracing()
vendor = real.Vendor(script={way: [USE, {'tokens': 400}] for way in WAYS})
held = {way: lib.Held([lib.SYSTEM_PYTHON, '-c', AGENT, way],
                      env={**vendor.env, **lib.private_libssl()}) for way in WAYS}
tracer = lib.Tracer('-p', ','.join(str(h.pid) for h in held.values()))
for h in held.values():
    h.go()
for way, h in held.items():
    h.finish(60)
    check.equal(h.status, 0, way)
tracer.settle(5)
check.equal(tracer.stop(), 0, 'exit status')
vendor.stop()
records = tracer.all_records()
for text in tree.faults(records):
    check(False, text)
pids = {h.pid: way for way, h in held.items()}
runs = {pids[t.run['process.pid']]: t for t in tree.trees(records)}
check.equal(sorted(runs), sorted(WAYS), 'runs')
call = [r for r in records if r['type'] == 'mcp.call']
check.equal(len(call), 1, 'calls of a tool')

# ---- a tool whose own call was seen: its times are those, and nothing is inferred
one = runs['mcp']
check.equal((one.run['llmsnoop.run.end'], one.run['llmsnoop.run.rounds'], len(one.tools)),
            ('finished', 2, 1), 'mcp')
tool = one.tools[0]
check.equal((tool['gen_ai.tool.name'], tool.get('llmsnoop.inferred'),
             tool.get('llmsnoop.tool.mcp_span_id'), tool['duration_s'], tool['time']),
            ('search', False, call[0]['span_id'], call[0]['duration_s'], call[0]['time']),
            'the tool that was called by MCP')
check.equal(call[0].get('parent_span_id'), one.run['span_id'], 'parent of its call')
check(one.run['llmsnoop.run.tool_s'] >= 0.4, 'the model waited', one.run['llmsnoop.run.tool_s'])

# ---- an answer that nobody waited for: it failed, and had its price all the same
one = runs['abort']
last = one.calls[-1]
check.equal((last.get('error.type'), last.get('llmsnoop.cost.estimated')), ('cancelled', True),
            'abort')
check(last.get('gen_ai.usage.cost', 0) > 0, 'an aborted answer has no cost', last)
check.equal((one.run.get('llmsnoop.run.aborts'), one.run.get('error.type')), (1, 'cancelled'),
            'aborts of its run')
check.equal(one.tools[0].get('llmsnoop.inferred'), True, 'a tool of which nothing was seen')
check(one.tools[0]['duration_s'] >= 0.4, 'took', one.tools[0]['duration_s'])

# ---- a process that ends while its tool is at work
one = runs['exit']
check.equal((one.run['llmsnoop.run.end'], one.run['llmsnoop.run.rounds']), ('process_exit', 1),
            'exit')
print('%d runs, %d records' % (len(runs), len(records)))
check.finish()
