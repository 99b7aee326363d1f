# SPDX-License-Identifier: Apache-2.0
"""What the demo provider answers: OpenAI chat completions and Anthropic messages, as a list of
stream events or as one document, together with the truth about them.

A request chooses its case with the header `x-demo`, with `metadata.demo` (OpenAI) or with a
`metadata.user_id` that begins with `demo:` (Anthropic), in the manner of a query string:
  tag=T            copied into the truth, to find the call again
  ttft=S gap=S     pacing: seconds to the first token and between tokens (jittered)
  burst=1          no pauses at all
  tokens=N         output tokens; each is an event of a stream
  size=BYTES       one token is this long (large answers)
  tools=N          N tool calls instead of text
  reasoning=N      of the output tokens, so many reason (OpenAI) or think (Anthropic)
  cached=N         input tokens read from the prompt cache; written=N: written to it
  error=429|400|401|500|529   an HTTP error; retry=S: of a 429, in how many seconds
  error=in200      a 200 whose body is an error;  error=event: an error event in the stream
  error=cut        the connection ends in the middle; stall=1: it goes silent there
  coding=gzip|deflate   if the client accepts it
  framing=chunked|length|close   crlf=1: SSE lines end with CR LF
  split=N          every TLS write is at most N bytes; pack=N: N events a write
  hold=1           no answer before SIGUSR1
  ping=0           no keep-alive events (Anthropic)"""
import json
import math
import random
import urllib.parse

# A quixolith is nothing: where the word turns up, an answer was let out.
WORDS = ('The probe sits at the edge of the quixolith and sees each byte before it is sealed . '
         'It asks nothing of the quixolith , keeps no copy it does not need , quixolith counts what '
         'it could not see , and says so . A first quixolith comes late , the next ones come '
         'quickly and the last quixolith brings the bill .').split()
TOOLS = ('get_weather', 'search_files', 'run_query', 'send_mail')


def options(request, body):
    """The case that a request asks for; {} where it asks for none."""
    text = request.headers.get('x-demo', '')
    metadata = body.get('metadata')
    if not text and isinstance(metadata, dict):
        user = str(metadata.get('user_id', ''))
        text = str(metadata.get('demo') or (user[5:] if user.startswith('demo:') else ''))
    return dict(urllib.parse.parse_qsl(text))


def number(opt, name, default):
    try:
        return type(default)(opt.get(name, default))
    except ValueError:
        return default


def text_of(messages):
    n = 0
    for m in messages if isinstance(messages, list) else []:
        content = m.get('content') if isinstance(m, dict) else None
        if isinstance(content, str):
            n += len(content)
        elif isinstance(content, list):
            n += sum(len(p.get('text') or '') for p in content if isinstance(p, dict))
    return n


class Event:
    """output: the event carries model output (text, reasoning or tool arguments)."""

    def __init__(self, data, name=None, output=False):
        self.data, self.name, self.output = data, name, output

    def encode(self, eol):
        line = self.data if isinstance(self.data, str) else json.dumps(
            self.data, separators=(',', ':'))
        head = 'event: %s%s' % (self.name, eol) if self.name else ''
        return ('%sdata: %s%s%s' % (head, line, eol, eol)).encode()


class Answer:
    """status, headers, events (a stream) or document (whole), truth (dict for the truth file)."""

    def __init__(self):
        self.status, self.reason, self.headers = 200, 'OK', []
        self.events, self.document = None, None
        self.truth = {}
        self.cut = False  # after the events: break off instead of ending


