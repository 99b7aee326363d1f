# SPDX-License-Identifier: Apache-2.0
# timeout: 120
"""A program with OpenSSL inside it, whose names were stripped into a debug file beside it: it is
found by them, its calls are seen, and a debug file that anybody may write is not asked."""
import json
import os
import shutil
import subprocess

import lib
from lib import check

lib.need_tracing()
if not all(map(shutil.which, ('objcopy', 'strip'))):
    lib.skip('no objcopy or strip')
made = os.path.join(lib.HELPERS, 'tlscall_static')
if not os.access(made, os.X_OK):
    lib.skip('no program with a static OpenSSL was built')

home = lib.temporary_directory()
program, debug = os.path.join(home, 'program'), os.path.join(home, '.debug', 'names')
os.mkdir(os.path.dirname(debug))
subprocess.run(['objcopy', '--only-keep-debug', made, debug], check=True)
subprocess.run(['strip', '-o', program, made], check=True)
subprocess.run(['objcopy', '--add-gnu-debuglink=' + debug, program], check=True)
provider = lib.Provider()
command = [program, '--port', str(provider.port), '--ca', provider.ca, '--demo', 'tokens=20&gap=0.002']


def located():
    """By what doctor says its functions are found."""
    held = lib.spawn([*command, '--hold'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    out = subprocess.run([lib.LLMSNOOP, 'doctor', '-j', '-p', str(held.pid)], capture_output=True,
                         text=True, timeout=60).stdout
    held.kill()
    held.wait()
    return {s.get('locator') for p in json.loads(out)['processes'] if p['pid'] == held.pid
            for s in p['stacks'] if s['name'] == 'openssl'}


for mode, found in ((0o644, True), (0o666, False)):
    os.chmod(debug, mode)
    check.equal('debug file' in located(), found, 'found by the debug file of mode', oct(mode))

os.chmod(debug, 0o644)
# So that the file is known, and carries its probes, before the first call.
waiting = lib.spawn([*command, '--hold'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
held = [lib.Held([*command, '--stream', '--calls', '3']), lib.Held([*command, '--ex'])]
tracer = lib.Tracer('-v', '-p', ','.join(str(h.pid) for h in (waiting, *held)))
for one in held:
    one.go()
    one.finish()
    check.equal(one.status, 0, 'the traced program')
truths = provider.truth(4)
tracer.settle(4)
check.equal(tracer.stop(), 0, 'exit status')
waiting.kill()
waiting.wait()
lib.verify(tracer.records(), truths)
print(len(tracer.records()), 'records')
check.finish()
