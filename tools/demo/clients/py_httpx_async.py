# SPDX-License-Identifier: Apache-2.0
"""httpx on asyncio: its TLS runs over memory BIOs, no socket below the SSL object. All calls at
once."""
import asyncio
import ssl

import httpx

import common as c


async def one(client):
    call = c.Call('httpx-async')
    if c.STREAM:
        async with client.stream('POST', c.URL, json=c.body(), headers=c.headers()) as r:
            async for line in r.aiter_lines():
                call.line(line)
    else:
        r = await client.post(c.URL, json=c.body(), headers=c.headers())
        call.document(r.json())
    call.done(r.status_code)


async def main():
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(verify=ssl.create_default_context(), timeout=60,
                                 limits=limits) as client:
        await asyncio.gather(*(one(client) for _ in range(c.CALLS)))


asyncio.run(main())
