# SPDX-License-Identifier: Apache-2.0
"""QUIC cannot be seen into; that a model provider is reached that way is said, once, with the
process, and counted. Other hosts and other processes are nobody's business."""
import os
import subprocess

import lib
from lib import check

lib.need_tracing()
python = lib.VENV_PYTHON
if not os.path.exists(python) or \
        subprocess.run([python, '-c', 'import aioquic'], capture_output=True).returncode:
    lib.skip('no aioquic')

def run(names, traced=True):
    held = [lib.Held([python, os.path.join(os.path.dirname(os.path.abspath(__file__)), 'quic_client.py'), n]) for n in names]
    target = held if traced else [lib.Held(['cat'])]
    tracer = lib.Tracer(*[a for h in target for a in ('-p', h.pid)])
    for h in held:
        h.go()
    for h in held:
        h.finish()
    tracer.settle(seconds=1)
    check.equal(tracer.stop(), 0, 'exit status')
    if not traced:
        target[0].go()
        target[0].finish()
    return tracer, [h.pid for h in held]

tracer, pids = run(['api.openai.com', 'www.example.org'])
unseen = tracer.stats().get('unseen')
check.equal([(u['protocol'], u['host']) for u in unseen or []], [('quic', 'api.openai.com')], 'stats')
said = [l for l in tracer.lines if 'QUIC' in l]
check.equal(len(said), 1, 'warnings', tracer.lines)
check(said and 'api.openai.com' in said[0] and str(pids[0]) in said[0], 'the warning names host and process', said)

tracer, _ = run(['api.openai.com'], traced=False)
check('unseen' not in tracer.stats(), "another process's", tracer.stats())
check(not [l for l in tracer.lines if 'QUIC' in l], "a warning of another process's")
check.finish()
