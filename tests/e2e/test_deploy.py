# SPDX-License-Identifier: Apache-2.0
# alone
"""What deploy/ holds does what it says: manifests and unit are valid, and the program traces,
attributes and answers its probes when it runs as the manifest would run it."""
# timeout: 120
import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import collector
import lib
import netns
from lib import check

HERE = os.path.dirname(os.path.abspath(__file__))
DEPLOY = os.path.join(lib.ROOT, 'deploy')
BASE = os.path.join(DEPLOY, 'kubernetes/base')
FIVE = ['BPF', 'PERFMON', 'SYS_PTRACE', 'DAC_READ_SEARCH', 'CHECKPOINT_RESTORE']

# ---- the unit

if shutil.which('systemd-analyze'):
    root = lib.temporary_directory()
    os.makedirs(root + '/units')
    with open(DEPLOY + '/systemd/llmsnoop.service') as f:
        unit = f.read()
    # Where the program is installed is not where it is built.
    with open(root + '/units/llmsnoop.service', 'w') as f:
        f.write(unit.replace('/usr/local/bin/llmsnoop', lib.LLMSNOOP))
    said = subprocess.run(['systemd-analyze', 'verify', '--man=no', '--recursive-errors=one',
                           root + '/units/llmsnoop.service'], capture_output=True, text=True)
    check(said.returncode == 0 and not said.stderr.strip(), 'systemd-analyze verify', said.stderr)
    caps = [w.removeprefix('CAP_') for line in unit.split('\n')
            if line.startswith('CapabilityBoundingSet=') for w in line.split('=')[1].split()]
    check.equal(sorted(caps), sorted(FIVE), 'capabilities of the unit')
    check('\nRestartPreventExitStatus=2 3\n' in unit, 'the unit tries again what cannot work')
else:
    print('no systemd-analyze: the unit is not verified')
conf = DEPLOY + '/systemd/llmsnoop.conf'
for path in (conf, BASE + '/llmsnoop.conf'):
    said = subprocess.run([lib.LLMSNOOP, '--config', path, '--check-config'], capture_output=True,
                          text=True)
    check.equal(said.returncode, 0, path, said.stderr)
# What stands there as an example is right, too.
example = os.path.join(lib.temporary_directory(), 'example.conf')
with open(conf) as f, open(example, 'w') as out:
    out.writelines(line[1:] if line.startswith('#') and line[1:2].isalpha() else line for line in f)
said = subprocess.run([lib.LLMSNOOP, '--config', example, '--check-config'], capture_output=True,
                      text=True)
check.equal(said.returncode, 0, 'examples of', conf, said.stderr)

# What was built here, with other libraries, is no part of the image's build.
with open(lib.ROOT + '/.gitignore') as git, open(lib.ROOT + '/.dockerignore') as docker:
    kept_out = {line.strip().removeprefix('**/') for line in docker}
    missing = {line.strip().strip('/') for line in git} - kept_out
check(not missing, 'in the context of the image, but not in the repository:', missing)

# ---- the manifests

PARSE = '''
import json, sys, yaml
print(json.dumps([list(yaml.safe_load_all(open(p))) for p in sys.argv[1:]]))
'''
VALIDATE = '''
import json, sys
import kubernetes_validate as k
for doc in json.load(sys.stdin):
    k.validate(doc, k.latest_version(), strict=True)
print(k.latest_version())
'''


def yaml(*paths):
    said = subprocess.run([lib.VENV_PYTHON, '-c', PARSE, *paths], capture_output=True, text=True)
    check.equal(said.returncode, 0, 'yaml', said.stderr)
    return [docs[0] for docs in json.loads(said.stdout)]


def validate(docs, what):
    said = subprocess.run([lib.VENV_PYTHON, '-c', VALIDATE], input=json.dumps(docs),
                          capture_output=True, text=True)
    check.equal(said.returncode, 0, what, said.stderr[-500:])
    print('%s: valid for Kubernetes %s' % (what, said.stdout.strip()))


