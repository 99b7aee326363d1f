# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: building their programs, the load, the tracers. Standard library
only. Each process that is started here is ended here, by its own id."""
import atexit
import glob
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, os.environ.get('O', 'build'))
PROGRAMS = os.path.join(BUILD, 'bench')
LLMSNOOP = os.environ.get('LLMSNOOP', os.path.join(BUILD, 'llmsnoop'))
STOP_S = 30

_children = []


class Failed(Exception):
    """A step of the benchmark did not work; a message for people."""


class Absent(Exception):
    """A tracer that is not here, or does not run here; the reason."""


@atexit.register
def _end_children():
    for p in _children:
        if p.poll() is None:
            p.kill()
            p.wait()


def _default_sigint():
    # Inherited as ignored (a job in the background), it would make some tracers unstoppable.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def spawn(command, **more):
    p = subprocess.Popen(command, preexec_fn=_default_sigint, **more)
    _children.append(p)
    return p


def temporary_directory():
    d = tempfile.mkdtemp(prefix='llmsnoop-bench-')
    atexit.register(shutil.rmtree, d, True)
    return d


def need_root():
    if os.geteuid() != 0:
        raise Failed('needs root')
    if not os.access(LLMSNOOP, os.X_OK):
        raise Failed('no %s (run make)' % os.path.relpath(LLMSNOOP, ROOT))


# ---- programs

def build(name, packages, *more):
    """Compiles tests/bench/NAME.c if it is newer than the program. Returns the program's path."""
    source, path = os.path.join(HERE, name + '.c'), os.path.join(PROGRAMS, name)
    inputs = [source] + [m for m in more if os.path.exists(m)]
    if os.path.exists(path) and all(os.path.getmtime(i) <= os.path.getmtime(path) for i in inputs):
        return path
    os.makedirs(PROGRAMS, exist_ok=True)
    pkg_config = os.environ.get('PKGCONF', 'pkg-config')

    def flags(what):
        return shlex.split(subprocess.run([pkg_config, what, *packages], text=True, check=True,
                                          stdout=subprocess.PIPE).stdout)
    command = [*shlex.split(os.environ.get('CC', 'cc')), '-std=gnu11', '-O2', '-g', '-D_GNU_SOURCE',
               '-Wall', '-Wextra', '-Wno-unused-parameter', '-Wno-missing-field-initializers',
               '-iquote', ROOT + '/user', '-iquote', ROOT + '/bpf', *flags('--cflags'),
               '-o', path, source, *more, *flags('--libs')]
    if subprocess.run(command).returncode:
        raise Failed('cannot compile ' + source)
    return path


def sslload():
    return build('sslload', ['libssl', 'libcrypto'])


def probecost():
    return build('probecost', ['libbpf', 'libelf', 'zlib', 'capstone'],
                 os.path.join(BUILD, 'libllmsnoop.a'))


def private_libssl():
    """(directory, file) of a fresh copy of libssl: an inode of its own, so that no other tracer's
    probes are in what is measured, and none of ours in anything else."""
    found = sorted(p for pattern in ('/lib/*/libssl.so.3', '/usr/lib/*/libssl.so.3',
                                     '/usr/lib64/libssl.so.3', '/usr/lib/libssl.so.3')
                   for p in glob.glob(pattern))
    if not found:
        raise Failed('no libssl.so.3 on this machine')
    d = temporary_directory()
    return d, shutil.copy(os.path.realpath(found[0]), os.path.join(d, 'libssl.so.3'))


# ---- the load

class Load:
    """sslload with a private libssl, waiting for commands."""

    def __init__(self):
        self.dir, self.lib = private_libssl()
        self.process = spawn([sslload()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                             env={**os.environ, 'LD_LIBRARY_PATH': self.dir})
        self.pid = self.process.pid
        if self.process.stdout.readline() != 'ready\n':
            raise Failed('the load did not start')

    def run(self, *command):
        self.process.stdin.write(' '.join(map(str, command)) + '\n')
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise Failed('the load ended in: %s' % (command,))
        words = dict(w.split('=', 1) for w in line.split())
        return {k: v if k == 'mode' else float(v) for k, v in words.items()}

    def end(self):
        self.process.stdin.close()
        if self.process.wait(STOP_S):
            raise Failed('the load failed with status %d' % self.process.returncode)
        shutil.rmtree(self.dir, True)


# ---- tracers

class Tracer:
    """A process that is ready once a line of its output begins with `ready`."""

    def __init__(self, command, ready, ready_s=20, optional=False):
        self.name = os.path.basename(command[0])
        self.lines, self._ready = [], threading.Event()
        self.process = spawn(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        self.pid = self.process.pid
        self._word = ready
        self._pump = threading.Thread(target=self._read, daemon=True)
        self._pump.start()
        if not self._ready.wait(ready_s) or self.process.poll() is not None:
            self.stop()
            said = next((x for x in self.lines if x.lower().startswith(('unable', 'error'))),
                        self.lines[-1] if self.lines else 'says nothing')
            raise (Absent if optional else Failed)('%s does not start: %s' % (self.name, said))

    def _read(self):
        for raw in self.process.stdout:
            # Some of them print a line for each call.
            if len(self.lines) < 1000:
                self.lines.append(raw.decode(errors='replace').rstrip('\n'))
            if not self._ready.is_set() and raw.decode(errors='replace').startswith(self._word):
                self._ready.set()
        if self.process.wait() != 0:
            self._ready.set()

    def cpu_s(self):
        """User and system time so far, of all threads, to the nanosecond."""
        total = 0
        for task in os.listdir('/proc/%d/task' % self.pid):
            with open('/proc/%d/task/%s/schedstat' % (self.pid, task)) as f:
                total += int(f.read().split()[0])
        return total / 1e9

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Failed(self.name + ' did not end when interrupted') from None
        self._pump.join(5)


class Llmsnoop(Tracer):
    def __init__(self, *args):
        self.dir = temporary_directory()
        self.out = os.path.join(self.dir, 'out.jsonl')
        super().__init__([LLMSNOOP, '-o', self.out, *map(str, args)], 'Tracing')

    def stop(self):
        """.records and .stats (its last line of statistics) are there afterwards."""
        super().stop()
        self.records, self.stats = [], {}
        if self.process.returncode:
            raise Failed('llmsnoop failed: ' + ' / '.join(self.lines[-3:]))
        with open(self.out) as f:
            for line in f:
                r = json.loads(line)
                if r['type'] == 'stats':
                    self.stats = r
                elif r['type'] == 'llm.call':
                    self.records.append(r)
        shutil.rmtree(self.dir, True)


def main(fn):
    """Runs fn and turns what went wrong into one line and an exit status."""
    try:
        fn()
    except (Failed, subprocess.SubprocessError, OSError) as e:
        print('bench: %s' % e, file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
