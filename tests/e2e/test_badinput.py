# SPDX-License-Identifier: Apache-2.0
# timeout: 240
"""What users get wrong, and what they get for it: a word that helps and the right exit status."""
import os
import signal
import socket
import subprocess
import time

import lib
import otlp_mixed
from lib import check

OK, RUNTIME, USAGE, CANNOT = 0, 1, 2, 3


def run(*args, seconds=15, prefix=(), **more):
    p = subprocess.run([*prefix, lib.LLMSNOOP, *map(str, args)], stdin=subprocess.DEVNULL,
                       capture_output=True, timeout=seconds, **more)
    return p.returncode, p.stderr.decode(errors='replace')


def says(got, status, *words):
    """Exit status, and each word (any case; a|b: one of them) on stderr, in few lines."""
    check.equal(got[0], status, 'exit status;', got[1][-400:])
    for word in words:
        check(any(w.lower() in got[1].lower() for w in word.split('|')), 'no word of', repr(word),
              'in', got[1][-400:])
    check(got[1].strip(), 'not a word on stderr')
    check(len(got[1]) < 4000, 'too many words:', len(got[1]))


def unused_pid():
    with open('/proc/sys/kernel/pid_max') as f:
        pid = int(f.read()) - 1
    while os.path.exists('/proc/%d' % pid):
        pid -= 1
    return pid


def usage():
    says(run('--bogus'), USAGE, 'bogus')
    got = run('--rng', '4M')
    says(got, USAGE, 'ring')
    says(run('-p', 'abc'), USAGE, 'abc')
    says(run('-p', '-5'), USAGE)
    says(run('--ring', 'lots'), USAGE, 'ring|lots')
    says(run('--role', 'nobody'), USAGE, 'client')
    says(run('-r', '/dev/null', '-w', '/tmp/x.cap'), USAGE, '-w|write')
    says(run('-r', '/dev/null', '-p', '1'), USAGE, '-p')
    says(run('-p', '1', '--', 'true'), USAGE, '-p|command')
    says(run('-n', '-3'), USAGE)
    says(run('-d', 'soon'), USAGE, 'soon|duration')
    help_ = subprocess.run([lib.LLMSNOOP, '--help'], capture_output=True, text=True)
    check.equal(help_.returncode, 0, '--help')
    check('llmsnoop -p' in help_.stdout, '--help has no example')
    check.equal(subprocess.run([lib.LLMSNOOP, '-V'], capture_output=True).returncode, 0, '-V')


def captures():
    d = lib.temporary_directory()
    path = os.path.join(d, 'x.cap')

    def write(data):
        with open(path, 'wb') as f:
            f.write(data)
        return path
    says(run('-r', os.path.join(d, 'none.cap')), RUNTIME, 'No such file')
    says(run('-r', write(b'')), RUNTIME, 'empty|no capture|cut')
    says(run('-r', write(b'GIF89a' + b'\0' * 500)), RUNTIME, 'not a|foreign|no capture')
    says(run('-r', d), RUNTIME, 'directory')
    # What was to be written is not: a script has to learn of it.
    otlp_mixed.Mixed(path).all()
    says(run('-r', path, '-o', '/dev/full'), RUNTIME, 'space', 'not written')
    says(run('-r', path, '-o', os.path.join(d, 'whole.jsonl')), OK)


