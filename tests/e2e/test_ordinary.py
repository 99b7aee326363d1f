# SPDX-License-Identifier: Apache-2.0
# timeout: 300
# alone
"""A thousand web sites that have nothing to do with language models, some of whose paths look as if
they had: pages, downloads, uploads, events, chats, GraphQL, gRPC, JSON-RPC, over both versions of
HTTP, and a browser. Nothing is reported; every connection is seen, and what it carries is soon left
where it is. Traced at the server, for a browser's own TLS is another."""
import collections
import os
import select
import shutil
import subprocess
import sys
import time

import lib
import test_join
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
HOSTS = int(os.environ.get('HOSTS', '1000'))
sys.path.insert(0, lib.DEMO)
import wire  # noqa: E402

python = lib.VENV_PYTHON


class Sites:
    """websites.py; finish() gives its totals."""

    def __init__(self, env):
        self.dir = lib.temporary_directory()
        wire.make_certificates(self.dir)
        self.process = lib.spawn([python, os.path.join(HERE, 'websites.py'), self.dir],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                 env={**os.environ, **env, 'PYTHONDONTWRITEBYTECODE': '1'})
        facts = dict(w.split('=', 1) for w in self.process.stdout.readline().split()[1:])
        self.port, self.pid = int(facts['port']), self.process.pid
        self.base, self.ca = 'https://127.0.0.1:%d' % self.port, facts['ca']

    def finish(self):
        self.process.stdin.close()
        return lib.json_lines(self.process.stdout.read())[-1]


def silent(what, tracer):
    """No record of anything that would be a call; what the totals say."""
    found = collections.Counter((r.get('llmsnoop.api', r['type']), r.get('url.path'))
                                for r in tracer.all_records() if r['type'] != 'stats')
    for kind, n in found.items():
        check(False, what, n, 'records of', *kind)
    check(not found, what, sum(found.values()), 'records')
    stats = tracer.stats()
    for key in ('lost_records', 'gaps', 'missed_calls'):
        check.equal(stats.get(key), 0, what, key)
    return stats


def visit():
    """Clients of our own, a thousand hosts."""
    env = lib.private_libssl()
    sites = Sites(env)
    held = lib.Held([python, os.path.join(HERE, 'browse.py'), str(sites.port), str(HOSTS)], env=env)
    tracer = lib.Tracer('--role', 'both', '-p', sites.pid)
    held.go()
    held.go()
    said = lib.json_lines(held.finish(150))
    if not check(said, 'the visitor failed'):
        return
    tracer.settle()
    total = sites.finish()
    check.equal(tracer.stop(), 0, 'exit status')
    check.equal(total['hosts'], HOSTS, 'hosts visited')
    check.equal(said[0]['good'], total['requests'], 'requests')
    stats = silent('visits', tracer)
    check.equal(stats.get('connections'), total['connections'], 'connections attached')
    copied, quiet = stats.get('copied_bytes', 0), stats.get('quiet_calls', 0)
    print('visits:', total, 'copied', copied, 'quiet calls', quiet, flush=True)
    heard = total['h2'] * lib.limit('h2_heard')
    check(copied < heard + total['bytes'] * 0.1, 'copied', copied, 'of', total['bytes'])
    check(quiet > total['requests'], 'quiet calls', quiet)


def browser():
    """Chromium with pages of forty sites, over HTTP/2 to nginx, which asks the sites."""
    chromium = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
    if not chromium or not test_join.nginx():
        print('no browser: not tried' if not chromium else 'no nginx: browser not tried')
        return
    env = lib.private_libssl()
    sites = Sites(env)
    front = test_join.Nginx(sites, env)
    tracer = lib.Tracer('--role', 'both', '-p', '%d,%d' % (sites.pid, front.pid))
    profile = lib.temporary_directory()
    with open(os.path.join(profile, 'log'), 'w') as log:
        p = lib.spawn([chromium, '--headless', '--no-sandbox', '--disable-gpu', '--no-first-run',
                       '--disable-dev-shm-usage', '--user-data-dir=' + profile,
                       '--disable-background-networking', '--disable-component-update',
                       '--disable-quic', '--ignore-certificate-errors',
                       '--host-resolver-rules=MAP * 127.0.0.1', '--remote-debugging-port=0',
                       'https://portal.example:%d/browse' % front.port],
                      stdout=log, stderr=log, start_new_session=True)
    done = wait_line(sites.process.stdout, 'done', 60)
    if not done:
        print(open(os.path.join(profile, 'log')).read()[-1500:])
    check(done, 'the browser did not get through its pages')
    lib.end_session(p)
    tracer.settle()
    front.stop()
    total = sites.finish()
    check.equal(tracer.stop(), 0, 'exit status')
    stats = silent('browser', tracer)
    print('browser:', total, 'copied', stats.get('copied_bytes'), 'quiet calls',
          stats.get('quiet_calls'), 'connections', stats.get('connections'), flush=True)
    check(total['hosts'] >= 41 and total['requests'] >= 120, 'what the browser asked', total)
    # Those from nginx are seen at both of their ends, those of the browser at nginx.
    check(stats.get('connections', 0) >= 2 * total['connections'] + 1, 'connections', stats)


def wait_line(stream, text, seconds):
    """Reads lines until one is text."""
    end = time.monotonic() + seconds
    while select.select([stream], [], [], max(0, end - time.monotonic()))[0]:
        if stream.readline().strip() in ('', text):
            return True
    return False


def main():
    lib.need_tracing()
    lib.need_module('hpack')
    visit()
    browser()
    check.finish()


if __name__ == '__main__':
    main()
