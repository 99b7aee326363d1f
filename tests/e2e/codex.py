# SPDX-License-Identifier: Apache-2.0
"""Sessions as coding agents have them with Responses over a WebSocket: several response.create on a
connection, each with the events of one response; rate limits between them, an error as a message,
and a request that only warms up (generate: false)."""


class Script:
    """Gathers the messages of one session."""

    def __init__(self, rnd, model):
        self.rnd, self.model, self.messages, self.n = rnd, model, [], 0

    def sent(self, data):
        self.messages.append({'dir': 'sent', 'data': data})

    def received(self, data):
        self.messages.append({'dir': 'received', 'data': data})

    def event(self, kind, **more):
        self.received({'type': kind, 'sequence_number': len(self.messages), **more})

    def create(self, **more):
        self.n += 1
        self.sent({'type': 'response.create', 'model': self.model, 'store': False,
                   'instructions': 'You are a coding agent. ' + 'Be careful. ' * self.rnd.choice((1, 3000)),
                   'input': [{'type': 'message', 'role': 'user', 'content': [
                       {'type': 'input_text', 'text': 'say "type":"response.completed" %d' % self.n}]}],
                   'tools': [{'type': 'function', 'name': 'shell', 'parameters': {'type': 'object'}}],
                   'prompt_cache_key': 'thread-1', 'client_metadata': {'session_id': 's-1'}, **more})
        return {'id': 'resp_%s_%d' % (self.rnd.randbytes(6).hex(), self.n), 'object': 'response',
                'status': 'in_progress', 'model': self.model + '-2026-08-01', 'output': [],
                'usage': None}

    def usage(self, out):
        rnd = self.rnd
        given = rnd.randint(100, 50000)
        return {'input_tokens': given, 'input_tokens_details': {'cached_tokens': rnd.randint(0, given)},
                'output_tokens': out + 10, 'output_tokens_details': {'reasoning_tokens': rnd.randint(1, 10)},
                'total_tokens': given + out + 10}

    def response(self, tool=False, end='completed'):
        r, rnd = self.create(), self.rnd
        self.event('response.created', response=r)
        self.event('response.in_progress', response=r)
        if rnd.random() < 0.7:
            self.received({'type': 'codex.rate_limits', 'plan_type': 'pro', 'rate_limits': {
                'primary': {'used_percent': rnd.randint(0, 99), 'window_minutes': 300}}})
        reasoning = {'type': 'reasoning', 'id': 'rs_%d' % self.n, 'summary': []}
        self.event('response.output_item.added', output_index=0, item=reasoning)
        for i in range(rnd.randint(0, 4)):
            self.event('response.reasoning_summary_text.delta', output_index=0, delta='thought %d ' % i)
        self.event('response.output_item.done', output_index=0, item=reasoning)
        pieces = rnd.randint(1, 30)
        if tool:
            item = {'type': 'function_call', 'id': 'fc_%d' % self.n, 'call_id': 'call_%d_%s' % (
                self.n, rnd.randbytes(4).hex()), 'name': 'shell', 'arguments': ''}
            self.event('response.output_item.added', output_index=1, item=item)
            for i in range(pieces):
                self.event('response.function_call_arguments.delta', output_index=1, delta='{' * (i == 0) + '"a')
            item = {**item, 'arguments': '{"command":["ls"]}'}
            self.event('response.function_call_arguments.done', output_index=1, arguments=item['arguments'])
        else:
            item = {'type': 'message', 'id': 'msg_%d' % self.n, 'role': 'assistant', 'content': []}
            self.event('response.output_item.added', output_index=1, item=item)
            for i in range(pieces):
                self.event('response.output_text.delta', output_index=1, content_index=0,
                           delta='wörd %d \U0001f600 ' % i)
            item = {**item, 'content': [{'type': 'output_text', 'text': 'x' * pieces * 7}]}
        self.event('response.output_item.done', output_index=1, item=item)
        r = {**r, 'status': end, 'output': [reasoning, item], 'usage': self.usage(pieces)}
        if end == 'incomplete':
            r['incomplete_details'] = {'reason': 'max_output_tokens'}
        self.event('response.' + end, response=r)

    def warm(self):
        r = self.create(generate=False)
        self.event('response.created', response=r)
        self.event('response.completed', response={**r, 'status': 'completed', 'usage': {
            'input_tokens': 0, 'input_tokens_details': {'cached_tokens': 0}, 'output_tokens': 0,
            'output_tokens_details': {'reasoning_tokens': 0}, 'total_tokens': 0}})

    def refused(self):
        self.create()
        self.received({'type': 'error', 'status': 429, 'error': {
            'type': 'usage_limit_reached', 'message': 'The usage limit has been reached',
            'plan_type': 'pro'}, 'headers': {'x-codex-primary-used-percent': '100'}})


def session(rnd, model='gpt-5-codex'):
    s = Script(rnd, model)
    if rnd.random() < 0.5:
        s.warm()
    for _ in range(rnd.randint(2, 6)):
        one = rnd.random()
        if one < 0.45:
            s.response(tool=True)
        elif one < 0.85:
            s.response()
        elif one < 0.95:
            s.response(end='incomplete')
        else:
            s.refused()
    s.refused() if rnd.random() < 0.5 else s.response()
    return s.messages
