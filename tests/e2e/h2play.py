# SPDX-License-Identifier: Apache-2.0
"""Recorded exchanges over HTTP/2: up to 50 streams at once on a connection, everything interleaved
and cut at random, with the frames that a parser must live with: CONTINUATION, padding, priorities,
trailers, interim answers, pushes, pings, window updates, new table sizes, unknown types.
  h2play.py serve CORPUS SEED DIR          certificates from DIR; prints READY port=N
  h2play.py client CORPUS SEED PORT        waits for a line on stdin
The client checks each answer against the recording and prints a JSON line of totals. Exchange i
has the authority HOST:20000+i, as in the corpus's own player."""
import base64
import json
import os
import random
import socket
import ssl
import sys
import threading

import corpus
import h2wire

player = corpus.player()
TABLES = (0, 100, 4096, 4096, 4096, 16384, 65536)


def fields(pairs):
    out = []
    for name, value in pairs:
        value = str(value).strip().encode('latin-1', 'replace')
        if name.lower() not in ('host', 'te', 'content-length') and b'\r' not in value:
            out.append((name.lower().encode(), value))
    return out


def request_body(exchange):
    return base64.b64decode(exchange.get('req_body_b64') or '')


def status(exchange):
    return exchange['status'] or 200


def response_body(exchange):
    if status(exchange) in (204, 304) or exchange['method'] == 'HEAD':
        return b''
    return base64.b64decode(exchange.get('resp_body_b64') or '')


def ask(end, rnd, exchange, i, began):
    """Generator: the frames of a request. began(stream) is told its number."""
    host, path = player.host_path(exchange['url'])
    body = request_body(exchange)
    head = [(b':method', exchange['method'].encode()), (b':scheme', b'https'),
            (b':authority', b'%s:%d' % (host.encode(), 20000 + i)),
            (b':path', path.encode('latin-1', 'replace'))]
    # RFC 9113 8.3: pseudo-header fields come first, in any order.
    if rnd.random() < 0.3:
        rnd.shuffle(head)
    head += fields(player.req_headers(exchange))
    if body and rnd.random() < 0.5:
        head.append((b'content-length', b'%d' % len(body)))
    end.last_stream = stream = end.last_stream + 2 if end.last_stream else 1
    began(stream)
    yield end.headers(stream, head, end=not body)
    if body:
        yield from end.body(stream, body)


def answer(end, rnd, exchange, stream):
    body = response_body(exchange)
    if rnd.random() < 0.05:
        yield end.headers(stream, [(b':status', rnd.choice((b'100', b'103'))),
                                   (b'link', b'</style.css>; rel=preload')])
    if rnd.random() < 0.03:
        yield from push(end, rnd, stream)
    head = [(b':status', b'%d' % status(exchange))] + fields(player.resp_headers(exchange))
    if body and rnd.random() < 0.5:
        head.append((b'content-length', b'%d' % len(body)))
    trailers = [(b'x-trailer', b'1'), (b'grpc-status', b'0')] if rnd.random() < 0.1 else None
    end_now = not body and not trailers and rnd.random() < 0.7
    yield end.headers(stream, head, end=end_now)
    if not end_now:
        yield from end.body(stream, body, trailers)


def push(end, rnd, stream):
    """Something that nobody asked for."""
    end.pushed = getattr(end, 'pushed', 0) + 2
    promised = end.pushed
    yield end.promise(stream, promised, [
        (b':method', b'GET'), (b':scheme', b'https'), (b':authority', b'localhost:19999'),
        (b':path', b'/pushed-%d.css' % promised)])
    end.streams.append(pushed(end, promised))


def pushed(end, promised):
    yield end.headers(promised, [(b':status', b'200'), (b'content-type', b'text/css')])
    yield from end.body(promised, b'body { margin: 0 }')


def serve_one(raw, context, exchanges, seed, number):
    rnd = random.Random('%d server %d' % (seed, number))
    asked = {}
    end = h2wire.Endpoint(context.wrap_socket(raw, server_side=True), rnd, False,
                          rnd.choice(TABLES))
    try:

        def on_headers(stream, got, last):
            asked[stream] = int(dict(got)[b':authority'].rsplit(b':', 1)[1]) - 20000
            if last:
                on_end(stream)

        def on_data(stream, data, last):
            if last:
                on_end(stream)

        def on_end(stream):
            end.streams.append(answer(end, rnd, exchanges[asked.pop(stream)][0], stream))

        end.on_headers, end.on_data = on_headers, on_data
        while not end.closed:
            end.turn()
    except (OSError, ssl.SSLError) as e:
        print('server:', repr(e), file=sys.stderr)
    finally:
        # Also where it failed: the client is not left waiting.
        end.sock.close()


