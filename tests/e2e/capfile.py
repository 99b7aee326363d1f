# SPDX-License-Identifier: Apache-2.0
"""Writes capture files (user/capture/cap.h) of traffic that was never on any wire, so that a test
can choose the clock."""
import struct
import zlib

READ, WRITE = 0, 1
CALL_START = 1 << 3
INFO, CLOCK, PROCESS, DATA, CLOSE, EXIT, COUNTS, TICK, END = range(1, 10)

PROCESS_TEXTS = ('comm exe cmdline cgroup container_id unit env user slice session container_runtime '
                 'container_name container_image pod_uid pod_namespace pod_name pod_container '
                 'labels').split()


def text(s):
    s = s if isinstance(s, bytes) else s.encode()
    return struct.pack('<I', len(s)) + s


class Writer:
    """now: CLOCK_MONOTONIC in ns, for the caller to move on; offset: REALTIME minus that."""

    def __init__(self, path, offset=1_800_000_000 * 10**9):
        self.f, self.records, self.now, self.ticked = open(path, 'wb'), 0, 10**12, 0
        head = b'\x89LLMCAP\n' + struct.pack('<HHI', 1, 0, 0x1a2b3c4d)
        self.f.write(head + struct.pack('<I', zlib.crc32(head)))
        self.offsets = {}
        self._record(INFO, text('made by') + text('capfile.py'))
        self._record(CLOCK, struct.pack('<Qq', self.now, offset))

    def _record(self, kind, payload):
        head = struct.pack('<HHI', kind, 0, len(payload))
        self.f.write(head + struct.pack('<I', zlib.crc32(head)) + payload +
                     struct.pack('<I', zlib.crc32(payload)))
        self.records += 1

    def process(self, pid, **facts):
        """facts: by the names of struct process (user/capture/capture.h)."""
        facts = {'comm': 'app', 'exe': '/usr/bin/app', 'cmdline': 'app', 'cgroup': '/', **facts}
        self._record(PROCESS, struct.pack('<IIIQQ', pid, 1, 0, self.now - 10**9, self.now) + b''.join(
            text(facts.get(name, '')) for name in PROCESS_TEXTS) + b'\0')

    def data(self, conn, pid, direction, data):
        """One SSL call at now, of at most 64 KiB; as much later as was passed since the last."""
        offsets = self.offsets.setdefault(conn, [0, 0])
        self._record(DATA, struct.pack(
            '<7QIIHB', conn, 0x1000 + conn, self.now, self.now + 1000, offsets[direction],
            offsets[not direction], 0, pid, pid, CALL_START, direction) + text('openssl') + text(data))
        offsets[direction] += len(data)
        self.now += 2000

    def wait(self, seconds):
        """Time goes by, ticking as the live capture does."""
        end = self.now + round(seconds * 1e9)
        while self.now < end:
            self.now = min(end, self.now + 10**9)
            self._record(TICK, struct.pack('<Q', self.now))

    def close(self, conn, pid):
        self._record(CLOSE, struct.pack('<4QIIH', conn, self.now, *self.offsets[conn], pid, 0, 0))

    def end(self):
        self._record(END, struct.pack('<Q', self.records))
        self.f.close()
