# SPDX-License-Identifier: Apache-2.0
"""Web sites that have nothing to do with language models, though some of their paths look like it:
one server for any number of host names, HTTP/1.1 and HTTP/2 over TLS, WebSocket.
  websites.py DIR    certificates from DIR; prints READY port=N ca=PATH; ends at the end of stdin
                   and then prints a JSON line: connections, requests and bytes it moved"""
import gzip
import json
import os
import random
import socket
import ssl
import sys
import threading
import time

import wswire

NETWORK = 0.03         # seconds: a way there and back
SLICE = 64 << 10       # bytes that
SLICE_SECONDS = 0.006  # take so long
LOCK = threading.Lock()
TOTAL = {'connections': 0, 'h2': 0, 'requests': 0, 'bytes': 0, 'hosts': 0, 'done': 0}
HOSTS = set()
PAGE = ('<!doctype html><title>news</title>' + '<p>Ordinary words in an ordinary page.</p>' * 300 +
        '<script>fetch("/api/items")</script>').encode()
PICTURE = random.Random(1).randbytes(60000)
LARGE = random.Random(2).randbytes(300_000)

# What a browser does on its own: many hosts, all of them this server.
BROWSE = b'''<!doctype html><title>portal</title><link rel=icon href="data:,"><script>
const post = (url, body) => fetch(url, {method: 'POST', body: JSON.stringify(body),
	headers: {'content-type': 'application/json'}}).then(r => r.text());
(async () => {
	const paths = ['/api/chat', '/api/generate', '/v1/messages', '/graphql', '/v1/embeddings',
		'/responses', '/completions', '/v1/models/price:predict'];
	const work = [];
	for (let i = 0; i < 40; i++) {
		const host = 'https://b' + i + '.example:' + location.port;
		work.push(fetch(host + '/').then(r => r.text()));
		work.push(fetch(host + '/picture.png').then(r => r.arrayBuffer()));
		work.push(post(host + paths[i % paths.length], {text: 'hello', user: i}));
	}
	await Promise.allSettled(work);
	await fetch('/done');
})();
</script>'''


def page(body):
    return 200, 'text/html; charset=utf-8', PAGE


def answers(value):
    return lambda body: (200, 'application/json', json.dumps(value).encode())


def events(body):
    return 200, 'text/event-stream', b''.join(
        b'event: price\ndata: {"symbol":"X%d","model":"A4","price":%d}\n\n' % (i, i) for i in range(40))


def lines(body):
    return 200, 'application/x-ndjson', b''.join(
        b'{"level":"info","message":"line %d","done":false}\n' % i for i in range(100))


def grpc(body):
    return 200, 'application/grpc', b'\0\0\0\0\x07\n\x05hello'


