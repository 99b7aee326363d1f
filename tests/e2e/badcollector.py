# SPDX-License-Identifier: Apache-2.0
"""An OTLP/HTTP receiver that misbehaves as it is told, and remembers what it has taken.

  b = badcollector.Receiver()        # b.url, b.port
  b.mode = badcollector.status(429, ('Retry-After', '2'))
  b.requests                         # each: .path, .headers, .body (decoded), .at, .connection
  b.taken                            # bodies that were answered with success, in order
  b.accepted                         # the requests that they came with

A mode is a function (receiver, socket, request); it returns False where the connection is to end."""
import gzip
import os
import socket
import ssl
import subprocess
import threading
import time

import canaries


class Request:
    def __init__(self, line, headers, body, connection):
        self.method, self.path = line.split()[:2]
        self.headers, self.raw, self.connection = headers, body, connection
        self.body = gzip.decompress(body) if headers.get('content-encoding') == 'gzip' else body
        self.at = time.monotonic()
        canaries.receive('OTLP', self.body)


def answer(sock, status, body=b'', *headers):
    head = ['HTTP/1.1 %d X' % status, 'Content-Length: %d' % len(body)]
    if not any(k.lower() == 'content-type' for k, _ in headers):
        head.append('Content-Type: application/x-protobuf')
    head += ['%s: %s' % h for h in headers]
    sock.sendall(('\r\n'.join(head) + '\r\n\r\n').encode() + body)


def ok(receiver, sock, request):
    receiver.accept(request)
    answer(sock, 200)
    return True


def status(code, *headers, body=b''):
    def mode(receiver, sock, request):
        answer(sock, code, body, *headers)
        return True
    return mode


def varint(n):
    out = b''
    while n > 0x7f:
        out += bytes([n & 0x7f | 0x80])
        n >>= 7
    return out + bytes([n])


def field(number, value):
    """A protobuf field: bytes and text, or an unsigned number."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def fields(data):
    """The fields of a protobuf message: number and value, which is bytes or a number."""
    at = 0

    def take():
        nonlocal at
        n = shift = 0
        while True:
            n |= (data[at] & 0x7f) << shift
            at += 1
            if not data[at - 1] & 0x80:
                return n
            shift += 7

    while at < len(data):
        key = take()
        kind = key & 7
        size = take() if kind == 2 else {1: 8, 5: 4}.get(kind)
        if size is None:
            yield key >> 3, take()
            continue
        yield key >> 3, data[at:at + size]
        at += size


def every(data, *path):
    """All values that lie there: every(request, 1, 2, 2) are a trace request's spans."""
    if not path:
        return [data]
    return [x for number, value in fields(data) if number == path[0]
            for x in every(value, *path[1:])]


def partial(rejected, text):
    def mode(receiver, sock, request):
        receiver.accept(request)
        answer(sock, 200, field(1, field(1, rejected) + field(2, text)))
        return True
    return mode


def hang(receiver, sock, request):
    """Never answers; the connection stays."""
    receiver.ended.wait(60)
    return False


def raw(data, close=True):
    """Sends these bytes as an answer."""
    def mode(receiver, sock, request):
        sock.sendall(data)
        if not close:
            receiver.ended.wait(60)
        return False
    return mode


def cut_after_status(receiver, sock, request):
    """Has taken it, and breaks in the middle of the body of its answer."""
    receiver.accept(request)
    sock.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc')
    return False


def huge(receiver, sock, request):
    answer(sock, 200, bytes(5 << 20))
    return False


def endless_head(receiver, sock, request):
    """Takes it, and then has much to say."""
    receiver.accept(request)
    sock.sendall(b'HTTP/1.1 200 OK\r\n')
    for _ in range(3000):
        sock.sendall(b'X-More: ' + b'y' * 2000 + b'\r\n')
    return False


class Receiver:
    def __init__(self, port=0, mode=ok, tls=None, client_ca=None):
        self.mode, self.tls, self.client_ca = mode, tls, client_ca
        self.requests, self.taken, self.accepted = [], [], []
        self.connections = 0
        self.ended = threading.Event()
        self.deaf = False  # accepts, reads nothing
        self.port = port
        self.open()
        self.url = '%s://127.0.0.1:%d' % ('https' if tls else 'http', self.port)

    def accept(self, request):
        self.taken.append(request.body)
        self.accepted.append(request)

    def open(self):
        self.listener = socket.create_server(('127.0.0.1', self.port))
        self.port = self.listener.getsockname()[1]
        self.socks = []
        threading.Thread(target=self._accept, args=(self.listener,), daemon=True).start()

    def close(self):
        """As a process that is killed: nothing listens, connections are reset."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for s in self.socks:
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            self.connections += 1
            self.socks.append(sock)
            threading.Thread(target=self._serve, args=(sock, self.connections),
                             daemon=True).start()

    def _serve(self, sock, number):
        try:
            if self.tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*self.tls)
                if self.client_ca:
                    context.verify_mode = ssl.CERT_REQUIRED
                    context.load_verify_locations(self.client_ca)
                sock = context.wrap_socket(sock, server_side=True)
            if self.deaf:
                self.ended.wait(60)
            stream = sock.makefile('rb')
            while self._one(sock, stream, number):
                pass
        except (OSError, ValueError):
            pass
        finally:
            sock.close()

    def _one(self, sock, stream, number):
        line = stream.readline().decode()
        if not line:
            return False
        headers = {}
        while (text := stream.readline().decode().rstrip('\r\n')):
            key, _, value = text.partition(':')
            headers[key.lower()] = value.strip()
        length = int(headers.get('content-length', 0))
        body = stream.read(length)
        if len(body) < length:
            return False
        request = Request(line, headers, body, number)
        self.requests.append(request)
        return self.mode(self, sock, request)


def certificate(directory, name, *names):
    """A self-signed certificate for names (as in subjectAltName); (certificate, key)."""
    cert, key = (os.path.join(directory, name + x) for x in ('.pem', '.key'))
    subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
                    'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', cert,
                    '-days', '2', '-subj', '/CN=' + name, '-addext',
                    'subjectAltName=' + ','.join(names)], check=True, capture_output=True)
    return cert, key
