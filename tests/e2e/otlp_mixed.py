# SPDX-License-Identifier: Apache-2.0
"""A capture file of a mixed run: each kind of call that ends as another kind of span, by several
processes, plain and streamed, that go well and that fail. All written here, none of it recorded."""
import json

import capfile
from capfile import READ, WRITE

TRACE, PARENT = '4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'
UNSAMPLED_TRACE = '0af7651916cd43dd8448eb211c80319c'
CLIENT, OTHER, SERVER, AGENT = 101, 102, 103, 104


class Mixed:
    def __init__(self, path):
        self.w, self.conn = capfile.Writer(path), 0
        for pid in (CLIENT, OTHER, SERVER, AGENT):
            self.w.process(pid)

    def request(self, host, path, body, headers=(), method='POST'):
        body = json.dumps(body).encode() if body is not None else b''
        head = ['%s %s HTTP/1.1' % (method, path), 'Host: ' + host, 'Content-Length: %d' % len(body)]
        if body:
            head.append('Content-Type: application/json')
        return '\r\n'.join([*head, *headers, '', '']).encode() + body

    def answer(self, status, body, kind='application/json', headers=()):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = ['HTTP/1.1 %d X' % status, 'Content-Type: ' + kind,
                'Content-Length: %d' % len(body), *headers]
        return '\r\n'.join([*head, '', '']).encode() + body

    def call(self, pid, host, path, body, answer, status=200, headers=(), chunks=None, took=0.2,
             server=False, method='POST', answer_headers=(), cut=False):
        """chunks: events of a stream, one after the other."""
        self.conn += 1
        out, back = (READ, WRITE) if server else (WRITE, READ)
        self.w.data(self.conn, pid, out, self.request(host, path, body, headers, method))
        self.w.wait(took)
        if chunks is None:
            self.w.data(self.conn, pid, back,
                        self.answer(status, answer, headers=answer_headers))
        else:
            self.w.data(self.conn, pid, back, b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream'
                        b'\r\nTransfer-Encoding: chunked\r\n\r\n')
            for event in chunks:
                data = event if isinstance(event, bytes) else b'data: %s\n\n' % (
                    event.encode() if isinstance(event, str) else json.dumps(event).encode())
                self.w.data(self.conn, pid, back, b'%x\r\n%s\r\n' % (len(data), data))
                self.w.wait(0.05)
            if not cut:
                self.w.data(self.conn, pid, back, b'0\r\n\r\n')
        self.w.close(self.conn, pid)
        self.w.wait(0.1)

    # ---- what APIs say

    def chat(self, pid, model='gpt-4o-mini', **more):
        body = {'model': model, 'messages': [
            {'role': 'system', 'content': 'canary-system'},
            {'role': 'user', 'content': 'canary-prompt'}], 'temperature': 0.5, 'max_tokens': 100,
            'stop': ['\n'], 'seed': 7, 'top_p': 1, 'frequency_penalty': 0.1, **more.pop('body', {})}
        answer = {'id': 'chatcmpl-%d' % self.conn, 'object': 'chat.completion',
                  'model': 'gpt-4o-mini-2024-07-18', 'system_fingerprint': 'fp_1',
                  'service_tier': 'default', 'choices': [{
                      'index': 0, 'finish_reason': 'stop',
                      'message': {'role': 'assistant', 'content': 'canary-answer'}}],
                  'usage': {'prompt_tokens': 20, 'completion_tokens': 5, 'total_tokens': 25,
                            'prompt_tokens_details': {'cached_tokens': 8},
                            'completion_tokens_details': {'reasoning_tokens': 1}}}
        answer.update(more.pop('answer', {}))
        self.call(pid, more.pop('host', 'api.openai.com'), '/v1/chat/completions', body, answer,
                  **more)

    def stream(self, pid, cut=False):
        def event(delta, reason=None, **more):
            return {'id': 'chatcmpl-s%d' % self.conn, 'object': 'chat.completion.chunk',
                    'model': 'gpt-4o-2024-08-06',
                    'choices': [{'index': 0, 'delta': delta, 'finish_reason': reason}], **more}

        events = [event({'role': 'assistant', 'content': ''})]
        events += [event({'content': w}) for w in ('canary', '-', 'answer')]
        if not cut:
            events += [event({}, 'stop'), {
                'id': 'x', 'object': 'chat.completion.chunk', 'model': 'gpt-4o-2024-08-06',
                'choices': [], 'usage': {'prompt_tokens': 30, 'completion_tokens': 3,
                                         'total_tokens': 33}}, '[DONE]']
        self.call(pid, 'api.openai.com', '/v1/chat/completions', {
            'model': 'gpt-4o', 'stream': True, 'stream_options': {'include_usage': True},
            'n': 2, 'messages': [{'role': 'user', 'content': 'canary-prompt'}]},
            None, chunks=events, cut=cut)

    def anthropic(self, pid, messages, content, reason, status=200, error=None, headers=()):
        answer = {'id': 'msg_%d' % self.conn, 'type': 'message', 'role': 'assistant',
                  'model': 'claude-sonnet-4-5', 'content': content, 'stop_reason': reason,
                  'usage': {'input_tokens': 10, 'cache_read_input_tokens': 900,
                            'cache_creation_input_tokens': 90, 'output_tokens': 40}}
        self.call(pid, 'api.anthropic.com', '/v1/messages', {
            'model': 'claude-sonnet-4-5', 'max_tokens': 1000, 'system': 'canary-system',
            'tools': [{'name': 'Bash', 'description': 'canary-tool', 'input_schema': {
                'type': 'object'}}], 'messages': messages},
            error or answer, status=status, headers=headers)

    def agent(self, pid):
        """Two rounds with two tools at once, one of them by MCP, a refusal that is tried again, and
        an end."""
        said = [{'role': 'user', 'content': 'canary-prompt'}]
        for i in range(2):
            uses = [{'type': 'tool_use', 'id': 'toolu_%d%s' % (i, x), 'name': name,
                     'input': {'canary-argument': x}}
                    for x, name in (('a', 'Bash'), ('b', 'mcp__files__lookup' if i else 'Read'))]
            if i:
                self.anthropic(pid, said, None, None, 429, {
                    'type': 'error', 'error': {'type': 'rate_limit_error', 'message': 'later'}})
                self.w.wait(1)
            self.anthropic(pid, said, uses, 'tool_use')
            if i:
                self.mcp(pid, 'tools/call', {'name': 'lookup'}, {'result': {'content': []}})
            self.w.wait(0.5)
            said += [{'role': 'assistant', 'content': uses}, {'role': 'user', 'content': [
                {'type': 'tool_result', 'tool_use_id': u['id'], 'content': 'canary-result'}
                for u in uses]}]
        self.anthropic(pid, said, [{'type': 'text', 'text': 'canary-answer'}], 'end_turn')

    def embeddings(self, pid):
        self.call(pid, 'api.openai.com', '/v1/embeddings', {
            'model': 'text-embedding-3-small', 'input': 'canary-prompt', 'dimensions': 2,
            'encoding_format': 'float'}, {
            'object': 'list', 'model': 'text-embedding-3-small', 'data': [
                {'object': 'embedding', 'index': 0, 'embedding': [0.1, 0.2]}],
            'usage': {'prompt_tokens': 4, 'total_tokens': 4}})

    def rerank(self, pid):
        self.call(pid, 'api.cohere.com', '/v2/rerank', {
            'model': 'rerank-v3.5', 'query': 'canary-prompt', 'documents': ['a', 'b'], 'top_n': 1}, {
            'id': 'r1', 'results': [{'index': 0, 'relevance_score': 0.9}],
            'meta': {'billed_units': {'search_units': 1}}})

    def fetched(self, pid):
        self.call(pid, 'api.openai.com', '/v1/responses', {
            'model': 'gpt-5', 'input': 'canary-prompt', 'background': True}, {
            'id': 'resp_1', 'object': 'response', 'status': 'queued', 'model': 'gpt-5',
            'output': []})
        self.call(pid, 'api.openai.com', '/v1/responses/resp_1', None, {
            'id': 'resp_1', 'object': 'response', 'status': 'completed', 'model': 'gpt-5',
            'output': [{'type': 'message', 'role': 'assistant', 'content': [
                {'type': 'output_text', 'text': 'canary-answer'}]}],
            'usage': {'input_tokens': 50, 'output_tokens': 60, 'total_tokens': 110}},
            method='GET')

    def mcp(self, pid, method, params, answer, server=False, port=8080):
        self.call(pid, '127.0.0.1:%d' % port, '/mcp', {
            'jsonrpc': '2.0', 'id': self.conn, 'method': method, 'params': params},
            {'jsonrpc': '2.0', 'id': self.conn, **answer}, server=server, headers=(
                'Accept: application/json, text/event-stream', 'Mcp-Session-Id: s1',
                'MCP-Protocol-Version: 2025-06-18'))

    def all(self):
        parent = 'traceparent: 00-%s-%s-01' % (TRACE, PARENT)
        self.chat(CLIENT, headers=(parent,))
        self.chat(CLIENT, headers=('traceparent: 00-%s-%s-00' % (UNSAMPLED_TRACE, PARENT),))
        for i in range(5):
            self.chat(OTHER, took=0.01 * 4 ** i)
        self.stream(CLIENT)
        self.stream(OTHER)
        self.stream(CLIENT, cut=True)
        self.chat(CLIENT, status=429, answer={'error': {
            'type': 'rate_limit_exceeded', 'code': 'rate_limit_exceeded', 'message': 'canary'}})
        self.chat(CLIENT, status=500, answer={'error': {'type': 'server_error'}})
        self.chat(OTHER, model='m\u00f6del', host='x.openai.azure.com')
        self.chat(OTHER, host='localhost:8000', model='')
        self.embeddings(CLIENT)
        self.rerank(CLIENT)
        self.call(CLIENT, 'api.openai.com', '/v1/moderations', {
            'model': 'omni-moderation-latest', 'input': 'canary-prompt'}, {
            'id': 'modr-1', 'model': 'omni-moderation-latest', 'results': [{'flagged': False}]})
        self.call(CLIENT, 'api.openai.com', '/v1/images/generations', {
            'model': 'gpt-image-1', 'prompt': 'canary-prompt'}, {
            'created': 1, 'data': [{'b64_json': 'AA=='}], 'usage': {
                'input_tokens': 9, 'output_tokens': 272, 'total_tokens': 281,
                'input_tokens_details': {'text_tokens': 9, 'image_tokens': 0}}})
        self.call(CLIENT, 'api.anthropic.com', '/v1/messages/count_tokens', {
            'model': 'claude-sonnet-4-5', 'messages': [{'role': 'user', 'content': 'x'}]}, {
            'input_tokens': 12})
        self.call(CLIENT, 'generativelanguage.googleapis.com',
                  '/v1beta/models/gemini-2.5-flash:generateContent', {
                      'contents': [{'role': 'user', 'parts': [{'text': 'canary-prompt'}]}]}, {
                      'responseId': 'g1', 'modelVersion': 'gemini-2.5-flash', 'candidates': [{
                          'content': {'role': 'model', 'parts': [{'text': 'canary-answer'}]},
                          'finishReason': 'STOP'}], 'usageMetadata': {
                          'promptTokenCount': 7, 'candidatesTokenCount': 2,
                          'thoughtsTokenCount': 3, 'totalTokenCount': 12,
                          'promptTokensDetails': [{'modality': 'TEXT', 'tokenCount': 7}]}})
        self.fetched(CLIENT)
        self.mcp(AGENT, 'initialize', {'protocolVersion': '2025-06-18'},
                 {'result': {'protocolVersion': '2025-06-18'}})
        self.mcp(AGENT, 'tools/call', {'name': 'search', 'arguments': {'q': 'canary-argument'}},
                 {'result': {'content': [], 'isError': False}})
        self.mcp(AGENT, 'tools/call', {'name': 'search'}, {'result': {'isError': True}})
        self.mcp(AGENT, 'tools/call', {'name': 'nope'},
                 {'error': {'code': -32602, 'message': 'unknown tool'}})
        self.mcp(AGENT, 'prompts/get', {'name': 'greet'}, {'result': {}})
        self.mcp(SERVER, 'tools/call', {'name': 'search'}, {'result': {}}, server=True)
        self.chat(SERVER, server=True, host='localhost:8000')
        self.agent(AGENT)
        self.w.wait(1)
        self.w.end()
