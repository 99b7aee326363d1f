# SPDX-License-Identifier: Apache-2.0
"""Makes the calls of a plan over one HTTP/2 connection of httpx, see test_join.py."""
import asyncio
import json
import os
import sys

import httpx


async def main():
    with open(os.environ['PLAN']) as f:
        plan = json.load(f)
    good, streams = 0, set()

    async def one(client, call):
        nonlocal good
        async with client.stream('POST', os.environ['BASE'] + call['path'],
                                 headers=call['headers'], content=call['body']) as answer:
            body = b''.join([piece async for piece in answer.aiter_raw()])
            good += answer.status_code == 200 and len(body) > 0
            assert answer.http_version == 'HTTP/2'
            streams.add(answer.extensions['stream_id'])

    limits = httpx.Limits(max_connections=1)
    async with httpx.AsyncClient(http2=True, limits=limits, timeout=60,
                                 verify=os.environ['SSL_CERT_FILE']) as client:
        for call in plan['first']:
            await one(client, call)
        print('joined', flush=True)
        sys.stdin.readline()
        rest = plan['then']
        while rest:
            await asyncio.gather(*(one(client, call) for call in rest[:5]))
            rest = rest[5:]
    # On one connection no number of a stream comes twice.
    print(json.dumps({'good': good, 'connections': 1 if len(streams) == good else 2}), flush=True)


asyncio.run(main())
