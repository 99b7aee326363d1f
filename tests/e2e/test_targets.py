# SPDX-License-Identifier: Apache-2.0
# alone
"""Files are found by what they are, not by their names: a library that was deleted or replaced
under a running process, one in another mount namespace, one that appears while the host is
traced, a process that starts later, one that loads TLS late, one that replaces its program, one
that carries TLS in itself and updates itself, a library that is written to where it lies."""
import glob
import os
import shutil
import subprocess
import time

import lib
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
lib.need_tracing()
provider = lib.Provider('--speed', 0.02)
calls = 0


class Step:
    """tests/e2e/step.py under a library of its own."""

    def __init__(self, env, prefix=()):
        self.p = lib.spawn([*prefix, lib.SYSTEM_PYTHON, os.path.join(HERE, 'step.py')],
                           stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                           env={**os.environ, **provider.env, **env, 'DEMO': 'tokens=3'})
        self.pid = self.p.pid

    def call(self, word='new'):
        global calls
        self.p.stdin.write(word + '\n')
        self.p.stdin.flush()
        calls += 1
        check.equal(self.p.stdout.readline(), 'done\n', 'the client')

    def end(self):
        self.p.stdin.close()
        self.p.wait(20)


def own_library():
    env = lib.private_libssl(early=False)
    return env, glob.glob(env['LD_LIBRARY_PATH'] + '/libssl*')[0]


def traced(what, tracer, want, name=None):
    """name: of the program, where its requests do not name the port."""
    tracer.settle(want)
    check.equal(tracer.stop(), 0, what, 'exit status')
    got = [r for r in tracer.records() if (
        r.get('process.executable.name') == name if name else
        r.get('server.port') == provider.port)]
    check.equal(len(got), want, what, 'records', tracer.lines[-3:])
    by = {t['request_id']: t for t in provider.truth(calls)}
    for r in got:
        t = by.get(r.get('llmsnoop.request_id'))
        if check(t, what, 'a record of no call', r):
            r.pop('llmsnoop.midstream', None)
            for fault in lib.differences(r, t):
                check(False, what, *fault)
    print(what, len(got), 'records')


# Deleted under the process, then traced; then replaced by rename while it is traced.
env, library = own_library()
step = Step(env)
step.call()
os.unlink(library)
tracer = lib.Tracer('-p', step.pid)
step.call()
step.call('again')
traced('deleted library', tracer, 2)
step.end()

env, library = own_library()
old = Step(env)
old.call()
tracer = lib.Tracer()
old.call()
shutil.copy(library, library + '.new')
os.rename(library + '.new', library)
new = Step(env)
old.call('again')
# Its library is new to the host: the call comes when its probes are in place.
time.sleep(1.5)
new.call()
new.call('again')
old.call()
old.end()
new.end()
traced('library replaced by rename', tracer, 5)

# Only its own mount namespace has the library where it looks for it.
env, library = own_library()
hidden = os.path.join(lib.temporary_directory(), 'lib')
os.mkdir(hidden)
elsewhere = ['unshare', '-m', '/bin/sh', '-c',
             'mount --bind "$0" "$1" && exec "${@:2}"', os.path.dirname(library), hidden]
elsewhere[2] = '/bin/bash'
if subprocess.run(['unshare', '-m', 'true'], capture_output=True).returncode == 0:
    step = Step({'LD_LIBRARY_PATH': hidden}, elsewhere)
    tracer = lib.Tracer()
    time.sleep(0.5)
    step.call()
    check(hidden in open('/proc/%d/maps' % step.pid).read(), 'not the hidden library')
    check(not os.listdir(hidden), 'the library can be seen from outside')
    step.call()
    step.end()
    traced('other mount namespace', tracer, 2)
else:
    print('no mount namespaces: not tried')

# A process that starts while the host is traced, with a library that nobody had before.
env, library = own_library()
tracer = lib.Tracer()
step = Step(env)
time.sleep(1)
step.call()
step.end()
traced('process and library that come later', tracer, 1)

# -p before the process has TLS at all, and across an exec.
held = lib.Held(['/bin/sh', '-c', 'sleep 0.5; exec "$@"', 'x', lib.SYSTEM_PYTHON, '-c',
                 'import time; time.sleep(0.2); import sys; sys.path.insert(0, %r); import load; '
                 'time.sleep(0.5); print(load.loop(2))' % HERE],
                env={**provider.env, **own_library()[0], 'DEMO': 'tokens=3'})
tracer = lib.Tracer('-p', held.pid)
check(any('no TLS library' in line for line in tracer.lines), 'not said:', tracer.lines)
held.go()
held.finish()
calls += 2
traced('TLS after exec', tracer, 2)

# --no-follow: the process, not its children.
env, library = own_library()
step = Step(env)
step.call()
other = Step(env)
tracer = lib.Tracer('--no-follow', '-p', step.pid)
step.call()
other.call()
step.call('again')
step.end()
other.end()
traced('--no-follow', tracer, 2)


def agent(path):
    """A program that carries OpenSSL, to be called by lines; each call on one connection."""
    global calls
    p = lib.spawn([path, '--port', str(provider.port), '--ca', provider.ca, '--calls', '9',
                   '--stream', '--hold', '--demo', 'tokens=3'], stdin=subprocess.PIPE,
                  stdout=subprocess.PIPE, text=True)

    def call():
        global calls
        calls += 1
        p.stdin.write('go\n')
        p.stdin.flush()
        check('"status":200' in p.stdout.readline(), 'the agent')

    def end():
        p.stdin.close()
        check.equal(p.wait(20), 0, 'the agent ended')
    return call, end


# A static-pie program that is replaced by its next version, also one so large that it is looked
# into beside the event loop.
if os.access(os.path.join(lib.HELPERS, 'tlscall_static'), os.X_OK):
    for large in (False, True):
        program = os.path.join(lib.temporary_directory(), 'agent')

        def install():
            shutil.copy(os.path.join(lib.HELPERS, 'tlscall_static'), program + '.new')
            if large:
                os.truncate(program + '.new', 40 << 20)
            os.rename(program + '.new', program)

        install()
        call, end = agent(program)
        call()
        tracer = lib.Tracer()
        call()
        install()
        call()
        call_new, end_new = agent(program)
        time.sleep(1)
        call_new()
        call()
        call_new()
        end()
        end_new()
        install()
        call, end = agent(program)
        time.sleep(1)
        call()
        end()
        traced('self-update of a%s static program' % (' large' if large else ''), tracer, 6,
               'agent')
else:
    print('no static program: not tried')

# Written to where it lies, by another build whose functions lie elsewhere: probes must not stay.
env, library = own_library()
other = os.path.join(lib.BUILD, 'root/bookworm', library.replace(env['LD_LIBRARY_PATH'],
                     'usr/lib/%s-linux-gnu' % os.uname().machine))
with open(library, 'rb') as f, open(other if os.path.exists(other) else library, 'rb') as g:
    same, data = f.read(), g.read()
print('written to in place: by', 'another build' if data != same else 'the same build')
step = Step(env)
step.call()
tracer = lib.Tracer('-v')
step.call()
step.end()
with open(library, 'r+b') as f:
    f.truncate()
    f.write(data)
step = Step(env)
time.sleep(1)
step.call()
step.call('again')
step.end()
check.equal(step.p.returncode, 0, 'the client after its library was written to')
check(any('written to' in line for line in tracer.lines), 'not noticed', tracer.lines[-5:])
traced('library written to in place', tracer, 3)
provider.stop()
check.finish()
