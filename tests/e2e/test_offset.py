# SPDX-License-Identifier: Apache-2.0
# timeout: 120
"""--offset: a stripped program with OpenSSL inside it is seen by the addresses of its functions
alone; wrong addresses are refused, and rules that are about no file are said."""
import os
import re
import shutil
import subprocess

import lib
from lib import check

FUNCTIONS = {'read': 'SSL_read', 'read_ex': 'SSL_read_ex', 'write': 'SSL_write',
             'write_ex': 'SSL_write_ex', 'new': 'SSL_new', 'free': 'SSL_free'}


def static_program(d):
    """tlscall with OpenSSL linked in; (its path, addresses by name). Then nothing names them."""
    path = os.path.join(d, 'a:static,program')
    build = subprocess.run(
        ['cc', '-O2', '-std=gnu11', '-D_GNU_SOURCE', '-iquote', os.path.join(lib.ROOT, 'user'),
         '-iquote', os.path.join(lib.ROOT, 'bpf'), '-o', path,
         os.path.join(lib.ROOT, 'tests/tools/tlscall.c'),
         '-Wl,-Bstatic', '-lssl', '-lcrypto', '-Wl,-Bdynamic', '-lpthread', '-ldl', '-lm',
         *(['-lzstd', '-lz'] if 'zstd' in subprocess.run(
             ['pkg-config', '--static', '--libs', 'libcrypto'], capture_output=True,
             text=True).stdout else [])],
        capture_output=True, text=True)
    if build.returncode:
        lib.skip('no static OpenSSL to link: ' + build.stderr[-200:])
    names = {}
    for line in subprocess.run(['nm', path], capture_output=True, text=True,
                               check=True).stdout.splitlines():
        words = line.split()
        if len(words) == 3 and words[1] == 'T':
            names[words[2]] = int(words[0], 16)
    subprocess.run(['strip', '--strip-all', path], check=True)
    return path, {short: names[long] for short, long in FUNCTIONS.items()}


def rule(name, at, **more):
    return '%s:%s' % (name, ','.join('%s=%s' % (k, hex(v) if isinstance(v, int) else v)
                                     for k, v in {**at, **more}.items()))


def traced(program, ex, *args, env=None):
    """Three streamed calls and one that is whole; (records, what the tracer said, truths)."""
    provider = lib.Provider()
    common = [program, '--port', str(provider.port), '--ca', provider.ca, '--demo',
              'tokens=20&gap=0.002', *(['--ex'] if ex else [])]
    # So that the file is known, and carries its probes, before the first call.
    waiting = lib.spawn([*common, '--hold'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    held = [lib.Held([*common, '--stream', '--calls', '3']), lib.Held(common)]
    pids = ','.join(str(p.pid) for p in (waiting, *held))
    tracer = lib.Tracer('-v', '-p', pids, *args, env={**os.environ, **(env or {})})
    for one in held:
        one.go()
        one.finish()
        check.equal(one.status, 0, 'the traced program')
    truths = provider.truth(4)
    tracer.settle(4, 3)
    check.equal(tracer.stop(), 0, 'exit status')
    waiting.kill()
    waiting.wait()
    provider.stop()
    return tracer.records(), '\n'.join(tracer.lines), truths


def build_id(path):
    out = subprocess.run(['readelf', '-n', path], capture_output=True, text=True).stdout
    found = re.search(r'Build ID: ([0-9a-f]+)', out)
    return found and found.group(1)


def seen(program, at):
    plain = {k: v for k, v in at.items() if not k.endswith('_ex')}
    only_ex = {k: v for k, v in at.items() if k not in ('read', 'write')}
    for what, ex, words, env in (
            ('by its path', False, rule(program, at), {}),
            ('by a glob', True, rule('a:st*prog?am', at, stack='boringssl'), {}),
            ('by its build id', False, rule(build_id(program) or program, plain), {}),
            ('only _ex', True, rule(program, only_ex), {}),
            ('by perf events', False, rule(program, at), {'LLMSNOOP_WITHOUT': 'session,multi'}),
            ('by RETs', True, rule(program, only_ex), {'LLMSNOOP_WITHOUT': 'return_probes'})):
        records, said, truths = traced(program, ex, '--offset', words, env=env)
        lib.verify(records, truths)
        check.equal({r.get('llmsnoop.tls') for r in records},
                    {'boringssl' if 'stack=' in words else None}, what, 'names of the stack')
        check('no traced process' not in said, what, said)
        print(what, len(records), 'records')


def unseen(program, at):
    # Which locator may find it one day is not the question here.
    wrong = rule(program, {**at, 'read': at['read'] + 1})
    records, said, _ = traced(program, False, '--offset', wrong)
    check.equal(records, [], 'with a wrong address')
    check('--offset: 0x%x is inside the function that begins at 0x%x' %
          (at['read'] + 1, at['read']) in said, 'the reason:', said)
    _, said, _ = traced(program, False, '--offset', rule('/no/such/file', at))
    check('/no/such/file' in said and 'no traced process has had such a file mapped' in said,
          'a rule about no file:', said)
    print('wrong rules refused')


if __name__ == '__main__':
    lib.need_tracing()
    if not all(map(shutil.which, ('cc', 'nm', 'strip', 'readelf'))):
        lib.skip('no compiler')
    program, at = static_program(lib.temporary_directory())
    seen(program, at)
    unseen(program, at)
    check.finish()
