# SPDX-License-Identifier: Apache-2.0
"""A conversation whose requests are large, over one connection, streamed.
  conversation.py VERSION N BYTES    VERSION 1 or 2 of HTTP; waits for a line on stdin before the
                                     first and before each further request; answers `done`"""
import json
import os
import sys

import load


def bodies(n, size):
    messages = [{'role': 'user', 'content': 'x' * size}]
    for i in range(n):
        yield json.dumps({'messages': messages, 'model': 'claude-sonnet-4-5', 'max_tokens': 1024,
                          'stream': True}).encode()
        messages += [{'role': 'assistant', 'content': 'answer %d' % i},
                     {'role': 'user', 'content': 'and then? ' * 50}]


def main():
    version, n, size = map(int, sys.argv[1:4])
    headers = {'content-type': 'application/json', 'anthropic-version': '2023-06-01',
               'x-demo': os.environ['DEMO']}
    if version == 1:
        connection = load.connect()

        def ask(body):
            connection.request('POST', '/v1/messages', body, headers)
            r = connection.getresponse()
            return r.read() and r.status
    else:
        import httpx
        client = httpx.Client(http2=True, verify=os.environ['SSL_CERT_FILE'], timeout=60)

        def ask(body):
            r = client.post(os.environ['BASE'] + '/v1/messages', content=body, headers=headers)
            assert r.http_version == 'HTTP/2'
            return r.content and r.status_code
    for body in bodies(n, size):
        sys.stdin.readline()
        print('done' if ask(body) == 200 else 'failed', flush=True)


main()
