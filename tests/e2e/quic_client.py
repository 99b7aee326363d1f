# SPDX-License-Identifier: Apache-2.0
"""A QUIC client (aioquic) that tries to reach 127.0.0.1:443 under a name for a moment; nobody
answers. usage: quic_client.py NAME"""
import asyncio
import ssl
import sys

from aioquic.asyncio import connect
from aioquic.quic.configuration import QuicConfiguration

async def main(name):
    config = QuicConfiguration(is_client=True, alpn_protocols=['h3'], server_name=name, verify_mode=ssl.CERT_NONE)
    async def reach():
        async with connect('127.0.0.1', 443, configuration=config):
            pass
    try:
        await asyncio.wait_for(reach(), 1.5)
    except (asyncio.TimeoutError, ConnectionError, OSError):
        pass

asyncio.run(main(sys.argv[1]))
