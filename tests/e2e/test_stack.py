# SPDX-License-Identifier: Apache-2.0
# alone
"""No program has its stack in per-CPU memory: programs on uprobes are preempted by each other, and
the kernel would die of what they overwrite."""
import os
import platform
import subprocess

import lib
from lib import check

lib.need_tracing()
if platform.machine() != 'x86_64':
    lib.skip('looks at x86-64 code')
for without in ('', 'session', 'session,multi', 'return_probes'):
    os.environ['LLMSNOOP_WITHOUT'] = without
    tracer = lib.Tracer()
    out = subprocess.run([lib.helper('jitstack')], capture_output=True, text=True).stdout
    programs = dict(line.split() for line in out.splitlines())
    check(programs, without, 'no programs are loaded')
    for name, n in programs.items():
        check.equal(n, '0', 'without', without, name)
    check.equal(tracer.stop(), 0, 'exit status')
check.finish()
