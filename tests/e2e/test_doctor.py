# SPDX-License-Identifier: Apache-2.0
# timeout: 420
"""llmsnoop doctor names what can be seen and what not: every kind of program there is here, each
way of being refused, each kernel that LLMSNOOP_WITHOUT can play; its JSON is as its schema says."""
import glob
import json
import os
import shutil
import socket
import struct
import subprocess
import time

import lib
import real
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
lib.need_tracing()
try:
    import jsonschema
    with open(os.path.join(lib.ROOT, 'docs/doctor.schema.json')) as f:
        schema = jsonschema.Draft202012Validator(json.load(f))
except ImportError:
    print('no python3-jsonschema: the schema is not checked')
    schema = None


def doctor(*args, prefix=(), env=None, program=lib.LLMSNOOP):
    """(exit status, the document, standard error)"""
    p = subprocess.run([*prefix, program, 'doctor', '-j', *map(str, args)], capture_output=True,
                       text=True, timeout=60, env={**os.environ, **(env or {})})
    try:
        document = json.loads(p.stdout)
    except ValueError:
        check(False, args, 'no JSON:', p.stdout[:200], p.stderr[:500])
        return p.returncode, {'processes': []}, p.stderr
    for e in schema.iter_errors(document) if schema else ():
        check(False, args, 'schema:', e.message, list(e.path))
    check(p.stdout.count('\n') == 1, 'one line')
    return p.returncode, document, p.stderr


def of(document, pid):
    found = [p for p in document['processes'] if p['pid'] == pid]
    check.equal(len(found), 1, 'process', pid)
    return found[0] if found else {'stacks': [], 'verdict': None}


def stacks(process):
    return [(s['name'], s['linkage'], s.get('file'), s['verdict']) for s in process['stacks']]


def by_name(items, name):
    return next(i for i in items if i['name'] == name)


# ---- programs that wait

def waiting(command, **more):
    return lib.spawn(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)


def python(env=None, prefix=()):
    p = waiting([*prefix, lib.SYSTEM_PYTHON, '-c',
                 'import ssl, sys; print("up", flush=True); sys.stdin.read()'],
                env={**os.environ, **(env or {})})
    check.equal(p.stdout.readline(), 'up\n', 'python')
    return p


def narrow():
    """A 32-bit program that does nothing but wait, made by hand: ELF header, program header, code
    (pause(2) for ever)."""
    code = b'\xb8\x1d\x00\x00\x00\xcd\x80\xeb\xf7'
    base, size = 0x08048000, 52 + 32 + len(code)
    path = os.path.join(lib.temporary_directory(), 'narrow')
    with open(path, 'wb') as f:
        f.write(struct.pack('<4sBBBB8xHHIIIIIHHHHHH', b'\x7fELF', 1, 1, 1, 0, 2, 3, 1, base + 84,
                            52, 0, 0, 52, 32, 1, 40, 0, 0))
        f.write(struct.pack('<IIIIIIII', 1, 0, base, base, size, size, 5, 0x1000))
        f.write(code)
    os.chmod(path, 0o755)
    try:
        p = waiting([path])
    except OSError:
        return None
    time.sleep(0.2)
    return p if p.poll() is None else None


want, running = {}, []


def expect(p, *what):
    running.append(p)
    want[p.pid] = list(what)


expect(python(), ('openssl', 'shared', None, 'seen when it calls'))
env = lib.private_libssl()
library = env['LD_PRELOAD']
gone = python(env)
os.unlink(library)
expect(gone, ('openssl', 'shared', 'deleted', 'seen when it calls'))
env = lib.private_libssl()
library = env['LD_PRELOAD']
updated = python(env)
shutil.copy(library, library + '.new')
os.rename(library + '.new', library)
expect(updated, ('openssl', 'shared', 'replaced', 'seen when it calls'))
if subprocess.run(['unshare', '-m', 'true'], capture_output=True).returncode == 0:
    env = lib.private_libssl(early=False)
    hidden = os.path.join(lib.temporary_directory(), 'lib')
    os.mkdir(hidden)
    expect(python({'LD_LIBRARY_PATH': hidden},
                  ['unshare', '-m', '/bin/bash', '-c', 'mount --bind "$0" "$1" && exec "${@:2}"',
                   env['LD_LIBRARY_PATH'], hidden]),
           ('openssl', 'shared', None, 'seen when it calls'))
