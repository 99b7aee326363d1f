# SPDX-License-Identifier: Apache-2.0
import os
import ssl

import httpx

import common as c

client = httpx.Client(verify=ssl.create_default_context(), timeout=60,
                      http2=os.environ.get('HTTP') == '2')


def one(_):
    call = c.Call('httpx')
    if c.STREAM:
        with client.stream('POST', c.URL, json=c.body(), headers=c.headers()) as r:
            for line in r.iter_lines():
                call.line(line)
    else:
        r = client.post(c.URL, json=c.body(), headers=c.headers())
        call.document(r.json())
    call.done(r.status_code)


c.each(one)
