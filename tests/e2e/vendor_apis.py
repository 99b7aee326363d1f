# SPDX-License-Identifier: Apache-2.0
"""What vendor.py answers beyond answers.py: OpenAI Responses, as Codex and the SDKs use it, and
Gemini's generateContent."""
import json
import re

from answers import Answer, Event, fragments, number, openai_headers, OPENAI_ERRORS, retry_after


def length_of(value):
    """Characters of all the strings in a JSON value."""
    todo, n = [value], 0
    while todo:
        v = todo.pop()
        n += len(v) if isinstance(v, str) else 0
        todo += v.values() if isinstance(v, dict) else v if isinstance(v, list) else []
    return n


def turns(body):
    """(what users say before its first answer, how many times the model has answered): of one
    answer, words and uses of tools, there is no message of another between."""
    said, answered, before = [], 0, None
    listed = body.get('messages') or body.get('input')
    for m in listed if isinstance(listed, list) else [{'role': 'user', 'content': listed}]:
        role = m.get('role') or (
            'assistant' if m.get('type') in ('function_call', 'reasoning') else 'tool')
        if role == 'user' and not answered:
            said.append(json.dumps(m.get('content')))
        answered += role == 'assistant' and before != 'assistant'
        before = role
    return ' '.join(said), answered


def whose(scripts, body, before):
    """(the words of the agent that asks, how many steps it has taken); before: the same of the
    answer that the request goes on from, where it says no more than what is new."""
    if before:
        return before[0], before[1] + 1
    said, taken = turns(body)
    return next((words for words in scripts if words in said), ''), taken


def brought(body):
    """Ids of the uses of tools whose results a request brings."""
    out, listed = [], body.get('messages') or body.get('input')
    for m in listed if isinstance(listed, list) else []:
        parts = m['content'] if isinstance(m.get('content'), list) else []
        out += [p['tool_use_id'] for p in parts if p.get('type') == 'tool_result']
        if m.get('role') == 'tool' or m.get('type') == 'function_call_output':
            out.append(m.get('tool_call_id') or m.get('call_id'))
    return out


def found(arguments, body):
    """The same arguments; {"find": PATTERN, "nth": N} is the nth thing that the request says so."""
    out = dict(arguments)
    for name, value in arguments.items():
        if isinstance(value, dict) and 'find' in value:
            out[name] = re.findall(value['find'], json.dumps(body))[value['nth']:][:1]
    return out


# ---- OpenAI Responses

def responses_usage(case):
    return {'input_tokens': case.input, 'input_tokens_details': {'cached_tokens': case.cached},
            'output_tokens': case.tokens,
            'output_tokens_details': {'reasoning_tokens': min(case.reasoning, case.tokens)},
            'total_tokens': case.input + case.tokens}


def responses(case):
    a = Answer()
    case.input = 7 + length_of(case.body.get('input')) // 4
    case.cached = min(case.cached, case.input)
    a.headers = openai_headers(case)
    request_id = 'req_' + case.serial_hex
    a.truth = {'api': 'openai.responses', 'request_model': case.model, 'request_id': request_id}
    error = OPENAI_ERRORS.get(case.error)
    if error:
        a.document = {'error': {'message': 'The demo was asked to fail like this.',
                                'type': error[2], 'param': None, 'code': error[3]}}
        a.truth['error_types'] = [x for x in (error[2], error[3]) if x]
        a.status, a.reason = error[0], error[1]
        if case.error == '429':
            a.headers += retry_after(case)
        if case.error != 'event' or not case.stream:
            return a
    ident = 'resp_' + case.serial_hex
    output = []
    for i, c in enumerate(case.calls):
        c['id'] = 'call_%s%02d' % (case.serial_hex, i)
        output.append({'type': 'function_call', 'id': 'fc_%s%02d' % (case.serial_hex, i),
                       'call_id': c['id'], 'name': c['name'], 'arguments': c['arguments'],
                       'status': 'completed', **({'namespace': c['namespace']} if c.get('namespace')
                                                 else {})})
    if not output:
        output.append({'type': 'message', 'id': 'msg_' + case.serial_hex, 'role': 'assistant',
                       'status': 'completed', 'content': [
                           {'type': 'output_text', 'text': ''.join(case.words()),
                            'annotations': []}]})
    response = {'id': ident, 'object': 'response', 'created_at': 1763000000 + case.serial,
                'model': case.model, 'status': 'in_progress', 'output': [], 'usage': None,
                'error': None, 'incomplete_details': None, 'parallel_tool_calls': True}
    done = {**response, 'status': 'completed', 'output': output, 'usage': responses_usage(case)}
    a.truth.update(response_model=case.model, response_id=ident, tool_calls=case.tool_truth(),
                   input_tokens=case.input, output_tokens=case.tokens, cache_read=case.cached,
                   reasoning=min(case.reasoning, case.tokens), finish_reasons=['completed'])
    if not case.stream:
        a.document = done
        return a
    a.events = []

    def event(kind, output=False, **rest):
        a.events.append(Event({'type': kind, 'sequence_number': len(a.events), **rest}, kind,
                              output))

    event('response.created', response=response)
    event('response.in_progress', response=response)
    if error:
        # The words are OpenAI's: Codex reads from them when to ask again.
        seconds = number(case.opt, 'retry', 1.5)
        failed = {'code': 'rate_limit_exceeded', 'message': 'Rate limit reached for %s. Please try '
                  'again in %.3fs.' % (case.model, seconds)}
        event('response.failed', response={**response, 'status': 'failed', 'error': failed})
        a.truth.update(error_types=[failed['code']], finish_reasons=[], tool_calls=[])
        for name in ('input_tokens', 'output_tokens', 'cache_read', 'reasoning'):
            a.truth.pop(name)
        return a
    for i, item in enumerate(output):
        ids = {'item_id': item['id'], 'output_index': i}
        if item['type'] == 'function_call':
            event('response.output_item.added', output_index=i, item={**item, 'arguments': '',
                                                                      'status': 'in_progress'})
            for f in fragments(item['arguments']):
                event('response.function_call_arguments.delta', True, delta=f, **ids)
            event('response.function_call_arguments.done', arguments=item['arguments'], **ids)
        else:
            event('response.output_item.added', output_index=i, item={**item, 'content': []})
            part = {'type': 'output_text', 'text': '', 'annotations': []}
            event('response.content_part.added', content_index=0, part=part, **ids)
            for w in case.words():
                event('response.output_text.delta', True, content_index=0, delta=w, **ids)
            event('response.output_text.done', content_index=0, text=''.join(case.words()), **ids)
        event('response.output_item.done', output_index=i, item=item)
    event('response.completed', response=done)
    return a


