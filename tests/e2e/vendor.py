#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The demo provider as real clients want it: HTTP/2 by ALPN where the package h2 is there, the
Responses and Gemini APIs, Responses over a WebSocket, and scripts of tool calls.

  vendor.py [--log FILE] [--script FILE] [provider.py's options]

--log takes a JSON line for each request, whatever it is: method, path, headers, body, HTTP version.
--script is a JSON list of steps that a session goes through, one for each model call that offers
tools: {"tools": [{"name", "arguments"}]}, {"error": "429"}, {"tokens": N}. After the last, text.
Other calls (titles, summaries) are none of its steps. Sessions are told apart by the tag of x-demo.
{TAG: [step...]} in place of the list gives each its own. {"agents": {WORDS: [step...]}} gives one
to each agent, and to those that it starts, by what is said to it first; which step it is at, the
turns that its request brings say, so agents with the same words need not be told apart. {"find":
PATTERN, "nth": N} in place of an argument is a list of that thing of the request."""
import json
import os
import queue
import random
import select
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, 'tools/demo'))
import answers  # noqa: E402
import provider  # noqa: E402
import vendor_apis  # noqa: E402
import wire  # noqa: E402
import wswire  # noqa: E402

try:
    import h2.config
    import h2.connection
    import h2.events
    import h2.exceptions
except ImportError:
    h2 = None

answers.APIS += vendor_apis.APIS
MODELS = {'data': [{'id': m, 'type': 'model', 'object': 'model', 'display_name': m}
                   for m in ('claude-sonnet-4-5', 'gpt-5-codex', 'gpt-4o-mini')],
          'models': [], 'has_more': False}


class Vendor(provider.Provider):
    def __init__(self, args):
        super().__init__(args)
        self.log = open(args.log, 'a', buffering=1) if args.log else None
        self.script = []
        if args.script:
            with open(args.script) as f:
                self.script = json.load(f)
        self.steps = {}  # tag -> steps taken
        self.answered = {}  # response id -> the words of the agent, the steps that it had taken

    def note(self, **what):
        if self.log:
            line = json.dumps({'at_ns': time.monotonic_ns(), **what}) + '\n'
            with self.lock:
                self.log.write(line)

    def handle(self, conn, request):
        self.note(method=request.method, path=request.target, version=request.version,
                  headers=request.headers, body=request.body.decode(errors='replace'))
        if request.headers.get('upgrade', '').lower() == 'websocket':
            return self.websocket(conn, request)
        return super().handle(conn, request)

    def other(self, conn, request):
        if request.method in ('GET', 'HEAD') and request.path.rstrip('/').endswith('/models'):
            conn.response(200, [('content-type', 'application/json')], framing='length').whole(
                b'' if request.method == 'HEAD' else json.dumps(MODELS).encode())
            return True
        if request.path.endswith('/count_tokens'):
            conn.response(200, [('content-type', 'application/json')], framing='length').whole(
                b'{"input_tokens":%d}' % (len(request.body) // 4))
            return True
        if request.path == '/mcp':
            return self.tool(conn, request)
        if request.path.endswith('/converse'):
            conn.response(200, [('content-type', 'application/json')], framing='length').whole(
                json.dumps(vendor_apis.converse()).encode())
            return True
        return super().other(conn, request)

    def tool(self, conn, request):
        """A tool of the Model Context Protocol that finds what it is always asked for."""
        try:
            ident = json.loads(request.body)['id']
        except (ValueError, KeyError, TypeError):
            ident = None
        result = {'content': [{'type': 'text', 'text': 'a quixolith'}], 'isError': False}
        conn.response(200, [('content-type', 'application/json')], framing='length').whole(
            json.dumps({'jsonrpc': '2.0', 'id': ident, 'result': result}).encode())
        return True

    def whose(self, body):
        return vendor_apis.whose(self.script['agents'], body,
                                 self.answered.get(body.get('previous_response_id')))

    def next_step(self, case):
        if 'agents' in self.script:
            words, taken = self.whose(case.body)
            script = self.script['agents'].get(words, [])
        else:
            tag = case.opt.get('tag')
            script = self.script.get(tag, []) if isinstance(self.script, dict) else self.script
            with self.lock:
                taken = self.steps[tag] = self.steps.get(tag, -1) + 1
        return script[taken] if taken < len(script) else {}

    def step(self, case):
        """What the script wants of this call."""
        if not self.script or not case.body.get('tools'):
            return
        step = self.next_step(case)
        case.opt['retry'] = str(step.get('retry', 1))
        case.calls = [{**t, 'id': None, 'arguments': json.dumps(
            vendor_apis.found(t['arguments'], case.body))} for t in step.get('tools', [])]
        case.error = step.get('error', '')
        case.tokens = step.get('tokens', case.tokens)
        case.cached, case.reasoning = step.get('cached', 0), step.get('reasoning', 0)

    def answer(self, kind, request, body, serial):
        a, opt = answers.answer(kind, request, body, serial, self.args.seed, self.step)
        # An agent's own loop offers tools, its titles and summaries do not.
        a.truth['offers_tools'] = bool(body.get('tools'))
        if 'agents' in self.script:
            whose = self.answered[a.truth.get('response_id')] = self.whose(body)
            a.truth.update(agent=whose[0], brought=vendor_apis.brought(body))
        return a, opt

    # ---- Responses over a WebSocket

    def websocket(self, conn, request):
        """One session; each response.create is a call but for those that only warm up."""
        offered = request.headers.get('sec-websocket-extensions', '')
        deflate = {'takeover': True, 'bits': 15} if 'permessage-deflate' in offered else None
        head = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
                'Sec-WebSocket-Accept: ' + wswire.accept_key(
                    request.headers['sec-websocket-key'].encode()).decode()]
        if deflate:
            head.append('Sec-WebSocket-Extensions: ' + wswire.parameters(deflate))
        conn.sock.sendall(('\r\n'.join(head) + '\r\n\r\n').encode())
        sock = wswire.Socket(wswire.Stream(conn.sock, conn.buffer), random.Random(1), False,
                             deflate)
        conn.buffer = b''
        try:
            while True:
                data, received = sock.receive()
                body = json.loads(data)
                self.note(method='WEBSOCKET', path=request.target, version='websocket',
                          headers=request.headers, body=data.decode())
                if body.get('type') == 'response.create':
                    self.create(sock, request, body, received)
        except wswire.Closed:
            return False

    def create(self, sock, request, body, received):
        serial = next(self.serial)
        body.setdefault('stream', True)
        warm = body.get('generate') is False
        a, opt = self.answer(vendor_apis.responses, request, {**body, 'tools': None} if warm
                             else body, serial)
        rnd, sent = random.Random(serial), []
        if a.events is None:
            sent += sock.send([(vendor_apis.text({'type': 'error', 'status': a.status,
                                                  **a.document}), wswire.TEXT)])
        for i, event in enumerate(a.events or []):
            if event.output:
                self.pause(answers.number(opt, 'gap', 0.022) * rnd.lognormvariate(-0.1, 0.45))
            sent += sock.send([(vendor_apis.text(event.data), wswire.TEXT)])
        if warm:
            return
        output = [t for t, e in zip(sent, a.events or []) if e.output]
        a.truth.update(path=request.target, received_ns=received, sent_ns=sent, complete=True,
                       end_ns=time.monotonic_ns(), output_events=len(output), websocket=True,
                       request_id=None, status=101)
        if output:
            a.truth.update(first_output_ns=output[0], last_output_ns=output[-1])
        self.tell(a.truth)


# ---- HTTP/2

class Stream:
    """Where a request of one HTTP/2 stream is answered; what wire.Connection is to HTTP/1."""

    def __init__(self, connection, number):
        self.connection, self.number, self.split = connection, number, 0

    def response(self, status, headers, coding='identity', framing='chunked', reason='OK',
                 in_one=False):
        return StreamResponse(self, status, headers, coding)


class StreamResponse:
    def __init__(self, stream, status, headers, coding):
        self.stream, self.encoder = stream, wire.Encoder(coding)
        self.fields = [(':status', str(status)), *headers]
        if self.encoder.z:
            self.fields.append(('content-encoding', coding))

    def send(self, data, last=False):
        self.stream.connection.send(self.stream.number, data, last)

    def start(self):
        self.stream.connection.head(self.stream.number, self.fields)

    def write(self, data, last=False):
        self.send(self.encoder.encode(data, last), last)

    def whole(self, body, before=lambda: None):
        self.start()
        before()
        self.write(body, last=True)


class Http2:
    """One connection: this thread alone touches the socket, threads of requests ask it to send."""

    def __init__(self, sock, handle):
        self.sock, self.handle = sock, handle
        self.wanted = queue.Queue()
        self.wake = os.pipe()
        self.requests = {}  # stream -> [fields, body]
        self.left = {}      # stream -> [bytes that flow control holds back, is that the end?]
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding='utf-8', validate_inbound_headers=False))

    # Of other threads.

    def ask(self, what):
        self.wanted.put(what)
        os.write(self.wake[1], b'x')

    def head(self, stream, fields):
        self.ask(lambda: self.h2.send_headers(stream, fields))

    def send(self, stream, data, last):
        def do():
            held = self.left.setdefault(stream, [b'', False])
            held[0], held[1] = held[0] + data, held[1] or last
            self.flow(stream)
        self.ask(do)

    # Of this thread.

    def flow(self, stream):
        held = self.left[stream]
        while held[0]:
            n = min(len(held[0]), self.h2.local_flow_control_window(stream),
                    self.h2.max_outbound_frame_size)
            if n <= 0:
                return
            self.h2.send_data(stream, held[0][:n])
            held[0] = held[0][n:]
        if held[1]:
            self.h2.end_stream(stream)
            del self.left[stream]

    def begin(self, stream):
        fields, body = self.requests.pop(stream)
        headers = {k: v for k, v in fields if not k.startswith(':')}
        pseudo = {k: v for k, v in fields if k.startswith(':')}
        headers.setdefault('host', pseudo.get(':authority', ''))
        request = wire.Request(pseudo[':method'], pseudo[':path'], 'HTTP/2', headers, bytes(body))
        threading.Thread(target=self.answer, args=(stream, request), daemon=True).start()

    def answer(self, stream, request):
        try:
            self.handle(Stream(self, stream), request)
        except (EOFError, OSError):
            self.ask(lambda: self.h2.reset_stream(stream))

    def event(self, e):
        if isinstance(e, h2.events.RequestReceived):
            self.requests[e.stream_id] = [e.headers, bytearray()]
        elif isinstance(e, h2.events.DataReceived):
            self.requests[e.stream_id][1] += e.data
            self.h2.acknowledge_received_data(e.flow_controlled_length, e.stream_id)
        elif isinstance(e, h2.events.StreamEnded):
            self.begin(e.stream_id)
        elif isinstance(e, h2.events.StreamReset):
            self.requests.pop(e.stream_id, None)
            self.left.pop(e.stream_id, None)
        elif isinstance(e, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
            for stream in list(self.left):
                self.flow(stream)
        return not isinstance(e, h2.events.ConnectionTerminated)

    def flush(self):
        data = self.h2.data_to_send()
        if data:
            self.sock.sendall(data)

    def run(self):
        self.h2.initiate_connection()
        self.flush()
        try:
            while True:
                if not self.sock.pending():
                    ready, _, _ = select.select([self.sock, self.wake[0]], [], [], 120)
                    if not ready:
                        return
                    if self.wake[0] in ready:
                        os.read(self.wake[0], 4096)
                    while not self.wanted.empty():
                        try:
                            self.wanted.get()()
                        except (KeyError, h2.exceptions.ProtocolError):
                            pass  # the client has given that stream up
                        self.flush()
                    if self.sock not in ready:
                        continue
                data = self.sock.recv(65536)
                if not data or not all([self.event(e) for e in self.h2.receive_data(data)]):
                    return
                self.flush()
        except h2.exceptions.ProtocolError:
            self.flush()


class Server(wire.Server):
    def __init__(self, *args):
        super().__init__(*args)
        if h2:
            self.context.set_alpn_protocols(['h2', 'http/1.1'])

    def serve(self, sock):
        if sock.selected_alpn_protocol() == 'h2':
            return Http2(sock, self.handle).run()
        return super().serve(sock)


def options(parser):
    parser.add_argument('--log', help='JSONL file for every request')
    parser.add_argument('--script', help='steps of a session with tools')


if __name__ == '__main__':
    provider.run(Vendor, Server, options, __doc__)
