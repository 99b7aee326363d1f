# SPDX-License-Identifier: Apache-2.0
# timeout: 240
"""Whose a call is: processes in real control groups with the paths of every runtime, in real
containers (runc) that are two pods of one workload, with a log and labels as the kubelet keeps
them; by a request's header, by variables, and by a user's rules, which are read again on SIGHUP.
The capture of it all, read without any of these files, says the same."""
import atexit
import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import time

import lib
from lib import check

sys.path.insert(0, os.path.join(lib.ROOT, 'tools'))
import debroot  # noqa: E402

NAME = 'llmsnoop-test-%d' % os.getpid()
ID = '%064x' % (int.from_bytes(os.urandom(31), 'big') + 16**63)
POD_A, POD_B = ('3f2a1b0c-9d8e-4f7a-8b6c-%012x' % (os.getpid() + n) for n in (0, 1))
DIR = lib.temporary_directory()
HOST = os.path.join(DIR, 'host')
CLIENT = os.path.join(DIR, 'rag.py')

with open(CLIENT, 'w') as f:
    f.write('''
import http.client, json, os, ssl, sys, urllib.parse
u = urllib.parse.urlsplit(os.environ['BASE'])
c = http.client.HTTPSConnection(u.hostname, u.port, context=ssl.create_default_context(), timeout=20)
for line in (sys.stdin if 'WAIT' in os.environ else os.environ.get('CALLS', 'x').split()):
    h = {'Authorization': 'Bearer sk-demo-not-a-key', 'Content-Type': 'application/json'}
    if os.environ.get('FEATURE'):
        h['X-LLMSnoop-Feature'] = os.environ['FEATURE']
    c.request('POST', '/v1/chat/completions', json.dumps({'model': line.strip(), 'messages': [
        {'role': 'user', 'content': 'hello'}]}), h)
    c.getresponse().read()
''')


# ---- control groups

def hierarchies():
    """Mount points: cgroup v2 first."""
    with open('/proc/self/mounts') as f:
        mounts = [line.split()[1:4] for line in f]
    v2 = [at for at, kind, _ in mounts if kind == 'cgroup2']
    v1 = [at for at, kind, o in mounts if kind == 'cgroup' and 'memory' in o.split(',')]
    return v2[:1], v1[:1], [at for at, kind, _ in mounts if kind in ('cgroup', 'cgroup2')]


V2, V1, ALL = hierarchies()


def left():
    return [at for h in ALL for at in glob.glob(h + '/' + NAME)]


def remove_cgroups():
    for top in left():
        for at, _, _ in os.walk(top, topdown=False):
            for _ in range(50):
                try:
                    os.rmdir(at)
                    break
                except OSError:
                    time.sleep(0.02)


atexit.register(remove_cgroups)


def make_cgroup(mount, path):
    at = '%s/%s%s' % (mount, NAME, path)
    try:
        os.makedirs(at, exist_ok=True)
    except OSError as e:
        lib.skip('no control groups can be made here: %s' % e)
    return at


# ---- the host's files

def put(path, text):
    os.makedirs(os.path.dirname(HOST + path), exist_ok=True)
    with open(HOST + path, 'w') as f:
        f.write(text)


def log_link(pod, namespace, container, cid):
    os.makedirs(HOST + '/var/log/containers', exist_ok=True)
    os.symlink('/nowhere', '%s/var/log/containers/%s_%s_%s-%s.log' % (HOST, pod, namespace, container,
                                                                      cid))


put('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n')
put('/var/lib/docker/containers/%s/config.v2.json' % ID, json.dumps({
    'Name': '/shop-web', 'Config': {'Image': 'shop:7', 'Labels': {'com.example.team': 'search'}}}))

U = '3f2a1b0c-9d8e-4f7a-8b6c-5d4e3f2a%04x' % (os.getpid() & 0xffff)
U_ = U.replace('-', '_')
ID2 = ID[::-1] if ID[::-1] != ID else '0' * 64
log_link('kind-pod', 'default', 'c', ID2)

