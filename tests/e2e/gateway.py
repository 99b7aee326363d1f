# SPDX-License-Identifier: Apache-2.0
"""A local LLM gateway: TLS on both sides, passes requests on to UPSTREAM (https://host:port) and
answers back as they come. Takes the provider's --dir, --truth (unused) and --life."""
import argparse
import http.client
import os
import signal
import ssl
import sys
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../tools/demo'))
import wire  # noqa: E402

p = argparse.ArgumentParser()
p.add_argument('--dir')
p.add_argument('--truth')
p.add_argument('--life', type=float)
args = p.parse_args()
upstream = urllib.parse.urlsplit(os.environ['UPSTREAM'])
context = ssl.create_default_context()
signal.alarm(int(args.life))


def handle(conn, request):
    c = http.client.HTTPSConnection(upstream.hostname, upstream.port, context=context)
    keep = {k: v for k, v in request.headers.items()
            if k not in ('host', 'content-length', 'connection', 'transfer-encoding')}
    c.request(request.method, request.target, request.body, keep)
    r = c.getresponse()
    headers = [(k, v) for k, v in r.getheaders()
               if k.lower() not in ('transfer-encoding', 'content-length', 'connection')]
    out = wire.Response(conn, r.status, headers)
    out.start()
    while data := r.read1(65536):
        out.write(data)
    out.write(b'', last=True)
    c.close()
    return True


ca, cert, key = wire.make_certificates(args.dir)
server = wire.Server(handle, cert, key)
print('READY port=%d ca=%s' % (server.port, ca), flush=True)
server.forever()
