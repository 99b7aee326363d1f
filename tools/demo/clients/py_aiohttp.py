# SPDX-License-Identifier: Apache-2.0
import asyncio

import aiohttp

import common as c


async def one(session):
    call = c.Call('aiohttp')
    async with session.post(c.URL, json=c.body(), headers=c.headers()) as r:
        if c.STREAM and r.status == 200:
            async for line in r.content:
                call.line(line.strip())
        else:
            call.document(await r.json())
    call.done(r.status)


async def main():
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(one(session) for _ in range(c.CALLS)))


asyncio.run(main())