if shutil.which('node'):
    node = waiting(['node', '-e', 'console.log("up"); process.stdin.resume()'])
    check.equal(node.stdout.readline(), 'up\n', 'node')
    expect(node, ('openssl', 'static' if not glob.glob('/usr/lib/*/libnode.so*') else 'shared',
                  None, 'seen when it calls'))
if shutil.which('java'):
    source = os.path.join(lib.temporary_directory(), 'Wait.java')
    with open(source, 'w') as f:
        f.write('public class Wait { public static void main(String[] a) throws Exception {'
                'System.out.println("up"); System.in.read(); } }')
    java = waiting(['java', source])
    check.equal(java.stdout.readline(), 'up\n', 'java')
    expect(java, ('jsse', 'shared', None, 'not seen'))


def mute(client):
    """A client whose handshake has begun and is not answered: it has its TLS library by then."""
    with socket.create_server(('127.0.0.1', 0)) as server:
        server.settimeout(30)
        home = lib.temporary_directory()
        env = {**real.environment(client, vendor, 'mute', home, True, 'openai', 1),
               'BASE': 'https://localhost:%d' % server.getsockname()[1]}
        p = lib.spawn(client.command, env={**os.environ, **env}, cwd=home,
                      stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            silent.append(server.accept()[0])
            silent[-1].settimeout(30)
            check.equal(silent[-1].recv(1), b'\x16', client.name, 'a handshake')
        except TimeoutError:
            check(False, client.name, 'does not call')
    return p


MUTE = {'.NET': ('openssl', 'shared', None, 'seen when it calls'),
        'Mono': ('boringssl', 'shared', None, 'seen when it calls'),
        'Erlang': ('otp', 'static', None, 'not seen')}
silent, vendor = [], real.Vendor()
here, absent = real.find(MUTE)
for name, why in absent.items():
    print('not here: %s: %s' % (name, why))
for client in here:
    expect(mute(client), next(MUTE[k] for k in MUTE if k in client.name))
small = narrow()
if small:
    expect(small, ('32-bit', 'static', None, 'not seen'))

# ---- all of them, without and with probes

for args in (['--for', 0], ['--for', '500ms'], ['-p', ','.join(map(str, want))]):
    status, d, _ = doctor(*args)
    check.equal(status, 1 if any('not seen' in w[0] for w in want.values()) else 0, args, 'status')
    check(d['can_trace'], args, d.get('why_not'))
    for pid, what in want.items():
        check.equal(stacks(of(d, pid)), what, args, pid)
        for s in of(d, pid)['stacks']:
            if s['verdict'] == 'not seen':
                check(s.get('why') and s.get('remedy'), 'says why and what to do', s)
            else:
                names = {f['name'] for f in s['functions'] if f['probed'] and f['reason']}
                check({'SSL_read', 'SSL_write'} <= names or
                      {'SSL_read_ex', 'SSL_write_ex'} <= names or
                      {'mono_btls_ssl_read', 'mono_btls_ssl_write'} <= names, s['path'], names)
    check('watched_s' not in d if args[1] == 0 else d['watched_s'] > 0, args, 'watched')
check(not [p for p in d['processes'] if p['pid'] not in want], '-p: others')

text = subprocess.run([lib.LLMSNOOP, 'doctor', '--for', '0', '-p', ','.join(map(str, want))],
                      capture_output=True, text=True)
check.equal(text.returncode, status, 'status of the text')
for word in ('KERNEL', 'CAPABILITIES', 'SURROUNDINGS', 'PROBES', '(deleted)', '(replaced)',
             'seen when it calls', 'Tracing works here'):
    check(word in text.stdout, word, 'is not in', text.stdout[:3000])
if 'jsse' in str(want):
    check('JSSE (Java)        not seen' in text.stdout, text.stdout)
check('\033' not in text.stdout, 'colour where there is no terminal')

# ---- calls that come by

provider = lib.Provider('--speed', 0.02)
held = lib.Held([lib.SYSTEM_PYTHON, '-c',
                 'import select, sys; sys.path.insert(0, %r); import load\n'
                 'while not select.select([0], [], [], 0.2)[0]: load.loop(1)' % HERE],
                env={**provider.env, **lib.private_libssl(), 'DEMO': 'tokens=3'})
held.go()
provider.truth(1)
status, d, _ = doctor('--for', '3s', '-p', held.pid)
p = of(d, held.pid)
check.equal((status, p['verdict']), (0, 'seen'), 'a process that calls', p)
check(3 <= p.get('llm_calls', 0) <= len(provider.truth()), 'calls of models', p)
s = p['stacks'][0] if p['stacks'] else {}
check(s.get('calls', 0) >= 6 and s.get('bytes', 0) > 1000, 'calls and bytes', s)
# A thread's number stands for its process.
check.equal(doctor('--for', '0', '-p', os.listdir('/proc/%d/task' % held.pid)[-1])[1]
            ['processes'][0]['pid'], held.pid, 'thread')
held.finish()
provider.stop()

# ---- connections to port 443 by nobody knows what; nothing at all

namespace = subprocess.run(['unshare', '-n', 'true'], capture_output=True).returncode == 0
if namespace:
    odd = waiting(['unshare', '-n', lib.SYSTEM_PYTHON, '-c', '''
import socket, subprocess, sys
subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
s = socket.create_server(('127.0.0.1', 443)); m = socket.create_server(('127.0.0.1', 11434))
c = socket.create_connection(('127.0.0.1', 443)); o = socket.create_connection(('127.0.0.1', 11434))
print("up", flush=True); sys.stdin.read()'''])
    if odd.stdout.readline() == 'up\n':
        status, d, _ = doctor('--for', 0, '-p', odd.pid)
        p = of(d, odd.pid)
        check.equal((status, p['tls_connections'], p['model_connections'], p['verdict']),
                    (1, 1, 1, 'partly seen'), 'unknown TLS', p)
        check('443' in p.get('why', ''), p)
        check.equal([s['name'] for s in p['stacks']], ['none'], 'plain HTTP', p)
    running.append(odd)
cat = waiting(['cat'])
running.append(cat)
status, d, _ = doctor('--for', 0, '-p', cat.pid)
check.equal((status, of(d, cat.pid)['verdict']), (0, 'seen when it calls'), 'no TLS yet')

# ---- kernels

for without, method, absent in (('none', None, ()),
                                ('session', 'uprobe multi', ('uprobe_session',)),
                                ('session,multi', 'perf event', ('uprobe_session', 'uprobe_multi')),
                                ('return_probes', 'uprobe multi on RET instructions', ()),
                                ('task_storage,bpf_loop,mmap_events,cgroup_skb', None,
                                 ('task_storage', 'bpf_loop', 'mmap_events', 'cgroup_skb'))):
    status, d, _ = doctor('--for', '300ms', '-p', next(iter(want)),
                          env={'LLMSNOOP_WITHOUT': without})
    check(d['can_trace'] and status == 0, without, status, d.get('why_not'))
    check(method in (None, d.get('method')), without, d.get('method'))
    for f in d['kernel']['features']:
        if f['name'] in absent:
            check(f['present'] is False and f['without'], without, f)
    check(without != 'return_probes' or by_name(d['kernel']['features'], 'return_probes_kill')
          ['present'], without)

# ---- what is refused

program = os.path.join(lib.temporary_directory(), 'llmsnoop')
shutil.copy(lib.LLMSNOOP, program)
os.chmod(os.path.dirname(program), 0o755)
first = next(iter(want))
if shutil.which('setpriv'):
    nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups']
    some = [*nobody, '--inh-caps=-all,+bpf,+perfmon', '--ambient-caps=-all,+bpf,+perfmon']
    status, d, _ = doctor('-p', first, prefix=[*nobody, '--inh-caps=-all', '--ambient-caps=-all'],
                          program=program)
    check.equal((status, d['can_trace'], d.get('why_not')), (3, False, 'CAP_BPF is missing'),
                'nobody')
    check(not any(c['present'] for c in d['capabilities']), 'capabilities of nobody')
    check('present' not in by_name(d['kernel']['features'], 'uprobe_multi'), 'not tried')
    check.equal((of(d, first)['verdict'], 'permission' in of(d, first).get('why', '')),
                ('not seen', True), 'nobody sees others', of(d, first))
    status, d, _ = doctor('--for', 0, prefix=[*nobody, '--inh-caps=-all', '--ambient-caps=-all'],
                          program=program)
    check(status == 3 and d['hidden']['count'] >= len(want), 'hidden', d['hidden'])
    status, d, _ = doctor('-p', first, prefix=some, program=program)
    check.equal((status, d.get('why_not')), (3, 'CAP_SYS_PTRACE is missing'), 'some')
    check(by_name(d['capabilities'], 'CAP_BPF')['present'], 'CAP_BPF is there')
    check('sudo' in doctor(prefix=[*nobody, '--inh-caps=-all', '--ambient-caps=-all'],
                           program=program)[1].get('remedy', ''), 'remedy')
if subprocess.run(['unshare', '-m', 'true'], capture_output=True).returncode == 0 and \
        os.path.isdir('/sys/kernel/btf'):
    status, d, _ = doctor('-p', first, prefix=['unshare', '-m', '/bin/sh', '-c',
                                               'mount -t tmpfs none /sys/kernel/btf && exec "$@"',
                                               'x'])
    check.equal((status, d['can_trace'], d.get('why_not', '').split()[0]), (3, False, 'BTF'),
                'no BTF', d.get('why_not'))
    check('CONFIG_DEBUG_INFO_BTF' in d['remedy'], d['remedy'])
    check.equal(by_name(d['kernel']['features'], 'btf')['present'], False, 'no BTF')
    check.equal(of(d, first)['stacks'][0]['verdict'], 'not seen', 'no BTF: process')
    check(of(d, first)['stacks'][0]['functions'], 'no BTF: still located')
if subprocess.run(['unshare', '-p', '-f', '--mount-proc', 'true'],
                  capture_output=True).returncode == 0:
    status, d, _ = doctor('--for', 0, prefix=['unshare', '-p', '-f', '--mount-proc'])
    c = by_name(d['surroundings'], 'pid namespace')
    check(not c['fine'] and 'hostPID' in c['remedy'], 'container without host pid namespace', c)

# ---- wrong use

for args in (['-p', 'x'], ['-p'], ['--frob'], ['more'], ['--for', 'soon']):
    p = subprocess.run([lib.LLMSNOOP, 'doctor', *args], capture_output=True, text=True)
    check(p.returncode == 2 and p.stderr and not p.stdout, args, p)
p = subprocess.run([lib.LLMSNOOP, 'doctor', '--help'], capture_output=True, text=True)
check(p.returncode == 0 and 'Examples' in p.stdout, '--help')
over = subprocess.Popen(['true'])
over.wait()
p = subprocess.run([lib.LLMSNOOP, 'doctor', '-p', str(over.pid)], capture_output=True, text=True)
check(p.returncode == 1 and 'no process' in p.stderr, 'no such process')

for p in running:
    p.kill()
    p.wait()
check.finish()