# name, path, what the record says; the cases of a named hierarchy of v1 are run in both.
CASES = (
    ('docker', '/docker/' + ID, {
        'container.id': ID, 'container.runtime.name': 'docker', 'container.name': 'shop-web',
        'container.image.name': 'shop:7', 'llmsnoop.feature': 'search-team',
        'service.name': 'shop-web'}),
    ('docker-systemd', '/system.slice/docker-%s.scope' % ID, {
        'container.id': ID, 'container.runtime.name': 'docker', 'llmsnoop.feature': 'search-team'}),
    ('crio', '/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod%s.slice/crio-%s.scope'
     % (U_, ID2), {
        'container.id': ID2, 'container.runtime.name': 'cri-o', 'k8s.pod.uid': U,
        'k8s.pod.name': 'kind-pod', 'k8s.namespace.name': 'default', 'k8s.container.name': 'c',
        'llmsnoop.feature': 'default/kind-pod', 'service.name': 'kind-pod',
        'service.namespace': 'default', 'service.instance.id': 'default.kind-pod.c'}),
    ('kind', '/docker/%s/kubelet/kubepods/besteffort/pod%s/%s' % (ID, U, ID2), {
        'container.id': ID2, 'container.runtime.name': None, 'k8s.pod.name': 'kind-pod'}),
    ('podman', '/machine.slice/libpod-%s.scope/container' % ID2, {
        'container.id': ID2, 'container.runtime.name': 'podman', 'llmsnoop.feature': 'rag.py',
        'k8s.pod.name': None}),
    ('nspawn', '/machine.slice/systemd-nspawn@web.service/payload', {
        'container.name': 'web', 'container.runtime.name': 'systemd-nspawn', 'container.id': None,
        'llmsnoop.feature': 'web'}),
    ('lxc', '/lxc.payload.box/system.slice/app.service', {
        'container.name': 'box', 'container.runtime.name': 'lxc', 'llmsnoop.unit': 'app.service',
        'llmsnoop.feature': 'app'}),
    ('unit', '/system.slice/billing.service', {
        'llmsnoop.unit': 'billing.service', 'llmsnoop.slice': 'system.slice',
        'llmsnoop.feature': 'billing', 'service.name': 'billing', 'user.name': 'root',
        'container.id': None}),
    ('user-unit', '/user.slice/user-0.slice/user@0.service/app.slice/notes.service', {
        'llmsnoop.unit': 'notes.service', 'llmsnoop.feature': 'root/notes'}),
    ('session', '/user.slice/user-0.slice/session-7.scope', {
        'llmsnoop.session': '7', 'llmsnoop.unit': 'session-7.scope',
        'llmsnoop.feature': 'root/rag.py', 'service.name': 'rag.py', 'user.name': 'root'}),
    ('none', '/batch', {'llmsnoop.feature': 'rag.py', 'llmsnoop.unit': None,
                        'container.runtime.name': None}),
)
# name, variables, what the record says
LABELLED = (
    ('header', {'FEATURE': ' checkout/search ', 'LLMSNOOP_FEATURE': 'no'},
     {'llmsnoop.feature': 'checkout/search'}),
    ('feature', {'LLMSNOOP_FEATURE': 'from-env', 'OTEL_SERVICE_NAME': 'svc'},
     {'llmsnoop.feature': 'from-env', 'service.name': 'svc'}),
    ('service', {'OTEL_SERVICE_NAME': 'svc'},
     {'llmsnoop.feature': 'svc', 'service.name': 'svc'}),
    ('attributes', {'OTEL_RESOURCE_ATTRIBUTES': 'a=b,service.name=res,service.namespace=ns'},
     {'llmsnoop.feature': 'res', 'service.name': 'res', 'service.namespace': 'ns'}),
    ('hostile', {'LLMSNOOP_FEATURE': 'x\x1b[31m\n"\u202e' + 'y' * 300},
     {'llmsnoop.feature': 'x\x1b[31m "\u202e' + 'y' * 116}),
    ('rule', {'OTEL_SERVICE_NAME': 'ruled'}, {'llmsnoop.feature': 'env-ruled'}),
)

CONFIG = os.path.join(DIR, 'llmsnoop.conf')


def write_config(text):
    with open(CONFIG, 'w') as f:
        f.write(text)


RULES = '''[feature]
search-team = container.label.com.example.team=search container.name=shop-*
env-{service.name} = process.environment_variable.OTEL_SERVICE_NAME=ruled "process.command_line=* *rag.py"
'''


def tracer(pid, *more):
    return lib.Tracer('-p', pid, '-v', '--host-root', HOST, '--config', CONFIG, *more)


def agrees(record, want, what):
    for key, value in want.items():
        check.equal(record.get(key), value, what, key)


def judge(records, cases, what):
    by = {r.get('gen_ai.request.model'): r for r in records}
    check.equal(len(records), len(cases), what, 'records')
    for name, want in cases:
        if check(name in by, what, name, 'has no record'):
            agrees(by[name], want, '%s: %s:' % (what, name))


def shell(script, env):
    return lib.Held(['/bin/sh', '-c', script], env=env)


def quoted(text):
    return "'%s'" % text.replace("'", "'\\''")