# Paths of other programs: chats, shops, surveys, sports, forums, model railways.
SITES = {
    '/': page,
    '/browse': lambda body: (200, 'text/html', BROWSE),
    '/picture.png': lambda body: (200, 'image/png', PICTURE),
    '/download.iso': lambda body: (200, 'application/octet-stream', LARGE),
    '/upload': lambda body: (200, 'application/json', b'{"received":%d}' % len(body)),
    '/api/items': answers([{'id': i, 'name': 'item %d' % i} for i in range(200)]),
    '/events': events, '/logs': lines,
    '/api/chat': answers({'ok': True, 'id': 71, 'message': {'user': 'bob', 'text': 'hi'}}),
    '/api/generate': answers({'url': 'https://cdn.example/invoice-7.pdf', 'pages': 2}),
    '/api/embed': answers({'type': 'video', 'html': '<iframe></iframe>', 'width': 640}),
    '/v1/embeddings': answers({'type': 'rich', 'html': '<blockquote></blockquote>'}),
    '/responses': answers({'id': 'r-17', 'status': 'received', 'survey': 'lunch'}),
    '/rerank': answers({'table': [{'team': 'A', 'points': 31}, {'team': 'B', 'points': 30}]}),
    '/v1/rerank': answers({'accepted': True}),
    '/v1/models/price:predict': answers({'predictions': [[0.13], [0.9]]}),
    '/interactions': answers({'type': 1}),
    '/completions': answers(['hello', 'help', 'helmet']),
    '/v1/messages': lambda body: (202, 'application/json', b'{"message_uuid":"aaaa-bbbb"}'),
    '/v2/chat': answers({'channel': 'general', 'members': 12}),
    '/v1/chat': answers({'channel': 'general', 'members': 12}),
    '/graphql': answers({'data': {'models': [{'name': 'T', 'usage': {'seats': 4}}]}}),
    '/rpc': answers({'jsonrpc': '2.0', 'id': 1, 'result': '0x4b7'}),
    '/mcp': answers({'jsonrpc': '2.0', 'id': 1, 'result': {'balance': '12.50'}}),
    '/model/e4/invoke': answers({'engine': 'on'}),
    '/predictions': answers({'match': 9, 'home': 0.4}),
    '/generate': answers({'uuids': ['a-b', 'c-d']}),
    '/moderations': answers({'comment': 5, 'state': 'hidden'}),
    '/helloworld.Greeter/SayHello': grpc,
    '/done': lambda body: (204, 'text/plain', b''),
}
ASKED = {
    '/api/chat': {'room': 'general', 'text': 'hello', 'messages_seen': 3},
    '/api/generate': {'template': 'invoice', 'data': {'customer': 7}},
    '/api/embed': {'url': 'https://video.example/1'},
    '/v1/embeddings': {'url': 'https://video.example/1', 'maxwidth': 640},
    '/responses': {'survey': 'lunch', 'answers': ['soup', 'bread']},
    '/rerank': {'tournament': 5}, '/v1/rerank': {'queue': 'ladder', 'player': 9},
    '/v1/models/price:predict': {'instances': [[1, 2], [3, 4]]},
    '/interactions': {'type': 1, 'token': 'x'}, '/completions': {'q': 'hel'},
    '/v1/messages': {'from': '15550001', 'to': '15550002', 'channel': 'sms', 'text': 'hi',
                     'message_type': 'text'},
    '/v2/chat': {'join': 'general'}, '/v1/chat': {'text': 'hello', 'to': 'bob'},
    '/graphql': {'query': '{ models { name usage { seats } } }'},
    '/rpc': {'jsonrpc': '2.0', 'id': 1, 'method': 'eth_blockNumber', 'params': []},
    '/mcp': {'jsonrpc': '2.0', 'id': 1, 'method': 'getBalance', 'params': {'account': 4}},
    '/model/e4/invoke': {'engine': True}, '/predictions': {'match': 9},
    '/generate': {'count': 2, 'kind': 'uuid'}, '/moderations': {'comment': 5, 'action': 'hide'},
}
# What is no GET without a body.
BODIES = {path: ('application/json', json.dumps(value).encode()) for path, value in ASKED.items()}
BODIES['/upload'] = ('application/octet-stream', LARGE)
BODIES['/helloworld.Greeter/SayHello'] = ('application/grpc', b'\0\0\0\0\x05\n\x03bob')


class Counted:
    """A socket that counts what goes through it."""

    def __init__(self, sock):
        self.sock, self.moved = sock, 0

    def __getattr__(self, name):
        return getattr(self.sock, name)

    def recv(self, n):
        data = self.sock.recv(n)
        self.moved += len(data)
        return data

    def send(self, data):
        n = self.sock.send(data)
        self.moved += n
        return n

    def sendall(self, data):
        self.sock.sendall(data)
        self.moved += len(data)


def serve(path, host, body):
    with LOCK:
        TOTAL['requests'] += 1
        HOSTS.add(host.partition(':')[0])
        if path == '/done':
            TOTAL['done'] += 1
            print('done', flush=True)
    return SITES.get(path, page)(body)


CORS = (('access-control-allow-origin', '*'), ('access-control-allow-headers', '*'))


def exactly(sock, data, n):
    parts, have = [data], len(data)
    while have < n:
        more = sock.recv(65536)
        if not more:
            raise wswire.Closed
        parts.append(more)
        have += len(more)
    return b''.join(parts)


