# SPDX-License-Identifier: Apache-2.0
"""What was said, as the conventions' JSON Schemas want it, and what those cannot say: a part of a
type that they know has what that type needs, although anything may be a part of an unknown type."""
import json
import os

FILES = {
    'gen_ai.input.messages': 'gen-ai-input-messages.json',
    'gen_ai.output.messages': 'gen-ai-output-messages.json',
    'gen_ai.system_instructions': 'gen-ai-system-instructions.json',
    'gen_ai.tool.definitions': 'gen-ai-tool-definitions.json',
}
NEEDS = {
    'text': ('content',), 'reasoning': ('content',), 'tool_call': ('name',),
    'tool_call_response': ('response',), 'blob': ('modality', 'content'),
    'file': ('modality', 'file_id'), 'uri': ('modality', 'uri'),
    'server_tool_call': ('name', 'server_tool_call'),
    'server_tool_call_response': ('server_tool_call_response',), 'compaction': (),
}


def schemas(shared):
    """Attribute -> validator; None where jsonschema or the schemas are missing."""
    directory = os.path.join(shared, 'semconv/messages')
    try:
        import jsonschema
    except ImportError:
        return None
    if not os.path.isdir(directory):
        return None
    out = {}
    for key, name in FILES.items():
        with open(os.path.join(directory, name)) as f:
            out[key] = jsonschema.Draft202012Validator(json.load(f))
    return out


def part_faults(part):
    kind = part.get('type')
    for key in NEEDS.get(kind, ()):
        if key not in part:
            yield 'a part of type %s without %s' % (kind, key)
    if kind in ('text', 'reasoning') and not isinstance(part.get('content'), str):
        yield '%s that is no text' % kind


def faults(schemas, key, value, as_text):
    """as_text: value is to be JSON text, else it is to be structured."""
    if isinstance(value, str) != as_text and key in FILES:
        yield 'is text' if isinstance(value, str) else 'is structured'
        return
    if as_text and key in FILES:
        try:
            value = json.loads(value)
        except ValueError as e:
            yield 'is no JSON: %s' % e
            return
    if key not in schemas:
        return
    for e in schemas[key].iter_errors(value):
        yield 'against its schema: ' + e.message[:200]
    for message in value if isinstance(value, list) else ():
        parts = message.get('parts', [message]) if isinstance(message, dict) else ()
        for part in parts if key != 'gen_ai.tool.definitions' else ():
            yield from part_faults(part)
