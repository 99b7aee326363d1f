# SPDX-License-Identifier: Apache-2.0
"""The wget command; this program only starts it and stamps what it prints."""
import json
import os
import subprocess

import common as c


def one(_):
    call = c.Call('wget')
    command = ['wget', '-q', '-O', '-', '--content-on-error', '--post-data', json.dumps(c.body()),
               '--ca-certificate', os.environ['SSL_CERT_FILE']]
    for name, value in c.headers().items():
        command += ['--header', '%s: %s' % (name, value)]
    with subprocess.Popen([*command, c.URL], stdout=subprocess.PIPE) as p:
        for line in p.stdout:
            line = line.strip()
            if line.startswith(b'{'):
                call.document(json.loads(line))
            else:
                call.line(line)
    call.done(200 if p.returncode == 0 else None)


c.each(one)
