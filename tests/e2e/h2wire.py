# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 (RFC 9113) of which a test chooses every frame and every write: streams are interleaved
at random, frames and TLS writes are cut at random. The package hpack does RFC 7541."""
import select
import ssl
import struct

import hpack

PREFACE = b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED, PRIORITIZED = 1, 1, 4, 8, 32
TABLE_SIZE, ENABLE_PUSH, MAX_STREAMS, INITIAL_WINDOW, MAX_FRAME, CONNECT_PROTOCOL = 1, 2, 3, 4, 5, 8
# Nobody waits for window updates here; those that are sent are decoration.
WINDOW_BYTES = 1 << 30
BUFFERED = 1 << 17


class Broken(Exception):
    """The peer does not speak HTTP/2 as it should."""


def frame(kind, flags, stream, payload):
    return struct.pack('>IBBI', len(payload), kind, flags, stream)[1:] + payload


def cut(rnd, data, least=1, most=16000):
    """data in pieces of random sizes, one empty piece where there is none."""
    at = 0
    while at < len(data) or at == 0:
        size = rnd.choice((rnd.randint(least, 40), rnd.randint(least, 1500), most))
        yield data[at:at + max(1, size)]
        at += max(1, size)


class Endpoint:
    """One end of a connection; the subclass or caller sets on_headers(stream, fields, end),
    on_data(stream, data, end), on_reset(stream), on_promise(stream, promised, fields). What is to
    be sent are generators of bytes: each is run on only when its next frame is due, so that header
    blocks are made in the order of the wire."""

    def __init__(self, sock, rnd, client, table=4096, plain=False, connect=False):
        self.sock, self.rnd, self.client = sock, rnd, client
        self.plain = plain  # no padding, cuts and decoration
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.decoder.max_header_list_size = 1 << 24
        self.received, self.sending, self.writing = bytearray(), bytearray(), b''
        self.streams = []      # generators of what is to be sent
        self.block = None      # (stream, flags, bytes, promised) until END_HEADERS
        self.tables = []       # our table sizes that are not acknowledged yet
        self.last_stream = 0   # highest one that the client began
        self.ready = False     # the peer's SETTINGS have come
        self.closed = False
        self.preface = b'' if client else PREFACE
        nothing = lambda *_: None
        self.on_headers = self.on_data = self.on_reset = self.on_promise = nothing
        sock.setblocking(False)
        first = {TABLE_SIZE: table, INITIAL_WINDOW: WINDOW_BYTES, MAX_STREAMS: 1000}
        if connect:
            first[CONNECT_PROTOCOL] = 1
        if client:
            self.sending += PREFACE
        self.sending += self.settings(first)
        self.sending += frame(WINDOW, 0, 0, struct.pack('>I', WINDOW_BYTES))

    # ---- frames to send

    def settings(self, values):
        if TABLE_SIZE in values:
            self.tables.append(values[TABLE_SIZE])
            # A larger one may be used as soon as the peer has read it, a smaller one binds later.
            self.decoder.max_allowed_table_size = max(self.decoder.max_allowed_table_size,
                                                      values[TABLE_SIZE])
        return frame(SETTINGS, 0, 0, b''.join(struct.pack('>HI', k, v) for k, v in values.items()))

    def _block(self, kind, flags, stream, prefix, fields, priority=b''):
        """A header block in one frame or in several, padded or not."""
        rnd = self.rnd
        never = [(n, v) if n not in (b'authorization', b'x-api-key') or rnd.random() < 0.5 else
                 hpack.NeverIndexedHeaderTuple(n, v) for n, v in fields]
        block = self.encoder.encode(never, huffman=rnd.random() < 0.8)
        parts = [block]
        if len(block) > 16000 or (not self.plain and rnd.random() < 0.15):
            # An empty first fragment is legal, and so is an empty last one.
            parts = list(cut(rnd, block)) + ([b''] if rnd.random() < 0.2 else [])
            if rnd.random() < 0.2:
                parts.insert(0, b'')
        payload = prefix + priority + parts[0]
        flags |= PRIORITIZED if priority else 0
        if not self.plain and rnd.random() < 0.2:
            pad = rnd.randint(0, 255)
            payload, flags = bytes([pad]) + payload + b'\0' * pad, flags | PADDED
        out = frame(kind, flags | (END_HEADERS if len(parts) == 1 else 0), stream, payload)
        for n, part in enumerate(parts[1:], 2):
            out += frame(CONTINUATION, END_HEADERS if n == len(parts) else 0, stream, part)
        return out

    def headers(self, stream, fields, end=False):
        """fields: (bytes, bytes), names in lower case."""
        priority = b''
        if self.client and not self.plain and self.rnd.random() < 0.2:
            priority = struct.pack('>IB', max(0, stream - 2), self.rnd.randint(0, 255))
        return self._block(HEADERS, END_STREAM if end else 0, stream, b'', fields, priority)

    def promise(self, stream, promised, fields):
        return self._block(PUSH, 0, stream, struct.pack('>I', promised), fields)

    def data(self, stream, payload, end=False):
        flags = END_STREAM if end else 0
        if not self.plain and self.rnd.random() < 0.2 and len(payload) < 16000:
            pad = self.rnd.randint(0, 255)
            payload, flags = bytes([pad]) + payload + b'\0' * pad, flags | PADDED
        return frame(DATA, flags, stream, payload)

    def body(self, stream, payload, trailers=None, open_end=False):
        """Generator: DATA frames, up to the end of the stream but for open_end."""
        parts = list(cut(self.rnd, payload)) if not self.plain else \
            [payload[i:i + 16384] for i in range(0, len(payload), 16384)] or [b'']
        if not trailers and not self.plain and self.rnd.random() < 0.3:
            parts.append(b'')
        last = len(parts) if not trailers and not open_end else 0
        for n, part in enumerate(parts, 1):
            yield self.data(stream, part, end=n == last)
        if trailers:
            yield self.headers(stream, trailers, end=True)

    def decoration(self):
        """A frame that changes nothing for the streams."""
        rnd, one = self.rnd, self.rnd.random()
        if one < 0.3:
            return frame(PING, 0, 0, rnd.randbytes(8))
        if one < 0.5:
            return frame(WINDOW, 0, 0, struct.pack('>I', rnd.randint(1, 1000)))
        if one < 0.6 and self.client:
            return frame(PRIORITY, 0, 2 * rnd.randint(1, 50) + 1,
                         struct.pack('>IB', 0, rnd.randint(0, 255)))
        if one < 0.7:
            # RFC 9113 5.5: frames of unknown types are ignored.
            return frame(rnd.choice((0x0b, 0x21, 0xf0)), rnd.randint(0, 255), 0, rnd.randbytes(20))
        if one < 0.8:
            return self.settings({TABLE_SIZE: rnd.choice((0, 64, 1000, 4096, 20000))})
        return b''

    # ---- frames received

    def _setting(self, key, value):
        if key == TABLE_SIZE and value != self.encoder.header_table_size:
            self.encoder.header_table_size = value
            # RFC 7541 4.2: of changes between two blocks the smallest and the last are signalled.
            changes = self.encoder.table_size_changes
            changes[:] = [value] if min(changes) == value else [min(changes), value]

    def _frame(self, kind, flags, stream, payload):
        if self.block and kind != CONTINUATION:
            raise Broken('frame %d within a header block' % kind)
        if kind in (DATA, HEADERS, PUSH) and flags & PADDED:
            payload = payload[1:len(payload) - payload[0]]
        if kind == DATA:
            self.on_data(stream, payload, bool(flags & END_STREAM))
        elif kind in (HEADERS, PUSH):
            promised = 0
            if kind == PUSH:
                promised, payload = struct.unpack('>I', payload[:4])[0], payload[4:]
            elif flags & PRIORITIZED:
                payload = payload[5:]
            self.block = [stream, kind, flags, bytearray(payload), promised]
        elif kind == CONTINUATION:
            if not self.block or self.block[0] != stream:
                raise Broken('CONTINUATION of nothing')
            self.block[3] += payload
        elif kind == RST:
            self.on_reset(stream)
        elif kind == SETTINGS and flags & ACK:
            if not self.tables:
                raise Broken('SETTINGS acknowledged that were not sent')
            sent = self.tables.pop(0)
            self.decoder.max_allowed_table_size = max([sent, *self.tables])
        elif kind == SETTINGS:
            for at in range(0, len(payload), 6):
                self._setting(*struct.unpack('>HI', payload[at:at + 6]))
            self.sending += frame(SETTINGS, ACK, 0, b'')
            self.ready = True
        elif kind == PING and not flags & ACK:
            self.sending += frame(PING, ACK, 0, payload)
        if self.block and flags & END_HEADERS and kind in (HEADERS, PUSH, CONTINUATION):
            stream, kind, first, block, promised = self.block
            self.block = None
            fields = [(n, v) for n, v in self.decoder.decode(bytes(block), raw=True)]
            if kind == PUSH:
                self.on_promise(stream, promised, fields)
            else:
                if not self.client:
                    self.last_stream = max(self.last_stream, stream)
                self.on_headers(stream, fields, bool(first & END_STREAM))

    def _read(self):
        size = 65536 if self.plain or self.rnd.random() < 0.8 else self.rnd.randint(1, 3000)
        try:
            data = self.sock.recv(size)
        except ssl.SSLWantReadError:
            return False
        except ssl.SSLError:
            data = b''
        if not data:
            self.closed = True
            return False
        self.received += data
        if self.preface:
            if len(self.received) < len(PREFACE):
                return True
            if self.received[:len(PREFACE)] != PREFACE:
                raise Broken('no preface')
            del self.received[:len(PREFACE)]
            self.preface = b''
        at = 0
        while len(self.received) - at >= 9:
            size, kind, flags, stream = struct.unpack(
                '>IBBI', b'\0' + self.received[at:at + 9])
            if len(self.received) - at - 9 < size:
                break
            payload = bytes(self.received[at + 9:at + 9 + size])
            at += 9 + size
            self._frame(kind, flags, stream & 0x7fffffff, payload)
        del self.received[:at]
        return True

    def _fill(self):
        """Frames of streams chosen at random, until there is enough to write."""
        while self.streams and len(self.sending) < BUFFERED:
            at = self.rnd.randrange(len(self.streams))
            piece = next(self.streams[at], None)
            if piece is None:
                self.streams[at] = self.streams[-1]
                self.streams.pop()
                continue
            self.sending += piece
            if not self.plain and self.rnd.random() < 0.02:
                self.sending += self.decoration()
            if self.rnd.random() < 0.3:
                break

    def _write(self):
        if not self.writing:
            if not self.sending:
                return False
            one = self.rnd.random()
            size = len(self.sending) if self.plain or one < 0.3 else \
                self.rnd.randint(1, 12) if one < 0.4 else \
                self.rnd.randint(1, 1500) if one < 0.6 else self.rnd.randint(1, 40000)
            self.writing = bytes(self.sending[:size])
            del self.sending[:size]
        try:
            sent = self.sock.send(self.writing)
        except (ssl.SSLWantWriteError, ssl.SSLWantReadError):
            return False
        except (OSError, ssl.SSLError):
            self.closed = True
            return False
        self.writing = self.writing[sent:]
        return True

    def turn(self, wait=1.0):
        """Sends and receives a little; waits where there is nothing to do."""
        had = not self.idle()
        if self.ready or not self.client:
            self._fill()
        busy = self._write() or (had and self.idle())
        busy = self._read() or busy
        if not busy and not self.closed and not self.sock.pending():
            out = [self.sock] if self.writing else []
            select.select([self.sock], out, [], wait)

    def idle(self):
        return not (self.streams or self.sending or self.writing)

    def goodbye(self):
        """GOAWAY, and the end of the connection."""
        self.sending += frame(GOAWAY, 0, 0, struct.pack('>II', self.last_stream, 0))
        while not self.idle() and not self.closed:
            self.turn()
        self.sock.close()
