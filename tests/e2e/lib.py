# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests share: starting the tracer, the provider and clients, and comparing
records with what the provider says it answered. Standard library only."""
import atexit
import calendar
import ctypes
import glob
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import canaries

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, 'build')
LLMSNOOP = os.environ.get('LLMSNOOP', os.path.join(BUILD, 'llmsnoop'))
HELPERS = os.path.join(BUILD, 'tests')
DEMO = os.path.join(ROOT, 'tools/demo')
CLIENTS = os.path.join(DEMO, 'clients')
SYSTEM_PYTHON = '/usr/bin/python3' if os.path.exists('/usr/bin/python3') else sys.executable
VENV_PYTHON = os.path.join(BUILD, 'venv/bin/python')
MODULES = os.path.join(BUILD, 'node')
# Records carry REALTIME, clients and provider stamp MONOTONIC: the two are related by sampling,
# and the system may slew one against the other meanwhile.
TOLERANCE_NS = 300_000
SKIPPED = 77

sys.path[:0] = [DEMO, os.path.join(ROOT, 'tools')]


def skip(reason):
    print('skip: ' + reason)
    sys.exit(SKIPPED)


def need_tracing():
    """Skips where nobody could trace. Where one could and llmsnoop says no, the test fails."""
    if not os.access(LLMSNOOP, os.X_OK):
        skip('no build/llmsnoop (run make)')
    if os.geteuid() != 0:
        skip('needs root')
    if not os.path.exists('/sys/kernel/btf/vmlinux'):
        skip('this kernel has no BTF')
    # BPF_PROG_GET_NEXT_ID (11): permitted to whoever may load programs.
    attr = ctypes.create_string_buffer(128)
    libc = ctypes.CDLL(None, use_errno=True)
    number = {'x86_64': 321, 'aarch64': 280}.get(os.uname().machine)
    if number and libc.syscall(number, 11, attr, 12) < 0 and ctypes.get_errno() in (1, 13, 38):
        skip('bpf(2) is not permitted here')


def helper(name):
    """Path of a program from tests/tools; skips where it is not built."""
    path = os.path.join(HELPERS, name)
    if not os.access(path, os.X_OK):
        skip('no build/tests/%s (run make helpers)' % name)
    return path


def has_module(name):
    """Does the Python of build/venv have a package?"""
    return os.path.exists(VENV_PYTHON) and subprocess.run(
        [VENV_PYTHON, '-c', 'import ' + name], capture_output=True).returncode == 0


def need_module(name):
    if not has_module(name):
        skip('no Python package %s (tests/e2e/packages)' % name)


def free_port():
    """A port for a program that cannot choose one itself."""
    with socket.create_server(('127.0.0.1', 0)) as s:
        return s.getsockname()[1]


def wait_port(port, seconds=10):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(('127.0.0.1', port), 1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit('nothing listens on port %d' % port)


class Checks:
    """Counts what was checked and shows what failed; finish() ends the program, once no output of a
    tracer has what it must not have."""

    def __init__(self):
        self.checked = self.failed = 0

    def __call__(self, good, *what):
        self.checked += 1
        if not good:
            self.failed += 1
            if self.failed <= 40:
                print('FAILED:', *what, flush=True)
        return bool(good)

    def equal(self, got, want, *what):
        return self(got == want, *what, 'got', repr(got)[:300], 'want', repr(want)[:300])

    def finish(self):
        for tracer in list(_tracers):
            tracer.hold_back()
        for leak in canaries.received:
            self(False, 'it lets out, in', *leak)
        if self.failed:
            print('%d of %d checks failed' % (self.failed, self.checked))
            sys.exit(1)
        print('checked: %d facts' % self.checked)
        sys.exit(0)


check = Checks()


def limit(name):
    """A bound as user/base/limits.c has it."""
    with open(os.path.join(ROOT, 'user/base/limits.c')) as f:
        a, b = re.search(r'\.%s = (\d+)(?: << (\d+))?,' % name, f.read()).groups()
    return int(a) << int(b or 0)


# ---- clean-up: only what we started, by its id

_children = []
_tracers = []  # whose outputs have not been looked through


@atexit.register
def _kill_children():
    for p in _children:
        if p.poll() is None:
            p.kill()
            p.wait()


def spawn(command, **more):
    p = subprocess.Popen(command, **more)
    _children.append(p)
    return p


def end_session(p):
    """Ends a process that was started with start_new_session, and its children with it."""
    try:
        os.killpg(p.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    p.wait()


def temporary_directory():
    d = tempfile.mkdtemp(prefix='llmsnoop-test-')
    atexit.register(shutil.rmtree, d, True)
    return d


# ---- time

def realtime_minus_monotonic():
    best = None
    for _ in range(20):
        a = time.monotonic_ns()
        r = time.time_ns()
        b = time.monotonic_ns()
        if best is None or b - a < best[0]:
            best = (b - a, r - (a + b) // 2)
    return best[1]


def record_mono_ns(record):
    """CLOCK_MONOTONIC of the record's time."""
    whole, _, fraction = record['time'].rstrip('Z').partition('.')
    seconds = calendar.timegm(time.strptime(whole, '%Y-%m-%dT%H:%M:%S'))
    return seconds * 10**9 + int(fraction.ljust(9, '0')) - realtime_minus_monotonic()


