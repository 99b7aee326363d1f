# SPDX-License-Identifier: Apache-2.0
"""WebSocket (RFC 6455, with permessage-deflate of RFC 7692) of which a test chooses every frame:
messages are fragmented at random, with pings between the fragments. Over HTTP/1.1 and, by extended
CONNECT (RFC 8441), over HTTP/2."""
import base64
import hashlib
import os
import socket
import struct
import time
import zlib

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FIN, RSV1, MASKED = 0x80, 0x40, 0x80
GUID = b'258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
TAIL = b'\0\0\xff\xff'


class Closed(Exception):
    pass


def mask(key, data):
    whole = (key * (len(data) // 4 + 1))[:len(data)]
    return (int.from_bytes(data, 'big') ^ int.from_bytes(whole, 'big')).to_bytes(len(data), 'big')


def frame(opcode, payload, flags, masked):
    n = len(payload)
    head = bytes([opcode | flags])
    bit = MASKED if masked else 0
    if n < 126:
        head += bytes([bit | n])
    elif n < 65536:
        head += struct.pack('>BH', bit | 126, n)
    else:
        head += struct.pack('>BQ', bit | 127, n)
    if masked:
        key = os.urandom(4)
        return head + key + mask(key, payload)
    return head + payload


def parameters(deflate):
    """What the handshake says: deflate is None or {'takeover': bool, 'bits': 9..15}."""
    text = 'permessage-deflate'
    if not deflate['takeover']:
        text += '; server_no_context_takeover; client_no_context_takeover'
    if deflate['bits'] < 15:
        text += '; server_max_window_bits=%d' % deflate['bits']
    return text


def accept_key(key):
    return base64.b64encode(hashlib.sha1(key + GUID).digest())


class Socket:
    """One end of a session over pipe, which has send(bytes) and receive() -> bytes."""

    def __init__(self, pipe, rnd, client, deflate):
        self.pipe, self.rnd, self.client, self.deflate = pipe, rnd, client, deflate
        self.buffer, self.parts, self.compressed = bytearray(), [], False
        self.out = self.back = None
        self.bits = deflate['bits'] if deflate and not client else 15

    def _deflate(self, data):
        if self.out is None or not self.deflate['takeover']:
            self.out = zlib.compressobj(self.rnd.randint(1, 9), zlib.DEFLATED, -self.bits)
        done = self.out.compress(data) + self.out.flush(zlib.Z_SYNC_FLUSH)
        assert done.endswith(TAIL)
        return done[:-4]

    def _inflate(self, data):
        if self.back is None or not self.deflate['takeover']:
            self.back = zlib.decompressobj(-15)
        return self.back.decompress(data + TAIL)

    def encode(self, data, opcode):
        """The frames of one message."""
        rnd, flags, out = self.rnd, 0, b''
        # RFC 7692 6: a sender may leave single messages uncompressed.
        if self.deflate and rnd.random() < 0.9:
            data, flags = self._deflate(data), RSV1
        cuts = sorted(rnd.randrange(len(data) + 1) for _ in range(
            rnd.choice((0, 0, 0, 1, 2, 7))))
        parts = [data[a:b] for a, b in zip([0] + cuts, cuts + [len(data)])]
        for n, part in enumerate(parts, 1):
            if rnd.random() < 0.1:
                out += frame(rnd.choice((PING, PONG)), os.urandom(rnd.randint(0, 125)), FIN,
                             self.client)
            out += frame(opcode, part, flags | (FIN if n == len(parts) else 0), self.client)
            opcode = flags = 0
        return out

    def send(self, messages):
        """(bytes, opcode) each, all of them cut anyhow; the times at which they began to leave."""
        at, whole, begun = [], b'', []
        for data, opcode in messages:
            at.append(len(whole))
            whole += self.encode(data, opcode)
        sent = 0
        while sent < len(whole):
            size = self.rnd.choice((self.rnd.randint(1, 20), self.rnd.randint(1, 1400), 16000, 60000))
            now = time.monotonic_ns()
            while len(begun) < len(at) and at[len(begun)] < sent + size:
                begun.append(now)
            self.pipe.send(whole[sent:sent + size])
            sent += size
        return begun

    def receive(self):
        """The next message and the time at which it was whole."""
        while True:
            got = self._frame()
            if got is None:
                self.buffer += self.pipe.receive()
                continue
            first, payload = got
            opcode = first & 15
            if opcode == CLOSE:
                raise Closed
            if opcode in (PING, PONG):
                continue
            if opcode:
                self.compressed = bool(first & RSV1)
            self.parts.append(payload)
            if first & FIN:
                data, self.parts = b''.join(self.parts), []
                return self._inflate(data) if self.compressed else data, time.monotonic_ns()

    def _frame(self):
        b = self.buffer
        if len(b) < 2:
            return None
        n, at = b[1] & 127, 2
        if n == 126:
            if len(b) < 4:
                return None
            n, at = struct.unpack('>H', b[2:4])[0], 4
        elif n == 127:
            if len(b) < 10:
                return None
            n, at = struct.unpack('>Q', b[2:10])[0], 10
        masked = bool(b[1] & MASKED)
        assert masked != self.client, 'clients mask, servers do not'
        key = bytes(b[at:at + 4]) if masked else b''
        at += 4 * masked
        if len(b) < at + n:
            return None
        payload, first = bytes(b[at:at + n]), b[0]
        del b[:at + n]
        return first, mask(key, payload) if masked else payload

    def close(self):
        self.pipe.send(frame(CLOSE, struct.pack('>H', 1000), FIN, self.client))


class Stream:
    """A pipe over a TLS socket; early: bytes that came behind the handshake."""

    def __init__(self, sock, early=b''):
        self.sock, self.early, self.late = sock, early, b''

    def hold(self, data):
        """Sent together with what is sent next."""
        self.late += data

    def send(self, data):
        data, self.late = self.late + data, b''
        self.sock.sendall(data)

    def receive(self):
        if self.late:
            self.send(b'')
        data, self.early = self.early or self.sock.recv(65536), b''
        if not data:
            raise Closed
        return data

    def close(self):
        self.sock.close()


def read_head(sock, data=b''):
    """(first line, headers by lower-case name, what came behind the head); data came before."""
    while b'\r\n\r\n' not in data:
        more = sock.recv(4096)
        if not more:
            raise Closed
        data += more
    head, _, rest = data.partition(b'\r\n\r\n')
    line, *lines = head.decode().split('\r\n')
    pairs = (x.partition(':') for x in lines)
    return line, {k.lower(): v.strip() for k, _, v in pairs}, rest


def connect(sock, rnd, host, path, deflate, headers=()):
    """The client's handshake over HTTP/1.1."""
    key = base64.b64encode(os.urandom(16))
    lines = ['GET %s HTTP/1.1' % path, 'Host: ' + host, 'Upgrade: websocket',
             'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
             'Sec-WebSocket-Key: ' + key.decode(), *('%s: %s' % tuple(kv) for kv in headers)]
    if deflate:
        lines.append('Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits')
    sock.sendall(('\r\n'.join(lines) + '\r\n\r\n').encode())
    line, got, rest = read_head(sock)
    assert line.startswith('HTTP/1.1 101'), line
    assert got['sec-websocket-accept'] == accept_key(key).decode()
    assert ('sec-websocket-extensions' in got) == bool(deflate)
    return Socket(Stream(sock, rest), rnd, True, deflate)


def accept(sock, rnd, find):
    """The server's. find(host) -> session, which says whether there is deflate."""
    _, got, rest = read_head(sock)
    session = find(got['host'])
    lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
             'Sec-WebSocket-Accept: ' + accept_key(got['sec-websocket-key'].encode()).decode(),
             'x-request-id: req_ws_%s' % got['host'].rpartition(':')[2]]
    if session['deflate']:
        lines.append('Sec-WebSocket-Extensions: ' + parameters(session['deflate']))
    head = ('\r\n'.join(lines) + '\r\n\r\n').encode()
    stream = Stream(sock, rest)
    if rnd.random() < 0.5:
        stream.hold(head)
    else:
        stream.send(head)
    return Socket(stream, rnd, False, session['deflate']), session


class H2Stream:
    """A pipe over a stream of an HTTP/2 connection (h2wire.Endpoint)."""

    def __init__(self, end):
        self.end, self.stream, self.head, self.data, self.over = end, 0, None, bytearray(), False
        end.on_headers, end.on_data, end.on_reset = self._headers, self._data, self._reset

    def _headers(self, stream, fields, last):
        self.stream, self.head, self.over = stream, dict(fields), last

    def _data(self, stream, data, last):
        self.data += data
        self.over = self.over or last

    def _reset(self, stream):
        self.over = True

    def wait_head(self):
        while self.head is None:
            self.end.turn()
            if self.end.closed:
                raise Closed
        return self.head

    def send(self, data):
        self.end.streams.append(self.end.body(self.stream, data, open_end=True))
        while not self.end.idle() and not self.end.closed:
            self.end.turn()

    def receive(self):
        while not self.data:
            if self.over or self.end.closed:
                raise Closed
            self.end.turn()
        data = bytes(self.data)
        self.data.clear()
        return data

    def close(self):
        self.end.goodbye()


def connect_h2(end, rnd, host, path, deflate, headers=()):
    pipe = H2Stream(end)
    while not end.ready:
        end.turn()
    end.last_stream = pipe.stream = 1
    fields = [(b':method', b'CONNECT'), (b':protocol', b'websocket'), (b':scheme', b'https'),
              (b':path', path.encode()), (b':authority', host.encode()),
              (b'sec-websocket-version', b'13'),
              *((k.lower().encode(), v.encode()) for k, v in headers)]
    if deflate:
        fields.append((b'sec-websocket-extensions', b'permessage-deflate; client_max_window_bits'))
    end.sending += end.headers(1, fields)
    got = pipe.wait_head()
    assert got[b':status'] == b'200', got
    assert (b'sec-websocket-extensions' in got) == bool(deflate)
    return Socket(pipe, rnd, True, deflate)


def accept_h2(end, rnd, find):
    pipe = H2Stream(end)
    got = pipe.wait_head()
    assert got[b':protocol'] == b'websocket', got
    session = find(got[b':authority'].decode())
    fields = [(b':status', b'200'), (b'x-request-id', b'req_ws')]
    if session['deflate']:
        fields.append((b'sec-websocket-extensions', parameters(session['deflate']).encode()))
    end.sending += end.headers(pipe.stream, fields)
    return Socket(pipe, rnd, False, session['deflate']), session


def nodelay(sock):
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock
