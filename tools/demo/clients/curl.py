# SPDX-License-Identifier: Apache-2.0
"""The curl command; this program only starts it and stamps what it prints. HTTP=2 leaves curl its
default, which is HTTP/2 where the server offers it."""
import json
import os
import subprocess

import common as c


def one(_):
    call = c.Call('curl')
    command = ['curl', '-sN', '--compressed', '-o', '-', '-w', '\n%{http_code}\n', c.URL,
               '--data-binary', json.dumps(c.body())]
    if os.environ.get('HTTP') != '2':
        command.append('--http1.1')
    for name, value in c.headers().items():
        command += ['-H', '%s: %s' % (name, value)]
    status, whole = None, b''
    with subprocess.Popen(command, stdout=subprocess.PIPE) as p:
        for line in p.stdout:
            line = line.strip()
            if line.isdigit():
                status = int(line)
            elif line.startswith(b'{'):
                whole = line
            else:
                call.line(line)
    if whole:
        call.document(json.loads(whole))
    call.done(status)


c.each(one)