def http1(sock, rnd):
    rest = b''
    while True:
        # read_head takes what is there already first.
        line, headers, rest = wswire.read_head(sock, rest)
        method, target, _ = line.split(' ')
        if headers.get('upgrade') == 'websocket':
            return chat(sock, rnd, headers)
        need = int(headers.get('content-length', 0))
        body = exactly(sock, rest, need)
        body, rest = body[:need], body[need:]
        status, kind, data = serve(target.partition('?')[0], headers['host'], body)
        lines = ['HTTP/1.1 %d X' % status, 'content-type: ' + kind,
                 *('%s: %s' % kv for kv in CORS)]
        if 'gzip' in headers.get('accept-encoding', '') and kind.startswith('text/html'):
            data = gzip.compress(data, 1)
            lines.append('content-encoding: gzip')
        pieces = [data[i:i + 16384] for i in range(0, len(data), 16384)]
        if rnd.random() < 0.5 and status != 204:
            lines.append('transfer-encoding: chunked')
            pieces = [b'%x\r\n%s\r\n' % (len(p), p) for p in pieces] + [b'0\r\n\r\n']
        elif status != 204:
            lines.append('content-length: %d' % len(data))
        sock.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
        # As over a network: the head first.
        if len(pieces) > 3:
            time.sleep(NETWORK)
        for piece in pieces:
            sock.sendall(piece)


def chat(sock, rnd, headers):
    """A chat room: echoes."""
    lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
             'Sec-WebSocket-Accept: ' +
             wswire.accept_key(headers['sec-websocket-key'].encode()).decode()]
    sock.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
    serve('/', headers['host'], b'')
    ws = wswire.Socket(wswire.Stream(sock), rnd, False, None)
    while True:
        data, _ = ws.receive()
        ws.send([(data, wswire.TEXT)])


def http2(sock, rnd):
    import h2wire
    end = h2wire.Endpoint(sock, rnd, False)
    end.plain = True
    open_streams, later = {}, []

    def finish(stream):
        fields, body = open_streams.pop(stream)
        status, kind, data = serve(fields[b':path'].decode().partition('?')[0],
                                   fields[b':authority'].decode(), bytes(body))
        # As over a network: a way there and back, then so much at a time.
        at = time.monotonic() + NETWORK
        parts = [data[i:i + SLICE] for i in range(0, len(data), SLICE)] or [b'']
        later.append((at, head(stream, status, kind, not data)))
        for n, part in enumerate(parts if data else (), 1):
            trailers = [(b'grpc-status', b'0')] if kind == 'application/grpc' else None
            later.append((at, end.body(stream, part, trailers, open_end=n < len(parts))))
            at += SLICE_SECONDS
        later.sort(key=lambda item: item[0])

    def head(stream, status, kind, last):
        yield end.headers(stream, [(b':status', b'%d' % status), (b'content-type', kind.encode()),
                                   *((k.encode(), v.encode()) for k, v in CORS)], end=last)

    def on_headers(stream, fields, last):
        open_streams[stream] = (dict(fields), bytearray())
        if last:
            finish(stream)

    def on_data(stream, data, last):
        open_streams[stream][1].extend(data)
        if last:
            finish(stream)

    end.on_headers, end.on_data = on_headers, on_data
    while not end.closed:
        end.turn(0.005 if later else 1)
        # One after the other, for those of a stream must not overtake each other.
        while later and later[0][0] < time.monotonic() and not end.streams:
            end.streams.append(later.pop(0)[1])
            end.turn(0)


def one(raw, context, number):
    try:
        sock = Counted(context.wrap_socket(wswire.nodelay(raw), server_side=True))
    except (OSError, ssl.SSLError):
        return
    two = sock.selected_alpn_protocol() == 'h2'
    with LOCK:
        TOTAL['connections'] += 1
        TOTAL['h2'] += two
    try:
        (http2 if two else http1)(sock, random.Random(number))
    except (wswire.Closed, OSError, ssl.SSLError):
        pass
    finally:
        with LOCK:
            TOTAL['bytes'] += sock.moved
        sock.close()


def main():
    directory = sys.argv[1]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory + '/cert.pem', directory + '/key.pem')
    context.set_alpn_protocols(['h2', 'http/1.1'])
    listener = socket.create_server(('127.0.0.1', 0), backlog=256)
    print('READY port=%d ca=%s/ca.pem' % (listener.getsockname()[1], directory), flush=True)

    def accept():
        number = 0
        while True:
            raw, _ = listener.accept()
            number += 1
            threading.Thread(target=one, args=(raw, context, number), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.read()
    time.sleep(0.5)  # the last connections are being closed
    TOTAL['hosts'] = len(HOSTS)
    print(json.dumps(TOTAL), flush=True)
    os._exit(0)


if __name__ == '__main__':
    main()