lib.need_module('yaml')
lib.need_module('kubernetes_validate')
namespace, daemonset = yaml(BASE + '/namespace.yaml', BASE + '/daemonset.yaml')
validate([namespace, daemonset], 'base')
bad = json.loads(json.dumps(daemonset))
bad['spec']['template']['spec']['hostPid'] = True
said = subprocess.run([lib.VENV_PYTHON, '-c', VALIDATE], input=json.dumps([bad]),
                      capture_output=True, text=True)
check(said.returncode != 0, 'a field that does not exist is not found')
spec = daemonset['spec']['template']['spec']
container = spec['containers'][0]
check.equal(sorted(container['securityContext']['capabilities']['add']), sorted(FIVE),
            'capabilities of the container')
check.equal(sorted(container['volumeMounts'], key=str),
            sorted([dict(name='config', mountPath='/etc/llmsnoop', readOnly=True),
                    dict(name='container-names', mountPath='/var/log/containers', readOnly=True)],
                   key=str), 'mounts')
if shutil.which('kubectl'):
    for folder in ('base', 'overlays/kernel-before-6.6', 'overlays/openshift'):
        said = subprocess.run(['kubectl', 'kustomize', DEPLOY + '/kubernetes/' + folder],
                              capture_output=True, text=True)
        check.equal(said.returncode, 0, folder, said.stderr)
        path = os.path.join(lib.temporary_directory(), 'all.yaml')
        with open(path, 'w') as f:
            f.write(said.stdout)
        docs = subprocess.run([lib.VENV_PYTHON, '-c', PARSE, path], capture_output=True, text=True)
        validate(json.loads(docs.stdout)[0], folder)
else:
    print('no kubectl: overlays are not rendered')

# ---- a run as the manifest has it

lib.need_tracing()
image = os.path.join(lib.temporary_directory(), 'image')
subprocess.run([DEPLOY + '/image-root', image, lib.LLMSNOOP], check=True)
ID = 'c0ffee' * 10 + 'beef'
UID = '8d3b2f60-1c2d-4e5f-9a7b-0123456789ab'
POD, NAMESPACE = 'rag-6d4cf56db6-x2x9k', 'prod'


def cgroup2():
    """Where the hierarchy of version 2 is mounted."""
    with open('/proc/self/mountinfo') as f:
        for line in f:
            words = line.split()
            if words[words.index('-') + 1] == 'cgroup2':
                return words[4]
    lib.skip('no cgroup v2 is mounted')


def make_cgroup():
    """As the kubelet makes one with systemd's driver; taken away at the end."""
    top = 'kubepods.slice'
    burstable = top + '/kubepods-burstable.slice'
    pod = burstable + '/kubepods-burstable-pod%s.slice' % UID.replace('-', '_')
    leaf = pod + '/cri-containerd-%s.scope' % ID
    mounted = cgroup2()
    made = []
    for path in (top, burstable, pod, leaf):
        full = os.path.join(mounted, path)
        if not os.path.isdir(full):
            os.mkdir(full)
            made.append(full)
    atexit.register(remove, made)
    return os.path.join(mounted, leaf)


def remove(made):
    for path in reversed(made):
        for _ in range(50):
            try:
                os.rmdir(path)
                break
            except OSError:
                time.sleep(0.1)


def get(path):
    """Status and text."""
    try:
        with urllib.request.urlopen('http://127.0.0.1:9464' + path, timeout=5) as r:
            return r.status, r.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, ''
    except OSError:
        return 0, ''


def until(what, seconds, test):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if test():
            return check(True)
        time.sleep(0.1)
    return check(False, what, 'not within', seconds, 's')


collector.need()
# The node's: in its own network, as all that is traced. The program in the pod is in another one.
provider = lib.Provider('--speed', 0.2)
names = os.path.join(lib.temporary_directory(), 'containers')
os.makedirs(names)
os.symlink('/var/log/pods/x/app/0.log', '%s/%s_%s_app-%s.log' % (names, POD, NAMESPACE, ID))
calls = ' && '.join(lib.client('py_stdlib.py', API=a, STREAM=s, CALLS=1)
                    for a, s in (('openai', 1), ('anthropic', 0)))
