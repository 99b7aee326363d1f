# SPDX-License-Identifier: Apache-2.0
"""Many TLS connections in one thread, and each call says which they are: its model is named
"m-CLIENTPORT-SERVERPORT". For test_peer.py.

  peerplay.py server DIR N SECONDS         N ports; prints `READY PORT...`, answers chat completions
  peerplay.py client CA CONNS CALLS PORT...   asyncio: CONNS connections at once, CALLS on each

Requests of one round have the same length whatever the ports, some of them more than a socket takes
at once: what waits in memory is then as long as what others send."""
import asyncio
import json
import os
import ssl
import sys


def answer(body):
    return json.dumps({
        'id': 'c', 'object': 'chat.completion', 'model': body['model'], 'created': 1,
        'choices': [{'index': 0, 'finish_reason': 'stop',
                     'message': {'role': 'assistant', 'content': 'y' * body.get('n', 1)}}],
        'usage': {'prompt_tokens': 1, 'completion_tokens': 1, 'total_tokens': 2}}).encode()


async def message(reader):
    """The body of the next message; None: there is none."""
    try:
        head = await reader.readuntil(b'\r\n\r\n')
    except asyncio.IncompleteReadError:
        return None
    length = int([l for l in head.lower().split(b'\r\n') if l.startswith(b'content-length')][0][15:])
    return await reader.readexactly(length)


async def serve(reader, writer):
    try:
        while (body := await message(reader)) is not None:
            data = answer(json.loads(body))
            writer.write(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
                         b'content-length: %d\r\n\r\n' % len(data) + data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


async def server(directory, n, seconds):
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(directory + '/cert.pem', directory + '/key.pem')
    servers = [await asyncio.start_server(serve, '127.0.0.1', 0, ssl=tls, limit=1 << 22)
               for _ in range(n)]
    print('READY', *[s.sockets[0].getsockname()[1] for s in servers], flush=True)
    await asyncio.sleep(seconds)


async def talk(tls, port, calls):
    reader, writer = await asyncio.open_connection('127.0.0.1', port, ssl=tls, limit=1 << 22,
                                                   server_hostname='localhost')
    own = writer.get_extra_info('sockname')[1]
    for i in range(calls):
        body = json.dumps({
            'model': 'm-%05d-%05d' % (own, port), 'n': (1, 300000)[i % 3 == 2],
            'messages': [{'role': 'user', 'content': 'x' * (10, 400, 400000, 9)[i % 4]}]}).encode()
        writer.write(b'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost:%d\r\n'
                     b'content-type: application/json\r\ncontent-length: %d\r\n\r\n' %
                     (port, len(body)) + body)
        await message(reader)
        await asyncio.sleep(float(os.environ.get('PAUSE', '0')))
    writer.close()


async def client(ca, conns, calls, ports):
    tls = ssl.create_default_context(cafile=ca)
    await asyncio.gather(*[talk(tls, ports[i % len(ports)], calls) for i in range(conns)])


if sys.argv[1] == 'server':
    asyncio.run(server(sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
else:
    asyncio.run(client(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), list(map(int, sys.argv[5:]))))