class Case:
    """What both APIs have in common: the figures of one call, from its request and options."""

    def __init__(self, request, body, opt, rnd, serial):
        self.request, self.body, self.opt, self.rnd, self.serial = request, body, opt, rnd, serial
        self.model = str(body.get('model', ''))
        self.stream = body.get('stream') is True
        self.input = 7 + text_of(body.get('messages')) // 4 + len(str(body.get('system') or '')) // 4
        self.cached = min(number(opt, 'cached', 0), self.input)
        self.written = number(opt, 'written', 0)
        self.tools = number(opt, 'tools', 0)
        self.reasoning = number(opt, 'reasoning', 0)
        self.tokens = max(1, number(opt, 'tokens', rnd.randint(12, 60)))
        limit = body.get('max_tokens') or body.get('max_completion_tokens')
        self.cut_by_limit = isinstance(limit, int) and 0 < limit < self.tokens
        if self.cut_by_limit:
            self.tokens = limit
        self.error = opt.get('error', '')
        self.serial_hex = '%08x%08x' % (serial, rnd.getrandbits(32))
        self.calls = [{'id': None, 'name': TOOLS[(serial + i) % len(TOOLS)],
                       'arguments': json.dumps({'city': 'Łódź', 'n': i})}
                      for i in range(self.tools)]

    def words(self):
        size = number(self.opt, 'size', 0)
        if size:
            return ['x' * size] * self.tokens
        return [(' ' if i else '') + WORDS[(self.serial + i) % len(WORDS)]
                for i in range(self.tokens)]

    def tool_truth(self):
        return [{'id': c['id'], 'name': c['name']} for c in self.calls]


def fragments(text, n=6):
    return [text[i:i + n] for i in range(0, len(text), n)]


# ---- OpenAI chat completions

OPENAI_ERRORS = {
    '429': (429, 'Too Many Requests', 'requests', 'rate_limit_exceeded'),
    '400': (400, 'Bad Request', 'invalid_request_error', 'invalid_value'),
    '401': (401, 'Unauthorized', 'invalid_request_error', 'invalid_api_key'),
    '500': (500, 'Internal Server Error', 'server_error', None),
    '529': (503, 'Service Unavailable', 'server_error', 'overloaded'),
    'in200': (200, 'OK', 'insufficient_quota', 'insufficient_quota'),
    'event': (200, 'OK', 'server_error', None),
}


def cookie(case):
    return 'set-cookie', '__cf_bm=not-a-key.%s; path=/; HttpOnly; Secure' % case.serial_hex


def openai_headers(case):
    left = 9999 - case.serial % 1000
    return [cookie(case), ('x-request-id', 'req_' + case.serial_hex),
            ('openai-organization', 'demo-org'),
            ('openai-processing-ms', str(40 + case.serial % 50)), ('openai-version', '2020-10-01'),
            ('x-ratelimit-limit-requests', '10000'),
            ('x-ratelimit-remaining-requests', str(left)), ('x-ratelimit-reset-requests', '6ms'),
            ('x-ratelimit-limit-tokens', '200000'),
            ('x-ratelimit-remaining-tokens', str(200000 - case.input)),
            ('x-ratelimit-reset-tokens', '12ms')]


def retry_after(case):
    """Of a 429: in whole seconds, and closer."""
    seconds = number(case.opt, 'retry', 1.5)
    return [('retry-after', str(math.ceil(seconds))),
            ('retry-after-ms', str(round(seconds * 1000)))]


def openai_usage(case):
    reasoning = min(case.reasoning, case.tokens)
    return {'prompt_tokens': case.input, 'completion_tokens': case.tokens,
            'total_tokens': case.input + case.tokens,
            'prompt_tokens_details': {'cached_tokens': case.cached, 'audio_tokens': 0},
            'completion_tokens_details': {'reasoning_tokens': reasoning, 'audio_tokens': 0,
                                          'accepted_prediction_tokens': 0,
                                          'rejected_prediction_tokens': 0}}