def runs_in(cgroup, name):
    run = 'CALLS=%s %s %s' % (name, lib.SYSTEM_PYTHON, CLIENT)
    return "sh -c 'echo $$ > \"$0\" && %s' '%s/cgroup.procs'" % (run, cgroup)


def test_cgroups(provider, env):
    """Each process moves itself into its group, then starts the client."""
    lines, cases = [], []
    for mount, kind in [(m, 'v2') for m in V2] + [(m, 'v1') for m in V1]:
        for name, path, want in CASES if kind == 'v2' or not V2 else CASES[:4]:
            model = '%s-%s' % (name, kind)
            lines.append(runs_in(make_cgroup(mount, path), model))
            cases.append((model, want))
    for name, variables, want in LABELLED:
        words = ' '.join('%s=%s' % (k, quoted(v)) for k, v in variables.items())
        lines.append('env %s CALLS=%s %s %s' % (words, name, lib.SYSTEM_PYTHON, CLIENT))
        cases.append((name, want))
    held = shell('\n'.join(lines), env)
    cap = os.path.join(DIR, 'x.cap')
    write_config(RULES)
    t = tracer(held.pid, '-w', cap)
    held.go()
    held.finish()
    t.settle(len(cases))
    check.equal(t.stop(), 0, 'exit status')
    judge(t.records(), cases, 'live')
    out = subprocess.run([lib.LLMSNOOP, '-r', cap, '-j', '-q', '--config', CONFIG, '-o',
                          os.path.join(DIR, 'replay.jsonl')], capture_output=True, text=True)
    check.equal(out.returncode, 0, 'replay', out.stderr)
    with open(os.path.join(DIR, 'replay.jsonl')) as f:
        again = [r for r in map(json.loads, f) if r['type'] == 'llm.call']
    judge(again, cases, 'replayed')
    print('control groups and labels: %d calls' % len(cases))


def test_late_names(provider, env):
    """The kubelet names a container once it runs: calls before that know the pod, calls later on
    the same connection know it all."""
    cid, uid = ID[::-1][:63] + '7', POD_A
    put('/var/log/pods/prod_late-0_%s/x' % uid, '')
    cgroup = make_cgroup((V2 + V1)[0], '/kubepods/pod%s/%s' % (uid, cid))
    p = lib.spawn(['/bin/sh', '-c', 'echo $$ > "$0" && exec "$@"', cgroup + '/cgroup.procs',
                   lib.SYSTEM_PYTHON, CLIENT], stdin=subprocess.PIPE, text=True,
                  env={**os.environ, **env, 'WAIT': '1'})
    t = tracer(p.pid, '--pod', 'prod/late-*')
    for n, model in enumerate(('early', 'late')):
        p.stdin.write(model + '\n')
        p.stdin.flush()
        t.settle(n + 1)
        if not n:
            log_link('late-0', 'prod', 'app', cid)
            time.sleep(2.5)
    p.stdin.close()
    p.wait(20)
    t.stop()
    by = {r['gen_ai.request.model']: r for r in t.records()}
    if not check.equal(sorted(by), ['early', 'late'], 'late names'):
        return
    known = {'k8s.pod.name': 'late-0', 'k8s.namespace.name': 'prod', 'k8s.pod.uid': uid,
             'llmsnoop.feature': 'prod/late', 'llmsnoop.workload': 'late',
             'k8s.statefulset.name': None, 'llmsnoop.midstream': None}
    agrees(by['early'], {**known, 'k8s.container.name': None}, 'before its name:')
    agrees(by['late'], {**known, 'k8s.container.name': 'app',
                        'service.instance.id': 'prod.late-0.app'}, 'after its name:')


