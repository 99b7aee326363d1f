# SPDX-License-Identifier: Apache-2.0
"""A model server of plain HTTP that answers in the shapes of Ollama, vLLM and llama.cpp, in one of
the ways in which servers are made. For test_plain.py; prints `READY PORT`.

  plainplay.py async|threads|fork HOST PORT SECONDS

The model's name ends with the number that the answer's tokens follow from: M-7 gives 107 of input
and 7 of output. Whatever is not asked for with a POST is no model call."""
import asyncio
import json
import os
import re
import signal
import socket
import sys
import threading
import time


def pieces(path, body):
    """(content type, pieces of the answer)."""
    n = int(re.search(r'\d+$', body['model']).group())
    used = {'prompt_tokens': 100 + n, 'completion_tokens': n, 'total_tokens': 100 + 2 * n}
    if path.startswith('/api/'):
        chat = path == '/api/chat'
        text = lambda t: {'message': {'role': 'assistant', 'content': t}} if chat else {'response': t}
        last = {'model': body['model'], 'created_at': '2026-01-01T00:00:00Z', **text(''), 'done': True,
                'done_reason': 'stop', 'prompt_eval_count': 100 + n, 'eval_count': n}
        if body.get('stream') is False:
            return 'application/json', [json.dumps(last)]
        one = {'model': body['model'], 'created_at': '2026-01-01T00:00:00Z', **text('x'), 'done': False}
        return 'application/x-ndjson', [json.dumps(one) + '\n'] * 4 + [json.dumps(last) + '\n']
    base = {'id': 'chatcmpl-%d' % n, 'created': 1, 'model': body['model']}
    if not body.get('stream'):
        more = {'timings': {'prompt_n': 100 + n, 'predicted_n': n}} if n % 2 else {}  # llama.cpp
        return 'application/json', [json.dumps({
            **base, 'object': 'chat.completion', 'usage': used, **more, 'choices': [
                {'index': 0, 'finish_reason': 'stop', 'message': {'role': 'assistant', 'content': 'x'}}]})]
    chunk = lambda delta, why, **more: 'data: %s\n\n' % json.dumps({
        **base, 'object': 'chat.completion.chunk', **more,
        'choices': [{'index': 0, 'delta': delta, 'finish_reason': why}]})
    return 'text/event-stream', [chunk({'role': 'assistant', 'content': 'x'}, None)] * 4 + [
        chunk({}, 'stop'), 'data: %s\n\n' % json.dumps(
            {**base, 'object': 'chat.completion.chunk', 'choices': [], 'usage': used}),
        'data: [DONE]\n\n']


def answer(head, body):
    """What is written, piece by piece."""
    method, path = head.split(b' ', 2)[:2]
    if method != b'POST':
        data = b'{"models":[]}'
        return [b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n'
                % len(data) + data]
    kind, parts = pieces(path.decode(), json.loads(body))
    head = b'HTTP/1.1 200 OK\r\ncontent-type: %s\r\n' % kind.encode()
    parts = [p.encode() for p in parts]
    if len(parts) == 1:
        return [head + b'content-length: %d\r\n\r\n' % len(parts[0]), parts[0]]
    return [head + b'transfer-encoding: chunked\r\n\r\n'] + \
        [b'%x\r\n%s\r\n' % (len(p), p) for p in parts] + [b'0\r\n\r\n']


def length_of(head):
    found = re.search(rb'content-length: *(\d+)', head.lower())
    return int(found.group(1)) if found else 0


async def one(reader, writer):
    try:
        while True:
            head = await reader.readuntil(b'\r\n\r\n')
            body = await reader.readexactly(length_of(head))
            for part in answer(head, body):
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def serve_async(listener, seconds):
    await asyncio.start_server(one, sock=listener, limit=1 << 24)
    await asyncio.sleep(seconds)


def blocking(sock):
    f = sock.makefile('rb')
    try:
        while True:
            head = b''
            while not head.endswith(b'\r\n\r\n'):
                line = f.readline()
                if not line:
                    return
                head += line
            for part in answer(head, f.read(length_of(head))):
                sock.sendall(part)
    except ConnectionError:
        pass
    finally:
        sock.close()


def main():
    how, host, port, seconds = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
    listener = socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET)
    if ':' in host:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(256)
    print('READY', listener.getsockname()[1], flush=True)
    if how == 'async':
        return asyncio.run(serve_async(listener, seconds))
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.alarm(int(seconds))
    while True:
        sock, _ = listener.accept()
        if how == 'threads':
            threading.Thread(target=blocking, args=(sock,), daemon=True).start()
        elif os.fork() == 0:
            blocking(sock)
            os._exit(0)
        else:
            sock.close()


main()
