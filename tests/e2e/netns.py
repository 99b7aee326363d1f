# SPDX-License-Identifier: Apache-2.0
"""A network namespace that has only lo, for this process and all that it starts: no client can
reach anything but the mock."""
import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40


def enter():
    """False where it is not permitted."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack('16sH14x', b'lo', IFF_UP | IFF_RUNNING))
    return os.path.exists('/proc/self/ns/net')
