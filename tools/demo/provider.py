#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A local stand-in for an LLM provider: HTTP/1.1 over TLS on 127.0.0.1, answering OpenAI chat
completions and Anthropic messages with a provider's pacing. answers.py tells which cases a
request can ask for. Needs nothing but Python and the openssl command.

  provider.py [--port N] [--dir DIR] [--truth FILE] [--seed N] [--life SECONDS] [--speed X]

Prints `READY port=N ca=PATH` once it listens, and ends by itself after --life seconds.
--truth takes a JSON line for each model call: what it said, and the CLOCK_MONOTONIC nanoseconds
at which each piece was handed to the TLS library."""
import argparse
import hashlib
import itertools
import json
import os
import random
import shutil
import signal
import tempfile
import threading
import time

import answers
import wire


class Provider:
    def __init__(self, args):
        self.args = args
        self.serial = itertools.count(1)
        self.lock = threading.Lock()
        self.let_go = threading.Event()
        signal.signal(signal.SIGUSR1, lambda *_: self.let_go.set())
        self.truth = open(args.truth, 'a', buffering=1) if args.truth else None

    def tell(self, truth):
        if self.truth:
            line = json.dumps(truth) + '\n'
            with self.lock:
                self.truth.write(line)

    def handle(self, conn, request):
        kind = answers.match(request)
        if kind:
            return self.model_call(kind, conn, request)
        return self.other(conn, request)

    def answer(self, kind, request, body, serial):
        return answers.answer(kind, request, body, serial, self.args.seed)

    def other(self, conn, request):
        """Whatever is no model call: lists, uploads, telemetry."""
        if request.path == '/v1/models':
            body = {'object': 'list', 'data': [{'id': 'gpt-4o-mini', 'object': 'model'}]}
        else:
            size = int(answers.options(request, {}).get('size', 0))
            body = {'ok': True, 'path': request.path, 'received': len(request.body),
                    'padding': 'y' * min(size, 64 << 20)}
        data = b'' if request.method == 'HEAD' else json.dumps(body).encode()
        time.sleep(0.01)
        conn.response(200, [('content-type', 'application/json')], framing='length').whole(data)
        return True

    def model_call(self, kind, conn, request):
        received = time.monotonic_ns()
        serial = next(self.serial)
        try:
            body = json.loads(request.body)
            if not isinstance(body, dict):
                raise ValueError
        except ValueError:
            body = {}
        a, opt = self.answer(kind, request, body, serial)
        rnd = random.Random('pace %d %d' % (self.args.seed, serial))
        conn.split = answers.number(opt, 'split', 0)
        coding = wire.choose_coding(request, opt.get('coding', ''))
        sha = hashlib.sha256()
        a.truth.update(path=request.target, host=request.headers.get('host'), received_ns=received,
                       request_bytes=len(request.body), coding=coding, sent_ns=[],
                       request_sha256=hashlib.sha256(request.body).hexdigest(), complete=False)
        if opt.get('hold'):
            self.let_go.wait(60)
        try:
            if a.events is None:
                keep = self.whole(conn, a, opt, coding, rnd, sha)
            else:
                keep = self.stream(conn, a, opt, coding, rnd, sha)
        finally:
            conn.split = 0
            a.truth.update(end_ns=time.monotonic_ns(), response_sha256=sha.hexdigest())
            self.tell(a.truth)
        return keep

    def pause(self, seconds):
        if seconds > 0:
            time.sleep(seconds * self.args.speed)

    def whole(self, conn, a, opt, coding, rnd, sha):
        body = json.dumps(a.document).encode()
        sha.update(body)
        if 'burst' not in opt:
            self.pause(answers.number(opt, 'ttft', rnd.lognormvariate(-1.1, 0.4)))
        framing = opt.get('framing', 'length')
        r = conn.response(a.status, [('content-type', 'application/json')] + a.headers,
                          coding, framing, a.reason, in_one=rnd.random() < 0.5)
        r.whole(body, lambda: a.truth['sent_ns'].append(time.monotonic_ns()))
        a.truth.update(response_bytes=len(body), complete=True)
        return framing != 'close'

    def stream(self, conn, a, opt, coding, rnd, sha):
        eol = '\r\n' if opt.get('crlf') else '\n'
        burst = 'burst' in opt
        ttft = answers.number(opt, 'ttft', rnd.lognormvariate(-0.9, 0.4))
        gap = answers.number(opt, 'gap', 0.022)
        pack = max(1, answers.number(opt, 'pack', 1))
        framing = 'close' if opt.get('framing') == 'close' else 'chunked'
        r = conn.response(a.status,
                          [('content-type', 'text/event-stream; charset=utf-8'),
                           ('cache-control', 'no-cache')] + a.headers, coding, framing, a.reason)
        size, first, waiting, held, output = 0, True, b'', 0, False
        if not burst:
            self.pause(ttft * 0.6)
        r.start()
        for i, event in enumerate(a.events):
            if event.output and not burst:
                # Tokens come jittered, and now and then several at once, as batching does it.
                self.pause(ttft * 0.4 if first else
                           0 if rnd.random() < 0.15 else gap * rnd.lognormvariate(-0.1, 0.45))
            data = event.encode(eol)
            waiting += data
            held += 1
            output = output or event.output
            if event.output and first:
                first = False
                a.truth['first_output_event'] = i
            size += len(data)
            sha.update(data)
            if held >= pack or i + 1 == len(a.events):
                now = time.monotonic_ns()
                if output:
                    a.truth.setdefault('first_output_ns', now)
                    a.truth['last_output_ns'] = now
                a.truth['sent_ns'].append(now)
                r.write(waiting)
                waiting, held, output = b'', 0, False
        a.truth.update(response_bytes=size,
                       output_events=sum(e.output for e in a.events))
        if opt.get('stall'):
            conn.sock.settimeout(60)
            conn.sock.recv(1)  # until the client gives up
            return False
        if a.cut and opt.get('error') == 'cut':
            raise EOFError
        r.write(b'', last=True)
        a.truth['complete'] = True
        return framing != 'close'


def run(make, server, more=lambda parser: None, about=__doc__):
    """The program: make(args) is what answers, server what speaks HTTP."""
    p = argparse.ArgumentParser(description=about.split('\n')[0])
    more(p)
    p.add_argument('--port', type=int, default=0)
    p.add_argument('--name', action='append', help='a host name that it may have (several)')
    p.add_argument('--dir', help='where certificates go (default: a temporary directory)')
    p.add_argument('--truth', help='JSONL file for what was answered')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--life', type=float, default=600, help='seconds until it ends by itself')
    p.add_argument('--speed', type=float, default=1.0, help='factor on every pause')
    args = p.parse_args()
    directory = args.dir or tempfile.mkdtemp(prefix='llmsnoop-demo-')
    os.makedirs(directory, exist_ok=True)

    def leave(*_):
        if not args.dir:
            shutil.rmtree(directory, ignore_errors=True)
        os._exit(0)
    signal.signal(signal.SIGTERM, leave)
    signal.signal(signal.SIGINT, leave)
    signal.signal(signal.SIGALRM, leave)
    signal.alarm(max(1, int(args.life)))
    ca, cert, key = wire.make_certificates(directory, args.name or wire.NAMES)
    if not args.dir:
        # Clients may be of another user. The keys stay ours: openssl makes them 0600.
        os.chmod(directory, 0o755)
        os.chmod(ca, 0o644)
    listening = server(make(args).handle, cert, key, args.port)
    print('READY port=%d ca=%s' % (listening.port, ca), flush=True)
    listening.forever()


if __name__ == '__main__':
    run(Provider, wire.Server)
