#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""One side of a chat completion, straight through libgnutls: every function that moves bytes.

  gnutls_peer.py client PORT WAY...        a call in each way, all on one connection
  gnutls_peer.py server CERT KEY CALLS     prints its port, answers CALLS connections

Ways to write a request: plain, cork, nonblocking-cork, range, file; with :seq its answer is read by
gnutls_record_recv_seq, with :packet by gnutls_record_recv_packet."""
import ctypes
import json
import os
import socket
import sys

g = ctypes.CDLL('libgnutls.so.30')
SERVER, CLIENT, CRD_CERTIFICATE, PEM = 1, 2, 1, 1
AGAIN, INTERRUPTED = -28, -52
for name in ('record_recv', 'record_recv_seq', 'record_recv_packet', 'record_send',
             'record_send_range', 'record_send_file'):
    getattr(g, 'gnutls_' + name).restype = ctypes.c_ssize_t

ANSWER = {'id': 'chatcmpl-gnutls', 'object': 'chat.completion', 'created': 1, 'model': 'gpt-x-1',
          'choices': [{'index': 0, 'finish_reason': 'stop',
                       'message': {'role': 'assistant', 'content': 'y' * 40000}}],
          'usage': {'prompt_tokens': 12, 'completion_tokens': 34, 'total_tokens': 46}}


def need(result, what):
    if result < 0:
        raise SystemExit('%s: %d' % (what, result))
    return result


class Peer:
    def __init__(self, sock, flags, cert=None, key=None):
        self.sock = sock
        cred = ctypes.c_void_p()
        need(g.gnutls_certificate_allocate_credentials(ctypes.byref(cred)), 'credentials')
        if cert:
            need(g.gnutls_certificate_set_x509_key_file(cred, cert.encode(), key.encode(), PEM),
                 'the key')
        self.s = ctypes.c_void_p()
        need(g.gnutls_init(ctypes.byref(self.s), flags), 'gnutls_init')
        g.gnutls_set_default_priority(self.s)
        g.gnutls_credentials_set(self.s, CRD_CERTIFICATE, cred)
        g.gnutls_transport_set_int2(self.s, sock.fileno(), sock.fileno())
        while (n := g.gnutls_handshake(self.s)) in (AGAIN, INTERRUPTED):
            pass
        need(n, 'the handshake')

    def send(self, data, how='plain'):
        if how == 'file':
            fd = os.memfd_create('request')
            os.write(fd, data)
            os.lseek(fd, 0, 0)
            n = g.gnutls_record_send_file(self.s, fd, None, ctypes.c_size_t(len(data)))
            os.close(fd)
            if n != len(data):
                raise SystemExit('send_file: %d of %d' % (n, len(data)))
        elif how.endswith('cork'):
            g.gnutls_record_cork(self.s)
            for i in range(0, len(data), 5000):
                self.send(data[i:i + 5000])
            if how == 'cork':
                need(g.gnutls_record_uncork(self.s, 1), 'uncork')
            else:
                while (n := g.gnutls_record_uncork(self.s, 0)) in (AGAIN, INTERRUPTED):
                    pass
                need(n, 'uncork')
        elif how == 'range':
            both = (ctypes.c_size_t * 2)(len(data), len(data) + 100)
            need(g.gnutls_record_send_range(self.s, data, ctypes.c_size_t(len(data)), both),
                 'send_range')
        else:
            while data:
                n = g.gnutls_record_send(self.s, data, ctypes.c_size_t(len(data)))
                if n not in (AGAIN, INTERRUPTED):
                    data = data[need(n, 'send'):]

    def receive(self, how=''):
        if how == 'packet':
            packet, datum = ctypes.c_void_p(), (ctypes.c_size_t * 2)()
            while (n := g.gnutls_record_recv_packet(self.s, ctypes.byref(packet))) in (
                    AGAIN, INTERRUPTED):
                pass
            need(n, 'recv_packet')
            g.gnutls_packet_get(packet, datum, None)
            data = ctypes.string_at(datum[0], datum[1] & 0xffffffff)
            g.gnutls_packet_deinit(packet)
            return data
        buf = ctypes.create_string_buffer(3000)
        while True:
            if how == 'seq':
                n = g.gnutls_record_recv_seq(self.s, buf, ctypes.c_size_t(len(buf)),
                                             ctypes.create_string_buffer(8))
            else:
                n = g.gnutls_record_recv(self.s, buf, ctypes.c_size_t(len(buf)))
            if n not in (AGAIN, INTERRUPTED):
                return buf.raw[:need(n, 'recv')]

    def message(self, how=''):
        """One HTTP message whose length is told, or a chunked one."""
        data = b''
        while b'\r\n\r\n' not in data:
            data += self.receive(how) or sys.exit('the peer ended')
        head, _, body = data.partition(b'\r\n\r\n')
        length = [int(h.split(b':')[1]) for h in head.lower().split(b'\r\n')
                  if h.startswith(b'content-length:')]
        while len(body) < length[0] if length else not body.endswith(b'0\r\n\r\n'):
            body += self.receive(how) or sys.exit('the peer ended')
        return head, body

    def end(self):
        g.gnutls_bye(self.s, 1)
        g.gnutls_deinit(self.s)
        self.sock.close()


def http(first, headers, body):
    return '\r\n'.join([first, *headers, 'content-length: %d' % len(body), '', '']).encode() + body


def client(port, *ways):
    peer = Peer(socket.create_connection(('127.0.0.1', int(port))), CLIENT)
    good = 0
    for i, way in enumerate(ways):
        write, _, read = way.partition(':')
        body = json.dumps({'model': 'gpt-4o-mini', 'stream': bool(i % 2), 'messages': [
            {'role': 'user', 'content': 'x' * (40000 if write != 'range' else 900)}]}).encode()
        peer.send(http('POST /v1/chat/completions HTTP/1.1',
                       ['host: localhost:' + port, 'authorization: Bearer sk-not-a-key',
                        'content-type: application/json', 'x-demo: tokens=30&gap=0.001&tag=' + way],
                       body), write)
        good += peer.message(read)[0].startswith(b'HTTP/1.1 200')
    peer.end()
    print(json.dumps({'good': good}))


def server(cert, key, calls):
    listener = socket.create_server(('127.0.0.1', 0))
    print(listener.getsockname()[1], flush=True)
    for _ in range(int(calls)):
        peer = Peer(listener.accept()[0], SERVER, cert, key)
        peer.message()
        peer.send(http('HTTP/1.1 200 OK', ['content-type: application/json'],
                       json.dumps(ANSWER).encode()))
        peer.end()


if __name__ == '__main__':
    {'client': client, 'server': server}[sys.argv[1]](*sys.argv[2:])
