# SPDX-License-Identifier: Apache-2.0
"""A program that makes one model call for each line it reads: each on a new connection, but for
lines that say `again`, which reuse the last one. Answers `done`. Environment as for load.py."""
import sys

import load

connection = None
for n, line in enumerate(sys.stdin):
    if connection is None or line.strip() != 'again':
        connection = load.connect()
    path, body, headers = load.request(n)
    connection.request('POST', path, body, headers)
    answer = connection.getresponse()
    print('done' if answer.read() and answer.status == 200 else 'failed', flush=True)
