# SPDX-License-Identifier: Apache-2.0
import requests

import common as c

session = requests.Session()


def one(_):
    call = c.Call('requests')
    r = session.post(c.URL, json=c.body(), headers=c.headers(), stream=c.STREAM)
    if c.STREAM and r.status_code == 200:
        for line in r.iter_lines(chunk_size=None):
            call.line(line)
    else:
        call.document(r.json())
    call.done(r.status_code)


c.each(one)