def test_reload(provider, env):
    """New rules count from SIGHUP on; wrong ones are named and change nothing."""
    p = lib.spawn([lib.SYSTEM_PYTHON, CLIENT], stdin=subprocess.PIPE, text=True,
                  env={**os.environ, **env, 'WAIT': '1'})
    write_config('[feature]\none = process.executable.name=python3*\n')
    t = tracer(p.pid)

    def call(model):
        before = len(t.records())
        p.stdin.write(model + '\n')
        p.stdin.flush()
        t.settle(before + 1)

    def reload(text, until):
        write_config(text)
        t.process.send_signal(signal.SIGHUP)
        end = time.monotonic() + 10
        while not any(until in line for line in t.lines) and time.monotonic() < end:
            time.sleep(0.05)
        check(any(until in line for line in t.lines), 'nobody said', until, t.lines[-3:])

    call('first')
    reload('[feature]\ntwo = process.command_line=*rag.py gen_ai.request.model=second\n',
           'rules and masks were read again')
    call('second')
    reload('[feature]\nx = k8s.namespace=prod\n', CONFIG + ':2: there is no field "k8s.namespace"; '
           'did you mean k8s.namespace.name?')
    call('second')
    reload('[feature\n', 'wanted is [SECTION]')
    call('third')
    p.stdin.close()
    p.wait(20)
    check.equal(t.stop(), 0, 'exit status')
    check.equal([r['llmsnoop.feature'] for r in t.records()], ['one', 'two', 'two', 'rag.py'],
                'features over reloads')
    # wrong from the beginning: no run
    write_config('[feature]\n\n  x = 1\n')
    out = subprocess.run([lib.LLMSNOOP, '--config', CONFIG, '--check-config'], capture_output=True,
                         text=True)
    check(out.returncode == 2 and CONFIG + ':3:' in out.stderr, 'a wrong rule', out)


# ---- containers

def runc():
    """The command; None where it cannot be had."""
    own = shutil.which('runc')
    if own:
        return [own], None
    try:
        root = debroot.root('bookworm', ['runc'], os.path.join(lib.BUILD, 'root/runc'))
    except debroot.Unavailable as e:
        print('no runc: %s' % e)
        return None, None
    libs = os.path.join(DIR, 'runc-lib')
    os.makedirs(libs, exist_ok=True)
    for at in glob.glob(root + '/usr/lib/*/libseccomp.so.2'):
        shutil.copy(os.path.realpath(at), os.path.join(libs, 'libseccomp.so.2'))
    return [root + '/usr/sbin/runc'], libs


def bundle(name, cgroup, env):
    """A container that sees the host's programs and network, and has processes of its own."""
    at = os.path.join(DIR, name)
    for d in ('usr', 'etc', 'proc', 'dev', DIR.strip('/')):
        os.makedirs('%s/rootfs/%s' % (at, d), exist_ok=True)
    for d in ('bin', 'sbin', 'lib', 'lib64', 'lib32'):
        if os.path.islink('/' + d):
            os.symlink(os.readlink('/' + d), '%s/rootfs/%s' % (at, d))
    binds = ['/usr', '/etc', '/dev', DIR] + [os.path.dirname(env[k]) for k in (
        'SSL_CERT_FILE', 'LD_PRELOAD') if k in env]
    for d in binds:
        os.makedirs(at + '/rootfs' + d, exist_ok=True)
    with open(at + '/config.json', 'w') as f:
        json.dump({
            'ociVersion': '1.0.2',
            'process': {'terminal': False, 'user': {'uid': 0, 'gid': 0}, 'cwd': '/',
                        'args': [os.path.realpath(lib.SYSTEM_PYTHON), CLIENT],
                        'env': ['PATH=/usr/bin:/bin'] + ['%s=%s' % kv for kv in env.items()]},
            'root': {'path': 'rootfs'},
            'mounts': [{'destination': '/proc', 'type': 'proc', 'source': 'proc'}] + [
                {'destination': d, 'type': 'bind', 'source': d, 'options': ['rbind']}
                for d in binds],
            'linux': {'cgroupsPath': cgroup,
                      'namespaces': [{'type': n} for n in ('pid', 'mount', 'ipc')]}}, f)
    return at


def test_pods(provider, env):
    """Two pods of one Deployment, one of them with labels by the downward API."""
    command, libs = runc()
    if not command:
        return
    pods = [('a', POD_A, 'rag-7d4b9c5f6d-x2k8p', ID[:60] + 'aaaa'),
            ('b', POD_B, 'rag-7d4b9c5f6d-q9w4z', ID[:60] + 'bbbb')]
    lines = []
    for n, uid, pod, cid in pods:
        log_link(pod, 'prod', 'app', cid)
        at = bundle('pod-' + n, '/%s/kubepods/besteffort/pod%s/%s' % (NAME, uid, cid),
                    {**env, 'CALLS': 'pod-' + n})
        lines.append('env -u LD_PRELOAD %s %s --root %s/state run -b %s %s || echo failed' % (
            'LD_LIBRARY_PATH=' + libs if libs else '-u LD_LIBRARY_PATH', command[0], DIR, at,
            NAME + n))
    volume = '/var/lib/kubelet/pods/%s/volumes/kubernetes.io~downward-api/info' % POD_A
    put(volume + '/..1/labels', 'app.kubernetes.io/name="finder"\nteam="search"\n')
    os.symlink('..1', HOST + volume + '/..data')
    os.symlink('..data/labels', HOST + volume + '/labels')
    write_config('[feature]\n{k8s.namespace.name}/{k8s.pod.label.team} = k8s.deployment.name=rag\n')
    held = shell('\n'.join(lines), env)
    t = tracer(held.pid)
    held.go()
    out = held.finish()
    t.settle(2)
    t.stop()
    if 'failed' in out:
        print('containers: runc does not run here')
        return
    common = {'k8s.namespace.name': 'prod', 'k8s.deployment.name': 'rag',
              'k8s.replicaset.name': 'rag-7d4b9c5f6d', 'llmsnoop.workload': 'rag',
              'k8s.container.name': 'app', 'service.namespace': 'prod', 'user.name': None}
    judge(t.records(), [
        ('pod-' + n, {**common, 'k8s.pod.uid': uid, 'k8s.pod.name': pod, 'container.id': cid,
                      'service.instance.id': 'prod.%s.app' % pod,
                      'service.name': 'finder' if n == 'a' else 'rag',
                      'llmsnoop.feature': 'prod/search' if n == 'a' else 'prod/rag'})
        for n, uid, pod, cid in pods], 'two pods')
    print('containers: two pods of one workload, by runc')