def tracing():
    provider = lib.Provider('--speed', 0.1)
    env = {**provider.env, **lib.private_libssl()}

    says(run('-p', unused_pid()), RUNTIME, 'no such process|no process')

    # A process without any TLS library: says so, and goes on when it loads one.
    held = lib.Held([lib.SYSTEM_PYTHON, os.path.join(lib.CLIENTS, 'py_stdlib.py')], env={
        **provider.env, **lib.private_libssl(early=False), 'CALLS': '2'})
    t = lib.Tracer('-p', held.pid)
    check(any('no TLS' in line or 'no tls' in line.lower() for line in t.lines),
          'no word of a process without TLS library:', t.lines)
    held.go()
    held.finish()
    t.settle(2, 2)
    check.equal(t.stop(), 0, 'exit status')
    last = provider.truth(2)[1]['request_id']
    check([r for r in t.records() if r.get('llmsnoop.request_id') == last],
          'no record of a library that was loaded later')

    # Not root; one capability short.
    got = run('-p', os.getpid(), user=65534, group=65534, extra_groups=[])
    says(got, CANNOT, 'CAP_|root|sudo')
    for missing in ('bpf', 'perfmon'):
        got = run('-p', os.getpid(), prefix=['setpriv', '--bounding-set',
                                             '-sys_admin,-' + missing, '--inh-caps=-all'])
        says(got, CANNOT, 'CAP_' + missing)

    unified = ['unshare', '-m', 'sh', '-c', 'mount -t cgroup2 none /sys/fs/cgroup && exec "$@"', 'x']
    if subprocess.run([*unified, 'true'], capture_output=True).returncode == 0:
        says(run('-d', '300ms', '--cgroup', '/no/such', prefix=unified), OK, '--cgroup /no/such',
             'no such control group')
        for there in ('/', '/sys/fs/cgroup'):
            got = run('-d', '300ms', '--cgroup', there, prefix=unified)
            check(got[0] == OK and '--cgroup' not in got[1], 'is there:', there, got)

    # Tracing works, but not all is in sight: a container's processes alone, own processes alone.
    got = run('-d', '300ms', prefix=['unshare', '-p', '-f', '--mount-proc'])
    says(got, OK, 'pid namespace', '--pid=host')
    got = run('-d', '300ms', prefix=['setpriv', '--bounding-set', '-all,+bpf,+perfmon'])
    says(got, OK, 'CAP_SYS_PTRACE', 'CAP_DAC_READ_SEARCH')
    got = run('-d', '300ms', prefix=['unshare', '-U', '-r'])
    says(got, CANNOT, 'user namespace')
    says(run('--host-root', '/nonexistent', '-d', '300ms'), USAGE, '--host-root', '/nonexistent')
    d = lib.temporary_directory()
    with open(os.path.join(d, 'conf'), 'w') as f:
        f.write('host-root = /nonexistent\n')
    says(run('--config', os.path.join(d, 'conf'), '--check-config'), USAGE, '/nonexistent')

    # What was asked for by sudo can be read without it.
    d = lib.temporary_directory()
    cap, out, old = (os.path.join(d, name) for name in ('cap', 'out', 'old'))
    open(old, 'w').close()
    for _ in range(2):
        for file in (out, old):
            check.equal(run('-q', '-d', '300ms', '-w', cap, '-o', file, env={
                **os.environ, 'SUDO_UID': '65534', 'SUDO_GID': '65533'})[0], OK, '-w and -o')
    for file, owner in ((cap, (65534, 65533)), (out, (65534, 65533)), (old, (0, 0))):
        st = os.stat(file)
        check.equal((st.st_uid, st.st_gid), owner, 'owner of', file)
        check(file == old or st.st_mode & 0o777 == 0o600, 'mode of', file, oct(st.st_mode))

    # What cannot be opened: which, and why.
    link = os.path.join(lib.temporary_directory(), 'link')
    os.symlink('/etc/passwd', link)
    for option in ('-o', '-w'):
        says(run(option, link, '-d', '300ms'), RUNTIME, link, 'symbolic link')
    with socket.create_server(('127.0.0.1', 0)) as taken:
        port = str(taken.getsockname()[1])
        says(run('--metrics', port, '-d', '300ms'), RUNTIME, '--metrics', 'port ' + port, 'in use')

    # A process that ends is said to have.
    held = subprocess.Popen(['sleep', '60'])
    t = lib.Tracer('-p', held.pid)
    held.kill()
    held.wait()
    for _ in range(100):
        if any('ended' in line for line in t.lines):
            break
        time.sleep(0.1)
    else:
        check(False, 'no word of the process that ended:', t.lines)
    check.equal(t.stop(), 0, 'exit status after the process that ended')

    # Standard output has one writer: a capture there is a capture and nothing else.
    p = subprocess.run([lib.LLMSNOOP, '-w', '-', '-d', '300ms'], capture_output=True, timeout=15)
    check.equal(p.returncode, OK, '-w -')
    capture = p.stdout
    p = subprocess.run([lib.LLMSNOOP, '-r', '-', '-j'], input=capture, capture_output=True,
                       timeout=15)
    check.equal(p.returncode, OK, '-w - and -r -:', p.stderr[-300:])
    with open('/dev/full', 'wb') as full, open(os.path.join(d, 'cap'), 'wb') as cap:
        cap.write(capture)
        cap.flush()
        p = subprocess.run([lib.LLMSNOOP, '-r', cap.name], stdout=full, stderr=subprocess.PIPE,
                           timeout=15)
    check.equal(p.returncode, RUNTIME, 'a replay that cannot be written', p.stderr[-300:])

    # Perf events, as before 6.6, and no CAP_SYS_ADMIN: where the kernel wants it, that is said, and
    # nobody waits for calls that will not come.
    got = run('-d', '300ms', env={**os.environ, 'LLMSNOOP_WITHOUT': 'multi,session'}, prefix=[
        'setpriv', '--bounding-set', '-all,+bpf,+perfmon,+sys_ptrace,+dac_read_search'])
    if 'probes refused' in got[1]:
        says(got, CANNOT, 'CAP_SYS_ADMIN is missing')
    else:
        says(got, OK, 'Tracing')
        check('no TLS library' not in got[1], 'nothing is traced:', got[1])

    # A kernel without BTF: another, empty /sys/kernel/btf is all it sees.
    if os.path.exists('/usr/bin/unshare'):
        got = run('-p', os.getpid(), prefix=['unshare', '-m', 'sh', '-c',
                                             'mount -t tmpfs none /sys/kernel/btf && exec "$@"', 'x'])
        says(got, CANNOT, 'BTF')

    # An output that is full or cannot be written.
    client = lib.client('py_stdlib.py', API='openai', STREAM=0, CALLS=3, DEMO='burst=1')
    says(run('-p', os.getpid(), '-o', '/nonexistent/dir/x'), RUNTIME, 'No such file')
    held = lib.Held(['/bin/sh', '-c', client], env=env)
    t = lib.Tracer('-p', held.pid, '-o', '/dev/full', jsonl=False)
    held.go()
    held.finish()
    time.sleep(1)
    check(t.process.poll() is None, 'a full output ended it')
    check.equal(t.stop(), 0, 'exit status with a full output')
    said = [line for line in t.lines if 'space' in line.lower() or '/dev/full' in line]
    check.equal(len(said), 1, 'lines about the full output:', t.lines)
    check(any('3 calls' in line for line in t.lines), 'the totals count no more:', t.lines[-2:])

    # A reader that goes away.
    held = lib.Held(['/bin/sh', '-c', client], env=env)
    r, w = os.pipe()
    t = lib.Tracer('-j', '-p', held.pid, jsonl=False, stdout=w)
    os.close(w)
    os.close(r)
    held.go()
    held.finish()
    try:
        code = t.process.wait(15)
        check(code in (0, -signal.SIGPIPE), 'exit status with a closed pipe:', code)
        check(not any('ipe' in line for line in t.lines), 'not quiet:', t.lines)
    except subprocess.TimeoutExpired:
        check(False, 'a closed pipe does not end it')
        t.stop()

    # -n and -d end it.
    held = lib.Held(['/bin/sh', '-c', client], env=env)
    t = lib.Tracer('-n', '2', '-p', held.pid)
    held.go()
    held.finish()
    check.equal(t.process.wait(10), 0, '-n')
    check.equal(len(t.records()), 2, 'records with -n 2')
    started = time.monotonic()
    check.equal(run('-d', '1s', '-p', os.getpid())[0], 0, '-d')
    check(0.9 < time.monotonic() - started < 5, '-d 1s took', time.monotonic() - started)

    # Real capture files, cut, damaged and of a later version.
    d = lib.temporary_directory()
    path = os.path.join(d, 'x.cap')
    held = lib.Held(['/bin/sh', '-c', client], env=env)
    t = lib.Tracer('-w', path, '-p', held.pid)
    held.go()
    held.finish()
    t.settle(3)
    t.stop()
    with open(path, 'rb') as f:
        whole = f.read()

    def variant(data):
        with open(os.path.join(d, 'y.cap'), 'wb') as f:
            f.write(data)
        p = subprocess.run([lib.LLMSNOOP, '-j', '-r', os.path.join(d, 'y.cap')],
                           stdin=subprocess.DEVNULL, capture_output=True, timeout=15)
        return p.returncode, p.stderr.decode(errors='replace'), p.stdout.count(b'"llm.call"')
    code, err, n = variant(whole)
    check.equal((code, n), (0, 3), 'whole capture file', err)
    code, err, n = variant(whole[:-7])
    check(code == 0 and n >= 2, 'cut tail: exit status', code, n, 'records', err)
    check('cut' in err or 'incomplete' in err or 'truncated' in err, 'no word of the cut:', err)
    code, err, n = variant(whole[:len(whole) // 2] + os.urandom(64) + whole[len(whole) // 2 + 64:])
    check(code in (0, 1), 'damaged: exit status', code)
    code, err, n = variant(whole[:200] + b'\xff' * 400 + whole[600:])
    check(code == 1 and any(c.isdigit() for c in err) and ('offset' in err.lower() or 'byte' in err.lower()),
          'damaged near the start:', code, err)
    provider.stop()


if __name__ == '__main__':
    if not os.access(lib.LLMSNOOP, os.X_OK):
        lib.skip('no build/llmsnoop (run make)')
    usage()
    captures()
    lib.need_tracing()
    tracing()
    check.finish()
