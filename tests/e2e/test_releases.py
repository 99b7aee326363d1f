# SPDX-License-Identifier: Apache-2.0
# timeout: 420
# alone
"""OpenSSL of four Debian releases at the same time: roots of bullseye, bookworm, trixie and sid
(build/root, made with tools/debroot.py where they are missing), Python and curl chrooted in each.
One root has its libssl deleted under the running program, one has it bind-mounted from elsewhere.
Every call of all of them is seen, once, and right."""
import concurrent.futures
import json
import os
import re
import shutil
import subprocess
import time

import lib
from lib import check

lib.need_tracing()
import debroot  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
# The first version with this prefix; the newest release says what it is.
SUITES = {'bullseye': '1.1.1', 'bookworm': '3.0.', 'trixie': '3.5.', 'sid': '3.'}
PACKAGES = ['curl', 'python3']
PATH = '/usr/sbin:/usr/bin:/sbin:/bin'
CALLS, CURLS = 6, 4
provider = lib.Provider('--speed', 0.02)


def prepare(suite):
    """A root of our own: a copy whose libssl is an inode of its own."""
    try:
        made = debroot.root(suite, PACKAGES, os.path.join(lib.BUILD, 'root', suite))
    except debroot.Unavailable as e:
        lib.skip(str(e))
    root = os.path.join(os.path.dirname(made), '%s-%d' % (suite, os.getpid()))
    roots[suite] = root
    subprocess.run(['cp', '-al', made, root], check=True)
    for name in ('etc', 'client', 'dev', 'mnt', 'tmp'):
        os.makedirs(os.path.join(root, name), exist_ok=True)
    ssl = libssl(root)
    shutil.copy(ssl, ssl + '.own')
    os.rename(ssl + '.own', ssl)
    for name in ('load.py', 'step.py'):
        shutil.copy(os.path.join(HERE, name), root + '/client')
    shutil.copy(provider.ca, root + '/client/ca.pem')
    # Links of the copy are links to what is shared: never write through them.
    for name, text in (('hosts', '127.0.0.1 localhost\n'), ('nsswitch.conf', 'hosts: files\n')):
        with open(root + '/etc/own', 'w') as f:
            f.write(text)
        os.rename(root + '/etc/own', root + '/etc/' + name)


def libssl(root):
    folder = os.path.join(root, 'usr/lib/%s-linux-gnu' % os.uname().machine)
    name, = (n for n in os.listdir(folder) if re.fullmatch(r'libssl\.so\.[\d.]+', n))
    return os.path.join(folder, name)


class Client:
    """tests/e2e/step.py in a root; it has libssl mapped when the constructor returns."""

    def __init__(self, suite, prefix=()):
        env = {'BASE': provider.base, 'SSL_CERT_FILE': '/client/ca.pem', 'PATH': PATH,
               'PYTHONDONTWRITEBYTECODE': '1', 'DEMO': 'tokens=3'}
        code = ('import ssl, runpy; print(ssl.OPENSSL_VERSION, flush=True); '
                'import sys; sys.path.insert(0, "/client"); runpy.run_path("/client/step.py")')
        self.suite = suite
        self.p = lib.spawn([*prefix, 'chroot', roots[suite], '/usr/bin/python3', '-c', code],
                           env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.version = self.p.stdout.readline().split()[1]

    def call(self, word):
        self.p.stdin.write(word + '\n')
        self.p.stdin.flush()
        check.equal(self.p.stdout.readline(), 'done\n', self.suite, 'the client')

    def calls(self, n=CALLS):
        for i in range(n):
            self.call('again' if i % 3 else 'new')

    def end(self):
        self.p.stdin.close()
        self.p.wait(20)


def curls(suite):
    body = json.dumps({'model': 'gpt-4o-mini', 'stream': True, 'messages': [],
                       'stream_options': {'include_usage': True}})
    for _ in range(CURLS):
        done = subprocess.run(
            ['chroot', roots[suite], '/usr/bin/curl', '-sS', '--cacert', '/client/ca.pem', '-d',
             body, '-H', 'Content-Type: application/json', '-H', 'X-Demo: tokens=3&tag=' + suite,
             provider.base + '/v1/chat/completions'], capture_output=True, text=True,
            env={'PATH': PATH})
        check('[DONE]' in done.stdout, suite, 'curl', done.returncode, done.stderr)


def own_namespace(root):
    """A command that binds a copy of libssl over the root's, for what follows alone."""
    ssl = libssl(root)
    shutil.copy(ssl, os.path.join(root, 'mnt/other'))
    return ['unshare', '-m', '/bin/bash', '-c',
            'mount --make-rprivate / && mount --bind "$0" "$1" && exec "${@:2}"',
            os.path.join(root, 'mnt/other'), ssl]


def everywhere(pool, what, *of):
    for f in [pool.submit(what, x) for x in of]:
        f.result()


roots = {}
try:
    for s in SUITES:
        prepare(s)
    before = [Client(s) for s in SUITES]
    for c in before:
        check(c.version.startswith(SUITES[c.suite]), c.suite, 'has OpenSSL', c.version)
    print(', '.join('%s: OpenSSL %s' % (c.suite, c.version) for c in before))
    os.unlink(libssl(roots['bookworm']))
    bound = None
    if subprocess.run(['unshare', '-m', 'true'], capture_output=True).returncode == 0:
        bound = Client('trixie', own_namespace(roots['trixie']))
    tracer = lib.Tracer()
    running = before + ([bound] if bound else [])
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        everywhere(pool, Client.calls, *running)
        # The deleted library is gone for those that come now.
        later = [s for s in SUITES if s != 'bookworm']
        after = list(pool.map(Client, later))
        everywhere(pool, Client.calls, *after)
        everywhere(pool, curls, *later)
    for c in running + after:
        c.end()
    total = (len(running) + len(after)) * CALLS + len(later) * CURLS
    truth = provider.truth(total)
    check.equal(len(truth), total, 'calls')
    tracer.settle(total, 20)
    check.equal(tracer.stop(), 0, 'exit status')
    records = [r for r in tracer.records() if r.get('server.port') == provider.port]
    lib.verify(records, truth)
    # Programs are told by their own names for themselves, not by where the root lies; a curl may
    # be gone before anybody could ask what it was, a server of calls may not.
    names = {(r.get('process.executable.name'), r.get('llmsnoop.comm')) for r in records}
    check(all((exe or '').startswith(('python3', 'curl')) or (exe is None and comm == 'curl')
              for exe, comm in names), 'names', names)
    print('%d calls in %d roots, %d records' % (total, len(roots), len(records)))
finally:
    for c in lib._children:
        if c.poll() is None and c is not provider.process:
            c.kill()
            c.wait()
    for root in roots.values():
        shutil.rmtree(root, ignore_errors=True)
provider.stop()
check.finish()