# ---- Gemini

def nothing(schema):
    """An object as a JSON schema wants it, that says nothing."""
    empty = {'string': '', 'number': 0, 'integer': 0, 'boolean': False, 'array': []}
    return {name: (part.get('enum') or [empty.get(str(part.get('type', 'string')).lower(), {})])[0]
            for name, part in (schema.get('properties') or {}).items()}


def gemini(case, stream):
    a = Answer()
    model = case.request.path.rsplit('/', 1)[1].partition(':')[0]
    case.stream = stream
    case.input = 7 + length_of(case.body.get('contents')) // 4
    ident = 'resp' + case.serial_hex
    said = case.tokens - min(case.reasoning, case.tokens - 1)
    usage = {'promptTokenCount': case.input, 'candidatesTokenCount': said,
             'thoughtsTokenCount': case.tokens - said, 'totalTokenCount': case.input + case.tokens}
    a.truth = {'api': 'gemini.generate', 'request_model': model, 'response_model': model,
               'response_id': ident, 'input_tokens': case.input, 'output_tokens': case.tokens,
               'reasoning': case.tokens - said, 'tool_calls': [], 'finish_reasons': ['STOP']}
    base = {'modelVersion': model, 'responseId': ident}

    def document(parts, **more):
        return {'candidates': [{'content': {'role': 'model', 'parts': parts}, 'index': 0, **more}],
                'usageMetadata': usage, **base}

    wanted = case.body.get('generationConfig') or {}
    parts = [{'text': w} for w in case.words()]
    if wanted.get('responseMimeType') == 'application/json':
        schema = wanted.get('responseJsonSchema') or wanted.get('responseSchema') or {}
        parts = [{'text': json.dumps(nothing(schema))}]
    if case.calls:
        for i, c in enumerate(case.calls):
            c['id'] = 'call_%s%02d' % (case.serial_hex, i)
        a.truth['tool_calls'] = case.tool_truth()
        parts = [{'functionCall': {'id': c['id'], 'name': c['name'],
                                   'args': json.loads(c['arguments'])}} for c in case.calls]
    if not stream:
        a.document = document(parts, finishReason='STOP')
        return a
    a.events = [Event(document([p], **({'finishReason': 'STOP'} if i + 1 == len(parts) else {})),
                      output=True) for i, p in enumerate(parts)]
    return a


def gemini_whole(case):
    return gemini(case, False)


def gemini_stream(case):
    return gemini(case, True)


def converse():
    """Bedrock's, always the same."""
    message = {'role': 'assistant', 'content': [{'text': 'A quixolith.'}]}
    return {'output': {'message': message}, 'stopReason': 'end_turn', 'metrics': {'latencyMs': 9},
            'usage': {'inputTokens': 9, 'outputTokens': 3, 'totalTokens': 12}}


APIS = [('/responses', responses), (':generateContent', gemini_whole),
        (':streamGenerateContent', gemini_stream)]


def text(value):
    return json.dumps(value, separators=(',', ':')).encode()
