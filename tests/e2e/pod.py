# SPDX-License-Identifier: Apache-2.0
"""Becomes the container of a pod as a container runtime would set it up: what the manifest says
of namespaces, root, mounts, environment, arguments and capabilities, and nothing besides.

  python3 pod.py MANIFEST.json IMAGE-ROOT     (the pod's spec as JSON; paths of volumes by "path")

It stays in the network namespace that it is started in: that is the pod's."""
import ctypes
import json
import os
import re
import sys

CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x2000000, 0x4000000, 0x8000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 24, 38, 47, 4
CAP_VERSION_3 = 0x20080522
# include/uapi/linux/capability.h
CAPABILITIES = dict(DAC_READ_SEARCH=2, SYS_PTRACE=19, SYS_ADMIN=21, PERFMON=38, BPF=39,
                    CHECKPOINT_RESTORE=40)
libc = ctypes.CDLL(None, use_errno=True)


def must(result, what):
    if result < 0:
        sys.exit('pod: %s: %s' % (what, os.strerror(ctypes.get_errno())))


def mount(source, target, kind=None, flags=0):
    must(libc.mount(source.encode(), target.encode(), kind and kind.encode(), flags, None),
         'mount ' + target)


def only(names):
    """Drops all capabilities but these, for good; uid 0 regains none by exec."""
    keep = [CAPABILITIES[n] for n in names]
    with open('/proc/sys/kernel/cap_last_cap') as f:
        last = int(f.read())
    for cap in range(last + 1):
        if cap not in keep:
            must(libc.prctl(PR_CAPBSET_DROP, cap, 0, 0, 0), 'PR_CAPBSET_DROP')
    must(libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), 'PR_CAP_AMBIENT')
    low, high = sum(1 << c for c in keep if c < 32), sum(1 << c - 32 for c in keep if c >= 32)
    header = (ctypes.c_uint32 * 2)(CAP_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)(low, low, 0, high, high, 0)
    must(libc.capset(header, data), 'capset')


def expand(text, env):
    """$(NAME), as the kubelet does."""
    return re.sub(r'\$\((\w+)\)', lambda m: env.get(m.group(1), m.group(0)), text)


def environment(container, fields):
    env = {'PATH': '/usr/bin'}
    for e in container.get('env', ()):
        env[e['name']] = (expand(e['value'], env) if 'value' in e else
                          fields[e['valueFrom']['fieldRef']['fieldPath']])
    return env


def main():
    with open(sys.argv[1]) as f:
        pod = json.load(f)
    root = sys.argv[2]
    container = pod['containers'][0]
    security = container['securityContext']
    assert pod['hostPID'] and not pod.get('hostNetwork') and not security['privileged']
    assert security['readOnlyRootFilesystem'] and security['capabilities']['drop'] == ['ALL']
    env = environment(container, pod['fields'])
    volumes = {v['name']: v['path'] for v in pod['volumes']}
    must(libc.unshare(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC), 'unshare')
    mount('none', '/', flags=MS_REC | MS_PRIVATE)
    mount(root, root, flags=MS_BIND)
    # The host's processes; /sys as runtimes mount it.
    mount('proc', root + '/proc', 'proc', MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount('sysfs', root + '/sys', 'sysfs', MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)
    for m in container['volumeMounts']:
        assert m['readOnly']
        target = root + m['mountPath']
        mount(volumes[m['name']], target, flags=MS_BIND)
        mount('none', target, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)
    mount('none', root, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)
    os.chroot(root)
    os.chdir('/')
    if not security['allowPrivilegeEscalation']:
        must(libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 'PR_SET_NO_NEW_PRIVS')
    only(security['capabilities']['add'])
    command = ['/usr/bin/llmsnoop', *(expand(a, env) for a in container['args'])]
    os.execve(command[0], command, env)


main()
