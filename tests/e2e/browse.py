# SPDX-License-Identifier: Apache-2.0
"""Somebody who visits many web sites, all of them served by websites.py on 127.0.0.1.
  browse.py PORT HOSTS      waits for a line on stdin; prints a JSON line of what it did
Two fifths of the hosts over HTTP/1.1, a connection each; the others over HTTP/2, three hosts to a
connection, as browsers do where a certificate covers them all."""
import base64
import json
import os
import random
import socket
import ssl
import sys
import time

import websites
import wswire

PATHS = sorted(websites.SITES.keys() - {'/browse', '/done'})
# One connection in five is to a site with paths as a model's provider has them.
PLAIN = [path for path in PATHS if path not in websites.ASKED]
VISITS = 3       # requests to a host
NETWORK = websites.NETWORK


def connect(port, host, protocol):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    raw = wswire.nodelay(socket.create_connection(('127.0.0.1', port), 30))
    return context.wrap_socket(raw, server_hostname=host)


def request(rnd, host, port, path):
    kind, body = websites.BODIES.get(path, (None, b''))
    fields = [('accept', '*/*'), ('user-agent', 'Mozilla/5.0'), ('accept-encoding', 'gzip'),
              ('cookie', 'id=not-a-key%d' % rnd.randint(1, 99))]
    if body:
        fields += [('content-type', kind), ('content-length', str(len(body)))]
    if path == '/helloworld.Greeter/SayHello':
        fields.append(('te', 'trailers'))
    return 'POST' if body else 'GET', fields, body


def http1(rnd, port, host):
    sock, rest, good = connect(port, host, 'http/1.1'), b'', 0
    paths = PATHS if rnd.random() < 0.2 else PLAIN
    for _ in range(VISITS):
        path = rnd.choice(paths)
        method, fields, body = request(rnd, host, port, path)
        lines = ['%s %s HTTP/1.1' % (method, path), 'host: %s:%d' % (host, port),
                 *('%s: %s' % kv for kv in fields)]
        sock.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
        if len(body) > 16384:
            time.sleep(NETWORK)
        for at in range(0, len(body), 16384):
            sock.sendall(body[at:at + 16384])
        line, headers, rest = wswire.read_head(sock, rest)
        if 'content-length' in headers:
            need = int(headers['content-length'])
            rest = websites.exactly(sock, rest, need)[need:]
        else:
            while not rest.endswith(b'0\r\n\r\n'):
                rest += sock.recv(65536)
            rest = b''
        good += line.split()[1] in ('200', '202', '204')
    if rnd.random() < 0.2:
        talk(sock, rnd, host, port)
        good += 1
    sock.close()
    return good


def talk(sock, rnd, host, port):
    """A chat room over WebSocket, on a path that a model's session might have."""
    key = base64.b64encode(os.urandom(16)).decode()
    path = rnd.choice(('/socket', '/v1/realtime?vsn=2.0.0', '/realtime/v1/websocket', '/responses'))
    sock.sendall(('GET %s HTTP/1.1\r\nhost: %s:%d\r\nupgrade: websocket\r\nconnection: upgrade\r\n'
                  'sec-websocket-version: 13\r\nsec-websocket-key: %s\r\n\r\n' %
                  (path, host, port, key)).encode())
    line, _, rest = wswire.read_head(sock)
    assert ' 101 ' in line
    ws = wswire.Socket(wswire.Stream(sock, rest), rnd, True, None)
    for n in range(5):
        said = json.dumps({'topic': 'room:1', 'event': 'new_msg', 'ref': n, 'type': 'message',
                           'payload': {'text': 'hello ' * rnd.randint(1, 500)}}).encode()
        ws.send([(said, wswire.TEXT)])
        assert ws.receive()[0] == said


def http2(rnd, port, hosts):
    import h2wire
    end = h2wire.Endpoint(connect(port, hosts[0], 'h2'), rnd, True)
    end.plain = True
    open_streams, good = set(), 0
    paths = PATHS if rnd.random() < 0.2 else PLAIN

    def send(made):
        end.streams.append(made)
        while not end.idle() and not end.closed:
            end.turn()

    def ask(stream, host, path):
        method, fields, body = request(rnd, host, port, path)
        send(iter([end.headers(stream, [
            (b':method', method.encode()), (b':scheme', b'https'),
            (b':authority', ('%s:%d' % (host, port)).encode()), (b':path', path.encode()),
            *((k.encode(), v.encode()) for k, v in fields)], end=not body)]))
        if len(body) > 16384:
            time.sleep(NETWORK)
        for at in range(0, len(body), websites.SLICE):
            send(end.body(stream, body[at:at + websites.SLICE],
                          open_end=at + websites.SLICE < len(body)))
            time.sleep(websites.SLICE_SECONDS)

    def over(stream, last):
        nonlocal good
        if last and stream in open_streams:
            open_streams.remove(stream)
            good += 1

    end.on_headers = lambda stream, fields, last: over(stream, last)
    end.on_data = lambda stream, data, last: over(stream, last)
    stream = 1
    # A page first, then what belongs to it.
    for batch in (hosts, hosts * (VISITS - 1)):
        for host in batch:
            open_streams.add(stream)
            ask(stream, host, '/' if stream == 1 else rnd.choice(paths))
            stream += 2
        while open_streams and not end.closed:
            end.turn()
        time.sleep(NETWORK)
    end.goodbye()
    return good


def main():
    port, n = int(sys.argv[1]), int(sys.argv[2])
    sys.stdin.readline()
    rnd = random.Random(1)
    hosts = ['www.site-%d.example' % i for i in range(n)]
    old, new = hosts[:n * 2 // 5], hosts[n * 2 // 5:]
    good = connections = 0
    for host in old:
        good += http1(rnd, port, host)
        connections += 1
    for at in range(0, len(new), 3):
        good += http2(rnd, port, new[at:at + 3])
        connections += 1
    print(json.dumps({'good': good, 'connections': connections}), flush=True)


if __name__ == '__main__':
    main()
