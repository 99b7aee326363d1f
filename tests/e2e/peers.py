# SPDX-License-Identifier: Apache-2.0
"""Both ends of hostile exchanges, in one process: a server that answers with bytes of its choice
and a client that sends bytes of its choice.
  peers.py DIR      certificates go to DIR; runs every case, each followed by a good exchange on a
                    fresh connection, and prints a JSON line a case"""
import ctypes
import gzip
import json
import os
import socket
import ssl
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../tools/demo'))
import wire  # noqa: E402

OK = (b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n'
      b'x-request-id: %s\r\n\r\n%s')
DOC = (b'{"id":"chatcmpl-%s","object":"chat.completion","model":"good-model","choices":[{"index":0,'
       b'"message":{"role":"assistant","content":"fine"},"finish_reason":"stop"}],'
       b'"usage":{"prompt_tokens":11,"completion_tokens":3,"total_tokens":14}}')


def request(body=b'{"model":"asked-model","messages":[]}', headers=b'', path=b'',
            length=None, host=b'localhost'):
    return (b'POST /v1/chat/completions%s HTTP/1.1\r\nHost: %s\r\n%s'
            b'Content-Length: %d\r\n\r\n%s' % (path, host, headers, length or len(body), body))


def answer(body=None, headers=b'', tag=b'x', length=True, status=b'200 OK'):
    body = DOC % tag if body is None else body
    return (b'HTTP/1.1 %s\r\nContent-Type: application/json\r\nx-request-id: %s\r\n%s%s\r\n%s' % (
        status, tag, headers, b'Content-Length: %d\r\n' % len(body) if length else b'', body))


def sse(*events):
    return b''.join(b'data: ' + e + b'\n\n' for e in events)


SSE = b'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: %s\r\n\r\n'
CHUNKED = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nx-request-id: %s\r\nTransfer-Encoding: chunked\r\n\r\n'
MB = 1 << 20