def test_own_namespaces(provider, env):
    """As in a DaemonSet: the tracer's own group is the root of what it sees, and its /etc holds no
    users: those of the host are found by the root of process 1, where that may be entered."""
    cgroups = [make_cgroup(m, '/kubepods/besteffort/pod%s/%s' % (POD_B, ID2)) for m in ALL]
    wrapper = os.path.join(DIR, 'wrapper')
    with open(wrapper, 'w') as f:
        f.write('#!/bin/sh\n%s\nexec unshare --mount --cgroup /bin/sh -c '
                "'mount -t tmpfs none /etc && exec \"$0\" \"$@\"' %s \"$@\"\n" % (
                    '\n'.join('echo $$ > %s/cgroup.procs' % c for c in cgroups), lib.LLMSNOOP))
    os.chmod(wrapper, 0o755)
    lines, mount = [], (V2 + V1)[0]
    for name, path in (('unit', '/system.slice/billing.service'),
                       ('sibling', '/kubepods/besteffort/pod%s/%s' % (POD_A, ID))):
        lines.append(runs_in(make_cgroup(mount, path), name))
    held = shell('\n'.join(lines), env)
    own, lib.LLMSNOOP = lib.LLMSNOOP, wrapper
    try:
        t = lib.Tracer('-p', held.pid)
    finally:
        lib.LLMSNOOP = own
    held.go()
    held.finish()
    t.settle(2)
    t.stop()
    judge(t.records(), [
        ('unit', {'llmsnoop.unit': 'billing.service', 'user.id': '0',
                  'user.name': 'root' if os.path.exists('/proc/1/root/etc/passwd') else None}),
        ('sibling', {'k8s.pod.uid': POD_A, 'container.id': ID, 'user.name': None}),
    ], 'own namespaces')
    for r in t.records():
        check(r['process.linux.cgroup'].startswith('/../'), 'a path from within', r)


def test_units(provider, env):
    """A real unit and a real scope, where systemd runs."""
    if not os.path.isdir('/run/systemd/system'):
        print('units: no systemd runs here')
        return
    # somebody has the library mapped, so that it has its probes before the unit's call
    holder = lib.spawn(['/bin/sleep', '100'], env={**os.environ, **env})
    t = lib.Tracer('--host-root', HOST, '--cgroup', '/system.slice/%s.service' % NAME)
    words = ['--setenv=%s=%s' % kv for kv in {**env, 'CALLS': 'unit'}.items()]
    subprocess.run(['systemd-run', '--quiet', '--wait', '--collect', '--unit', NAME, *words,
                    lib.SYSTEM_PYTHON, CLIENT], check=True, timeout=60)
    t.settle(1)
    t.stop()
    holder.kill()
    judge(t.records(), [('unit', {'llmsnoop.unit': NAME + '.service', 'llmsnoop.feature': NAME,
                                  'llmsnoop.slice': 'system.slice', 'user.name': 'root'})], 'unit')


def main():
    lib.need_tracing()
    provider = lib.Provider('--speed', 0.1)
    env = {**provider.env, **lib.private_libssl()}
    if V2 or V1:
        test_cgroups(provider, env)
        test_late_names(provider, env)
        test_pods(provider, env)
        test_own_namespaces(provider, env)
    else:
        print('no control groups are mounted here')
    test_reload(provider, env)
    test_units(provider, env)
    remove_cgroups()
    check.equal(left(), [], 'control groups left behind')
    check.finish()


main()
