# SPDX-License-Identifier: Apache-2.0
"""A network namespace that has only lo, for this process and all that it starts: no client can
reach anything but the mock. Providers' names can lead to the mock: then clients need not be told
where it is."""
import ctypes
import fcntl
import os
import socket
import struct
import tempfile

CLONE_NEWNS, CLONE_NEWNET = 0x20000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40


def resolve(libc, names):
    """Only here, names are those of this machine."""
    with tempfile.NamedTemporaryFile('w', suffix='.hosts', delete=False) as f:
        f.write('127.0.0.1 localhost %s\n' % ' '.join(names))
    os.chmod(f.name, 0o644)
    done = libc.mount(b'none', b'/', None, MS_REC | MS_PRIVATE, None) == 0 and \
        libc.mount(f.name.encode(), b'/etc/hosts', None, MS_BIND, None) == 0
    os.unlink(f.name)
    return done


def enter(names=()):
    """False where it is not permitted."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET | (CLONE_NEWNS if names else 0)):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack('16sH14x', b'lo', IFF_UP | IFF_RUNNING))
    return not names or resolve(libc, names)