# ---- the provider

class Provider:
    """tools/demo/provider.py; .env is what clients need to find and trust it."""

    def __init__(self, *args, life=170, env=None, command=None, directory=None):
        self.dir = directory or temporary_directory()
        self.truth_path = os.path.join(self.dir, 'truth-%d.jsonl' % id(self))
        open(self.truth_path, 'w').close()
        command = command or [SYSTEM_PYTHON, os.path.join(DEMO, 'provider.py')]
        self.process = spawn([*command, '--dir', self.dir, '--truth', self.truth_path,
                              '--life', str(life), *map(str, args)],
                             stdout=subprocess.PIPE, text=True, env=env)
        words = self.process.stdout.readline().split()
        if not words or words[0] != 'READY':
            raise SystemExit('the provider did not start')
        facts = dict(w.split('=', 1) for w in words[1:])
        self.port, self.ca = int(facts['port']), facts['ca']
        self.base = 'https://localhost:%d' % self.port
        self.env = dict(BASE=self.base, SSL_CERT_FILE=self.ca, REQUESTS_CA_BUNDLE=self.ca,
                        NODE_EXTRA_CA_CERTS=self.ca, CURL_CA_BUNDLE=self.ca, MODULES=MODULES,
                        PYTHONWARNINGS='ignore', PYTHONDONTWRITEBYTECODE='1')

    @property
    def pid(self):
        return self.process.pid

    def truth(self, wait_for=None, seconds=10):
        """What was answered so far. wait_for: until it is that many calls."""
        end = time.monotonic() + seconds
        while True:
            with open(self.truth_path) as f:
                lines = [json.loads(line) for line in f if line.endswith('\n')]
            if wait_for is None or len(lines) >= wait_for or time.monotonic() > end:
                return lines
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


# ---- clients

def private_libraries(*names, early=True):
    """An environment in which programs use copies of libraries (each name may have a glob): their
    own inodes, so that neither a tracer of others sees them nor ours sees others. early: whoever
    starts them has them mapped already, as the system's own always are in some process; else they
    appear with the first of them, and that one may be quicker than their discovery."""
    d = temporary_directory()
    copies = []
    for name in names:
        found = sorted(p for folder in ('/lib/*/', '/usr/lib/*/', '/usr/lib/', '/lib64/')
                       for p in glob.glob(folder + name))
        if not found:
            skip('no shared %s on this machine' % name)
        copies.append(os.path.join(d, os.path.basename(found[0])))
        shutil.copy(os.path.realpath(found[0]), copies[-1])
    return {'LD_LIBRARY_PATH': d, **({'LD_PRELOAD': ':'.join(copies)} if early else {})}


