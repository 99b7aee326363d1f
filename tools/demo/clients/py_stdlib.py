# SPDX-License-Identifier: Apache-2.0
"""http.client: all calls on one kept-alive connection, head and body in two writes."""
import http.client
import json
import ssl
import urllib.parse

import common as c

u = urllib.parse.urlsplit(c.URL)
conn = http.client.HTTPSConnection(u.hostname, u.port, context=ssl.create_default_context())


def one(_):
    call = c.Call('python-stdlib')
    conn.request('POST', u.path, json.dumps(c.body()), c.headers())
    r = conn.getresponse()
    if c.STREAM and r.status == 200:
        for line in r:
            call.line(line.strip())
    else:
        call.document(json.loads(r.read()))
    call.done(r.status)


c.each(one)
