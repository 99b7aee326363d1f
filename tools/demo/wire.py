# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 as a server speaks it over TLS, small enough that tests can choose every write.

Python's http.server decides itself when and in which pieces bytes leave; a test of a passive
parser wants to decide that, so the few lines of HTTP are here."""
import os
import socket
import ssl
import subprocess
import threading
import zlib

HEAD_MAX = 1 << 20
BODY_MAX = 256 << 20


NAMES = ('api.openai.com', 'api.anthropic.com')


def make_certificates(directory, names=NAMES):
    """A CA of our own and a certificate of it for this machine, which also has the names given;
    returns (ca, cert, key) paths.

    Two certificates and all the extensions, because Python 3.13 checks strictly by default and
    refuses a self-signed leaf."""
    path = lambda name: os.path.join(directory, name)
    with open(path('ext'), 'w') as f:
        f.write('basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n'
                'extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\n'
                'authorityKeyIdentifier=keyid\n'
                'subjectAltName=DNS:localhost,IP:127.0.0.1%s\n' % ''.join(
                    ',DNS:' + name for name in names))
    ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    # A configuration of our own: the distributions' one adds extensions that would come twice.
    with open(path('cnf'), 'w') as f:
        f.write('[req]\ndistinguished_name=dn\nx509_extensions=ca\n[dn]\n[ca]\n'
                'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n'
                'subjectKeyIdentifier=hash\n')
    for command in (
            ['req', '-x509', *ec, '-config', path('cnf'), '-keyout', path('ca.key'),
             '-out', path('ca.pem'), '-days', '2', '-subj', '/CN=llmsnoop demo CA'],
            ['req', *ec, '-config', path('cnf'), '-keyout', path('key.pem'),
             '-out', path('req.pem'), '-subj', '/CN=localhost'],
            ['x509', '-req', '-in', path('req.pem'), '-CA', path('ca.pem'),
             '-CAkey', path('ca.key'), '-set_serial', '2', '-days', '2',
             '-extfile', path('ext'), '-out', path('cert.pem')]):
        subprocess.run(['openssl', *command], check=True, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    return path('ca.pem'), path('cert.pem'), path('key.pem')


class BadRequest(Exception):
    pass


class Request:
    """One request, read whole. headers: lower-case name -> last value."""

    def __init__(self, method, target, version, headers, body):
        self.method, self.target, self.version = method, target, version
        self.path = target.split('?', 1)[0]
        self.headers, self.body = headers, body

    def keeps_alive(self):
        connection = self.headers.get('connection', '').lower()
        return 'close' not in connection and (self.version == 'HTTP/1.1' or
                                              'keep-alive' in connection)


class Connection:
    """A TLS connection from the server's side."""

    def __init__(self, sock):
        self.sock = sock
        self.buffer = b''
        self.split = 0  # 0: writes leave as they are given; else pieces of that many bytes

    def _more(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self.buffer += data

    def _line(self):
        while b'\r\n' not in self.buffer:
            if len(self.buffer) > HEAD_MAX:
                raise BadRequest('line too long')
            self._more()
        line, self.buffer = self.buffer.split(b'\r\n', 1)
        return line

    def _exactly(self, n):
        if n > BODY_MAX:
            raise BadRequest('body too long')
        # Gathered in a list: += on bytes would be quadratic for the large prompts of the tests.
        parts, have = [self.buffer], len(self.buffer)
        while have < n:
            data = self.sock.recv(min(1 << 20, max(65536, n - have)))
            if not data:
                raise EOFError
            parts.append(data)
            have += len(data)
        whole = b''.join(parts)
        self.buffer = whole[n:]
        return whole[:n]

    def request(self):
        """The next request, or None where the peer has closed in good order."""
        try:
            if not self.buffer:
                self._more()
        except EOFError:
            return None
        start = self._line().decode('latin-1').split(' ')
        if len(start) != 3:
            raise BadRequest('start line')
        headers = {}
        while True:
            line = self._line()
            if not line:
                break
            name, _, value = line.decode('latin-1').partition(':')
            headers[name.strip().lower()] = value.strip()
        if headers.get('expect', '').lower() == '100-continue':
            self.sock.sendall(b'HTTP/1.1 100 Continue\r\n\r\n')
        if headers.get('transfer-encoding', '').lower() == 'chunked':
            parts = []
            while True:
                size = int(self._line().split(b';')[0], 16)
                parts.append(self._exactly(size))
                if size == 0:
                    while self._line():
                        pass
                    break
                self._line()
            body = b''.join(parts)
        else:
            body = self._exactly(int(headers.get('content-length', 0)))
        return Request(start[0], start[1], start[2], headers, body)

    def send(self, data):
        if not self.split:
            self.sock.sendall(data)
            return
        for i in range(0, len(data), self.split):
            self.sock.sendall(data[i:i + self.split])

    def response(self, *args, **more):
        return Response(self, *args, **more)


class Encoder:
    """A content coding that gives out what it has after each event, as providers' edges do."""

    def __init__(self, name):
        self.name = name
        if name == 'gzip':
            self.z = zlib.compressobj(6, zlib.DEFLATED, 31)
        elif name == 'deflate':
            self.z = zlib.compressobj(6, zlib.DEFLATED, 15)
        else:
            self.z = None

    def encode(self, data, last=False):
        if not self.z:
            return data
        out = self.z.compress(data) if data else b''
        return out + self.z.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


def choose_coding(request, wanted):
    """wanted if the client accepts it, else identity."""
    accepted = request.headers.get('accept-encoding', '').lower()
    return wanted if wanted in ('gzip', 'deflate') and wanted in accepted else 'identity'


class Response:
    """Writes one response. framing: chunked, length (whole() only) or close."""

    def __init__(self, conn, status, headers, coding='identity', framing='chunked',
                 reason='OK', in_one=False):
        self.conn, self.framing = conn, framing
        self.encoder = Encoder(coding)
        self.headers = list(headers)
        self.status_line = 'HTTP/1.1 %d %s' % (status, reason)
        self.in_one = in_one  # hold the head back until the first body bytes
        self.held = b''

    def _head(self, extra):
        lines = [self.status_line] + ['%s: %s' % kv for kv in self.headers + extra]
        return ('\r\n'.join(lines) + '\r\n\r\n').encode('latin-1')

    def _coding_header(self):
        return [('content-encoding', self.encoder.name)] if self.encoder.z else []

    def start(self):
        extra = self._coding_header()
        extra.append(('transfer-encoding', 'chunked') if self.framing == 'chunked'
                     else ('connection', 'close'))
        head = self._head(extra)
        if self.in_one:
            self.held = head
        else:
            self.conn.send(head)

    def write(self, data, last=False):
        data = self.encoder.encode(data, last)
        if self.framing == 'chunked':
            data = b'%x\r\n%s\r\n' % (len(data), data) if data else b''
            if last:
                data += b'0\r\n\r\n'
        data, self.held = self.held + data, b''
        if data:
            self.conn.send(data)

    def whole(self, body, before=lambda: None):
        """Head and body of known size. before() is called just before the first byte leaves."""
        if self.framing != 'length':
            self.start()
            before()
            self.write(body, last=True)
            return
        body = self.encoder.encode(body, last=True)
        head = self._head(self._coding_header() + [('content-length', str(len(body)))])
        before()
        if self.in_one:
            self.conn.send(head + body)
        else:
            self.conn.send(head)
            self.conn.send(body)


class Server:
    """Serves handle(connection, request) -> keep the connection? One thread per connection."""

    def __init__(self, handle, cert, key, port=0):
        self.handle = handle
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.context.set_alpn_protocols(['http/1.1'])
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(('127.0.0.1', port))
        self.listener.listen(1024)
        self.port = self.listener.getsockname()[1]

    def _one(self, raw):
        try:
            raw.settimeout(120)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock = self.context.wrap_socket(raw, server_side=True)
        except (OSError, ssl.SSLError):
            raw.close()
            return
        try:
            self.serve(sock)
            sock.settimeout(2)
            sock.unwrap()
        except (EOFError, OSError, ssl.SSLError, ValueError, BadRequest):
            pass
        finally:
            sock.close()

    def serve(self, sock):
        """All requests of one connection."""
        conn = Connection(sock)
        while True:
            request = conn.request()
            if request is None or not self.handle(conn, request) or not request.keeps_alive():
                return

    def forever(self):
        threading.stack_size(512 << 10)
        while True:
            raw, _ = self.listener.accept()
            threading.Thread(target=self._one, args=(raw,), daemon=True).start()