def serve(exchanges, seed, directory):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory + '/cert.pem', directory + '/key.pem')
    context.set_alpn_protocols(['h2'])
    listener = socket.create_server(('127.0.0.1', 0), backlog=64)
    print('READY port=%d' % listener.getsockname()[1], flush=True)
    number = 0
    while True:
        raw, _ = listener.accept()
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        number += 1
        threading.Thread(target=serve_one, daemon=True,
                         args=(raw, context, exchanges, seed, number)).start()


class Batch:
    """The exchanges of one connection: at most so many at once."""

    def __init__(self, end, rnd, exchanges, at_once):
        self.end, self.rnd, self.left, self.at_once = end, rnd, list(exchanges), at_once
        self.open, self.bad, self.good, self.most, self.pushes = {}, [], 0, 0, 0
        self.starting = 0
        end.on_headers, end.on_data = self.on_headers, self.on_data
        end.on_promise = self.on_promise

    def run(self):
        while (self.left or self.open or self.starting) and not self.end.closed:
            while self.left and len(self.open) + self.starting < self.at_once:
                i, exchange = self.left.pop(0)
                self.starting += 1
                self.end.streams.append(ask(self.end, self.rnd, exchange, i,
                                            lambda stream, e=exchange: self.began(stream, e)))
            self.end.turn()
        self.bad += [e['url'] for e, *_ in self.open.values()]
        self.bad += [e['url'] for _, e in self.left]

    def began(self, stream, exchange):
        self.starting -= 1
        self.open[stream] = [exchange, None, bytearray()]
        self.most = max(self.most, len(self.open))

    def on_promise(self, stream, promised, got):
        self.pushes += 1

    def on_headers(self, stream, got, last):
        if stream in self.open:
            code = dict(got).get(b':status')
            if code and int(code) >= 200:
                self.open[stream][1] = int(code)
            if last:
                self.on_end(stream)

    def on_data(self, stream, data, last):
        if stream in self.open:
            self.open[stream][2] += data
            if last:
                self.on_end(stream)

    def on_end(self, stream):
        exchange, code, body = self.open.pop(stream)
        if code == status(exchange) and body == response_body(exchange):
            self.good += 1
        else:
            self.bad.append(exchange['url'])


def batches(exchanges, rnd):
    """What goes over one connection: exchanges with one host, model calls among others."""
    by = {}
    for i, (exchange, _) in enumerate(exchanges):
        by.setdefault(player.host_path(exchange['url'])[0], []).append((i, exchange))
    for numbered in by.values():
        while numbered:
            size = rnd.choice((1, 5, 40, 150, 400))
            yield numbered[:size]
            del numbered[:size]


def client(exchanges, seed, port):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(['h2'])
    sys.stdin.readline()
    rnd = random.Random('%d client' % seed)
    total = {'good': 0, 'bad': [], 'connections': 0, 'most': 0, 'pushes': 0}
    for batch in batches(exchanges, rnd):
        raw = socket.create_connection(('127.0.0.1', port))
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = h2wire.Endpoint(context.wrap_socket(raw), rnd, True, rnd.choice(TABLES))
        batch = Batch(end, rnd, batch, rnd.choice((1, 3, 10, 50)))
        batch.run()
        end.goodbye()
        total['good'] += batch.good
        total['bad'] += batch.bad
        total['connections'] += 1
        total['most'] = max(total['most'], batch.most)
        total['pushes'] += batch.pushes
    print(json.dumps({**total, 'bad': len(total['bad']), 'first_bad': total['bad'][:3]}), flush=True)


def main():
    kind, directory, seed, where = sys.argv[1:5]
    exchanges = player.load(directory, [], [], int(os.environ.get('LIMIT', 0)), int(seed))
    if kind == 'serve':
        serve(exchanges, int(seed), where)
    else:
        client(exchanges, int(seed), int(where))


if __name__ == '__main__':
    main()