def private_libssl(early=True):
    old = not any(map(glob.glob, ('/lib/*/libssl.so.3', '/usr/lib/*/libssl.so.3',
                                  '/usr/lib/libssl.so.3')))
    return private_libraries('libssl.so.1.1' if old else 'libssl.so.3', early=early)


class Held:
    """A process that waits for go() before it becomes the command: so a tracer can be attached
    to it before anything happens. All its output is gathered."""

    def __init__(self, command, env=None, cwd=None):
        self.process = spawn(['/bin/sh', '-c', 'read -r go && exec "$@"', 'held', *command],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                             env={**os.environ, **(env or {})}, cwd=cwd)
        self.pid = self.process.pid

    def go(self):
        self.process.stdin.write('go\n')
        self.process.stdin.flush()

    def finish(self, seconds=120):
        """Its output, once it has ended. self.status is its exit status."""
        out, _ = self.process.communicate(timeout=seconds)
        self.status = self.process.returncode
        return out


def client(name, **settings):
    """A shell command that runs one client of tools/demo/clients."""
    if name.endswith('.mjs'):
        command = 'node %s/%s' % (CLIENTS, name)
    elif name.endswith('.pl'):
        command = 'perl %s/%s' % (CLIENTS, name)
    else:
        python = VENV_PYTHON if os.path.exists(VENV_PYTHON) else SYSTEM_PYTHON
        command = '%s %s/%s' % (python, CLIENTS, name)
    return ' '.join("%s='%s'" % kv for kv in settings.items()) + ' ' + command


def json_lines(text):
    """The JSON objects in the output of programs that may have shared a pipe."""
    out, at, decoder = [], text.find('{'), json.JSONDecoder()
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
            out.append(value)
        except ValueError:
            end = at + 1
        at = text.find('{', end)
    return out


# ---- the tracer

class Tracer:
    """build/llmsnoop with JSONL to a file. Ready when the constructor returns. Its outputs are looked
    through for what it must not let out (canaries.py) once it has stopped; .outputs takes others,
    that only their test knows."""

    def __init__(self, *args, ready=True, seconds=30, jsonl=True, stdout=subprocess.DEVNULL,
                 env=None):
        self.dir = temporary_directory()
        self.out = os.path.join(self.dir, 'out.jsonl')
        self.lines = []
        self._tracing = threading.Event()
        command = [LLMSNOOP, *(['-o', self.out] if jsonl else []), *map(str, args)]
        self.outputs = canaries.Outputs(command[1:])
        _tracers.append(self)
        self.process = spawn(command, stdin=subprocess.DEVNULL, stdout=stdout,
                             stderr=subprocess.PIPE, env=env)
        self._pump = threading.Thread(target=self._read, daemon=True)
        self._pump.start()
        if ready and not self.wait_ready(seconds):
            print('\n'.join(self.lines))
            raise SystemExit('no line "Tracing" within %d s (exit status %s): %s' %
                             (seconds, self.process.poll(), ' '.join(command)))

    def _read(self):
        for raw in self.process.stderr:
            line = raw.decode(errors='replace').rstrip('\n')
            self.lines.append(line)
            if line.startswith('Tracing'):
                self._tracing.set()
        self._tracing.set()

    def wait_ready(self, seconds=30):
        self._tracing.wait(seconds)
        return any(line.startswith('Tracing') for line in self.lines)

    @property
    def pid(self):
        return self.process.pid

    def settle(self, records=None, seconds=5):
        """Waits until that many call records are there, or nothing more comes."""
        end, last, since = time.monotonic() + seconds, -1, time.monotonic()
        while time.monotonic() < end:
            now = len(self.records())
            if records is not None and now >= records:
                return
            if now != last:
                last, since = now, time.monotonic()
            elif records is None and time.monotonic() - since > 1:
                return
            time.sleep(0.1)

    def stop(self, sig=signal.SIGINT, seconds=20):
        """Exit status after the signal."""
        if self.process.poll() is None:
            self.outputs.scrape()
            self.process.send_signal(sig)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            check(False, 'the tracer did not end within %d s' % seconds)
        self._pump.join(5)
        self.hold_back()
        return self.process.returncode

    def hold_back(self):
        """Checks, once, that no output has a credential, nor, with content off, what was said."""
        if self not in _tracers:
            return
        _tracers.remove(self)
        for leak in self.outputs.leaks('\n'.join(self.lines).encode()):
            check(False, 'it lets out, in', *leak)

    def all_records(self):
        out = []
        try:
            with open(self.out, 'rb') as f:
                data = f.read()
        except FileNotFoundError:
            return out
        for raw in data.split(b'\n')[:-1]:
            try:
                out.append(json.loads(raw.decode()))
            except ValueError as e:
                check(False, 'line is not JSON:', raw[:200], e)
        return out

    def records(self, kind='llm.call'):
        return [r for r in self.all_records() if r.get('type') == kind]

    def stats(self):
        """The last stats record, {} where there is none."""
        found = self.records('stats')
        return found[-1] if found else {}


