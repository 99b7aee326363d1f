# SPDX-License-Identifier: Apache-2.0
"""A program that makes many model calls at once; standard library only.
  load.py threads N | asyncio N | mixed N SEED | steady SECONDS | loop N
BASE, SSL_CERT_FILE and DEMO as for tools/demo/clients. Prints a JSON line of totals."""
import asyncio
import http.client
import json
import os
import random
import ssl
import sys
import threading
import time
import urllib.parse

U = urllib.parse.urlsplit(os.environ.get('BASE', ''))
DEMO = os.environ.get('DEMO', '')
context = ssl.create_default_context()


def request(i, stream=True):
    api = 'openai' if i % 2 else 'anthropic'
    body = {'model': 'gpt-4o-mini' if i % 2 else 'claude-sonnet-4-5', 'stream': stream,
            'messages': [{'role': 'user', 'content': 'call %d ' % i + 'x' * (i % 50) * 37}]}
    if api == 'anthropic':
        body['max_tokens'] = 4096
    elif stream:
        body['stream_options'] = {'include_usage': True}
    path = '/v1/chat/completions' if i % 2 else '/v1/messages'
    return path, json.dumps(body), {'Content-Type': 'application/json', 'X-Demo':
                                    '%s&tag=call-%d' % (DEMO, i), 'Cookie': 'a=not-a-key; b=2',
                                    'Authorization': 'Bearer sk-demo-not-a-key-%d' % i}


def connect():
    c = http.client.HTTPSConnection(U.hostname, U.port, context=context, timeout=60)
    c.connect()
    return c


def threads(n):
    """All connections open before any call: n streams in flight at once."""
    barrier, good = threading.Barrier(n), []

    def one(i):
        c = connect()
        barrier.wait(60)
        path, body, headers = request(i)
        c.request('POST', path, body, headers)
        r = c.getresponse()
        if r.read() and r.status == 200:
            good.append(i)
        c.close()

    threading.stack_size(256 << 10)
    running = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for t in running:
        t.start()
    for t in running:
        t.join()
    return len(good)


async def one_async(i, gate):
    r, w = await asyncio.open_connection(U.hostname, U.port, ssl=context)
    await gate.wait()
    path, body, headers = request(i)
    head = 'POST %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %d\r\n' % (
        path, U.netloc, len(body))
    head += ''.join('%s: %s\r\n' % kv for kv in headers.items())
    w.write((head + '\r\n' + body).encode())
    await w.drain()
    answer = await r.read()
    w.close()
    return answer.startswith(b'HTTP/1.1 200')


async def many_async(n):
    gate = asyncio.Event()
    tasks = [asyncio.create_task(one_async(i, gate)) for i in range(n)]
    await asyncio.sleep(3)
    gate.set()
    return sum(await asyncio.gather(*tasks))


def mixed(n, seed):
    """Model calls and other requests at random on kept-alive connections. Bodies of the others
    are large, in both directions."""
    rnd, c, good, other, moved = random.Random(seed), None, 0, 0, 0
    for i in range(n):
        if c is None or rnd.random() < 0.1:
            if c:
                c.close()
            c = connect()
        if rnd.random() < 0.4:
            path, body, headers = request(i, stream=rnd.random() < 0.7)
            c.request('POST', path, body, headers)
            r = c.getresponse()
            r.read()
            good += r.status == 200
        else:
            other += 1
            size = rnd.choice([0, 10, 5000, 100_000, 400_000])
            answer = rnd.choice([0, 1000, 300_000])
            # Some look like it, but are not.
            path = rnd.choice(['/api/upload', '/v1/models', '/status', '/v1/chat/history',
                               '/telemetry?m=chat', '/v1/messages/list'])
            bare = path == '/v1/models' or rnd.random() < 0.2
            c.putrequest(rnd.choice(['GET', 'HEAD']) if bare else 'POST', path)
            c.putheader('X-Demo', 'size=%d' % answer)
            if not bare:
                body = b'{"model":"no","x":"' + b'z' * size + b'"}'
                c.putheader('Content-Length', str(len(body)))
            c.endheaders()
            if not bare:
                # As over a network: the head, then the body piece by piece.
                time.sleep(0.01)
                for at in range(0, len(body), 16384):
                    c.send(body[at:at + 16384])
                moved += len(body)
            moved += len(c.getresponse().read())
    return good, other, moved


def loop(n, until=None):
    """One call after the other on one connection."""
    c, good, i = connect(), 0, 0
    while i < n if until is None else time.monotonic() < until:
        path, body, headers = request(i)
        c.request('POST', path, body, headers)
        r = c.getresponse()
        good += bool(r.read()) and r.status == 200
        i += 1
    return good, i


def main():
    kind, number = sys.argv[1], float(sys.argv[2])
    if kind == 'threads':
        print(json.dumps({'good': threads(int(number))}))
    elif kind == 'asyncio':
        print(json.dumps({'good': asyncio.run(many_async(int(number)))}))
    elif kind == 'mixed':
        g, o, m = mixed(int(number), int(sys.argv[3]))
        print(json.dumps({'good': g, 'other': o, 'other_bytes': m}))
    elif kind == 'loop':
        g, i = loop(int(number))
        print(json.dumps({'good': g, 'calls': i}))
    elif kind == 'steady':
        g, i = loop(0, time.monotonic() + number)
        print(json.dumps({'good': g, 'calls': i}))


if __name__ == '__main__':
    main()