def openai(case):
    a = Answer()
    a.headers = openai_headers(case)
    request_id = 'req_' + case.serial_hex
    model = case.model + ('-2026-01-15' if '-20' not in case.model else '')
    a.truth = {'api': 'openai.chat', 'request_model': case.model, 'request_id': request_id}
    error = OPENAI_ERRORS.get(case.error)
    if error:
        document = {'error': {'message': 'The demo was asked to fail like this.',
                              'type': error[2], 'param': None, 'code': error[3]}}
        a.truth['error_types'] = [x for x in (error[2], error[3]) if x]
        a.status, a.reason = error[0], error[1]
        if case.error == '429':
            a.headers += retry_after(case)
        if case.error != 'event' or not case.stream:
            a.document = document
            return a
    ident = 'chatcmpl-' + case.serial_hex
    for c in case.calls:
        c['id'] = 'call_%s%02d' % (case.serial_hex, case.calls.index(c))
    finish = 'tool_calls' if case.calls else 'length' if case.cut_by_limit else 'stop'
    include_usage = (case.body.get('stream_options') or {}).get('include_usage') is True
    has_usage = not case.stream or include_usage
    a.truth.update(response_model=model, response_id=ident, finish_reasons=[finish],
                   tool_calls=case.tool_truth())
    usage_truth = {'input_tokens': case.input, 'output_tokens': case.tokens,
                   'cache_read': case.cached, 'reasoning': min(case.reasoning, case.tokens)}
    base = {'id': ident, 'object': 'chat.completion.chunk', 'created': 1763000000 + case.serial,
            'model': model, 'service_tier': 'default', 'system_fingerprint': 'fp_demo'}
    if not case.stream:
        message = {'role': 'assistant', 'content': None if case.calls else ''.join(case.words()),
                   'refusal': None, 'annotations': []}
        if case.calls:
            message['tool_calls'] = [{'id': c['id'], 'type': 'function', 'function': {
                'name': c['name'], 'arguments': c['arguments']}} for c in case.calls]
        a.document = dict(base, object='chat.completion', usage=openai_usage(case), choices=[
            {'index': 0, 'message': message, 'logprobs': None, 'finish_reason': finish}])
        a.truth.update(usage_truth)
        return a

    def chunk(delta, reason=None, output=False):
        return Event(dict(base, choices=[{'index': 0, 'delta': delta, 'logprobs': None,
                                          'finish_reason': reason}],
                          **({'usage': None} if include_usage else {})), output=output)

    a.events = [chunk({'role': 'assistant', 'content': None if case.calls else '',
                       'refusal': None})]
    for i, c in enumerate(case.calls):
        a.events.append(chunk({'tool_calls': [{'index': i, 'id': c['id'], 'type': 'function',
                                               'function': {'name': c['name'],
                                                            'arguments': ''}}]}))
        a.events += [chunk({'tool_calls': [{'index': i, 'function': {'arguments': f}}]},
                           output=True) for f in fragments(c['arguments'])]
    if not case.calls:
        a.events += [chunk({'content': w}, output=True) for w in case.words()]
    if case.error in ('event', 'cut'):
        a.events = a.events[:len(a.events) // 2 + 1]
        a.truth.update(finish_reasons=[], tool_calls=[])
        if case.error == 'event':
            a.events.append(Event(document))
        a.cut = True
        return a
    a.events.append(chunk({}, finish))
    if include_usage:
        a.events.append(Event(dict(base, choices=[], usage=openai_usage(case))))
    a.events.append(Event('[DONE]'))
    if has_usage:
        a.truth.update(usage_truth)
    return a


# ---- Anthropic messages

ANTHROPIC_ERRORS = {
    '429': (429, 'Too Many Requests', 'rate_limit_error'),
    '400': (400, 'Bad Request', 'invalid_request_error'),
    '401': (401, 'Unauthorized', 'authentication_error'),
    '500': (500, 'Internal Server Error', 'api_error'),
    '529': (529, 'Overloaded', 'overloaded_error'),
    'in200': (200, 'OK', 'api_error'),
    'event': (200, 'OK', 'overloaded_error'),
}


def anthropic_headers(case):
    return [('request-id', 'req_' + case.serial_hex), cookie(case),
            ('anthropic-organization-id', '00000000-demo'),
            ('anthropic-ratelimit-requests-limit', '4000'),
            ('anthropic-ratelimit-requests-remaining', str(3999 - case.serial % 1000)),
            ('anthropic-ratelimit-requests-reset', '2026-11-20T14:02:13Z'),
            ('anthropic-ratelimit-tokens-limit', '480000'),
            ('anthropic-ratelimit-tokens-remaining', str(480000 - case.input)),
            ('anthropic-ratelimit-tokens-reset', '2026-11-20T14:02:13Z')]


def anthropic_usage(case, output):
    return {'input_tokens': case.input - case.cached, 'cache_creation_input_tokens': case.written,
            'cache_read_input_tokens': case.cached,
            'cache_creation': {'ephemeral_5m_input_tokens': case.written,
                               'ephemeral_1h_input_tokens': 0},
            'output_tokens': output, 'service_tier': 'standard'}


def anthropic(case):
    a = Answer()
    a.headers = anthropic_headers(case)
    request_id = 'req_' + case.serial_hex
    a.truth = {'api': 'anthropic.messages', 'request_model': case.model,
               'request_id': request_id}
    error = ANTHROPIC_ERRORS.get(case.error)
    if error:
        document = {'type': 'error', 'error': {
            'type': error[2], 'message': 'The demo was asked to fail like this.'},
            'request_id': request_id}
        a.truth['error_types'] = [error[2]]
        a.status, a.reason = error[0], error[1]
        if case.error == '429':
            a.headers.append(('retry-after', str(number(case.opt, 'retry', 12))))
        if case.error != 'event' or not case.stream:
            a.document = document
            return a
    ident = 'msg_01' + case.serial_hex
    for c in case.calls:
        c['id'] = 'toolu_01%s%02d' % (case.serial_hex, case.calls.index(c))
    finish = 'tool_use' if case.calls else 'max_tokens' if case.cut_by_limit else 'end_turn'
    a.truth.update(response_model=case.model, response_id=ident, finish_reasons=[finish],
                   tool_calls=case.tool_truth(), input_tokens=case.input + case.written,
                   output_tokens=case.tokens, cache_read=case.cached, cache_creation=case.written)
    base = {'id': ident, 'type': 'message', 'role': 'assistant', 'model': case.model}
    if not case.stream:
        content = [{'type': 'tool_use', 'id': c['id'], 'name': c['name'],
                    'input': json.loads(c['arguments'])} for c in case.calls]
        if not content:
            content = [{'type': 'text', 'text': ''.join(case.words())}]
        a.document = dict(base, content=content, stop_reason=finish, stop_sequence=None,
                          usage=anthropic_usage(case, case.tokens))
        return a

    def ev(kind, output=False, **rest):
        return Event(dict({'type': kind}, **rest), kind, output)

    a.events = [ev('message_start', message=dict(base, content=[], stop_reason=None,
                                                 stop_sequence=None,
                                                 usage=anthropic_usage(case, 1)))]
    blocks = []
    if case.reasoning:
        blocks.append(({'type': 'thinking', 'thinking': '', 'signature': ''},
                       [{'type': 'thinking_delta', 'thinking': ' hm'}
                        for _ in range(case.reasoning)]))
    if case.calls:
        for c in case.calls:
            blocks.append(({'type': 'tool_use', 'id': c['id'], 'name': c['name'], 'input': {}},
                           [{'type': 'input_json_delta', 'partial_json': f}
                            for f in fragments(c['arguments'])]))
    else:
        blocks.append(({'type': 'text', 'text': ''},
                       [{'type': 'text_delta', 'text': w} for w in case.words()]))
    for i, (start, deltas) in enumerate(blocks):
        a.events.append(ev('content_block_start', index=i, content_block=start))
        if i == 0 and case.opt.get('ping') != '0':
            a.events.append(ev('ping'))
        a.events += [ev('content_block_delta', True, index=i, delta=d) for d in deltas]
        a.events.append(ev('content_block_stop', index=i))
    if case.error in ('event', 'cut'):
        a.events = a.events[:len(a.events) // 2 + 1]
        if case.error == 'event':
            a.events.append(Event(document, 'error'))
        a.cut = True
        for name in ('finish_reasons', 'tool_calls'):
            a.truth[name] = []
        a.truth.pop('output_tokens')
        return a
    a.events.append(ev('message_delta', delta={'stop_reason': finish, 'stop_sequence': None},
                       usage={'input_tokens': case.input - case.cached,
                              'cache_creation_input_tokens': case.written,
                              'cache_read_input_tokens': case.cached,
                              'output_tokens': case.tokens}))
    a.events.append(ev('message_stop'))
    return a


# Path's tail, and who answers.
APIS = [('/chat/completions', openai), ('/v1/messages', anthropic)]


def match(request):
    """The API by the path's tail, as any compatible host keeps it."""
    path = request.path.rstrip('/')
    if request.method == 'POST':
        for tail, api in APIS:
            if path.endswith(tail):
                return api
    return None


def answer(kind, request, body, serial, seed, adjust=lambda case: None):
    """(Answer, options) for one call; adjust may change the case."""
    opt = options(request, body)
    rnd = random.Random('%d %d' % (seed, serial))
    case = Case(request, body, opt, rnd, serial)
    adjust(case)
    a = kind(case)
    a.truth.update(tag=opt.get('tag'), stream=case.stream, status=a.status)
    return a, opt