def cases():
    """name -> (request bytes, answer bytes or a generator of them). The server closes after."""
    tag = lambda n: n.encode()
    simple = lambda n: answer(tag=tag(n))
    yield 'header-line-1MB', request(headers=b'X-Long: ' + b'a' * MB + b'\r\n'), simple('header-line-1MB')
    yield 'headers-100000', request(headers=b'X-H: v\r\n' * 100000), simple('headers-100000')
    yield 'answer-header-1MB', request(), answer(headers=b'X-Long: ' + b'b' * MB + b'\r\n', tag=b'answer-header-1MB')
    yield 'answer-headers-100000', request(), answer(headers=b'X-H: v\r\n' * 100000, tag=b'answer-headers-100000')
    yield 'chunk-overflow', request(), CHUNKED % b'chunk-overflow' + b'ffffffffffffffffff\r\n' + DOC % b'q'
    yield 'chunk-negative', request(), CHUNKED % b'chunk-negative' + b'-5\r\nabc\r\n0\r\n\r\n'
    yield 'chunk-huge', request(), CHUNKED % b'chunk-huge' + b'7fffffffffffffff\r\n' + DOC % b'q'
    yield 'chunk-line-endless', request(), CHUNKED % b'chunk-line-endless' + b'1;' + b'x' * (2 * MB)
    yield 'lengths-conflict', request(), answer(headers=b'Content-Length: 3\r\n', tag=b'lengths-conflict')
    yield 'length-and-chunked', request(), (CHUNKED % b'length-and-chunked').replace(b'\r\n\r\n', b'\r\nContent-Length: 5\r\n\r\n') + b'2\r\n{}\r\n0\r\n\r\n'
    yield 'length-overflow', request(), answer(headers=b'Content-Length: 99999999999999999999999\r\n', tag=b'length-overflow', length=False)
    yield 'request-length-overflow', request(headers=b'Content-Length: 18446744073709551617\r\n'), simple('request-length-overflow')
    bomb = gzip.compress(b'{"model":"' + b'\0' * (256 * MB), 9)
    yield 'gzip-bomb', request(), answer(bomb, headers=b'Content-Encoding: gzip\r\n', tag=b'gzip-bomb')
    yield 'gzip-bomb-request', request(bomb, headers=b'Content-Encoding: gzip\r\n'), simple('gzip-bomb-request')
    yield 'gzip-garbage', request(), answer(b'\x1f\x8b' + b'\xff' * 5000, headers=b'Content-Encoding: gzip\r\n', tag=b'gzip-garbage')
    yield 'coding-stack', request(), answer(headers=b'Content-Encoding: ' + b'gzip, ' * 500 + b'br\r\n', tag=b'coding-stack')
    yield 'json-deep', request(), answer(b'[' * 100000 + b']' * 100000, tag=b'json-deep')
    yield 'json-deep-objects', request(b'{"a":' * 100000 + b'1' + b'}' * 100000), simple('json-deep-objects')
    yield 'sse-line-50MB', request(b'{"model":"m","stream":true,"messages":[]}'), [SSE % b'sse-line-50MB', b'data: {"choices":[{"delta":{"content":"'] + [b'c' * MB] * 50 + [b'"}}]}\n\n' + sse(b'[DONE]')]
    yield 'sse-no-newline', request(b'{"model":"m","stream":true,"messages":[]}'), [SSE % b'sse-no-newline'] + [b'd' * MB] * 8
    yield 'sse-events-many', request(b'{"model":"m","stream":true,"messages":[]}'), SSE % b'sse-events-many' + sse(b'{}') * 200000
    yield 'duplicate-keys', request(b'{"model":"one","model":"two","model":"three"}'), answer(b'{"id":"a","id":"b","usage":{"prompt_tokens":1,"prompt_tokens":2},"usage":{"prompt_tokens":5}}', tag=b'duplicate-keys')
    yield 'nul-and-surrogates', request(b'{"model":"a\\u0000b\\ud800c\\udc00","messages":[]}'), answer(b'{"id":"\\ud83d\\u0000","model":"\\ud800"}', tag=b'nul-and-surrogates')
    yield 'escapes', request(b'{"model":"\\u001b[31mred\\u0007\\u009b2J\\r\\nnew\\u202e"}', headers=b'User-Agent: \x1b]0;owned\x07\r\n', path=b'?q=\x1b[2J', host=b'lo\x1bcal","x":"y'), answer(b'{"id":"\\u001b[1A","model":"\\u001bc","choices":[{"finish_reason":"\\u001b[5m\\n"}]}', tag=b'\x1b[7mescapes')
    yield 'bad-utf8', request(b'{"model":"\xff\xfe\xc0\xaf\xed\xa0\x80"}', headers=b'User-Agent: \xff\xff\r\n', host=b'\xff\xfehost'), answer(b'{"id":"\xf8\x88","model":"\xe2\x28"}', tag=b'bad-utf8\xff')
    yield 'big-numbers', request(), answer(b'{"usage":{"prompt_tokens":99999999999999999999999999,"completion_tokens":-5,"total_tokens":1e400}}', tag=b'big-numbers')
    yield 'not-http', b'\x00\x01\x02' * 1000, b'\xff' * 5000
    yield 'half-h2', b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' + b'\x00' * 2000, b'\x00' * 5000
    yield 'pipelined-many', request() * 300, answer(b'{}', tag=b'pipelined-many') * 300
    yield 'answer-unasked', b'', simple('answer-unasked') * 3
    yield 'model-1MB', request(b'{"model":"' + b'M' * MB + b'"}'), simple('model-1MB')
    yield 'tools-10000', request(), answer(b'{"choices":[{"index":0,"message":{"tool_calls":[' + b','.join(b'{"id":"c%d","function":{"name":"f"}}' % i for i in range(10000)) + b']}}]}', tag=b'tools-10000')


def main():
    directory = sys.argv[1]
    # The name that the kernel gives: chosen to break a careless writer of JSON.
    if len(sys.argv) > 2:
        libc = ctypes.CDLL(None)
        libc.prctl(15, os.fsencode(sys.argv[2]), 0, 0, 0)
    ca, cert, key = wire.make_certificates(directory)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    client = ssl.create_default_context(cafile=ca)
    listener = socket.socket()
    listener.bind(('127.0.0.1', 0))
    listener.listen(8)
    current = {}

    def serve():
        while True:
            raw, _ = listener.accept()
            try:
                raw.settimeout(20)
                s = context.wrap_socket(raw, server_side=True)
                left = len(current['request'])
                while left > 0:
                    got = s.recv(65536)
                    if not got:
                        break
                    left -= len(got)
                for piece in current['answer']:
                    s.sendall(piece)
                s.unwrap()
            except (OSError, ssl.SSLError):
                pass
            finally:
                raw.close()

    threading.Thread(target=serve, daemon=True).start()

    def exchange(send, reply):
        current.update(request=send, answer=[reply] if isinstance(reply, bytes) else reply)
        got = 0
        try:
            raw = socket.create_connection(listener.getsockname(), 20)
            with client.wrap_socket(raw, server_hostname='localhost') as s:
                if send:
                    s.sendall(send)
                while data := s.recv(65536):
                    got += len(data)
        except (OSError, ssl.SSLError):
            pass
        return got

    for name, send, reply in cases():
        got = exchange(send, reply)
        tag = b'good-after-' + name.encode()
        good = exchange(request(), answer(tag=tag, headers=b'Connection: close\r\n'))
        print(json.dumps({'case': name, 'got': got, 'good': good, 'tag': tag.decode()}), flush=True)


main()