def come_and_go(held):
    """A client that makes 50 calls, under probes that come and go every 200 ms."""
    held.go()
    rounds = 0
    while held.process.poll() is None and rounds < 200:
        done = subprocess.run([LLMSNOOP, '-q', '-p', str(held.pid), '-d', '200ms'],
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
        if held.process.poll() is None:
            check.equal(done.returncode, 0, 'the tracer', done.stderr[-300:])
        rounds += 1
    said = held.finish()
    check.equal(held.status, 0, 'the traced program')
    check.equal(json_lines(said), [{'good': 50}], 'what the client says')
    check(rounds >= 2, 'only', rounds, 'rounds')
    print('50 calls under', rounds, 'rounds of attaching and detaching')


# ---- comparing

# record key, truth key: equal where the truth says it, absent where it does not.
FACTS = (
    ('llmsnoop.api', 'api'),
    ('gen_ai.request.model', 'request_model'),
    ('gen_ai.response.model', 'response_model'),
    ('gen_ai.response.id', 'response_id'),
    ('gen_ai.usage.input_tokens', 'input_tokens'),
    ('gen_ai.usage.output_tokens', 'output_tokens'),
    ('gen_ai.response.finish_reasons', 'finish_reasons'),
    ('http.response.status_code', 'status'),
    ('llmsnoop.request_id', 'request_id'),
)
# Here 0 and absence say the same.
COUNTS = (
    ('gen_ai.usage.cache_read.input_tokens', 'cache_read'),
    ('gen_ai.usage.cache_creation.input_tokens', 'cache_creation'),
    ('gen_ai.usage.reasoning.output_tokens', 'reasoning'),
)


def differences(record, truth):
    """What in the record is not what the provider answered."""
    bad = []
    partial = not truth.get('complete') or truth.get('error_types')
    for key, name in FACTS:
        want = truth.get(name)
        if want in (None, []):
            # An answer that broke off may have said what only its end makes certain.
            if key in record and not partial:
                bad.append((key, record[key], 'the provider did not say it'))
        elif record.get(key) != want and not (partial and key in (
                'gen_ai.response.finish_reasons', 'gen_ai.usage.output_tokens') and
                key not in record):
            bad.append((key, record.get(key), want))
    for key, name in COUNTS:
        if truth.get(name) is not None and (record.get(key) or 0) != truth[name]:
            bad.append((key, record.get(key), truth[name]))
    tools = [(t.get('id'), t.get('name')) for t in record.get('llmsnoop.tool_calls', [])]
    if truth.get('tool_calls') is not None and not partial and \
            tools != [(t['id'], t['name']) for t in truth['tool_calls']]:
        bad.append(('llmsnoop.tool_calls', tools, truth['tool_calls']))
    if truth.get('error_types'):
        if record.get('error.type') not in truth['error_types']:
            bad.append(('error.type', record.get('error.type'), truth['error_types']))
    elif truth.get('complete') and 'error.type' in record:
        bad.append(('error.type', record['error.type'], None))
    if truth.get('stream') and record.get('gen_ai.request.stream') is not True:
        bad.append(('gen_ai.request.stream', record.get('gen_ai.request.stream'), True))
    if truth.get('path') and record.get('url.path') != truth['path'].split('?')[0]:
        bad.append(('url.path', record.get('url.path'), truth['path']))
    for flag in ('llmsnoop.truncated', 'llmsnoop.midstream'):
        if record.get(flag):
            bad.append((flag, record[flag], False))
    if record.get('llmsnoop.lost_bytes'):
        bad.append(('llmsnoop.lost_bytes', record['llmsnoop.lost_bytes'], 0))
    return bad


def timing_faults(record, truth, said=None):
    """Times of the record that cannot be: before the provider sent it, or after the client (said:
    its own line) had it in hand."""
    bad = []
    start = record_mono_ns(record)
    at = lambda key: start + round(record[key] * 1e9)

    def between(what, t, low, high):
        if low is not None and t < low - TOLERANCE_NS:
            bad.append((what, 'is %.3f ms too early' % ((low - t) / 1e6)))
        if high is not None and t > high + TOLERANCE_NS:
            bad.append((what, 'is %.3f ms too late' % ((t - high) / 1e6)))

    said = said or {}
    between('start', start, said.get('start_ns'), truth['received_ns'])
    end = at('duration_s')
    between('end', end, truth['sent_ns'][-1] if truth['sent_ns'] else None, said.get('end_ns'))
    first = truth['sent_ns'][0] if truth['sent_ns'] else None
    if 'gen_ai.response.time_to_first_chunk' in record:
        between('first chunk', at('gen_ai.response.time_to_first_chunk'), first,
                said.get('first_ns'))
    if truth.get('first_output_ns'):
        if 'llmsnoop.ttft_s' not in record or 'llmsnoop.ttlt_s' not in record:
            bad.append(('llmsnoop.ttft_s, llmsnoop.ttlt_s', 'missing'))
        else:
            between('first token', at('llmsnoop.ttft_s'), truth['first_output_ns'],
                    said.get('first_ns'))
            between('last token', at('llmsnoop.ttlt_s'), truth['last_output_ns'],
                    said.get('last_ns'))
            if record.get('llmsnoop.chunks') != truth.get('output_events'):
                bad.append(('llmsnoop.chunks', record.get('llmsnoop.chunks'),
                            truth.get('output_events')))
    return bad


def match(records, truths):
    """Pairs of (record, truth) by request id; checks that each call has exactly one record."""
    by = {}
    for r in records:
        by.setdefault(r.get('llmsnoop.request_id'), []).append(r)
    pairs = []
    for t in truths:
        found = by.pop(t['request_id'], [])
        if check(len(found) == 1, 'call', t.get('tag'), t['request_id'], 'has', len(found),
                 'records'):
            pairs.append((found[0], t))
    for rest in by.values():
        for r in rest:
            check(False, 'a record of no call:', json.dumps(r)[:300])
    return pairs


def verify(records, truths, said=None):
    """Every call exactly once and right; said: the clients' lines, for the bounds of times."""
    lines = {s['id']: s for s in said or [] if s.get('id')}
    for r, t in match(records, truths):
        for fault in differences(r, t):
            check(False, t.get('tag'), t['request_id'], *fault)
        for fault in timing_faults(r, t, lines.get(t.get('response_id'))):
            check(False, t.get('tag'), t['request_id'], *fault)
        check(True)


def proc_status(pid, name):
    """A number from /proc/PID/status, such as VmRSS in KiB."""
    with open('/proc/%d/status' % pid) as f:
        for line in f:
            if line.startswith(name + ':'):
                return int(line.split()[1])
    return None