leaf = make_cgroup()
inside = lib.Held(['/bin/sh', '-c', 'echo $$ > %s/cgroup.procs && %s' % (leaf, calls)],
                  env=provider.env)
outside = lib.Held(['/bin/sh', '-c', calls], env=provider.env)
check(netns.enter(), 'no network namespace of its own')
node = collector.Collector(port=4318)
directory = lib.temporary_directory()
shutil.copy(BASE + '/llmsnoop.conf', directory)
pod = dict(spec, fields={'status.hostIP': '127.0.0.1', 'spec.nodeName': 'node-1'},
           volumes=[dict(name='config', path=directory), dict(name='container-names', path=names)])
with open(os.path.join(lib.temporary_directory(), 'pod.json'), 'w') as f:
    json.dump(pod, f)
process = lib.spawn([sys.executable, os.path.join(HERE, 'pod.py'), f.name, image],
                    stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
ready = until('ready', 60, lambda: get('/readyz')[0] == 200 or process.poll() is not None)
check(process.poll() is None, 'the pod ended', process.poll())
with open('/proc/%d/status' % process.pid) as f:
    status = dict(line.rstrip('\n').split(':\t', 1) for line in f if ':\t' in line)
want = sum(1 << n for n in (2, 19, 38, 39, 40))
check.equal((int(status['CapEff'], 16), int(status['CapBnd'], 16), status['NoNewPrivs']),
            (want, want, '1'), 'capabilities of the process')
for held in (inside, outside):
    held.go()
    held.finish()
    check.equal(held.status, 0, 'a client')
truths = provider.truth(4)
check.equal(get('/healthz')[0], 200, 'healthz')


def attributes(of):
    return {a['key']: list(a['value'].values())[0] for a in of.get('attributes', [])}


def ours():
    """The whole host is traced: others may call, too."""
    spans = [{**attributes(s['resource']), **attributes(s), 'name': s['name']}
             for s in node.spans()]
    return [s for s in spans if s.get('server.port') == str(provider.port)]


check(until('spans', 20, lambda: len(ours()) >= 4), node.log()[-500:])
try:
    with open('/proc/1/root/etc/machine-id') as f:
        machine_id = f.read().strip()
except OSError as e:  # nobody may look there: the node is not known
    machine_id = None
    print('process 1 of this host cannot be looked into:', e)
spans = ours()
check.equal(len(spans), 4, 'spans')
check.equal(sorted(s.get('gen_ai.response.id') for s in spans),
            sorted(t['response_id'] for t in truths), 'answers')
for s in spans:
    for key in ('k8s.node.name', 'host.name'):
        check.equal(s.get(key), 'node-1', s['name'], key)
    # The image has no /etc/machine-id: it is the node's that counts, and makes keys known again.
    check.equal(s.get('host.id'), machine_id, s['name'], 'host.id')
podded = [s for s in spans if 'k8s.pod.name' in s]
check.equal(len(podded), 2, 'spans of the pod', [sorted(s) for s in spans][:1])
for s in podded:
    for key, value in (('k8s.pod.name', POD), ('k8s.namespace.name', NAMESPACE),
                       ('k8s.pod.uid', UID), ('k8s.container.name', 'app'),
                       ('container.id', ID), ('k8s.deployment.name', 'rag')):
        check.equal(s.get(key), value, s['name'], key)
text = get('/metrics')[1]
check('gen_ai_client_operation_duration_seconds_count' in text, 'metrics', text[:300])
# A file that is wrong changes nothing; a termination drains.
with open(directory + '/llmsnoop.conf', 'a') as f:
    f.write('modle = x\n')
process.send_signal(signal.SIGHUP)
time.sleep(0.5)
check(process.poll() is None, 'ended by SIGHUP')
process.send_signal(signal.SIGTERM)
_, said = process.communicate(timeout=40)
check.equal(process.returncode, 0, 'exit status', said[-500:])
check('modle' in said, 'the wrong file is not named', said[-500:])
check(any(line.startswith('Tracing') for line in said.split('\n')), 'no line Tracing')
node.stop()
provider.stop()
print('%d spans, %d of a pod, %d bytes of metrics' % (len(spans), len(podded), len(text)))
check.finish()
