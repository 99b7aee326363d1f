# SPDX-License-Identifier: Apache-2.0
"""drive.py PLAN: runs the programs of a plan, several at once, and tells of each when it printed
what. PLAN is JSON: {"at_once": N, "runs": [{"name", "argv", "env", "cwd", "seconds", "first"}]};
runs of one name come one after the other. A JSON line for each run:
{"name", "index", "status", "begun_ns", "first_ns", "ended_ns", "out", "err"}: times are
CLOCK_MONOTONIC, first_ns that of the first line of output that has the text `first`."""
import ctypes
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time

KEPT = 1 << 20
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)
said = threading.Lock()


def keep(pipe, into):
    for line in pipe:
        if sum(map(len, into)) < KEPT:
            into.append(line)


def one(index, run):
    result = {'name': run['name'], 'index': index, 'begun_ns': time.monotonic_ns(),
              'first_ns': None}
    out, err, first = [], [], run.get('first', '').encode()
    p = subprocess.Popen(run['argv'], env={**os.environ, **run['env']}, cwd=run['cwd'],
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, start_new_session=True,
                         # A session of its own, to end all of it; nor may it outlive us.
                         preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
    late = threading.Timer(run['seconds'], os.killpg, (p.pid, signal.SIGKILL))
    late.start()
    errors = threading.Thread(target=keep, args=(p.stderr, err), daemon=True)
    errors.start()
    for line in p.stdout:
        now = time.monotonic_ns()
        if result['first_ns'] is None and first in line and line.strip():
            result['first_ns'] = now
        if sum(map(len, out)) < KEPT:
            out.append(line)
    p.wait()
    late.cancel()
    errors.join(2)
    result.update(status=p.returncode, ended_ns=time.monotonic_ns(),
                  out=b''.join(out).decode(errors='replace'),
                  err=b''.join(err[-20:]).decode(errors='replace')[-2000:])
    with said:
        print(json.dumps(result), flush=True)


def main():
    with open(sys.argv[1]) as f:
        plan = json.load(f)
    groups = {}
    for index, run in enumerate(plan['runs']):
        groups.setdefault(run['name'], []).append((index, run))
    work = queue.Queue()
    for group in groups.values():
        work.put(group)

    def worker():
        while True:
            try:
                group = work.get_nowait()
            except queue.Empty:
                return
            for index, run in group:
                one(index, run)

    threads = [threading.Thread(target=worker) for _ in range(plan['at_once'])]
    for t in threads:
        t.start()
    for t in threads:
        t.join()


main()
